"""Trims: where in an upload the real picture may lie, when borders, bars, captions or a screen surround it.

Two ways of seeing, on a coarse picture of some 256 cells a side:

- *By ground.* A surround is mostly one level, with ink on it: words, buttons, bubbles. Rows, then columns, then rows
  again that show nothing but ground are cut away, and of what they separate the largest piece is kept.
- *By edges.* A picture's four sides are long straight edges. Rectangles between the strongest are weighed by how much
  of each side is edge, and how flat it is outside.

The best are settled to the pixel at full size, because PDQ forgives a side that is wrong by one per cent, not by two.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from notcontent.signals.boxes import Box, Coarse, Floats, coarsen, settle
from notcontent.signals.luma import Luma

MOST_TRIMS = 6

Bools = NDArray[np.bool_]
Cells = tuple[int, int, int, int]
"""Left, top, right, bottom in cells."""

_TOLERANCE = 10.0
"""Levels that a ground may vary by: JPEG's ringing and a camera's noise, averaged over a cell."""
_GROUND_SHARE = 0.3
"""A strip has a ground when this share of it lies near one level."""
_SMALLEST = 0.15
"""A trim's sides are at least this share of the upload's."""
_STEP = 12.0
_SURE = 0.6
_WEIGHTS = np.array([4.7, 7.5, 2.4, 4.7, -6.0, 2.4])
"""What speaks for a rectangle: of its sides that are not the upload's rim the mean and the least share that steps from
flat ground, and their number; the flat shares of what lies around it and of itself; the logarithm of its area.

Fitted on the development half of bench/robustness, so that the right rectangle comes first most often, and rounded."""
_BY_GROUND = 5.0
"""What speaks for a rectangle that was found by ground."""
_LINES = 10
_SAME = 0.007
"""Boxes whose sides differ by less than this share would hash alike."""


def find_trims(luma: Luma, most: int = MOST_TRIMS) -> list[Box]:
    """Give at most `most` rectangles that may hold the real picture, the likeliest first; none is the whole.

    Bounded by the coarse picture's size, not by the upload's. Nothing is found in a flat picture.
    """
    coarse = coarsen(luma)
    whole = Box(0, 0, luma.shape[1], luma.shape[0])
    maps = _Maps(coarse.cells)
    by_ground = dict.fromkeys(_by_ground(coarse.cells))
    cells = list(by_ground | dict.fromkeys(_by_edges(maps)))
    if not cells:
        return []
    weights = maps.weigh(np.array(cells)) + [_BY_GROUND * (each in by_ground) for each in cells]
    found: list[Box] = []
    for best in np.argsort(-weights, kind="stable"):
        if len(found) == most:
            break
        rough = coarse.box(*cells[best], luma)
        if any(rough.near(other, _SAME) for other in found):
            continue
        box = settle(luma, rough, (2 * coarse.across, 2 * coarse.down))
        if not any(box.near(other, _SAME) for other in [whole, *found]):
            found.append(box)
    return found


# --- by ground ---


def _by_ground(cells: Floats) -> Iterator[Cells]:
    """Cut the ground away, for each level that may be one, and once more inside of what is left."""
    height, width = cells.shape
    whole = (0, 0, width, height)
    for first in _peelings(cells, whole):
        yield first
        for second in _peelings(cells, first):
            yield second


def _peelings(cells: Floats, within: Cells) -> Iterator[Cells]:
    left, top, right, bottom = within
    part = cells[top:bottom, left:right]
    for level in _grounds(part):
        ink = np.abs(part - level) > _TOLERANCE
        for bridge in (0, 0.03):
            inner = _largest(ink, bridge)
            if inner is not None and inner != (0, 0, right - left, bottom - top):
                yield left + inner[0], top + inner[1], left + inner[2], top + inner[3]


def _grounds(part: Floats) -> list[float]:
    """List the levels that the picture's rims, or all of it, mostly have."""
    strips = (part[:2], part[-2:], part[:, :2], part[:, -2:], part)
    levels: list[float] = []
    for strip in strips:
        counts = np.bincount(np.clip(strip, 0, 255).astype(np.intp).ravel(), minlength=256)
        near = np.convolve(counts, np.ones(9), "same")
        level = float(near.argmax())
        if near.max() >= _GROUND_SHARE * strip.size and all(abs(level - other) > _TOLERANCE for other in levels):
            levels.append(level)
    return levels


