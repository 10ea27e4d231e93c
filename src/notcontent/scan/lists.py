"""Lists as sources: Parquet and CSV files with hashes, or with paths and addresses of pictures. Read through Daft.

A list with a column `hash` is matched as it is: by row groups (Parquet) or runs of rows (CSV), so that one larger than
memory can be read. Without one, its column `url` or `path` names the files to scan.
"""

import glob
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from notcontent.errors import FileUnreadableError, SourceError
from notcontent.scan.hash_column import is_hash_type
from notcontent.scan.objects import StoreOptions, list_lists
from notcontent.scan.plan import Unit, UnitKind
from notcontent.scan.runtime import daft
from notcontent.scan.sources import Source, is_pattern

CSV_ROWS = 1_000_000
"""Rows of a CSV file that are one unit."""
HASH, QUALITY = "hash", "quality"
PLACES = ("url", "path")
NAMES = ("path", "url", "id", "name")
"""What names a row in the results, the first that there is; otherwise its number does."""
_TEXTS = (HASH, *PLACES, *NAMES)


@dataclass(frozen=True, slots=True)
class OpenList:
    """One list: its columns, and how to read it."""

    place: str
    options: StoreOptions
    columns: dict[str, pa.DataType]

    @property
    def is_csv(self) -> bool:
        """Whether it is read by runs of rows."""
        return self.place.lower().endswith(".csv")

    @property
    def name(self) -> str | None:
        """The column that names rows."""
        return next((name for name in NAMES if name in self.columns), None)


def local_lists(source: Source) -> list[Path]:
    """Name the files of a local list or pattern. Raises SourceError when there is none."""
    names = sorted(glob.glob(source.place, recursive=True)) if is_pattern(source.place) else [source.place]  # noqa: PTH207 - names as they are
    if not names:
        raise SourceError("There is no list of this name.")
    return [Path(name) for name in names]


def open_list(place: str, options: StoreOptions) -> OpenList:
    """Read a list's columns. Raises SourceError when it is no Parquet or CSV with a known column."""
    frame = _frame(place, options)
    columns = {field.name: field.dtype.to_arrow_dtype() for field in frame.schema()}
    if HASH in columns and not is_hash_type(columns[HASH]):
        raise SourceError("The column `hash` is neither text nor bytes.")
    if HASH not in columns and not any(name in columns for name in PLACES):
        raise SourceError("The list has no column `hash`, `url` or `path`.")
    return OpenList(place, options, columns)


def _frame(place: str, options: StoreOptions, groups: list[int] | None = None) -> Any:  # noqa: ANN401 - a Daft frame
    """Begin to read a list, or some row groups of it."""
    config = options.config() if "://" in place else None
    try:
        if place.lower().endswith(".csv"):
            # Digits alone, or digits and one e, would otherwise be read as a number.
            texts = {name: daft.DataType.string() for name in _TEXTS}
            header = daft.read_csv(place, io_config=config).column_names
            hints = {name: kind for name, kind in texts.items() if name in header}
            return daft.read_csv(place, schema=hints, io_config=config)
        if groups is not None:
            return daft.read_parquet([place], row_groups=[groups], io_config=config)
        return daft.read_parquet(place, io_config=config)
    except Exception as error:  # Daft's, PyArrow's, the system's: in any case no list
        raise SourceError("The list cannot be read.") from error


def units_of_list(source: Source, options: StoreOptions) -> Iterator[Unit]:
    """Give the units of all lists that a source names."""
    places = (
        [each.url for each in list_lists(source, options)]
        if source.remote
        else [str(path) for path in local_lists(source)]
    )
    for place in places:
        opened = open_list(place, options)
        if HASH not in opened.columns:
            yield from _named_files(opened)
        elif opened.is_csv:
            yield from _runs(opened)
        else:
            yield from _row_groups(opened)


