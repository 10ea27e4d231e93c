"""Videos that are damaged, lie or attack: one clear error each, or what a player would show."""

import struct
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from film_files import animated, draw_clip, film, repeated, retimed, sound_alone
from PIL import Image

from notcontent.errors import (
    ImageError,
    NotContentError,
    VideoEmptyError,
    VideoError,
    VideoFormatError,
    VideoTooLargeError,
    VideoTooLongError,
)
from notcontent.signals.video import VideoLimits, hash_video
from notcontent.signals.video.clock import MAX_GAP_MS, Clock

CLIP = draw_clip(2, seconds=2)
FILM = film(CLIP)


def test_sound_alone_has_no_video() -> None:
    with pytest.raises(VideoEmptyError):
        hash_video(sound_alone())


def test_a_film_without_frames_is_empty() -> None:
    sink = BytesIO()
    with av.open(sink, "w", format="matroska") as container:
        stream = container.add_stream("mpeg4", rate=12)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()
    with pytest.raises(VideoEmptyError):
        hash_video(sink.getvalue())


def test_frames_smaller_than_a_hash_needs_are_none() -> None:
    with pytest.raises(VideoEmptyError):
        hash_video(film([np.zeros((4, 64, 3), np.uint8)] * 3, "matroska", codec="mjpeg", pix_fmt="yuvj420p"))


