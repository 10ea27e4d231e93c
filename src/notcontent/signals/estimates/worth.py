"""What a score is worth: an entry and an estimate that say little agree by chance far more often than others.

Scores of unrelated pictures of ordinary scenes are about normal. The far tail is made by pictures of one pattern: wood,
stripes, a galaxy on black, a disc on a plain ground. Seven measures tell most of them apart, and what they say is taken
off the score:

- grain (`signals.grain`), of both hashes: one column times one row explains the bits;
- spot, of both hashes: drawn back into a picture, the bits lie in one place;
- evenness, of the estimate: few bits have all the weight, as those of a symmetric picture;
- the weakest class of bits: a shape agrees with another like it in the frequencies that its symmetry has, not in the
  others, while a picture agrees with itself in all;
- the mirrored fit: a ring or an arch fits the entry as well when this is mirrored or turned, a picture does not;
- the common place: drawn back, both hashes lie in the same few places, so neighbouring bits agree or differ together
  and there are fewer of them than it seems;
- the quarter turns, only of what would be enough otherwise: a round thing fits as well where the upload is turned and
  moved (`symmetry`).

docs/explanation/estimates.md has the pairs they were measured on, and the tail that is left.
"""

import math
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from notcontent.signals.estimates.prior import CELLS, KEPT, Floats
from notcontent.signals.estimates.settling import Settled
from notcontent.signals.estimates.symmetry import quarter_fit
from notcontent.signals.estimates.weighing import signs
from notcontent.signals.grain import grains

PLAIN_GRAIN, GRAIN_COSTS = 0.15, 10.0
PLAIN_SPOT, SPOT_COSTS = 1.5, 0.5
EVEN, UNEVEN_COSTS = 0.83, 20.0
STRONG, WEAK_COSTS = 5.0, 0.5
MIRRORED, MIRRORED_COSTS = 3.5, 0.5
COMMON, COMMON_COSTS = 1.25, 1.0
QUARTER, QUARTER_COSTS = 5.0, 1.0
LEAST = 7.0
"""However small the bank, less evidence than this is none."""
CHECKED_FROM = 5.5
"""Where nothing is asked for all measures are taken from here on: the tail is fitted to pairs from 6 up."""


def spots(values: NDArray[np.uint8]) -> Floats:
    """Tell how far the bits of hashes u8[n, 32], drawn back, lie in one place: the log of the energy's second moment.

    f32[n]: 1.1 for random bits; ordinary pictures to 2.
    """
    energy = _energy(signs(values))
    found: Floats = np.log(np.mean(energy * energy, axis=(1, 2)))
    return found


def common_place(one: Floats, other: Floats) -> float:
    """Tell how far bits f32[256] that have signs, and perhaps weights, lie in the same places as others, drawn back.

    The log of their energies' mean product: 0 for bits that have nothing in common, 1.1 for the same random ones.
    """
    energy = _energy(np.stack([one, other]))
    return float(np.log(max(float(np.mean(energy[0] * energy[1])), 1e-6)))


def mirrored_fit(signed: Floats, entry: Floats) -> float:
    """Give the best score of an estimate f32[256] with an entry f32[256] that is mirrored or turned by quarters.

    Cosines of odd frequency change their sign when a picture is mirrored; down and across change places when turned.
    """
    weights, upright = signed.reshape(KEPT, KEPT), entry.reshape(KEPT, KEPT)
    scores = []
    for turned in (upright, upright.T):
        agreed = (weights * turned).reshape(KEPT // 2, 2, KEPT // 2, 2).sum(axis=(0, 2))
        scores.append(_MIRRORS @ agreed @ _MIRRORS.T)
    scores[0][0, 0] = -np.inf  # the entry as it is
    return float(np.max(scores))


_MIRRORS: Final = np.array([[1, 1], [-1, 1]], np.float32)
"""Of odd and even frequencies: what each counts as it is, and mirrored."""


def _energy(bits: Floats) -> Floats:
    """Draw bits f32[n, 256] back, and give the squares f32[n, 24, 24] of that, their mean 1."""
    drawn = _back() @ bits.reshape(-1, KEPT, KEPT) @ _back().T
    energy = np.asarray(drawn * drawn, np.float32)
    found: Floats = energy / np.maximum(energy.mean(axis=(1, 2), keepdims=True), np.float32(1e-12))
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


def evidence(settled: Settled, entry: NDArray[np.uint8], asked: float = CHECKED_FROM) -> float:
    """Take off a score what speaks against it: see above. `entry` u8[32] is what the estimate was settled with.

    Of what is below `asked` without them, quarter turns, which take some three milliseconds, are not tried.
    """
    bits = signs(entry[None])[0]
    off = UNEVEN_COSTS * max(0.0, EVEN - settled.evenness) + WEAK_COSTS * max(0.0, STRONG - settled.weakest)
    off += MIRRORED_COSTS * max(0.0, mirrored_fit(settled.signed, bits) - MIRRORED)
    off += COMMON_COSTS * max(0.0, common_place(settled.signed, bits) - COMMON)
    left = settled.score - off - float(costs(np.stack([settled.value, entry])).sum())
    if left < asked:
        return left
    return left - QUARTER_COSTS * max(0.0, quarter_fit(settled.origin, bits) - QUARTER)


TAIL_SHARE: Final = 1.1e-6
"""The share of pairs of strangers whose evidence is TAIL_FROM or more ..."""
TAIL_FROM, TAIL_FALL = 6.14, 0.61
"""... and by how much it must rise for that share to fall to 1 / e: upper bounds (95 %), both, of what was counted.
docs/explanation/estimates.md has the pairs."""


def chance(least: float) -> float:
    """Give the share of pairs of strangers whose evidence reaches `least`, by the tail."""
    return min(1.0, TAIL_SHARE * math.exp((TAIL_FROM - least) / TAIL_FALL))


def least_evidence(entries: int, false_holds: float) -> float:
    """Give the evidence that at most `false_holds` uploads of strangers reach, in a bank of so many entries."""
    return max(LEAST, TAIL_FROM + TAIL_FALL * math.log(TAIL_SHARE * max(entries, 1) / false_holds))


def entries_for(reached: float, false_holds: float) -> int:
    """Give the largest bank in which this evidence is enough; 0 when there is none."""
    return int(false_holds / chance(reached)) if reached >= LEAST else 0
