"""Looking up what estimated looks guess: nothing false, exact scores, few rows missed, on tables, piles and changes."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.search.data import plain_hashes
from notcontent.matching import Candidates, Depth, Leads, LinearIndex, MihIndex, instruction_sets
from notcontent.matching.conformance_estimates import EstimateIndexConformance, estimates_of, recall_of
from notcontent.matching.estimates import EstimateIndex, EstimateQuery, best_of
from notcontent.matching.hashes import HASH_BYTES
from notcontent.signals import pdq
from notcontent.signals.drawing import draw_picture
from notcontent.signals.estimates import estimates, sketch

ROWS = 100_000
PICTURES = 24
CROPS = 6  # of each picture
THRESHOLD = 5.5

Looks = tuple[NDArray[np.uint8], NDArray[np.float32]]


class TestLinearIndex(EstimateIndexConformance):
    def make_estimating(self, rows: NDArray[np.uint8], ids: NDArray[np.uint32]) -> EstimateIndex:
        index = LinearIndex()
        index.add(rows, ids)
        return index


@cache
def luma(seed: int) -> NDArray[np.uint8]:
    """Draw a picture, in grey."""
    return np.asarray(draw_picture(seed, 192, 144).convert("L"))


@pytest.fixture(scope="module")
def bank() -> NDArray[np.uint8]:
    """Random rows, two in five around plain pictures' hashes, whose buckets are crowded; the first are of pictures."""
    rng = np.random.default_rng(60)
    rows = rng.integers(0, 256, (ROWS, HASH_BYTES), dtype=np.uint8)
    plain = rng.random(ROWS) < 0.4
    noise = np.packbits(rng.random((int(plain.sum()), 256)) < 0.1, axis=1)
    rows[plain] = plain_hashes(rng, 200)[rng.integers(0, 200, int(plain.sum()))] ^ noise
    rows[:PICTURES] = [np.frombuffer(pdq(luma(seed)).value, np.uint8) for seed in range(PICTURES)]
    return rows


@pytest.fixture(scope="module")
def uploads() -> list[tuple[int, Looks]]:
    """Crops that keep 75 to 98 % of the drawn pictures, as 60 estimates each, none quite right."""
    rng = np.random.default_rng(61)
    made = []
    for picture in range(PICTURES):
        samples = luma(picture)
        for _ in range(CROPS):
            kept = rng.uniform(0.75, 0.98) ** (rng.dirichlet((1, 1)) * 0.6 + 0.2)  # of each side
            first = rng.random(2) * (1 - kept) * samples.shape
            cut = sketch("whole", samples, tuple(first), tuple(first + kept * samples.shape))
            found = estimates([cut], 60)
            made.append((picture, (found.values, found.log_odds)))
    return made


def every_row(index: MihIndex, looks: Looks, threshold: float = THRESHOLD, most: int = 1000) -> Candidates:
    """Score all rows."""
    return best_of(index.search_weighted(*looks, threshold), most)


def check_no_row_is_false(given: Candidates, right: Candidates) -> None:
    """Hold what was given to what scoring every row gives: the same scores and looks, to the last bit."""
    assert set(given.ids.tolist()) <= set(right.ids.tolist())
    place = {int(number): at for at, number in enumerate(right.ids)}
    at = np.array([place[int(number)] for number in given.ids], np.int64)
    assert (np.diff(at) > 0).all()  # in the same order
    assert np.array_equal(given.scores, right.scores[at])
    assert np.array_equal(given.looks, right.looks[at])


def test_no_row_is_false_and_few_that_fit_are_missed(bank: NDArray[np.uint8], uploads: list[tuple[int, Looks]]) -> None:
    """Of 100,000 rows, for crops that keep 75 to 98 % of their picture; documented in docs/explanation/matching.md."""
    index = MihIndex.build(bank)
    met = expected = 0
    for picture, looks in uploads:
        given, right = index.search_estimates(*looks, THRESHOLD), every_row(index, looks)
        check_no_row_is_false(given, right)
        expected += picture in right.ids
        met += picture in given.ids
    assert expected > 0.9 * len(uploads), "the looks are too poor to tell anything"
    assert met >= 0.99 * expected


