"""Banks and queries, drawn from seeds: the same rows for every engine and every run.

Two kinds of bank. `uniform`: random bits, as hashes of textured pictures nearly are. `skewed`: 40 % of the rows lie
around the hashes of plain pictures (gradients, soft spots), 2 % of those exactly on them, and 1 % lie in twenty dense
clusters, as reposts do; such banks have crowded buckets.

Of every ten queries one is planted: a banked row with 0 to 31 bits flipped. The others are strangers; for the skewed
bank half of them are the hashes of plain pictures that the bank has not seen.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from notcontent.matching.hashes import HASH_BITS, HASH_BYTES
from notcontent.signals import pdq

Rows = NDArray[np.uint8]

KINDS = ("uniform", "skewed")
SEED = 20261124
QUERIES = 10_000
RADIUS = 31
PLANTED_IN, PLANTED_FIRST = 10, 3
"""One query in ten is planted, among the first three of each ten: also an engine with time for only three meets one."""

_CENTRES = 4000
_AROUND_CENTRES, _ON_CENTRES, _HOT = 0.4, 0.02, 0.01
_HOT_CENTRES = 20
_CHUNK = 500_000


@dataclass(frozen=True, slots=True)
class Scene:
    """A bank with its queries, in files, so that every engine's process maps the same pages."""

    kind: str
    rows: int
    folder: Path

    @property
    def rows_file(self) -> Path:
        """u8[rows, 32]."""
        return self.folder / f"{self.kind}-{self.rows}.npy"

    @property
    def queries_file(self) -> Path:
        """`queries` u8[10,000, 32]; `planted` i64, the row that each was made from, or -1; `distance` i64."""
        return self.folder / f"{self.kind}-{self.rows}-queries.npz"

    @property
    def truth_file(self) -> Path:
        """What is right: see truth.py."""
        return self.folder / f"{self.kind}-{self.rows}-truth.npz"


def seed_of(kind: str, rows: int) -> list[int]:
    return [SEED, KINDS.index(kind), rows]


def write_scene(kind: str, rows: int, folder: Path) -> Scene:
    """Draw the bank and its queries into `folder`: 32 bytes a row on disk, one chunk at a time in memory."""
    scene = Scene(kind, rows, folder)
    rng = np.random.default_rng(seed_of(kind, rows))
    centres = plain_hashes(rng, _CENTRES) if kind == "skewed" else None
    bank = np.lib.format.open_memmap(scene.rows_file, mode="w+", dtype=np.uint8, shape=(rows, HASH_BYTES))
    for start in range(0, rows, _CHUNK):
        count = min(_CHUNK, rows - start)
        bank[start : start + count] = _random_rows(rng, count) if centres is None else _skewed(rng, count, centres)
    queries, planted, distance = _draw_queries(rng, bank, kind)
    np.savez(scene.queries_file, queries=queries, planted=planted, distance=distance)
    bank.flush()
    return scene


def read_rows(scene: Scene) -> Rows:
    """Map the bank, every page of it touched, so that no engine pays for the first reading."""
    rows: Rows = np.load(scene.rows_file, mmap_mode="r").view(np.ndarray)
    rows[::128, 0].sum()
    return rows


def plain_hashes(rng: np.random.Generator, count: int) -> Rows:
    """Hash so many plain pictures: a gradient each, some with soft spots. Their PDQ quality is mostly below 20."""
    values = b"".join(pdq(_plain_picture(rng)).value for _ in range(count))
    return np.frombuffer(values, np.uint8).reshape(-1, HASH_BYTES)


def _plain_picture(rng: np.random.Generator, side: int = 64) -> NDArray[np.uint8]:
    across = np.linspace(-1, 1, side)
    x, y = across[None, :], across[:, None]
    angle = rng.uniform(0, 2 * np.pi)
    luma = 128 + rng.uniform(10, 90) * (np.cos(angle) * x + np.sin(angle) * y)
    for _ in range(int(rng.integers(0, 3))):
        left, top, width = rng.uniform(-1, 1), rng.uniform(-1, 1), rng.uniform(0.3, 1)
        luma = luma + rng.uniform(-60, 60) * np.exp(-((x - left) ** 2 + (y - top) ** 2) / width**2)
    picture: NDArray[np.uint8] = np.clip(luma, 0, 255).astype(np.uint8)
    return picture


def _random_rows(rng: np.random.Generator, count: int) -> Rows:
    return rng.integers(0, 256, (count, HASH_BYTES), dtype=np.uint8)


def _skewed(rng: np.random.Generator, count: int, centres: Rows) -> Rows:
    """Draw rows of all three sorts, mixed."""
    rows, sort = _random_rows(rng, count), rng.random(count)
    hot = np.flatnonzero(sort < _HOT)
    near = np.flatnonzero((sort >= _HOT) & (sort < _HOT + _AROUND_CENTRES))
    flips = rng.integers(5, 61, len(near))
    flips[rng.random(len(near)) < _ON_CENTRES] = 0
    rows[near] = _flipped_about(rng, centres[rng.integers(0, len(centres), len(near))], flips)
    of_hot = centres[rng.integers(0, _HOT_CENTRES, len(hot))]
    rows[hot] = _flipped_about(rng, of_hot, rng.integers(0, 16, len(hot)))
    return rows


def _flipped_about(rng: np.random.Generator, rows: Rows, flips: NDArray[np.int64]) -> Rows:
    """Flip about so many bits in each row: a bit that is drawn twice is flipped back."""
    bits = np.repeat(np.arange(len(rows)) * HASH_BITS, flips) + rng.integers(0, HASH_BITS, int(flips.sum()))
    changed = rows.copy()
    np.bitwise_xor.at(changed.reshape(-1), bits >> 3, (1 << (bits & 7)).astype(np.uint8))
    return changed


def flipped_exactly(rng: np.random.Generator, rows: Rows, flips: NDArray[np.int64]) -> Rows:
    """Flip exactly so many bits in each row."""
    rank = np.argsort(np.argsort(rng.random((len(rows), HASH_BITS)), axis=1), axis=1)
    changed: Rows = rows ^ np.packbits(rank < flips[:, None], axis=1)
    return changed


def _draw_queries(rng: np.random.Generator, bank: Rows, kind: str) -> tuple[Rows, NDArray[np.int64], NDArray[np.int64]]:
    queries = _random_rows(rng, QUERIES)
    if kind == "skewed":
        plain = rng.random(QUERIES) < 0.5
        queries[plain] = plain_hashes(rng, int(plain.sum()))
    planted, distance = np.full(QUERIES, -1, np.int64), np.full(QUERIES, -1, np.int64)
    groups = QUERIES // PLANTED_IN
    places = np.arange(groups) * PLANTED_IN + rng.integers(0, PLANTED_FIRST, groups)
    planted[places] = rng.integers(0, len(bank), groups)
    distance[places] = rng.integers(0, RADIUS + 1, groups)
    queries[places] = flipped_exactly(rng, np.ascontiguousarray(bank[planted[places]]), distance[places])
    return queries, planted, distance
