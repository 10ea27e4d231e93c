"""What estimates say of an upload and one entry, as a gate would hear it."""

import numpy as np
from numpy.typing import NDArray

from bench.robustness.pictures import LEAST_QUALITY
from notcontent.matching.estimating import LEAST_COARSE, SETTLING_GAINS
from notcontent.signals.estimates import DEFAULT_BUDGET as DEFAULT_GUESSES
from notcontent.signals.estimates import Estimates, estimates, settle
from notcontent.signals.estimates.weighing import signs
from notcontent.signals.estimates.worth import costs, evidence
from notcontent.signals.looks import DEFAULT_BUDGET, Seen, decoded, see
from notcontent.signals.raster import Raster
from notcontent.signals.sketching import sketches_of

NONE = -99.0


def estimates_of(raster: Raster, seen: list[Seen], budget: int = DEFAULT_GUESSES) -> Estimates:
    """Estimate from an upload and the looks at it."""
    return estimates([one for one in sketches_of(raster, seen) if one.quality >= LEAST_QUALITY], budget)


def estimates_of_file(data: bytes, budget: int = DEFAULT_GUESSES) -> Estimates:
    """Estimate from an upload's bytes."""
    raster = decoded(data)
    return estimates_of(raster, see(raster, DEFAULT_BUDGET), budget)


def best_evidence(found: Estimates, entry: NDArray[np.uint8]) -> float:
    """Give what a gate may ask for and still find that an upload shows an entry u8[32]; NONE when nothing is near."""
    if not len(found.values):
        return NONE
    scores = (found.weights[:, ::-1] * signs(found.values)) @ signs(entry[None])[0]
    best = float(scores.max())
    if best < LEAST_COARSE:
        return NONE
    return findable(found, int(scores.argmax()), best, entry)


def findable(found: Estimates, look: int, score: float, entry: NDArray[np.uint8]) -> float:
    """Give the most evidence that a gate may ask for and still find an entry by its best estimate, of this score.

    That is the evidence itself, or less where a gate that asks for so much would not have settled such a score, or not
    one with so plain an entry.
    """
    return min(evidence(settle(found.origins[look], entry), entry), may_reach(score, entry))


def may_reach(score: float, entry: NDArray[np.uint8]) -> float:
    """Give the most evidence that a gate may ask for and still settle an entry whose best estimate has this score."""
    return score - float(costs(entry[None])[0]) + SETTLING_GAINS
