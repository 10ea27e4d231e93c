"""From frames that match to a video that matches."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notcontent.matching.clips import RUN, Clip, FrameHit, is_settled, judge_clip


def hits(*pairs: tuple[int, int]) -> list[FrameHit]:
    """Say which frame of the upload is near which banked frame; seconds."""
    return [FrameHit(query * 1000, entry * 1000, entry) for query, entry in pairs]


def test_the_same_clip_is_the_same() -> None:
    found = judge_clip(hits(*((n, n) for n in range(10))), 10, 10)
    assert found.clip is Clip.SAME
    assert (found.query_share, found.bank_share, found.run) == (1, 1, 10)


def test_a_clip_inside_a_longer_upload_is_the_same() -> None:
    assert judge_clip(hits(*((300 + n, n) for n in range(8))), 500, 10).clip is Clip.SAME


def test_a_cut_of_a_banked_clip_is_the_same() -> None:
    assert judge_clip(hits(*((n, 100 + n) for n in range(4))), 5, 300).clip is Clip.SAME


@pytest.mark.parametrize("speed", [0.8, 1.0, 1.25, 3.0])
def test_playing_faster_or_slower_keeps_the_run(speed: float) -> None:
    played = [FrameHit(round(n * 1000 / speed), n * 1000, n) for n in range(6)]
    assert judge_clip(played, 30, 12).run == 6


def test_one_frame_in_common_is_a_stray_between_long_videos() -> None:
    assert judge_clip(hits((7, 0)), 200, 40).clip is Clip.STRAY
    again = hits((7, 0), (90, 0), (150, 0))
    assert judge_clip(again, 200, 40).clip is Clip.STRAY, "the same title card three times over"


def test_an_opening_in_common_is_looked_at_and_not_blocked() -> None:
    assert judge_clip(hits(*((n, n) for n in range(5))), 200, 40).clip is Clip.LIKELY


def test_a_group_of_one_frame_can_match() -> None:
    assert judge_clip(hits((0, 0)), 1, 1).clip is Clip.SAME
    assert judge_clip(hits((0, 0)), 3, 1).clip is Clip.SAME
    assert judge_clip(hits((9, 0)), 200, 1).clip is Clip.LIKELY, "one frame is no sure match of a long video"


def test_an_upload_of_one_banked_frame_is_looked_at() -> None:
    assert judge_clip(hits((0, 12)), 1, 50).clip is Clip.LIKELY


def test_frames_in_the_wrong_order_are_no_run() -> None:
    backwards = judge_clip(hits(*((n, 20 - n) for n in range(10))), 100, 100)
    assert backwards.run == 1
    assert backwards.clip is Clip.STRAY


def test_a_frame_near_many_banked_ones_counts_once() -> None:
    many = judge_clip([FrameHit(0, n * 1000, n) for n in range(20)], 1, 20)
    assert many.run == 1
    assert many.query_share == 1


def test_nothing_in_common_is_nothing() -> None:
    nothing = judge_clip([], 0, 0)
    assert (nothing.clip, nothing.query_share, nothing.bank_share, nothing.run) == (Clip.STRAY, 0, 0, 0)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=40), st.randoms(use_true_random=False))
def test_the_order_of_hits_does_not_matter_and_shares_are_shares(
    pairs: list[tuple[int, int]], chance: random.Random
) -> None:
    shuffled = list(pairs)
    chance.shuffle(shuffled)
    found = judge_clip(hits(*pairs), 31, 31)
    assert judge_clip(hits(*shuffled), 31, 31) == found
    assert 0 <= found.query_share <= 1
    assert 0 <= found.bank_share <= 1
    assert found.run <= min(len({query for query, _ in pairs}), len({entry for _, entry in pairs}))


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 12)), max_size=40), st.integers(0, 40))
def test_what_is_settled_stays_the_same_whatever_follows(pairs: list[tuple[int, int]], so_far: int) -> None:
    before = judge_clip(hits(*pairs[:so_far]), so_far + 1, 13)
    if is_settled(before):
        assert before.run >= RUN
        for upload in (len(pairs) + 1, 10_000):
            assert judge_clip(hits(*pairs), upload, 13).clip is Clip.SAME
