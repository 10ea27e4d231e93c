"""What verbs that take their time share: a line on a terminal's stderr for what cannot be counted, and Ctrl-C."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from notcontent.cli.interrupt import on_press


@contextmanager
def waiting(words: str) -> Iterator[None]:
    """Show what is being done for as long as the block runs; say nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(words):
        yield


@contextmanager
def stoppable() -> Iterator[Callable[[], None]]:
    """Take Ctrl-C at once, and give what raises it anew if it was lost.

    NumPy drops whatever is raised while it asks an object of Python's for a special method: 6 presses of 120 were lost.
    """
    pressed = False

    def press(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        on_press(number, frame)

    def go_on() -> None:
        if pressed:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, press)
    try:
        yield go_on
    finally:
        signal.signal(signal.SIGINT, before)
