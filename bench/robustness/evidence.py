"""What estimates say of an upload and one entry, as a gate would hear it."""

import numpy as np
from numpy.typing import NDArray

from bench.robustness.pictures import LEAST_QUALITY
from notcontent.signals.estimates import DEFAULT_BUDGET as DEFAULT_GUESSES
from notcontent.signals.estimates import Estimates, estimates, settle
from notcontent.signals.estimates.weighing import signs
from notcontent.signals.estimates.worth import evidence
from notcontent.signals.looks import DEFAULT_BUDGET, Seen, decoded, see
from notcontent.signals.raster import Raster
from notcontent.signals.sketching import sketches_of

COARSE = 5.5
"""The score from which a gate looks at an entry more closely, at the least."""
NONE = -99.0


def estimates_of(raster: Raster, seen: list[Seen], budget: int = DEFAULT_GUESSES) -> Estimates:
    """Estimate from an upload and the looks at it."""
    return estimates([one for one in sketches_of(raster, seen) if one.quality >= LEAST_QUALITY], budget)


def estimates_of_file(data: bytes, budget: int = DEFAULT_GUESSES) -> Estimates:
    """Estimate from an upload's bytes."""
    raster = decoded(data)
    return estimates_of(raster, see(raster, DEFAULT_BUDGET), budget)


def best_evidence(found: Estimates, entry: NDArray[np.uint8], coarse: float = COARSE) -> float:
    """Give the evidence that an upload shows an entry u8[32], NONE when no estimate reaches it."""
    if not len(found.values):
        return NONE
    scores = (found.weights[:, ::-1] * signs(found.values)) @ signs(entry[None])[0]
    if scores.max() < coarse:
        return NONE
    return evidence(settle(found.origins[int(scores.argmax())], entry), entry)
