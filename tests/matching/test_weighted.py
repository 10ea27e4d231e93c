"""Scoring every row for estimates: tables and piles, each instruction set, weights of every shape, as bit by bit."""

import numpy as np
import pytest
from numpy.typing import NDArray

from notcontent.matching import MihIndex, instruction_sets
from notcontent.matching.conformance_weighted import scores_of
from notcontent.matching.hashes import HASH_BITS, HASH_BYTES

ROUNDING = 1e-3
IN_TABLE, IN_PILE = 32_899, 131  # neither is a whole number of 64, so that the last tile is not full

Weights = NDArray[np.float32]


def weights_of(shape: str, rng: np.random.Generator) -> Weights:
    """One estimate's weights: equal, spread, few, one far above the others, or within a hair of none."""
    weights = {
        "equal": np.ones(HASH_BITS),
        "spread": np.abs(rng.normal(0, 1.5, HASH_BITS)),
        "few": rng.exponential(1.5, HASH_BITS) * (rng.random(HASH_BITS) < 0.1),
        "one far above": np.where(np.arange(HASH_BITS) == 77, 1e6, rng.random(HASH_BITS)),
        "tiny": np.full(HASH_BITS, 1e-30),
    }
    return weights[shape].astype(np.float32)


@pytest.fixture(scope="module", params=instruction_sets())
def bank(request: pytest.FixtureRequest) -> tuple[MihIndex, NDArray[np.uint8], NDArray[np.uint32]]:
    """An index of a table and a pile, some rows of each removed, and the rows that are left with their ids."""
    rng = np.random.default_rng(50)
    rows = rng.integers(0, 256, (IN_TABLE + IN_PILE, HASH_BYTES), dtype=np.uint8)
    ids = np.sort(rng.permutation(1 << 20)[: len(rows)]).astype(np.uint32)
    index = MihIndex.build(rows[:IN_TABLE], ids[:IN_TABLE], instruction_set=request.param)
    index.add(rows[IN_TABLE:], ids[IN_TABLE:])
    left = rng.random(len(rows)) < 0.9
    assert index.remove(ids[~left]) == int((~left).sum())
    return index, rows[left], ids[left]


@pytest.mark.parametrize("shape", ["equal", "spread", "few", "one far above", "tiny"])
def test_exactly_the_rows_that_fit_are_found(
    bank: tuple[MihIndex, NDArray[np.uint8], NDArray[np.uint32]], shape: str
) -> None:
    """At thresholds that all, many, few and no rows reach; only within rounding may it go either way."""
    index, rows, ids = bank
    rng = np.random.default_rng(51)
    values = np.concatenate([rows[[5, -1]], rng.integers(0, 256, (1, HASH_BYTES), dtype=np.uint8)])
    values[0, ::3] ^= 0x11
    weights = np.stack([weights_of(shape, rng) for _ in values])
    right = [scores_of(rows, value, each) for value, each in zip(values, weights, strict=True)]
    for threshold, threads in ((-40.0, 1), (1.5, 3), (4.0, 1), (15.9, 3)):
        scored = index.search_weighted(values, weights, threshold, threads)
        for query, of_rows in enumerate(right):
            found, scores = scored.of(query)
            surely, perhaps = ids[of_rows >= threshold + ROUNDING], ids[of_rows >= threshold - ROUNDING]
            assert set(surely.tolist()) <= set(found.tolist()) <= set(perhaps.tolist())
            assert len(found) == len(set(found.tolist()))
            assert np.abs(of_rows[np.searchsorted(ids, found)] - scores).max(initial=0) < ROUNDING


def test_all_instruction_sets_give_the_same_scores() -> None:
    """To the last bit: a rough score only decides which rows are scored exactly."""
    rng = np.random.default_rng(52)
    rows = rng.integers(0, 256, (32_900, HASH_BYTES), dtype=np.uint8)
    weights = np.stack([weights_of("spread", rng) for _ in range(9)])
    answers = [
        MihIndex.build(rows, instruction_set=name).search_weighted(rows[:9], weights, 2.0)
        for name in instruction_sets()
    ]
    for answer in answers[1:]:
        assert np.array_equal(answer.lims, answers[0].lims)
        assert np.array_equal(answer.ids, answers[0].ids)
        assert np.array_equal(answer.scores, answers[0].scores)