def _runs(opened: OpenList) -> Iterator[Unit]:
    """Cut a CSV into runs of rows."""
    total = _counted(_frame(opened.place, opened.options))
    for first in range(0, total, CSV_ROWS):
        count = min(CSV_ROWS, total - first)
        yield Unit(UnitKind.ROWS.value, os.fsencode(opened.place), first=first, count=count)


def _row_groups(opened: OpenList) -> Iterator[Unit]:
    """Give the row groups of a Parquet file."""
    first = 0
    for group, count in enumerate(_group_sizes(opened)):
        if count:
            yield Unit(UnitKind.ROWS.value, os.fsencode(opened.place), first=first, count=count, group=group)
        first += count


def _group_sizes(opened: OpenList) -> list[int]:
    """Read how many rows each row group has, from the file's end."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - only for this

    try:
        if "://" not in opened.place:
            with pq.ParquetFile(opened.place) as file:
                return _sizes(file)
        remote = daft.File(opened.place, io_config=opened.options.config())
        with remote.open() as inner, pq.ParquetFile(_Remote(inner)) as file:
            return _sizes(file)
    except (OSError, pa.ArrowException) as error:
        raise SourceError("The list cannot be read.") from error


class _Remote(io.RawIOBase):
    """Daft's open file as PyArrow wants one."""

    def __init__(self, inner: Any) -> None:  # noqa: ANN401 - Daft's own type
        self._inner = inner

    def readable(self) -> bool:
        """Can be read."""
        return True

    def seekable(self) -> bool:
        """Can be read from anywhere."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - anything that is a buffer
        """Read on."""
        data = bytes(self._inner.read(len(buffer)))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move."""
        return int(self._inner.seek(offset, whence))

    def tell(self) -> int:
        """Say where."""
        return int(self._inner.tell())


def _sizes(file: Any) -> list[int]:  # noqa: ANN401 - PyArrow has no types
    return [file.metadata.row_group(group).num_rows for group in range(file.metadata.num_row_groups)]


def _counted(frame: Any) -> int:  # noqa: ANN401
    try:
        return int(frame.count_rows())
    except Exception as error:  # Daft's own, of many kinds
        raise SourceError("The list cannot be read.") from error


def _named_files(opened: OpenList) -> Iterator[Unit]:
    """Give the files and objects that a list names, as it streams past."""
    column = next(name for name in PLACES if name in opened.columns)
    frame = _frame(opened.place, opened.options).select(daft.col(column).cast(daft.DataType.string()))
    try:
        for batch in frame.to_arrow_iter():
            for place in batch.column(0).to_pylist():
                yield _named(place, opened.place)
    except (daft.exceptions.DaftCoreException, OSError, pa.ArrowException) as error:
        raise SourceError("The list cannot be read.") from error


def _named(place: str | None, of: str) -> Unit:
    """Make a unit of one name; a relative path lies beside its list."""
    if place and "://" in place:
        return Unit(UnitKind.OBJECT.value, place.encode())
    if not place or "\0" in place or "://" in of:
        return Unit(UnitKind.REFUSED.value, (place or "").encode(), error=FileUnreadableError.code)
    return Unit(UnitKind.FILE.value, os.fsencode(Path(of).parent / place))


def rows_frame(units: list[Unit], options: StoreOptions) -> tuple[Any, str | None]:
    """Begin to read the rows of a batch: columns `name`, `hash`, `quality`; and the column that names them, if any."""
    place = os.fsdecode(units[0].place)
    opened = open_list(place, options)
    if opened.is_csv:
        count = sum(unit.count for unit in units)
        frame = _frame(place, options).offset(units[0].first).limit(count)
    else:
        frame = _frame(place, options, [unit.group for unit in units])
    kinds = daft.DataType
    name = daft.col(opened.name).cast(kinds.string()) if opened.name else daft.lit(None).cast(kinds.string())
    quality = daft.col(QUALITY) if QUALITY in opened.columns else daft.lit(None).cast(kinds.uint8())
    return frame.select(name.alias("name"), daft.col(HASH), quality.alias(QUALITY)), opened.name