def test_deeper_finds_more(bank: NDArray[np.uint8], uploads: list[tuple[int, Looks]]) -> None:
    """Also that rows are looked up here at all: scoring every row would miss none."""
    index = MihIndex.build(bank)
    sums = np.zeros(3)
    for _, looks in uploads[::6]:
        right = every_row(index, looks, 3.5, 100_000)
        for number, depth in enumerate((Depth(2, 6), Depth(4, 12), Depth())):
            given = index.search_estimates(*looks, 3.5, depth=depth, most=100_000)
            check_no_row_is_false(given, right)
            sums[number] += recall_of(given, right)
    assert sums[0] < sums[1] < sums[2] < len(uploads[::6])


def test_few_looks_lead_where_a_hint_is_enough(bank: NDArray[np.uint8], uploads: list[tuple[int, Looks]]) -> None:
    """Rows are given by looks that were not looked up themselves; what no leading look comes near is not looked for."""
    index = MihIndex.build(bank)
    leading = np.arange(0, 60, 5, dtype=np.uint32)
    met = expected = by_others = 0
    for picture, looks in uploads:
        right = every_row(index, looks, 8.0)
        given = index.search_estimates(*looks, 8.0, leads=Leads(leading, 5.5))
        check_no_row_is_false(given, right)
        expected += picture in right.ids
        met += picture in given.ids
        by_others += not np.isin(given.looks, leading).all()
        assert not len(index.search_estimates(*looks, 8.0, leads=Leads(leading[:0], 5.5)))
    assert by_others > 20
    assert met > 0.8 * expected > 50


@pytest.mark.parametrize("instruction_set", instruction_sets())
def test_a_row_that_just_fits_is_found(bank: NDArray[np.uint8], instruction_set: str) -> None:
    """By its leading look alone, at exactly its score for that one, however large the weights; and not above that."""
    rng = np.random.default_rng(66)
    index = MihIndex.build(bank, instruction_set=instruction_set)
    for row in range(100, 106):
        values, log_odds = estimates_of(bank[row], 1, 0.9, rng)
        for sure in (1.0, 1e36):
            looks = (values, log_odds) if sure < 1e9 else (bank[row : row + 1], log_odds)
            looks = looks[0], looks[1] * np.float32(sure)
            score = np.float32(every_row(index, looks, 3.0).scores[0])
            for just, found in ((score, True), (np.nextafter(score, np.float32(99)), False)):
                leads = Leads(np.zeros(1, np.uint32), float(just))
                given = index.search_estimates(*looks, float(just), depth=Depth(12, 24), leads=leads)
                assert (row in given.ids) == found


@pytest.mark.parametrize("threshold", [7.0, 8.3, 8.5])
def test_a_query_finds_nearly_all_that_fit_at_every_depth_that_it_asks_with(
    bank: NDArray[np.uint8], uploads: list[tuple[int, Looks]], threshold: float
) -> None:
    """Whichever of them lead, here all."""
    index = MihIndex.build(bank)
    met = expected = 0
    for picture, looks in uploads[::4]:
        given = EstimateQuery(*looks, np.arange(60, dtype=np.uint32), threshold, 1000).ask(index)
        right = every_row(index, looks, threshold)
        check_no_row_is_false(given, right)
        expected += picture in right.ids
        met += picture in given.ids
    assert met >= 0.95 * expected > 20


def test_instruction_sets_and_threads_answer_alike(bank: NDArray[np.uint8], uploads: list[tuple[int, Looks]]) -> None:
    """To the last bit."""
    indexes = [MihIndex.build(bank, instruction_set=name) for name in instruction_sets()]
    for _, looks in uploads[::40]:
        first = indexes[0].search_estimates(*looks, 3.0)
        assert len(first) > 1
        for index in indexes:
            for threads in (1, 3, 20):
                given = index.search_estimates(*looks, 3.0, threads=threads)
                assert np.array_equal(given.ids, first.ids)
                assert np.array_equal(given.scores, first.scores)
                assert np.array_equal(given.looks, first.looks)
                assert given.left_out == first.left_out


