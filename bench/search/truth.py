"""What is right: the exact answer by brute force, and how an engine's answer compares with it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.search.data import RADIUS, Rows, Scene, read_rows
from notcontent.matching import BruteIndex, Found

CHECKED_IN_NUMPY = 6
"""So many queries are also answered bit by bit in NumPy, without any engine."""

Answer = tuple[NDArray[np.int64], NDArray[np.int64]]
"""`lims` i64[n + 1] and row numbers i64[m]: those of query q at lims[q] up to lims[q + 1], in any order."""


@dataclass(frozen=True, slots=True)
class Score:
    """How many of the right pairs (query, row) were found, and how many wrong ones."""

    pairs: int = 0
    pairs_found: int = 0
    planted: int = 0
    planted_found: int = 0
    wrong: int = 0

    def __add__(self, other: "Score") -> "Score":
        """Add the counts of different queries."""
        return Score(
            self.pairs + other.pairs,
            self.pairs_found + other.pairs_found,
            self.planted + other.planted,
            self.planted_found + other.planted_found,
            self.wrong + other.wrong,
        )

    @property
    def perfect(self) -> bool:
        """Say whether every right pair was found and no other."""
        return self.pairs_found == self.pairs and self.wrong == 0


@dataclass(frozen=True, slots=True)
class Truth:
    """The queries of a scene and every row within the radius of each."""

    queries: Rows
    planted: NDArray[np.int64]
    found: Found

    def score(self, first: int, answer: Answer) -> Score:
        """Compare the answers to the queries from `first` on."""
        lims, numbers = answer
        count = len(lims) - 1
        start, end = self.found.lims[first], self.found.lims[first + count]
        right = _pairs(self.found.lims[first : first + count + 1] - start, self.found.ids[start:end])
        given = np.unique(_pairs(lims, numbers))
        wanted = self.planted[first : first + count]
        asked = np.flatnonzero(wanted >= 0)
        sought = (asked << 32) | wanted[asked]
        hits = int(np.isin(given, right).sum())
        return Score(len(right), hits, len(sought), int(np.isin(sought, given).sum()), len(given) - hits)

    def equals(self, first: int, found: Found) -> bool:
        """Say whether rows, distances and their order are right to the last one."""
        start, end = self.found.lims[first], self.found.lims[first + len(found)]
        return (
            np.array_equal(found.lims, self.found.lims[first : first + len(found) + 1] - start)
            and np.array_equal(found.ids, self.found.ids[start:end])
            and np.array_equal(found.distances, self.found.distances[start:end])
        )


def _pairs(lims: NDArray[np.int64], numbers: NDArray[np.int64] | NDArray[np.uint32]) -> NDArray[np.int64]:
    """Write each pair (query, row) as one number."""
    return (np.repeat(np.arange(len(lims) - 1), np.diff(lims)) << 32) | numbers.astype(np.int64)


def write_truth(scene: Scene, threads: int) -> Truth:
    """Answer every query by brute force and check it. Raises SystemExit when the brute force itself is wrong."""
    rows, asked = read_rows(scene), np.load(scene.queries_file)
    queries, planted, distance = asked["queries"], asked["planted"], asked["distance"]
    index = BruteIndex()
    index.add(rows)
    found = index.search(queries, RADIUS, threads)
    for query in np.flatnonzero(planted >= 0).tolist():
        ids, distances = found.of(query)
        if distances[ids == planted[query]].tolist() != [distance[query]]:
            raise SystemExit("brute force missed a planted row")
    for query in range(CHECKED_IN_NUMPY):
        _check(found, query, _distances(rows, queries[query]))
    np.savez(scene.truth_file, lims=found.lims, ids=found.ids, distances=found.distances)
    return Truth(queries, planted, found)


def read_truth(scene: Scene) -> Truth:
    asked, known = np.load(scene.queries_file), np.load(scene.truth_file)
    return Truth(asked["queries"], asked["planted"], Found(known["lims"], known["ids"], known["distances"]))


def _distances(rows: Rows, query: Rows) -> NDArray[np.uint16]:
    """Count the differing bits of every row: u16[rows]."""
    words, wanted = rows.view(np.uint64), query.view(np.uint64)
    total = np.zeros(len(rows), np.uint16)
    for word in range(words.shape[1]):
        total += np.bitwise_count(words[:, word] ^ wanted[word])
    return total


def _check(found: Found, query: int, distances: NDArray[np.uint16]) -> None:
    near = np.flatnonzero(distances <= RADIUS)
    order = near[np.lexsort((near, distances[near]))]
    ids, given = found.of(query)
    if not (np.array_equal(ids, order) and np.array_equal(given, distances[order])):
        raise SystemExit("brute force and NumPy disagree")
