"""The contract of `EstimateIndex` as tests; see conformance.py for how they are used."""

from abc import abstractmethod
from typing import cast

import numpy as np
from numpy.typing import NDArray

from notcontent.errors import IndexArgumentError
from notcontent.matching.conformance_scenes import Ids, Rows, require
from notcontent.matching.conformance_weighted import Weights, scores_of
from notcontent.matching.estimates import DEFAULT_DEPTH, Candidates, Depth, EstimateIndex, Leads
from notcontent.matching.hashes import HASH_BITS, HASH_BYTES

_NEAR = 1e-3  # more than rounding to single precision can make of a score


def estimates_of(
    row: NDArray[np.uint8], looks: int, sureness: float, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], Weights]:
    """Make looks at one row: values u8[looks, 32] and log-odds, each bit as often wrong as its log-odds say.

    The looks are alike, as those of one upload are: half of each bit's doubt is common to all of them.
    """
    common = rng.normal(0, 1, (1, HASH_BITS))
    own = rng.normal(0, 1, (looks, HASH_BITS))
    noise = np.sqrt(0.5) * (common + own)
    # With unit noise about +-s, the log-odds of a bit's sign are 2 s times what is seen.
    strength = sureness * rng.gamma(2.0, 0.5, (1, HASH_BITS))
    seen = np.where(np.unpackbits(row), strength, -strength) + noise
    return np.packbits(seen > 0, axis=1), np.abs(2 * strength * seen).astype(np.float32)


