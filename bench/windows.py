"""Times at a fixed rate, window by window, told apart by how quiet the machine was in each (`hiccups.py` knows)."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from bench.hiccups import watched

SECONDS = 3
PAUSED_MS = 25
"""So long all cores together may have stood still in a window of a quiet machine."""
MEMORY_TIMES = 1.15
"""So many times the fastest window's probe of memory may take in one."""
AIM_MS = 5


@dataclass(frozen=True)
class Window:
    """One of them: its 99th percentile, and what the machine did meanwhile."""

    p99_ms: float
    paused_ms: float
    memory_us: float


def measure_windows(count: int, p99_ms: Callable[[int], float]) -> list[Window]:
    """Measure so many windows. `p99_ms` asks for so many seconds and gives the 99th percentile in milliseconds."""
    seen = []
    with watched() as machine:
        for _ in range(count):
            began = perf_counter()
            seen.append((p99_ms(SECONDS), began, perf_counter()))
    return [
        Window(p99, 1000 * machine.paused(began, ended), 1e6 * machine.memory(began, ended))
        for p99, began, ended in seen
    ]


def print_windows(windows: list[Window]) -> None:
    """Say what was measured: windows of a quiet machine, those in which it stood still, those of slow memory alone."""
    limit = MEMORY_TIMES * min(each.memory_us for each in windows)
    still = [each for each in windows if each.paused_ms > PAUSED_MS]
    others = [each for each in windows if each.paused_ms <= PAUSED_MS]
    print(f"\n| windows of {SECONDS} s | how many | p99 ms: least | median | most | below {AIM_MS} ms in |")
    print("|---" * 6 + "|")
    for name, some in (
        (f"quiet: paused {PAUSED_MS} ms at most, memory as fast as ever", [w for w in others if w.memory_us <= limit]),
        (f"memory {MEMORY_TIMES} times slower or more", [w for w in others if w.memory_us > limit]),
        (f"paused more than {PAUSED_MS} ms", still),
    ):
        if some:
            times = sorted(each.p99_ms for each in some)
            shown = " | ".join(f"{time:.1f}" for time in (times[0], times[len(times) // 2], times[-1]))
            print(f"| {name} | {len(some)} | {shown} | {sum(time < AIM_MS for time in times)} |")
    print("\np99 of each (paused ms, memory us):", end=" ")
    print(", ".join(f"{w.p99_ms:.1f} ({w.paused_ms:.0f}, {w.memory_us:.0f})" for w in windows), flush=True)
