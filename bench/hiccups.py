"""Whether this machine was quiet: what a program sees that needs next to nothing and goes before all others.

On each core a process of the highest real-time priority sleeps a millisecond at a time and notes how late it woke. No
load of a program's own can delay it, so what it misses the machine missed: the host kept the core, whether the kernel
counts that as stolen or not. Every few milliseconds it also reads a thousand places of a large array in no order: when
that takes longer than before, others use the same memory. A benchmark's times of such moments are not the program's.
Real-time priority needs root; without it nothing is told.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

SLEEP_S = 0.001
LATE_S = 0.0005
"""From so late on a waking counts as a pause."""
PROBE_EVERY = 5
PROBED_MB = 256
"""Far beyond what caches hold."""
PLACES = 1000
_BATCHES = 500
_READY = "ready"


@dataclass
class Machine:
    """What the watchers saw, f64[n, 2] each: moments of `time.perf_counter`, and seconds that it took."""

    pauses: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))
    probes: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))

    def paused(self, began: float, ended: float) -> float:
        """Add up the pauses of all cores that began in this time, in seconds."""
        return float(_within(self.pauses, began, ended).sum())

    def memory(self, began: float, ended: float) -> float:
        """Give the mean seconds of a probe of memory in this time; NaN when there was none."""
        found = _within(self.probes, began, ended)
        return float(found.mean()) if len(found) else float("nan")


def _within(rows: NDArray[np.float64], began: float, ended: float) -> NDArray[np.float64]:
    inside = (rows[:, 0] >= began) & (rows[:, 0] < ended)
    return np.asarray(rows[inside, 1])


@contextmanager
def watched() -> Iterator[Machine]:
    """Watch all cores; what was seen is there once this ends. Raises SystemExit without the right to do so."""
    machine = Machine()
    cores = sorted(os.sched_getaffinity(0))
    words = [sys.executable, __file__]
    watchers = [
        subprocess.Popen([*words, str(core)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for core in cores
    ]
    try:
        for watcher in watchers:
            if watcher.stdout is None or watcher.stdout.readline().strip() != _READY:
                raise SystemExit("the machine cannot be watched: real-time priority needs root")
        yield machine
    finally:
        told = "".join(watcher.communicate("")[0] for watcher in watchers).split()
        rows = np.array(told).reshape(-1, 3)
        for kind in ("pauses", "probes"):
            setattr(machine, kind, rows[rows[:, 0] == kind, 1:].astype(np.float64))


def watch(core: int) -> None:
    """Note this core's pauses and the memory's speed until the input ends, then print them."""
    rng = np.random.default_rng(core)
    memory = np.ones(PROBED_MB * 1_000_000 // 8)
    places, sink = rng.integers(0, len(memory), (_BATCHES, PLACES)), np.empty(PLACES)
    os.sched_setaffinity(0, {core})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(os.sched_get_priority_max(os.SCHED_FIFO)))
    ended = threading.Event()

    def wait_for_end() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait_for_end, daemon=True).start()
    print(_READY, flush=True)
    seen: list[tuple[str, float, float]] = []
    turn = 0
    while not ended.is_set():
        before = time.perf_counter()
        time.sleep(SLEEP_S)
        woke = time.perf_counter()
        if woke - before - SLEEP_S > LATE_S:
            seen.append(("pauses", before, woke - before - SLEEP_S))
        turn += 1
        if turn % PROBE_EVERY == 0:
            memory.take(places[turn // PROBE_EVERY % _BATCHES], out=sink, mode="clip")
            seen.append(("probes", woke, time.perf_counter() - woke))
    for kind, when, took in seen:
        print(kind, when, took)


if __name__ == "__main__":
    watch(int(sys.argv[1]))
