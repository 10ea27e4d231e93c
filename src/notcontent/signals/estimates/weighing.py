"""From estimated coefficients to a hash whose bits count unequally."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from notcontent.signals.estimates import _fit
from notcontent.signals.estimates.prior import FITTER, Floats

MOST = 2.0
"""A coefficient counts as at most so many times their root mean square."""
POWER = 0.7
"""... and by this power of it, between 0 (all bits alike) and 1. Flatter weights tell strangers apart better: see
docs/adr/0012-estimates-hold-never-block.md."""
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

    Coefficients come in units of their prior's standard deviation; what they are above or below is their median as PDQ
    means it, the 128th smallest, before they were in these. Rows that hardly differ give zeros.
    """
    return FITTER.weigh(coefficients, MOST, POWER, LEAST)


def weigh(signed: Floats) -> Weighed:
    """Part signed weights into hashes and weights."""
    return Weighed(*_fit.parted(signed))


def signs(values: NDArray[np.uint8]) -> Floats:
    """Give hashes u8[n, 32] as +1 and -1, bit 16 i + j first: f32[n, 256]."""
    bits = np.unpackbits(values, axis=1)[:, ::-1].astype(np.float32)
    bits *= 2
    bits -= 1
    return bits
