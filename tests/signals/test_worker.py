"""The decode process: it answers, it is bounded, and it ends without a word."""

import io
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from heif_files import Heif, hevc
from picture_files import drawn, png_bomb, saved
from PIL import Image

from notcontent.errors import ImageEmptyError, ImageError, ImageMemoryError, ImageTooLargeError, ImageTruncatedError
from notcontent.signals import Limits, hash_image, looks, worker
from notcontent.signals.estimates import Sketch
from notcontent.signals.looks import Seen, decoded, see
from notcontent.signals.sketching import sketches_of
from notcontent.signals.worker import (
    GREETING,
    Sight,
    WorkerLimits,
    decode_answer,
    encode_answer,
    encode_frame,
    worker_command,
)

Worker = subprocess.Popen[bytes]


@contextmanager
def working(limits: WorkerLimits | None = None) -> Iterator[Worker]:
    command, environment = worker_command(limits or WorkerLimits())
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert read_frame(process) == GREETING
        yield process
        process.kill()


def read_frame(process: Worker) -> bytes:
    assert process.stdout is not None
    (length,) = struct.unpack(">I", process.stdout.read(4))
    return process.stdout.read(length)


def ask(process: Worker, data: bytes) -> bytes:
    assert process.stdin is not None
    process.stdin.write(encode_frame(data))
    process.stdin.flush()
    return read_frame(process)


def test_a_worker_answers_picture_after_picture_and_ends_with_its_input() -> None:
    good = saved(drawn(), "JPEG")
    with working() as process:
        for _ in range(3):
            (look,) = decode_answer(ask(process, good)).looks
            assert (look.kind, look.value) == ("whole", hash_image(good).value)
            with pytest.raises(ImageTruncatedError):
                decode_answer(ask(process, good[:1000]))
            with pytest.raises(ImageEmptyError):
                decode_answer(ask(process, b""))
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait() == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""


def test_a_confined_worker_reads_avif_and_heic() -> None:
    avif, heic = saved(drawn(), "AVIF"), Heif(hevc(drawn())).file()
    with working() as process:
        for data in (avif, heic, avif, heic):
            (look,) = decode_answer(ask(process, data)).looks
            assert look.value == hash_image(data).value
    with working(WorkerLimits(memory_mb=40)) as process:  # less than FFmpeg's libraries take: they are there before
        for data in (heic, avif, saved(drawn(), "PNG"), heic):
            assert decode_answer(ask(process, data))


def test_a_frame_over_the_limit_is_read_past_and_the_next_is_answered() -> None:
    with working(WorkerLimits(Limits(max_bytes=100_000), memory_mb=40)) as process:
        with pytest.raises(ImageTooLargeError):
            decode_answer(ask(process, bytes(80_000_000)))  # twice what the worker could hold
        assert decode_answer(ask(process, saved(drawn(), "PNG"))).looks


def test_a_bomb_is_refused_and_the_worker_lives() -> None:
    with working(WorkerLimits(memory_mb=64)) as process:
        with pytest.raises(ImageTooLargeError):
            decode_answer(ask(process, png_bomb(30_000)))
        with pytest.raises(ImageMemoryError):
            decode_answer(ask(process, png_bomb(9_000)))
        with pytest.raises(ImageMemoryError):  # libwebp would only say that it failed: the header tells why
            decode_answer(ask(process, saved(Image.new("RGB", (3_000, 3_000)), "WEBP", method=0)))
        assert decode_answer(ask(process, saved(drawn(), "PNG"))).looks


def test_address_space_is_bounded_by_the_kernel_too() -> None:
    """The same picture with the estimate switched off: the allocation itself fails, and the worker goes on."""
    script = (
        "import sys; from notcontent.signals import Limits, worker; worker._confine(40);"
        "worker.serve(sys.stdin.buffer, sys.stdout.buffer, worker.WorkerLimits(Limits(max_memory=10**12)))"
    )
    frames = encode_frame(png_bomb(9_000)) + encode_frame(saved(drawn(), "PNG"))
    out = subprocess.run([sys.executable, "-c", script], input=frames, capture_output=True, check=True).stdout
    answers = []
    while out:
        (length,) = struct.unpack(">I", out[:4])
        answers.append(out[4 : 4 + length])
        out = out[4 + length :]
    assert answers[0] == GREETING
    with pytest.raises(ImageMemoryError):
        decode_answer(answers[1])
    assert decode_answer(answers[2]).looks


def test_a_worker_writes_no_file_and_dumps_no_core() -> None:
    with working() as process:
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        for name in ("Max core file size", "Max file size"):
            line = next(line for line in limits.splitlines() if line.startswith(name))
            assert line.split()[-3:-1] == ["0", "0"]
        address = next(line for line in limits.splitlines() if line.startswith("Max address space"))
        assert "unlimited" not in address


def test_a_worker_ends_when_its_owner_is_cut_off_mid_frame() -> None:
    with working() as process:
        assert process.stdin is not None
        process.stdin.write(struct.pack(">I", 1000) + b"half")
        process.stdin.close()
        assert process.wait() == 0


def test_a_worker_that_is_killed_is_seen_at_once() -> None:
    with working() as process:
        process.kill()
        assert process.stdout is not None
        assert process.stdout.read() == b""


