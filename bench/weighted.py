"""Scoring every row for estimates: ours by instruction set, against a matrix product in NumPy.

Usage: OPENBLAS_NUM_THREADS=1 .venv/bin/python bench/weighted.py [--rows N ...] [--looks N] [--rounds N]

An upload asks with many estimates at once. Rows are uniform; the weights are those of normal log-odds with a spread of
1.5, and the threshold is high enough that strangers are not found. NumPy gets its rows unpacked to +1 and -1 in
float32 beforehand (1,024 bytes a row), which is not timed. Both must find the same rows. Cases run in turns; CPU time
of one thread, medians with the spread of the rounds. Where OPENBLAS_CORETYPE is set, unset it: it may slow NumPy.
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from notcontent.matching import MihIndex, instruction_sets

_THRESHOLD = 9.5


def unpacked(rows: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Write bits as +1 and -1: f32[n, 256]."""
    signs = np.empty((len(rows), 256), np.float32)
    for first in range(0, len(rows), 1 << 16):
        signs[first : first + (1 << 16)] = np.unpackbits(rows[first : first + (1 << 16)], axis=1)
    signs *= 2
    signs -= 1
    return signs


def by_product(bank: NDArray[np.float32], estimates: NDArray[np.float32]) -> int:
    """Count what reaches the threshold, a slice of the bank at a time."""
    step = 1 << 14
    return sum(
        int((bank[first : first + step] @ estimates.T >= _THRESHOLD).sum()) for first in range(0, len(bank), step)
    )


def by_index(index: MihIndex, values: NDArray[np.uint8], weights: NDArray[np.float32]) -> int:
    """Count them by the engine."""
    return len(index.search_weighted(values, weights, _THRESHOLD).ids)


def timed(work: Callable[[], int]) -> tuple[float, int]:
    """Give the CPU seconds of one call, and its answer."""
    began = time.process_time()
    answer = work()
    return time.process_time() - began, answer


def measure(count: int, looks: int, rounds: int) -> None:
    """Print the rows of the table for one bank."""
    rng = np.random.default_rng(count)
    rows = rng.integers(0, 256, (count, 32), dtype=np.uint8)
    values = rng.integers(0, 256, (looks, 32), dtype=np.uint8)
    values[0] = rows[count // 2]
    weights = np.abs(rng.normal(0, 1.5, (looks, 256))).astype(np.float32)
    bank = unpacked(rows)
    estimates = unpacked(values) * weights / np.linalg.norm(weights, axis=1, keepdims=True)
    cases: dict[str, Callable[[], int]] = {"NumPy, matrix product": lambda: by_product(bank, estimates)}
    for name in instruction_sets():
        index = MihIndex.build(rows, instruction_set=name)
        cases[f"notcontent, {name}"] = partial(by_index, index, values, weights)
    taken: dict[str, list[float]] = {case: [] for case in cases}
    for _ in range(rounds):
        answers = set()
        for case, work in cases.items():
            seconds, answer = timed(work)
            taken[case].append(1e6 * seconds / looks)
            answers.add(answer)
        if len(answers) != 1 or 0 in answers:
            raise SystemExit("the answers differ")
    for case, each in taken.items():
        middle, low, high = statistics.median(each), min(each), max(each)
        print(f"| {count:,} | {looks} | {case} | {middle:,.1f} ({low:,.1f}-{high:,.1f}) |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--looks", type=int, default=80)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}\n")
    print("| rows | looks | case | microseconds a look |\n|---|---|---|---|")
    for count in given.rows:
        measure(count, given.looks, given.rounds)


if __name__ == "__main__":
    main()
