"""Bulk join of hashes that were computed before: every pair within a radius, streamed in large batches.

Large batches let the index sweep its tables once for thousands of queries, which costs far less a query than asking
one at a time. Memory is one batch of queries and what it found, whatever the sizes of the two sides.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from notcontent.errors import HashFormatError, IndexArgumentError, SourceError
from notcontent.matching import DEFAULT_RADIUS, Index, MihIndex

QUERIES_A_SEARCH = 1 << 16

Rows = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Pairs:
    """Pairs within the radius: `left` i64[n] places of queries, `right` u32[n] ids of rows, `distances` u8[n] in bits.

    In the order of `left`, then of (distance, right).
    """

    left: NDArray[np.int64]
    right: NDArray[np.uint32]
    distances: NDArray[np.uint8]

    def __len__(self) -> int:
        """Count the pairs."""
        return len(self.left)

    def __repr__(self) -> str:
        """Show the count alone."""
        return f"<Pairs {len(self)} redacted>"


def join(
    left: Rows | Iterable[Rows],
    index: Index,
    radius: int = DEFAULT_RADIUS,
    *,
    threads: int = 1,
    queries_a_search: int = QUERIES_A_SEARCH,
) -> Iterator[Pairs]:
    """Find all pairs of a query and a row of the index that are at most `radius` bits apart.

    `left` is an array u8[n, 32], or arrays one after the other (a Parquet file's row groups, `row_batches`), which are
    numbered through. Gives a `Pairs` for each search, also an empty one. Raises IndexArgumentError.
    """
    if queries_a_search < 1:
        raise IndexArgumentError("A search takes at least one query.")
    first = 0
    for block in [left] if isinstance(left, np.ndarray) else left:
        for start in range(0, len(block), queries_a_search):
            queries = np.ascontiguousarray(block[start : start + queries_a_search])
            found = index.search(queries, radius, threads)
            places = np.repeat(np.arange(len(queries), dtype=np.int64), np.diff(found.lims))
            yield Pairs(places + (first + start), found.ids, found.distances)
        first += len(block)


def self_join(
    rows: Rows, radius: int = DEFAULT_RADIUS, *, threads: int = 1, queries_a_search: int = QUERIES_A_SEARCH
) -> Iterator[Pairs]:
    """Find all pairs of different rows of one array u8[n, 32] that are at most `radius` bits apart, each pair once.

    `left` is always the smaller place. Raises IndexArgumentError.
    """
    rows = np.ascontiguousarray(rows)
    index = MihIndex.build(rows, threads=threads)
    for pairs in join(rows, index, radius, threads=threads, queries_a_search=queries_a_search):
        once = pairs.left < pairs.right
        yield Pairs(pairs.left[once], pairs.right[once], pairs.distances[once])


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Nearest:
    """Of each query the nearest row: `counts` i64[n] within the radius, and where that is not 0 `ids`, `distances`."""

    counts: NDArray[np.int64]
    ids: NDArray[np.uint32]
    distances: NDArray[np.uint8]

    def __repr__(self) -> str:
        """Show the count alone."""
        return f"<Nearest {len(self.counts)} redacted>"


def nearest(queries: Rows, index: Index, radius: int = DEFAULT_RADIUS, *, threads: int = 1) -> Nearest:
    """Find the nearest row of each query u8[n, 32], and count those within the radius. Raises IndexArgumentError."""
    found = index.search(np.ascontiguousarray(queries), radius, threads)
    counts = np.diff(found.lims)
    hit = counts > 0
    first = found.lims[:-1][hit]
    ids, distances = np.zeros(len(queries), np.uint32), np.zeros(len(queries), np.uint8)
    ids[hit], distances[hit] = found.ids[first], found.distances[first]
    return Nearest(counts, ids, distances)


def row_batches(path: str, column: str = "hash", rows: int = 1 << 20) -> Iterator[Rows]:
    """Read a local Parquet file's hashes, so many at a time, as u8[n, 32].

    Needs PyArrow (the extra `scan`). Raises HashFormatError when one is malformed or missing, because rows are known by
    their number; SourceError for a column of another type or a file that cannot be read.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415 - arrays can be joined without it

    from notcontent.scan.hash_column import read_hashes  # noqa: PLC0415

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(rows, columns=[column]):
                values, good = read_hashes(batch.column(column))
                if not good.all():
                    raise HashFormatError
                yield values
    except (OSError, KeyError, ValueError) as error:  # PyArrow's are ValueErrors
        raise SourceError("The list cannot be read, or has no such column.") from error


__all__ = ["Nearest", "Pairs", "join", "nearest", "row_batches", "self_join"]
