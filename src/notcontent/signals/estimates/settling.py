"""Settling: an estimate that met an entry is tried again by finer guesses, for the one that fits it best."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from notcontent.signals.estimates.fitting import Fitting, Slanted, best_crop, best_placed
from notcontent.signals.estimates.guesses import Crop, Tilted, Turned
from notcontent.signals.estimates.looking import Origin
from notcontent.signals.estimates.prior import KEPT, Floats
from notcontent.signals.estimates.sketch import Sketch
from notcontent.signals.estimates.weighing import signs, weigh

_CROP_STEPS = (0.02, 0.01, 0.005)
"""How finely a crop is settled: shares of a side, one round each. All combinations of its edges are tried."""
_STEPS = (0.02, 0.02, 0.01, 0.01, 0.005)
"""The same for what was turned or tilted, of which one thing is changed at a time."""
_TURNS = (0.5, 0.5, 0.25, 0.25, 0.1)
"""... and by how many degrees what was turned."""


class Settled(NamedTuple):
    """How well an upload fits an entry, by the finest guess tried."""

    score: float
    """Agreement of the bits, weighted: 16 at most; a stranger's is about normal, with mean 0 and spread 1."""
    value: NDArray[np.uint8]
    """u8[32]: the estimated hash."""
    evenness: float
    """1 when all bits count alike, less when few have most of the weight; ordinary pictures have 0.83 and more."""
    weakest: float
    """The least of the scores of four classes of bits: even and odd frequencies, down and across. 8 at most."""
    signed: Floats
    """f32[256], of length 1: how much each bit counts, and by its sign what it is; bit 16 i + j first."""
    origin: Origin


def settle(origin: Origin, row: NDArray[np.uint8]) -> Settled:
    """Search around a guess for the one that fits an entry best; `row` u8[32]."""
    entry = signs(row[None])[0]
    sketch, guess, nothing = origin.sketch.turned(origin.turn), origin.guess, np.zeros(256, np.float32)
    found: Fitting[Crop] | Fitting[Slanted]
    if isinstance(guess, Crop):
        found = _best_crop(sketch, Fitting(guess, -1.0, nothing), entry)
    else:
        found = _best(sketch, Fitting(guess, -1.0, nothing), entry)
    weights = found.signed
    evenness = float(np.abs(weights).sum()) / 16
    value = weigh(weights[None]).values[0]
    origin = origin._replace(guess=found.guess)
    return Settled(max(found.score, 0.0), value, evenness, _weakest(weights * entry), weights, origin)


def plainest(settled: Settled, row: NDArray[np.uint8]) -> Origin:
    """Give what an estimate is named by: an upright crop of the same place, where that fits the entry as well.

    Coarse turns lie nearer to some crops than coarse crops do, and settling keeps to what it began with.
    """
    origin = settled.origin
    if isinstance(origin.guess, Crop):
        return origin
    upright = settle(origin._replace(guess=Crop.around(origin.guess.corners)), row)
    return upright.origin if upright.score >= settled.score else origin


def _weakest(agreed: Floats) -> float:
    """Give the least score of the four classes of bits, from each bit's signed weight f32[256]."""
    classes = agreed.reshape(KEPT // 2, 2, KEPT // 2, 2)
    sums, lengths = classes.sum(axis=(0, 2)), np.sqrt((classes * classes).sum(axis=(0, 2)))
    return float(np.min(sums / np.maximum(lengths, 1e-6)))


def _best_crop(sketch: Sketch, best: Fitting[Crop], entry: Floats) -> Fitting[Crop]:
    """Try crops around the best, ever finer."""
    for step in _CROP_STEPS:
        found = best_crop(sketch, *best.guess.near(step), entry)
        best = found if found.score > best.score else best
    return best


def _best(sketch: Sketch, best: Fitting[Slanted], entry: Floats) -> Fitting[Slanted]:
    """Try turns or tilts around the best, ever finer."""
    moved = True
    for number, step in enumerate(_STEPS):
        if not moved and step == _STEPS[number - 1]:
            continue  # the same ones again
        near = [*_near(best.guess, step, _TURNS[number])]
        found = best_placed(sketch, near if number else [best.guess, *near], entry)
        moved = found.score > best.score
        best = found if moved else best
    return best


def _near(guess: Slanted, step: float, degrees: float) -> Iterator[Slanted]:
    """Give the guesses around one."""
    if isinstance(guess, Turned):
        for sign in (1, -1):
            by = sign * step
            yield replace(guess, degrees=guess.degrees + sign * degrees)
            yield replace(guess, keep=guess.keep + by)
            yield replace(guess, right=guess.right + by)
            yield replace(guess, below=guess.below + by)
        return
    for corner in range(4):
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            moved = list(guess.corners)
            x, y = moved[corner]
            moved[corner] = (x + dx * step, y + dy * step)
            yield Tilted(tuple(moved))
