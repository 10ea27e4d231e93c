"""Further looks at a kept frame: those that find pictures, but for the parts of collages."""

from importlib import import_module

import numpy as np

from notcontent.signals.looks import family, see
from notcontent.signals.luma import Luma
from notcontent.signals.raster import Raster
from notcontent.signals.sketching import sketches_of
from notcontent.signals.video.keeping import Looked, Looker
from notcontent.signals.views.sheet import make_sheet

DEFAULT_BUDGET = 32
"""Turns, trims, and mirrored trims of a frame, for the most part. Each is searched for, so that a frame costs less than
a picture does, of which there is one."""
_TILE = "tile"


def make_looker(budget: int, *, sketches: bool = False) -> Looker | None:
    """Give what looks at a kept frame in at most `budget` - 1 further ways; None when there is nothing more to see.

    With `sketches` it can also sketch a frame for estimates.
    """
    if budget <= 1 and not sketches:
        return None

    def look(luma: Luma, *, sketch: bool) -> Looked:
        raster = Raster(luma, *luma.shape)
        made = make_sheet(luma) if sketch else None
        seen = see(raster, max(budget, 1), made)
        looks = [one.look for one in seen[1:] if family(one.look.kind) != _TILE]
        return Looked(looks, sketches_of(raster, seen, made) if sketch else [])

    return look


def warm_up(budget: int, *, sketches: bool) -> None:
    """Look at a picture of ours, so that whatever NumPy loads when it is first used is there: later it cannot be."""
    import_module("numpy.ma")
    if looker := make_looker(budget, sketches=sketches):
        rows, columns = np.mgrid[:240, :320]
        looker((np.where((rows > 30) & (rows < 200), rows * columns, 0) % 251).astype(np.uint8), sketch=sketches)
