"""Margins: how far an upload can be trimmed from its sides before anything is lost that has a shape.

A row belongs to a margin when it hardly differs along itself. What "hardly" is depends on the margin: a plain one has a
level of its own and keeps it (`plain_margins`), a blurred or graded one only has no fine detail (`soft_margins`).
"""

from notcontent.signals import _pdq
from notcontent.signals.views.sheet import Box, Floats, Sheet

SPREADS = (2.5, 7.0)
"""Standard deviation along a row, in levels, up to which it is plain: as drawn, and after a harsh JPEG (quality 20
leaves up to 6 beside a stark edge)."""
SAME_LEVEL = 8.0
"""How far a margin's rows may lie from its outermost one: a sky above a picture is plain too, but it grades."""
SOFT_SHARE = 0.22
"""A row is soft when its bends are this small beside those of the picture's middle rows."""
SOFT_BENDS = 2.0
"""... and smaller than this in themselves, in levels."""
LEAST = 16
"""Samples of the sheet that must be left on either axis."""
_ROUNDS = 4


def plain_margins(sheet: Sheet, spread: float, within: Box | None = None) -> Box:
    """Trim plain rows and columns from all sides, in turn, until nothing more is plain. `spread`: one of SPREADS."""
    box = within or sheet.whole
    for _ in range(_ROUNDS):
        before = box
        top, bottom = _plain_ends(sheet.samples[box.top : box.bottom, box.left : box.right], spread)
        box = Box(box.top + top, box.left, box.bottom - bottom, box.right)
        left, right = _plain_ends(_across(sheet).samples[box.left : box.right, box.top : box.bottom], spread)
        box = Box(box.top, box.left + left, box.bottom, box.right - right)
        if box == before or min(box.height, box.width) < LEAST:
            break
    return box


def soft_margins(sheet: Sheet) -> list[Box]:
    """Trim rows, and columns, without fine detail: a blurred copy of the picture, or a graded ground.

    One box for each axis that has such margins, the one that loses more first.
    """
    box = sheet.whole
    top, bottom = _soft_ends(sheet)
    left, right = _soft_ends(_across(sheet))
    cut = ((top + bottom) / box.height, Box(top, 0, box.bottom - bottom, box.right))
    other = ((left + right) / box.width, Box(0, left, box.bottom, box.right - right))
    return [box for lost, box in sorted((cut, other), reverse=True) if lost]


def _plain_ends(rows: Floats, spread: float) -> tuple[int, int]:
    """Count the plain rows at the beginning and at the end."""
    if rows.shape[0] < LEAST or rows.shape[1] < LEAST:
        return 0, 0
    return _pdq.plain_ends(rows, spread, SAME_LEVEL)


def _soft_ends(sheet: Sheet) -> tuple[int, int]:
    """Count the soft rows at the beginning and at the end."""
    if min(sheet.samples.shape[0], sheet.samples.shape[1] - 2) < LEAST:
        return 0, 0
    return _pdq.soft_ends(sheet.details, SOFT_SHARE, SOFT_BENDS)


def _across(sheet: Sheet) -> Sheet:
    assert sheet.across is not None  # noqa: S101 - only the transposed sheet has none, and it stays in here
    return sheet.across
