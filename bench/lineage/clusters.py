"""How long it takes to tell which of many media hashes are one picture, and how much memory.

Usage: python bench/lineage/clusters.py [--sizes 4 5 6] [--seed N]

Every size runs in a process of its own, for its peak memory. A tenth of the hashes are originals; the rest are copies
of one of them, the popular ones more often, a third of these with up to 40 bits changed. Seconds are of
`cluster_hashes` alone; up to four threads.
"""

import argparse
import json
import resource
import subprocess
import sys
import time

import numpy as np

from notcontent.lineage.clusters import cluster_hashes


def measure(size: int, seed: int) -> None:
    """Run one size and print what it took, as JSON."""
    chance = np.random.default_rng(seed)
    count = 10**size
    originals = chance.integers(0, 256, (max(1, count // 10), 32), dtype=np.uint8)
    rows = originals[(chance.random(count) ** 2 * len(originals)).astype(np.int64)]
    edited = np.flatnonzero(chance.random(count) < 1 / 3)
    for turn in range(40):
        here = edited[chance.integers(0, 41, len(edited)) > turn]
        bit = chance.integers(0, 256, len(here))
        rows[here, bit // 8] ^= (1 << (bit % 8)).astype(np.uint8)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    began, worked = time.monotonic(), time.process_time()
    clusters = cluster_hashes(rows, np.full(count, 90, np.uint8))
    seconds, work = time.monotonic() - began, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        json.dumps(
            {
                "hashes": count,
                "clusters": int(clusters.max()) + 1,
                "seconds": round(seconds, 2),
                "cpu_seconds": round(work, 2),
                "peak_gb": round(peak, 2),
                "peak_before_gb": round(before, 2),
            }
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[4, 5, 6])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one is not None:
        measure(asked.one, asked.seed)
        return
    for size in asked.sizes:
        command = [sys.executable, __file__, "--one", str(size), "--seed", str(asked.seed)]
        print(subprocess.run(command, check=True, capture_output=True, text=True).stdout, end="", flush=True)


if __name__ == "__main__":
    main()
