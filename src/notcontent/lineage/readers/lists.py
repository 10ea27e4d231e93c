"""A list of channels as CSV -> observations: what an operator knows of channels, and what gates sighted in them.

Columns, in any order: `channel`, `time`, `fact`; where a fact needs them, `value` and `post`. docs/reference/
lineage-sources.md has them with an example. A cell is text and nothing else, whatever a spreadsheet would do with it.
"""

import csv
import re
from collections.abc import Iterator
from itertools import chain

from notcontent.errors import LineageSizeError, LineageSourceError
from notcontent.lineage.marks import MarkKind
from notcontent.lineage.observations import Fact, FactKind, Handle, Link, Observation, Post, SameChannel
from notcontent.lineage.readers.naming import channel_named, time_named
from notcontent.lineage.readers.opening import bytes_taken, lines_of, open_text
from notcontent.lineage.readers.reading import PathReader
from notcontent.lineage.readers.shown import count_of
from notcontent.lineage.readers.telegram_messages import HIGHEST_POST, clean
from notcontent.lineage.report import Skipped

COLUMNS = frozenset({"channel", "time", "fact", "value", "post"})
NEEDED = frozenset({"channel", "time", "fact"})
MOST_BAD = 10_000
"""Rows that may be left out before the first that is taken; whoever has more of them has another kind of list."""

_STATES = {
    kind.value: kind
    for kind in (
        *(FactKind.ALIVE, FactKind.REMOVED, FactKind.RESTRICTED, FactKind.PREVIEW_UNAVAILABLE),
        *(FactKind.CREATED, FactKind.REPORTED),
    )
}
_ALIAS = re.compile(r"[A-Za-z0-9_.:-]{4,128}", re.ASCII)
_POST = re.compile(r"[0-9]{1,10}", re.ASCII)


class ChannelList(PathReader):
    """One CSV file, in UTF-8 or UTF-16 with its mark, with commas, semicolons or tabs.

    A row that does not say what its fact needs, or says more, is counted and left out. Iterating raises
    LineageSourceError where the first row does not name the columns, or none, also none of the first MOST_BAD, is good,
    LineageSizeError for a line over the limit.
    """

    def __iter__(self) -> Iterator[Observation]:
        """Give one observation a row."""
        with open_text(self._path) as text:
            lines = lines_of(text)
            first = next(lines, "")
            found = header_of(first)
            if found is None:
                raise LineageSourceError(
                    "The list's first row must name its columns: channel, time, fact, value, post."
                )
            delimiter, columns = found
            taken = False
            for number, row in self._rows(chain([first], lines), delimiter):
                observation = self._observe(dict(zip(columns, row, strict=False))) if _fits(row, columns) else None
                if observation is None:
                    self._report.skip(Skipped.BAD_ROW, row=number)
                    if not taken and self._report.skipped[Skipped.BAD_ROW] >= MOST_BAD:
                        raise self._none_is_good(f"None of the list's first {MOST_BAD:,} rows")
                else:
                    taken = True
                    yield observation
                self._tell(bytes_taken(text))
            if not taken and self._report.skipped[Skipped.BAD_ROW]:
                raise self._none_is_good("None of the list's rows")

    def _none_is_good(self, which: str) -> LineageSourceError:
        return LineageSourceError(
            f"{which} says what its columns need: a channel, a time with its zone, a fact that is known."
            f" Line {self._report.rows[0]} is the first."
        )

    def _rows(self, lines: Iterator[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
        """Give the rows behind the first that are not empty, each with the number of the line where it ends."""
        try:
            rows = csv.reader(lines, delimiter=delimiter)
            next(rows)
            for row in rows:
                cells = [cell.strip() for cell in row]
                if any(cells):
                    yield rows.line_num, cells
        except csv.Error as error:
            raise LineageSizeError("A cell of the list is longer than any real one is.") from error

    def _observe(self, row: dict[str, str]) -> Observation | None:
        channel = channel_named(row["channel"], self._marker)
        fact, value, post = row["fact"].lower(), row.get("value", ""), row.get("post", "")
        time = time_named(row["time"], self._now)
        if channel is None:
            return None
        if fact == "same_as":
            other = channel_named(value, self._marker)
            return None if other is None or post else SameChannel(channel, other)
        if time is None:
            return None
        if fact in ("sighting", "links_to"):
            return self._of_post(channel, fact, value, post, time)
        return None if post else self._of_channel(channel, fact, value, time)

    def _of_post(self, channel: Handle, fact: str, value: str, post: str, time: int) -> Post | None:
        number = int(post) if _POST.fullmatch(post) else 0
        if not 0 < number <= HIGHEST_POST:
            return None
        if fact == "links_to":
            to = channel_named(value, self._marker)
            return None if to is None else Post(channel, number, time, links=(Link(to),))
        if not _ALIAS.fullmatch(value):
            return None
        return Post(channel, number, time, marks=(self._marker.mark(MarkKind.ENTRY, value),))

    def _of_channel(self, channel: Handle, fact: str, value: str, time: int) -> Fact | None:
        if fact in _STATES:
            return None if value else Fact(channel, _STATES[fact], "", time)
        if fact == "title":
            title = clean(value)
            return Fact(channel, FactKind.TITLE, title, time) if title else None
        count = count_of(value)
        return Fact(channel, FactKind.MEMBERS, str(count), time) if fact == "members" and count is not None else None


def header_of(line: str) -> tuple[str, list[str]] | None:
    """Give a list's delimiter and columns by its first line, or None for what is no list's: an unknown column too."""
    for delimiter in (",", ";", "\t"):
        columns = [cell.strip().strip('"').strip().lower() for cell in line.strip("\r\n").split(delimiter)]
        while columns and not columns[-1]:
            columns.pop()
        if NEEDED <= set(columns) <= COLUMNS and len(set(columns)) == len(columns):
            return delimiter, columns
    return None


def _fits(row: list[str], columns: list[str]) -> bool:
    """Tell whether a row has a cell for each column; further ones, which spreadsheets append, must be empty."""
    return len(row) >= len(columns) and not any(row[len(columns) :])
