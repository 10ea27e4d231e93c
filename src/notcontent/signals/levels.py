"""Smaller copies of a raster, so that a look at a part costs by what the hash needs and not by the upload's pixels."""

import numpy as np
from numpy.typing import NDArray

from notcontent.signals import _pdq
from notcontent.signals.luma import Luma
from notcontent.signals.pdq import Hashed, in_rows
from notcontent.signals.raster import Raster, Rect, Turns, hash_region
from notcontent.signals.views.quads import RECTIFIED, Quad, rectify

ENOUGH = 256
"""Samples along a region's shorter side that are left: four for each of the 64 that PDQ takes. A region hashed from so
many is within a few bits of its hash at full size."""
_SMALLEST = 8
"""The largest scale that a raster has."""
_FLAT_SCALE = 2
"""What is laid flat is hashed as a picture of twice its samples. PDQ shifts small pictures by a share of their pixels
(20 bits at 256 x 256, where its filters are of even length), and 384 x 384 hardly at all."""


class Levels:
    """A raster at scales 1, 2, 4 and 8 times its own, each made when it is first needed."""

    def __init__(self, raster: Raster) -> None:
        """Take the raster; nothing is made yet."""
        self._made = [raster]

    def whole(self, rect: Rect) -> Hashed:
        """Hash a region as it is."""
        return hash_region(self.fitting(rect), rect)

    def mirrored(self, rect: Rect) -> Hashed:
        """Hash a region with left for right."""
        return hash_region(self.fitting(rect), rect, mirrored=True)

    def turns(self, rect: Rect) -> Turns:
        """Hash a region in its eight turns, each when it is asked for."""
        return Turns(self.fitting(rect), rect)

    def flat(self, quad: Quad, rect: Rect) -> Turns:
        """Hash what a quadrilateral holds, laid flat, in its eight turns; `rect` is about where it lies."""
        return Turns(self.laid_flat(quad, rect)[0])

    def laid_flat(self, quad: Quad, rect: Rect) -> tuple[Raster, NDArray[np.bool_]]:
        """Give what a quadrilateral holds as a picture, and which of its samples lie outside of the upload."""
        luma, outside = rectify(self.fitting(rect).luma, quad)
        side = _FLAT_SCALE * RECTIFIED
        return Raster(luma, side, side, _FLAT_SCALE), outside

    def fitting(self, rect: Rect) -> Raster:
        """Give the smallest copy that has enough samples of a region."""
        side = min(rect.bottom - rect.top, rect.right - rect.left)
        place = 0
        while self._at(place).scale < _SMALLEST and side >= 2 * self._at(place).scale * ENOUGH:
            place += 1
        return self._at(place)

    def _at(self, place: int) -> Raster:
        while len(self._made) <= place:
            last = self._made[-1]
            luma = halved(last.luma)
            self._made.append(Raster(luma, last.height, last.width, last.scale * 2))
        return self._made[place]


def halved(luma: Luma) -> Luma:
    """Take the mean of 2 x 2 samples, rounded; an odd last row or column is its own neighbour."""
    return _pdq.halved(in_rows(luma))
