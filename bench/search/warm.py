"""A large index that is warm: built, its pages met by a sweep, then asked one query at a time.

Usage: .venv/bin/python -m bench.search.warm [--rows 50000000]

Wall time, since waiting for memory is what is asked about. All queries are different and uniform, the rows too; one
more set of queries has three bits changed in a row each, and all of these must be found.
"""

import argparse
import time

import numpy as np
from numpy.typing import NDArray

from notcontent.matching import MihIndex

_RADIUS = 31
_SINGLES, _SWEEP, _PLANTED, _ROUNDS = 1_000, 20_000, 2_000, 3
_FIRST = 200


def singles(index: MihIndex, queries: NDArray[np.uint8]) -> str:
    """Ask one by one; give the percentiles of the times."""
    times = []
    for place in range(len(queries)):
        began = time.perf_counter()
        index.search(queries[place : place + 1], _RADIUS)
        times.append(time.perf_counter() - began)
    p10, p50, p90, p99 = 1e6 * np.percentile(times, [10, 50, 90, 99])
    return f"one query: p50 {p50:,.0f} µs (p10 {p10:,.0f}, p90 {p90:,.0f}), p99 {p99:,.0f} µs"


def batch(index: MihIndex, queries: NDArray[np.uint8]) -> float:
    """Ask all at once with one thread; give the microseconds a query."""
    began = time.perf_counter()
    index.search(queries, _RADIUS)
    return 1e6 * (time.perf_counter() - began) / len(queries)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000_000)
    count = parser.parse_args().rows
    rng = np.random.default_rng(50)
    rows = rng.integers(0, 256, (count, 32), dtype=np.uint8)
    began = time.perf_counter()
    index = MihIndex.build(rows)
    print(f"{count:,} rows built in {time.perf_counter() - began:.1f} s")
    planted = rows[rng.integers(0, count, _PLANTED)]
    planted[:, 3] ^= 0x07
    del rows
    strangers = rng.integers(0, 256, (_FIRST + _SWEEP + _ROUNDS * _SINGLES, 32), dtype=np.uint8)
    print(f"the first {_FIRST}: {singles(index, strangers[:_FIRST])}", flush=True)
    sweep = strangers[_FIRST : _FIRST + _SWEEP]
    for some in np.split(strangers[_FIRST + _SWEEP :], _ROUNDS):
        print(f"{_SWEEP:,} in a batch: {batch(index, sweep):.1f} µs a query; then {singles(index, some)}", flush=True)
    found = index.search(planted, _RADIUS)
    if not np.diff(found.lims).all():
        raise SystemExit("a planted row was not found")
    print(f"planted: {singles(index, planted)}")


if __name__ == "__main__":
    main()
