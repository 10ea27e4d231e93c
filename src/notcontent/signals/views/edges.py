"""Edges: rows and columns where a whole picture changes at once, as no scene does.

A cut's profile is the mean step to the next row; inside a scene it wanders, at a seam it stands out for one row. What
counts is how far a row stands above those around it, in units of how much they vary.
"""

from notcontent.signals import _pdq
from notcontent.signals.views.sheet import Box, Sheet

AROUND = 7
"""Rows on either side that a seam is compared with."""
STANDING = 3.5
"""Levels by which a seam's mean step stands above the upper quartile around it, at least."""
STANDING_TWICE = 1.2
"""The same for a line whose counterpart on the other side stands out as well: chance seldom does that."""
_PEAKS = 10
_LEAST_SHARE = 0.18
"""A picture's least share of either side."""


def seams(sheet: Sheet, box: Box) -> list[tuple[float, int]]:
    """Find horizontal seams across a box: (how far it stands out, first row below it), the strongest first."""
    rows = sheet.steps[box.top : box.bottom - 1, box.left : box.right]
    if rows.shape[0] < 2 * AROUND or rows.shape[1] < 2 * AROUND:
        return []
    return [(stands, box.top + place + 1) for stands, place in _pdq.seams(rows, STANDING, _PEAKS)]


def symmetric(sheet: Sheet) -> Box | None:
    """Find a picture in the middle of a frame, whatever the frame is made of; None where nothing stands out.

    Of two lines equally far from opposite sides the weaker counts.
    """
    assert sheet.across is not None  # noqa: S101 - of the upright sheet
    box = sheet.whole
    top, above = _mirrored_pair(sheet)
    left, beside = _mirrored_pair(sheet.across)
    if max(above, beside) < STANDING_TWICE:
        return None
    if above >= beside:
        return Box(top, 0, box.bottom - top, box.right)
    return Box(0, left, box.bottom, box.right - left)


def _mirrored_pair(sheet: Sheet) -> tuple[int, float]:
    """Give how many rows lie outside the best pair of lines, and how far its weaker line stands out."""
    rows = len(sheet.steps)
    if rows < 4 * AROUND:
        return 0, 0.0
    return _pdq.pair_of_seams(sheet.steps, int((1 - _LEAST_SHARE) / 2 * rows))


def framed(sheet: Sheet, free: float) -> Box:
    """Find the one rectangle whose sides stand out most; a side that is the sheet's own stands out by `free`."""
    assert sheet.across is not None  # noqa: S101 - of the upright sheet
    box = sheet.whole
    top, bottom = _best_pair(seams(sheet, box), box.top, box.bottom, free)
    box = Box(top, box.left, bottom, box.right)
    left, right = _best_pair(seams(sheet.across, box.turned()), box.left, box.right, free)
    box = Box(box.top, left, box.bottom, right)
    # Now that the columns are known, rows beside them no longer dilute the seams.
    top, bottom = _best_pair(seams(sheet, box), box.top, box.bottom, free)
    return Box(top, box.left, bottom, box.right)


def _best_pair(found: list[tuple[float, int]], first: int, last: int, free: float) -> tuple[int, int]:
    """Choose two lines that stand out most together, and are far enough apart."""
    lines = [(free, first), (free, last), *found]
    least = _LEAST_SHARE * (last - first)
    best = (2 * free, first, last)
    for above, begin in lines:
        for below, end in lines:
            if end - begin >= least and above + below > best[0]:
                best = (above + below, begin, end)
    return best[1], best[2]
