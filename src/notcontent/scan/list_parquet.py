"""Parquet lists, read in batches under bounds: what the file's end says of its sizes is believed only to refuse.

A few kilobytes of Parquet can stand for gigabytes: rows that are all missing, pages of one byte repeated, a long value
in a dictionary that each row points to. So a list has to be as long as its rows, no batch is larger than it may be, and
a long value of a dictionary is blanked before it is spread out.
"""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from notcontent.errors import SourceError
from notcontent.scan.list_cells import MOST_CELL, bounded, check_column

FEW_ROWS = 1 << 20
"""A list of no more rows may be shorter, in bytes, than it has rows."""
MOST_GROUP_ROWS = 1 << 24
MOST_GROUP_BYTES = 1 << 30
_LARGE_GROUP, _LARGE_ROW = 1 << 26, 1 << 10
_BATCH_BYTES, _MOST_BATCH_ROWS = 1 << 26, 1 << 16
_READ_AHEAD = 1 << 20
_SPREADING = frozenset({"DELTA_BYTE_ARRAY"})
"""Encodings in which each value may repeat the one before, so that bytes say nothing about size."""


def column_types(file: BinaryIO) -> dict[str, pa.DataType]:
    """Read the types of the columns; a name that is there twice is None. Raises SourceError."""
    found: dict[str, Any] = {}
    with _opened(file) as opened:
        for field in opened.schema_arrow:
            found[field.name] = None if field.name in found else field.type
    return found


def group_sizes(file: BinaryIO, columns: Sequence[str], length: int) -> list[int]:
    """Give the rows of each row group of a list of `length` bytes. Raises SourceError where one is unfit to be read."""
    with _opened(file) as opened:
        known = opened.metadata
        if known.num_rows > max(FEW_ROWS, length):
            raise SourceError("The list says that it has more rows than bytes.")
        sizes = []
        for number in range(known.num_row_groups):
            group = known.row_group(number)
            sizes.append(group.num_rows)
            chunks = [chunk for chunk in map(group.column, range(group.num_columns)) if chunk.path_in_schema in columns]
            _check_group(group.num_rows, chunks)
        if min(sizes, default=0) < 0 or sum(sizes) != known.num_rows:
            raise SourceError("The list contradicts itself.")
        return sizes


def _check_group(rows: int, chunks: Sequence[Any]) -> None:
    """Refuse a row group that would take more memory than it may."""
    if any(_SPREADING & set(chunk.encodings) for chunk in chunks):
        raise SourceError("The list is encoded in a way that is not read: DELTA_BYTE_ARRAY.")
    size = sum(chunk.total_uncompressed_size for chunk in chunks)
    most = min(MOST_GROUP_BYTES, max(_LARGE_GROUP, rows * _LARGE_ROW))
    if rows > MOST_GROUP_ROWS or not 0 <= size <= most or any(chunk.num_values > rows for chunk in chunks):
        raise SourceError("A row group of the list is too large: write it anew, in smaller ones.")


def blocks(file: BinaryIO, columns: list[str], group: int, first: int = 0, most: int | None = None) -> Iterator[Any]:
    """Give columns of one row group in bounded batches: all rows, or `most` of them after the first `first`."""
    longest = _longest(file, columns, group)
    with _opened(file, columns if longest > MOST_CELL else None) as opened:
        known = opened.metadata.row_group(group)
        chunks = [chunk for chunk in map(known.column, range(known.num_columns)) if chunk.path_in_schema in columns]
        size = sum(chunk.total_uncompressed_size for chunk in chunks)
        widest = max(min(longest, MOST_CELL), size // max(1, known.num_rows), 1)
        rows = max(1, min(_MOST_BATCH_ROWS, _BATCH_BYTES // widest))
        left = known.num_rows - first if most is None else most
        for batch in opened.iter_batches(rows, row_groups=[group], columns=columns, use_threads=False):
            wanted = batch.slice(first, left) if first < batch.num_rows else batch.slice(0, 0)
            first, left = max(0, first - batch.num_rows), left - wanted.num_rows
            if wanted.num_rows:
                cells = [bounded(wanted.column(name)) for name in columns]
                yield pa.RecordBatch.from_arrays(cells, names=columns)
            if not left:
                return


def _longest(file: BinaryIO, columns: list[str], group: int) -> int:
    """Measure the longest value of a row group's dictionaries: each is the first thing that is read of it."""
    longest = 0
    with _opened(file, columns) as opened:
        for batch in opened.iter_batches(1, row_groups=[group], columns=columns, use_threads=False):
            for column in batch.columns:
                if pa.types.is_dictionary(column.type) and len(column.dictionary):
                    lengths = pc.binary_length(column.dictionary.cast(pa.large_binary()))
                    longest = max(longest, pc.max(lengths).as_py() or 0)
            break
    return longest


def _opened(file: BinaryIO, dictionaries: list[str] | None = None) -> Any:  # noqa: ANN401 - PyArrow has no types
    """Begin to read; columns of text named in `dictionaries` are not spread out. Raises SourceError."""
    try:
        file.seek(0)
        return pq.ParquetFile(file, read_dictionary=dictionaries, buffer_size=_READ_AHEAD, pre_buffer=False)
    except (OSError, ValueError, MemoryError) as error:  # PyArrow's are ValueErrors
        raise SourceError("The list cannot be read.") from error


__all__ = ["blocks", "check_column", "column_types", "group_sizes"]
