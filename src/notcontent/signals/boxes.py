"""Rectangles of an upload, and their sides found to the pixel."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from notcontent.signals.luma import Luma

Floats = NDArray[np.float32]

_CELLS = 256
"""About so many cells a side has the coarse picture: a cell is 0.4 %, and PDQ forgives twice that."""
_STRONGEST = 40.0
"""A step of more levels than this counts no more: one bright spot must not outvote a long faint edge."""
_SAMPLES = 1024
"""At most about so many pixels along a side are looked at."""


class Box(NamedTuple):
    """A rectangle in pixels, right and bottom excluded."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    def of(self, pixels: Luma) -> Luma:
        """Give these pixels, as a view."""
        return pixels[self.top : self.bottom, self.left : self.right]

    def moved(self, right: int, down: int) -> "Box":
        """Give the same box of a picture that begins elsewhere."""
        return Box(self.left + right, self.top + down, self.right + right, self.bottom + down)

    def near(self, other: "Box", share: float) -> bool:
        """Tell whether all four sides lie within a share of the larger box's sides."""
        across, down = share * max(self.width, other.width), share * max(self.height, other.height)
        return (
            max(abs(self.left - other.left), abs(self.right - other.right)) <= across
            and max(abs(self.top - other.top), abs(self.bottom - other.bottom)) <= down
        )


@dataclass(frozen=True, slots=True)
class Coarse:
    """A picture's luma as averages over cells of `across` by `down` pixels."""

    cells: Floats
    across: int
    down: int

    def box(self, left: int, top: int, right: int, bottom: int, whole: Luma) -> Box:
        """Give a rectangle of cells in pixels."""
        height, width = whole.shape
        return Box(
            left * self.across, top * self.down, min(right * self.across, width), min(bottom * self.down, height)
        )


def coarsen(luma: Luma) -> Coarse:
    """Average a picture over cells, so that no side has more than 511 of them, whatever its shape."""
    height, width = luma.shape
    across, down = max(1, width // _CELLS), max(1, height // _CELLS)
    small = Image.fromarray(np.ascontiguousarray(luma)).reduce((across, down))
    return Coarse(np.asarray(small, dtype=np.float32), across, down)


def settle(luma: Luma, box: Box, reach: tuple[int, int]) -> Box:
    """Move each side to the strongest straight edge within `reach` (columns, rows); those at the rim stay.

    Rows are settled first, within the columns known so far.
    """
    height, width = luma.shape
    top = _settle_side(luma[:, box.left : box.right], box.top, reach[1])
    bottom = _settle_side(luma[:, box.left : box.right], box.bottom, reach[1])
    if bottom - top < 2:
        top, bottom = box.top, box.bottom
    band = luma[top:bottom].T
    left = _settle_side(band, box.left, reach[0])
    right = _settle_side(band, box.right, reach[0])
    if right - left < 2:
        left, right = box.left, box.right
    return Box(max(0, left), max(0, top), min(width, right), min(height, bottom))


def _settle_side(lines: Luma, at: int, reach: int) -> int:
    """Find the strongest step between two lines, no farther than `reach` from `at`."""
    low, high = max(1, at - reach), min(len(lines) - 1, at + reach)
    if at in (0, len(lines)) or low > high:
        return at
    stride = max(1, lines.shape[1] // _SAMPLES)
    strip = lines[low - 1 : high + 1, ::stride].astype(np.float32)
    steps = np.minimum(np.abs(np.diff(strip, axis=0)), _STRONGEST).mean(axis=1)
    return low + int(steps.argmax())
