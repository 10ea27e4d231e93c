"""What a HEIF or AVIF file shows, without the file around it."""

from dataclasses import dataclass
from enum import Enum


class Coding(Enum):
    """How the pixels are coded, by the item's type."""

    AV1 = b"av01"
    HEVC = b"hvc1"


@dataclass(frozen=True, slots=True, repr=False)
class Coded:
    """One coded picture: all of it, or a tile."""

    coding: Coding
    width: int
    height: int
    config: bytes
    """The body of av1C or hvcC."""
    data: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Plane:
    """Colour or alpha: one coded picture, or tiles of one size in rows, the last of which may hang over."""

    width: int
    height: int
    tiles: tuple[Coded, ...]
    columns: int = 1
    is_grid: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Still:
    """Colour, and perhaps alpha of the same size."""

    colour: Plane
    alpha: Plane | None
    premultiplied: bool
    """Whether the colours are multiplied by alpha already."""
    nclx: bytes
    """The body of a colr atom that tells matrix and range in numbers; empty where there is none."""

    @property
    def size(self) -> int:
        """Bytes of all that is coded."""
        planes = (self.colour,) if self.alpha is None else (self.colour, self.alpha)
        return sum(len(tile.data) for plane in planes for tile in plane.tiles)
