"""Lists as sources: Parquet and CSV files with hashes, or with paths and addresses of pictures.

A list with a column `hash` is matched as it is: by runs of rows, so that one larger than memory can be read. Without
one, its column `url` or `path` names the files to scan. Who wrote a list is not known: it is read under bounds
(`list_parquet.py`, `list_csv.py`), here and not by a cluster's workers. What is unfit as a whole is refused when it is
listed, before any work begins; a row that is malformed is a row with its error.
"""

import glob
import io
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from notcontent.errors import FileUnreadableError, ListUnreadableError, NotContentError, SourceError
from notcontent.scan import list_csv, list_parquet
from notcontent.scan.hash_column import read_hashes
from notcontent.scan.list_cells import HASH, QUALITY, check_column, names, qualities
from notcontent.scan.objects import StoreOptions, list_lists, open_object
from notcontent.scan.plan import Unit, UnitKind
from notcontent.scan.results import shown_path
from notcontent.scan.sources import Source, is_pattern

RUN_ROWS = 1_000_000
"""Rows of a list that are one unit, at most twice as many."""
PLACES = ("url", "path")
NAMES = ("path", "url", "id", "name")
"""What names a row in the results, the first that there is; otherwise its number does."""
_MOST_NAME_BYTES = 1 << 28
"""Of all names of a batch; rows that come later are named by their number."""


@dataclass(frozen=True, slots=True)
class OpenList:
    """One list: where it is, and the columns of it that mean something here."""

    place: str
    options: StoreOptions
    columns: tuple[str, ...]

    @property
    def is_csv(self) -> bool:
        """Whether it is CSV."""
        return self.place.lower().endswith(".csv")

    @property
    def name(self) -> str | None:
        """The column that names rows."""
        return next((name for name in NAMES if name in self.columns), None)


def local_lists(source: Source) -> list[Path]:
    """Name the files of a local list or pattern. Raises SourceError when there is none."""
    found = sorted(glob.glob(source.place, recursive=True)) if is_pattern(source.place) else [source.place]  # noqa: PTH207 - names as they are
    if not found:
        raise SourceError("There is no list of this name.")
    return [Path(name) for name in found]


@contextmanager
def _file(place: str, options: StoreOptions) -> Iterator[tuple[BinaryIO, int]]:
    """Open a list, and say how long it is. Whatever goes wrong with it while it is open is a SourceError."""
    try:
        if "://" in place:
            with open_object(place, options) as remote:
                yield cast("BinaryIO", io.BufferedReader(remote, 1 << 20)), remote.size()
            return
        if not stat.S_ISREG(os.stat(place).st_mode):  # noqa: PTH116 - names as they are
            raise SourceError("A list is a file; this is none.")
        with open(place, "rb") as local:  # noqa: PTH123
            yield local, os.fstat(local.fileno()).st_size
    except NotContentError:
        raise
    except (OSError, ValueError, MemoryError, pa.ArrowException) as error:
        raise SourceError("The list cannot be read.") from error


def open_list(place: str, options: StoreOptions) -> OpenList:
    """Read a list's columns. Raises SourceError when it is no Parquet or CSV with a known column, or one is unfit."""
    with _file(place, options) as (file, _):
        if OpenList(place, options, ()).is_csv:
            header = list_csv.header(file)
            types = {name: None if header.count(name) > 1 else pa.string() for name in header}
        else:
            types = list_parquet.column_types(file)
    name = [each for each in NAMES if each in types][:1]
    picture = [each for each in PLACES if each in types][:1]
    used = [HASH, *name, *([QUALITY] if QUALITY in types else [])] if HASH in types else picture
    if not used:
        raise SourceError("The list has no column `hash`, `url` or `path`.")
    for each in used:
        if types[each] is None:
            raise SourceError(f"The list has more than one column `{each}`.")
        check_column(each, types[each])
    return OpenList(place, options, tuple(used))


def units_of_list(source: Source, options: StoreOptions) -> Iterator[Unit]:
    """Give the units of all lists that a source names."""
    places = (
        [each.url for each in list_lists(source, options)]
        if source.remote
        else [str(path) for path in local_lists(source)]
    )
    for place in places:
        opened = open_list(place, options)
        if HASH in opened.columns:
            yield from _runs(opened)
        else:
            yield from _named_files(opened)


