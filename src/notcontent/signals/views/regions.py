"""Connected regions of a bitmap, and the convex hull of each: runs of marked samples, joined from row to row."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bitmap = NDArray[np.bool_]
_Ints = NDArray[np.intp]


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

    def hull(self) -> tuple[int, NDArray[np.float64], NDArray[np.float64]]:
        """Give the first row, and for every row from there the columns between which the convex hull lies."""
        top = int(self.rows[0])
        height = int(self.rows[-1]) - top + 1
        left = np.full(height, np.iinfo(np.intp).max, np.intp)
        right = np.zeros(height, np.intp)
        np.minimum.at(left, self.rows - top, self.starts)
        np.maximum.at(right, self.rows - top, self.ends)
        return top, _below(left), -_below(-right)


def find_regions(marks: Bitmap, least: int, most: int, shortest: int) -> list[Region]:
    """Give the largest `most` regions of at least `least` samples; runs of fewer than `shortest` do not count."""
    height, width = marks.shape
    padded = np.zeros((height, width + 1), np.int8)
    padded[:, :width] = marks
    changes = np.diff(padded.ravel(), prepend=np.int8(0))
    starts, ends = np.flatnonzero(changes == 1), np.flatnonzero(changes == -1)
    long = ends - starts >= shortest
    starts, ends = starts[long], ends[long]
    labels = _joined(starts, ends, width + 1)
    areas = np.bincount(labels, ends - starts, minlength=1)
    found = []
    for label in np.argsort(-areas, kind="stable")[:most].tolist():
        if areas[label] < max(1, least):
            break
        own = labels == label
        rows, columns = np.divmod(starts[own], width + 1)
        found.append(Region(int(areas[label]), rows, columns, columns + (ends[own] - starts[own])))
    return found


def _joined(starts: _Ints, ends: _Ints, step: int) -> _Ints:
    """Label runs, equal where they are connected; a run lies at its start in the bitmap, a row below is `step` on."""
    first = np.searchsorted(ends, starts + step, "right")
    count = np.maximum(np.searchsorted(starts, ends + step, "left") - first, 0)
    above = np.repeat(np.arange(len(starts)), count)
    below = np.arange(len(above)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    labels = np.arange(len(starts))
    while True:
        one, other = labels[above], labels[below]
        apart = one != other
        if not apart.any():
            return labels
        above, below, one, other = above[apart], below[apart], one[apart], other[apart]
        np.minimum.at(labels, np.maximum(one, other), np.minimum(one, other))
        while ((further := labels[labels]) != labels).any():
            labels = further


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
