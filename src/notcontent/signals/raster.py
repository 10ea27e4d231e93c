"""A decoded picture, and the PDQ hash of all of it or of a part: at full size, or emulated on a fraction of it.

What is emulated is always PDQ of the full-size picture (of the part, cropped out), as `pdqhash` and
python-threatexchange compute it. At scale 1 the bits are those. At a fraction each pixel is estimated from the means
around it, which is linear too and costs nothing: the operators from samples to 64x64 are made for the picture's true
size, the part's true edges, and the fraction (docs/adr/0009-decode-at-a-fraction.md). The native core, `_pdq`, sums.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from notcontent.signals import _pdq
from notcontent.signals.luma import Luma
from notcontent.signals.pdq import HASH_BYTES, MIN_SIDE, Hashed, axis, in_rows

SCALES: Final = (1, 2, 4, 8)

TURNS: Final = (
    "as it is",
    "mirrored",
    "upside down",
    "mirrored, upside down",
    "transposed",
    "turned right",
    "transposed the other way",
    "turned left",
)
"""The eight ways of `hash_turns`, in the order of EXIF orientations 1 to 8: what way i gives is the picture as a file
with orientation i + 1 would show it."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Raster:
    """A picture's upright luma, perhaps decoded at a fraction of its size.

    Refuses samples that do not fit the size and the scale (ValueError).
    """

    luma: Luma
    """uint8 of shape (ceil(height / scale), ceil(width / scale)). Sample (i, j) is the mean of the upright picture's
    pixels [i·scale, (i + 1)·scale) x [j·scale, (j + 1)·scale); fewer at the far edges."""
    height: int
    """Of the upright picture, in its own pixels."""
    width: int
    scale: int = 1
    """1, 2, 4 or 8."""

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.scale not in SCALES:
            raise ValueError("The scale is 1, 2, 4 or 8.")
        if self.luma.shape != (-(-self.height // self.scale), -(-self.width // self.scale)):
            raise ValueError("The samples are not those of a picture of that size.")

    @property
    def whole(self) -> "Rect":
        """The rectangle that is all of the picture."""
        return Rect(0, 0, self.height, self.width)

    def __repr__(self) -> str:
        """Show the size, never the picture."""
        return f"<Raster {self.width}x{self.height}, 1/{self.scale}>"


class Rect(NamedTuple):
    """A part of a picture, half-open, in the picture's own pixels whatever the raster's scale."""

    top: int
    left: int
    bottom: int
    right: int


def hash_region(raster: Raster, rect: Rect | None = None) -> Hashed:
    """Hash a part of the picture, or all of it, as full-size PDQ of the cropped picture would.

    A side shorter than 5 pixels gives 32 zero bytes at quality 0, as the reference does. Raises ValueError for a
    rectangle that is empty or reaches beyond the picture. On a fraction, a part whose sides measure fewer than some
    200 samples is emulated less well.
    """
    rect = _checked(raster, rect)
    if _too_small(rect):
        return Hashed(bytes(HASH_BYTES), 0)
    rows, columns = _axes(raster, rect)
    return Hashed(*_pdq.hash(in_rows(raster.luma), rows, columns))


def hash_turns(raster: Raster, rect: Rect | None = None) -> list[Hashed]:
    """Hash a part of the picture, or all of it, in the eight ways of TURNS, the first as it is.

    Each is the hash of truly turned pixels. PDQ samples a picture a little off its middle, so the reference's own way
    (the signs of the coefficients) gives slightly other bits for seven of the eight. Raises as `hash_region` does.
    """
    rect = _checked(raster, rect)
    if _too_small(rect):
        return [Hashed(bytes(HASH_BYTES), 0)] * len(TURNS)
    rows, columns = _axes(raster, rect)
    rows_mirrored, columns_mirrored = _axes(raster, rect, mirrored=True)
    found = _pdq.hash_turns(in_rows(raster.luma), rows, rows_mirrored, columns, columns_mirrored)
    return [Hashed(*each) for each in found]


def coefficients_of(raster: Raster, rect: Rect | None = None) -> NDArray[np.float64]:
    """Give the 16x16 cosine coefficients that `hash_region` compares with their median; bit 16·i + j is [i, j].

    Refuses a rectangle as `hash_region` does, and one with a side shorter than 5 pixels.
    """
    rect = _checked(raster, rect)
    if _too_small(rect):
        raise ValueError("A side shorter than 5 pixels has no coefficients.")
    return _pdq.coefficients(in_rows(raster.luma), *_axes(raster, rect))


def _checked(raster: Raster, rect: Rect | None) -> Rect:
    """Take the whole picture for no rectangle. Refuses an empty one, or one that reaches beyond the picture."""
    if rect is None:
        return raster.whole
    if not (0 <= rect.top < rect.bottom <= raster.height and 0 <= rect.left < rect.right <= raster.width):
        raise ValueError("The rectangle is empty or reaches beyond the picture.")
    return rect


def _too_small(rect: Rect) -> bool:
    """Tell whether the part has no hash."""
    return min(rect.bottom - rect.top, rect.right - rect.left) < MIN_SIDE


def _axes(raster: Raster, rect: Rect, *, mirrored: bool = False) -> tuple[_pdq.Axis, _pdq.Axis]:
    """Give the operators down and across."""
    return (
        axis(raster.height, rect.top, rect.bottom, raster.scale, mirrored=mirrored),
        axis(raster.width, rect.left, rect.right, raster.scale, mirrored=mirrored),
    )
