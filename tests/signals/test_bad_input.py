"""Named bad input: each ends in one clear error with its stable code, and none costs much memory."""

import os
import struct
import subprocess
import sys
import traceback
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from picture_files import chunk, drawn, exif, insert_segment, jpeg_of_size, png, png_bomb, saved
from PIL import Image

from notcontent.errors import ImageError, ImageTruncatedError
from notcontent.signals import Limits, decode_luma, hash_image, looks
from notcontent.signals.containers import read_container

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")

MEASURE = """
import sys
from pathlib import Path
from notcontent.errors import ImageError
from notcontent import signals
from notcontent.signals import DEFAULT_LIMITS
from notcontent.signals.containers import read_container

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

read = getattr(signals, sys.argv[1])
for name in sys.argv[2:]:
    data = Path(name).read_bytes()
    Path("/proc/self/clear_refs").write_text("5")
    before = peak()
    try:
        read(data)
        code = f"read {read_container(data, DEFAULT_LIMITS).memory}"
    except ImageError as error:
        code = f"{error.code} 0"
    print(code, peak() - before, len(data))
"""


def refusal(data: bytes, limits: Limits | None = None) -> str:
    """Give the code of the error that a picture ends in."""
    with pytest.raises(ImageError) as caught:
        hash_image(data, limits or Limits())
    return caught.value.code


def measure(folder: Path, *pictures: bytes, call: str = "hash_image") -> list[tuple[str, int, int, int]]:
    """Hash pictures (or so) in a process of its own: outcome, estimated and true peak memory, and the file's size."""
    names = []
    for number, data in enumerate(pictures):
        (folder / str(number)).write_bytes(data)
        names.append(str(folder / str(number)))
    # glibc keeps freed blocks for the next picture unless each large one is a mapping of its own.
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, call, *names],
        env=os.environ | {"MALLOC_MMAP_THRESHOLD_": "65536", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout
    rows = [line.split() for line in lines.splitlines()]
    return [(code, int(estimate), int(peak), int(size)) for code, estimate, peak, size in rows]


def test_an_empty_file() -> None:
    assert refusal(b"") == "image_empty"


@pytest.mark.parametrize("side", [1, 4])
@pytest.mark.parametrize("file_format", FORMATS)
def test_a_picture_of_1x1_or_4x4_has_no_hash(file_format: str, side: int) -> None:
    assert refusal(saved(Image.new("RGB", (side, side), "red"), file_format)) == "image_too_small"


def test_five_pixels_are_enough() -> None:
    assert len(hash_image(saved(drawn(1, 5, 5), "PNG")).value) == 32


def huge_files() -> dict[str, bytes]:
    webp = bytearray(saved(drawn(), "WEBP", exif=exif(1)))
    webp[24:30] = (16_382).to_bytes(3, "little") * 2
    gif = bytearray(saved(drawn(), "GIF"))
    struct.pack_into("<HH", gif, 6, 65_535, 65_535)
    frame = bytearray(saved(drawn(), "GIF"))
    struct.pack_into("<HH", frame, frame.index(b",\0\0\0\0") + 5, 65_535, 65_535)
    avif = bytearray(saved(drawn(), "AVIF"))
    struct.pack_into(">II", avif, avif.index(b"ispe") + 8, 30_000, 30_000)
    return {
        "AVIF": bytes(avif),
        "PNG": png_bomb(30_000),
        "JPEG": jpeg_of_size(30_000, 30_000),
        "WebP": bytes(webp),
        "GIF screen": bytes(gif),
        "GIF frame": bytes(frame),
        "PNG header": png(2**31 - 1, 2**31 - 1, 8, 2, np.zeros((1, 3), np.uint8)),
        "long and thin": png(70_000, 5, 8, 0, np.zeros((5, 70_000), np.uint8)),
    }


def test_bombs_are_refused_at_the_header_without_memory(tmp_path: Path) -> None:
    files = huge_files()
    for name, (code, _, peak, size) in zip(files, measure(tmp_path, *files.values()), strict=True):
        assert code == "image_too_large", name
        assert peak < 3 * size + 8_000_000, name  # the file, a copy without metadata, and no picture


def test_decoding_stays_within_the_estimate_that_limits_use(tmp_path: Path) -> None:
    image = drawn(1, 300, 200).resize((2100, 1400))
    files = {
        "baseline": saved(image, "JPEG"),
        "progressive": saved(image, "JPEG", progressive=True, subsampling=0),
        "turned": saved(image, "JPEG", exif=exif(6)),
        "palette": saved(image.quantize(16), "PNG", compress_level=1),
        "alpha": saved(image.convert("RGBA"), "PNG", compress_level=1),
        "16 bits": saved(Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257), "PNG"),
        "webp": saved(image, "WEBP", method=0),
        "gif": saved(image.quantize(16), "GIF"),
        "avif": saved(image, "AVIF", speed=10),
        "avif with alpha": saved(image.convert("RGBA"), "AVIF", speed=10, subsampling="4:4:4"),
    }
    whole = measure(tmp_path, *files.values(), call="decode_luma")
    for name, (code, estimate, peak, _) in zip(files, whole, strict=True):
        assert code == "read", name
        assert estimate / 3 < peak < estimate, name
    peaks = {name: row[2] for name, row in zip(files, measure(tmp_path, *files.values()), strict=True)}
    assert all(peak < 1.1 * full[2] + 1_000_000 for peak, full in zip(peaks.values(), whole, strict=True))
    assert peaks["baseline"] < 6_000_000  # a sixth of the samples, of one plane


