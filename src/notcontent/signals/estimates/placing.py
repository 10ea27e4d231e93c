"""Estimates: what the hash of the whole picture would be, if an upload shows it from here to there.

Until the median PDQ is linear in the picture, and so is the guess which picture lies behind what is seen. For a picture
whose cosines are independent, each with its prior variance, the expected cosine (v, u) given the upload's cells is

    variance(v, u) * (what that cosine looks like in the cells) . (inverse covariance of the cells) . (the cells)

The covariance of the cells hardly depends on which part of the picture they show (scenes look alike at every scale),
so that of a whole picture is taken for all; it is diagonal in the cells' own cosines (`WHITENING`). What is left for a
crop is a product of two small matrices: microseconds, where an operator for each crop would read half a megabyte.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from notcontent.signals.estimates.prior import CELLS, KEPT, SPREAD, TRANSFORM, WHITENING, Floats, basis, cell_basis
from notcontent.signals.estimates.sketch import Sketch

Interval = tuple[float, float]
"""Where an axis of the upload lies on the picture's, as shares of it: (0.1, 1.0) when a tenth was cut off before."""


@lru_cache(maxsize=4096)
def _projection(interval: Interval) -> Floats:
    """Give how cosines 1 to 16 of the picture look in those of the cells that show this interval: [16, 24]."""
    seen: Floats = (TRANSFORM @ cell_basis(*interval)).T[1 : KEPT + 1].astype(np.float32)
    return seen


def crops(sketch: Sketch, down: tuple[Interval, ...], across: tuple[Interval, ...]) -> Floats:
    """Estimate the whole picture's coefficients for every interval down and every interval across.

    Gives f32[len(down) * len(across), 256] in units of the prior's standard deviation, those of down[0] first.
    """
    rows = np.concatenate([_projection(one) for one in down])
    columns = np.concatenate([_projection(one) for one in across])
    every = rows @ (sketch.cosines * WHITENING) @ columns.T
    shaped = every.reshape(len(down), KEPT, len(across), KEPT).transpose(0, 2, 1, 3) * SPREAD
    found: Floats = shaped.reshape(-1, KEPT * KEPT)
    return found


@dataclass(frozen=True, slots=True)
class Placement:
    """A projective map from an upload to the picture it shows, both as unit squares; x = across, y = down."""

    rows: tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]


@lru_cache(maxsize=1024)
def _placed(placement: Placement) -> tuple[Floats, Floats]:
    """Give cosines 1 to 16 of the picture, down and across, at the middle of each cell: two of [576, 16].

    A cell shows the mean of a cosine, which is smaller than its middle by as much as for the upright picture.
    """
    middle = (np.arange(CELLS) + 0.5) / CELLS
    y, x = (axis.ravel() for axis in np.meshgrid(middle, middle, indexing="ij"))
    matrix = np.array(placement.rows)
    places = matrix @ np.stack([x, y, np.ones_like(x)])
    across, down = places[0] / places[2], places[1] / places[2]
    shrink = np.sinc(np.arange(1, KEPT + 1) / (2 * CELLS))
    return tuple((basis(axis)[:, 1 : KEPT + 1] * shrink).astype(np.float32) for axis in (down, across))  # type: ignore[return-value]


def placed(sketch: Sketch, placements: tuple[Placement, ...]) -> Floats:
    """Estimate the whole picture's coefficients for projective placements: f32[n, 256], as `crops` does."""
    pull = (TRANSFORM.T @ (sketch.cosines * WHITENING) @ TRANSFORM).astype(np.float32).ravel()
    found = np.empty((len(placements), KEPT, KEPT), np.float32)
    for place, placement in enumerate(placements):
        down, across = _placed(placement)
        np.matmul((down * pull[:, None]).T, across, out=found[place])
    return (found * SPREAD).reshape(-1, KEPT * KEPT)