def _runs(opened: OpenList) -> Iterator[Unit]:
    """Cut a list into runs of rows."""
    first, place = 0, os.fsencode(opened.place)
    with _file(opened.place, opened.options) as (file, length):
        if opened.is_csv:
            for at, count in list_csv.runs(file, RUN_ROWS):
                yield Unit(UnitKind.ROWS.value, place, first=first, count=count, at=at)
                first += count
            return
        for group, rows in enumerate(list_parquet.group_sizes(file, opened.columns, length)):
            pieces = max(1, rows // RUN_ROWS)
            ends = [rows * piece // pieces for piece in range(pieces + 1)]
            for begin, end in pairwise(ends):
                if end > begin:
                    yield Unit(
                        UnitKind.ROWS.value, place, first=first + begin, count=end - begin, group=group, at=begin
                    )
            first += rows


def _named_files(opened: OpenList) -> Iterator[Unit]:
    """Give the files and objects that a list names, as it streams past."""
    with _file(opened.place, opened.options) as (file, length):
        columns, row = list(opened.columns), 0
        if opened.is_csv:
            found: Iterator[Any] = list_csv.blocks(file, columns)
        else:
            groups = range(len(list_parquet.group_sizes(file, columns, length)))
            found = (block for group in groups for block in list_parquet.blocks(file, columns, group))
        for block in found:
            column = block.column(0)
            cells = column.view(pa.binary()) if pa.types.is_string(column.type) else column.cast(pa.binary())
            for place in cells.to_pylist():
                yield _named(place, opened.place, row)
                row += 1


def _named(place: bytes | None, of: str, row: int) -> Unit:
    """Make a unit of one name; a relative path lies beside its list."""
    if place and b"://" in place:
        return Unit(UnitKind.OBJECT.value, place)
    if not place or b"\0" in place or "://" in of:
        name = place or f"{of}#{row}".encode("utf-8", "surrogateescape")
        return Unit(UnitKind.REFUSED.value, name, error=FileUnreadableError.code)
    return Unit(UnitKind.FILE.value, os.path.join(os.fsencode(Path(of).parent), place))  # noqa: PTH118 - bytes


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ListRows:
    """Rows of a list: hashes as bytes of 32 (null where malformed), qualities uint8, and what to call them."""

    hashes: pa.Array
    qualities: pa.Array
    names: pa.Array

    def __repr__(self) -> str:
        """Show the count alone."""
        return f"<ListRows {len(self.names)} redacted>"


def read_rows(units: Sequence[Unit], options: StoreOptions) -> ListRows:
    """Read the rows of a batch.

    Raises ListUnreadableError for a local list whose data cannot be read; SourceError for one in a store, which may
    answer another time; ScanChangedError when it has other columns than it had when it was planned.
    """
    place = os.fsdecode(units[0].place)
    opened = open_list(place, options)
    hashes, marks, named = [], [], []
    left = _MOST_NAME_BYTES
    try:
        for block in _blocks(opened, units):
            rows, good = read_hashes(block.column(HASH))
            hashes.append(_column(rows, good))
            marks.append(
                qualities(block.column(QUALITY)) if QUALITY in opened.columns else pa.nulls(len(rows), pa.uint8())
            )
            texts = names(block.column(opened.name), rows) if opened.name else pa.nulls(len(rows), pa.string())
            left -= pc.sum(pc.binary_length(texts)).as_py() or 0
            named.append(texts if left >= 0 else pa.nulls(len(rows), pa.string()))
    except SourceError as error:
        raise error if "://" in place else ListUnreadableError from error
    called = pa.chunked_array(named, pa.string()).combine_chunks()
    return ListRows(
        pa.chunked_array(hashes, pa.binary(32)).combine_chunks(),
        pa.chunked_array(marks, pa.uint8()).combine_chunks(),
        numbered(units, called) if called.null_count else called,
    )


def _blocks(opened: OpenList, units: Sequence[Unit]) -> Iterator[Any]:
    """Read the columns of a batch's units, some rows at a time."""
    columns = list(opened.columns)
    with _file(opened.place, opened.options) as (file, length):
        if not opened.is_csv:
            list_parquet.group_sizes(file, columns, length)
        for unit in units:
            if opened.is_csv:
                yield from list_csv.blocks(file, columns, unit.at, unit.count)
            else:
                yield from list_parquet.blocks(file, columns, unit.group, unit.at, unit.count)


def _column(rows: np.ndarray[Any, np.dtype[np.uint8]], good: np.ndarray[Any, np.dtype[np.bool_]]) -> pa.Array:
    """See rows u8[n, 32] as a column, null where they are not good."""
    mask = pa.array(good).buffers()[1]
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(32), len(rows), [mask, pa.py_buffer(rows)])


def numbered(units: Sequence[Unit], called: pa.Array | None = None) -> pa.Array:
    """Name rows by their list and number, where they are not called anything else."""
    of = shown_path(units[0].place)
    numbers = pa.array([f"{of}#{row}" for unit in units for row in range(unit.first, unit.first + unit.count)])
    if called is None:
        return numbers
    # Another count than planned is the caller's to notice.
    return pc.coalesce(called, numbers.slice(0, len(called))) if len(called) <= len(numbers) else called
