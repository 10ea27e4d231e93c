"""How much of a hash a single pattern explains: wood, stripes, slopes have hashes that say far less than 256 bits.

A picture that only changes along one direction, a little faded across it, has coefficients that are nearly one column
times one row. Their signs are then the product of 16 signs and 16 signs, and two unrelated pictures of that kind are
near each other far more often than others: in docs/explanation/robustness.md every pair of strangers within 45 bits was
of this kind, and quality did not tell, because such pictures have many steps.
"""

import numpy as np
from numpy.typing import NDArray

from notcontent.signals import _pdq

MOST_GRAIN = 0.4
"""Looks at turns and parts above this are not taken. Random bits have 0.12, ordinary pictures to 0.31, wood to 1."""


def grain(value: bytes) -> float:
    """Give the sum of the fourth powers of the hash's singular values, as a 16 x 16 matrix of signs, over 16^4.

    1 when one pattern explains every bit, 1/16 at the least.
    """
    return _pdq.grain(value)


def grains(values: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Do the same for hashes u8[n, 32]: f32[n]."""
    return _pdq.grains(np.ascontiguousarray(values))