def test_no_row_is_lost_where_more_are_met_than_are_looked_at_together(
    bank: NDArray[np.uint8], uploads: list[tuple[int, Looks]]
) -> None:
    """A thread puts what it met aside, so much at a time: one has to look several times here, sixteen hardly."""
    index = MihIndex.build(bank)
    for _, looks in uploads[::40]:
        few = index.search_estimates(*looks, 3.0, depth=Depth(7, 20))
        alone, shared = (index.search_estimates(*looks, 3.0, depth=Depth(7, 24), threads=n) for n in (1, 16))
        assert len(alone) > 1.5 * len(few) > 100
        assert np.array_equal(alone.ids, shared.ids)


def test_more_looks_than_are_guessed_at_once(bank: NDArray[np.uint8]) -> None:
    """Numbers of looks beyond 256 are told apart."""
    rng = np.random.default_rng(62)
    index = MihIndex.build(bank)
    own, others = estimates_of(bank[70], 2, 0.8, rng), estimates_of(bank[71], 598, 0.5, rng)
    looks = np.concatenate([others[0], own[0]]), np.concatenate([others[1], own[1]])
    given = index.search_estimates(*looks, THRESHOLD)
    check_no_row_is_false(given, every_row(index, looks))
    assert {70, 71} <= set(given.ids.tolist())
    assert given.looks[list(given.ids).index(70)] >= 598


TABLE, SECOND, PILE = 145_000, 33_000, 1000
LATER = np.random.default_rng(63).integers(0, 256, (SECOND + PILE, HASH_BYTES), dtype=np.uint8)
"""What comes after the first table: rows that nothing else is like."""


def test_rows_that_came_and_went(bank: NDArray[np.uint8]) -> None:
    """Those of two tables and of a pile are found, removed ones are not, and merging changes neither."""
    index = MihIndex(background=False)
    index.add(np.concatenate([bank, bank[: TABLE - ROWS]]))
    index.merge()
    index.add(LATER[:SECOND])
    assert index._engine.tidy(1)
    index.add(LATER[SECOND:])
    assert index._engine.tables == 2
    gone = {TABLE + 1: LATER[1], TABLE + 20_000: LATER[20_000], TABLE + SECOND + 1: LATER[SECOND + 1]}
    kept = {0: bank[0], TABLE: LATER[0], TABLE + SECOND - 1: LATER[SECOND - 1], TABLE + SECOND: LATER[SECOND]}
    rng = np.random.default_rng(64)
    looks = {number: estimates_of(row, 20, 0.9, rng) for number, row in (gone | kept).items()}
    assert all(number in index.search_estimates(*looks[number], THRESHOLD).ids for number in looks)

    assert index.remove(np.concatenate([np.arange(1, TABLE, 5), list(gone)]).astype(np.uint32)) == TABLE // 5 + 3
    for _ in ("as it is", "merged"):
        for number, asked in looks.items():
            given = index.search_estimates(*asked, THRESHOLD)
            check_no_row_is_false(given, every_row(index, asked))
            assert (number in given.ids) == (number in kept)
        index.merge()
    assert index._engine.tables == 1


def test_a_file_answers_like_the_index_that_it_was_saved_from(
    bank: NDArray[np.uint8], uploads: list[tuple[int, Looks]], tmp_path: Path
) -> None:
    """The tables of a file serve both searches."""
    index = MihIndex.build(bank)
    index.save(tmp_path / "bank.mih")
    opened = MihIndex.open(tmp_path / "bank.mih")
    for _, looks in uploads[::30]:
        given, same = index.search_estimates(*looks, 4.0), opened.search_estimates(*looks, 4.0)
        assert np.array_equal(given.ids, same.ids)
        assert np.array_equal(given.scores, same.scores)


def test_what_was_just_added_is_missed_by_no_depth() -> None:
    """A pile is scored row by row, at depth 0 too."""
    rng = np.random.default_rng(65)
    rows = rng.integers(0, 256, (5000, HASH_BYTES), dtype=np.uint8)
    index = MihIndex(background=False)
    index.add(rows)
    looks = estimates_of(rows[9], 10, 0.5, rng)
    given = index.search_estimates(*looks, 2.5, depth=Depth(0, 0), most=5000)
    right = every_row(index, looks, 2.5, 5000)
    assert len(right) > 10
    assert np.array_equal(given.ids, right.ids)
