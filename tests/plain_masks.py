"""Masks in NumPy, a line for a step: what the native core's are held to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from notcontent.signals.luma import Luma
from notcontent.signals.views.masks import COVERED, GRID, MOST_CELLS, Mask
from notcontent.signals.views.sheet import Floats

LEAST_AREA, MOST_AREA = 0.004, 0.5
_RANGE = 4
"""Levels within 3 x 3 samples, in paint."""
_SPREAD, _SPREAD_OF_PART = 1.3, 0.75
"""Standard deviation over all of a painted area, in levels; of a small one less is borne."""
_LEAST_PART = 0.0018
"""Share of the sheet that a part of a sticker has."""
_STANDS_OUT = 2
"""Paint that flows into a sky has so many times the samples of the levels around it."""
_SOLID = 2.2
"""The hull of a painted area has up to so many times its samples: a face has eyes, a bar has words."""
_SHORTEST = 4
"""Samples: a narrower link parts two areas."""
_MOST_REGIONS = 16
_LEVELS = np.arange(256.0)

_BRIGHT, _DARK = 220, 55
"""Levels of words and of their outline."""
_CELL = 4
"""Paint and words are marked in squares of so many samples a side."""
_TOUCHED, _STROKES = 0.1, 0.2
"""The share of such a square that is paint; that is stroke or outline, in words."""
Bitmap = NDArray[np.bool_]
_Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """Marked samples that touch along rows and columns: where they are."""

    rows: _Ints
    columns: _Ints

    @property
    def area(self) -> int:
        """Samples."""
        return len(self.rows)

    def hull(self) -> tuple[int, NDArray[np.float64], NDArray[np.float64]]:
        """Give the first row, and for every row from there the columns between which the convex hull lies."""
        top = int(self.rows.min())
        height = int(self.rows.max()) - top + 1
        left = np.full(height, np.iinfo(np.int64).max, np.int64)
        right = np.zeros(height, np.int64)
        np.minimum.at(left, self.rows - top, self.columns)
        np.maximum.at(right, self.rows - top, self.columns + 1)
        return top, _below(left), -_below(-right)


def find_regions(marks: Bitmap, least: int, most: int, shortest: int) -> list[Region]:
    """Give the largest `most` regions of at least `least` samples; runs of fewer than `shortest` do not count."""
    long = ndimage.binary_opening(marks, np.ones((1, shortest))) if shortest > 1 else marks
    labels, count = ndimage.label(long)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    large = [label for label in np.argsort(-areas, kind="stable")[:most] if areas[label] >= max(1, least)]
    return [Region(*np.nonzero(labels == label + 1)) for label in large]


def plain_masks(samples: Floats) -> tuple[Mask, ...]:
    """Give the likely masks of a sheet's samples."""
    levels = (samples + 0.5).astype(np.uint8)
    paint, words = _paint(levels), _words(levels)
    masks = [on_grid(paint | words)]
    if paint.any() and words.any():
        masks += [on_grid(paint), on_grid(words)]
    return tuple(mask for mask in masks if mask.any() and mask.mean() <= MOST_CELLS)


def _paint(levels: Luma) -> Bitmap:
    """Mark squares with areas of one level: their hulls, and the hulls of those beside each other."""
    covered = np.zeros(levels.shape, np.bool_)
    inner = _most(levels) - _least(levels) <= _RANGE  # without the outermost row and column on each side
    flat = np.pad(inner, 1)
    for region in find_regions(flat, int(_LEAST_PART * levels.size), _MOST_REGIONS, _SHORTEST):
        for part in _of_one_level(region, levels, flat):
            if part.area <= MOST_AREA * levels.size:
                _fill_hull(covered, part)
    cells = _cells(_grown(covered, 1, 1)) > _TOUCHED
    return _joined(cells, 1, 1, LEAST_AREA)


def _of_one_level(region: Region, levels: Luma, flat: Bitmap) -> list[Region]:
    """Give the region if it is paint; else the paint in it, if one level stands out: a sky of like level, say."""
    counts = np.bincount(levels[region.rows, region.columns], minlength=256)
    mean = float(counts @ _LEVELS) / region.area
    spread = (_SPREAD if region.area >= LEAST_AREA * levels.size else _SPREAD_OF_PART) ** 2
    if float(counts @ (_LEVELS - mean) ** 2) <= spread * region.area:
        return [region]
    level = int(counts.argmax())
    near, around = (int(counts[max(0, level - by) : level + by + 1].sum()) for by in (1, 5))
    least = int(LEAST_AREA * levels.size)
    if near < least or near < _STANDS_OUT * (around - near):
        return []
    alike = flat & (levels + np.uint8(1) - np.uint8(level) <= 2)  # wraps around: level - 1, level, level + 1
    return find_regions(alike, least, 1, _SHORTEST)