def _largest(ink: Bools, bridge: float) -> Cells | None:
    """Cut empty rows and columns away until none are left; of several pieces keep the one with the most ink."""
    left, top, right, bottom = 0, 0, ink.shape[1], ink.shape[0]
    smallest = _SMALLEST * ink.shape[1], _SMALLEST * ink.shape[0]
    for _ in range(3):
        before = left, top, right, bottom
        begin, end = _longest_run(ink[top:bottom, left:right].sum(axis=1), right - left, bridge)
        top, bottom = top + begin, top + end
        begin, end = _longest_run(ink[top:bottom, left:right].sum(axis=0), bottom - top, bridge)
        left, right = left + begin, left + end
        if right - left < smallest[0] or bottom - top < smallest[1]:
            return None
        if before == (left, top, right, bottom):
            break
    return left, top, right, bottom


def _longest_run(counts: NDArray[np.intp], across: int, bridge: float) -> tuple[int, int]:
    """Find the run of lines with ink that holds the most of it; (0, 0) when no line has any."""
    inked = counts > max(1, 0.02 * across)
    steps = np.flatnonzero(np.diff(np.concatenate(([False], inked, [False])).astype(np.int8)))
    begins, ends = steps[::2], steps[1::2]
    if not len(begins):
        return 0, 0
    apart = begins[1:] - ends[:-1] > bridge * len(counts)
    begins, ends = begins[np.concatenate(([True], apart))], ends[np.concatenate((apart, [True]))]
    sums = np.concatenate(([0], np.cumsum(counts)))
    best = int((sums[ends] - sums[begins]).argmax())
    return int(begins[best]), int(ends[best])


# --- by edges ---


class _Maps:
    """Where a coarse picture steps from flat ground, summed up so that any rectangle's sides are weighed at once."""

    def __init__(self, cells: Floats) -> None:
        flat = _flatness(cells)
        self.rows_edge, self.columns_edge = _steps(cells) > _STEP, _steps(cells.T) > _STEP
        self.above, self.below = _from_flat(self.rows_edge, flat)
        self.before, self.behind = _from_flat(self.columns_edge, flat.T)
        self.flat_area = np.zeros((flat.shape[0] + 1, flat.shape[1] + 1), np.int32)
        np.cumsum(_sums(flat)[:, 1:], axis=0, out=self.flat_area[1:, 1:])

    def weigh(self, boxes: NDArray[np.intp]) -> NDArray[np.float64]:
        """Say of rectangles (n, 4) how much each looks like a picture that was set into something."""
        left, top, right, bottom = boxes.T
        shares, inner = [], []
        for at, begin, end, sums in (
            (top, left, right, self.above),
            (bottom, left, right, self.below),
            (left, top, bottom, self.before),
            (right, top, bottom, self.behind),
        ):
            shares.append((sums[at, end] - sums[at, begin]) / np.maximum(1, end - begin))
            inner.append((at > 0) & (at < len(sums) - 1))
        share, counted = np.array(shares), np.array(inner)
        sides = counted.sum(axis=0)
        mean = (share * counted).sum(axis=0) / np.maximum(1, sides)
        least = np.where(counted, share, 1.0).min(axis=0)
        inside, outside, area = self._flat_shares(boxes)
        features = (mean, least, sides, outside, inside, np.log(area))
        weights: NDArray[np.float64] = np.tensordot(_WEIGHTS, np.array(features), axes=1)
        return weights

    def _flat_shares(self, boxes: NDArray[np.intp]) -> tuple[NDArray[np.float64], ...]:
        """Give the share of each rectangle that is flat, that of what lies around it, and its share of the area."""
        left, top, right, bottom = boxes.T
        sums = self.flat_area
        area = (right - left) * (bottom - top)
        around = (sums.shape[0] - 1) * (sums.shape[1] - 1) - area
        inside = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
        return inside / area, (sums[-1, -1] - inside) / np.maximum(1, around), area / (area + around)