def test_a_worker_imports_numpy_and_pillow_and_no_network() -> None:
    listing = "import sys, notcontent.signals.worker; print(*sys.modules)"
    command, environment = worker_command(WorkerLimits())
    out = subprocess.run(
        [command[0], "-c", listing], env=environment, capture_output=True, text=True, check=True
    ).stdout
    loaded = set(out.split())
    ours = {name for name in loaded if name.startswith("notcontent.")}
    assert all(name.startswith(("notcontent.signals", "notcontent.errors")) for name in ours)
    assert not loaded & {"socket", "_socket", "ssl", "http.client", "urllib.request", "asyncio", "django", "msgspec"}
    assert not loaded & {"PIL.TiffImagePlugin", "PIL.EpsImagePlugin", "PIL.PdfImagePlugin", "av"}


def test_a_worker_inherits_none_of_its_owners_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTCONTENT_SECRET", "canary")
    _, environment = worker_command(WorkerLimits())
    assert "canary" not in environment.values()
    assert environment["OPENBLAS_NUM_THREADS"] == "1"
    assert environment.get("PATH") == os.environ.get("PATH")


@pytest.mark.parametrize(
    "payload", [b"", b"\0", b"\0\1", b"\2", b"\0\1\x64" + bytes(32) + b"\5who", b"\0\0x", b"\1what"]
)
def test_an_answer_that_is_torn_or_foreign_is_an_image_error(payload: bytes) -> None:
    with pytest.raises(ImageError):
        decode_answer(payload)


def test_an_answer_reads_back_as_it_was_written() -> None:
    data = saved(drawn(), "JPEG")
    assert decode_answer(encode_answer(Sight(looks(data), []))).looks == looks(data)


def test_sketches_come_with_the_looks_when_they_are_asked_for() -> None:
    data = saved(drawn(), "PNG")
    with working(WorkerLimits(budget=16, sketches=True)) as process:
        seen = decode_answer(ask(process, data))
    raster = decoded(data)
    here = sketches_of(raster, see(raster, 16))
    assert [one.kind for one in seen.sketches] == [one.kind for one in here]
    assert seen.sketches[0].kind == "whole"
    for there, one in zip(seen.sketches, here, strict=True):
        assert (there.cosines == one.cosines).all()
        assert there.shape == pytest.approx(one.shape)
        assert there.quality == one.quality
    with working(WorkerLimits(budget=16)) as process:
        assert decode_answer(ask(process, data)).sketches == []


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_numbers_that_no_sketch_has_are_refused(number: float) -> None:
    one = Sketch("whole", np.zeros((24, 24), np.float32), 1.5)
    good = encode_answer(Sight([], [one]))
    assert decode_answer(good).sketches[0].kind == "whole"
    with pytest.raises(ImageError):
        decode_answer(good[:-4] + np.float32(number).tobytes())
    with pytest.raises(ImageError):
        decode_answer(good[:-4])
    with pytest.raises(ImageError):
        decode_answer(encode_answer(Sight([], [replace(one, shape=-1.0)])))


@pytest.mark.parametrize("size", [(26_000, 64), (60_000, 64), (64, 60_000), (30_000, 70)])
def test_a_long_strip_is_looked_at_like_any_picture(size: tuple[int, int]) -> None:
    """Its small copy has hardly a row; a division by none of them ended two processes."""
    image = Image.linear_gradient("L").resize(size)
    with working(WorkerLimits(budget=48, sketches=True)) as process:
        seen = decode_answer(ask(process, saved(image, "PNG")))
        assert seen.looks[0].kind == "whole"
        assert decode_answer(ask(process, saved(drawn(), "PNG"))).looks


def test_a_mistake_of_ours_costs_the_picture_its_answer_and_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    data = saved(drawn(), "PNG")

    def fails_once(*_: object) -> list[Seen]:
        monkeypatch.undo()
        raise ZeroDivisionError

    monkeypatch.setattr(worker, "see", fails_once)
    source, sink = io.BytesIO(encode_frame(data) * 2), io.BytesIO()
    worker.serve(source, sink, WorkerLimits())
    answers = sink.getvalue()
    sink.seek(0)
    _, first, second = (sink.read(int.from_bytes(sink.read(4), "big")) for _ in range(3))
    assert first == b"\x01image_unreadable"
    assert decode_answer(second).looks
    assert len(answers) == sink.tell()


def test_a_worker_keeps_its_pages_from_picture_to_picture() -> None:
    """Between two pictures 64 MiB at most stay, so that the kernel need not hand out and zero them for each anew."""
    webp, small = saved(drawn(1, 160, 120).resize((1600, 1200)), "WEBP", method=0), saved(drawn(), "JPEG")

    def faults(process: Worker) -> int:
        return int(Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[7])

    with working() as process:
        for data in (webp, small, webp, small):
            ask(process, data)
        before = faults(process)
        for data in (webp, small) * 3:
            ask(process, data)
        assert faults(process) - before < 3 * 1600 * 1200 * 4 // 4096  # one canvas each time; libwebp fills two


def test_what_a_worker_keeps_is_not_taken_from_the_next_picture() -> None:
    with working(WorkerLimits(memory_mb=111)) as process:
        ask(process, saved(Image.new("RGB", (2_000, 1_500), "white"), "WEBP", method=0))
        assert ask(process, png_bomb(7_000))[0] == 0  # two planes of 49 MB, each more than is kept
