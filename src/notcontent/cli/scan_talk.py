"""How `notcontent scan` talks on stderr while it runs: a bar on a terminal, a line a minute elsewhere."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from notcontent.cli.scan_stop import Stop
from notcontent.cli.scan_summary import counts, shown_span
from notcontent.scan.bank import Wait, Why
from notcontent.scan.results import Tally

if TYPE_CHECKING:
    from rich.progress import Progress, Task

    from notcontent.scan.pipeline import Watcher

_EVERY_S = 60.0
_WAITING = {
    Why.SILENT: ("Gate silent", "it does not answer"),
    Why.NOT_READY: ("Gate not ready", "it is there, but not ready: it holds no bank yet"),
    Why.BUSY: ("Gate busy", "it is there, but too busy"),
    Why.FAILING: ("Gate fails", "it, or a proxy before it, answers with an error"),
}
"""Why a gate is waited for: on a bar, and in a line."""


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
            if task.total is None or not speed or task.fields["waits"]:
                return Text("")
            left = "" if task.time_remaining is None else f", {shown_span(task.time_remaining)} left"
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
        self._task = progress.add_task("Getting ready", total=None, found="", waits=False)

    def listed(self, count: int) -> None:
        """Count up."""
        self._progress.update(self._task, advance=count, description="Listing", waits=False)
        self._stop.check()

    def planned(self, rows: int, before: Tally) -> None:
        """Begin the bar proper."""
        self._stop.sofar, self._stop.resumed = counts(before), before.rows
        self._stop.check()
        self._progress.remove_task(self._task)
        self._task = self._progress.add_task("Screening", total=rows, completed=before.rows, found="", waits=False)

    def done(self, count: int) -> None:
        """Move on."""
        self._progress.update(self._task, advance=count, description="Screening", waits=False)

    def waiting(self, wait: Wait) -> None:
        """Say why, and for how long, in place of what is done and its rate, until there is an answer."""
        words = f"{_WAITING[wait.why][0]}, {shown_span(wait.left_s)} more"
        self._progress.update(self._task, description=words, waits=True)

    def written(self, tally: Tally) -> None:
        """Correct the bar to what is safe (a cluster tells no more), and show what was found."""
        self._stop.sofar = counts(tally)
        found = f"[bold red]{tally.found:,} found" if tally.found else ""
        self._progress.update(self._task, completed=tally.rows, found=found)
        self._stop.check()


class _Lines:
    """A line a minute, for logs."""

    def __init__(self, stop: Stop) -> None:
        self._lock, self._stop = threading.Lock(), stop
        self._began = self._said = time.monotonic()
        self._rows = self._before = self._done = self._found = 0
        self._waited: Why | None = None

    def listed(self, count: int) -> None:
        """Count up."""
        self._done += count
        self._say(f"{self._done:,} listed")
        self._stop.check()

    def planned(self, rows: int, before: Tally) -> None:
        """Begin to count anew."""
        self._stop.sofar, self._stop.resumed = counts(before), before.rows
        self._stop.check()
        self._rows, self._began = rows, time.monotonic()
        self._before = self._done = before.rows

    def done(self, count: int) -> None:
        """Count up."""
        with self._lock:
            self._done += count
            self._say_rate()

    def waiting(self, wait: Wait) -> None:
        """Say why at once the first time and when it changes, then once a minute while no other line is said."""
        with self._lock:
            line = f"Waiting for the gate: {_WAITING[wait.why][1]}. Asking for {shown_span(wait.left_s)} more."
            self._say(line, now=wait.why is not self._waited)
            self._waited = wait.why

    def written(self, tally: Tally) -> None:
        """Take what is safe."""
        self._stop.sofar = counts(tally)
        with self._lock:
            self._done, self._found = tally.rows, tally.found
            self._say_rate()
        self._stop.check()

    def _say_rate(self) -> None:
        rate = (self._done - self._before) / max(time.monotonic() - self._began, 1e-9)
        left = shown_span((self._rows - self._done) / rate) if rate else "?"
        self._say(f"{self._done:,} of {self._rows:,} done, {rate:,.0f}/s, {left} left, {self._found:,} found")

    def _say(self, line: str, *, now: bool = False) -> None:
        if now or time.monotonic() - self._said >= _EVERY_S:
            self._said = time.monotonic()
            sys.stderr.write(line + "\n")
            sys.stderr.flush()
