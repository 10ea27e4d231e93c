"""The oracle is held to the contract like any other index."""

import numpy as np
import pytest

from notcontent.matching import LinearIndex, LivingIndex, linear
from notcontent.matching.conformance import LivingIndexConformance
from notcontent.matching.conformance_scenes import check_found, distances_of


class TestLinearIndex(LivingIndexConformance):
    def make_living(self) -> LivingIndex:
        return LinearIndex()


def test_a_bank_larger_than_one_block_of_comparisons_is_answered_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear, "_BLOCK_PAIRS", 100)
    rows = np.random.default_rng(1).integers(0, 256, (1001, 32), dtype=np.uint8)
    ids = np.arange(1001, dtype=np.uint32)
    index = LinearIndex()
    index.add(rows, ids)
    queries = rows[::50].copy()
    check_found(index.search(queries, 63), ids, distances_of(rows, queries), 63, "many blocks")