def _from_flat(edge: Bools, flat: Bools) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Sum up where an edge has flat ground above it, and where below; a boundary's neighbours count as itself."""
    wide = edge.copy()
    wide[1:] |= edge[:-1]
    wide[:-1] |= edge[1:]
    above, below = wide.copy(), wide.copy()
    above[:3], above[3:] = False, wide[3:] & flat[:-2]
    below[-3:], below[:-3] = False, wide[:-3] & flat[2:]
    return _sums(above), _sums(below)


def _steps(cells: Floats) -> Floats:
    """Give the step across each boundary between rows, of one or two cells: shape (height + 1, width), 0 at the rim."""
    steps = np.zeros((cells.shape[0] + 1, cells.shape[1]), np.float32)
    one = np.abs(np.diff(cells, axis=0))
    steps[1:-1] = one
    if len(cells) > 2:
        two = np.abs(cells[2:] - cells[:-2])
        np.maximum(steps[1:-2], two, out=steps[1:-2])
        np.maximum(steps[2:-1], two, out=steps[2:-1])
    return steps


def _flatness(cells: Floats) -> Bools:
    """Mark cells that differ little from their neighbours to the right and below."""
    flat = np.ones(cells.shape, np.bool_)
    flat[:, :-1] &= np.abs(np.diff(cells, axis=1)) < 4
    flat[:-1] &= np.abs(np.diff(cells, axis=0)) < 4
    return flat


def _sums(marks: Bools) -> NDArray[np.int32]:
    """Sum along each row from its beginning: shape (rows, columns + 1)."""
    sums = np.zeros((marks.shape[0], marks.shape[1] + 1), np.int32)
    np.cumsum(marks, axis=1, out=sums[:, 1:])
    return sums


def _by_edges(maps: _Maps) -> Iterator[Cells]:
    """Give the heaviest rectangles between the strongest lines."""
    rows = _strong_lines(maps.rows_edge)
    columns = _strong_lines(maps.columns_edge)
    tops, bottoms = _pairs(rows, len(maps.rows_edge) - 1)
    lefts, rights = _pairs(columns, len(maps.columns_edge) - 1)
    boxes = np.stack([
        np.repeat(lefts, len(tops)), np.tile(tops, len(lefts)),
        np.repeat(rights, len(tops)), np.tile(bottoms, len(lefts)),
    ], axis=1)  # fmt: skip
    weights = maps.weigh(boxes)
    for best in np.argsort(-weights, kind="stable")[:40]:
        left, top, right, bottom = boxes[best].tolist()
        yield left, top, right, bottom


def _strong_lines(edge: Bools) -> list[int]:
    """Find the lines with the longest stretch that is mostly edge, apart from each other; and both rims."""
    walk = np.cumsum(edge - _SURE, axis=1, dtype=np.float64)
    floor = np.minimum(np.minimum.accumulate(walk, axis=1), 0)
    gains = (walk - floor).max(axis=1)
    least = 0.1 * edge.shape[1] * (1 - _SURE)
    lines = [0, edge.shape[0] - 1]
    for line in np.argsort(-gains, kind="stable"):
        if len(lines) == _LINES + 2 or gains[line] < least:
            break
        if all(abs(int(line) - other) > 2 for other in lines):
            lines.append(int(line))
    return sorted(lines)


def _pairs(lines: list[int], length: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give all pairs that lie far enough apart."""
    low, high = np.triu_indices(len(lines), 1)
    at = np.array(lines)
    far = at[high] - at[low] >= _SMALLEST * length
    return at[low][far], at[high][far]
