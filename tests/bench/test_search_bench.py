"""The search bench: that its banks are what it says, that it would notice a wrong answer, and its bound and picture."""

import itertools
import xml.etree.ElementTree as ET
from contextlib import closing, nullcontext
from pathlib import Path

import numpy as np
import pytest

from bench.search.bounds import Buffer, Touched, touched
from bench.search.data import KINDS, QUERIES, Scene, read_rows, write_scene
from bench.search.engines import Ours, ours
from bench.search.plot import LABEL_GAP, draw, spread_out
from bench.search.records import (
    BoundRecord,
    EngineRecord,
    LeftOutRecord,
    Record,
    RunRecord,
    Spread,
    append_records,
    read_records,
)
from bench.search.report import table
from bench.search.run import Plan, Seat, batch_size, main
from bench.search.truth import Truth, read_truth, write_truth
from bench.search.worker import Worker
from notcontent.matching import BruteIndex, Found

ROWS = 3000


@pytest.fixture(scope="module", params=KINDS)
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    made = write_scene(request.param, ROWS, tmp_path_factory.mktemp("scene"))
    write_truth(made, 1)
    return made


@pytest.fixture
def truth(scene: Scene) -> Truth:
    return read_truth(scene)


def test_one_query_in_ten_lies_as_far_from_its_row_as_it_says(scene: Scene) -> None:
    asked, rows = np.load(scene.queries_file), read_rows(scene)
    planted = np.flatnonzero(asked["planted"] >= 0)
    assert (planted // 10).tolist() == list(range(QUERIES // 10))
    assert set((planted % 10).tolist()) == {0, 1, 2}
    differing = asked["queries"][planted] ^ rows[asked["planted"][planted]]
    assert np.bitwise_count(differing).sum(axis=1).tolist() == asked["distance"][planted].tolist()
    assert set(asked["distance"][planted].tolist()) == set(range(32))


def test_equal_seeds_draw_equal_banks_and_queries(scene: Scene, tmp_path: Path) -> None:
    again = write_scene(scene.kind, scene.rows, tmp_path)
    assert again.rows_file.read_bytes() == scene.rows_file.read_bytes()
    assert again.queries_file.read_bytes() == scene.queries_file.read_bytes()


def test_only_the_skewed_bank_has_crowds(scene: Scene) -> None:
    index = BruteIndex()
    index.add(read_rows(scene))
    crowd = np.diff(index.search(read_rows(scene), 31).lims).max()
    assert crowd == 1 if scene.kind == "uniform" else crowd >= 3


@pytest.mark.parametrize("key", ["ours", "ours-portable", "brute", "brute-portable", "oracle"])
def test_our_engines_answer_wholly_right(scene: Scene, truth: Truth, key: str) -> None:
    engine = ours()[key]()
    engine.build(read_rows(scene))
    found = engine.batch(engine.ask_batch(truth.queries))
    assert truth.equals(0, found)
    assert truth.score(0, engine.answer(found)).perfect
    for query in (0, 17, QUERIES - 1):
        assert truth.equals(query, engine.one(engine.ask(truth.queries)[query]))


def test_an_index_begun_again_from_its_file_answers_alike(scene: Scene, truth: Truth, tmp_path: Path) -> None:
    engine = Ours()
    engine.build(read_rows(scene))
    assert engine.save(tmp_path / "index")
    engine.forget()
    engine.open(tmp_path / "index")
    assert truth.equals(0, engine.batch(truth.queries))


def test_a_missed_a_wrong_and_a_misplaced_row_are_noticed(truth: Truth) -> None:
    found = truth.found
    numbers = found.ids.astype(np.int64)
    whole = truth.score(0, (found.lims, numbers))
    assert whole.perfect
    assert whole.planted_found == whole.planted == QUERIES // 10
    first = int(np.flatnonzero(np.diff(found.lims))[0])
    shorter = found.lims - (np.arange(len(found.lims)) > first)
    missed = truth.score(0, (shorter, np.delete(numbers, found.lims[first])))
    assert (missed.pairs_found, missed.wrong) == (whole.pairs - 1, 0)
    other = numbers.copy()
    other[found.lims[first]] = ROWS + 1
    wrong = truth.score(0, (found.lims, other))
    assert (wrong.pairs_found, wrong.wrong) == (whole.pairs - 1, 1)
    farther = found.distances.copy()
    farther[0] += 1
    assert truth.equals(0, found)
    assert not truth.equals(0, Found(found.lims, found.ids, farther))


def test_a_slice_of_the_queries_is_scored_as_itself(truth: Truth) -> None:
    start, end = 500, 900
    lims = truth.found.lims[start : end + 1]
    answer = lims - lims[0], truth.found.ids[lims[0] : lims[-1]].astype(np.int64)
    score = truth.score(start, answer)
    assert score.perfect
    assert score.planted_found == score.planted == 40


def test_a_wrong_answer_of_ours_ends_the_bench(scene: Scene, truth: Truth, tmp_path: Path) -> None:
    """A real worker on a scene whose truth says something else."""
    moved = Scene(scene.kind, scene.rows, tmp_path)
    for file in (scene.rows_file, scene.queries_file):
        (tmp_path / file.name).symlink_to(file)
    found, plan = truth.found, Plan(rounds=1, singles_s=10, batch_s=10)
    for distances, ending in ((found.distances, nullcontext()), (found.distances + 1, pytest.raises(SystemExit))):
        np.savez(moved.truth_file, lims=found.lims, ids=found.ids, distances=distances)
        with closing(Worker("brute", moved)) as worker, ending:
            Seat("brute", worker, worker.build()).take_turn(0, plan)


def test_ours_is_asked_the_whole_batch_whatever_its_first_queries_took(scene: Scene) -> None:
    no_time = Plan(1, 1e-9, 1e-9)
    for key, whole in (("ours", True), ("brute", False)):
        with closing(Worker(key, scene)) as worker:
            seat = Seat(key, worker, worker.build())
            seat.take_turn(0, no_time)
            assert (seat.batch_queries == QUERIES) == whole


def test_the_bound_counts_what_a_query_touches_in_a_bank_small_enough_to_count(scene: Scene) -> None:
    counted = touched(scene)
    # 272 buckets of 65,536 a table: of 3,000 uniform rows 12.45 lie in them
    assert counted.buckets <= counted.entries
    assert 8 < counted.entries < 40
    assert counted.survivors < counted.entries
    lines = Touched(buckets=272, entries=41_500, survivors=108).lines
    assert round(lines) == 208 + 272 + round(2 * (41_500 - 272) / 64) + 216


def test_lines_of_memory_are_measured_on_a_buffer(tmp_path: Path) -> None:
    with closing(Buffer(1 << 20, tmp_path)) as buffer:
        assert buffer.size == 2 << 20
        measured = buffer.measure()
    assert measured.line_ns > 0
    assert measured.stream_gb_s > 0


def test_a_batch_is_as_large_as_the_budget_allows() -> None:
    assert batch_size(1e-5, 1) == 10_000
    assert batch_size(1e-3, 1) == 1000
    assert batch_size(0.2, 1) == 10  # ten are a little over the budget
    assert batch_size(2, 1) == 0


def test_a_run_writes_a_table_and_records_and_leaves_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    records = tmp_path / "out" / "records.jsonl"
    words = ["--rows", "3000", "--kinds", "uniform", "--engines", "ours", "brute", "--rounds", "1"]
    monkeypatch.setattr("sys.argv", ["run", *words, "--json", str(records)])
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    main()
    written = read_records(records)
    assert [type(one) for one in written] == [RunRecord, BoundRecord, EngineRecord, EngineRecord]
    engines = [one for one in written if isinstance(one, EngineRecord)]
    assert [(one.key, one.recall, one.planted_recall, one.wrong) for one in engines] == [
        ("ours", 1, 1, 0),
        ("brute", 1, 1, 0),
    ]
    assert "### uniform, 3,000 rows" in capsys.readouterr().out
    assert list((tmp_path / "temporary").iterdir()) == []
    ET.fromstring(draw(written))  # noqa: S314  we drew it


def test_an_unknown_engine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("faiss", reason="only `make bench` installs the peers")
    monkeypatch.setattr("sys.argv", ["run", "--engines", "nobody"])
    with pytest.raises(SystemExit, match="unknown: nobody"):
        main()


SPREAD = Spread(8, 10, 12, 20, 500)


def engine(key: str, rows: int, p50: float, *, kind: str = "uniform", recall: float = 1.0) -> EngineRecord:
    return EngineRecord(
        kind=kind,
        rows=rows,
        key=key,
        name=key.title(),
        exact=recall == 1,
        recall=recall,
        planted_recall=recall,
        wrong=0,
        one_cpu=Spread(p50 * 0.9, p50, p50 * 1.1, p50 * 2, 500),
        one_wall=SPREAD,
        batch_queries=10,
        batch_cpu=Spread(p50 / 2, p50 / 2, p50 / 2, p50 / 2, 3),
        build_cpu_s=1,
        build_wall_s=1,
        bytes_a_row=32,
        open_wall=None,
        first_query_wall=None,
        file_bytes_a_row=None,
    )


def bound(rows: int) -> BoundRecord:
    return BoundRecord("uniform", rows, 100, 50, 1, 2 << 20, 1, Spread(10, 10, 10, 10, 3), SPREAD, SPREAD)


def test_records_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    path, left = tmp_path / "records", LeftOutRecord("uniform", 5, "x", "X", "no room")
    written: list[Record] = [engine("ours", 10, 3), bound(10), left]
    append_records(path, written[:1])
    append_records(path, written[1:])
    assert read_records(path) == written


def test_ours_is_held_to_the_best_peer_of_each_sort_and_to_the_bound() -> None:
    engines = [
        engine("ours", 1000, 2),
        engine("slow", 1000, 900),
        engine("quick", 1000, 100),
        engine("hasty", 1000, 3, recall=0.5),
        engine("brute", 1000, 1),  # ours too: no peer
    ]
    text = table(engines, [], bound(1000))
    assert "Against the best exact peer: one query **50.0x** (Quick), in a batch **50.0x** (Quick)." in text
    assert "fastest approximate peer: one query **1.5x** (Hasty, recall 0.5000)" in text
    assert "Ours / bound: **2.00**, without such a call **-8.00**." in text


def test_recall_that_is_not_whole_never_looks_whole() -> None:
    text = table([engine("peer", 1000, 2, recall=0.99999)], [], bound(1000))
    assert "| Peer | 0.9999 |" in text


def test_the_picture_names_every_series_and_is_small() -> None:
    keys = ["ours", *(f"peer {number}" for number in range(8))]
    records: list[Record] = [
        engine(key, rows, 10 + 30 * place, kind=kind, recall=0.5 if place == 3 else 1)
        for kind in KINDS
        for place, key in enumerate(keys)
        for rows in ((1000, 10_000) if place == 4 else (1000, 10_000, 100_000))
    ]
    picture = draw([*records, bound(1000), bound(100_000)])
    assert len(picture) < 100_000
    root = ET.fromstring(picture)  # noqa: S314  we drew it
    texts = [text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text")]
    for key in keys:
        assert sum(text.startswith(f"{key.title()}, ") for text in texts) == 2
    assert sum("recall 0.50" in text for text in texts) == 2
    assert sum(text.startswith("bound") for text in texts) == 1


def test_names_are_moved_apart_and_keep_their_order() -> None:
    heights = spread_out([50, 10, 52, 51, 199], 0, 200)
    ordered = sorted(heights)
    assert all(later - earlier >= LABEL_GAP - 1e-9 for earlier, later in itertools.pairwise(ordered))
    assert [heights.index(height) for height in ordered] == [1, 0, 3, 2, 4]
    assert ordered[0] >= 0
    assert ordered[-1] <= 200
