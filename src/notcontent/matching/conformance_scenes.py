"""What the shipped contracts ask an index, and what is right: banks, queries, and bits compared one by one.

Nothing here uses an index.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from notcontent.matching.hashes import HASH_BITS, HASH_BYTES
from notcontent.matching.index import Found

Rows = NDArray[np.uint8]
Ids = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Scene:
    """A bank and the queries to ask of it."""

    name: str
    rows: Rows
    ids: Ids
    queries: Rows


def flipped(rng: np.random.Generator, row: Rows, count: int, first: int = 0, last: int = HASH_BITS) -> Rows:
    """Give a row that differs in exactly `count` of the bits `first` to `last`."""
    mask = np.zeros(HASH_BITS, np.uint8)
    mask[rng.choice(np.arange(first, last), count, replace=False)] = 1
    return row ^ np.packbits(mask)


def uniform(rng: np.random.Generator, count: int) -> Rows:
    """Draw so many rows, every bit as likely as not."""
    return rng.integers(0, 256, (count, HASH_BYTES), dtype=np.uint8)


def _clustered(rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Rows at every distance from 0 to 70 of each query, the bits flipped anywhere, or all in one part of the row."""
    queries = uniform(rng, 6)
    rows = [flipped(rng, query, distance) for query in queries for distance in range(71)]
    for first in range(0, HASH_BITS, 64):  # the engine reads words of 64 bits, and some before others
        rows += [flipped(rng, queries[0], distance, first, first + 64) for distance in range(65)]
    rows += [flipped(rng, queries[1], distance, 0, 128) for distance in range(20, 65)]
    rows += [flipped(rng, queries[1], distance, 128, 256) for distance in range(20, 65)]
    return np.stack(rows), queries


def _skewed(rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Rows that agree in their first half, or are nearly all zero or one, as hashes of plain pictures do."""
    rows = uniform(rng, 900)
    rows[:300, :16] = rows[0, :16]
    rows[300:600] &= uniform(rng, 300) & uniform(rng, 300) & uniform(rng, 300)
    rows[600:] |= uniform(rng, 300) | uniform(rng, 300) | uniform(rng, 300)
    extremes = np.array([[0] * HASH_BYTES, [255] * HASH_BYTES], np.uint8)
    return np.concatenate([rows, extremes]), np.concatenate([rows[::100], extremes])


def scenes() -> Iterator[Scene]:
    """Give every bank that the contract names. The numbers of rows straddle blocks of 8 and chunks of 2,048."""
    rng = np.random.default_rng(20)
    many = uniform(rng, 4099)
    near = np.stack([flipped(rng, many[row], row % 65) for row in range(0, 4099, 101)])
    clustered, clustered_queries = _clustered(rng)
    duplicate = np.repeat(uniform(rng, 3), 701, axis=0)
    skewed, skewed_queries = _skewed(rng)
    zero = np.zeros((1, HASH_BYTES), np.uint8)  # what padding looks like
    parts = [
        ("empty", many[:0], near[:5]),
        ("one row", many[:1], np.concatenate([many[:2], zero])),
        ("seven rows", many[:7], np.concatenate([many[:8], zero])),
        ("uniform", many, np.concatenate([near, zero])),
        ("clustered", clustered, clustered_queries),
        ("duplicate", duplicate, duplicate[[0, 701, 1402]]),
        ("skewed", skewed, skewed_queries),
    ]
    for name, rows, queries in parts:
        ids = rng.choice(np.iinfo(np.uint32).max, len(rows), replace=False).astype(np.uint32)
        yield Scene(name, rows, ids, queries)


def distances_of(rows: Rows, queries: Rows) -> NDArray[np.int64]:
    """Compare bit with bit: i64[queries, rows]."""
    row_bits = np.unpackbits(rows, axis=1).astype(np.float32)
    query_bits = np.unpackbits(queries, axis=1).astype(np.float32)
    differing = query_bits @ (1 - row_bits).T + (1 - query_bits) @ row_bits.T
    return differing.astype(np.int64)


def check_found(found: Found, ids: Ids, distances: NDArray[np.int64], radius: int, where: str) -> None:
    """Raise AssertionError unless `found` is exactly right, in order, and of the documented types."""
    types = tuple(array.dtype.name for array in (found.lims, found.ids, found.distances))
    require(types == ("int64", "uint32", "uint8"), f"{where}: wrong types")
    require(len(found) == len(distances), f"{where}: wrong number of queries")
    for query, of_query in enumerate(distances):
        near = np.flatnonzero(of_query <= radius)
        order = near[np.lexsort((ids[near], of_query[near]))]
        got_ids, got_distances = found.of(query)
        right = np.array_equal(got_ids, ids[order]) and np.array_equal(got_distances, of_query[order])
        require(right, f"{where}: query {query} at radius {radius} is not answered exactly")


def require(condition: bool, otherwise: str) -> None:
    """Raise AssertionError unless the condition holds; for contracts that are shipped, where `assert` may be off."""
    if not condition:
        raise AssertionError(otherwise)


def refuses(error: type[Exception], call: Callable[[], object], what: str) -> None:
    """Raise AssertionError unless `call` raises `error`."""
    try:
        call()
    except error:
        return
    raise AssertionError(f"{what} was not refused")


def unfit_rows() -> Iterator[tuple[str, Rows]]:
    """Give arrays that are not u8[n, 32] in one piece."""
    rows = np.zeros((6, HASH_BYTES), np.uint8)
    yield "a row of 31 bytes", rows[:, :31].copy()
    yield "one dimension", rows[0]
    yield "three dimensions", rows.reshape(2, 3, HASH_BYTES)
    yield "signed bytes", cast("Rows", rows.astype(np.int8))
    yield "64-bit words", cast("Rows", np.zeros((6, HASH_BYTES), np.uint64))
    yield "every second row", rows[::2]
    yield "columns first", np.asfortranarray(rows)
    yield "backwards", rows[:, ::-1]
    yield "a list", cast("Rows", rows.tolist())
    yield "nothing", cast("Rows", None)
