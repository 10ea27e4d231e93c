"""Exact search: the native index at each instruction set against the plain one in NumPy.

Usage: .venv/bin/python bench/index.py [rounds]

Uniform rows, radius 31. Every query is a banked row with 20 bits flipped, so each finds one row; the bench fails when
one does not. All take turns within each round, so that a busy moment of the machine falls on all alike. Times are
the calling thread's CPU time, from Python, with arguments checked and answers made.
"""

import os
import platform
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from notcontent.matching import BruteIndex, LinearIndex, LivingIndex, instruction_sets
from notcontent.matching.conformance import flipped

SIZES = (100_000, 1_000_000)
SINGLES = 100
BATCH = 1000
SLOW_SINGLES = 10  # of the index in NumPy, which gets no batches either: they cost it as much as single queries
NUMPY = "NumPy (`LinearIndex`)"

Times = dict[str, list[float]]


def indexes(rows: NDArray[np.uint8]) -> dict[str, LivingIndex]:
    made: dict[str, LivingIndex] = {name: BruteIndex(instruction_set=name) for name in instruction_sets()}
    made[NUMPY] = LinearIndex()
    for index in made.values():
        index.add(rows)
    return made


def measure(index: LivingIndex, queries: NDArray[np.uint8]) -> float:
    start = time.thread_time()
    found = index.search(queries, 31)
    taken = time.thread_time() - start
    if len(found.ids) < len(queries):
        raise SystemExit("a planted row was not found")
    return taken


def run(size: int, rounds: int) -> tuple[Times, Times]:
    rng = np.random.default_rng(size)
    rows = rng.integers(0, 256, (size, 32), dtype=np.uint8)
    queries = np.stack([flipped(rng, rows[row], 20) for row in rng.integers(0, size, BATCH)])
    made = indexes(rows)
    single, batch = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    for _ in range(rounds):
        for name, index in made.items():
            for q in range(SLOW_SINGLES if name == NUMPY else SINGLES):
                single[name].append(measure(index, queries[q : q + 1]))
            if name != NUMPY:
                batch[name].append(measure(index, queries) / BATCH)
    return single, batch


def shown(seconds: float) -> str:
    microseconds = seconds * 1e6
    return f"{microseconds:,.0f}" if microseconds >= 100 else f"{microseconds:.1f}"


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    load = os.getloadavg()[0]
    print(f"{processor()}, {os.cpu_count()} cores, load {load:.1f}, NumPy {np.__version__}, {rounds} rounds\n")
    print("| rows | kernel | one query, p50 | p99 | batch of 1,000, a query |")
    print("|---|---|---|---|---|")
    for size in SIZES:
        single, batch = run(size, rounds)
        for name, times in single.items():
            p50, p99 = np.percentile(times, [50, 99])
            batched = shown(float(np.median(batch[name]))) if name in batch else ""
            print(f"| {size:,} | {name} | {shown(p50)} | {shown(p99)} | {batched} |")


if __name__ == "__main__":
    main()