def test_compressed_metadata_is_never_inflated(tmp_path: Path) -> None:
    squeeze = zlib.compressobj(9)
    bomb = b"".join(squeeze.compress(bytes(1 << 20)) for _ in range(300)) + squeeze.flush()
    plain = saved(drawn(), "PNG")
    files = [plain[:33] + chunk(name, b"x\0\0" + bomb) + plain[33:] for name in (b"zTXt", b"iCCP")]
    files.append(plain[:33] + chunk(b"iTXt", b"x\0\1\0\0\0" + bomb) + plain[33:])
    for code, _, peak, _ in measure(tmp_path, *files):
        assert code == "read"
        assert peak < 16_000_000


def test_huge_exif_segments_are_dropped() -> None:
    data = saved(drawn(), "JPEG")
    for _ in range(200):
        data = insert_segment(data, 0xE1, b"Exif\0\0" + bytes(65_000))
    assert hash_image(data) == hash_image(saved(drawn(), "JPEG"))


def test_more_bytes_or_pixels_than_allowed() -> None:
    data = saved(drawn(1, 100, 80), "PNG")
    assert refusal(data, Limits(max_bytes=len(data) - 1)) == "image_too_large"
    assert refusal(data, Limits(max_pixels=7_999)) == "image_too_large"
    assert refusal(data, Limits(max_side=99)) == "image_too_large"
    assert hash_image(data, Limits(max_bytes=len(data), max_pixels=8_000, max_side=100))


def test_more_memory_than_allowed() -> None:
    data = saved(drawn(1, 100, 80), "WEBP")
    assert refusal(data, Limits(max_memory=8_000_000)) == "image_memory"
    assert hash_image(data, Limits(max_memory=9_000_000))


