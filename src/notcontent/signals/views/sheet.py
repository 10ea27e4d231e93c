"""The small copy of an upload that views are sought on, and the measures of its rows and columns."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from notcontent.signals.luma import Luma

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
    bends: Floats
    """f32[h, w - 2]: |second difference| along each row, clipped: nearly nothing in a blurred area."""
    across: "Sheet | None" = None
    """The transposed sheet; None on the transposed sheet itself."""

    @property
    def whole(self) -> Box:
        """All of it."""
        return Box(0, 0, *self.samples.shape)


def make_sheet(luma: Luma) -> tuple[Sheet, int]:
    """Shrink luma u8[h, w] to a sheet: every sample the mean of n x n; gives n too. Odd rows and columns are left."""
    n = max(1, -(-max(luma.shape) // LONGEST))
    samples = _shrunk(luma, n)
    across = _measured(np.ascontiguousarray(samples.T), None)
    return _measured(samples, across), n


def _measured(samples: Floats, across: Sheet | None) -> Sheet:
    steps = np.minimum(np.abs(samples[1:] - samples[:-1]), CLIP)
    bends = np.minimum(np.abs(samples[:, 2:] + samples[:, :-2] - 2 * samples[:, 1:-1]), CLIP)
    return Sheet(samples, steps, bends, across)


def _shrunk(luma: Luma, n: int) -> Floats:
    """Mean of n x n blocks."""
    if n == 1:
        return luma.astype(np.float32)
    height, width = luma.shape[0] // n, luma.shape[1] // n
    whole = luma[: height * n, : width * n]
    # Rows first: adding whole rows is what NumPy does fastest. Sums of n rows of bytes fit 16 bits up to n = 257.
    rows = whole[::n].astype(np.uint16 if n <= 257 else np.uint32)
    for k in range(1, n):
        np.add(rows, whole[k::n], out=rows)
    cells: Floats = rows[:, ::n].astype(np.float32)
    for k in range(1, n):
        cells += rows[:, k::n].astype(np.float32)
    return cells / np.float32(n * n)
