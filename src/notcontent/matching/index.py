"""What every index answers to, what it answers with, and what it refuses.

Every index finds exactly the rows within the radius: none missed, none added. They differ in speed and in whether
they can change. `conformance.py` is the contract as tests.
"""

import math
import operator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from notcontent.errors import IndexArgumentError
from notcontent.matching.hashes import HASH_BITS, HASH_BYTES

DEFAULT_RADIUS = 31  # PDQ's published threshold: 31 of 256 bits, inclusive
MAX_RADIUS = 63
MAX_THREADS = 256


def _check_query(query: int, count: int) -> None:
    """Refuse a query that was not asked: one from the end, say, would look as if it had met nothing."""
    if not 0 <= query < count:
        raise IndexArgumentError("There was no such query.")


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Found:
    """The rows within the radius, for all queries of one search.

    Those of query q are at `lims[q]` up to `lims[q + 1]` of `ids` and `distances`, by (distance, id).
    `lims` i64[n + 1], `ids` u32[m], `distances` u8[m] in bits.
    """

    lims: NDArray[np.int64]
    ids: NDArray[np.uint32]
    distances: NDArray[np.uint8]

    def __len__(self) -> int:
        """Count the queries."""
        return len(self.lims) - 1

    def __repr__(self) -> str:
        """Show counts alone: distances would help to recover a hash."""
        return f"<Found queries={len(self)} rows={len(self.ids)}>"

    def of(self, query: int) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
        """Give the ids and distances of one query, 0 to n - 1, nearest first. Raises IndexArgumentError for others."""
        _check_query(query, len(self))
        start, end = self.lims[query], self.lims[query + 1]
        return self.ids[start:end], self.distances[start:end]


class _Nothing(Found):
    """The answer to one query that met nothing, one for all.

    Nearly every query meets nothing, and making arrays takes as long as searching a small bank. It holds none but makes
    them when they are asked for, each time anew: no caller can change what another one is given.
    """

    __slots__ = ()

    def __init__(self) -> None:
        """Hold nothing."""

    def __len__(self) -> int:
        """Count the one query."""
        return 1

    def of(self, query: int) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
        """Give nothing, twice."""
        return (self.ids, self.distances) if query == 0 else super().of(query)

    def __reduce__(self) -> tuple[type[Found], tuple[object, ...]]:
        """Be copied as any other answer."""
        return Found, (self.lims, self.ids, self.distances)

    @property
    def lims(self) -> NDArray[np.int64]:
        """Where the one query's rows begin and end."""
        return np.zeros(2, np.int64)

    @property
    def ids(self) -> NDArray[np.uint32]:
        """No row."""
        return np.empty(0, np.uint32)

    @property
    def distances(self) -> NDArray[np.uint8]:
        """No distance."""
        return np.empty(0, np.uint8)


NOTHING: Found = _Nothing()


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Scored:
    """The rows that fit estimates, for all queries of one search.

    Those of query q are at `lims[q]` up to `lims[q + 1]` of `ids` and `scores`, by (descending score, id).
    `lims` i64[n + 1], `ids` u32[m], `scores` f32[m].
    """

    lims: NDArray[np.int64]
    ids: NDArray[np.uint32]
    scores: NDArray[np.float32]

    def __len__(self) -> int:
        """Count the queries."""
        return len(self.lims) - 1

    def __repr__(self) -> str:
        """Show counts alone: scores would help to recover a hash."""
        return f"<Scored queries={len(self)} rows={len(self.ids)}>"

    def of(self, query: int) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
        """Give the ids and scores of one query, 0 to n - 1, best first. Raises IndexArgumentError for others."""
        _check_query(query, len(self))
        start, end = self.lims[query], self.lims[query + 1]
        return self.ids[start:end], self.scores[start:end]


class Index(Protocol):
    """Rows of 32 bytes, each with an id of its own (u32), that can be searched by distance."""

    def __len__(self) -> int:
        """Count the rows."""
        ...

    def search(self, queries: NDArray[np.uint8], radius: int = DEFAULT_RADIUS, threads: int = 1) -> Found:
        """Find every row at most `radius` bits (0 to 63) from each query.

        `queries` is u8[n, 32], C-contiguous. Raises IndexArgumentError for anything else. Safe to call from many
        threads at once; a search that runs beside a change sees the rows before it or after it, never a mixture.
        """
        ...


class LivingIndex(Index, Protocol):
    """An index that can change while it is searched."""

    def add(self, rows: NDArray[np.uint8], ids: NDArray[np.uint32] | None = None) -> NDArray[np.uint32]:
        """Add rows u8[n, 32] under `ids` u32[n], and return the ids.

        Without ids they are numbered on from the largest id that this object ever held, so it uses none twice; one that
        was opened from a file goes on from the largest id in it, whatever was removed before. Raises DuplicateIdError
        when an id is held already or given twice, IndexArgumentError for wrong arrays or when no ids are left; then
        nothing was added.
        """
        ...

    def remove(self, ids: NDArray[np.uint32]) -> int:
        """Take rows out by id, and return how many were there. Unknown ids are passed over."""
        ...


