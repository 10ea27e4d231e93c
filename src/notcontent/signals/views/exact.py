"""From a sheet's samples back to the picture: each side moved to where the picture itself changes most.

PDQ forgives an edge that is off by one or two hundredths of the side, not more; a sample of the sheet is a quarter of a
hundredth of a large picture, and one of a small view in it is far more.
"""

from notcontent.signals import _pdq
from notcontent.signals.luma import Luma
from notcontent.signals.views.sheet import CLIP, Box

_LOOKED_AT = 256
"""So many places along a side are compared, at most."""


def exact(luma: Luma, box: Box, n: int) -> Box:
    """Give a sheet's box in samples of `luma`, every side that is not the picture's own on its sharpest line.

    A side moves by at most one sample of the sheet, n of the picture's.
    """
    height, width = luma.shape
    top, bottom = box.top * n, height if (box.bottom + 1) * n > height else box.bottom * n
    left, right = box.left * n, width if (box.right + 1) * n > width else box.right * n
    rows = luma[:, left : right : max(1, (right - left) // _LOOKED_AT)]
    top, bottom = _moved(rows, top, n), _moved(rows, bottom, n)
    columns = luma[top : bottom : max(1, (bottom - top) // _LOOKED_AT)].T
    return Box(top, _moved(columns, left, n), bottom, _moved(columns, right, n))


def _moved(rows: Luma, line: int, n: int) -> int:
    """Move a line between rows to where they change most, within n rows of it."""
    if line in {0, len(rows)}:
        return line
    return _pdq.sharpest(rows, line, n, int(CLIP))
