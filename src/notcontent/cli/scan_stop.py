"""How `notcontent scan` ends by Ctrl-C: with one report of what was done so far, and never with a trace.

Nothing heavy is imported here: Ctrl-C is taken from before Daft and PyArrow are loaded.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from notcontent.cli.interrupt import INTERRUPTED

NOTHING: Mapping[str, object] = {"rows": 0, "screened": 0, "found": 0, "verdicts": {}, "errors": {}}
"""The counts of a scan that has not begun."""
_SHOW_CURSOR = b"\r\x1b[2K\x1b[?25h"
"""Ends the line of a bar, which hides the cursor."""


def parts(counts: Mapping[str, Any]) -> str:
    """Say of what was done how much was screened, and how much was not, if any."""
    errors, skipped = sum(counts["errors"].values()), counts["verdicts"].get("skipped", 0)
    told = f"{counts['screened']:,} screened"
    told += f", {errors:,} {'error' if errors == 1 else 'errors'}" if errors else ""
    return told + (f", {skipped:,} skipped" if skipped else "")


class Press(Enum):
    """What the first Ctrl-C does. The second ends the process whatever goes on."""

    ENDS = "ends"
    """While modules are loaded: nothing is at stake, and a module that is interrupted may swallow it."""
    RAISES = "raises"
    """While the bank is opened, or a gate is asked first: a terminal that hides a passphrase has to be given back."""
    WAITS = "waits"
    """Once there are queries, or may be: it ends where the scan next tells how far it came, or where Daft ends it."""


@dataclass(slots=True)
class Stop:
    """Takes Ctrl-C for a scan, and knows what to report.

    Daft listens for the signal itself while a query runs, and raises KeyboardInterrupt. Python's own handler beside it
    raised a second one, wherever the first had come to, and at times Daft heard nothing and lost Python's.
    """

    as_json: bool = False
    results: Path = field(default_factory=Path)
    press: Press = Press.ENDS
    asked: bool = False
    stdout: int = 1
    """The descriptor that leads to our stdout."""
    sofar: Mapping[str, object] | None = None
    """The counts of what is safe on the disk; None where nobody has looked yet."""
    resumed: int = 0
    """Rows that an earlier run had done."""
    began: float = field(default_factory=time.monotonic)

    def on_signal(self, _: int, __: FrameType | None) -> None:
        """Note it, and end or raise where that is due; whoever presses again will not wait for the end of a batch."""
        again, self.asked = self.asked, True
        if again or self.press is Press.ENDS:
            self.end()
        if self.press is Press.RAISES:
            raise KeyboardInterrupt

    def check(self) -> None:
        """Raise KeyboardInterrupt when it was pressed; wait with it from now on. Only from the main thread."""
        self.press = Press.WAITS
        if self.asked:
            raise KeyboardInterrupt

    def end(self) -> NoReturn:
        """Report and leave at once: Daft's threads may be waiting for the interpreter, and unwinding would abort."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sentence = self._sentence()
        if os.isatty(2):
            _write(2, _SHOW_CURSOR)
        _write(2, sentence.encode() + b"\n")
        if self.as_json:
            _write(self.stdout, json.dumps(self._object(sentence)).encode() + b"\n")
        os._exit(INTERRUPTED)

    def _sentence(self) -> str:
        done = "" if self.sofar is None else f": {parts(self.sofar)}, {self.sofar['found']:,} found"
        return f"Stopped{done}. The same command with --resume goes on."

    def _object(self, sentence: str) -> dict[str, object]:
        counted = {} if self.sofar is None else {**self.sofar, "resumed": self.resumed}
        report = {"seconds": round(time.monotonic() - self.began, 3), "results": str(self.results)}
        return {"error": "interrupted", "message": sentence} | counted | report


def _write(descriptor: int, data: bytes) -> None:
    """Write beside Python's own buffers: the signal may have come while these were written."""
    with suppress(OSError):
        os.write(descriptor, data)


@contextmanager
def stopping(stop: Stop) -> Iterator[Stop]:
    """Take Ctrl-C for as long as the block runs. A KeyboardInterrupt that leaves it ends the process with a report."""
    before = signal.signal(signal.SIGINT, stop.on_signal)
    try:
        yield stop
    except KeyboardInterrupt:
        stop.end()
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def stdout_kept(stop: Stop) -> Iterator[None]:
    """Keep the process's stdout for our answer, since Daft writes to it; `stop` gets the descriptor that leads there.

    Whatever writes to descriptor 1 in the meantime speaks to nobody.
    """
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    stop.stdout = kept
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        stop.stdout = 1
        os.close(kept)