class WeightedIndex(Index, Protocol):
    """An index that can also be asked with estimates, whose bits are not all equally sure."""

    def search_weighted(
        self, values: NDArray[np.uint8], log_odds: NDArray[np.float32], threshold: float, threads: int = 1
    ) -> Scored:
        """Find every row that fits an estimate with a score of at least `threshold`.

        `values` u8[n, 32] are the estimated hashes, `log_odds` f32[n, 256] how sure each bit is, from 0 (not at all)
        up, in the order of a hash written out (the first bit of byte 0 is its highest). The score of a row is
        sum(w * s) / sqrt(sum(w * w)) over the bits, s being 1 where the row has the estimated bit and -1 where not;
        a stranger's is about normal, with mean 0 and spread 1. Where no bit has any weight nothing is found.
        Raises IndexArgumentError.
        """
        ...


class Engine(Protocol):
    """The native half of an index that is searched by distance."""

    def search(
        self, queries: NDArray[np.uint8], radius: int, threads: int
    ) -> tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.uint8]] | None:
        """Find rows; None is one query that met nothing. Raises TypeError or ValueError for what it cannot take."""
        ...


def search_engine(engine: Engine, queries: NDArray[np.uint8], radius: int, threads: int) -> Found:
    """Search as `Index.search` promises. The engine checks what it gets; only what it refuses is looked at here."""
    try:
        if type(queries) is not np.ndarray:  # the engine would also take other people's arrays
            check_rows(queries)
        answer = engine.search(queries, radius, threads)
    except (TypeError, ValueError):
        answer = engine.search(queries, *check_search(queries, radius, threads))  # a number of NumPy's, or the error
    return NOTHING if answer is None else Found(*answer)


def check_rows(rows: NDArray[np.uint8]) -> None:
    """Refuse with IndexArgumentError what is not a C-contiguous array u8[n, 32]. Read-only ones are welcome."""
    if not isinstance(rows, np.ndarray) or rows.dtype != np.uint8:
        raise IndexArgumentError("Hashes must be given as a NumPy array of dtype uint8.")
    if rows.ndim != 2 or rows.shape[1] != HASH_BYTES:
        raise IndexArgumentError("Hashes must be given as an array of shape (n, 32).")
    if not rows.flags.c_contiguous:
        raise IndexArgumentError("Hashes must lie one after the other in memory; see numpy.ascontiguousarray.")


def check_ids(ids: NDArray[np.uint32], count: int | None = None) -> None:
    """Refuse with IndexArgumentError what is not a C-contiguous array u32[count] (any length when None)."""
    if not isinstance(ids, np.ndarray) or ids.dtype != np.uint32 or not ids.dtype.isnative:
        raise IndexArgumentError("Ids must be given as a NumPy array of dtype uint32.")
    if ids.ndim != 1 or not ids.flags.c_contiguous or not ids.flags.aligned:
        raise IndexArgumentError("Ids must be given as a contiguous array of shape (n,).")
    if count is not None and len(ids) != count:
        raise IndexArgumentError("There must be one id for each row.")


def check_search(queries: NDArray[np.uint8], radius: int, threads: int) -> tuple[int, int]:
    """Check the arguments of a search; give radius and threads as plain ints. Raises IndexArgumentError."""
    check_rows(queries)
    try:
        radius = operator.index(radius)
    except TypeError as error:
        raise IndexArgumentError("Radius and threads must be whole numbers.") from error
    if not 0 <= radius <= MAX_RADIUS:
        raise IndexArgumentError("The radius must be 0 to 63.")
    return radius, check_threads(threads)


def check_threads(threads: int) -> int:
    """Give a number of threads, 1 to 256, as a plain int. Raises IndexArgumentError."""
    try:
        threads = operator.index(threads)
    except TypeError as error:
        raise IndexArgumentError("Radius and threads must be whole numbers.") from error
    if not 1 <= threads <= MAX_THREADS:
        raise IndexArgumentError("The number of threads must be 1 to 256.")
    return threads


def check_weighted(
    values: NDArray[np.uint8], log_odds: NDArray[np.float32], threshold: float, threads: int
) -> tuple[float, int]:
    """Check the arguments of a weighted search; give threshold and threads as plain numbers."""
    check_rows(values)
    if not isinstance(log_odds, np.ndarray) or log_odds.dtype != np.float32 or not log_odds.dtype.isnative:
        raise IndexArgumentError("Log-odds must be given as a NumPy array of dtype float32.")
    fits = log_odds.shape == (len(values), HASH_BITS) and log_odds.flags.c_contiguous and log_odds.flags.aligned
    if not fits:
        raise IndexArgumentError("Log-odds must be given as a contiguous array of shape (n, 256), one row a hash.")
    if not np.isfinite(log_odds).all() or (log_odds < 0).any():
        raise IndexArgumentError("Log-odds must be finite numbers from 0 up.")
    try:
        finite = isinstance(threshold, int | float) and math.isfinite(threshold)
    except OverflowError:  # a whole number beyond what a float can hold
        finite = False
    if not finite:
        raise IndexArgumentError("The threshold must be a finite number.")
    return float(threshold), check_threads(threads)
