"""The contract of `WeightedIndex` as tests; see conformance.py for how they are used."""

from abc import abstractmethod
from typing import cast

import numpy as np
from numpy.typing import NDArray

from notcontent.errors import IndexArgumentError
from notcontent.matching.conformance_scenes import Ids, Rows, require
from notcontent.matching.hashes import HASH_BITS, HASH_BYTES
from notcontent.matching.index import WeightedIndex

Weights = NDArray[np.float32]
_NEAR = 1e-3  # more than rounding to single precision can make of a score


def scores_of(rows: Rows, value: Rows, weights: Weights) -> NDArray[np.float64]:
    """Score every row for one estimate, in double precision, bit by bit."""
    agreement = np.where(np.unpackbits(rows, axis=1) == np.unpackbits(value), 1.0, -1.0)
    wide = weights.astype(np.float64)
    return cast("NDArray[np.float64]", agreement @ wide / np.sqrt((wide * wide).sum()))


class WeightedIndexConformance:
    """What every index that takes estimates must do. Say how to make one that holds the given rows."""

    @abstractmethod
    def make_weighted(self, rows: Rows, ids: Ids) -> WeightedIndex:
        """Make the index under test, holding these rows under these ids."""

    def test_rows_that_fit_well_enough_are_found_with_their_scores(self) -> None:
        """All of them, best first; only within rounding of the threshold may it go either way."""
        rng = np.random.default_rng(40)
        rows = rng.integers(0, 256, (3000, HASH_BYTES), dtype=np.uint8)
        ids = rng.permutation(10_000)[:3000].astype(np.uint32)
        values = np.concatenate([rows[:4], rng.integers(0, 256, (3, HASH_BYTES), dtype=np.uint8)])
        weights = (rng.exponential(1.5, (7, HASH_BITS)) * (rng.random((7, HASH_BITS)) < 0.7)).astype(np.float32)
        weights[1, 8:] = 0  # one byte is all that is known
        index = self.make_weighted(rows, ids)
        for threshold in (-30.0, 0.0, 2.5, 8.0):
            scored = index.search_weighted(values, weights, threshold)
            require(len(scored) == 7, "wrong number of queries")
            for query in range(7):
                right = scores_of(rows, values[query], weights[query])
                got_ids, got_scores = scored.of(query)
                require(bool((np.diff(got_scores) <= 0).all()), "not best first")
                surely, perhaps = set(ids[right >= threshold + _NEAR]), set(ids[right >= threshold - _NEAR])
                require(surely <= set(got_ids) <= perhaps, f"threshold {threshold} is not answered exactly")
                place = {int(number): row for row, number in enumerate(ids)}
                of_found = right[[place[int(number)] for number in got_ids]]
                require(np.abs(of_found - got_scores).max(initial=0) < _NEAR, "a wrong score")

    def test_equal_scores_come_by_id_and_no_weight_finds_nothing(self) -> None:
        """Also below zero: where nothing is known, no row fits."""
        rows = np.zeros((5, HASH_BYTES), np.uint8)
        index = self.make_weighted(rows, np.array([9, 3, 7, 1, 5], np.uint32))
        ones = np.ones((1, HASH_BITS), np.float32)
        scored = index.search_weighted(rows[:1], ones, 15.0)
        require(scored.ids.tolist() == [1, 3, 5, 7, 9], "equal scores are not in the order of ids")
        require(np.allclose(scored.scores, 16.0), "a wrong score")
        require(not len(index.search_weighted(rows[:1], 0 * ones, -100.0).ids), "nothing known, yet something fits")

    def test_unfit_estimates_are_refused(self) -> None:
        """Each with IndexArgumentError."""
        index = self.make_weighted(np.zeros((5, HASH_BYTES), np.uint8), np.arange(5, dtype=np.uint32))
        value, ones = np.zeros((2, HASH_BYTES), np.uint8), np.ones((2, HASH_BITS), np.float32)
        wrong = [np.full_like(ones, bad) for bad in (np.nan, np.inf, -1.0)]
        wrong += [cast("Weights", ones.astype(np.float64)), ones[:1], ones[:, :255], ones[:, ::-1], ones[0]]
        for weights in wrong:
            _refused(index, value, weights, 1.0, 1)
        for threshold in (float("nan"), float("inf"), cast("float", "1")):
            _refused(index, value, ones, threshold, 1)
        _refused(index, value[:, :31], ones, 1.0, 1)
        _refused(index, value, ones, 1.0, 0)
        require(len(index.search_weighted(value, ones, 1.0).ids) == 10, "the index was disturbed")

    def test_a_repr_shows_no_hash_and_no_score(self) -> None:
        """Counts alone."""
        rows = np.full((3, HASH_BYTES), 0xA7, np.uint8)
        index = self.make_weighted(rows, np.array([1, 2, 3], np.uint32))
        text = repr(index.search_weighted(rows, np.ones((3, HASH_BITS), np.float32), 1.0))
        require("a7" not in text.lower() and "16" not in text and "array" not in text, "a repr shows data")


def _refused(index: WeightedIndex, values: Rows, weights: Weights, threshold: float, threads: int) -> None:
    try:
        index.search_weighted(values, weights, threshold, threads)
    except IndexArgumentError:
        return
    raise AssertionError("an unfit estimate was not refused")
