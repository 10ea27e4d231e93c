"""Estimates of what pictures were cropped from, for tests and benches of the search: realistic looks, not a gate's.

A crop shows a part of an unknown picture. For a guess at which part, the 256 coefficients of the whole picture's PDQ
are estimated linearly: the picture is taken for a sum of cosines whose weights are independent with a mean and a
variance each, learned from pictures, the crop for noisy means of it (a Gaussian posterior). A bit's log-odds say how
surely its coefficient lies above the median.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from notcontent.signals import pdq

Floats = NDArray[np.float64]
Part = tuple[float, float, float, float]
"""Left, top, right and bottom of a part of a picture, as shares of its sides."""

_FINE = 3  # samples along each axis of a cell
_SIDE = 128  # of the pictures that weights are learned from
_NOISE = 6.0  # variance of a mean, in luma
_GRID, _KEPT, _MEDIAN = 64, 16, 127
_MOST_SURE = 2.75  # standard deviations; farther than that the estimate of the deviation itself is in doubt


def _waves(at: Floats, count: int) -> Floats:
    """Sample so many cosines, of unit length on [0, 1]."""
    length = np.full(count, np.sqrt(2.0))
    length[0] = 1
    values: Floats = np.cos(np.pi * at[..., None] * np.arange(count)) * length
    return values


def _pdq_of_waves(waves: int) -> Floats:
    """Give the PDQ coefficients along one axis, [16, waves], of each cosine: box filters and decimation left out."""
    at = (np.arange(_GRID) + 0.5) / _GRID
    kept: Floats = np.cos(np.pi * np.arange(1, _KEPT + 1)[:, None] * at) * np.sqrt(2 / _GRID)
    return kept @ _waves(at, waves)


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """What pictures are like: mean and variance of the weight of each product of two cosines, [waves ** 2]."""

    waves: int  # along each axis
    mean: Floats
    variance: Floats

    @staticmethod
    def of(pictures: Sequence[NDArray[np.uint8]], waves: int = 32) -> "Prior":
        """Learn from luma pictures u8[128, 128], and from their mirror images."""
        along = _waves((np.arange(_SIDE) + 0.5) / _SIDE, waves) / _SIDE
        weights = along.T @ np.stack(pictures).astype(np.float64) @ along
        weights = np.concatenate([weights, weights * (-1.0) ** np.arange(waves)])
        variance = weights.var(axis=0)
        return Prior(waves, weights.mean(axis=0).ravel(), ((variance + variance.T) / 2).ravel() + 1e-8)


@dataclass(frozen=True, slots=True, eq=False)
class Estimator:
    """Estimates coefficients of a whole picture from the means of a part of it."""

    gain: Floats  # [256, cells ** 2]
    base: Floats  # [256]
    spread: Floats  # [256]: the standard deviation of what is estimated

    @staticmethod
    def of(part: Part, prior: Prior, cells: int = 24) -> "Estimator":
        """Solve for one guess at the part, seen as so many means along each axis."""
        inside = (np.arange(cells * _FINE) + 0.5) / (cells * _FINE)
        left, top, right, bottom = part
        across = _waves(left + inside * (right - left), prior.waves).reshape(cells, _FINE, -1).mean(axis=1)
        down = _waves(top + inside * (bottom - top), prior.waves).reshape(cells, _FINE, -1).mean(axis=1)
        seen, wanted = np.kron(down, across), np.kron(_pdq_of_waves(prior.waves), _pdq_of_waves(prior.waves))
        shared = (wanted * prior.variance) @ seen.T
        covariance = (seen * prior.variance) @ seen.T + _NOISE * np.eye(len(seen))
        gain: Floats = np.linalg.solve(covariance, shared.T).T.astype(np.float64)
        left_over = (wanted * wanted) @ prior.variance - (gain * shared).sum(axis=1)
        base = (wanted - gain @ seen) @ prior.mean
        spread: Floats = np.sqrt(np.maximum(left_over, 1e-3))
        return Estimator(gain, base, spread)


def estimates(crop: Floats, estimators: Sequence[Estimator]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Estimate from the means [cells, cells] of a crop, a look each: hashes u8[n, 32] and log-odds f32[n, 256]."""
    values = np.empty((len(estimators), 32), np.uint8)
    log_odds = np.empty((len(estimators), 256), np.float32)
    for number, estimator in enumerate(estimators):
        found = estimator.gain @ crop.ravel() + estimator.base
        sure = np.clip((found - np.partition(found, _MEDIAN)[_MEDIAN]) / estimator.spread, -_MOST_SURE, _MOST_SURE)
        odds = sure * (1.5957 + 0.0712 * sure * sure)  # ln(p / (1 - p)) of the normal distribution, within .01
        values[number] = np.packbits(odds[::-1] > 0)  # a hash is written from its last bit on
        log_odds[number] = np.abs(odds[::-1])
    return values, log_odds


def random_part(rng: np.random.Generator, least: float, most: float) -> Part:
    """Draw a part that keeps a share of the area from `least` to `most`, somewhere, not quite of the same shape."""
    share = rng.uniform(least, most)
    width = min(1.0, float(np.sqrt(share * np.exp(rng.uniform(-0.5, 0.5) * min(1, 2 * (1 - share))))))
    height = min(1.0, share / width)
    width = min(1.0, share / height)
    left, top = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
    return left, top, left + width, top + height


def spread_parts(count: int, rng: np.random.Generator, least: float = 0.7, most: float = 0.98) -> list[Part]:
    """Choose parts far from each other: of twelve times as many, always the one farthest from those chosen."""
    drawn = np.array([random_part(rng, least, most) for _ in range(12 * count)])
    chosen, away = [0], np.abs(drawn - drawn[0]).max(axis=1)
    while len(chosen) < count:
        chosen.append(int(away.argmax()))
        away = np.minimum(away, np.abs(drawn - drawn[chosen[-1]]).max(axis=1))
    return [(float(a), float(b), float(c), float(d)) for a, b, c, d in drawn[chosen]]


def means(luma: NDArray[np.uint8], part: Part, cells: int = 24) -> Floats:
    """Average a part of a luma picture over so many cells along each axis."""
    height, width = luma.shape
    left, top, right, bottom = part
    rows = np.linspace(top * height, bottom * height, cells + 1).round().astype(int)
    columns = np.linspace(left * width, right * width, cells + 1).round().astype(int)
    inside = luma[: rows[-1], : columns[-1]].astype(np.float64)
    sums = np.add.reduceat(np.add.reduceat(inside, rows[:-1]), columns[:-1], axis=1)
    averaged: Floats = sums / np.outer(np.diff(rows), np.diff(columns))
    return averaged


def hashed(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Hash a whole picture: u8[32]."""
    return np.frombuffer(pdq(luma).value, np.uint8)
