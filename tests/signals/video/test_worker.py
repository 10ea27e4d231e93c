"""The process that hashes one video: it says what it finds, it is bounded, and it ends without a word."""

import os
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from film_files import animated, draw_clip, film, repeated, sound_alone

from notcontent.errors import ImageError, VideoEmptyError, VideoError, VideoMemoryError, VideoTimeError
from notcontent.signals.video import Frame, VideoLimits, Watch, hash_video
from notcontent.signals.video.looking import make_looker
from notcontent.signals.video.process import ended, watch_process
from notcontent.signals.video.sampling import Sketched
from notcontent.signals.video.worker import (
    GREETING,
    End,
    Progress,
    Record,
    VideoWorkerLimits,
    decode_record,
    encode_kept,
    video_command,
)

CLIP = draw_clip(3, seconds=4)
FILM = film(CLIP)
Worker = subprocess.Popen[bytes]


@contextmanager
def working(limits: VideoWorkerLimits | None = None) -> Iterator[Worker]:
    command, environment = video_command(limits or VideoWorkerLimits())
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert next(payloads(process)) == GREETING
        yield process
        process.kill()


def payloads(process: Worker) -> Iterator[bytes]:
    assert process.stdout is not None
    while head := process.stdout.read(4):
        yield process.stdout.read(struct.unpack(">I", head)[0])


def watched(data: bytes, tmp_path: Path, limits: VideoWorkerLimits | None = None) -> list[Record]:
    path = tmp_path / "upload"
    path.write_bytes(data)
    with path.open("rb") as file:
        return list(watch_process(file, limits or VideoWorkerLimits(), timeout_s=60))


FILES = [FILM, film(CLIP, "webm"), film(CLIP, "mpegts"), animated(CLIP, "WEBP"), animated(CLIP, "AVIF")]


@pytest.mark.parametrize("data", FILES)
def test_a_worker_says_what_hashing_here_gives(data: bytes, tmp_path: Path) -> None:
    expected = hash_video(data)
    *before, end = watched(data, tmp_path)
    assert end == End(expected.duration_ms, expected.seen, expected.full, expected.sha256, expected.md5)
    assert tuple(each for each in before if isinstance(each, Frame)) == expected.frames
    assert [each.seen for each in before if isinstance(each, Progress)] == list(range(32, expected.seen + 1, 32))


def test_a_video_through_a_pipe_gives_the_same() -> None:
    with working() as process:
        out, err = process.communicate(FILM)
        assert (process.returncode, err) == (0, b"")
    records = []
    while out:
        length = int.from_bytes(out[:4])
        records.append(decode_record(out[4 : 4 + length]))
        out = out[4 + length :]
    assert tuple(each for each in records if isinstance(each, Frame)) == hash_video(FILM).frames


def test_more_looks_are_the_turns_of_the_frame(tmp_path: Path) -> None:
    first = next(each for each in watched(FILM, tmp_path, VideoWorkerLimits(budget=8)) if isinstance(each, Frame))
    assert {"turn:mirror", "turn:left", "turn:180"} <= {look.kind for look in first.looks}
    turns = {"turn:mirror": CLIP[0][:, ::-1], "turn:left": np.rot90(CLIP[0]), "turn:180": CLIP[0][::-1, ::-1]}
    for kind, turned in turns.items():
        look = next(look for look in first.looks if look.kind == kind)
        near = hash_video(film([turned])).frames[0]
        assert (int.from_bytes(look.value) ^ int.from_bytes(near.value)).bit_count() <= 14
    assert len({look.value for look in first.looks} | {first.value}) == 8


def test_sketches_come_before_the_end_and_only_of_as_many_frames_as_were_asked_for(tmp_path: Path) -> None:
    painted = film([np.where(np.indices(each.shape)[1] < 90, 250, each).astype(np.uint8) for each in CLIP])
    for data in (FILM, painted):
        limits = VideoWorkerLimits(budget=8, sketched=4)
        records = watched(data, tmp_path, limits)
        watch = Watch(BytesIO(data), looker=make_looker(8, sketches=True), sketched=1000)
        assert [each for each in records if isinstance(each, Frame)] == list(watch)
        sketched = [each for each in records if isinstance(each, Sketched)]
        assert records[-1 - len(sketched) : -1] == sketched
        assert len(sketched) == min(4, len(watch.sketched))
        of_all = {each.t_ms: each for each in watch.sketched}
        for there, here in ((each, of_all[each.t_ms]) for each in sketched):
            assert there.value == here.value
            for one, other in zip(there.sketches, here.sketches, strict=True):
                assert (one.kind, one.quality) == (other.kind, other.quality)
                assert np.allclose(
                    one.cosines, other.cosines, atol=1e-3
                )  # a process of one thread sums in another order
    assert not [each for each in watched(FILM, tmp_path) if isinstance(each, Sketched)]


def test_no_two_watches_need_sketch_the_same_frames(tmp_path: Path) -> None:
    def times() -> frozenset[int]:
        records = watched(FILM, tmp_path, VideoWorkerLimits(budget=1, sketched=1))
        return frozenset(each.t_ms for each in records if isinstance(each, Sketched))

    first = times()
    assert any(times() != first for _ in range(11))


