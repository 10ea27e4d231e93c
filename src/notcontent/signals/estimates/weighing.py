"""From estimated coefficients to a hash whose bits count unequally."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from notcontent.signals.estimates.prior import KEPT, SPREAD, Floats

BITS: Final = KEPT * KEPT
_MEDIAN_RANK = 127
MOST = 2.0
"""A coefficient counts as at most so many times their root mean square."""
POWER = 0.7
"""... and by this power of it, between 0 (all bits alike) and 1. Flatter weights tell strangers apart better: see
docs/adr/0012-estimates-hold-never-block.md."""

_TINY = np.float32(1e-30)
"""Has a logarithm, and a power that is nothing beside the others."""
LEAST = 0.02
"""Root mean square, in units of the prior's, below which there is nothing but rounding. Development pictures have
0.38 to 2.25."""


class Weighed(NamedTuple):
    """Estimated hashes, and how much each bit counts, both in the order of a hash written out."""

    values: NDArray[np.uint8]
    """u8[n, 32]"""
    weights: Floats
    """f32[n, 256], from 0 up; each row of length 1."""


def signed_weights(coefficients: Floats) -> Floats:
    """Give signed weights f32[n, 256] of estimated coefficients f32[n, 256], bit 16 i + j first, each of length 1.

    Coefficients come in units of their prior's standard deviation. Rows that hardly differ give zeros.
    """
    above = coefficients - _medians(coefficients)
    level = np.sqrt(np.einsum("ij,ij->i", above, above) / BITS)[:, None]
    above *= (level >= LEAST) / np.maximum(level, LEAST)
    # A power by logarithms, which NumPy takes for a register full of numbers at once.
    sizes = np.minimum(np.abs(above), np.float32(MOST))
    weights = np.sign(above) * np.exp(np.float32(POWER) * np.log(np.maximum(sizes, _TINY)))
    length = np.sqrt(np.einsum("ij,ij->i", weights, weights))[:, None]
    signed: Floats = weights / np.where(length > 0, length, 1)
    return signed


def _medians(coefficients: Floats) -> Floats:
    """Give each row's median as PDQ means it, after the prior's units are undone, in them again: f32[n, 256]."""
    spread = SPREAD.ravel()
    medians = np.partition(coefficients * spread, _MEDIAN_RANK, axis=1)[:, _MEDIAN_RANK : _MEDIAN_RANK + 1]
    return (medians / spread).astype(np.float32)


def weigh(signed: Floats) -> Weighed:
    """Part signed weights into hashes and weights."""
    written = signed[:, ::-1]
    values = np.packbits(written > 0, axis=1)
    return Weighed(values, np.ascontiguousarray(np.abs(written)))


def signs(values: NDArray[np.uint8]) -> Floats:
    """Give hashes u8[n, 32] as +1 and -1, bit 16 i + j first: f32[n, 256]."""
    bits = np.unpackbits(values, axis=1)[:, ::-1].astype(np.float32)
    bits *= 2
    bits -= 1
    return bits
