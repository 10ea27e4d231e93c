"""Quadrilaterals: a picture at a slant or turned a little, before a plain ground: a photographed screen, black corners.

Each of its four sides is a straight line along which the ground ends. From points on it a line is found that most of
them lie on; where the picture reaches beyond the upload, so does the line, as far as what is seen of it says. So a
picture that was turned within its own frame is found whole, with the corners that were cut off.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from notcontent.signals import _pdq
from notcontent.signals.luma import Luma
from notcontent.signals.views.sheet import Floats, Sheet

LEAST_SIDE = 64
"""Samples of the sheet: the core seeks the end of the ground along 40 rows, or columns."""
SAME_GROUND = 14.0
"""Levels that the ground may lie from its own: as drawn, after JPEG, with some noise."""
STEEPEST = 0.36
"""A side's slope, at most: 20 degrees."""
LEAST_SLANT = 0.006
"""A side leans by so much of its length, at least, or all that is found is a rectangle: those are trims."""
NEAR = 1.25
"""Samples of the sheet that a point may lie from its line."""
AGREEING = 0.55
"""Share of the points on a side that must lie on its line."""
LEAST_AREA, MOST_AREA = 0.2, 1.35
"""Shares of the sheet; more than 1 where corners were cut off."""
LEAST_SEEN = 0.15
"""Share of the points on a side that must lie on its line within the sheet, or the side is taken for the sheet's."""


class Quad(NamedTuple):
    """A convex quadrilateral: its corners, top left and then with the clock, as (x, y) in shares of the upload's sides.

    Corners may lie outside of the upload.
    """

    top_left: tuple[float, float]
    top_right: tuple[float, float]
    bottom_right: tuple[float, float]
    bottom_left: tuple[float, float]


class _Side(NamedTuple):
    """A side's line: so far in from the sheet's own side, in samples, at its beginning, and so much more a sample."""

    offset: float
    slope: float


def find_quad(sheet: Sheet) -> Quad | None:
    """Find a quadrilateral that is not upright; None where there is none."""
    height, width = sheet.samples.shape
    if min(height, width) < LEAST_SIDE or (level := _pdq.ground(sheet.samples, SAME_GROUND)) is None:
        return None
    samples = sheet.samples
    views = (samples, samples[:, ::-1], samples.T, samples.T[:, ::-1])  # from the left, the right, the top, the bottom
    found: list[_Side] = []
    for view in views:
        if (side := _side(view, level)) is None:
            return None
        found.append(side)
    left, right, top, bottom = found
    if max(abs(side.slope) for side in (left, right, top, bottom)) < LEAST_SLANT:
        return None
    right, bottom = _Side(width - right.offset, -right.slope), _Side(height - bottom.offset, -bottom.slope)
    corners = [_crossing(x, y) for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))]
    if not (_is_convex(corners) and LEAST_AREA <= _area(corners) / (height * width) <= MOST_AREA):
        return None
    return Quad(*((x / width, y / height) for x, y in corners))


def _side(samples: Floats, level: float) -> _Side | None:
    """Find the line at which the ground at the left ends; the sheet's own side where the ground is hardly seen.

    None where the ground ends along no line, or not at once.
    """
    side = _pdq.side(samples, level, SAME_GROUND, STEEPEST, NEAR, AGREEING, LEAST_SEEN)
    return _Side(*side) if side else None


def _crossing(upright: _Side, level: _Side) -> tuple[float, float]:
    """Give where x = a + b·y meets y = c + d·x."""
    x = (upright.offset + upright.slope * level.offset) / (1 - upright.slope * level.slope)
    return x, level.offset + level.slope * x


def _is_convex(corners: list[tuple[float, float]]) -> bool:
    """Whether every corner turns with the clock."""
    turns = zip(corners, corners[1:] + corners[:1], corners[2:] + corners[:2], strict=True)
    return all((x - a) * (v - y) > (y - b) * (u - x) for (a, b), (x, y), (u, v) in turns)


def _area(corners: list[tuple[float, float]]) -> float:
    """Give the area of a polygon (the shoelace formula)."""
    return sum(x * v - u * y for (x, y), (u, v) in zip(corners, corners[1:] + corners[:1], strict=True)) / 2


RECTIFIED: Final = 192
"""Samples along each side of what a quadrilateral holds, laid flat: three for each of the 64 that PDQ takes."""


def rectify(luma: Luma, quad: Quad) -> tuple[Luma, NDArray[np.bool_]]:
    """Lay flat what a quadrilateral holds: u8[192, 192], and which samples lie outside of the upload.

    Those repeat the nearest that lies inside. Samples are taken between the nearest four: `luma` should not have many
    more than 400 along the quadrilateral, and must have two each way.
    """
    x, y = _spread(quad)
    height, width = luma.shape
    x, y = x * width - 0.5, y * height - 0.5
    outside = (x < -0.5) | (x > width - 0.5) | (y < -0.5) | (y > height - 0.5)
    x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    left, top = np.minimum(x.astype(np.int32), width - 2), np.minimum(y.astype(np.int32), height - 2)
    x -= left
    y -= top
    at = top * width + left
    flat = luma.ravel()
    above = flat[at] * (1 - x) + flat[at + 1] * x
    below = flat[at + width] * (1 - x) + flat[at + width + 1] * x
    return (above * (1 - y) + below * y + 0.5).astype(np.uint8), outside


def homography(quad: Quad) -> tuple[float, float, float, float, float, float, float, float]:
    """Give a..h that lead from (u, v), shares of what is laid flat, to (x, y), shares of the upload's sides.

    x = (a u + b v + c) / (g u + h v + 1), y = (d u + e v + f) / (g u + h v + 1).
    """
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = quad
    # Heckbert, "Fundamentals of Texture Mapping and Image Warping" (1989), 2.2.3: the square onto four points.
    ax, bx, sx = x1 - x2, x3 - x2, x0 - x1 + x2 - x3
    ay, by, sy = y1 - y2, y3 - y2, y0 - y1 + y2 - y3
    whole = ax * by - bx * ay
    g, h = (sx * by - bx * sy) / whole, (ax * sy - sx * ay) / whole
    return x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h


def _spread(quad: Quad) -> tuple[Floats, Floats]:
    """Give where the samples lie in the upload, in shares of its sides."""
    a, b, c, d, e, f, g, h = homography(quad)
    u = ((np.arange(RECTIFIED) + 0.5) / RECTIFIED).astype(np.float32)
    v = u[:, None]
    far = g * u + h * v + 1
    return (a * u + b * v + c) / far, (d * u + e * v + f) / far
