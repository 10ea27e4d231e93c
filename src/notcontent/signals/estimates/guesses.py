"""Guesses: the ways in which an upload may show a part of a picture, coarse ones to search with, finer ones to settle.

A coarse guess need not be right: the score of a true pair falls to half when an edge is some twentieth of the side
away from where it is. So a few intervals an axis, a few angles and a few tilts reach most; what a bank then holds near
is looked at again with finer guesses around the best one (`settling.settle`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from notcontent.signals.estimates.placing import Interval, Placement

INTERVALS: Final[tuple[Interval, ...]] = (
    (0.0, 1.0),
    *((start, start + 0.94) for start in (0.0, 0.06)),
    *((start, start + 0.87) for start in (0.0, 0.065, 0.13)),
    *((start, start + 0.8) for start in (0.0, 0.066, 0.133, 0.2)),
)
"""Parts of an axis that may be kept."""
NARROW: Final[tuple[Interval, ...]] = ((0.0, 1.0), (0.03, 1.0), (0.0, 0.97), (0.03, 0.97), (-0.02, 1.02))
"""For what was trimmed, whose edges may be a little off."""
ANGLES: Final = tuple(sign * angle for angle in (0.8, 1.8, 2.8, 3.9, 5.2, 6.5, 8.0, 9.6) for sign in (1, -1))
"""Degrees."""
CUT_ANGLES: Final = tuple(sign * angle for angle in (1.8, 3.9, 6.5) for sign in (1, -1))
CUT_TO: Final = (0.93, 0.87)
"""What was turned is often cut further: these angles are guessed with less kept than need be."""
LEADING_CROPS: Final[tuple[int, ...]] = (
    0, 3, 5, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 20, 22, 23, 24, 27, 28, 29, 30, 31, 32, 34, 35, 36, 37,
    39, 40, 41, 43, 45, 46, 49, 54, 56, 60, 66, 69, 73, 74, 75, 77, 78, 80, 84, 85, 86, 87, 88, 89, 90, 91,
    92, 93, 94, 95, 98, 99,
)  # fmt: skip
"""Places in the list of crops, those that keep most first, to which nearly all other crops are near: a bank is asked
with these, and what they find is scored for all. `bench/robustness/leads.py` chose them, and those below."""
LEADING_NARROW: Final[tuple[int, ...]] = (13, 15, 18, 21)
LEADING_TURNS: Final[tuple[int, ...]] = (1, 2, 5, 10, 11, 14, 15, 16, 24, 25, 30, 33, 34, 37, 38, 39, 40, 41, 42)
_TILT = 0.03
"""How far a tilt moves the corners, as a share of the side."""
_TILTS: Final = (
    ((1, 0), (-1, 0), (1, 0), (-1, 0)),
    ((0, 1), (0, -1), (0, 1), (0, -1)),
    ((1, 0), (1, 0), (-1, 0), (-1, 0)),
    ((0, 1), (0, -1), (0, -1), (0, 1)),
    ((0.6, -0.6), (0.6, 0.6), (-0.6, 0.6), (-0.6, -0.6)),
)
"""Where the corners go (top left, top right, bottom right, bottom left): keystones, shears, a turn."""
_SQUARE: Final = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
_SHAPES_APART = 1.12
"""Shapes (width over height) nearer than this ratio are guessed alike, so that placements are made once."""


@dataclass(frozen=True, slots=True)
class Crop:
    """The upload shows these intervals of the picture, down and across."""

    down: Interval
    across: Interval

    @property
    def corners(self) -> tuple[tuple[float, float], ...]:
        """Where the upload's corners lie on the picture (x, y), the top left one first, with the clock."""
        (top, bottom), (left, right) = self.down, self.across
        return (left, top), (right, top), (right, bottom), (left, bottom)

    @staticmethod
    def around(corners: Sequence[tuple[float, float]]) -> "Crop":
        """Give the upright crop whose sides go through the middles of those between these corners."""
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
        return Crop(((y0 + y1) / 2, (y2 + y3) / 2), ((x0 + x3) / 2, (x1 + x2) / 2))

    def near(self, step: float) -> tuple[list[Interval], list[Interval]]:
        """Give the intervals, down and across, whose ends each lie where they are, or a step off."""
        moves = (-step, 0.0, step)
        down = [(self.down[0] + a, self.down[1] + b) for a in moves for b in moves]
        across = [(self.across[0] + a, self.across[1] + b) for a in moves for b in moves]
        return down, across


@dataclass(frozen=True, slots=True)
class Turned:
    """The upload was turned about its middle by so many degrees, then cut to `keep` of its sides, perhaps aside."""

    degrees: float
    keep: float
    shape: float
    right: float = 0.0
    """How far the middle of what was kept lies to the right of the picture's middle, as a share of its side."""
    below: float = 0.0

    @property
    def corners(self) -> tuple[tuple[float, float], ...]:
        """As those of a crop."""
        (a, b, c), (d, e, f), _ = self.placement().rows
        return tuple((a * x + b * y + c, d * x + e * y + f) for x, y in _SQUARE)

    def placement(self) -> Placement:
        """Give where the upload lies on the picture."""
        angle = math.radians(self.degrees)
        cosine, sine = math.cos(angle) * self.keep, math.sin(angle) * self.keep
        across, down = sine / self.shape, sine * self.shape
        return Placement(
            (
                (cosine, across, 0.5 + self.right - (cosine + across) / 2),
                (-down, cosine, 0.5 + self.below - (cosine - down) / 2),
                (0.0, 0.0, 1.0),
            )
        )


@dataclass(frozen=True, slots=True)
class Tilted:
    """The upload's corners lie here on the picture (x, y): top left, top right, bottom right, bottom left."""

    corners: tuple[tuple[float, float], ...]

    def placement(self) -> Placement:
        """Give the projective map of the unit square's corners to these (Heckbert, 1989)."""
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = self.corners
        over_x, over_y = x0 - x1 + x2 - x3, y0 - y1 + y2 - y3
        area = (x1 - x2) * (y3 - y2) - (x3 - x2) * (y1 - y2)
        g = (over_x * (y3 - y2) - over_y * (x3 - x2)) / area
        h = ((x1 - x2) * over_y - (y1 - y2) * over_x) / area
        return Placement(
            (
                (x1 - x0 + g * x1, x3 - x0 + h * x3, x0),
                (y1 - y0 + g * y1, y3 - y0 + h * y3, y0),
                (g, h, 1.0),
            )
        )


Guess = Crop | Turned | Tilted


def inscribed(degrees: float, shape: float) -> float:
    """Give which share of the sides the largest rectangle of the same shape keeps, without empty corners."""
    angle = math.radians(abs(degrees))
    sine, cosine = math.sin(angle), math.cos(angle)
    return min(shape / (shape * cosine + sine), 1 / (shape * sine + cosine))


def rounded(shape: float) -> float:
    """Give a shape out of few, near this one."""
    return float(_SHAPES_APART ** round(math.log(shape, _SHAPES_APART)))


@cache
def tilts() -> tuple[Guess, ...]:
    """Give the guesses that an upload was taken a little askew, either way."""
    ways = [(sign * _TILT, tilt) for tilt in _TILTS for sign in (1, -1)]
    return tuple(
        Tilted(tuple((x + by * dx, y + by * dy) for (x, y), (dx, dy) in zip(_SQUARE, tilt, strict=True)))
        for by, tilt in ways
    )
