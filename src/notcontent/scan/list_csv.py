"""CSV lists, read row by row under bounds: no line, row or field may be longer than said here.

A row with too few fields misses the last ones, in one with too many the last are passed over; empty lines are no rows.
"""

import csv
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

import pyarrow as pa

from notcontent.errors import SourceError

MOST_ROW = 1 << 20
"""Bytes of a row, whatever lines it goes over. A field has at most 128 KiB, which is Python's own limit."""
ROWS_A_BLOCK = 1 << 16
_BOM = b"\xef\xbb\xbf"


class CsvRows:
    """The rows of an open file from a place on. `at` is where the next row begins, in bytes."""

    def __init__(self, file: BinaryIO, at: int = 0) -> None:
        """Begin at the file's beginning, or where `at` of an earlier reading stood."""
        file.seek(at)
        self.at = at
        self._row_at = at
        self._file = file
        self._rows = csv.reader(self._lines())

    def __iter__(self) -> Iterator[list[str]]:
        """Give row after row. Raises SourceError."""
        try:
            for row in self._rows:
                self._row_at = self.at
                if row:
                    yield row
        except csv.Error as error:
            raise SourceError("A field of the list is too long, or a quote is left open.") from error

    def _lines(self) -> Iterator[str]:
        """Give lines as text; bytes that are not UTF-8 are kept, as in names of files."""
        while line := self._file.readline(MOST_ROW + 1):
            if len(line) + self.at - self._row_at > MOST_ROW:
                raise SourceError("A row of the list is longer than 1 MiB.")
            begins = not self.at
            self.at += len(line)
            yield (line.removeprefix(_BOM) if begins else line).decode("utf-8", "surrogateescape")


def header(file: BinaryIO) -> list[str]:
    """Read the names of the columns. Raises SourceError when there are none."""
    try:
        return next(iter(CsvRows(file)))
    except StopIteration:
        raise SourceError("The list is empty.") from None


def runs(file: BinaryIO, rows: int) -> Iterator[tuple[int, int]]:
    """Cut the list into runs of so many rows: where each begins, in bytes, and how many rows it really has."""
    table = CsvRows(file)
    begin, count, is_header = 0, 0, True
    for _ in table:
        if is_header:
            begin, is_header = table.at, False
            continue
        count += 1
        if count == rows:
            yield begin, count
            begin, count = table.at, 0
    if count:
        yield begin, count


def blocks(
    file: BinaryIO, columns: list[str], at: int | None = None, most: int | None = None
) -> Iterator[pa.RecordBatch]:
    """Give columns of text, some rows at a time: from the first row, or `most` rows from the byte `at` on."""
    places = [header(file).index(column) for column in columns]
    table = iter(CsvRows(file, at or 0))
    if at is None:
        next(table)
    left = most
    while left is None or left:
        block = list(islice(table, min(ROWS_A_BLOCK, left or ROWS_A_BLOCK)))
        if not block:
            return
        left = None if left is None else left - len(block)
        yield pa.RecordBatch.from_arrays([_column(block, place) for place in places], names=columns)


def _column(block: list[list[str]], place: int) -> pa.Array:
    """Take one field of each row."""
    cells = [row[place].encode("utf-8", "surrogateescape") if place < len(row) else None for row in block]
    return pa.array(cells, pa.binary()).view(pa.string())
