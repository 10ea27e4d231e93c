"""Blocks: what is left of a page when it is cut along its empty rows and columns, over and over.

The way documents are taken apart (recursive cuts at the gaps of projection profiles; Nagy and Seth, 1984). A screenshot
falls into its lines of text, bubbles and pictures; a picture with a caption bar into picture and text; a collage with
gutters into its tiles.
"""

from notcontent.signals import _pdq
from notcontent.signals.views.margins import LEAST
from notcontent.signals.views.sheet import Box, Sheet

GAP = 2
"""So many empty rows beside each other part what is on either side: half a percent of the page."""
_DEEPEST = 7
_MOST = 60


def find_blocks(sheet: Sheet, spread: float, least: int) -> list[Box]:
    """Give the blocks of at least `least` samples, the largest first; a page that nothing cuts is one block."""
    found: list[Box] = []
    _take_apart(sheet, sheet.whole, spread, least, found, depth=0, waited=False)
    return sorted(found, key=lambda box: -box.area)


def _take_apart(sheet: Sheet, box: Box, spread: float, least: int, found: list[Box], depth: int, waited: bool) -> None:
    """Cut along one axis, and each part along the other; `waited` when the other axis has just not cut."""
    if box.area < least or min(box.height, box.width) < LEAST or len(found) >= _MOST:
        return
    assert sheet.across is not None  # noqa: S101 - given to us by find_blocks
    by_rows = depth % 2 == 0
    if by_rows:
        parts = [Box(box.top + a, box.left, box.top + b, box.right) for a, b in _between_gaps(sheet, box, spread)]
    else:
        turned = box.turned()
        parts = [
            Box(box.top, box.left + a, box.bottom, box.left + b) for a, b in _between_gaps(sheet.across, turned, spread)
        ]
    uncut = parts == [box]
    if depth >= _DEEPEST or (uncut and waited):
        found += [part for part in parts if part.area >= least and min(part.height, part.width) >= LEAST]
        return
    for part in parts:
        _take_apart(sheet, part, spread, least, found, depth + 1, waited=uncut)


def _between_gaps(sheet: Sheet, box: Box, spread: float) -> list[tuple[int, int]]:
    """Give where runs of rows that are not empty begin and end; gaps narrower than GAP do not part them."""
    return _pdq.filled_runs(sheet.samples[box.top : box.bottom, box.left : box.right], spread, GAP)
