"""The oracle: an index so plain that it is obviously right. For tests, and for machines without the engine."""

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from notcontent.errors import DuplicateIdError, IndexArgumentError
from notcontent.matching.estimates import (
    DEFAULT_DEPTH,
    MOST_CANDIDATES,
    Candidates,
    Depth,
    Leads,
    best_of,
    check_estimates,
)
from notcontent.matching.hashes import HASH_BYTES
from notcontent.matching.index import (
    DEFAULT_RADIUS,
    Found,
    Scored,
    check_ids,
    check_rows,
    check_search,
    check_weighted,
)

_ID_LIMIT = 1 << 32
_BLOCK_PAIRS = 1 << 19  # pairs of query and row that are compared at once: 16 MiB of differing words


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class _State:
    """One state of the bank. Replaced as a whole, so that a search never sees half a change."""

    words: NDArray[np.uint64]  # [n, 4]
    ids: NDArray[np.uint32]
    next_id: int


def _words(rows: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Copy u8[n, 32] as u64[n, 4]; which bit is where does not matter to a distance."""
    return np.frombuffer(rows.tobytes(), np.uint64).reshape(-1, HASH_BYTES // 8)


class LinearIndex:
    """A living index that compares every query with every row, in NumPy. See `LivingIndex` for the contract."""

    def __init__(self) -> None:
        """Begin empty."""
        self._state = _State(np.empty((0, HASH_BYTES // 8), np.uint64), np.empty(0, np.uint32), 0)
        self._writing = threading.Lock()

    def __len__(self) -> int:
        """Count the rows."""
        return len(self._state.ids)

    def __repr__(self) -> str:
        """Show the count alone."""
        return f"<LinearIndex rows={len(self)}>"

    def add(self, rows: NDArray[np.uint8], ids: NDArray[np.uint32] | None = None) -> NDArray[np.uint32]:
        """Add rows; see `LivingIndex.add`."""
        check_rows(rows)
        if ids is not None:
            check_ids(ids, len(rows))
        with self._writing:
            now = self._state
            if ids is None:
                if now.next_id + len(rows) > _ID_LIMIT:
                    raise IndexArgumentError("There are no ids left.")
                ids = np.arange(now.next_id, now.next_id + len(rows), dtype=np.uint64).astype(np.uint32)
            if len(np.unique(ids)) < len(ids) or np.isin(ids, now.ids).any():
                raise DuplicateIdError
            next_id = max(now.next_id, int(ids.max()) + 1) if len(ids) else now.next_id
            self._state = _State(np.concatenate([now.words, _words(rows)]), np.concatenate([now.ids, ids]), next_id)
        return ids.copy()

    def remove(self, ids: NDArray[np.uint32]) -> int:
        """Take rows out; see `LivingIndex.remove`."""
        check_ids(ids)
        with self._writing:
            now = self._state
            stays = ~np.isin(now.ids, ids)
            self._state = _State(now.words[stays], now.ids[stays], now.next_id)
        return int(len(stays) - stays.sum())

    def search(self, queries: NDArray[np.uint8], radius: int = DEFAULT_RADIUS, threads: int = 1) -> Found:
        """Find rows; see `Index.search`. `threads` is checked and otherwise without effect."""
        radius, _ = check_search(queries, radius, threads)
        state = self._state
        answers = [self._search_one(state, query, radius) for query in _words(queries)]
        lims = np.cumsum([0, *(len(ids) for ids, _ in answers)], dtype=np.int64)
        ids = np.concatenate([np.empty(0, np.uint32), *(ids for ids, _ in answers)])
        distances = np.concatenate([np.empty(0, np.uint8), *(distances for _, distances in answers)])
        return Found(lims, ids, distances)

    def search_weighted(
        self, values: NDArray[np.uint8], log_odds: NDArray[np.float32], threshold: float, threads: int = 1
    ) -> Scored:
        """Find rows by how well they fit; see `WeightedIndex.search_weighted`."""
        threshold, _ = check_weighted(values, log_odds, threshold, threads)
        state = self._state
        signs = 1.0 - 2.0 * np.unpackbits(state.words.view(np.uint8), axis=1)
        ids, scores = [np.empty(0, np.uint32)], [np.empty(0, np.float32)]
        for value, weights in zip(np.unpackbits(values, axis=1), log_odds.astype(np.float64), strict=True):
            length = np.sqrt((weights * weights).sum())
            of_rows = signs @ (weights * (1.0 - 2.0 * value)) / (length or 1.0)
            fit = np.flatnonzero((of_rows >= threshold) & (length > 0))
            order = fit[np.lexsort((state.ids[fit], -of_rows[fit]))]
            ids.append(state.ids[order])
            scores.append(of_rows[order].astype(np.float32))
        lims = np.cumsum([len(some) for some in ids], dtype=np.int64)
        return Scored(lims, np.concatenate(ids), np.concatenate(scores))

    def search_estimates(
        self,
        values: NDArray[np.uint8],
        log_odds: NDArray[np.float32],
        threshold: float,
        *,
        depth: Depth = DEFAULT_DEPTH,
        leads: Leads | None = None,
        most: int = MOST_CANDIDATES,
        threads: int = 1,
    ) -> Candidates:
        """Find rows that fit some look; see `EstimateIndex.search_estimates`. Scores every row, so it misses none."""
        threshold, _, _, most, threads = check_estimates(values, log_odds, threshold, depth, leads, most, threads)
        return best_of(self.search_weighted(values, log_odds, threshold, threads), most)

    @staticmethod
    def _search_one(
        state: _State, query: NDArray[np.uint64], radius: int
    ) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
        """Give ids and distances of the rows near one query, by (distance, id)."""
        ids, distances = [np.empty(0, np.uint32)], [np.empty(0, np.uint8)]
        for start in range(0, len(state.words), _BLOCK_PAIRS):
            differing = state.words[start : start + _BLOCK_PAIRS] ^ query
            distance = np.bitwise_count(differing).sum(axis=1, dtype=np.uint16)
            near = np.flatnonzero(distance <= radius)
            ids.append(state.ids[start + near])
            distances.append(distance[near].astype(np.uint8))
        all_ids, all_distances = np.concatenate(ids), np.concatenate(distances)
        order = np.lexsort((all_ids, all_distances))
        return all_ids[order], all_distances[order]
