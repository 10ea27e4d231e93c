"""Ctrl-C: the first press is raised and answered, one more before the answer ends the process there and then.

Python's own handler would raise a second time, wherever the answer to the first has come to, and show a trace of that.
"""

import os
import signal
from types import FrameType

INTERRUPTED = 130
"""The exit code, as shells have it."""

_pressed = False


def listen() -> None:
    """Take Ctrl-C, unless whoever started us has it ignored, or somebody else takes it."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, on_press)


def on_press(_number: int, _frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt the first time, leave at once the second: files are whole or as before at any moment."""
    global _pressed  # noqa: PLW0603 - a signal is the process's, and so is this
    if _pressed:
        os._exit(INTERRUPTED)
    _pressed = True
    raise KeyboardInterrupt
