"""What the readers of a path have in common: what they are made with, and how they tell how far they are."""

from collections.abc import Callable
from pathlib import Path

from notcontent.lineage.marks import Marker
from notcontent.lineage.report import Report


class PathReader:
    """A reader of one path. Nothing is read before the first observation is asked for."""

    def __init__(
        self, path: Path, marker: Marker, report: Report, *, now: int, progress: Callable[[int], None] | None = None
    ) -> None:
        """Take a path. `now`: UTC seconds; what is dated later than a day after it is left out. `progress`: of bytes.

        The reader counts in `report` what it skips and the bytes; what it gives is counted by who takes it
        (`importing.counted`).
        """
        self._path, self._marker, self._report = path, marker, report
        self._now, self._progress = now, progress

    def _tell(self, count: int) -> None:
        """Tell that so many bytes of the source are read."""
        self._report.bytes_read = count
        if self._progress is not None:
            self._progress(count)
