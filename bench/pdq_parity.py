"""How often our PDQ and `pdqhash` differ on equal luma, over a corpus that this file defines.

Usage: .venv/bin/python bench/pdq_parity.py [pictures of each kind]
"""

import sys
from collections.abc import Callable, Iterator

import numpy as np
import pdqhash
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from notcontent.signals.pdq import coefficients, pdq

Luma = NDArray[np.uint8]
Chance = np.random.Generator

PHOTOS = (
    *("brick", "camera", "cell", "chelsea", "coffee", "coins", "grass", "gravel", "hubble_deep_field"),
    *("moon", "page", "retina", "rocket", "text"),
)


def noise(chance: Chance, height: int, width: int) -> Luma:
    return chance.integers(0, 256, (height, width), dtype=np.uint8)


def smooth(chance: Chance, height: int, width: int) -> Luma:
    """Blow up a few random blobs."""
    seed = Image.fromarray(chance.integers(0, 256, (8, 8), dtype=np.uint8))
    return np.asarray(seed.resize((width, height), Image.Resampling.BICUBIC))


def gradient(chance: Chance, height: int, width: int) -> Luma:
    """Slope from one corner to another, in whole levels."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    down, right = chance.uniform(-127, 127, 2)
    luma: Luma = (127.5 + down * (y - 0.5) + right * (x - 0.5)).astype(np.uint8)
    return luma


def sparse(chance: Chance, height: int, width: int) -> Luma:
    """Put a few light points on black."""
    luma = np.zeros((height, width), dtype=np.uint8)
    count = int(chance.integers(1, 9))
    luma[chance.integers(0, height, count), chance.integers(0, width, count)] = chance.integers(1, 256, count)
    return luma


def stripes(chance: Chance, height: int, width: int) -> Luma:
    """Draw upright bars: every row is alike, so that nearly all coefficients are zero but for rounding."""
    return np.broadcast_to(chance.integers(0, 256, width, dtype=np.uint8), (height, width)).copy()


def mirrored(chance: Chance, height: int, width: int) -> Luma:
    """Join noise and its mirror image: every second column of coefficients is zero but for rounding."""
    half = noise(chance, height, width)
    return np.concatenate([half[:, : width // 2], half[:, : width // 2][:, ::-1]], axis=1)


def flat(chance: Chance, height: int, width: int) -> Luma:
    return np.full((height, width), chance.integers(0, 256), dtype=np.uint8)


KINDS: tuple[Callable[[Chance, int, int], Luma], ...] = (noise, smooth, gradient, sparse, stripes, mirrored, flat)


def photos() -> Iterator[Luma]:
    """Give each photo at four scales: whole, cropped at odd offsets, and turned."""
    for name in PHOTOS:
        whole = Image.fromarray(getattr(data, name)()).convert("L")
        for scale in (1.0, 0.7, 0.31, 0.13):
            luma = np.asarray(whole.resize((int(whole.width * scale), int(whole.height * scale))))
            yield luma
            yield luma[3:, : luma.shape[1] * 2 // 3]
            yield luma[luma.shape[0] // 5 :, 7:]
            yield luma.T


def generated(kind: Callable[[Chance, int, int], Luma], count: int) -> Iterator[Luma]:
    """Give pictures of a kind, sides 5 to 700."""
    chance = np.random.Generator(np.random.PCG64(2026))
    for _ in range(count):
        height, width = (int(side) for side in chance.integers(5, 701, 2))
        yield kind(chance, height, max(6, width))


def compare(luma: Luma) -> tuple[int, float, float, bool, int]:
    """Give differing bits, how far the farthest is from the median, the largest error, and quality: differs, value."""
    colour = np.ascontiguousarray(np.repeat(luma[:, :, None], 3, axis=2))
    vector, quality = pdqhash.compute(colour)
    reference = pdqhash.compute_float(colour)[0][::-1].reshape(16, 16)
    ours, values = pdq(luma), coefficients(luma)
    bits = np.unpackbits(np.frombuffer(ours.value, dtype=np.uint8))
    differ = (bits != vector)[::-1].reshape(16, 16)
    median = np.partition(values.ravel(), 127)[127]
    farthest = float(np.abs(values - median)[differ].max(initial=0))
    error = float(np.abs(values - reference).max())
    return int(differ.sum()), farthest, error, ours.quality != quality, quality


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print(
        "| corpus | pictures | hashes that differ | of quality >= 50 | qualities that differ"
        " | most bits | farthest | error |"
    )
    print("|---|---|---|---|---|---|---|---|")
    sources: list[tuple[str, Iterator[Luma]]] = [("photos", photos())]
    sources += [(kind.__name__, generated(kind, count)) for kind in KINDS]
    for name, pictures in sources:
        rows = [compare(luma) for luma in pictures]
        differing = [row for row in rows if row[0]]
        print(
            f"| {name} | {len(rows)} | {len(differing)} | {sum(row[4] >= 50 for row in differing)}"
            f" of {sum(row[4] >= 50 for row in rows)} | {sum(row[3] for row in rows)} | {max(row[0] for row in rows)}"
            f" | {max(row[1] for row in rows):.1e} | {max(row[2] for row in rows):.1e} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
