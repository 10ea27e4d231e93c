"""What a score is worth: an entry and an estimate that say little agree by chance far more often than others.

Scores of unrelated pictures of ordinary scenes are about normal. The far tail is made by pictures of one pattern: wood,
stripes, a galaxy on black, a disc on a plain ground. Four measures tell most of them apart, and what they say is taken
off the score:

- grain (`signals.grain`), of both hashes: one column times one row explains the bits;
- spot, of both hashes: drawn back into a picture, the bits lie in one place;
- evenness, of the estimate: few bits have all the weight, as those of a symmetric picture;
- the weakest class of bits: a shape agrees with another like it in the frequencies that its symmetry has, not in the
  others, while a picture agrees with itself in all.

docs/explanation/estimates.md has the pairs they were measured on, and the tail that is left.
"""

import math
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from notcontent.signals.estimates.looking import Settled
from notcontent.signals.estimates.prior import CELLS, KEPT, Floats
from notcontent.signals.estimates.weighing import signs
from notcontent.signals.grain import grains

PLAIN_GRAIN, GRAIN_COSTS = 0.15, 10.0
PLAIN_SPOT, SPOT_COSTS = 1.5, 0.5
EVEN, UNEVEN_COSTS = 0.83, 20.0
STRONG, WEAK_COSTS = 5.0, 1.0
LEAST = 7.0
"""However small the bank, less evidence than this is none."""


def spots(values: NDArray[np.uint8]) -> Floats:
    """Tell how far the bits of hashes u8[n, 32], drawn back, lie in one place: the log of the energy's second moment.

    f32[n]: 1.1 for random bits; ordinary pictures to 2.
    """
    drawn = _back() @ signs(values).reshape(-1, KEPT, KEPT) @ _back().T
    energy = drawn * drawn
    found: Floats = np.log(np.mean(energy * energy, axis=(1, 2)) / np.mean(energy, axis=(1, 2)) ** 2)
    return found


def costs(values: NDArray[np.uint8]) -> Floats:
    """Give what grain and spot of hashes u8[n, 32] take off a score: f32[n]."""
    off: Floats = GRAIN_COSTS * np.maximum(0, grains(values) - PLAIN_GRAIN)
    off += SPOT_COSTS * np.maximum(0, spots(values) - PLAIN_SPOT)
    return off


@cache
def _back() -> Floats:
    """Give cosines 1 to 16 at the middles of the cells: [24, 16]."""
    middles = (np.arange(CELLS) + 0.5) / CELLS
    found: Floats = (np.sqrt(2) * np.cos(np.pi * np.outer(middles, np.arange(1, KEPT + 1)))).astype(np.float32)
    return found


def evidence(settled: Settled, entry: NDArray[np.uint8]) -> float:
    """Take off a score what speaks against it: see above. `entry` u8[32] is what the estimate was settled with."""
    off = UNEVEN_COSTS * max(0.0, EVEN - settled.evenness) + WEAK_COSTS * max(0.0, STRONG - settled.weakest)
    return settled.score - off - float(costs(np.stack([settled.value, entry])).sum())


TAIL_SHARE: Final = 2.5e-7
"""The share of pairs of strangers whose evidence is 8 or more ..."""
TAIL_FROM, TAIL_FALL = 8.0, 0.74
"""... and by how much it must rise for that share to fall to 1 / e. docs/explanation/estimates.md has what was counted:
discs and rings on plain grounds are what is left above 8."""


def chance(least: float) -> float:
    """Give the share of pairs of strangers whose evidence reaches `least`, by the tail."""
    return min(1.0, TAIL_SHARE * math.exp((TAIL_FROM - least) / TAIL_FALL))


def least_evidence(entries: int, false_holds: float) -> float:
    """Give the evidence that at most `false_holds` uploads of strangers reach, in a bank of so many entries."""
    return max(LEAST, TAIL_FROM + TAIL_FALL * math.log(TAIL_SHARE * max(entries, 1) / false_holds))


def entries_for(reached: float, false_holds: float) -> int:
    """Give the largest bank in which this evidence is enough; 0 when there is none."""
    return int(false_holds / chance(reached)) if reached >= LEAST else 0
