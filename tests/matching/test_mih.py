"""The index for banks of any size: held to the contract as a pile, as a table, and as tables beside a pile."""

import copy
import pickle
import threading
import time
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from notcontent.errors import DuplicateIdError, IndexArgumentError
from notcontent.matching import (
    BruteIndex,
    EstimateIndex,
    Found,
    Index,
    LivingIndex,
    MihIndex,
    _engine,
    instruction_sets,
)
from notcontent.matching.conformance import IndexConformance, LivingIndexConformance
from notcontent.matching.conformance_estimates import EstimateIndexConformance
from notcontent.matching.conformance_scenes import Ids, Rows, flipped
from notcontent.matching.conformance_weighted import WeightedIndexConformance
from notcontent.matching.index import check_weighted
from notcontent.matching.linear import LinearIndex

MANY = 170_000  # rows from which every radius goes through the tables


@pytest.fixture(params=instruction_sets())
def instruction_set(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Forced:
    @pytest.fixture(autouse=True)
    def _forced(self, instruction_set: str) -> None:
        self.instruction_set = instruction_set


class TestMihIndexAsAPile(Forced, LivingIndexConformance, WeightedIndexConformance, EstimateIndexConformance):
    def make_living(self) -> LivingIndex:
        return MihIndex(instruction_set=self.instruction_set)

    def make_estimating(self, rows: Rows, ids: Ids) -> EstimateIndex:
        return self.make_weighted(rows, ids)

    def make_weighted(self, rows: Rows, ids: Ids) -> MihIndex:
        index = MihIndex(instruction_set=self.instruction_set)
        index.add(rows, ids)
        return index


class TestMihIndexAsATable(Forced, IndexConformance, WeightedIndexConformance, EstimateIndexConformance):
    def make_index(self, rows: Rows, ids: Ids) -> Index:
        return self.make_weighted(rows, ids)

    def make_estimating(self, rows: Rows, ids: Ids) -> EstimateIndex:
        return self.make_weighted(rows, ids)

    def make_weighted(self, rows: Rows, ids: Ids) -> MihIndex:
        index = MihIndex(instruction_set=self.instruction_set)
        index.add(rows, ids)
        index.merge()
        return index


class TestMihIndexOfTablesAndAPile(IndexConformance, WeightedIndexConformance, EstimateIndexConformance):
    """A table of which rows left, some of which came back, and a pile that holds the rest."""

    def make_index(self, rows: Rows, ids: Ids) -> Index:
        return self.make_weighted(rows, ids)

    def make_estimating(self, rows: Rows, ids: Ids) -> EstimateIndex:
        return self.make_weighted(rows, ids)

    def make_weighted(self, rows: Rows, ids: Ids) -> MihIndex:
        index = MihIndex(background=False)
        half = len(rows) // 2
        others = np.setdiff1d(np.arange(200, dtype=np.uint32), ids)
        index.add(rows[:half], ids[:half])
        index.add(
            np.invert(np.repeat(rows[:1], len(others), axis=0)) if half else rows[:0], others if half else others[:0]
        )
        index.merge()
        index.remove(others)
        index.remove(ids[: half // 2].copy())
        index.add(rows[: half // 2], ids[: half // 2])
        index.add(rows[half:], ids[half:])
        return index


class TestEveryLivingRuleOverTables(LivingIndexConformance):
    """Adds, removes and searches while every change is followed by a merge."""

    def make_living(self) -> LivingIndex:
        return _Merging()


class _Merging(MihIndex):
    def add(self, rows: Rows, ids: Ids | None = None) -> Ids:
        held = super().add(rows, ids)
        self.merge()
        return held


class TestLinearIndexWithWeights(WeightedIndexConformance):
    def make_weighted(self, rows: Rows, ids: Ids) -> LinearIndex:
        index = LinearIndex()
        index.add(rows, ids)
        return index


def _same(found: Found, right: Found) -> bool:
    return all(np.array_equal(getattr(found, each), getattr(right, each)) for each in ("lims", "ids", "distances"))


def _large_bank() -> tuple[Rows, Rows]:
    """Uniform rows, one row four thousand times, and three clusters; queries at every distance from some of them."""
    rng = np.random.default_rng(50)
    rows = rng.integers(0, 256, (MANY, 32), dtype=np.uint8)
    rows[5000:9000] = rows[5000]
    for start in (20_000, 60_000, 100_000):
        rows[start : start + 2000] = [flipped(rng, rows[start], int(d)) for d in rng.integers(0, 40, 2000)]
    rows[120_000:150_000, 4:12] = rows[120_000, 4:12]  # share several chunks, not more
    sources = [*range(64), *rng.choice([5000, 20_000, 60_000, 100_500, 120_000], 36)]
    queries = np.stack([flipped(rng, rows[row], n % 64) for n, row in enumerate(sources)])
    return rows, queries


@pytest.fixture(scope="module")
def large() -> tuple[Rows, Rows, dict[int, Found]]:
    rows, queries = _large_bank()
    brute = BruteIndex()
    brute.add(rows)
    return rows, queries, {radius: brute.search(queries, radius, 2) for radius in range(64)}


def test_a_large_bank_is_answered_exactly_at_every_radius(
    large: tuple[Rows, Rows, dict[int, Found]], instruction_set: str
) -> None:
    rows, queries, right = large
    index = MihIndex.build(rows, threads=2, instruction_set=instruction_set)
    for radius, answer in right.items():
        assert _same(index.search(queries, radius, 2), answer), f"radius {radius}"
        one = index.search(queries[70:71], radius)
        assert np.array_equal(one.ids, answer.of(70)[0]), f"radius {radius}, alone"


def test_large_batches_are_answered_exactly(large: tuple[Rows, Rows, dict[int, Found]], instruction_set: str) -> None:
    rows, queries, _ = large
    rng = np.random.default_rng(51)
    batch = np.concatenate([queries, np.stack([flipped(rng, rows[n * 7], n % 45) for n in range(900)])])
    index, brute = MihIndex.build(rows, instruction_set=instruction_set), BruteIndex()
    brute.add(rows)
    for radius in (0, 7, 31, 34, 50):
        right = brute.search(batch, radius, 2)
        assert _same(index.search(batch, radius), right), f"radius {radius}"
        assert _same(index.search(batch, radius, threads=3), right), f"radius {radius}, three threads"


def test_a_batch_that_crowds_into_few_buckets_is_answered_exactly(
    large: tuple[Rows, Rows, dict[int, Found]], instruction_set: str
) -> None:
    """One query thirty thousand times; hundreds beside a row banked 4,000 times; the last bucket of every chunk."""
    rows, queries, _ = large
    rng = np.random.default_rng(54)
    rows = rows.copy()
    rows[3] = 255
    stranger = rng.integers(0, 256, 32, dtype=np.uint8)
    asked = np.concatenate([queries, [flipped(rng, rows[3], 20), flipped(rng, rows[5000], 36), stranger]])
    order = rng.permutation(np.repeat(np.arange(len(asked)), [1] * len(queries) + [3, 400, 30_000]))
    index, brute = MihIndex.build(rows, instruction_set=instruction_set), BruteIndex()
    brute.add(rows)
    right = brute.search(asked, 31, 2)
    found = index.search(asked[order], 31)
    assert np.array_equal(np.diff(found.lims), np.diff(right.lims)[order])
    places = np.concatenate([np.arange(right.lims[n], right.lims[n + 1]) for n in order])
    assert np.array_equal(found.ids, right.ids[places])
    assert np.array_equal(found.distances, right.distances[places])


def test_ids_in_any_order_are_kept_and_found() -> None:
    rng = np.random.default_rng(52)
    rows = rng.integers(0, 256, (40_000, 32), dtype=np.uint8)
    ids = rng.choice(1 << 32, 40_000, replace=False).astype(np.uint32)
    index = MihIndex.build(rows, ids)
    found = index.search(rows[::400].copy(), 0)
    assert found.ids.tolist() == ids[::400].tolist()
    held, numbers = index.rows()
    order = np.argsort(ids)
    assert np.array_equal(numbers, ids[order])
    assert np.array_equal(held, rows[order])


def test_an_id_given_twice_or_held_in_a_table_is_refused() -> None:
    rows = np.random.default_rng(53).integers(0, 256, (40_000, 32), dtype=np.uint8)
    ids = np.arange(40_000, dtype=np.uint32)
    ids[-1] = 5
    with pytest.raises(DuplicateIdError):
        MihIndex.build(rows, ids)
    index = MihIndex.build(rows)
    with pytest.raises(DuplicateIdError):
        index.add(rows[:2], np.array([50_000, 17], np.uint32))
    assert len(index) == 40_000
    assert index.remove(np.array([17, 17, 99_999], np.uint32)) == 1
    index.add(rows[17:18], np.array([17], np.uint32))
    assert index.search(rows[17:18], 0).ids.tolist() == [17]


def test_piles_become_tables_and_tables_of_like_size_one() -> None:
    rng = np.random.default_rng(54)
    index = MihIndex(background=False)
    engine = index._engine
    rows = rng.integers(0, 256, (3 * _engine.TABLE_ROWS, 32), dtype=np.uint8)
    assert not engine.overdue()
    for part in np.split(rows, 3):
        index.add(part)
        assert engine.overdue()
        while engine.tidy(1):
            pass
        assert engine.tables == 1
    index.remove(np.arange(_engine.TABLE_ROWS, dtype=np.uint32))
    assert engine.overdue(), "a third of a table left, and it is kept as it is"
    while engine.tidy(1):
        pass
    assert len(index) == 2 * _engine.TABLE_ROWS
    assert not engine.overdue()
    assert index.search(rows[:: len(rows) - 1].copy(), 0).ids.tolist() == [len(rows) - 1]


def test_searches_and_changes_beside_merging_lose_nothing_and_see_no_half() -> None:
    rng = np.random.default_rng(55)
    index = MihIndex()
    fixed = rng.integers(0, 256, (60_000, 32), dtype=np.uint8)
    index.add(fixed[:30_000])
    pairs = rng.integers(0, 256, (20_000, 32), dtype=np.uint8)
    seen, wrong, done = set[int](), list[str](), threading.Event()
    queries = np.concatenate([np.repeat(pairs[:1], 3, axis=0), fixed[:2]])

    def read() -> None:
        while not done.is_set():
            counts = np.diff(index.search(queries, 0).lims)
            seen.update(counts[:3].tolist())
            if len(set(counts[:3].tolist())) != 1 or counts[3:].tolist() != [1, 1]:
                wrong.append("a search saw half a change")

    twins = np.concatenate([pairs, pairs])
    ids = np.arange(1 << 20, (1 << 20) + len(twins), dtype=np.uint32)
    reader = threading.Thread(target=read)
    reader.start()
    try:
        for n in range(6):
            index.add(twins, ids)
            index.add(fixed[30_000 + n * 5000 : 35_000 + n * 5000])
            assert index.remove(ids) == len(ids)
    finally:
        done.set()
        reader.join()
    index.merge()
    assert not wrong
    assert seen <= {0, 2}
    assert len(index) == 60_000
    assert (np.diff(index.search(fixed[::50].copy(), 0).lims) == 1).all()


@pytest.mark.slow
def test_ten_thousand_adds_a_second_for_a_minute_beside_a_steady_load() -> None:
    rng = np.random.default_rng(56)
    index = MihIndex.build(rng.integers(0, 256, (1_000_000, 32), dtype=np.uint8))
    known = index.rows()[0][::1000].copy()
    rows = rng.integers(0, 256, (600_000, 32), dtype=np.uint8)
    done, searches, missed = threading.Event(), 0, 0

    def ask() -> None:
        nonlocal searches, missed
        while not done.is_set():
            found = index.search(known[searches % 1000 : searches % 1000 + 1], 31)
            missed += not len(found.ids)
            searches += 1
            time.sleep(0.001)

    asker = threading.Thread(target=ask)
    asker.start()
    begun = time.monotonic()
    late = 0.0
    for n in range(600):
        index.add(rows[n * 1000 : n * 1000 + 1000])
        late = max(late, time.monotonic() - begun - (n + 1) / 10)
        time.sleep(max(0.0, begun + (n + 1) / 10 - time.monotonic()))
    done.set()
    asker.join()
    assert not missed
    assert searches > 1000
    assert len(index) == 1_600_000
    assert (np.diff(index.search(rows[::1000].copy(), 0).lims) == 1).all()
    assert late < 6, "adding fell behind by more than a tenth of the time"


def test_correlated_queries_are_answered_like_single_ones() -> None:
    rng = np.random.default_rng(57)
    rows = rng.integers(0, 256, (60_000, 32), dtype=np.uint8)
    looks = np.stack([flipped(rng, rows[n % 5], n % 60) for n in range(500)])
    index = MihIndex.build(rows)
    found = index.search(looks)
    assert found.lims[-1] > 200
    for n in range(0, 500, 7):
        assert np.array_equal(index.search(looks[n : n + 1]).ids, found.of(n)[0])


def test_the_interpreter_is_free_while_tables_are_built_and_searched() -> None:
    rows = np.random.default_rng(58).integers(0, 256, (400_000, 32), dtype=np.uint8)
    steps, running = 0, threading.Event()

    def work() -> None:
        MihIndex.build(rows).search(rows[:50_000], 31)
        running.clear()

    running.set()
    worker = threading.Thread(target=work)
    worker.start()
    while running.is_set():
        steps += 1
        time.sleep(0.001)
    worker.join()
    assert steps > 10, "this thread stood still meanwhile"


def test_the_engine_itself_refuses_what_its_faces_would_refuse() -> None:
    rows, ids = np.zeros((4, 32), np.uint8), np.arange(4, dtype=np.uint32)
    living = _engine.Living("auto", [])
    ones = np.ones((4, 256), np.float32)
    calls = [
        lambda: living.add(rows[:, :31].copy(), None),
        lambda: living.add(rows[::2], None),
        lambda: living.add(rows, ids[:3]),
        lambda: living.remove(ids[::2]),
        lambda: living.search(rows, 64, 1),
        lambda: living.search(rows, 31, 257),
        lambda: living.search(rows[0], 31, 1),
        lambda: living.search_weighted(rows, ones[:3], 1.0, 1),
        lambda: living.search_weighted(rows, ones[:, :255].copy(), 1.0, 1),
        lambda: living.search_weighted(rows, -ones, 1.0, 1),
        lambda: living.search_weighted(rows, ones * np.nan, 1.0, 1),
        lambda: living.search_weighted(rows, ones.astype(np.float64), 1.0, 1),
        lambda: living.tidy(0),
        lambda: living.merge(0),
        lambda: _engine.Living("none such", []),
        lambda: _engine.Table.build(rows, ids[:3], 1),
        lambda: _engine.Table.build(rows[::2], None, 1),
        lambda: _engine.Table.build(rows, None, 0),
        lambda: _engine.Table.build(rows, np.zeros(4, np.uint32), 1),
        lambda: _engine.Table.build(rows, None, 1).section(6),
        lambda: _engine.Table.map(0, 10, [0, 0], 4, dense_ids=True, populate=False),
    ]
    for call in calls:
        with pytest.raises((TypeError, ValueError)):
            call()  # type: ignore[no-untyped-call]
    assert len(living) == 0


@pytest.mark.parametrize("threads", [0, 257, 1.5])
def test_a_build_with_unfit_threads_is_refused(threads: int) -> None:
    with pytest.raises(IndexArgumentError):
        MihIndex.build(np.zeros((3, 32), np.uint8), threads=threads)


def test_no_caller_can_change_what_others_who_find_nothing_are_given() -> None:
    """And it is what any other answer of nothing is. Numbers may be NumPy's."""
    index = MihIndex.build(np.zeros((3, 32), np.uint8))

    def search() -> Found:
        return index.search(np.full((1, 32), 0xFF, np.uint8), cast("int", np.int64(31)), cast("int", np.uint8(1)))

    def spoil(array: NDArray[Any]) -> None:
        array.setflags(write=True)
        array[:] = 7
        array.dtype = np.dtype(np.int8)  # type: ignore[misc]
        array.shape = (1, array.size)

    poisoned = search()
    for array in (poisoned.lims, poisoned.ids, poisoned.distances, *poisoned.of(0)):
        spoil(array)
    with pytest.raises(AttributeError):
        poisoned.lims = np.ones(2, np.int64)  # type: ignore[misc]
    for found in (search(), poisoned, pickle.loads(pickle.dumps(search())), copy.deepcopy(search())):  # noqa: S301
        assert found.lims.tolist() == [0, 0]
        assert len(found) == 1
        assert repr(found) == "<Found queries=1 rows=0>"
        for array, kind in ((found.lims, np.int64), (found.ids, np.uint32), (found.distances, np.uint8)):
            assert array.dtype == kind
            assert array.ndim == 1
        assert [each.tolist() for each in found.of(0)] == [[], []]


def test_a_threshold_beyond_every_number_is_refused() -> None:
    index = MihIndex.build(np.zeros((3, 32), np.uint8))
    values, log_odds = np.zeros((1, 32), np.uint8), np.ones((1, 256), np.float32)
    for threshold in (10**400, -(10**400), float("inf"), float("nan"), cast("float", "1"), cast("float", None)):
        with pytest.raises(IndexArgumentError):
            index.search_weighted(values, log_odds, threshold)


def test_weights_that_change_after_they_were_checked_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread may write to them between the check and the search; here it does so for certain."""
    index = MihIndex.build(np.zeros((3, 32), np.uint8))
    values, log_odds = np.zeros((1, 32), np.uint8), np.ones((1, 256), np.float32)

    def check_then_spoil(*arguments: Any) -> tuple[float, int]:
        checked = check_weighted(*arguments)
        log_odds[0, 0] = np.nan
        return checked

    monkeypatch.setattr("notcontent.matching.mih.check_weighted", check_then_spoil)
    with pytest.raises(IndexArgumentError):
        index.search_weighted(values, log_odds, 3.0)


@pytest.mark.parametrize("query", [-1, 1])
def test_an_answer_to_a_query_that_was_not_asked_is_refused_and_never_empty(query: int) -> None:
    index = MihIndex.build(np.zeros((3, 32), np.uint8))
    found = index.search(np.zeros((1, 32), np.uint8))
    with pytest.raises(IndexArgumentError):
        found.of(query)
    scored = index.search_weighted(np.zeros((1, 32), np.uint8), np.ones((1, 256), np.float32), 1.0)
    with pytest.raises(IndexArgumentError):
        scored.of(query)


def test_rows_are_given_by_id_from_tables_and_pile_but_not_once_removed() -> None:
    rows = np.random.default_rng(7).integers(0, 256, (40_010, 32), np.uint8)
    index = MihIndex.build(rows[:40_000])
    index.add(rows[40_000:])
    asked = np.array([40_003, 7, 99_999, 39_999, 12], np.uint32)
    found, ids = index.rows_of(asked)
    assert ids.tolist() == [40_003, 7, 39_999, 12]
    assert (found == rows[ids]).all()
    index.remove(np.array([7, 40_003], np.uint32))
    found, ids = index.rows_of(asked)
    assert ids.tolist() == [39_999, 12]
    assert (found == rows[ids]).all()
    assert index.rows_of(np.empty(0, np.uint32))[0].shape == (0, 32)
    with pytest.raises(IndexArgumentError):
        index.rows_of(np.array([1.0]))