def _words(levels: Luma) -> Bitmap:
    """Mark squares with lines of bright strokes that have dark outlines."""
    bright, dark = levels >= _BRIGHT, levels <= _DARK
    if not (bright.any() and dark.any()):
        return _cells(bright) > 1
    strokes = (bright & _grown(dark, 2, 2)) | (dark & _grown(bright, 2, 2))
    return _joined(_cells(strokes) >= _STROKES, 1, 2, LEAST_AREA)


def _cells(marks: Bitmap) -> NDArray[np.float64]:
    """Give the share that is marked of every 4 x 4 samples; odd rows and columns are left."""
    height, width = marks.shape[0] // _CELL * _CELL, marks.shape[1] // _CELL * _CELL
    whole = marks[:height, :width].view(np.uint8)
    rows = whole[0::4] + whole[1::4] + whole[2::4] + whole[3::4]
    squares: NDArray[np.float64] = (rows[:, 0::4] + rows[:, 1::4] + rows[:, 2::4] + rows[:, 3::4]) / _CELL**2
    return squares


def _joined(cells: Bitmap, down: int, across: int, share: float) -> Bitmap:
    """Join squares that are so near to each other, and mark the hull of every group of this share of all."""
    covered = np.zeros(cells.shape, np.bool_)
    for group in find_regions(_grown(cells, down, across), int(share * cells.size), _MOST_REGIONS, 1):
        if not _fill_hull(covered, group):
            covered[group.rows, group.columns] = True
    return ~_grown(~covered, down, across)


def _fill_hull(covered: Bitmap, region: Region) -> bool:
    """Mark a region's hull, unless it holds much that is not the region; tell whether it was marked."""
    top, left, right = region.hull()
    if (right - left).sum() > _SOLID * region.area:
        return False
    columns = np.arange(covered.shape[1])
    covered[top : top + len(left)] |= (columns >= np.floor(left)[:, None]) & (columns < np.ceil(right)[:, None])
    return True


def _grown(marks: Bitmap, down: int, across: int) -> Bitmap:
    """Mark what is within so many rows and columns too."""
    rows = marks.copy()
    for step in range(1, down + 1):
        rows[step:] |= marks[:-step]
        rows[:-step] |= marks[step:]
    grown = rows.copy()
    for step in range(1, across + 1):
        grown[:, step:] |= rows[:, :-step]
        grown[:, :-step] |= rows[:, step:]
    return grown


def on_grid(covered: Bitmap) -> Mask:
    """Give bool[24, 24]: the cells of a bitmap of any size of which more than COVERED is marked."""
    rows, columns = (np.linspace(0, length, GRID + 1) for length in covered.shape)
    return _shares(_shares(covered.astype(np.float32), rows).T, columns).T > COVERED


def _shares(values: Floats, cuts: NDArray[np.float64]) -> Floats:
    """Take the mean of the rows between neighbouring cuts; a row that is cut counts by parts."""
    sums = np.zeros((len(values) + 1, values.shape[1]), np.float32)
    np.cumsum(values, axis=0, out=sums[1:])
    whole = np.minimum(cuts.astype(np.intp), len(values) - 1)
    part = (cuts - whole).astype(np.float32)[:, None]
    at = sums[whole] + part * values[whole]
    shares: Floats = np.asarray(np.diff(at, axis=0) / cuts[1], np.float32)
    return shares


def _most(levels: Luma) -> Luma:
    """Take the largest of 3 x 3 samples."""
    rows = np.maximum(np.maximum(levels[:-2], levels[1:-1]), levels[2:])
    return np.maximum(np.maximum(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:])


def _least(levels: Luma) -> Luma:
    """Take the smallest of 3 x 3 samples."""
    rows = np.minimum(np.minimum(levels[:-2], levels[1:-1]), levels[2:])
    return np.minimum(np.minimum(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:])


def _below(values: _Ints) -> NDArray[np.float64]:
    """Give the largest convex sequence that is nowhere above these values (Andrew's monotone chain)."""
    chain: list[tuple[int, int]] = []
    for place, value in enumerate(values.tolist()):
        while len(chain) > 1:
            (a, low), (b, middle) = chain[-2:]
            if (middle - low) * (place - a) < (value - low) * (b - a):
                break
            chain.pop()
        chain.append((place, value))
    places, heights = zip(*chain, strict=True)
    below: NDArray[np.float64] = np.interp(np.arange(len(values)), places, heights)
    return below
