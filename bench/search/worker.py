"""One engine in a process of its own, which works only when told to.

So its memory can be read, its threads are counted, and it does not profit from another's cache or allocator. Several
such processes take turns in run.py.
"""

import ctypes
import gc
import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from multiprocessing import get_context
from multiprocessing.connection import Connection
from operator import add
from pathlib import Path
from typing import Any, cast

from bench.search.data import PLANTED_FIRST, Scene, read_rows
from bench.search.engines import Engine, ours
from bench.search.truth import Score, read_truth
from notcontent.matching import Found

WARM_UP = 3
WARM_UP_S = 0.02
"""A turn begins with queries that are not counted, the scene's last ones: three, or one if that spends the budget, and
more until so many seconds are over. Others had the caches before, and the bound is of warm ones."""
LEAST = PLANTED_FIRST
"""Queries in each turn that are asked even when the budget is spent."""

_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # Huge pages for whatever is allocated: the peers that do not ask for them themselves gain up to 40 % at 10M rows.
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}


@dataclass(frozen=True, slots=True)
class Built:
    """What building took, and the bytes of the process's own memory that stay (mapped files are not counted)."""

    cpu_s: float
    wall_s: float
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Opened:
    """What beginning again from a file took, and the first query after that."""

    cpu_s: float
    wall_s: float
    first_query_s: float
    file_bytes: int


@dataclass(frozen=True, slots=True)
class Turn:
    """The seconds that each search took, and how right the answers were."""

    cpu_s: Sequence[float]
    wall_s: Sequence[float]
    score: Score
    wholly_right: bool
    """Ours: rows, distances and order are right to the last one. Always true for peers, which have the score alone."""


def make_engine(key: str) -> Engine:
    """Make an engine by its name on the command line. The peers' packages are imported only for a peer."""
    if (make := ours().get(key)) is not None:
        return make()
    from bench.search.peers import peers  # noqa: PLC0415

    return peers()[key]()


class Worker:
    """The hand that starts such a process and tells it what to do. It must be closed."""

    def __init__(self, key: str, scene: Scene) -> None:
        """Start the process. What goes wrong in it is raised by the next call."""
        os.environ.update(_ENVIRONMENT)
        self.key = key
        context = get_context("spawn")
        self._here, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, key, scene), daemon=True)
        self._process.start()
        there.close()

    def ready(self) -> None:
        """Wait until the process has read its queries and idles."""
        self._call("ready")

    def build(self) -> Built:
        return cast("Built", self._call("build"))

    def singles(self, first: int, count: int, budget_s: float) -> Turn:
        """Ask queries one by one, from `first` on: `count`, or fewer when the budget is spent, but at least three."""
        return cast("Turn", self._call("singles", first, count, budget_s))

    def batch(self, count: int) -> Turn:
        return cast("Turn", self._call("batch", count))

    def reopen(self) -> Opened | None:
        """Save, forget, open. None when the engine has no file, or when that takes too long."""
        return cast("Opened | None", self._call("reopen"))

    def close(self) -> None:
        if self._process.is_alive():
            self._here.send(("close", ()))
            self._process.join(60)
        self._process.kill()

    def _call(self, name: str, *arguments: object) -> object:
        self._here.send((name, arguments))
        got = self._here.recv()
        if isinstance(got, BaseException):
            raise got
        return got


def _serve(pipe: Connection, key: str, scene: Scene) -> None:
    """Live in the process."""
    bench = _Bench(key, scene)
    try:
        while True:
            name, arguments = pipe.recv()
            if name == "close":
                return
            try:
                pipe.send(getattr(bench, name)(*arguments))
            except Exception as error:  # noqa: BLE001  it is raised again at the other end
                pipe.send(RuntimeError(f"{key}: {type(error).__name__}: {error}"))
    finally:
        bench.engine.close()


class _Bench:
    """What a worker can do."""

    def __init__(self, key: str, scene: Scene) -> None:
        self.engine, self._key, self._scene = make_engine(key), key, scene
        self._truth = read_truth(scene)
        queries = self._truth.queries
        self._asked = self.engine.ask(queries)

    def ready(self) -> None:
        return

    def build(self) -> Built:
        rows = read_rows(self._scene)
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)  # or the index would grow into memory that was used before
        before, cpu, wall = own_memory(), self.engine.cpu(), time.perf_counter()
        self.engine.build(rows)
        took = self.engine.cpu() - cpu, time.perf_counter() - wall
        gc.collect()
        held = self.engine.memory()
        return Built(*took, own_memory() - before if held is None else held)

    def singles(self, first: int, count: int, budget_s: float) -> Turn:
        engine, begun = self.engine, time.perf_counter()
        for done, query in enumerate(reversed(self._asked), start=1):
            engine.one(query)
            took = time.perf_counter() - begun
            if took > budget_s or (done >= WARM_UP and took > WARM_UP_S):
                break
        begun = time.perf_counter()
        cpu_s, wall_s, raw = list[float](), list[float](), list[Any]()
        for query in self._asked[first : first + count]:
            cpu, wall = engine.cpu(), time.perf_counter()
            got = engine.one(query)
            wall_s.append(time.perf_counter() - wall)
            cpu_s.append(engine.cpu() - cpu)
            raw.append(got)
            if len(raw) >= LEAST and time.perf_counter() - begun > budget_s:
                break
        scores = [self._truth.score(first + place, engine.answer(got)) for place, got in enumerate(raw)]
        right = all(self._right(first + place, got) for place, got in enumerate(raw))
        return Turn(cpu_s, wall_s, reduce(add, scores), right)

    def batch(self, count: int) -> Turn:
        asked = self.engine.ask_batch(self._truth.queries[:count])
        cpu, wall = self.engine.cpu(), time.perf_counter()
        raw = self.engine.batch(asked)
        wall, cpu = time.perf_counter() - wall, self.engine.cpu() - cpu
        return Turn([cpu], [wall], self._truth.score(0, self.engine.answer(raw)), self._right(0, raw))

    def reopen(self) -> Opened | None:
        path = Path(self._scene.folder, f"{self._key}.index")
        try:
            if self._scene.rows > self.engine.most_reopened or not self.engine.save(path):
                return None
            self.engine.forget()
            gc.collect()
            cpu, wall = self.engine.cpu(), time.perf_counter()
            self.engine.open(path)
            opened = time.perf_counter()
            cpu = self.engine.cpu() - cpu
            self.engine.one(self._asked[0])
            return Opened(cpu, opened - wall, time.perf_counter() - opened, path.stat().st_size)
        finally:
            path.unlink(missing_ok=True)

    def _right(self, first: int, raw: object) -> bool:
        return not isinstance(raw, Found) or self._truth.equals(first, raw)


def own_memory() -> int:
    """Tell the bytes of this process's own memory that lie in RAM: not what a file maps."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return sum(1024 * int(kilobytes) for kilobytes in re.findall(r"Rss(?:Anon|Shmem):\s+(\d+)", status))
