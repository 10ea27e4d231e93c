"""The native measures of a sheet against the same in NumPy, a line for a step."""

import numpy as np
import pytest
from numpy.typing import NDArray

from notcontent.signals import _pdq
from notcontent.signals.levels import halved
from notcontent.signals.luma import Luma
from notcontent.signals.views.sheet import CLIP, make_sheet

SIZES = [(5, 5), (64, 64), (63, 200), (401, 300), (1031, 777), (20, 9000), (3, 900)]
AROUND = 7


def plane(height: int, width: int) -> Luma:
    rng = np.random.default_rng(height * width)
    slope = np.add.outer(np.arange(height), 2 * np.arange(width)) // 9 % 200
    return np.clip(slope + rng.integers(0, 60, (height, width)), 0, 255).astype(np.uint8)


def profile(values: int, seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).gamma(2.0, 2.0, values).astype(np.float32)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_a_sheet_is_means_of_blocks_with_their_steps_and_bends_both_ways(height: int, width: int) -> None:
    luma = plane(height, width)
    sheet, n = make_sheet(luma)
    cut = luma[: height // n * n, : width // n * n].astype(np.float64)
    blocks = cut.reshape(height // n, n, width // n, n).sum(axis=(1, 3)).astype(np.float32)
    assert np.array_equal(sheet.samples, blocks / np.float32(n * n))
    assert sheet.across is not None
    assert np.array_equal(sheet.across.samples, sheet.samples.T)
    for one in (sheet, sheet.across):
        rows = one.samples
        assert np.array_equal(one.steps, np.minimum(np.abs(rows[1:] - rows[:-1]), CLIP))
        bends = np.minimum(np.abs(rows[:, 2:] + rows[:, :-2] - 2 * rows[:, 1:-1]), CLIP)
        assert one.bends.shape == bends.shape
        assert np.array_equal(one.bends, bends)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_a_halved_picture_is_means_of_four(height: int, width: int) -> None:
    luma = plane(height, width)
    padded = np.pad(luma, ((0, height % 2), (0, width % 2)), mode="edge").astype(np.int64)
    fours = padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]
    assert np.array_equal(halved(luma), (fours + 2) >> 2)
    assert np.array_equal(halved(luma[:, ::-1]), halved(np.ascontiguousarray(luma[:, ::-1])))


@pytest.mark.parametrize("width", [1, 7, 8, 61, 400])
def test_rows_are_plain_by_their_standard_deviation(width: int) -> None:
    rng = np.random.default_rng(width)
    rows = (rng.normal(0, 1, (90, 500)) * rng.uniform(0, 8, (90, 1)) + 100).astype(np.float32)[:, :width]
    levels, plain = _pdq.plain_rows(rows, 2.5)
    assert np.allclose(levels, rows.mean(axis=1, dtype=np.float64), rtol=1e-6)
    assert np.array_equal(levels, _pdq.row_means(rows))
    spread = rows.std(axis=1, dtype=np.float64)
    clear = np.abs(spread - 2.5) > 1e-4
    assert np.array_equal(plain[clear], (spread <= 2.5)[clear])


@pytest.mark.parametrize("count", [8, 14, 15, 300])
def test_what_stands_above_the_upper_quartile_around_it(count: int) -> None:
    values = profile(count, count)
    near = np.lib.stride_tricks.sliding_window_view(np.pad(values, AROUND, mode="reflect"), 2 * AROUND + 1)
    others = np.concatenate([near[:, : AROUND - 1], near[:, AROUND + 2 :]], axis=1)
    assert np.array_equal(_pdq.standing(values), values - np.sort(others, axis=1)[:, 9])


@pytest.mark.parametrize("seed", range(20))
def test_the_sharpest_line_is_the_nearest_of_those_that_change_most(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 3, (40, 5), dtype=np.uint8) * np.uint8(40)  # few levels: many lines are equally sharp
    for line, n in ((1, 3), (20, 4), (39, 2), (20, 60)):
        steps = np.minimum(np.abs(np.diff(rows.astype(int), axis=0)), 48).sum(axis=1)
        first, last = max(1, line - n), min(len(rows) - 1, line + n)
        best = min(range(first, last + 1), key=lambda y: (-steps[y - 1], abs(y - line), y))
        assert _pdq.sharpest(rows, line, n, 48) == best
        assert _pdq.sharpest(np.asfortranarray(rows), line, n, 48) == best


def test_what_does_not_fit_is_refused() -> None:
    luma = plane(9, 9)
    for call in (
        lambda: _pdq.sheet(luma, 0, 48.0),
        lambda: _pdq.sheet(luma, 4097, 48.0),  # sums of so many would not fit
        lambda: _pdq.sheet(luma.T, 1, 48.0),
        lambda: _pdq.halved(luma.T),
        lambda: _pdq.plain_rows(luma.astype(np.float32).T, 2.5),
        lambda: _pdq.row_means(luma.astype(np.float32).T),
        lambda: _pdq.standing(profile(7, 1)),
        lambda: _pdq.sharpest(luma, 0, 2, 48),
        lambda: _pdq.sharpest(luma, 9, 2, 48),
    ):
        with pytest.raises(ValueError, match=r"sample|piece|values|line"):
            call()