def test_a_jpeg_that_asks_for_many_scans() -> None:
    data = saved(drawn(), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    many = data[:last] + data[last:-2] * 150 + data[-2:]
    assert len(many) < 1_000_000
    assert refusal(many) == "image_too_large"


def test_a_gif_of_countless_comments() -> None:
    data = saved(drawn(), "GIF")
    comments = b"\x21\xfe" + b"\1x" * 300_000 + b"\0"
    assert refusal(data[: 13 + 768] + comments + data[13 + 768 :]) == "image_too_large"
    few = b"\x21\xfe" + (b"\xff" + bytes(255)) * 1000 + b"\0"
    assert hash_image(data[: 13 + 768] + few + data[13 + 768 :]) == hash_image(data)


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_picture_that_is_cut_off(file_format: str, share: float) -> None:
    data = saved(drawn(1, 300, 200), file_format)
    assert refusal(data[: int(len(data) * share)]) == "image_truncated"


def test_cut_off_pictures_are_refused_even_when_only_the_last_rows_are_missing() -> None:
    data = saved(drawn(1, 300, 200), "JPEG", progressive=False)
    with pytest.raises(ImageTruncatedError):
        decode_luma(data[:-40])


@pytest.mark.parametrize("count", [1, 2, 3, 8, 12, 13, 100, 5000])
def test_random_bytes(count: int) -> None:
    chance = np.random.Generator(np.random.PCG64(count))
    assert refusal(chance.integers(0, 256, count, dtype=np.uint8).tobytes()) == "image_format"


@pytest.mark.parametrize("file_format", FORMATS)
def test_noise_behind_a_good_signature(file_format: str) -> None:
    chance = np.random.Generator(np.random.PCG64(4))
    data = saved(drawn(), file_format)[:40] + chance.integers(0, 256, 5000, dtype=np.uint8).tobytes()
    assert refusal(data) in {"image_unreadable", "image_truncated", "image_too_large"}


def test_the_content_counts_and_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(saved(drawn(), "PNG"))
    assert hash_image(path.read_bytes()) == hash_image(saved(drawn(), "PNG"))
    path.write_bytes(b"%PDF-1.7 not a picture")
    assert refusal(path.read_bytes()) == "image_format"


def test_a_jpeg_with_two_frame_headers() -> None:
    data = saved(drawn(), "JPEG")
    at = data.index(b"\xff\xc0")
    for second in (data[at : at + 19], jpeg_of_size(30_000, 30_000)[at : at + 19]):
        assert refusal(data[:at] + second + data[at:]) == "image_unreadable"
        assert refusal(data[: at + 19] + second + data[at + 19 :]) == "image_unreadable"


def test_a_second_frame_header_behind_the_first_scan() -> None:
    huge = jpeg_of_size(30_000, 30_000)
    frame = huge[huge.index(b"\xff\xc0") :][:19]
    data = saved(drawn(), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    assert refusal(data[:last] + frame + data[last:]) in {"image_unreadable", "image_truncated"}


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "GIF"])
def test_a_side_of_zero(file_format: str) -> None:
    data = {
        "JPEG": jpeg_of_size(0, 100),
        "PNG": png(0, 100, 8, 0, np.zeros((1, 1), np.uint8)),
        "GIF": saved(drawn(), "GIF").replace(b",\0\0\0\0\xa0\0", b",\0\0\0\0\0\0"),
    }[file_format]
    assert refusal(data) == "image_unreadable"


def test_a_12_bit_jpeg_is_refused() -> None:
    data = bytearray(saved(drawn(), "JPEG"))
    data[data.index(b"\xff\xc0") + 4] = 12
    assert refusal(bytes(data)) == "image_unreadable"


def test_errors_tell_nothing_of_the_picture() -> None:
    secret = b"SECRETPLACE"
    data = saved(drawn(), "PNG")
    at = data.index(b"IDAT") + 4
    broken = data[:at] + secret + data[at + len(secret) :]
    with pytest.raises(ImageError) as caught:
        hash_image(broken)
    assert caught.value.__cause__ is None  # no trace of the decoder behind it
    assert caught.value.__suppress_context__
    assert "SECRET" not in "".join(traceback.format_exception(caught.value))
    container = read_container(insert_segment(saved(drawn(), "JPEG"), 0xFE, secret), Limits())
    assert "SECRET" not in repr(container)
    assert secret not in container.pixels


def test_looks_are_redacted_and_begin_with_the_whole_picture() -> None:
    data = saved(drawn(), "JPEG")
    look = looks(data, budget=10)[0]
    assert (look.kind, look.value, look.quality) == ("whole", hash_image(data).value, hash_image(data).quality)
    assert repr(look) == "<Look whole redacted>"
    assert looks(data, budget=0) == []


def test_pillow_is_never_told_to_accept_truncated_files() -> None:
    rooms = Path(__file__).parents[2] / "src" / "notcontent"
    assert not [path for path in rooms.rglob("*.py") if "LOAD_TRUNCATED" in path.read_text()]
    with pytest.raises(OSError, match="truncated"):
        Image.open(BytesIO(saved(drawn(), "JPEG")[:-300])).load()
