"""What the native core of estimates computes, in NumPy, a line for a step. Plain, so that it is obviously right."""

import numpy as np
from numpy.typing import NDArray

from notcontent.signals.estimates import Sketch
from notcontent.signals.estimates.placing import Interval, Placement
from notcontent.signals.estimates.prior import CELLS, KEPT, SPREAD, TRANSFORM, WHITENING, cell_basis
from notcontent.signals.estimates.weighing import LEAST, MOST, POWER

Floats = NDArray[np.float64]


def projection(interval: Interval) -> Floats:
    """Give how cosines 1 to 16 of the picture look in those of the cells that show this interval: [16, 24]."""
    seen: Floats = (TRANSFORM @ cell_basis(*interval)).T[1 : KEPT + 1]
    return seen


def crop(sketch: Sketch, down: Interval, across: Interval) -> Floats:
    """Estimate coefficients [256] for one crop."""
    whitened = sketch.cosines.astype(np.float64) * WHITENING
    found: Floats = (projection(down) @ whitened @ projection(across).T * SPREAD).ravel()
    return found


def placed(sketch: Sketch, placement: Placement) -> Floats:
    """Estimate coefficients [256] for one projective placement."""
    middle = (np.arange(CELLS) + 0.5) / CELLS
    y, x = (axis.ravel() for axis in np.meshgrid(middle, middle, indexing="ij"))
    across, down, depth = np.array(placement.rows) @ np.stack([x, y, np.ones_like(x)])
    frequencies = np.arange(1, KEPT + 1)[:, None]
    shrink = np.sqrt(2) * np.sinc(frequencies / (2 * CELLS))
    columns, rows = (shrink * np.cos(np.pi * frequencies * places / depth) for places in (across, down))
    pull = TRANSFORM.T @ (sketch.cosines * WHITENING) @ TRANSFORM
    found: Floats = ((rows * pull.ravel()) @ columns.T * SPREAD).ravel()
    return found


def signed_weights(coefficients: Floats) -> Floats:
    """Give signed weights [n, 256] of coefficients, each of length 1."""
    rows = []
    for one in coefficients:
        spread = SPREAD.ravel().astype(np.float64)
        above = one - np.sort(one * spread)[127] / spread
        level = np.sqrt(np.mean(above**2))
        above = above / level if level >= LEAST else 0 * above
        weights = np.sign(above) * np.minimum(np.abs(above), MOST) ** POWER
        rows.append(weights / (np.linalg.norm(weights) or 1))
    return np.array(rows)
