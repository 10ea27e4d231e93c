"""Hashes -> clusters: which pictures are one picture.

Every cluster has a leader, and its members lie within the radius of it. Joining all that is near to anything in the
cluster would be simpler, and would glue a whole bank together: near is not transitive, and in a crowd of a million
there is a way from any hash to any other. Leaders are the values that occur most, which are those that edits were made
from. So a cluster holds an original with its edits, and at worst two edits without their original stay apart.

Both steps are bulk joins of `scan/join`: a batch of values is searched against the leaders so far, and those that found
none are joined among themselves. All values joined with each other at once would be simpler again, and a crowd of a
hundred thousand copies has five thousand million pairs; leaders have none. One machine does ten million this way, so
no cluster of machines is asked.
"""

import os

import numpy as np
from numpy.typing import NDArray

from notcontent.matching import DEFAULT_RADIUS, MihIndex
from notcontent.scan.join import Nearest, nearest, self_join

LEAST_QUALITY = 50
"""Hashes of flatter pictures say too little."""
_SMALLEST, _LARGEST = 1 << 10, 1 << 16
_PAIRS_EACH = 16
"""Where a batch has more pairs than so many a row, the next one is smaller: memory goes with the pairs of a batch."""

_THREADS = min(4, os.cpu_count() or 1)


def cluster_hashes(values: NDArray[np.uint8], qualities: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Give each hash's cluster, i64[n], from `values` u8[n, 32] and `qualities` u8[n]; -1: a quality below 50.

    Clusters are numbered from 0, those of the most repeated values first. The order of the rows changes nothing.
    """
    clusters = np.full(len(values), -1, np.int64)
    good = np.flatnonzero(qualities >= LEAST_QUALITY)
    if len(good):
        distinct, which = _distinct(np.ascontiguousarray(values[good]))
        clusters[good] = _Leading(distinct).clusters()[which]
    return clusters


def _distinct(values: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Give different values, the most repeated first, and of each row which one it is."""
    words = values.view(">u8").astype(np.uint64)
    order = np.lexsort(words.T[::-1])
    ordered = words[order]
    fresh = np.ones(len(values), bool)
    fresh[1:] = (ordered[1:] != ordered[:-1]).any(1)
    begin = np.flatnonzero(fresh)
    repeats = np.diff(np.append(begin, len(values)))
    rank = np.argsort(-repeats, kind="stable")
    place = np.empty(len(rank), np.int64)
    place[rank] = np.arange(len(rank))
    which = np.empty(len(values), np.int64)
    which[order] = place[np.cumsum(fresh) - 1]
    return values[order[begin[rank]]], which


class _Leading:
    """Gives each value the nearest leader within the radius, and makes those leaders that have none, in their order.

    Who leads does not depend on the batches. Whom a value follows is the nearest of those that led before its batch, or
    in it.
    """

    def __init__(self, values: NDArray[np.uint8]) -> None:
        self._values = values
        self._cluster = np.full(len(values), -1, np.int64)
        self._leaders = MihIndex(background=False)
        self._count = 0

    def clusters(self) -> NDArray[np.int64]:
        """Go through all values once, in batches that grow where values are far apart and shrink in crowds."""
        start, size = 0, _SMALLEST
        while start < len(self._values):
            batch = np.arange(start, min(start + size, len(self._values)))
            start += len(batch)
            lost = self._follow(batch)
            pairs = self._lead(lost)
            size = min(2 * size, _LARGEST) if pairs <= _PAIRS_EACH * len(lost) else max(size // 2, _SMALLEST)
        return self._cluster

    def _follow(self, batch: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give a batch its leaders, and return those that have none."""
        found: Nearest = nearest(self._values[batch], self._leaders, threads=_THREADS)
        near = found.counts > 0
        self._cluster[batch[near]] = found.ids[near]
        return batch[~near]

    def _lead(self, lost: NDArray[np.int64]) -> int:
        """Make leaders among those without one, so that each is one or follows one; say how many pairs there were."""
        if not len(lost):
            return 0
        rows = self._values[lost]
        found = self_join(rows, DEFAULT_RADIUS, threads=_THREADS)
        parts = [(pairs.left, pairs.right.astype(np.int64)) for pairs in found]
        earlier, later = (np.concatenate(column) for column in zip(*parts, strict=True))
        led = _led(len(lost), earlier, later)
        fresh = np.arange(self._count, self._count + int(led.sum()), dtype=np.uint32)
        self._leaders.add(rows[led], fresh)
        self._leaders.merge(_THREADS)
        self._count += len(fresh)
        self._cluster[lost[led]] = fresh
        self._follow(lost[~led])
        return len(earlier)


def _led(count: int, earlier: NDArray[np.int64], later: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Pick leaders greedily: a row leads unless an earlier row near it leads. Pairs are (earlier, later) places."""
    open_, leads = np.ones(count, bool), np.zeros(count, bool)
    while open_.any():
        held = np.zeros(count, bool)
        held[later[open_[earlier]]] = True  # an earlier neighbour is still undecided
        fresh = open_ & ~held
        leads |= fresh
        open_ &= ~fresh
        open_[later[fresh[earlier]]] = False
        live = open_[earlier] | open_[later]
        earlier, later = earlier[live], later[live]
    return leads
