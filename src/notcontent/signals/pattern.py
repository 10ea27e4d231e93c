"""Which hashes say little: those that one pattern or one spot explains.

Strangers that come near each other are nearly all of two kinds. Wood, stripes and slopes have much `grain`; an edge or
a small thing on a plain ground has its whole hash in one place, a `spot`. docs/explanation/robustness.md has the pairs
that the limits were chosen on, and how many copies are of the kind.
"""

import numpy as np
from numpy.typing import NDArray

from notcontent.signals.estimates.worth import spots
from notcontent.signals.grain import MOST_GRAIN, grains

MOST_SPOT = 2.6
"""Of a hundred looks at ordinary pictures two or three are above; a thing in a corner of a plain ground comes to 6."""


def patterns(values: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell which of the hashes u8[n, 32] say little: bool[n]."""
    return np.asarray((grains(values) > MOST_GRAIN) | (spots(values) > MOST_SPOT))


def is_pattern(value: bytes) -> bool:
    """Tell whether a hash of 32 bytes says little."""
    return bool(patterns(np.frombuffer(value, np.uint8)[None])[0])
