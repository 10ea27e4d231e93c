"""The bound that memory sets to one query, measured on this machine in the same run.

Multi-index hashing with 16 tables of 16 bits and check words, radius 31, asks 16 x 17 = 272 buckets a query: the chunk
itself and its 16 neighbours at one bit. If it touched each cache line once, never waited for an answer before asking
for the next, and computed for nothing, it would take

    bound = lines x ns a random line
    lines = 16 x 13 + buckets + (2 entries - 2 buckets) / 64 + 2 survivors

- 16 x 13: the offsets; keys that differ in the last four bits share a line.
- The check words of a bucket, 2 bytes each: a run of b bytes lies in 1 + (b - 2) / 64 lines.
- Of each entry whose check word does not rule it out, the id and the row.

`buckets` (of the 272, those not empty), `entries` in them and `survivors` (d_i <= 1 and d_i + d_(i+1) <= 3, d_i the
distance of chunk i) are counted on the scene's own rows and queries, under a random order of the 256 bits. ns a random
line is measured over a buffer as large as the index.
"""

import ctypes
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.search.data import Rows, Scene, read_rows
from bench.search.truth import read_truth

TABLES, BITS = 16, 16
OFFSET_LINES = TABLES * (BITS - 3)

_HUGE_PAGE = 2 << 20
_AHEAD = (8, 16, 24, 32, 48, 64)
_READS = 400_000
_SAMPLE_QUERIES = 100
_SAMPLE_ROWS = 1_000_000


@dataclass(frozen=True, slots=True)
class Touched:
    """What one query of a scene touches, on average."""

    buckets: float
    entries: float
    survivors: float

    @property
    def lines(self) -> float:
        """Count the cache lines: the formula above."""
        return OFFSET_LINES + self.buckets + 2 * (self.entries - self.buckets) / 64 + 2 * self.survivors


def touched(scene: Scene) -> Touched:
    """Count on a sample of queries, and on at most a million rows, scaled up."""
    rng = np.random.default_rng(0)
    rows, queries = read_rows(scene), read_truth(scene).queries
    sample = rows[rng.integers(0, len(rows), _SAMPLE_ROWS)] if len(rows) > _SAMPLE_ROWS else rows
    order = rng.permutation(TABLES * BITS)
    keys, asked = _chunks(sample, order), _chunks(queries[:_SAMPLE_QUERIES], order)
    counts = np.array([_count(keys, query) for query in asked]).mean(axis=0)
    scale = len(rows) / len(sample)
    return Touched(float(counts[0]), float(counts[1] * scale), float(counts[2] * scale))


def _chunks(rows: Rows, order: NDArray[np.int64]) -> NDArray[np.uint16]:
    """Put the bits of each row in another order and give its chunks, u16[16, n]."""
    chunks = np.empty((TABLES, len(rows)), np.uint16)
    for start in range(0, len(rows), 100_000):
        bits = np.unpackbits(rows[start : start + 100_000], axis=1).take(order, axis=1)
        chunks[:, start : start + 100_000] = np.packbits(bits, axis=1).view(np.uint16).T
    return chunks


def _count(keys: NDArray[np.uint16], query: NDArray[np.uint16]) -> tuple[int, int, int]:
    """Count non-empty buckets, entries and survivors of one query."""
    buckets = entries = survivors = 0
    for table in range(TABLES):
        differing = keys[table] ^ query[table]
        near = np.flatnonzero(differing & (differing - np.uint16(1)) == 0)  # no bit, or one
        following = (table + 1) % TABLES
        both = np.bitwise_count(differing[near]) + np.bitwise_count(keys[following][near] ^ query[following])
        buckets += len(np.unique(differing[near]))
        entries += len(near)
        survivors += int((both <= 3).sum())
    return buckets, entries, survivors


@dataclass(frozen=True, slots=True)
class Memory:
    """What one turn measured."""

    line_ns: float
    stream_gb_s: float


class Buffer:
    """Memory of a given size to measure on. It must be closed."""

    def __init__(self, size: int, folder: Path) -> None:
        """Compile and map: `size` bytes, rounded up to 2 MiB."""
        self.size = -(-size // _HUGE_PAGE) * _HUGE_PAGE
        self._library = _compiled(folder)
        self._base = self._library.bench_map(self.size)
        if not self._base:
            raise MemoryError
        self.huge = _in_huge_pages(self._base)

    def measure(self) -> Memory:
        """Take one turn. How far ahead to ask is left to the machine: the best of several counts."""
        bench = self._library.bench_random
        line_ns = min(bench(self._base, self.size, _READS, ahead, seed) for seed, ahead in enumerate(_AHEAD))
        return Memory(line_ns, self._library.bench_stream(self._base, self.size))

    def close(self) -> None:
        self._library.bench_unmap(self._base, self.size)


def _compiled(folder: Path) -> ctypes.CDLL:
    library = folder / "bounds.so"
    if not library.exists():
        source = Path(__file__).with_name("bounds.cpp")
        flags = ["-std=c++17", "-O3", "-march=native", "-shared", "-fPIC"]
        subprocess.run(["c++", *flags, "-o", library, source], check=True)
    loaded = ctypes.CDLL(str(library))
    loaded.bench_map.restype, loaded.bench_map.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    loaded.bench_unmap.restype, loaded.bench_unmap.argtypes = None, [ctypes.c_void_p, ctypes.c_size_t]
    loaded.bench_random.restype, loaded.bench_stream.restype = ctypes.c_double, ctypes.c_double
    sized: list[Any] = [ctypes.c_void_p, ctypes.c_size_t]
    loaded.bench_random.argtypes = [*sized, ctypes.c_uint64, ctypes.c_int, ctypes.c_uint64]
    loaded.bench_stream.argtypes = sized
    return loaded


def _in_huge_pages(base: int) -> float:
    """Tell the share of the mapping at `base` that lies in huge pages."""
    maps = Path("/proc/self/smaps").read_text(encoding="utf-8")
    found = re.search(rf"^{base:x}-.*?^Rss:\s+(\d+) kB.*?^AnonHugePages:\s+(\d+) kB", maps, re.MULTILINE | re.DOTALL)
    return int(found[2]) / max(1, int(found[1])) if found else 0.0
