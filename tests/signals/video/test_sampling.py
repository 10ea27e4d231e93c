"""Which frames are sketched: a few, spread over the whole video, and never many held."""

import secrets
from io import BytesIO

import numpy as np
import pytest
from film_files import draw_clip, film

from notcontent.signals.looks import see
from notcontent.signals.raster import Raster
from notcontent.signals.sketching import sketches_of
from notcontent.signals.video import Watch
from notcontent.signals.video.looking import make_looker
from notcontent.signals.video.sampling import Sampler, Sketched

CLIP = draw_clip(3, seconds=4)
FILM = film(CLIP)


def sampled(count: int, most: int) -> list[int]:
    sampler = Sampler(most, secrets.randbelow)
    for number in range(count):
        if sampler.wants():
            sampler.take(Sketched(number, bytes(32), ()))
        assert len(sampler._held) < max(1, 2 * most)
    return [frame.t_ms for frame in sampler.chosen()]


@pytest.mark.parametrize("most", [1, 2, 5, 12])
def test_at_most_so_many_are_chosen_and_none_of_a_short_video_is_left_out(most: int) -> None:
    for count in range(200):
        chosen = sampled(count, most)
        assert len(chosen) == min(count, most)
        assert chosen == sorted(set(chosen))


@pytest.mark.parametrize("most", [2, 5, 12])
def test_they_are_spread_over_the_whole_video(most: int) -> None:
    for count in range(2 * most, 400):
        chosen = sampled(count, most)
        steps = np.diff([*chosen, count])
        assert chosen[0] <= 2 * count / most
        assert steps.max() <= 3 * count / most


def test_nobody_can_reckon_ahead_which_they_are() -> None:
    seen = [set(sampled(200, 12)) for _ in range(60)]
    assert len(set.union(*seen)) > 150
    assert not set.intersection(*seen)


def test_none_are_wanted_when_none_are_asked_for() -> None:
    assert sampled(50, 0) == []


def test_a_sketched_frame_shows_its_time_alone() -> None:
    assert repr(Sketched(40, b"\x01" * 32, ())) == "<Sketched at 40 ms redacted>"


def test_a_watch_sketches_kept_frames_and_looks_at_them_as_before() -> None:
    plain = list(Watch(BytesIO(FILM), looker=make_looker(16)))
    watch = Watch(BytesIO(FILM), looker=make_looker(16, sketches=True), sketched=5)
    assert list(watch) == plain
    kept = {frame.t_ms: frame.value for frame in plain}
    assert len(watch.sketched) == min(5, len(plain))
    for one in watch.sketched:
        assert kept[one.t_ms] == one.value
        assert one.sketches[0].kind == "whole"


def test_a_frame_is_sketched_as_a_picture_is() -> None:
    looker = make_looker(16, sketches=True)
    assert looker is not None
    luma = np.ascontiguousarray(CLIP[0][:, :, 1])
    looked = looker(luma, sketch=True)
    raster = Raster(luma, *luma.shape)
    expected = sketches_of(raster, see(raster, 16))
    assert [one.kind for one in looked.sketches] == [one.kind for one in expected]
    assert all((a.cosines == b.cosines).all() for a, b in zip(looked.sketches, expected, strict=True))
    assert looker(luma, sketch=False).sketches == []


def test_without_looks_there_may_be_sketches_alone() -> None:
    watch = Watch(BytesIO(FILM), looker=make_looker(1, sketches=True), sketched=3)
    assert all(frame.looks == () for frame in watch)
    assert len(watch.sketched) == 3
