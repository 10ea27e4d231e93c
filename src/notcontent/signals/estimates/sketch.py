"""Sketches: a part of an upload as the cosines of 24 x 24 cells, all that an estimate needs of it.

Turns are changes of sign and a transposition of cosines, so a sketch is made once and turned for nothing. What is known
to be painted over is filled in with what the prior expects from the rest (`covered`).
"""

from dataclasses import dataclass, replace
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from notcontent.signals.estimates.prior import CELLS, TRANSFORM, WHITENING, Floats
from notcontent.signals.luma import Luma

Mask = NDArray[np.bool_]

_ALTERNATING = ((-1.0) ** np.arange(CELLS)).astype(np.float32)
_MIRRORED, _UPSIDE_DOWN = frozenset({1, 2, 6, 7}), frozenset({2, 3, 5, 6})
"""Turns that mirror left for right, and that put upside down, both before a transposition."""
MOST_COVERED = 0.6
"""With more of the cells covered too little is left to tell the rest from."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Sketch:
    """A part of an upload, at a coarseness at which pictures can be told apart but not recognised in comfort.

    It is a small picture of the upload: it stays where the upload is and is dropped with it.
    """

    kind: str
    """The kind of the look that it was made from: "whole", "trim:1", "covered:1"."""
    cosines: Floats
    """f32[24, 24]; [0, 0], the mean, is 0."""
    shape: float
    """Width over height of the part."""
    quality: int = 100
    """0..100, of the look that it was made from."""

    def __repr__(self) -> str:
        """Show the kind alone."""
        return f"<Sketch {self.kind} redacted>"

    def turned(self, turn: int) -> "Sketch":
        """Give it in one of the eight ways of `raster.TURNS`."""
        if turn == 0:
            return self
        values = self.cosines
        if turn in _MIRRORED:
            values = values * _ALTERNATING
        if turn in _UPSIDE_DOWN:
            values = values * _ALTERNATING[:, None]
        if turn >= 4:
            return replace(self, cosines=values.T, shape=1 / self.shape)
        return replace(self, cosines=values)


def sketch(
    kind: str, samples: Luma | Floats, first: tuple[float, float], end: tuple[float, float], quality: int = 100
) -> Sketch:
    """Sketch the part from `first` to `end` (down, across; in samples, fractions too) of luma [h, w]."""
    height, width = samples.shape
    top, bottom = int(first[0]), min(height, int(np.ceil(end[0])))
    left, right = int(first[1]), min(width, int(np.ceil(end[1])))
    down = means(bottom - top, first[0] - top, end[0] - top)
    across = means(right - left, first[1] - left, end[1] - left)
    part = samples[top:bottom, left:right].astype(np.float32, copy=False)
    return _of_cells(kind, down @ part @ across.T, (end[1] - first[1]) / (end[0] - first[0]), quality)


def covered(whole: Sketch, mask: Mask, kind: str) -> Sketch | None:
    """Give a sketch with its masked cells, bool[24, 24], as the prior expects them from the rest; None if too many.

    The expected cells are those that, with the rest as it is, make the whole likeliest: one linear system.
    """
    hidden = np.flatnonzero(mask)
    if not 0 < len(hidden) <= MOST_COVERED * CELLS * CELLS:
        return None
    cells = (TRANSFORM.T @ whole.cosines @ TRANSFORM).ravel()
    cells[hidden] = 0
    left = cells - cells.sum() / (cells.size - len(hidden))  # the mean of what is seen counts as nothing
    left[hidden] = 0
    pull = TRANSFORM.T @ (WHITENING * (TRANSFORM @ left.reshape(CELLS, CELLS) @ TRANSFORM.T)) @ TRANSFORM
    left[hidden] = np.linalg.solve(_precision()[np.ix_(hidden, hidden)], -pull.ravel()[hidden])
    return _of_cells(kind, left.reshape(CELLS, CELLS), whole.shape, whole.quality)


def _of_cells(kind: str, cells: Floats | NDArray[np.float64], shape: float, quality: int) -> Sketch:
    cosines = (TRANSFORM @ cells @ TRANSFORM.T).astype(np.float32)
    cosines[0, 0] = 0
    return Sketch(kind, cosines, shape, quality)


@cache
def _precision() -> NDArray[np.float64]:
    """Give the inverse of the covariance of a whole picture's cells: [576, 576], row by row."""
    twice = (TRANSFORM, TRANSFORM)
    found: NDArray[np.float64] = np.einsum("vi,uj,vu,vk,ul->ijkl", *twice, WHITENING, *twice, optimize=True)
    return found.reshape(CELLS * CELLS, CELLS * CELLS)


@lru_cache(maxsize=64)
def means(samples: int, first: float, end: float, cells: int = CELLS) -> Floats:
    """Give the (cells, samples) matrix of means over equal cells; samples that a border cuts count in part."""
    borders = first + (end - first) * np.arange(cells + 1) / cells
    place = np.arange(samples)
    weights = np.minimum(borders[1:, None], place + 1) - np.maximum(borders[:-1, None], place)
    weights = np.maximum(weights, 0)
    found: Floats = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    found.flags.writeable = False  # kept, as sizes come again
    return found
