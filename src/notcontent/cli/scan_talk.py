"""How `notcontent scan` talks: progress on stderr while it runs, the summary on stdout at its end."""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from notcontent.scan.results import FIRST, Tally, Verdict

if TYPE_CHECKING:
    from rich.progress import Progress, Task

    from notcontent.scan.pipeline import Summary, Watcher

_EVERY_S = 60.0
_WAITING = "Waiting for the gate"
_SAID = {
    Verdict.MATCH: "a match: look at these",
    Verdict.BLOCK: "the gate advises to block",
    Verdict.HOLD: "for a person to judge",
    Verdict.NO_MATCH: "",
    Verdict.LOW_QUALITY: "too plain to compare",
    Verdict.ERROR: "not compared:",
}


@contextmanager
def stdout_kept() -> Iterator[int]:
    """Keep the process's stdout for our answer, since Daft writes to it; give the descriptor that leads there.

    Whatever writes to descriptor 1 in the meantime speaks to nobody.
    """
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    try:
        yield kept
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def tell_stopped(stdout: int, *, as_json: bool) -> None:
    """Say that Ctrl-C ended the scan; with --json where stdout led: Daft may still be speaking."""
    sentence = "Stopped. The same command with --resume goes on."
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()
    if as_json:
        os.write(stdout, json.dumps({"error": "interrupted", "message": sentence}).encode() + b"\n")


@dataclass(slots=True)
class Stop:
    """Whether Ctrl-C was pressed. A scan ends by it where it next tells how far it came, or where Daft ends it.

    Daft listens for the signal itself while a query runs, and raises KeyboardInterrupt. Python's own handler beside it
    raised a second one, wherever the first had come to, and at times Daft heard nothing and lost Python's. Before the
    first query Ctrl-C raises at once.
    """

    asked: bool = False
    patient: bool = False
    """There are queries, or may be."""

    def on_signal(self, _: int, __: FrameType | None) -> None:
        """Note it; whoever presses again will not wait for the end of a batch."""
        at_once, self.asked = self.asked or not self.patient, True
        if at_once:
            raise KeyboardInterrupt

    def check(self) -> None:
        """Raise KeyboardInterrupt when it was pressed; wait with it from now on. Only from the main thread."""
        self.patient = True
        if self.asked:
            raise KeyboardInterrupt


@contextmanager
def stopping() -> Iterator[Stop]:
    """Take Ctrl-C for as long as the block runs."""
    stop = Stop()
    before = signal.signal(signal.SIGINT, stop.on_signal)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def watching(stop: Stop) -> "Iterator[Watcher]":
    """Show a bar with rate and time left on a terminal; elsewhere a line a minute. Raises KeyboardInterrupt by stop."""
    if not sys.stderr.isatty():
        yield _Lines(stop)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        """Files a second, and how long the rest will take."""

        def render(self, task: "Task") -> Text:
            """Draw it."""
            speed = task.finished_speed or task.speed
            if task.total is None or not speed:
                return Text("")
            left = "" if task.time_remaining is None else f", {_time(task.time_remaining)} left"
            return Text(f"{speed:,.0f}/s{left}", style="progress.remaining")

    found = TextColumn("{task.fields[found]}")
    columns = (TextColumn("{task.description}"), BarColumn(16), MofNCompleteColumn(), Rate(), found)
    # Without redirect_stdout=False the bar would draw the answer to itself, away from a pipe.
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as progress:
        yield _Bar(progress, stop)


class _Bar:
    """A bar on a terminal."""

    def __init__(self, progress: "Progress", stop: Stop) -> None:
        self._progress, self._stop = progress, stop
        self._task = progress.add_task("Getting ready", total=None, found="")

    def listed(self, count: int) -> None:
        """Count up."""
        self._progress.update(self._task, advance=count, description="Listing")
        self._stop.check()

    def planned(self, rows: int, done: int) -> None:
        """Begin the bar proper."""
        self._stop.check()
        self._progress.remove_task(self._task)
        self._task = self._progress.add_task("Screening", total=rows, completed=done, found="")

    def done(self, count: int) -> None:
        """Move on."""
        self._progress.update(self._task, advance=count, description="Screening")

    def waiting(self) -> None:
        """Say so in place of what is done, until there is an answer."""
        self._progress.update(self._task, description=_WAITING)

    def written(self, tally: Tally) -> None:
        """Correct the bar to what is safe (a cluster tells no more), and show what was found."""
        found = f"[bold red]{tally.found:,} found" if tally.found else ""
        self._progress.update(self._task, completed=tally.rows, found=found)
        self._stop.check()


