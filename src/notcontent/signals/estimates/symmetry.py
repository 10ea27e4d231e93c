"""Whether an entry fits an upload that lies on its side or stands on its head as well: then they share a shape.

A wheel is near a moon, a porthole near a retina: a round thing on a plain ground looks the same whichever way it is
turned, and a crop may always be guessed that puts the one where the other is. So the upload is turned by quarters, and
for each turn it is looked for where on the entry's picture it then fits best. A picture fits the entry one way alone.
"""

from typing import Final

import numpy as np

from notcontent.signals.estimates.fitting import best_crop
from notcontent.signals.estimates.looking import Origin
from notcontent.signals.estimates.prior import Floats
from notcontent.signals.estimates.sketch import Sketch

QUARTERS: Final = (3, 5, 7)
"""Turned by 180 degrees, to the right, to the left: indices of `raster.TURNS`."""
_MOVES: Final = np.arange(-5, 6) * 0.06
"""How far a turned upload's middle may lie from where the upload was found, as shares of the picture's sides."""
_STEPS: Final = (0.03, 0.015)


def quarter_fit(origin: Origin, entry: Floats) -> float:
    """Give the second best of the scores of the three quarter turns of an estimate with an entry's signs f32[256].

    Strangers that share no shape reach 4.5 at most, as does a picture with its own copies; two round things 10.
    """
    upright = origin.sketch.turned(origin.turn)
    corners = np.array(origin.guess.corners)
    middle = corners.mean(axis=0)
    across = float(corners[[1, 2], 0].mean() - corners[[0, 3], 0].mean())
    down = float(corners[[2, 3], 1].mean() - corners[[0, 1], 1].mean())
    found = []
    for turn in QUARTERS:
        size = (down, across) if turn == QUARTERS[0] else (down * upright.shape, across / upright.shape)
        found.append(_best_fit(upright.turned(turn), size, middle, entry))
    return sorted(found)[1]


def _best_fit(sketch: Sketch, size: tuple[float, float], middle: Floats, entry: Floats) -> float:
    """Give the score of a sketch, of this size down and across, where it fits the entry best near a middle (x, y)."""
    starts = [[place + move - side / 2 for move in _MOVES] for place, side in zip(middle[::-1], size, strict=True)]
    down, across = (
        [(float(start), float(start + side)) for start in some] for some, side in zip(starts, size, strict=True)
    )
    best = best_crop(sketch, down, across, entry)
    for step in _STEPS:
        best = best_crop(sketch, *best.guess.near(step), entry)
    return best.score
