"""The peers of the search bench are asked rightly: what they find is right, and the exact ones find everything."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from bench.search.data import Scene, read_rows, write_scene
from bench.search.engines import Engine
from bench.search.truth import Truth, read_truth, write_truth

pytest.importorskip("faiss", reason="only `make bench` installs the peers")

from bench.search.peers import peers

QUERIES = 200


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    made = write_scene("uniform", 5000, tmp_path_factory.mktemp("scene"))
    write_truth(made, 1)
    return made


@pytest.fixture
def truth(scene: Scene) -> Truth:
    return read_truth(scene)


@pytest.fixture(params=peers())
def engine(request: pytest.FixtureRequest, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setattr("tempfile.tempdir", None)  # pgvector's server moves it
    monkeypatch.setenv("XDG_RUNTIME_DIR", "")
    with closing(peers()[request.param]()) as made:
        made.build(read_rows(scene))
        yield made


def test_a_peer_gives_no_wrong_row_and_an_exact_one_every_row(engine: Engine, truth: Truth) -> None:
    score = truth.score(0, engine.answer(engine.batch(engine.ask_batch(truth.queries[:QUERIES]))))
    assert score.wrong == 0
    assert score.planted == QUERIES // 10
    assert score.perfect if engine.exact else score.pairs_found > score.pairs / 2


def test_single_queries_are_answered_as_a_batch_is(engine: Engine, truth: Truth) -> None:
    lims, numbers = engine.answer(engine.batch(engine.ask_batch(truth.queries[:20])))
    for place, asked in enumerate(engine.ask(truth.queries[:20])):
        got_lims, got = engine.answer(engine.one(asked))
        assert got_lims.tolist() == [0, len(got)]
        assert sorted(got.tolist()) == sorted(numbers[lims[place] : lims[place + 1]].tolist())


def test_a_peer_begun_again_from_its_file_answers_alike(engine: Engine, truth: Truth, tmp_path: Path) -> None:
    asked = engine.ask_batch(truth.queries[:50])
    lims, numbers = engine.answer(engine.batch(asked))
    if not engine.save(tmp_path / "file"):
        return  # it has no file
    engine.forget()
    engine.open(tmp_path / "file")
    again_lims, again = engine.answer(engine.batch(asked))
    assert np.array_equal(lims, again_lims)
    assert sorted(numbers.tolist()) == sorted(again.tolist())