@pytest.mark.parametrize("data", [b"", b"words", sound_alone(), FILM[:4000]])
def test_what_is_no_video_is_an_error_of_its_own(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(VideoError) as here:
        hash_video(data)
    with pytest.raises(VideoError) as there:
        watched(data, tmp_path)
    assert type(there.value) is type(here.value)


def test_memory_is_bounded(tmp_path: Path) -> None:
    wide = np.tile(CLIP[0], (12, 12, 1))
    data = film([wide] * 3)
    assert watched(data, tmp_path)
    with pytest.raises(VideoMemoryError):
        watched(data, tmp_path, VideoWorkerLimits(memory_mb=100))
    moving = animated([wide, wide[::-1]], "WEBP")
    assert watched(moving, tmp_path)
    with pytest.raises(VideoMemoryError):
        watched(moving, tmp_path, VideoWorkerLimits(memory_mb=100))


def test_bytes_over_the_limit_are_not_even_held(tmp_path: Path) -> None:
    limits = VideoWorkerLimits(VideoLimits(max_bytes=100_000), memory_mb=40)
    with working(limits) as process:
        out, _ = process.communicate(bytes(60_000_000))
        assert out[5:] == b"video_too_large"
    with pytest.raises(VideoError, match="larger"):
        watched(bytes(200_000), tmp_path, limits)


def long_film(times: int) -> bytes:
    """Give the clip so many times over, encoded once."""
    return repeated(film(CLIP, "avi", codec="mjpeg", fps=1, pix_fmt="yuvj420p"), times)


def test_a_worker_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(long_film(20))
    begun = time.monotonic()
    with path.open("rb") as file, pytest.raises(VideoTimeError):
        list(watch_process(file, VideoWorkerLimits(budget=8), timeout_s=0.3))
    with path.open("rb") as file, pytest.raises(VideoTimeError):
        list(watch_process(file, VideoWorkerLimits(), timeout_s=60, patience_s=0.0))
    assert time.monotonic() - begun < 60


def test_processor_time_is_bounded_by_the_kernel_too(tmp_path: Path) -> None:
    with pytest.raises(VideoTimeError):
        watched(long_film(120), tmp_path, VideoWorkerLimits(cpu_s=1, budget=8))


def test_whoever_has_heard_enough_stops_the_worker(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(long_film(20))
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    others = set(children.read_text().split())  # of tests that ran before
    with path.open("rb") as file:
        records = watch_process(file, VideoWorkerLimits(), timeout_s=60)
        assert isinstance(next(records), Frame)
        assert set(children.read_text().split()) - others
        records.close()  # type: ignore[attr-defined] # a generator
        assert not set(children.read_text().split()) - others


def test_a_worker_opens_no_file_and_no_socket_and_dumps_no_core() -> None:
    with working() as process:
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        for name in ("Max core file size", "Max file size", "Max open files"):
            line = next(line for line in limits.splitlines() if line.startswith(name))
            assert line.split()[-3:-1] == ["0", "0"]
        for name in ("Max address space", "Max cpu time"):
            assert "unlimited" not in next(line for line in limits.splitlines() if line.startswith(name))


def test_a_confined_worker_can_open_nothing() -> None:
    script = (
        "import errno, os\n"
        "from notcontent.signals.video import worker\n"
        "import socket\n"
        "worker._confine(worker.VideoWorkerLimits())\n"
        "for attempt in (lambda: os.open('/etc/passwd', os.O_RDONLY), socket.socket, os.pipe):\n"
        "    try: attempt()\n"
        "    except OSError as error: assert error.errno == errno.EMFILE\n"
        "    else: raise SystemExit(1)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_worker_loads_no_network_of_pythons_and_inherits_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTCONTENT_SECRET", "canary")
    command, environment = video_command(VideoWorkerLimits())
    assert "canary" not in environment.values()
    listing = (
        "import sys; from notcontent.signals.video import worker; worker.load_ffmpeg(); print(*sys.modules, sep='\\n')"
    )
    listed = subprocess.run([command[0], "-c", listing], env=environment, capture_output=True, text=True, check=True)
    loaded = set(listed.stdout.split())
    assert "av" in loaded
    assert not loaded & {"socket", "_socket", "ssl", "http.client", "urllib.request", "asyncio", "django", "msgspec"}


def test_records_read_back_as_they_were_written() -> None:
    frame = hash_video(FILM).frames[0]
    assert decode_record(encode_kept(frame)) == frame


@pytest.mark.parametrize(
    "payload", [b"", b"\0", b"\x02\0", b"\x03" + bytes(9), b"\x03" + bytes(8) + b"\1", b"\x09", b"\x01what", GREETING]
)
def test_a_record_that_is_torn_or_foreign_is_a_video_error(payload: bytes) -> None:
    with pytest.raises(VideoError):
        decode_record(payload)


def test_codes_of_both_families_come_back_as_their_errors() -> None:
    with pytest.raises(VideoEmptyError):
        decode_record(b"\x01video_empty")
    with pytest.raises(ImageError):
        decode_record(b"\x01image_truncated")


def test_a_workers_end_tells_why() -> None:
    assert type(ended(-9)) is VideoMemoryError
    assert type(ended(-11)) is VideoError
    assert type(ended(70)) is VideoError
