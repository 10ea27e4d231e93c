"""A bank that grows while it is searched: how long queries take meanwhile, and whether adding keeps up.

Usage: .venv/bin/python bench/living.py [rows already there] [adds a second] [seconds]

One thread adds a hundred rows at a time at a steady rate and removes a hundredth of them again; another asks single
queries, each with one row to find, as fast as a thousand a second; the index merges in the background. Times are wall
times of single calls, from Python, while all that happens; the same queries are timed before, on the quiet index.
"""

import os
import sys
import threading
import time

import numpy as np
from numpy.typing import NDArray

from notcontent.matching import MihIndex

BATCH = 100
PAUSE_S = 0.001


def asked(index: MihIndex, queries: NDArray[np.uint8], done: threading.Event) -> list[float]:
    """Ask until told to stop; give the seconds of each query. Fails when a row is missed."""
    taken: list[float] = []
    while not done.is_set():
        query = queries[len(taken) % len(queries)][np.newaxis]
        begun = time.perf_counter()
        found = index.search(query, 31)
        taken.append(time.perf_counter() - begun)
        if not len(found.ids):
            raise SystemExit("a banked row was not found")
        time.sleep(PAUSE_S)
    return taken


def line(what: str, taken: list[float]) -> str:
    p50, p99, most = np.percentile(taken, [50, 99, 100]) * 1e6
    return f"| {what} | {len(taken):,} | {p50:,.0f} | {p99:,.0f} | {most:,.0f} |"


def main() -> None:
    given = sys.argv[1:4]
    held, rate, seconds = (int(float(text)) for text in given + ["1e6", "1e4", "60"][len(given) :])
    rng = np.random.default_rng(9)
    rows = rng.integers(0, 256, (held, 32), dtype=np.uint8)
    fresh = rng.integers(0, 256, (rate * seconds, 32), dtype=np.uint8)
    index = MihIndex.build(rows)
    known = rows[:: max(1, held // 1000)].copy()

    done = threading.Event()
    timer = threading.Timer(3, done.set)
    timer.start()
    quiet = asked(index, known, done)

    done.clear()
    busy: list[float] = []
    asker = threading.Thread(target=lambda: busy.extend(asked(index, known, done)))
    asker.start()
    begun, adding, late = time.monotonic(), 0.0, 0.0
    for start in range(0, len(fresh), BATCH):
        due = begun + start / rate
        time.sleep(max(0.0, due - time.monotonic()))
        before = time.thread_time()
        ids = index.add(fresh[start : start + BATCH])
        index.remove(ids[:1])
        adding += time.thread_time() - before
        late = max(late, time.monotonic() - due)
    took = time.monotonic() - begun
    done.set()
    asker.join()

    print(f"{held:,} rows; {len(fresh):,} added in {took:.1f} s; load {os.getloadavg()[0]:.1f}")
    print(f"adding and removing cost {adding / len(fresh) * 1e6:.2f} us of CPU time a row; at most {late:.2f} s late\n")
    print("| single query | number | p50 us | p99 us | longest us |")
    print("|---|---|---|---|---|")
    print(line("quiet", quiet))
    print(line("while adding and merging", busy))
    found = index.search(fresh[1::BATCH].copy(), 0)
    if not (np.diff(found.lims) == 1).all() or len(index) != held + len(fresh) * (BATCH - 1) // BATCH:
        raise SystemExit("rows were lost")


if __name__ == "__main__":
    main()