class _Lines:
    """A line a minute, for logs."""

    def __init__(self, stop: Stop) -> None:
        self._lock, self._stop = threading.Lock(), stop
        self._began = self._said = time.monotonic()
        self._rows = self._before = self._done = self._found = 0
        self._waited = False

    def listed(self, count: int) -> None:
        """Count up."""
        self._done += count
        self._say(f"{self._done:,} listed")
        self._stop.check()

    def planned(self, rows: int, done: int) -> None:
        """Begin to count anew."""
        self._stop.check()
        self._rows, self._before, self._done, self._began = rows, done, done, time.monotonic()

    def done(self, count: int) -> None:
        """Count up."""
        with self._lock:
            self._done += count
            self._say_rate()

    def waiting(self) -> None:
        """Say so at once the first time, then once a minute while no other line is said."""
        with self._lock:
            self._say(f"{_WAITING}.", now=not self._waited)
            self._waited = True

    def written(self, tally: Tally) -> None:
        """Take what is safe."""
        with self._lock:
            self._done, self._found = tally.rows, tally.found
            self._say_rate()
        self._stop.check()

    def _say_rate(self) -> None:
        rate = (self._done - self._before) / max(time.monotonic() - self._began, 1e-9)
        left = _time((self._rows - self._done) / rate) if rate else "?"
        self._say(f"{self._done:,} of {self._rows:,} screened, {rate:,.0f}/s, {left} left, {self._found:,} found")

    def _say(self, line: str, *, now: bool = False) -> None:
        if now or time.monotonic() - self._said >= _EVERY_S:
            self._said = time.monotonic()
            sys.stderr.write(line + "\n")
            sys.stderr.flush()


def _time(seconds: float) -> str:
    """Write a time as people do: 0:12, 3:04:05, 2 days, 3:04:05."""
    text = str(timedelta(seconds=round(seconds)))
    return text.removeprefix("0:").removeprefix("0") if text.startswith("0:0") else text.removeprefix("0:")


def show_json(summary: "Summary", out: Path) -> None:
    """Print one object: counts, and where the results are."""
    tally = summary.tally
    answer = {
        "screened": tally.rows,
        "found": tally.found,
        "verdicts": {verdict.value: tally.of(verdict) for verdict in Verdict if tally.of(verdict)},
        "errors": dict(sorted(tally.errors.items())),
        "resumed": summary.resumed,
        "seconds": round(summary.seconds, 3),
        "results": str(out / "results"),
    }
    sys.stdout.write(json.dumps(answer) + "\n")


def show_text(summary: "Summary", out: Path) -> None:
    """Print the counts for people, and the first files that were found."""
    from notcontent.cli.hashed_inputs import shown

    tally = summary.tally
    now = tally.rows - summary.resumed
    rate = f", {now / summary.seconds:,.0f} a second" if now and summary.seconds >= 1 else ""
    before = f" ({summary.resumed:,} before)" if summary.resumed else ""
    lines = [
        f"{tally.rows:,} screened{before} in {_time(summary.seconds)}{rate}",
        "",
    ]
    width = len(f"{tally.rows:,}")
    for verdict in Verdict:
        if count := tally.of(verdict):
            name = verdict.value.replace("_", " ")
            lines.append(f"  {name:<12}{count:>{width},}  {_SAID[verdict]}".rstrip())
    lines += [f"    {code:<20}{count:>{width},}" for code, count in tally.errors.most_common()]
    lines += ["", *_found_lines(tally)] if tally.first else [""]
    lines.append(f"Results: {shown(str(out / 'results'))}")
    sys.stdout.write("\n".join(lines) + "\n")


def _found_lines(tally: Tally) -> Iterator[str]:
    """Name the first files that were found."""
    from notcontent.cli.hashed_inputs import shown

    yield "Found:" if tally.found <= FIRST else f"The first {FIRST} found:"
    for row in tally.first:
        bits = "" if row.distance is None else f" ({row.distance} {'bit' if row.distance == 1 else 'bits'})"
        bits = bits if row.evidence is None else f" (evidence {row.evidence:.1f})"
        look = f", {row.look}" if row.look not in {None, "whole"} else ""
        what = f"{row.entry}{bits}{look}" if row.entry else f"{row.verdict}{look}"
        yield f"  {shown(row.path)}: {shown(what)}"
    yield ""
