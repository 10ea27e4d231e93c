"""PDQ, Meta's hash of a picture's coarse structure, in its linear form.

Source: "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", and the C++ of
facebook/ThreatExchange; the package `pdqhash` wraps the latter and is the tests' oracle.

Until the median every step of PDQ is linear in the picture: two box filters, decimation to 64x64 and a discrete cosine
transform are matrices, so the 16x16 coefficients are B = D·(V·luma·Hᵀ)·Dᵀ. Each of the 64 rows of V touches about
height/64 rows of the picture, so the product goes band by band and needs little memory. The native core (`_pdq`, its
sources in transform/) does the sums; tests/linear_pdq.py is the same in NumPy, a line for a step.

The reference keeps running sums in float32, we sum in float64, in one order on every processor. At full size nearly all
weights are whole numbers over a common one, so the core sums those first, several times as fast; and cosines are their
own mirror images, so it takes them by halves, a third of the multiplications. It bounds how far float64 in that one
order could lie from either: only where the bound leaves a bit or the quality open it sums again. Equal luma gives equal
bits unless two coefficients around the median lie closer together than the reference's rounding: see `margin` and
docs/adr/0001-linear-pdq.md.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from notcontent.signals import _pdq
from notcontent.signals.luma import Luma

HASH_BYTES = 32
MIN_SIDE = 5
"""The reference gives the zero hash, at quality 0, to a picture with a shorter side."""

REFERENCE_ROUNDING = 0.05
"""How far the reference's float32 coefficients may lie from the exact ones, in units of luma (0.024 was measured).

Bits whose coefficient is farther than that from the median are the same in every sound implementation.
"""

_MEDIAN_RANK = 127
"""Zero-based rank of the reference's integer median of 256 values: the 128th smallest."""

_LONGEST_KEPT = 8192
"""Axes longer than this, in pixels, are made anew each time: they are rare, and large."""


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


def pdq(luma: Luma) -> Hashed:
    """Hash a luma picture, uint8 of shape (height, width).

    A side shorter than 5 gives 32 zero bytes at quality 0, as the reference does. Memory beyond the picture: 128 bytes
    a column, and 16 bytes a pixel of its longer sides.
    """
    if min(luma.shape) < MIN_SIDE:
        return Hashed(bytes(HASH_BYTES), 0)
    return Hashed(*_pdq.hash(in_rows(luma), *_whole_axes(luma.shape)))


def quality(luma: Luma, *, limited: bool = False) -> int:
    """Tell the quality that `pdq` gives, without the hash; `limited`: of the samples as `spread` gives them."""
    return _pdq.quality(in_rows(luma), *_whole_axes(luma.shape), limited) if min(luma.shape) >= MIN_SIDE else 0


def spread(luma: Luma) -> Luma:
    """Give a copy with video's range over the whole: 16 to 235 becomes 0 to 255, and what lies beyond is cut off."""
    return _pdq.spread(in_rows(luma))


def coefficients(luma: Luma) -> NDArray[np.float64]:
    """Give the 16x16 cosine coefficients that `pdq` compares with their median; bit 16·i + j of the hash is [i, j]."""
    return _pdq.coefficients(in_rows(luma), *_whole_axes(luma.shape))


def margin(luma: Luma) -> float:
    """Tell how far the median is from the next larger coefficient, in units of luma: 0 is a tie.

    Only this gap matters: the hash marks the coefficients above the 128th smallest, so an implementation whose
    rounding is smaller than half of it gives the same 256 bits.
    """
    ordered = np.partition(coefficients(luma).ravel(), (_MEDIAN_RANK, _MEDIAN_RANK + 1))
    return float(ordered[_MEDIAN_RANK + 1] - ordered[_MEDIAN_RANK])


def in_rows(luma: Luma) -> Luma:
    """Give the samples with each row in one piece, as the core wants them: a copy only of turned views."""
    return luma if luma.strides[1] == 1 else np.ascontiguousarray(luma)


def axis(pixels: int, first: int, end: int, scale: int, *, mirrored: bool = False) -> _pdq.Axis:
    """Give the operator along an axis of a picture, for the pixels [first, end), read at 1/scale.

    That of a whole axis of ordinary length is kept, as sizes come again. Raises ValueError for a part that is empty or
    outside, and a scale that is not 1, 2, 4 or 8.
    """
    if first == 0 and end == pixels <= _LONGEST_KEPT:
        return _whole_axis(pixels, scale, mirrored)
    return _pdq.Axis(pixels, first, end, scale, mirrored)


@lru_cache(maxsize=128)
def _whole_axis(pixels: int, scale: int, mirrored: bool) -> _pdq.Axis:
    """Make the operator of a whole axis: some 64 KiB of weights at most."""
    return _pdq.Axis(pixels, 0, pixels, scale, mirrored)


@lru_cache(maxsize=8)
def _whole_axes(shape: tuple[int, int]) -> tuple[_pdq.Axis, _pdq.Axis]:
    """Give the operators down and across a picture at its own size; the last ones are kept, for a film's frames."""
    height, width = shape
    return axis(height, 0, height, 1), axis(width, 0, width, 1)
