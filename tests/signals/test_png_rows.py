"""PNG rows undone by our own core: what Pillow makes of the same file, for every filter and kind of pixel."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from picture_files import PNG_SIGNATURE, chunk, drawn, exif, saved
from PIL import Image

from notcontent.errors import ImageError
from notcontent.signals import Limits, Luma, _pdq, decode_luma
from notcontent.signals.containers import read_container
from notcontent.signals.luma import luma_over_white

COLOURS = {1: 0, 2: 4, 3: 2, 4: 6}
"""PNG's number for so many samples a pixel."""


def png_of(width: int, height: int, samples: int, deflated: bytes, cut: int = 1 << 30) -> bytes:
    """Write a PNG around deflated rows, in IDAT chunks of at most `cut` bytes."""
    header = struct.pack(">IIBBBBB", width, height, 8, COLOURS[samples], 0, 0, 0)
    pieces = [chunk(b"IDAT", deflated[i : i + cut]) for i in range(0, len(deflated), cut)]
    return PNG_SIGNATURE + b"".join([chunk(b"IHDR", header), *pieces, chunk(b"IEND")])


def by_pillow(data: bytes) -> Luma:
    return luma_over_white(np.asarray(Image.open(BytesIO(data)).convert("RGBA")))


def noise(seed: int, width: int, height: int, samples: int, filters: list[int]) -> NDArray[np.uint8]:
    """Give rows of chance, each behind its filter's number."""
    rows = np.random.Generator(np.random.PCG64(seed)).integers(0, 256, (height, 1 + width * samples), dtype=np.uint8)
    rows[:, 0] = [filters[i % len(filters)] for i in range(height)]
    return rows


def refusal(data: bytes) -> str:
    with pytest.raises(ImageError) as caught:
        decode_luma(data)
    return caught.value.code


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    width=st.integers(1, 40),
    height=st.integers(1, 12),
    samples=st.integers(1, 4),
    filters=st.lists(st.integers(0, 4), min_size=1, max_size=12),
    cut=st.integers(1, 200),
)
def test_every_filter_and_kind_of_pixel_gives_what_pillow_gives(
    seed: int, width: int, height: int, samples: int, filters: list[int], cut: int
) -> None:
    rows = noise(seed, width, height, samples, filters)
    data = png_of(width, height, samples, zlib.compress(rows.tobytes()), cut)
    assert read_container(data, Limits()).samples == samples
    expected = by_pillow(data)
    assert (decode_luma(data) == expected).all()
    for name in _pdq.instruction_sets():
        luma = np.zeros_like(expected)
        _pdq.png_rows(rows.ravel(), samples, np.zeros(width * samples, np.uint8), luma, name)
        assert (luma == expected).all()


@pytest.mark.parametrize("samples", [1, 2, 3, 4])
def test_bands_of_inflated_bytes_end_anywhere(samples: int) -> None:
    rows = noise(7, 1501, 900, samples, [4, 1, 3, 2, 0])
    rows[300:600, 1:] = 9  # deflates a thousandfold: several bands from one piece
    data = png_of(1501, 900, samples, zlib.compress(rows.tobytes(), 1))
    assert (decode_luma(data) == by_pillow(data)).all()


def test_whatever_is_unusual_is_left_to_pillow() -> None:
    image = drawn(4)
    usual = [image, image.convert("L"), image.convert("LA"), image.convert("RGBA")]
    assert [read_container(saved(one, "PNG"), Limits()).samples for one in usual] == [3, 1, 2, 4]
    unusual = [
        saved(image.quantize(16), "PNG"),
        saved(image.convert("1"), "PNG"),
        saved(image, "PNG", transparency=(1, 2, 3)),
    ]
    unusual.append(saved(Image.fromarray(np.zeros((9, 9), np.uint16)), "PNG"))
    assert {read_container(data, Limits()).samples for data in unusual} == {0}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_rows_are_turned_as_exif_says(orientation: int) -> None:
    upright = decode_luma(saved(drawn(2, 90, 60), "PNG"))
    turned = decode_luma(saved(drawn(2, 90, 60), "PNG", exif=exif(orientation)))
    assert sorted(turned.shape) == [60, 90]
    assert turned.sum() == upright.sum()
    assert turned.flags.c_contiguous


def test_rows_that_are_missing_unknown_or_no_rows() -> None:
    rows = noise(3, 20, 10, 3, [0]).tobytes()
    deflated = zlib.compress(rows)
    assert refusal(png_of(20, 10, 3, zlib.compress(rows[:-1]))) == "image_truncated"
    assert refusal(png_of(20, 10, 3, deflated[: len(deflated) // 2])) == "image_truncated"
    assert refusal(png_of(20, 10, 3, b"")) == "image_truncated"
    assert refusal(png_of(20, 10, 3, b"no stream of zlib's")) == "image_unreadable"
    assert refusal(png_of(20, 10, 3, zlib.compress(noise(3, 20, 10, 3, [5]).tobytes()))) == "image_unreadable"
    plain = decode_luma(png_of(20, 10, 3, deflated))
    assert (decode_luma(png_of(20, 10, 3, zlib.compress(rows + bytes(10_000)))) == plain).all()
    assert (decode_luma(png_of(20, 10, 3, deflated + b"words")) == plain).all()


def test_the_core_takes_no_other_number_of_bytes() -> None:
    above, luma = np.zeros(60, np.uint8), np.zeros((2, 20), np.uint8)
    _pdq.png_rows(np.zeros(122, np.uint8), 3, above, luma)
    for size, samples, before in ((121, 3, above), (122, 2, above), (122, 3, above[:-1])):
        with pytest.raises(ValueError, match="rows"):
            _pdq.png_rows(np.zeros(size, np.uint8), samples, before.copy(), luma)
    for samples in (0, 5, 2**63):
        with pytest.raises(ValueError, match=r"rows|samples"):
            _pdq.png_rows(np.zeros(2, np.uint8), samples, np.zeros(0, np.uint8), luma)
    with pytest.raises(ValueError, match="rows"):
        _pdq.png_rows(np.zeros(2, np.uint8), 3, np.zeros(0, np.uint8), luma[:, :0])
