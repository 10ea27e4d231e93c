"""Estimates: what the hash of the whole picture would be, if an upload shows it from here to there.

Until the median PDQ is linear in the picture, and so is the guess which picture lies behind what is seen. For a picture
whose cosines are independent, each with its prior variance, the expected cosine (v, u) given the upload's cells is

    variance(v, u) * (what that cosine looks like in the cells) . (inverse covariance of the cells) . (the cells)

The covariance of the cells hardly depends on which part of the picture they show (scenes look alike at every scale),
so that of a whole picture is taken for all; it is diagonal in the cells' own cosines (`WHITENING`). What is left for a
crop is a product of two small matrices: microseconds, where an operator for each crop would read half a megabyte.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from notcontent.signals.estimates.prior import CELLS, KEPT, SPREAD, TRANSFORM, WHITENING, Floats, cell_basis
from notcontent.signals.estimates.sketch import Sketch

Interval = tuple[float, float]
"""Where an axis of the upload lies on the picture's, as shares of it: (0.1, 1.0) when a tenth was cut off before."""


@lru_cache(maxsize=4096)
def _projection(interval: Interval) -> Floats:
    """Give how cosines 1 to 16 of the picture look in those of the cells that show this interval: [16, 24]."""
    seen: Floats = (TRANSFORM @ cell_basis(*interval)).T[1 : KEPT + 1].astype(np.float32)
    return seen


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """How cosines 1 to 16 of the picture look in the cells of some crops: what is worth keeping of these.

    `rows` f32[16 d, 24] for each of d intervals down, `columns` f32[16 a, 24] for each across; `pairs` u[n, 2] are the
    crops: an interval down and one across, by number.
    """

    rows: Floats
    columns: Floats
    pairs: NDArray[np.intp]

    @classmethod
    def of(cls, cuts: Sequence[tuple[Interval, Interval]]) -> "Cut":
        """Take crops: intervals down and across."""
        down = {interval: place for place, interval in enumerate(dict.fromkeys(one for one, _ in cuts))}
        across = {interval: place for place, interval in enumerate(dict.fromkeys(other for _, other in cuts))}
        return cls(
            np.concatenate([_projection(one) for one in down]),
            np.concatenate([_projection(one) for one in across]),
            np.array([(down[one], across[other]) for one, other in cuts]),
        )


def crops(sketch: Sketch, cut: Cut) -> Floats:
    """Estimate the whole picture's coefficients for crops: f32[n, 256], in units of the prior's standard deviation."""
    every = cut.rows @ (sketch.cosines * WHITENING) @ cut.columns.T
    shaped = every.reshape(-1, KEPT, len(cut.columns) // KEPT, KEPT)
    found: Floats = shaped[cut.pairs[:, 0], :, cut.pairs[:, 1]] * SPREAD
    return found.reshape(-1, KEPT * KEPT)


@dataclass(frozen=True, slots=True)
class Placement:
    """A projective map from an upload to the picture it shows, both as unit squares; x = across, y = down."""

    rows: tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]


_SHRINK: Final = np.sqrt(2) * np.sinc(np.arange(1, KEPT + 1) / (2 * CELLS))
"""Of a cosine of unit mean square: its mean over a cell, in units of what it has in the cell's middle."""


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Cosines 1 to 16 of the picture at the middle of each cell, for some placements: what is worth keeping of them.

    `down` and `across` f32[n, 16, 576]: 72 KiB a placement.
    """

    down: Floats
    across: Floats

    @classmethod
    def of(cls, placements: Sequence[Placement]) -> "Placed":
        """Compute them. A cell shows a cosine's mean, smaller than its middle by as much as for the upright picture."""
        middle = (np.arange(CELLS) + 0.5) / CELLS
        y, x = (axis.ravel() for axis in np.meshgrid(middle, middle, indexing="ij"))
        places = np.array([placement.rows for placement in placements]) @ np.stack([x, y, np.ones_like(x)])
        return cls(_kept_cosines(places[:, 1] / places[:, 2]), _kept_cosines(places[:, 0] / places[:, 2]))


def _kept_cosines(places: NDArray[np.float64]) -> Floats:
    """Give cosines 1 to 16 at places f64[n, m], as the cells show them: f32[n, 16, m].

    Each follows from the two before it (Chebyshev), which costs a tenth of taking it anew.
    """
    first = np.cos(np.pi * places)
    twice, before, now = 2 * first, np.ones_like(first), first
    found = np.empty((places.shape[0], KEPT, places.shape[1]), np.float32)
    for number, shrunk in enumerate(_SHRINK):
        found[:, number] = now * shrunk
        before, now = now, twice * now - before
    return found


def placed(sketch: Sketch, seen: Placed) -> Floats:
    """Estimate the whole picture's coefficients for projective placements: f32[n, 256], as `crops` does."""
    pull = (TRANSFORM.T @ (sketch.cosines * WHITENING) @ TRANSFORM).astype(np.float32).ravel()
    found: Floats = np.matmul(seen.down * pull, seen.across.transpose(0, 2, 1)) * SPREAD
    return found.reshape(-1, KEPT * KEPT)
