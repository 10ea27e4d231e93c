"""PDQ, Meta's hash of a picture's coarse structure, in its linear form.

Source: "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", and the C++ of
facebook/ThreatExchange; the package `pdqhash` wraps the latter and is the tests' oracle.

Until the median every step of PDQ is linear in the picture: two box filters, decimation to 64x64 and a discrete cosine
transform are matrices, so the 16x16 coefficients are B = D·(V·luma·Hᵀ)·Dᵀ. Each of the 64 rows of V touches about
height/64 rows of the picture, so the product goes strip by strip and needs little memory.

The reference keeps running sums in float32, we multiply in float64. Equal luma gives equal bits unless two coefficients
around the median lie closer together than the reference's rounding: see `margin` and docs/adr/0001-linear-pdq.md.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

HASH_BYTES = 32
MIN_SIDE = 5
"""The reference gives the zero hash, at quality 0, to a picture with a shorter side."""

REFERENCE_ROUNDING = 0.05
"""How far the reference's float32 coefficients may lie from the exact ones, in units of luma (0.024 was measured).

Bits whose coefficient is farther than that from the median are the same in every sound implementation.
"""

_GRID = 64
_KEPT = 16
_MEDIAN_RANK = 127
"""Zero-based rank of the reference's integer median of 256 values: the 128th smallest."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, repr=False)
class Hashed:
    """A PDQ hash and the quality of what it was made from.

    A hash can be turned back into a rough picture: it is never logged, and `repr` hides it.
    """

    value: bytes
    """32 bytes, "bit 255 first": the order of the published hexadecimal form."""
    quality: int
    """0..100; below 50 the picture was too plain to be told from others."""

    @property
    def hex(self) -> str:
        """The value as 64 lower-case hexadecimal digits."""
        return self.value.hex()

    def __repr__(self) -> str:
        """Show the type alone."""
        return "<Hashed redacted>"


@dataclass(frozen=True, slots=True)
class _Tap:
    """One output sample along an axis: the weights of the input samples from `start` on."""

    start: int
    weights: Floats


def pdq(luma: NDArray[np.uint8] | NDArray[np.float32]) -> Hashed:
    """Hash a luma picture of shape (height, width), values 0..255.

    A side shorter than 5 gives 32 zero bytes at quality 0, as the reference does. Memory beyond the picture: 8 bytes a
    pixel of one strip (height/64 rows), and 512 bytes a column.
    """
    if min(luma.shape) < MIN_SIDE:
        return Hashed(bytes(HASH_BYTES), 0)
    small = _shrink(luma)
    return Hashed(_bits(_transform(small)), _quality(small))


def coefficients(luma: NDArray[np.uint8] | NDArray[np.float32]) -> Floats:
    """Give the 16x16 cosine coefficients that `pdq` compares with their median; bit 16·i + j of the hash is [i, j]."""
    return _transform(_shrink(luma))


def margin(luma: NDArray[np.uint8] | NDArray[np.float32]) -> float:
    """Tell how far the median is from the next larger coefficient, in units of luma: 0 is a tie.

    Only this gap matters: the hash marks the coefficients above the 128th smallest, so an implementation whose
    rounding is smaller than half of it gives the same 256 bits.
    """
    ordered = np.partition(coefficients(luma).ravel(), (_MEDIAN_RANK, _MEDIAN_RANK + 1))
    return float(ordered[_MEDIAN_RANK + 1] - ordered[_MEDIAN_RANK])


def _shrink(luma: NDArray[np.uint8] | NDArray[np.float32]) -> Floats:
    """Blur with two box filters along each axis and take 64x64 samples."""
    height, width = luma.shape
    down = np.empty((_GRID, width))
    rows = _taps(height)
    strip = np.empty((max(len(tap.weights) for tap in rows), width))
    for k, tap in enumerate(rows):
        part = strip[: len(tap.weights)]
        part[...] = luma[tap.start : tap.start + len(tap.weights)]
        np.matmul(tap.weights, part, out=down[k])
    small = np.empty((_GRID, _GRID))
    for k, tap in enumerate(_taps(width)):
        small[:, k] = down[:, tap.start : tap.start + len(tap.weights)] @ tap.weights
    return small


def _transform(small: Floats) -> Floats:
    """Take the 16x16 cosine coefficients of lowest frequency, without the constant ones."""
    cosines = _cosines()
    return cosines @ small @ cosines.T


def _bits(values: Floats) -> bytes:
    """Mark what is above the median; bit 255 comes first."""
    flat = values.ravel()
    median = np.partition(flat, _MEDIAN_RANK)[_MEDIAN_RANK]
    return np.packbits((flat > median)[::-1]).tobytes()


def _quality(small: Floats) -> int:
    """Sum the steps between neighbours, in the reference's float32 arithmetic: flat pictures score 0, busy ones 100."""
    samples = small.astype(np.float32)
    steps = (np.diff(samples, axis=0), np.diff(samples, axis=1))
    total = sum(int(np.abs(np.trunc(step * np.float32(100) / np.float32(255))).sum(dtype=np.int64)) for step in steps)
    return min(100, total // 90)


@lru_cache(maxsize=1)
def _cosines() -> Floats:
    """Rows 1..16 of the 64-point cosine transform, rounded to float32 as the reference's table is."""
    row = np.arange(1, _KEPT + 1)[:, None]
    column = 2 * np.arange(_GRID)[None, :] + 1
    scale = np.float64(np.float32(np.sqrt(2 / _GRID)))
    table: NDArray[np.float32] = (scale * np.cos(np.pi / 2 / _GRID * row * column)).astype(np.float32)
    return table.astype(np.float64)


@lru_cache(maxsize=256)
def _taps(n: int) -> tuple[_Tap, ...]:
    """For an axis of n samples: what each of the 64 output samples is made of.

    The reference runs a box of `window` samples twice (shorter where it hangs over an edge) and keeps the samples at
    int((k + 0.5)·n / 64). A window of 1 changes nothing, so that n = 64 is the identity, as in the reference.
    """
    window = (n + 2 * _GRID - 1) // (2 * _GRID)
    ahead = (window + 2) // 2
    behind = window - ahead
    taps = []
    for k in range(_GRID):
        centre = int((k + 0.5) * n / _GRID)
        first, end = max(0, centre - behind), min(n, centre + ahead)
        start, stop = max(0, first - behind), min(n, end - 1 + ahead)
        if stop - start == 2 * window - 1:  # both boxes whole: a tent
            box = np.full(window, 1 / window)
            taps.append(_Tap(start, np.convolve(box, box)))
            continue
        weights = np.zeros(stop - start)
        for inner in range(first, end):
            low, high = max(0, inner - behind), min(n, inner + ahead)
            weights[low - start : high - start] += 1 / (end - first) / (high - low)
        taps.append(_Tap(start, weights))
    return tuple(taps)
