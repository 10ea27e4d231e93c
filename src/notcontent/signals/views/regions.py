"""Connected regions of a bitmap, and the convex hull of each: runs of marked samples, joined from row to row."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from notcontent.signals import _pdq
from notcontent.signals.luma import Luma

Bitmap = NDArray[np.bool_]
_Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """Marked samples that touch along rows and columns, held as runs."""

    area: int
    """Samples."""
    rows: _Ints
    """The row of each run; every row from the first to the last has one at least."""
    starts: _Ints
    """The column where each run begins ..."""
    ends: _Ints
    """... and one past where it ends."""

    def places(self) -> tuple[_Ints, _Ints]:
        """Give the rows and the columns of all its samples, as an index into the bitmap."""
        lengths = self.ends - self.starts
        along = np.arange(self.area) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return np.repeat(self.rows, lengths), np.repeat(self.starts, lengths) + along

    def levels(self, luma: Luma) -> _Ints:
        """Count its samples in a picture of the bitmap's size by their level: i64[256]."""
        return _pdq.levels(luma, self.rows, self.starts, self.ends)

    def hull(self) -> tuple[int, NDArray[np.float64], NDArray[np.float64]]:
        """Give the first row, and for every row from there the columns between which the convex hull lies."""
        top = int(self.rows[0])
        height = int(self.rows[-1]) - top + 1
        left = np.full(height, np.iinfo(np.int64).max, np.int64)
        right = np.zeros(height, np.int64)
        np.minimum.at(left, self.rows - top, self.starts)
        np.maximum.at(right, self.rows - top, self.ends)
        return top, _below(left), -_below(-right)


def find_regions(marks: Bitmap, least: int, most: int, shortest: int) -> list[Region]:
    """Give the largest `most` regions of at least `least` samples; runs of fewer than `shortest` do not count."""
    rows, starts, ends, labels = _pdq.runs(np.ascontiguousarray(marks), shortest)
    areas = np.bincount(labels, ends - starts, minlength=1)
    found = []
    for label in np.argsort(-areas, kind="stable")[:most].tolist():
        if areas[label] < max(1, least):
            break
        own = labels == label
        found.append(Region(int(areas[label]), rows[own], starts[own], ends[own]))
    return found


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
