"""The native index, at every instruction set that this processor has, is held to the contract."""

import contextlib
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notcontent.errors import DuplicateIdError, IndexArgumentError
from notcontent.matching import BruteIndex, LinearIndex, LivingIndex, _engine, instruction_sets
from notcontent.matching.conformance import LivingIndexConformance


@pytest.fixture(params=instruction_sets())
def instruction_set(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class TestBruteIndex(LivingIndexConformance):
    @pytest.fixture(autouse=True)
    def _forced(self, instruction_set: str) -> None:
        self.instruction_set = instruction_set

    def make_living(self) -> LivingIndex:
        return BruteIndex(instruction_set=self.instruction_set)


@settings(max_examples=60, deadline=None)
@given(
    data=st.binary(min_size=0, max_size=32 * 40),
    query=st.binary(min_size=32, max_size=32),
    radius=st.integers(0, 63),
    name=st.sampled_from(instruction_sets()),
)
def test_any_bytes_are_answered_as_the_oracle_answers(data: bytes, query: bytes, radius: int, name: str) -> None:
    rows = np.frombuffer(data[: len(data) // 32 * 32], np.uint8).reshape(-1, 32)
    queries = np.concatenate([np.frombuffer(query, np.uint8).reshape(1, 32), rows ^ 1])
    brute, oracle = BruteIndex(instruction_set=name), LinearIndex()
    brute.add(rows)
    oracle.add(rows)
    got, right = brute.search(queries, radius), oracle.search(queries, radius)
    assert np.array_equal(got.lims, right.lims)
    assert np.array_equal(got.ids, right.ids)
    assert np.array_equal(got.distances, right.distances)


def test_the_portable_kernel_is_always_there_and_the_fastest_is_first() -> None:
    assert instruction_sets()[-1] == "portable"
    assert len(set(instruction_sets())) == len(instruction_sets())


@pytest.mark.parametrize("name", ["", "AVX2", "sse9", "avx512 "])
def test_an_unknown_instruction_set_is_refused(name: str) -> None:
    with pytest.raises(IndexArgumentError):
        BruteIndex(instruction_set=name)


def test_the_interpreter_is_free_while_a_search_runs() -> None:
    index = BruteIndex(instruction_set="portable")
    index.add(np.zeros((200_000, 32), np.uint8) + 255)
    queries = np.zeros((400, 32), np.uint8)
    running, steps = threading.Event(), 0

    def search() -> None:
        running.set()
        index.search(queries, 0)
        running.clear()

    worker = threading.Thread(target=search)
    worker.start()
    running.wait()
    while running.is_set():
        steps += 1
        time.sleep(0.001)
    worker.join()
    assert steps > 3, "this thread stood still while the engine searched"


def test_the_engine_itself_refuses_what_its_faces_would_refuse() -> None:
    engine = _engine.Brute("auto")
    rows, ids = np.zeros((4, 32), np.uint8), np.arange(4, dtype=np.uint32)
    calls = [
        lambda: engine.add(rows[:, :31].copy(), None),
        lambda: engine.add(rows[::2], None),
        lambda: engine.add(rows.astype(np.int64), None),
        lambda: engine.add(rows, ids[:3]),
        lambda: engine.add(rows, ids.astype(np.int64)),
        lambda: engine.remove(ids[::2]),
        lambda: engine.search(rows, 64, 1),
        lambda: engine.search(rows, 31, 0),
        lambda: engine.search(rows, -1, 1),
        lambda: engine.search(rows[0], 31, 1),
        lambda: _engine.Brute("none such"),
    ]
    for call in calls:
        with pytest.raises((TypeError, ValueError)):
            call()  # type: ignore[no-untyped-call]
    assert len(engine) == 0


def test_ids_changed_while_they_are_added_disturb_nothing() -> None:
    index = BruteIndex()
    rows = np.random.default_rng(3).integers(0, 256, (20_000, 32), dtype=np.uint8)
    order = np.arange(20_000, dtype=np.uint32)
    ids = order.copy()
    done, added = threading.Event(), 0

    def scribble() -> None:
        while not done.is_set():
            ids[:] = 7
            ids[:] = order
            time.sleep(0)

    scribbler = threading.Thread(target=scribble)
    scribbler.start()
    while added < 20:
        with contextlib.suppress(DuplicateIdError):  # the scribbler was first
            held = index.add(rows, ids)
            added += 1
            assert index.remove(held) == 20_000
    done.set()
    scribbler.join()
    assert len(index) == 0


def test_memory_that_runs_out_is_a_memory_error_and_changes_nothing() -> None:
    script = """
import resource, numpy as np
from notcontent.matching import BruteIndex
index = BruteIndex()
rows = np.zeros((100_000, 32), np.uint8)
index.add(rows)
queries = np.zeros((1000, 32), np.uint8)
used = int(open("/proc/self/statm").read().split()[0]) * 4096
resource.setrlimit(resource.RLIMIT_AS, (used + 150_000_000, resource.RLIM_INFINITY))
for threads in (1, 2):
    try:
        index.search(queries, 63, threads)  # 100,000,000 rows found
    except MemoryError:
        print("refused", end=" ")
try:
    index.add(np.broadcast_to(rows[:1], (2_000_000, 32)).copy())
    while True:
        index.add(rows)
except MemoryError:
    print("refused", end=" ")
before = len(index)
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
index.add(rows)
print(len(index) - before, len(index.search(rows[:1], 0).ids) == len(index))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["refused", "refused", "refused", "100000", "True"], done.stderr
