"""What a video comes to: its frames that differ, at their times, equal to what pictures of them come to."""

import gc
import hashlib
import os
import subprocess
import sys
from io import BytesIO

import av
import numpy as np
import pytest
from film_files import Rgb, animated, draw_clip, film
from numpy.typing import NDArray
from PIL import Image

from notcontent.errors import ExtraMissingError, VideoFormatError
from notcontent.signals import hash_image, pdq
from notcontent.signals.video import VideoLimits, Watch, hash_video, is_video
from notcontent.signals.video.keeping import NEW_BEYOND

CLIP = draw_clip(1, seconds=3)
Planes = list[NDArray[np.uint8]]


def bits_between(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def png_of(frame: Rgb) -> bytes:
    sink = BytesIO()
    Image.fromarray(frame).save(sink, "PNG")
    return sink.getvalue()


def luma_planes(data: bytes) -> Planes:
    """Decode in the plainest way: no options, no turning."""
    with av.open(BytesIO(data), "r") as container:
        return [np.asarray(frame.to_ndarray()[: frame.height], np.uint8) for frame in container.decode(video=0)]


@pytest.mark.parametrize(
    ("file_format", "codec", "pix_fmt"),
    [
        ("mp4", "libx264", "yuv420p"),
        ("mp4", "libx264", "yuv444p"),
        ("mp4", "libx264", "yuv420p10le"),
        ("mp4", "libx264", "yuvj420p"),
        ("mp4", "libx264", "nv12"),
        ("mp4", "libx264rgb", "rgb24"),
        ("mp4", "mpeg4", "yuv420p"),
        ("mp4", "libsvtav1", "yuv420p"),
        ("mov", "mjpeg", "yuvj422p"),
        ("matroska", "libx265", "yuv420p"),
        ("webm", "libvpx", "yuv420p"),
        ("webm", "libvpx-vp9", "yuv420p"),
        ("avi", "mpeg4", "yuv420p"),
        ("mpegts", "mpeg2video", "yuv420p"),
        ("mpegts", "libx264", "yuv420p"),
    ],
)
def test_a_film_of_any_kind_gives_the_hashes_and_qualities_of_its_pictures(
    file_format: str, codec: str, pix_fmt: str
) -> None:
    found = hash_video(film(CLIP, file_format, codec=codec, pix_fmt=pix_fmt))
    assert found.seen == len(CLIP)
    assert found.frames[0].t_ms == 0
    for frame in found.frames:
        picture = hash_image(png_of(CLIP[round(frame.t_ms * 12 / 1000)]))
        assert bits_between(frame.value, picture.value) <= 12
        assert abs(frame.quality - picture.quality) <= 6


def test_kept_frames_differ_from_each_other_and_cover_all_the_others() -> None:
    data = film(CLIP)
    kept = [frame.value for frame in hash_video(data).frames]
    every = [pdq(plane).value for plane in luma_planes(data)]
    assert 3 < len(kept) < len(every)
    for place, value in enumerate(kept):
        assert all(bits_between(value, other) > NEW_BEYOND for other in kept[:place])
    for value in every:
        assert min(bits_between(value, other) for other in kept) <= NEW_BEYOND


@pytest.mark.parametrize(("angle", "turns"), [(90, 1), (180, 2), (270, 3)])
def test_a_film_that_lies_on_its_side_is_hashed_upright(angle: int, turns: int) -> None:
    data = film(CLIP[:6], rotation=angle)
    with av.open(BytesIO(data), "r") as container:
        shown = next(container.decode(video=0)).rotation
    assert shown % 360 == angle
    lying = film(CLIP[:6])
    upright = [pdq(np.rot90(plane, turns)).value for plane in luma_planes(lying)]
    assert hash_video(data).frames[0].value == upright[0]


def test_times_are_those_of_the_film() -> None:
    times = [frame.t_ms for frame in hash_video(film(CLIP, fps=25)).frames]
    assert times == sorted(times)
    assert {time % 40 for time in times} == {0}


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "AVIF"])
def test_an_animation_is_a_video_whose_first_frame_is_the_picture(file_format: str) -> None:
    data = animated(CLIP[::3], file_format, duration=120)
    assert is_video(BytesIO(data))
    found = hash_video(data)
    assert found.seen == len(CLIP[::3])
    assert found.frames[0].value == hash_image(data).value
    assert found.frames[0].quality == hash_image(data).quality
    assert {frame.t_ms % 120 for frame in found.frames} == {0}


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG", "JPEG", "AVIF"])
def test_a_still_picture_is_no_video(file_format: str) -> None:
    sink = BytesIO()
    Image.fromarray(CLIP[0]).save(sink, file_format)
    assert not is_video(sink)


