"""Regions of a bitmap, against flooding from every sample, and hulls against every line through two samples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notcontent.signals import _pdq
from notcontent.signals.views.regions import find_regions


def flooded(marks: np.ndarray) -> list[int]:
    """Count the samples of every region, by walking it."""
    left = {(int(y), int(x)) for y, x in np.argwhere(marks)}
    sizes = []
    while left:
        edge = [left.pop()]
        size = 0
        while edge:
            y, x = edge.pop()
            size += 1
            near = {(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)} & left
            left -= near
            edge += near
        sizes.append(size)
    return sorted(sizes, reverse=True)


bitmaps = st.tuples(st.integers(1, 24), st.integers(1, 24), st.integers(0, 2**32 - 1), st.floats(0.05, 0.95)).map(
    lambda drawn: np.random.default_rng(drawn[2]).random(drawn[:2]) < drawn[3]
)


@settings(max_examples=200, deadline=None)
@given(bitmaps)
def test_regions_are_those_that_flooding_finds(marks: np.ndarray) -> None:
    found = find_regions(marks, least=1, most=1000, shortest=1)
    assert [region.area for region in found] == flooded(marks)
    painted = np.zeros(marks.shape, int)
    for region in found:
        np.add.at(painted, region.places(), 1)
    assert (painted == marks).all()


@settings(max_examples=100, deadline=None)
@given(bitmaps)
def test_a_hull_holds_its_region_and_is_convex(marks: np.ndarray) -> None:
    for region in find_regions(marks, least=3, most=5, shortest=1):
        top, left, right = region.hull()
        rows, columns = region.places()
        assert (columns >= left[rows - top] - 1e-9).all()
        assert (columns + 1 <= right[rows - top] + 1e-9).all()
        assert (np.diff(left, 2) >= -1e-9).all()
        assert (np.diff(right, 2) <= 1e-9).all()
        assert left.min() == columns.min()
        assert right.max() == columns.max() + 1


def test_a_narrow_bridge_parts_two_regions() -> None:
    marks = np.zeros((20, 30), bool)
    marks[2:8, 2:28] = marks[12:18, 2:28] = marks[8:12, 10:12] = True
    assert [region.area for region in find_regions(marks, 1, 9, shortest=1)] == [2 * 156 + 8]
    assert [region.area for region in find_regions(marks, 1, 9, shortest=3)] == [156, 156]


def test_only_so_many_and_none_that_is_small() -> None:
    marks = np.zeros((9, 40), bool)
    for place in range(6):
        marks[1 : 3 + place, 6 * place : 6 * place + 4] = True
    assert [region.area for region in find_regions(marks, least=12, most=3, shortest=1)] == [28, 24, 20]
    assert [region.area for region in find_regions(marks, least=21, most=9, shortest=1)] == [28, 24]
    assert find_regions(np.zeros((5, 5), bool), 1, 9, 1) == []


@settings(max_examples=50, deadline=None)
@given(bitmaps)
def test_levels_are_those_of_a_regions_samples(marks: np.ndarray) -> None:
    luma = np.random.default_rng(marks.size).integers(0, 256, marks.shape, np.uint8)
    for region in find_regions(marks, least=1, most=5, shortest=1):
        assert (region.levels(luma) == np.bincount(luma[region.places()], minlength=256)).all()


def test_runs_that_lie_outside_are_refused() -> None:
    luma, ones = np.zeros((4, 6), np.uint8), np.ones(1, np.int64)
    for row, start, end in ((4, 0, 1), (-1, 0, 1), (0, -1, 1), (0, 2, 1), (0, 0, 7)):
        with pytest.raises(ValueError, match="outside"):
            _pdq.levels(luma, row * ones, start * ones, end * ones)
    with pytest.raises(ValueError, match="three numbers"):
        _pdq.levels(luma, ones, ones[:0], ones)
    with pytest.raises(ValueError, match="1 sample"):
        _pdq.runs(luma > 0, 0)
    with pytest.raises(TypeError):
        _pdq.runs(luma, 1)  # type: ignore[arg-type]
