"""When estimates of a video's frames hold it: one that is sure by itself, or several that agree as no strangers do."""

import numpy as np
import pytest

from notcontent.matching.clip_estimating import (
    APART,
    MOST_FRAMES,
    SCENES,
    FrameFit,
    Levels,
    holding,
    levels_for,
)
from notcontent.matching.estimating import Fit
from notcontent.signals.estimates.worth import LEAST, least_evidence

LEVELS = Levels(alone=12.0, agreeing=8.0)
CHANCE = np.random.default_rng(5)
SCENE = CHANCE.integers(0, 256, (2 * MOST_FRAMES, 32), np.uint8)


def fit(
    scene: int,
    evidence: float = 9.0,
    *,
    owner: str = "clip",
    entry_ms: int | None = None,
    entry: int | None = None,
) -> FrameFit:
    """Let a frame of this scene, a second each, meet the same scene of a clip."""
    found = Fit(scene, "estimate:crop", 60, evidence, 8.0)
    banked = SCENE[-1 - (scene if entry is None else entry)]
    return FrameFit(1000 * scene, SCENE[scene], owner, 900 * scene if entry_ms is None else entry_ms, banked, found)


def held(*fits: FrameFit) -> list[int]:
    return sorted(one.of.at_ms // 1000 for one in holding(fits, LEVELS))


def test_several_frames_that_agree_hold_where_none_would_alone() -> None:
    assert held(fit(0), fit(1), fit(2)) == [0, 1, 2]
    assert held(fit(0), fit(1)) == []
    assert SCENES == 3


def test_one_that_is_sure_holds_by_itself_and_is_told_what_was_asked_of_it() -> None:
    (one,) = holding([fit(4, 12.5), fit(1)], LEVELS)
    assert (one.of.at_ms, one.least) == (4000, LEVELS.alone)
    found = holding([fit(0), fit(1), fit(2, 13.0)], LEVELS)
    assert [(each.of.fit.evidence, each.least) for each in found] == [(13.0, 12.0), (9.0, 8.0), (9.0, 8.0)]


def test_frames_of_several_videos_do_not_agree() -> None:
    assert held(fit(0, owner="a"), fit(1, owner="b"), fit(2, owner="c")) == []


def test_frames_out_of_order_do_not_agree() -> None:
    assert held(fit(0), fit(1), fit(2, entry_ms=10)) == []
    assert held(fit(0, entry_ms=3000), fit(1, entry_ms=2000), fit(2, entry_ms=1000)) == []


def test_frames_of_one_scene_do_not_agree_on_either_side() -> None:
    """A card that stands still for a minute is one frame, however many are kept of it."""
    assert held(fit(0), fit(1), fit(2, entry=1)) == []
    again = fit(2)
    near = SCENE[1].copy()
    near[: APART // 8] ^= 0xFF
    same = FrameFit(again.at_ms, near, again.owner, again.entry_ms, again.entry, again.fit)
    assert held(fit(0), fit(1), same) == []


def test_one_frame_that_meets_many_is_one() -> None:
    many = [FrameFit(0, SCENE[0], "clip", 100 * n, SCENE[20 + n], fit(0).fit) for n in range(9)]
    assert held(*many) == []


def test_strangers_among_them_hide_no_agreement() -> None:
    wrong = [fit(n, 11.0, entry_ms=50_000 - n) for n in range(6)]
    assert {0, 1, 2} <= set(held(*wrong, fit(0), fit(1), fit(2)))


@pytest.mark.parametrize("entries", [0, 1, 10**4, 10**6])
def test_the_more_frames_are_asked_about_the_surer_each_has_to_be(entries: int) -> None:
    few, many = levels_for(entries, 1, 1e-4), levels_for(entries, 12, 1e-4)
    assert few.alone == least_evidence(entries, 1e-4)
    assert LEAST <= few.agreeing <= few.alone <= many.alone
    assert many.agreeing <= many.alone


def test_a_fit_shows_no_hash() -> None:
    assert "array" not in repr(fit(0))
