"""JPEG's luma where libjpeg's wrapper gives it: what Pillow's plugin makes of the same file, and the same refusals."""

import random
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from picture_files import drawn, exif, insert_segment, saved

from notcontent.errors import ImageError, ImageTooLargeError
from notcontent.signals import decode
from notcontent.signals.containers import read_container
from notcontent.signals.containers.container import Container
from notcontent.signals.jpeg_plane import luma_of_jpeg
from notcontent.signals.limits import DEFAULT_LIMITS
from notcontent.signals.luma import Luma
from notcontent.signals.raster import SCALES

DECODE = sys.modules["notcontent.signals.decode"]  # the name in the package is the function's
MUTANTS = 2000


def by_plugin(container: Container, scale: int) -> bytes | str:
    """Give what Pillow's plugin makes of it, or the error's code."""
    try:
        return told(DECODE._guarded(lambda given: DECODE._plane_by_plugin(given, scale), container))
    except ImageError as error:
        return error.code


def by_wrapper(container: Container, scale: int) -> bytes | str:
    try:
        return told(luma_of_jpeg(container, scale))
    except ImageError as error:
        return error.code


def told(luma: Luma) -> bytes:
    return repr(luma.shape).encode() + luma.tobytes()


@cache
def kinds() -> list[bytes]:
    """Give JPEGs in colour and grey, in one scan and several, with restarts, of every sampling, turned, and tiny."""
    image = drawn(1, 90, 61)
    files = [saved(one, "JPEG") for one in (image.convert("L"), image.resize((9, 8)))]
    for progressive in (False, True):
        files += [saved(image, "JPEG", subsampling=sampling, progressive=progressive) for sampling in (0, 1, 2)]
        files.append(saved(image, "JPEG", quality=98, restart_marker_rows=1, progressive=progressive))
    files += [saved(image, "JPEG", exif=exif(orientation)) for orientation in range(1, 9)]
    return files


def containers() -> list[Container]:
    found = [read_container(data, DEFAULT_LIMITS) for data in kinds()]
    assert all(one.luma_alone for one in found)
    return found


@pytest.mark.parametrize("scale", SCALES)
def test_every_kind_gives_what_the_plugin_gives(scale: int) -> None:
    found = [by_wrapper(one, scale) for one in containers()]
    assert all(isinstance(one, bytes) for one in found)
    assert found == [by_plugin(one, scale) for one in containers()]


def damaged(chance: random.Random) -> bytes:
    """Change a few bytes, half of the time of the header; now and then cut the file off."""
    data = bytearray(chance.choice(kinds()))
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(min(len(data), chance.choice((700, 1 << 30))))
        data[at] = chance.choice((data[at] ^ 1 << chance.randrange(8), chance.randrange(256), 255))
    return bytes(data[: chance.randrange(len(data))] if chance.randrange(5) == 0 else data)


def test_damaged_files_end_as_by_the_plugin() -> None:
    chance = random.Random(20261201)  # noqa: S311 - chance that can be repeated
    read = refused = 0
    for _ in range(MUTANTS):
        try:
            container = read_container(damaged(chance), DEFAULT_LIMITS)
        except ImageError:
            continue
        if not container.luma_alone or container.width * container.height > 1 << 20 or min(container.shown) < 8:
            continue
        scale = chance.choice(SCALES)
        found = by_wrapper(container, scale)
        assert found == by_plugin(container, scale)
        read, refused = read + isinstance(found, bytes), refused + isinstance(found, str)
    assert min(read, refused) > MUTANTS // 10


def frame_sizes(jpeg: bytes) -> list[tuple[int, int]]:
    """Walk up to the first scan as libjpeg does: width and height of each frame header."""
    found: list[tuple[int, int]] = []
    at = 2
    while True:
        at = jpeg.index(b"\xff", at)
        marker = jpeg[at + 1]
        if marker in {0x00, 0x01, 0xFF, *range(0xD0, 0xD9)}:
            at += 1 if marker == 0xFF else 2
            continue
        if marker == 0xDA:
            return found
        if 0xC0 <= marker < 0xD0 and marker not in {0xC4, 0xC8, 0xCC}:
            found.append((int.from_bytes(jpeg[at + 7 : at + 9]), int.from_bytes(jpeg[at + 5 : at + 7])))
        at += 2 + max(2, int.from_bytes(jpeg[at + 2 : at + 4]))


def test_libjpeg_is_never_handed_another_size_than_it_is_told() -> None:
    """The wrapper writes as many samples a row as the frame header says, into room for as many as its caller says."""
    chance = random.Random(20261202)  # noqa: S311 - chance that can be repeated
    header = kinds()[0][kinds()[0].index(b"\xff\xc0") :][:13]
    wide = header[:7] + b"\x7f\xff" + header[9:]
    checked = 0
    for number in range(MUTANTS):
        data = damaged(chance)
        if number % 2:  # a second frame header, in full view, in a comment, or in a table's tail
            marker, before = chance.choice(((0xFE, b""), (0xFE, bytes(3)), (0xDB, bytes(65)), (0xE0, b"JFIF\0")))
            data = chance.choice((insert_segment(data, marker, before + wide), data[:2] + wide + data[2:]))
        try:
            container = read_container(data, DEFAULT_LIMITS)
        except ImageError:
            continue
        assert frame_sizes(container.pixels) == [(container.width, container.height)]
        checked += 1
    assert checked > MUTANTS // 4


