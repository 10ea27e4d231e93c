"""The side of a picture at a slant, as the core finds it, against the same in NumPy, a line for a step."""

import numpy as np
import pytest
from numpy.typing import NDArray

from notcontent.signals import _pdq
from notcontent.signals.views.quads import AGREEING, LEAST_SEEN, NEAR, SAME_GROUND, STEEPEST

POINTS = 40
APART = 6


def found(samples: NDArray[np.float32], level: float) -> tuple[float, float] | None:
    return _pdq.side(samples, level, SAME_GROUND, STEEPEST, NEAR, AGREEING, LEAST_SEEN)


def expected(samples: NDArray[np.float32], level: float) -> tuple[float, float] | None:
    apart = np.abs(samples - np.float32(level))
    rows = np.linspace(0, len(apart) - 1, POINTS).astype(np.intp)
    marks = apart[rows] > SAME_GROUND
    marks = marks[:, :-1] & marks[:, 1:]
    depth = marks.argmax(axis=1).astype(np.float64)
    crossed = marks.any(axis=1) & (depth < samples.shape[1] / 2)
    places, depth = rows[crossed] + 0.5, depth[crossed]
    if len(places) < POINTS // 3:
        return None
    one, two = np.triu_indices(len(places), APART)
    both = (depth[one] > 0) & (depth[two] > 0)
    one, two = one[both], two[both]
    slopes = np.append((depth[two] - depth[one]) / (places[two] - places[one]), 0.0)
    offsets = np.append(depth[one], 0.0) - slopes * np.append(places[one], 0.0)
    fit = np.abs(slopes) <= STEEPEST
    lines = offsets[fit][:, None] + slopes[fit][:, None] * places
    near = np.abs(np.maximum(lines, 0) - depth) <= NEAR
    best = int(np.argmax(near.sum(axis=1)))
    if near[best].mean() < AGREEING:
        return None
    on = near[best] & (depth > 0) & (lines[best] > 0)
    if on.sum() < LEAST_SEEN * POINTS:
        return 0.0, 0.0
    before = apart[places[on].astype(np.intp), np.maximum(depth[on] - 2, 0).astype(np.intp)]
    if np.median(before) > SAME_GROUND / 2:
        return None
    slope, offset = np.polyfit(places[on], depth[on], 1)
    return float(offset), float(slope)


def slanted(seed: int) -> tuple[NDArray[np.float32], float]:
    """A picture behind a line, on a ground with noise; the line may lie outside in part or leave the picture bent."""
    rng = np.random.default_rng(seed)
    height, width = (int(side) for side in rng.integers(64, 300, 2))
    level = float(rng.integers(0, 256))
    ends = rng.uniform(-0.1, 0.3) * width + rng.uniform(-0.4, 0.4) * np.arange(height)
    ends += rng.choice([0.0, 0.5, 4.0]) * rng.normal(0, 1, height)
    samples = np.full((height, width), level) + rng.choice([0.0, 2.0, 9.0]) * rng.normal(0, 1, (height, width))
    behind = np.arange(width) >= ends[:, None]
    samples[behind] = rng.uniform(0, 255, int(behind.sum()))
    return samples.astype(np.float32), level


def test_the_core_finds_the_side_that_numpy_finds_however_the_plane_lies_in_memory() -> None:
    kinds = {"none": 0, "own": 0, "line": 0}
    for seed in range(150):
        samples, level = slanted(seed)
        should = expected(samples, level)
        kinds["none" if should is None else "own" if should == (0.0, 0.0) else "line"] += 1
        for plane in (samples, np.asfortranarray(samples), np.ascontiguousarray(samples[:, ::-1])[:, ::-1]):
            side = found(plane, level)
            assert (side is None) == (should is None)
            assert side is None or should is None or np.allclose(side, should, rtol=1e-9, atol=1e-9)
    assert min(kinds.values()) > 5


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_ground_of_no_number_has_no_side(value: float) -> None:
    assert found(np.full((64, 64), 9, np.float32), value) in {None, (0.0, 0.0)}


@pytest.mark.parametrize("least", [0.0, -1.0, np.nan])
def test_a_side_that_nothing_need_show_is_refused(least: float) -> None:
    with pytest.raises(ValueError, match="seen"):
        _pdq.side(np.ones((40, 8), np.float32), 0.0, 0.5, 1.0, 1.0, 0.1, least)
