"""From a sheet's samples back to the picture: each side moved to where the picture itself changes most.

PDQ forgives an edge that is off by one or two hundredths of the side, not more; a sample of the sheet is a quarter of a
hundredth of a large picture, and one of a small view in it is far more.
"""

from notcontent.signals import _pdq
from notcontent.signals.luma import Luma
from notcontent.signals.views.sheet import CLIP, Box


def exact(luma: Luma, box: Box, n: int) -> Box:
    """Give a sheet's box in samples of `luma`, every side that is not the picture's own on its sharpest line.

    A side moves by at most one sample of the sheet, n of the picture's. The box has two rows and two columns at least.
    """
    return Box(*_pdq.exact(luma, *box, n, int(CLIP)))