def test_a_film_cut_off_before_its_index_cannot_be_read() -> None:
    assert FILM.rfind(b"moov") > len(FILM) * 0.8, "the index lies at the end"
    with pytest.raises(VideoError):
        hash_video(FILM[: len(FILM) // 2])


@pytest.mark.parametrize("file_format", ["matroska", "webm", "avi", "mpegts"])
def test_a_film_cut_off_behind_its_header_gives_the_frames_that_are_there(file_format: str) -> None:
    data = film(CLIP, file_format)
    whole, half = hash_video(data), hash_video(data[: len(data) // 2])
    assert 0 < half.seen < whole.seen
    assert half.frames[0] == whole.frames[0]


def test_an_index_that_points_nowhere_gives_an_error_and_not_a_crash() -> None:
    place = FILM.rfind(b"stco")
    count = struct.unpack_from(">I", FILM, place + 8)[0]
    broken = bytearray(FILM)
    struct.pack_into(f">{count}I", broken, place + 12, *[0xFFFFFFF0] * count)
    with pytest.raises(VideoError):
        hash_video(bytes(broken))


def test_damage_in_the_middle_costs_only_the_frames_around_it() -> None:
    data = film(CLIP, "mpegts", g="6")
    broken = bytearray(data)
    middle = len(data) // 2 // 188 * 188
    broken[middle : middle + 188 * 6] = bytes(188 * 6)
    assert len(CLIP) - 8 <= hash_video(bytes(broken)).seen <= len(CLIP)


def test_a_resolution_that_changes_in_the_middle_is_followed() -> None:
    small = [np.asarray(Image.fromarray(each).resize((160, 120))) for each in CLIP]
    found = hash_video(film(CLIP, "mpegts") + film(small, "mpegts"))
    assert found.seen >= 2 * len(CLIP) - 2
    assert found.frames[:5] == hash_video(film(CLIP, "mpegts")).frames[:5]


def test_frames_over_the_limit_are_refused_before_they_are_decoded() -> None:
    with pytest.raises(VideoTooLargeError):
        hash_video(FILM, VideoLimits(max_pixels=320 * 240 - 1))
    assert hash_video(FILM, VideoLimits(max_pixels=320 * 240)).seen == len(CLIP)


def test_frames_that_grow_over_the_limit_later_are_left_out() -> None:
    small = [np.asarray(Image.fromarray(each).resize((160, 120))) for each in CLIP]
    grown = film(small, "mpegts") + film(CLIP, "mpegts")
    found = hash_video(grown, VideoLimits(max_pixels=200 * 150))
    assert found.seen <= len(CLIP)


def test_a_small_file_of_huge_frames_is_refused_without_memory() -> None:
    bomb = bytearray(film(CLIP[:2], "avi", codec="mjpeg", pix_fmt="yuvj420p"))
    sizes = bomb.find(b"strf") + 12
    assert struct.unpack_from("<ii", bomb, sizes) == (320, 240)
    struct.pack_into("<ii", bomb, sizes, 65_000, 65_000)
    place = 0
    while (place := bomb.find(b"\xff\xc0", place + 1)) > 0:
        assert struct.unpack_from(">HH", bomb, place + 5) == (240, 320)
        struct.pack_into(">HH", bomb, place + 5, 65_000, 65_000)
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew: other tests had theirs in this process
    before = _kilobytes("VmRSS")
    with pytest.raises(VideoError):
        hash_video(bytes(bomb))
    assert _kilobytes("VmHWM") - before < 1_000_000, "one such frame alone would be 4 GB"


def _kilobytes(name: str) -> int:
    return int(Path("/proc/self/status").read_text().split(f"{name}:")[1].split()[0])


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "AVIF"])
def test_an_animation_over_the_limit_is_refused_at_its_header(file_format: str) -> None:
    data = animated(CLIP[:2], file_format)
    with pytest.raises(NotContentError) as refused:
        hash_video(data, VideoLimits(max_pixels=1000))
    assert refused.value.code in {"video_too_large", "image_too_large"}
    with pytest.raises(VideoTooLargeError):
        hash_video(data, VideoLimits(max_animation_bytes=100))


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "AVIF"])
def test_an_animation_that_is_cut_off_gives_its_whole_frames_or_an_error(file_format: str) -> None:
    data = animated(CLIP[:12:2], file_format)
    try:
        found = hash_video(data[: len(data) * 2 // 3])
    except (VideoError, ImageError):
        return
    assert 1 <= found.seen < 6


def test_bytes_over_the_limit_are_refused_unread() -> None:
    with pytest.raises(VideoTooLargeError):
        hash_video(FILM, VideoLimits(max_bytes=len(FILM) - 1))


def test_more_frames_or_minutes_than_the_limit_are_refused() -> None:
    with pytest.raises(VideoTooLongError):
        hash_video(FILM, VideoLimits(max_frames=5))
    with pytest.raises(VideoTooLongError):
        hash_video(film(CLIP, fps=1), VideoLimits(max_s=10))
    with pytest.raises(VideoTooLongError):
        hash_video(animated(CLIP, "GIF", duration=1000), VideoLimits(max_s=10))


def test_ten_hours_are_read_whole_and_longer_is_refused() -> None:
    times = [frame.t_ms for frame in hash_video(retimed(film(CLIP[::2], "avi"), lambda n: n * 3_000_000)).frames]
    assert times[-1] > 30_000_000
    with pytest.raises(VideoTooLongError):
        hash_video(retimed(film(CLIP, "avi"), lambda n: n * 3_000_000))


@pytest.mark.slow
def test_ten_hours_at_a_frame_a_second_are_read_whole() -> None:
    tiny = [np.asarray(Image.fromarray(each).resize((64, 48))) for each in CLIP]
    once = film(tiny, "avi", codec="mjpeg", fps=1, pix_fmt="yuvj420p")
    found = hash_video(repeated(once, 36_000 // len(CLIP)))
    assert found.seen == 36_000
    assert found.duration_ms == 35_999_000
    assert len(found.frames) <= len(CLIP)


@pytest.mark.parametrize(
    ("name", "stamps"),
    [
        ("negative", lambda n: n * 83 - 900),
        ("far", lambda n: n * 83 + 2**41),
        ("leaping", lambda n: n * 83 + (2**40 if n > 10 else 0)),
        ("standing", lambda n: 5 + 0 * n),
    ],
)
def test_time_stamps_without_sense_give_times_with_some(name: str, stamps: object) -> None:
    plain = film(CLIP, "avi")
    times = [frame.t_ms for frame in hash_video(retimed(plain, stamps)).frames]  # type: ignore[arg-type]
    expected = [frame.t_ms for frame in hash_video(plain).frames]
    assert times[0] == 0
    assert times == sorted(times)
    assert max(times) <= len(CLIP) * 84 + 100, name
    assert len(times) >= len(expected) // 2


def test_the_clock_never_runs_backwards_and_never_leaps() -> None:
    clock = Clock(40)
    stamps = [-500.0, -460.0, None, -380.0, 1e15, 1e15 + 40, 3.0, 43.0, float(MAX_GAP_MS) * 9, None]
    assert [clock.tell(stamp) for stamp in stamps] == [0, 40, 80, 120, 160, 200, 240, 280, 320, 360]
    assert [Clock(usual).tell(None) for usual in (0.0, 1e30)] == [0, 0]


def test_a_codec_that_is_not_read_says_so() -> None:
    with pytest.raises(VideoFormatError):
        hash_video(film(CLIP[:2], "matroska", codec="ffv1"))
    with pytest.raises(VideoFormatError):
        hash_video(b"RIFF\x10\0\0\0WAVEfmt ")