def test_transparent_parts_of_an_animation_lie_over_white() -> None:
    clear = Image.fromarray(CLIP[0]).convert("RGBA")
    clear.paste((0, 0, 0, 0), (0, 0, 160, 240))
    flat = Image.new("RGB", clear.size, "white")
    flat.paste(clear, (0, 0), clear)
    sink = BytesIO()
    moved = clear.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    clear.save(sink, "WEBP", save_all=True, append_images=[moved], lossless=True, duration=100)
    found = hash_video(sink.getvalue())
    assert bits_between(found.frames[0].value, hash_image(png_of(np.asarray(flat))).value) <= 2


def test_digests_are_those_of_the_files_bytes() -> None:
    data = film(CLIP[:4])
    found = hash_video(data)
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert found.md5 == hashlib.md5(data, usedforsecurity=False).hexdigest()


def test_plain_frames_are_kept_only_when_there_is_nothing_else() -> None:
    grey = np.full_like(CLIP[0], 90)
    mixed = hash_video(film([grey] * 5 + CLIP[:5]))
    assert all(frame.quality >= 50 for frame in mixed.frames)
    dim = grey.copy()
    dim[60:120, 80:200] = 140
    (only,) = hash_video(film([grey] * 4 + [dim] * 4)).frames
    assert only.quality < 50
    assert only.t_ms == round(4 * 1000 / 12)


def test_a_budget_that_is_used_up_is_said() -> None:
    data = film(CLIP)
    whole = hash_video(data)
    assert not whole.full
    few = hash_video(data, VideoLimits(kept_in_all=3))
    assert few.full
    assert few.frames == whole.frames[:3]
    assert few.seen < whole.seen, "nothing more can be kept, so nothing more is looked at"
    slow = hash_video(data, VideoLimits(kept_at_once=2, kept_a_minute=60))
    assert slow.full
    assert slow.seen == whole.seen
    assert len([frame for frame in slow.frames if frame.t_ms < 1000]) == 2
    assert 2 < len(slow.frames) <= 5


def test_what_shows_a_video_hides_its_hashes() -> None:
    found = hash_video(film(CLIP[:4]))
    for shown in (repr(found), repr(found.frames[0]), str(found.frames)):
        assert found.frames[0].value.hex() not in shown
        assert found.sha256 not in shown
        assert "\\x" not in shown


def test_frames_come_as_they_are_decoded() -> None:
    watch = Watch(BytesIO(film(CLIP)))
    next(iter(watch))
    assert watch.seen == 1


def test_frames_that_were_looked_at_are_let_go_at_once() -> None:
    def held() -> int:
        return sum(isinstance(each, av.VideoFrame) for each in gc.get_objects())

    data = film(CLIP, rotation=90)
    gc.collect()
    before = held()
    gc.disable()
    try:
        found = hash_video(data)
        assert held() <= before + 1
    finally:
        gc.enable()
    assert found.seen == len(CLIP)


def test_bytes_that_are_no_video_are_refused_by_what_they_are() -> None:
    playlist = b"#EXTM3U\n#EXTINF:9,\nfile:///etc/passwd\n"
    for data in (b"", b"words", png_of(CLIP[0]), playlist, b"ffconcat version 1.0\n"):
        with pytest.raises(VideoFormatError):
            hash_video(data)


def test_pictures_never_load_ffmpeg() -> None:
    script = (
        "import sys; from notcontent.signals import hash_image; from notcontent.signals.video import hash_video\n"
        "hash_image(sys.stdin.buffer.read()); assert 'av' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], input=png_of(CLIP[0]), check=True)


def test_without_pyav_films_name_the_extra_and_animations_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    from notcontent.signals.video.film import load_ffmpeg

    data, moving = film(CLIP[:2]), animated(CLIP[:2])
    load_ffmpeg.cache_clear()
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ExtraMissingError, match=r"notcontent\[video\]"):
        hash_video(data)
    assert hash_video(moving).seen == 2


def test_a_film_made_for_a_test_leaves_the_process_its_ordinary_priority() -> None:
    before = os.sched_getscheduler(0)
    film(CLIP[:4], "mp4", codec="libsvtav1", preset="12")
    assert os.sched_getscheduler(0) == before