class EstimateIndexConformance:
    """What every index that takes an upload's estimates must do. Say how to make one that holds the given rows."""

    @abstractmethod
    def make_estimating(self, rows: Rows, ids: Ids) -> EstimateIndex:
        """Make the index under test, holding these rows under these ids."""

    def test_what_is_given_fits_and_has_its_best_score(self) -> None:
        """Nothing else, each row once, best first, with the look that gave its score."""
        rng = np.random.default_rng(41)
        rows = rng.integers(0, 256, (3000, HASH_BYTES), dtype=np.uint8)
        ids = rng.permutation(10_000)[:3000].astype(np.uint32)
        index = self.make_estimating(rows, ids)
        values, weights = estimates_of(rows[17], 9, 0.7, rng)
        right = np.stack([scores_of(rows, value, each) for value, each in zip(values, weights, strict=True)])
        place = {int(number): row for row, number in enumerate(ids)}
        for threshold in (2.0, 3.0, 6.0):
            given = index.search_estimates(values, weights, threshold, most=5000)
            at = np.array([place[int(number)] for number in given.ids], np.int64)
            require(int(ids[17]) in given.ids, "the row that the looks are of is missing")
            require(len(set(given.ids.tolist())) == len(given) and given.left_out == 0, "a row is given twice")
            require(bool((given.scores >= threshold).all()), "a row does not fit")
            require(bool((np.diff(given.scores) <= 0).all()), "not best first")
            require(bool((np.abs(right[:, at].max(axis=0) - given.scores) < _NEAR).all()), "not the best score")
            require(bool((np.abs(right[given.looks, at] - given.scores) < _NEAR).all()), "not the look of the score")

    def test_what_leading_looks_find_is_scored_for_all(self) -> None:
        """The answer may lack rows that no leading look comes near; what it has is that of all looks."""
        rng = np.random.default_rng(43)
        rows = rng.integers(0, 256, (3000, HASH_BYTES), dtype=np.uint8)
        index = self.make_estimating(rows, np.arange(3000, dtype=np.uint32))
        values, weights = estimates_of(rows[17], 9, 0.7, rng)
        whole = index.search_estimates(values, weights, 3.0, most=5000)
        right = dict(
            zip(whole.ids.tolist(), zip(whole.scores.tolist(), whole.looks.tolist(), strict=True), strict=True)
        )
        for looks in ([4], [0, 8], [8, 2, 2], []):
            leads = Leads(np.array(looks, np.uint32), 2.0)
            given = index.search_estimates(values, weights, 3.0, leads=leads, most=5000)
            met = zip(given.ids.tolist(), zip(given.scores.tolist(), given.looks.tolist(), strict=True), strict=True)
            require(all(right[number] == told for number, told in met), "not what all looks say of a row")
            require(not looks or 17 in given.ids, "the row that the leading look is of is missing")

    def test_an_answer_is_capped_at_the_best(self) -> None:
        """And says how many were left out; equal scores come by id."""
        rows = np.zeros((7, HASH_BYTES), np.uint8)
        rows[3, 0] = 1
        index = self.make_estimating(rows, np.array([9, 3, 7, 1, 5, 11, 2], np.uint32))
        ones = np.ones((2, HASH_BITS), np.float32)
        given = index.search_estimates(rows[:2], ones, 15.0, most=4)
        require(given.ids.tolist() == [2, 3, 5, 7] and given.left_out == 3, "not the best, or not counted")
        require(given.looks.tolist() == [0, 0, 0, 0], "of equal looks not the first")
        whole = index.search_estimates(rows[:2], ones, 15.0)
        require(whole.ids.tolist() == [2, 3, 5, 7, 9, 11, 1] and whole.left_out == 0, "not all that fit")
        nothing = index.search_estimates(rows[:2], 0 * ones, -100.0)
        require(not len(nothing), "nothing known, yet something fits")
        require(not len(index.search_estimates(rows[:0], ones[:0], 1.0)), "no look, yet something fits")

    def test_unfit_looks_are_refused(self) -> None:
        """Each with IndexArgumentError."""
        index = self.make_estimating(np.zeros((5, HASH_BYTES), np.uint8), np.arange(5, dtype=np.uint32))
        value, ones = np.zeros((2, HASH_BYTES), np.uint8), np.ones((2, HASH_BITS), np.float32)
        wrong = [np.full_like(ones, bad) for bad in (np.nan, np.inf, -1.0)]
        wrong += [cast("Weights", ones.astype(np.float64)), ones[:1], ones[:, :255], ones[:, ::-1], ones[0]]
        for weights in wrong:
            _refused(index, value, weights)
        _refused(index, value[:, :31], ones)
        for threshold in (float("nan"), float("inf"), cast("float", "1")):
            _refused(index, value, ones, threshold=threshold)
        _refused(index, value, ones, threads=0)
        for most in (0, -1, 1 << 32, cast("int", 1.5)):
            _refused(index, value, ones, most=most)
        unfit = [Depth(-1), Depth(13), Depth(7, 6), Depth(6, 25), Depth(float("nan")), Depth(6, float("inf"))]
        for depth in [*unfit, Depth(cast("float", "6.5")), Depth(cast("float", None)), cast("Depth", 6.5)]:
            _refused(index, value, ones, depth=depth)
        leading = [np.array([2], np.uint32), np.array([-1]), np.zeros((1, 1), np.uint32), cast("Ids", [0])]
        hints = (1.1, float("nan"), -float("inf"), -(10**400), cast("float", "1"))
        _refused(index, value, ones, leads=cast("Leads", 5))
        leading.append(np.zeros(3, np.uint32))
        for leads in [
            *(Leads(looks, 1.0) for looks in leading),
            *(Leads(np.arange(2, dtype=np.uint32), h) for h in hints),
        ]:
            _refused(index, value, ones, leads=leads)
        many = np.zeros(((1 << 16) + 1, HASH_BYTES), np.uint8)
        _refused(index, many, np.zeros((len(many), HASH_BITS), np.float32))
        require(len(index.search_estimates(value, ones, 1.0).ids) == 5, "the index was disturbed")

    def test_a_repr_of_candidates_shows_no_hash_and_no_score(self) -> None:
        """Counts alone."""
        rows = np.full((3, HASH_BYTES), 0xA7, np.uint8)
        index = self.make_estimating(rows, np.array([1, 2, 3], np.uint32))
        text = repr(index.search_estimates(rows, np.ones((3, HASH_BITS), np.float32), 1.0))
        require("a7" not in text.lower() and "16" not in text and "array" not in text, "a repr shows data")


def _refused(
    index: EstimateIndex,
    values: Rows,
    weights: Weights,
    *,
    threshold: float = 1.0,
    depth: Depth = DEFAULT_DEPTH,
    leads: Leads | None = None,
    most: int = 10,
    threads: int = 1,
) -> None:
    try:
        index.search_estimates(values, weights, threshold, depth=depth, leads=leads, most=most, threads=threads)
    except IndexArgumentError:
        return
    raise AssertionError("unfit looks were not refused")


def recall_of(given: Candidates, right: Candidates) -> float:
    """Tell which share of the right rows was given; 1 when there were none."""
    return float(np.isin(right.ids, given.ids).mean()) if len(right) else 1.0
