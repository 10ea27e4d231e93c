"""The small copy of an upload that views are sought on, and the measures of its rows and columns."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from notcontent.signals import _pdq
from notcontent.signals.luma import Luma
from notcontent.signals.pdq import in_rows

LONGEST = 400
"""Samples along the sheet's longer side, at most. At this size a line of small text is still not an empty row, and all
of the search takes a few milliseconds."""
CLIP = 48.0
"""Steps between neighbours count up to here: a few stark ones (text on a plain bar) must not pass for a long edge."""
Floats = NDArray[np.float32]


class Box(NamedTuple):
    """A region of a sheet, in its samples; bottom and right are one past the last."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def area(self) -> int:
        """Samples; 0 when it is empty."""
        return max(0, self.height) * max(0, self.width)

    def turned(self) -> "Box":
        """Give the same region of the transposed sheet."""
        return Box(self.left, self.top, self.right, self.bottom)


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A small picture f32[h, w] with the steps between its neighbouring rows, and its transpose with its own."""

    samples: Floats
    steps: Floats
    """f32[h - 1, w]: |difference| of rows y and y + 1, clipped."""
    details: Floats
    """f32[h]: the mean |second difference| along each row, of values that are clipped: nearly nothing in a blurred
    area."""
    across: "Sheet | None" = None
    """The transposed sheet; None on the transposed sheet itself."""

    @property
    def whole(self) -> Box:
        """All of it."""
        return Box(0, 0, *self.samples.shape)


Made = tuple[Sheet, int]
"""A sheet, and how many samples of the picture along either axis make one of its own."""


def make_sheet(luma: Luma) -> Made:
    """Shrink luma u8[h, w] to a sheet: every sample the mean of n x n; gives n too. Odd rows and columns are left."""
    n = max(1, -(-max(luma.shape) // LONGEST))
    samples, steps, details, *across = _pdq.sheet(in_rows(luma), n, CLIP)
    return Sheet(samples, steps, details, Sheet(across[0], across[1], across[2])), n
