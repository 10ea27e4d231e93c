"""What is expected of a picture before anything of it is seen: how strong its cosines are, frequency by frequency.

Spectra of pictures fall with the square of the frequency and are stronger along the axes (horizons, walls). Four
numbers say it well enough: fitted to the logarithm of the mean and of the median power of the development photographs
and of parts of them, rounded between the two (`bench/robustness/prior.py`). Only ratios matter, beside NOISE.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from notcontent.signals.estimates import _fit

Floats = NDArray[np.float32]

CELLS: Final = 24
"""An upload is seen as so many cells a side: 16 lose recall, 32 gain none."""
FREQUENCIES: Final = 32
"""Cosines a side that the unknown picture is made of; above that it hardly shows in the cells."""
KEPT: Final = 16
"""PDQ keeps frequencies 1 to 16 down and across."""

LEVEL, FALL, BEND, AXIS = 4.7, 1.0, 0.1, 0.5
MEAN_POWER = 1.3e4
"""Of the constant part: mid grey, give or take 60."""
NOISE = 6.0
"""Variance of a cell, in squared levels, for what the model does not know: JPEG, small misplacements."""


def _variances() -> NDArray[np.float64]:
    """Give the prior variance of every cosine, in squared levels, for a basis of unit mean square: [32, 32]."""
    down, across = np.mgrid[:FREQUENCIES, :FREQUENCIES]
    on_axis = (down == 0) | (across == 0)
    power: NDArray[np.float64] = np.exp(LEVEL - FALL * np.log(down**2 + across**2 + np.exp(BEND)) + AXIS * on_axis)
    power[0, 0] = MEAN_POWER
    return power


def basis(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give all cosines, of unit mean square over 0..1, at places [...]: [..., 32]. Beyond 0..1 they go on mirrored."""
    values: NDArray[np.float64] = np.sqrt(2) * np.cos(np.pi * places[..., None] * np.arange(FREQUENCIES))
    values[..., 0] = 1
    return values


VARIANCES: Final = _variances()
SPREAD: Final = np.sqrt(VARIANCES[1 : KEPT + 1, 1 : KEPT + 1]).astype(np.float32)
"""[16, 16]: standard deviations of what PDQ keeps."""


def _transform() -> NDArray[np.float64]:
    """Give the orthonormal cosine transform of CELLS values (DCT-II): [24, 24]."""
    rows: NDArray[np.float64] = np.sqrt(2 / CELLS) * np.cos(
        np.pi * np.outer(np.arange(CELLS), (np.arange(CELLS) + 0.5) / CELLS)
    )
    rows[0] /= np.sqrt(2)
    return rows


TRANSFORM: Final = _transform()

_SAMPLES = 3
"""A cell's mean is taken as that of so many points a side."""


def cell_basis(first: float, end: float) -> NDArray[np.float64]:
    """Give the mean of each cosine over each cell, for cells that divide first..end of the picture: [24, 32]."""
    points = first + (np.arange(CELLS * _SAMPLES) + 0.5) / (CELLS * _SAMPLES) * (end - first)
    means: NDArray[np.float64] = basis(points).reshape(CELLS, _SAMPLES, FREQUENCIES).mean(axis=1)
    return means


def _whitening() -> Floats:
    """Give one over the variance of each cosine of the cells, when they show a whole picture: [24, 24]."""
    shown = (TRANSFORM @ cell_basis(0, 1)) ** 2
    return (1 / (shown @ VARIANCES @ shown.T + NOISE)).astype(np.float32)


WHITENING: Final = _whitening()
_SHRINK: Final = np.sqrt(2) * np.sinc(np.arange(1, KEPT + 1) / (2 * CELLS))
"""Of a cosine of unit mean square: its mean over a cell, in units of what it has in the cell's middle."""
FITTER: Final = _fit.Fitter(TRANSFORM, SPREAD, _SHRINK)
"""The native core, which computes what `placing` and `weighing` say."""
