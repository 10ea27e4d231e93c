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
def test_a_sheet_is_means_of_blocks_with_their_steps_and_details_both_ways(height: int, width: int) -> None:
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
        assert one.details.shape == (len(rows),)
        assert np.allclose(one.details, bends.mean(axis=1, dtype=np.float64) if bends.size else 0.0, rtol=1e-6)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_a_halved_picture_is_means_of_four(height: int, width: int) -> None:
    luma = plane(height, width)
    padded = np.pad(luma, ((0, height % 2), (0, width % 2)), mode="edge").astype(np.int64)
    fours = padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]
    assert np.array_equal(halved(luma), (fours + 2) >> 2)
    assert np.array_equal(halved(luma[:, ::-1]), halved(np.ascontiguousarray(luma[:, ::-1])))


def patches(seed: int) -> NDArray[np.float32]:
    """Rows of which runs are plain, at levels of their own."""
    rng = np.random.default_rng(seed)
    spreads = np.repeat(rng.choice([0.5, 9.0], 30), rng.integers(1, 6, 30))[:60, None]
    levels = np.repeat(rng.choice([80.0, 84.0, 120.0], 30), rng.integers(1, 6, 30))[: len(spreads), None]
    noise = rng.normal(0, 1, (len(levels), 61)) * spreads[: len(levels)]
    return np.asarray(noise + levels, np.float32)


def plain(rows: NDArray[np.float32]) -> NDArray[np.bool_]:
    spread = rows.std(axis=1, dtype=np.float64)
    assert (np.abs(spread - 2.5) > 1e-4).all()
    return np.asarray(spread <= 2.5)


def run(marks: NDArray[np.bool_]) -> int:
    return int(np.argmin(np.r_[marks, False]))


@pytest.mark.parametrize("seed", range(20))
def test_plain_rows_at_the_ends_are_of_a_small_standard_deviation_and_near_the_outermost(seed: int) -> None:
    rows = patches(seed)
    levels, marks = rows.mean(axis=1, dtype=np.float64), plain(rows)
    first = run(marks & (np.abs(levels - levels[0]) <= 20))
    last = run((marks & (np.abs(levels - levels[-1]) <= 20))[::-1])
    assert _pdq.plain_ends(rows, 2.5, 20.0) == (first, last)
    assert _pdq.plain_ends(np.full((9, 9), 7, np.float32), 2.5, 20.0) == (0, 0)


@pytest.mark.parametrize("seed", range(20))
def test_runs_of_rows_that_are_not_plain_are_parted_by_wide_gaps_alone(seed: int) -> None:
    rows = patches(seed)
    filled = np.flatnonzero(~plain(rows)).tolist()
    runs: list[tuple[int, int]] = []
    for row in filled:
        if runs and row - runs[-1][1] < 3:
            runs[-1] = (runs[-1][0], row + 1)
        else:
            runs.append((row, row + 1))
    assert runs
    assert _pdq.filled_runs(rows, 2.5, 3) == runs


