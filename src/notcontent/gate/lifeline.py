"""A pipe that ends with the supervisor: a child that holds its reading end notices even when nobody told it."""

import os
import threading
from collections.abc import Callable


def wait_for_end(handle: int, then: Callable[[], None]) -> None:
    """Call `then` from a thread of its own once the pipe's other end is closed."""

    def wait() -> None:
        while os.read(handle, 1):
            pass
        then()

    threading.Thread(target=wait, daemon=True).start()
