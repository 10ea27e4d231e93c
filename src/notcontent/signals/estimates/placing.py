"""Estimates: what the hash of the whole picture would be, if an upload shows it from here to there.

Until the median PDQ is linear in the picture, and so is the guess which picture lies behind what is seen. For a picture
whose cosines are independent, each with its prior variance, the expected cosine (v, u) given the upload's cells is

    variance(v, u) * (what that cosine looks like in the cells) . (inverse covariance of the cells) . (the cells)

The covariance of the cells hardly depends on which part of the picture they show (scenes look alike at every scale),
so that of a whole picture is taken for all; it is diagonal in the cells' own cosines (`WHITENING`). What is left for a
crop is a product of two small matrices: a microsecond, where an operator for each crop would read half a megabyte.
The native core, `_fit`, computes; its sources are in fit/, and tests/plain_estimates.py is the same in NumPy.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from notcontent.signals.estimates.prior import FITTER, TRANSFORM, WHITENING, Floats
from notcontent.signals.estimates.sketch import Sketch

Interval = tuple[float, float]
"""Where an axis of the upload lies on the picture's, as shares of it: (0.1, 1.0) when a tenth was cut off before."""


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """How cosines 1 to 16 of the picture look in the cells of some crops: what is worth keeping of these.

    `down` f32[d, 16, 24] for each of d intervals down, `across` f32[a, 16, 24] for each across; `pairs` u32[n, 2] are
    the crops: an interval down and one across, by number.
    """

    down: Floats
    across: Floats
    pairs: NDArray[np.uint32]

    @classmethod
    def of(cls, cuts: Sequence[tuple[Interval, Interval]]) -> "Cut":
        """Take crops: intervals down and across."""
        down = {interval: place for place, interval in enumerate(dict.fromkeys(one for one, _ in cuts))}
        across = {interval: place for place, interval in enumerate(dict.fromkeys(other for _, other in cuts))}
        pairs = np.array([(down[one], across[other]) for one, other in cuts], np.uint32)
        return cls(_projections(list(down)), _projections(list(across)), pairs)

    @classmethod
    def every(cls, down: Sequence[Interval], across: Sequence[Interval]) -> "Cut":
        """Take the crops of every interval down and every one across, the first one down first."""
        pairs = np.indices((len(down), len(across)), np.uint32).reshape(2, -1).T
        return cls(_projections(down), _projections(across), np.ascontiguousarray(pairs))


def _projections(intervals: Sequence[Interval]) -> Floats:
    """Give how cosines 1 to 16 of the picture look in those of the cells that show these intervals: [n, 16, 24]."""
    return FITTER.projections(np.array(intervals, np.float64).reshape(-1, 2))


def crops(sketch: Sketch, cut: Cut) -> Floats:
    """Estimate the whole picture's coefficients for crops: f32[n, 256], in units of the prior's standard deviation."""
    return FITTER.crops(np.multiply(sketch.cosines, WHITENING, order="C"), cut.down, cut.across, cut.pairs)


@dataclass(frozen=True, slots=True)
class Placement:
    """A projective map from an upload to the picture it shows, both as unit squares; x = across, y = down."""

    rows: tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]


def maps_of(placements: Sequence[Placement]) -> NDArray[np.float64]:
    """Give placements as `placed` wants them: f64[n, 3, 3]."""
    return np.array([placement.rows for placement in placements], np.float64).reshape(-1, 3, 3)


def placed(sketch: Sketch, maps: NDArray[np.float64]) -> Floats:
    """Estimate the whole picture's coefficients for projective placements (`maps_of`): f32[n, 256], as `crops` does.

    A cell shows a cosine's mean, which is smaller than what the cosine has in the cell's middle by as much as for the
    upright picture.
    """
    pull = TRANSFORM.T @ (sketch.cosines * WHITENING) @ TRANSFORM
    return FITTER.placed(np.ascontiguousarray(pull, np.float32), maps)