def standing(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far values stand above the upper quartile of those around them."""
    near = np.lib.stride_tricks.sliding_window_view(np.pad(values, AROUND, mode="reflect"), 2 * AROUND + 1)
    others = np.concatenate([near[:, : AROUND - 1], near[:, AROUND + 2 :]], axis=1)
    above: NDArray[np.float32] = values - np.sort(others, axis=1)[:, 9]
    return above


@pytest.mark.parametrize("count", [8, 14, 15, 120, 300])
@pytest.mark.parametrize("seed", range(5))
def test_seams_are_the_rows_that_stand_out_most_and_none_beside_another(count: int, seed: int) -> None:
    fine = profile(count, seed)
    for values in (fine, np.round(fine)):  # few levels: many rows stand out as much
        above = standing(values)
        found: list[tuple[float, int]] = []
        for row in sorted(range(count), key=lambda row: -above[row])[:12]:
            if above[row] >= 1 and len(found) < 4 and all(abs(row - other) > 2 for _, other in found):
                found.append((float(above[row]), row))
        assert _pdq.seams(np.repeat(values[:, None], 20, axis=1), 1.0, 4) == found


@pytest.mark.parametrize("count", [28, 29, 300])
@pytest.mark.parametrize("seed", range(5))
def test_the_pair_of_seams_is_the_one_whose_weaker_line_stands_out_most(count: int, seed: int) -> None:
    values = profile(count, seed)
    above = standing(values)
    wide = np.maximum(above, np.maximum(np.roll(above, 1), np.roll(above, -1)))
    for end in (3, count // 3, count // 2):
        both = np.minimum(above, wide[::-1])[2:end]
        best = int(np.argmax(both))
        assert _pdq.pair_of_seams(np.repeat(values[:, None], 20, axis=1), end) == (best + 3, float(both[best]))


@pytest.mark.parametrize("seed", range(20))
def test_soft_ends_are_small_beside_the_median_of_the_middle_and_in_themselves(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.concatenate([rng.gamma(2, scale, rng.integers(0, 40)) for scale in (0.1, 3, 0.1)]).astype(np.float32)
    values = np.append(values, np.ones(4, np.float32))
    quarter = len(values) // 4
    middle = float(np.median(values[quarter : len(values) - quarter]))
    for most in (0.5, 2.0, 99.0):
        soft = values <= min(most, 0.22 * middle)
        assert _pdq.soft_ends(values, 0.22, most) == ((0, 0) if soft.all() else (run(soft), run(soft[::-1])))
    assert _pdq.soft_ends(np.ones(9, np.float32), 1.0, 2.0) == (0, 0)


@pytest.mark.parametrize("seed", range(40))
def test_the_ground_is_the_level_that_most_corners_have(seed: int) -> None:
    samples = np.random.default_rng(seed).integers(0, 60, (9, 11)).astype(np.float32) / np.float32(9)
    samples[:2] *= 1 + seed % 3
    corners = np.array(
        [samples[y, x].mean() for y in (slice(0, 2), slice(-2, None)) for x in (slice(0, 2), slice(-2, None))]
    )
    alike = np.abs(corners[:, None] - corners) <= 1.0
    best = int(np.argmax(alike.sum(axis=1)))
    expected = float(np.median(corners[alike[best]])) if alike[best].sum() >= 2 else None
    assert _pdq.ground(samples, 1.0) == expected


def sharpest(rows: NDArray[np.uint8], line: int, n: int) -> int:
    """Of the lines within n rows the one that changes most; of equals the nearest."""
    if line in {0, len(rows)}:
        return line
    steps = np.minimum(np.abs(np.diff(rows.astype(int), axis=0)), 48).sum(axis=1)
    near = range(max(1, line - n), min(len(rows) - 1, line + n) + 1)
    return min(near, key=lambda y: (-steps[y - 1], abs(y - line), y))


@pytest.mark.parametrize("seed", range(20))
def test_a_box_moves_to_the_sharpest_lines_around_each_of_which_those_nearest_win(seed: int) -> None:
    rng = np.random.default_rng(seed)
    luma = rng.integers(0, 3, (403, 640), dtype=np.uint8) * np.uint8(40)  # few levels: many lines are equally sharp
    luma[:, 256:] = luma[:, 256:257]
    n = int(rng.integers(1, 6))
    height, width = luma.shape[0] // n, luma.shape[1] // n
    top, left = (int(x) for x in rng.integers(0, 9, 2))
    boxes: list[tuple[int, int, int, int]] = [
        (top, left, height - top, width - left),
        (top, left, top + 2, left + 3),
    ]
    for box in boxes:
        ends = [side if (end + 1) * n > side else end * n for side, end in zip(luma.shape, box[2:], strict=True)]
        rows = luma[:, box[1] * n : ends[1] : max(1, (ends[1] - box[1] * n) // 256)]
        above, below = sharpest(rows, box[0] * n, n), sharpest(rows, ends[0], n)
        columns = luma[above : below : max(1, (below - above) // 256)].T
        expected = above, sharpest(columns, box[1] * n, n), below, sharpest(columns, ends[1], n)
        assert _pdq.exact(luma, *box, n, 48) == expected
        assert _pdq.exact(np.asfortranarray(luma), *box, n, 48) == expected


def test_what_does_not_fit_is_refused() -> None:
    luma = plane(9, 9)
    for call in (
        lambda: _pdq.sheet(luma, 0, 48.0),
        lambda: _pdq.sheet(luma, 4097, 48.0),  # sums of so many would not fit
        lambda: _pdq.sheet(luma.T, 1, 48.0),
        lambda: _pdq.halved(luma.T),
        lambda: _pdq.plain_ends(luma.astype(np.float32).T, 2.5, 8.0),
        lambda: _pdq.plain_ends(np.zeros((0, 9), np.float32), 2.5, 8.0),
        lambda: _pdq.filled_runs(luma.astype(np.float32).T, 2.5, 2),
        lambda: _pdq.seams(np.zeros((7, 9), np.float32), 1.0, 3),
        lambda: _pdq.side(np.zeros((39, 9), np.float32), 0.0, 14.0, 0.4, 1.0, 0.5, 0.1),
        lambda: _pdq.side(np.zeros((40, 1), np.float32), 0.0, 14.0, 0.4, 1.0, 0.5, 0.1),
        lambda: _pdq.seams(luma.astype(np.float32).T, 1.0, 3),
        lambda: _pdq.pair_of_seams(np.zeros((9, 9), np.float32), 5),
        lambda: _pdq.pair_of_seams(np.zeros((9, 9), np.float32), 2),
        lambda: _pdq.pair_of_seams(luma.astype(np.float32).T, 4),
        lambda: _pdq.soft_ends(profile(3, 1), 1.0, 1.0),
        lambda: _pdq.ground(np.zeros((1, 9), np.float32), 1.0),
        lambda: _pdq.exact(luma, 0, 0, 5, 4, 2, 48),
        lambda: _pdq.exact(luma, 0, 3, 4, 4, 2, 48),
        lambda: _pdq.exact(luma, 0, 0, 4, 4, 0, 48),
        lambda: _pdq.exact(luma, 4, 0, 1, 4, 1, 48),
        lambda: _pdq.distinct(luma, (9, 9, 1), [(0, 0, 5, 4)], 2, 48, 1, 0.0, 0.006, 9, []),
        lambda: _pdq.distinct(luma, (9, 9, 1), [(-1, 0, 4, 4)], 2, 48, 1, 0.0, 0.006, 9, []),
        lambda: _pdq.distinct(luma, (9, 9, 1), [(-(2**63), 0, 2**63 - 1, 4)], 2, 48, 1, 0.0, 0.006, 9, []),
        lambda: _pdq.distinct(luma, (9, 9, 1), [], 2, 48, 1, 0.0, 0.006, 9, [(0, 0, 2**62, 4)]),
        lambda: _pdq.distinct(luma, (9, 9, 1), [], 0, 48, 1, 0.0, 0.006, 9, []),
    ):
        with pytest.raises(ValueError, match=r"sample|piece|values|rows?|region|pair|corner"):
            call()
