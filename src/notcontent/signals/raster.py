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


def hash_region(raster: Raster, rect: Rect | None = None, *, mirrored: bool = False) -> Hashed:
    """Hash a part of the picture, or all of it, as full-size PDQ of the cropped picture would.

    `mirrored`: left for right. A side shorter than 5 pixels gives 32 zero bytes at quality 0, as the reference does.
    Raises ValueError for a rectangle that is empty or reaches beyond the picture. On a fraction, a part whose sides
    measure fewer than some 200 samples is emulated less well.
    """
    rect = _checked(raster, rect)
    if _too_small(rect):
        return Hashed(bytes(HASH_BYTES), 0)
    return Hashed(*_pdq.hash(in_rows(raster.luma), _down(raster, rect), _across(raster, rect, mirrored=mirrored)))


def hash_turns(raster: Raster, rect: Rect | None = None) -> list[Hashed]:
    """Hash a part of the picture, or all of it, in the eight ways of TURNS, the first as it is.

    Each is the hash of truly turned pixels. PDQ samples a picture a little off its middle, so the reference's own way
    (the signs of the coefficients) gives slightly other bits for seven of the eight. Raises as `hash_region` does.
    """
    turns = Turns(raster, rect)
    return [turns[way] for way in range(len(TURNS))]


class Turns:
    """What `hash_turns` gives, way by way: half of the ways are hashed when the first of them is asked for.

    Sums over rows serve a part as it is and mirrored, and either's bits serve the way with the axes swapped.
    """

    _UPRIGHT: Final = (0, 1, 4, 7)
    _UPSIDE_DOWN: Final = (3, 2, 5, 6)

    def __init__(self, raster: Raster, rect: Rect | None = None) -> None:
        """Take a part of the picture, or all of it. Raises as `hash_region` does."""
        self._raster = raster
        self._rect = _checked(raster, rect)
        self._found: dict[int, Hashed] = {}

    def __getitem__(self, way: int) -> Hashed:
        """Give the hash of way 0 to 7. Raises IndexError for another."""
        if way not in self._found:
            if way not in range(len(TURNS)):
                raise IndexError("There are eight ways.")
            ways = self._UPRIGHT if way in self._UPRIGHT else self._UPSIDE_DOWN
            self._found.update(zip(ways, self._hashed(upside_down=ways is self._UPSIDE_DOWN), strict=True))
        return self._found[way]

    def _hashed(self, *, upside_down: bool) -> list[Hashed]:
        """Hash it upright or upside down: so, mirrored, and either with its axes swapped."""
        raster, rect = self._raster, self._rect
        if _too_small(rect):
            return [Hashed(bytes(HASH_BYTES), 0)] * 4
        rows = _down(raster, rect, mirrored=upside_down)
        columns, columns_mirrored = _across(raster, rect), _across(raster, rect, mirrored=True)
        return [Hashed(*each) for each in _pdq.hash_ways(in_rows(raster.luma), rows, columns, columns_mirrored)]


def coefficients_of(raster: Raster, rect: Rect | None = None) -> NDArray[np.float64]:
    """Give the 16x16 cosine coefficients that `hash_region` compares with their median; bit 16·i + j is [i, j].

    Refuses a rectangle as `hash_region` does, and one with a side shorter than 5 pixels.
    """
    rect = _checked(raster, rect)
    if _too_small(rect):
        raise ValueError("A side shorter than 5 pixels has no coefficients.")
    return _pdq.coefficients(in_rows(raster.luma), _down(raster, rect), _across(raster, rect))


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


def _down(raster: Raster, rect: Rect, *, mirrored: bool = False) -> _pdq.Axis:
    """Give the operator down."""
    return axis(raster.height, rect.top, rect.bottom, raster.scale, mirrored=mirrored)


def _across(raster: Raster, rect: Rect, *, mirrored: bool = False) -> _pdq.Axis:
    """Give the operator across."""
    return axis(raster.width, rect.left, rect.right, raster.scale, mirrored=mirrored)
