"""A pipe that ends with the supervisor: a child that holds its reading end stops itself, even after a kill -9."""

import os
import signal
import threading

LIFELINE_ENVIRONMENT = "NOTCONTENT_HUB_LIFELINE"


def follow_supervisor() -> None:
    """Send this process SIGTERM once the supervisor is gone. Does nothing when none started it."""
    handle = os.environ.get(LIFELINE_ENVIRONMENT)
    if handle is None:
        return

    def wait() -> None:
        while os.read(int(handle), 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()
