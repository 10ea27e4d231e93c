"""PDQ in NumPy, a line for a step: the oracle of the native core, and of pictures read at a fraction of their size."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

GRID, KEPT, MEDIAN_RANK = 64, 16, 127


@cache
def shrinking(n: int) -> Floats:
    """Give the (64, n) matrix of two box filters and the choice of 64 samples."""
    window = (n + 2 * GRID - 1) // (2 * GRID)
    ahead = (window + 2) // 2
    box = np.zeros((n, n))
    for i in range(n):
        box[i, max(0, i - (window - ahead)) : i + ahead] = 1
    box /= box.sum(axis=1, keepdims=True)
    kept = ((np.arange(GRID) + 0.5) * n / GRID).astype(int)
    smoothed: Floats = box[kept] @ box
    return smoothed


def enlarging(n: int, scale: int) -> Floats:
    """Give the (n, ceil(n / scale)) matrix from means of `scale` pixels to estimates of the pixels."""
    m = -(-n // scale)
    if scale == 1:
        return np.eye(n)
    x = (np.arange(n) + 0.5) / scale - 0.5
    below = np.floor(x).astype(int)
    t = x - below
    cubic = np.zeros((n, m))
    taps = (
        -0.5 * t + t**2 - 0.5 * t**3,
        1 - 2.5 * t**2 + 1.5 * t**3,
        0.5 * t + 2 * t**2 - 1.5 * t**3,
        -0.5 * t**2 + 0.5 * t**3,
    )
    for away, weights in zip(range(-1, 3), taps, strict=True):
        np.add.at(cubic, (np.arange(n), np.clip(below + away, 0, m - 1)), weights)
    mean = np.zeros((m, n))
    mean[np.arange(n) // scale, np.arange(n)] = 1
    mean /= mean.sum(axis=1, keepdims=True)
    corrected: Floats = cubic @ (2 * np.eye(m) - mean @ cubic)
    return corrected


def axis(n: int, first: int, end: int, scale: int, *, mirrored: bool = False) -> Floats:
    """Give the (64, samples) matrix of a part of an axis."""
    small = shrinking(end - first)
    return (small[:, ::-1] if mirrored else small) @ enlarging(n, scale)[first:end]


def transform(small: Floats) -> Floats:
    """Take the 16x16 lowest frequencies without the constant ones; the table is in float32, as the reference's."""
    row, column = np.arange(1, KEPT + 1)[:, None], 2 * np.arange(GRID)[None, :] + 1
    scale = np.float64(np.float32(np.sqrt(2 / GRID)))
    cosines: Floats = (scale * np.cos(np.pi / 2 / GRID * row * column)).astype(np.float32).astype(np.float64)
    values: Floats = cosines @ small @ cosines.T
    return values


def bits(values: Floats) -> bytes:
    """Mark what is above the 128th smallest; bit 255 comes first."""
    flat = values.ravel()
    return np.packbits((flat > np.partition(flat, MEDIAN_RANK)[MEDIAN_RANK])[::-1]).tobytes()


def quality(small: Floats) -> int:
    """Sum the steps between neighbours, in float32."""
    samples = small.astype(np.float32)
    steps = (np.diff(samples, axis=0), np.diff(samples, axis=1))
    total = sum(int(np.abs(np.trunc(step * np.float32(100) / np.float32(255))).sum(dtype=np.int64)) for step in steps)
    return min(100, total // 90)


def small_of(luma: NDArray[np.uint8]) -> Floats:
    """Give the 64x64 samples of a whole picture."""
    height, width = luma.shape
    small: Floats = shrinking(height) @ luma @ shrinking(width).T
    return small


def pdq(luma: NDArray[np.uint8]) -> tuple[bytes, int]:
    """Hash a whole picture."""
    small = small_of(luma)
    return bits(transform(small)), quality(small)
