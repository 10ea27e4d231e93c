"""256-bit values for every file, as far from each other as the edits between them make them: no picture is drawn."""

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.observations import MediaHash
from notcontent.lineage.simulation.contents import DISTANCES, Kind, Rows

FRAMES = 3
"""Hashes of a video: one of each frame that differs."""


class Hashes:
    """Gives each file's hashes, as media mode would: one of a photo, one of each of a video's frames."""

    def __init__(self, rows: Rows, seed: int) -> None:
        """Hash everything at once."""
        self._values = hash_variants(rows, seed)
        self._frames = np.where(rows["kind"] == Kind.PHOTO, 1, np.where(rows["kind"] == Kind.VIDEO, FRAMES, 0)).tolist()
        self._quality = rows["quality"].tolist()
        self._made: dict[int, tuple[MediaHash, ...]] = {}

    def of(self, variant: int) -> tuple[MediaHash, ...]:
        """Give the hashes of one file; none of a sound or document."""
        if variant not in self._made:
            frames, quality = self._values[variant, : self._frames[variant]], self._quality[variant]
            self._made[variant] = tuple(MediaHash(frame.tobytes(), quality) for frame in frames)
        return self._made[variant]


def hash_variants(rows: Rows, seed: int) -> NDArray[np.uint8]:
    """Give u8[n, FRAMES, 32]; a photo has only the first. What is neither photo nor video has zeros.

    Each variant is its origin with some bits turned. How many is drawn by edit; which ones, evenly: real edits touch
    weak coefficients first, which changes nothing for an exact search by radius.
    """
    chance = np.random.Generator(np.random.PCG64([seed, 77]))
    values = np.zeros((len(rows), FRAMES, 32), np.uint8)
    depth = _depths(rows["origin"])
    for step in range(int(depth.max(initial=0)) + 1):
        for kind, frames in ((Kind.PHOTO, 1), (Kind.VIDEO, FRAMES)):
            made = np.flatnonzero((rows["kind"] == kind) & (depth == step))
            for part in np.array_split(made, max(1, len(made) // 20_000)):
                if step == 0:
                    values[part, :frames] = chance.integers(0, 256, (len(part), frames, 32), dtype=np.uint8)
                    continue
                bits = _distances(rows["edit"][part], chance)[:, None, None]
                drawn = chance.integers(0, 2**16, (len(part), frames, 256), dtype=np.uint16)
                turned = np.packbits(drawn < bits * 256, axis=2)
                values[part, :frames] = values[rows["origin"][part], :frames] ^ turned
    return values


def _depths(origin: NDArray[np.int32]) -> NDArray[np.int64]:
    """Count the edits between each variant and the first file."""
    depth = np.zeros(len(origin), np.int64)
    at = origin.astype(np.int64)
    while (open_ := at >= 0).any():
        depth[open_] += 1
        at[open_] = origin[at[open_]]
    return depth


def _distances(edits: NDArray[np.uint8], chance: np.random.Generator) -> NDArray[np.float64]:
    """Draw how many bits each edit turns on average."""
    distances = np.zeros(len(edits))
    for edit, (within, mean, least, most) in DISTANCES.items():
        those = np.flatnonzero(edits == edit)
        near = chance.gamma(4, mean / 4, len(those))
        far = chance.uniform(least, most, len(those))
        distances[those] = np.where(chance.random(len(those)) < within, np.minimum(near, 28), far)
    return distances