@pytest.mark.parametrize("marker", [0xC4, 0xCC, 0xDB, 0xDD])
@pytest.mark.parametrize("length", [b"\0\0", b"\0\1"])
def test_a_table_shorter_than_its_length_is_refused(marker: int, length: bytes) -> None:
    """libjpeg would take what comes next for its length, pass over our frame header, and could find another."""
    data = kinds()[3]
    with pytest.raises(ImageError):
        read_container(data[:2] + bytes([0xFF, marker]) + length + data[2:], DEFAULT_LIMITS)
    read_container(data[:2] + bytes([0xFF, 0xFE]) + length + data[2:], DEFAULT_LIMITS)


def test_what_the_wrapper_refuses_is_not_decoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    data = kinds()[3]
    monkeypatch.setattr(DECODE, "_plane_by_plugin", None)
    codes = data.index(b"\xff\xc4") + 5
    for broken, code in (
        (data[:-40], "image_truncated"),
        (data[:codes] + b"\xff" * 16 + data[codes + 16 :], "image_unreadable"),
    ):
        with pytest.raises(ImageError) as refusal:
            decode(broken)
        assert refusal.value.code == code


class Other:
    """A wrapper that has changed."""

    def __init__(self, answer: object) -> None:
        self._answer = answer

    def map_buffer(self, *_: object) -> None: ...

    def jpeg_decoder(self, *_: object) -> "Other":
        if self._answer is None:
            raise TypeError
        return self

    def setimage(self, *_: object) -> None: ...

    def decode(self, _: bytes) -> object:
        return self._answer


@pytest.mark.parametrize("answer", [None, 0, ("", 0)])
def test_a_wrapper_that_gives_something_else_is_gone_without(monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    expected = decode(kinds()[3]).luma
    monkeypatch.setattr("notcontent.signals.jpeg_plane._imaging", Other(answer))
    assert np.array_equal(decode(kinds()[3]).luma, expected)


def test_a_pillow_without_its_wrapper_is_gone_without() -> None:
    program = (
        "import sys, PIL.Image, PIL\nsys.modules['PIL._imaging'] = None; del PIL._imaging\n"
        "from notcontent.signals.jpeg_plane import _imaging; print(_imaging)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=True, capture_output=True).stdout == b"None\n"


def of_scans(count: int, before: bytes = b"", behind: bytes = b"") -> bytes:
    """Give a JPEG in so many scans of one component each, with junk before the first or behind the end."""
    frame = b"\xff\xc0\0\x11\x08\0\x40\0\x40\3" + b"".join(bytes([1 + one, 0x11, 0]) for one in range(3))
    codes = b"".join(b"\xff\xc4\0\x14" + bytes([each, 1]) + bytes(16) for each in (0, 0x10))
    scans = b"".join(b"\xff\xda\0\x08\1" + bytes([1 + one % 3, 0, 0, 63, 0]) for one in range(count))
    return b"\xff\xd8\xff\xdb\0\x43\0" + b"\1" * 64 + frame + codes + before + scans + b"\xff\xd9" + behind


@pytest.mark.parametrize("before", [b"", b"\0\0\0\0\3", b"\xff", b"\xff\1\0\0\0\3", b"\xff\0\0\0\3"])
def test_nothing_before_the_first_scan_hides_how_many_there_are(before: bytes) -> None:
    few = read_container(of_scans(100, before), DEFAULT_LIMITS)
    assert few.bytes_a_pixel == 4.2 + 2 * 3, "all coefficients are held"
    assert few.pixels == read_container(of_scans(100), DEFAULT_LIMITS).pixels, "junk is left out"
    with pytest.raises(ImageTooLargeError, match="scans"):
        read_container(of_scans(101, before), DEFAULT_LIMITS)


def test_what_stands_before_the_scan_of_an_ordinary_picture_makes_it_no_dearer() -> None:
    data = kinds()[3]
    at = data.index(b"\xff\xda")
    plain, filled = (read_container(each, DEFAULT_LIMITS) for each in (data, data[:at] + b"\xff" + data[at:]))
    assert (plain.bytes_a_pixel, plain.pixels) == (filled.bytes_a_pixel, filled.pixels)


def test_scans_are_counted_as_libjpeg_finds_them() -> None:
    """Behind the end nothing counts; an end within a table between scans is none."""
    read_container(of_scans(100, behind=b"\xff\xda" * 101), DEFAULT_LIMITS)
    table = b"\xff\xfe\0\6\xff\xd9\xff\xda"
    scans = of_scans(101)
    second = scans.index(b"\xff\xda", scans.index(b"\xff\xda") + 1)
    with pytest.raises(ImageTooLargeError, match="scans"):
        read_container(scans[:second] + table + scans[second:], DEFAULT_LIMITS)
    scans = of_scans(100)
    read_container(scans[:second] + table + scans[second:], DEFAULT_LIMITS)
    entropy = b"\x12\xff\0\xda\xff\xd0\xda\xff\xff\0\xda"  # stuffed, a restart, filled and stuffed
    read_container(scans[:second] + entropy + scans[second:], DEFAULT_LIMITS)
    with pytest.raises(ImageTooLargeError, match="scans"):
        read_container(of_scans(101).replace(b"\xff\xda", entropy + b"\xff\xda"), DEFAULT_LIMITS)


def test_a_jfif_segment_that_is_cut_short_is_none() -> None:
    data = kinds()[3]
    after = data[4 + int.from_bytes(data[4:6]) :]
    short = read_container(b"\xff\xd8\xff\xe0\0\7JFIF\0" + after, DEFAULT_LIMITS)
    assert b"JFIF" not in short.pixels
    assert by_wrapper(short, 1) == by_plugin(short, 1) == by_wrapper(read_container(data, DEFAULT_LIMITS), 1)
