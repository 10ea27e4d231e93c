"""A JPEG is decoded as far as its hash needs it: luma alone, at a fraction of its size, and nothing unusual."""

from functools import cache

import numpy as np
import photo_sets
import pytest
from hash_distance import Tally, reference
from picture_files import drawn, exif, insert_segment, saved
from PIL import Image

from notcontent.errors import ImageTruncatedError
from notcontent.signals import Limits, Raster, decode, decode_luma, hash_image, hash_region
from notcontent.signals.containers import read_container
from notcontent.signals.drawing import draw_picture

LIMITS = Limits()


@cache
def large(seed: int, width: int, height: int) -> Image.Image:
    """Draw a picture that is read at a fraction, kept for the next test."""
    return draw_picture(seed, width, height)


def luma_alone(data: bytes) -> bool:
    return read_container(data, LIMITS).luma_alone


@pytest.mark.parametrize(
    ("width", "height", "scale"),
    [(999, 4000, 1), (1000, 1000, 2), (1199, 1600, 2), (1200, 1600, 4), (2399, 2400, 4), (2400, 2400, 8)],
)
def test_the_size_chooses_the_fraction(width: int, height: int, scale: int) -> None:
    raster = decode(saved(Image.new("L", (width, height), 99), "JPEG"))
    assert (raster.width, raster.height, raster.scale) == (width, height, scale)
    assert (raster.luma == 99).all()


@pytest.mark.parametrize(
    ("scale", "side", "names"),
    [
        (1, 600, ("photos", "mosaics", "drawings")),
        (2, 1000, ("photos", "mosaics")),
        (4, 1200, ("photos", "mosaics", "drawings")),
        pytest.param(8, 2400, ("mosaics",), marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("options", [{"quality": 90}, {"quality": 70, "progressive": True}], ids=["baseline", "scans"])
def test_jpegs_hash_as_the_reference_does_at_full_size(
    scale: int, side: int, names: tuple[str, ...], options: dict[str, object]
) -> None:
    """Print the distribution for each set: `pytest -s -k jpegs`."""
    tally = Tally("JPEG", scale)
    for name in names:
        pairs = []
        for image in photo_sets.small_set(name, side, 10 if scale < 8 else 6):
            data = saved(image, "JPEG", **options)
            raster = decode(data)
            assert raster.scale == scale
            pairs.append((hash_region(raster), reference(decode_luma(data))))
        tally.add(name, pairs)
    tally.close()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_fraction_is_upright_and_hashes_as_the_turned_picture(orientation: int) -> None:
    data = saved(large(2, 1600, 1200), "JPEG", exif=exif(orientation))
    raster, upright = decode(data), decode_luma(data)
    assert (raster.height, raster.width, raster.scale) == (*upright.shape, 4)
    assert raster.luma.flags.c_contiguous
    means = upright.reshape(upright.shape[0] // 4, 4, upright.shape[1] // 4, 4).mean(axis=(1, 3))
    assert np.abs(raster.luma - means).mean() < 2
    bits = int.from_bytes(hash_region(raster).value) ^ int.from_bytes(reference(upright)[0])
    assert bits.bit_count() <= 4


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_incomplete_sample_never_comes_first(orientation: int) -> None:
    """1,202 rows make 300 samples of four and half a one; where the rows are reversed, a half is taken of each."""
    data = saved(large(2, 1604, 1202), "JPEG", exif=exif(orientation))
    assert decode(data).scale == (2 if orientation in {3, 4, 6, 7} else 4)
    odd = saved(large(2, 1603, 1301), "JPEG", exif=exif(orientation))
    assert decode(odd).scale == (4 if orientation in {1, 5} else 1)
    assert decode(odd).luma.shape == (decode_luma(odd).shape if orientation not in {1, 5} else decode(odd).luma.shape)


def test_a_grey_jpeg_and_one_in_ycbcr_are_read_by_their_luma() -> None:
    for subsampling in (0, 1, 2):
        assert luma_alone(saved(drawn(), "JPEG", subsampling=subsampling))
    assert luma_alone(saved(drawn(mode="L"), "JPEG"))
    bare = without_jfif(saved(drawn(), "JPEG"))
    assert luma_alone(bare)  # components numbered 1, 2, 3
    assert luma_alone(insert_segment(bare, 0xEE, b"Adobe\0\x64\0\0\0\0\1"))


def without_jfif(jpeg: bytes) -> bytes:
    assert jpeg[2:4] == b"\xff\xe0"
    return jpeg[:2] + jpeg[4 + int.from_bytes(jpeg[4:6]) :]


def unusual() -> dict[str, bytes]:
    colour = large(3, 1200, 1200)
    bare = bytearray(without_jfif(saved(colour, "JPEG")))
    named = bytearray(bare)
    frame, scan = named.index(b"\xff\xc0"), named.index(b"\xff\xda")
    for n, name in enumerate(b"RGB"):
        named[frame + 10 + 3 * n] = named[scan + 5 + 2 * n] = name
    return {
        "CMYK": saved(colour.convert("CMYK"), "JPEG"),
        "Adobe says RGB": insert_segment(bytes(bare), 0xEE, b"Adobe\0\x64\0\0\0\0\0"),
        "components named RGB": bytes(named),
        "JFIF and Adobe disagree": insert_segment(saved(colour, "JPEG"), 0xEE, b"Adobe\0\x64\0\0\0\0\0"),
        "RGB": saved(colour, "JPEG", keep_rgb=True),
    }


@pytest.mark.parametrize("name", unusual())
def test_what_is_unusual_is_decoded_whole_and_in_colour(name: str) -> None:
    data = unusual()[name]
    assert not luma_alone(data)
    raster = decode(data)
    assert raster.scale == 1
    assert (raster.luma == decode_luma(data)).all()


def test_luma_that_is_coarser_than_the_picture_is_not_read_alone() -> None:
    coarse = bytearray(saved(drawn(), "JPEG", subsampling=0))
    assert luma_alone(bytes(coarse))
    coarse[coarse.index(b"\xff\xc0") + 14] = 0x22  # the second component's sampling
    assert not luma_alone(bytes(coarse))


@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "GIF"])
def test_other_formats_are_decoded_whole(file_format: str) -> None:
    data = saved(large(3, 1200, 1200), file_format)
    raster = decode(data)
    assert raster.scale == 1
    assert (raster.luma == decode_luma(data)).all()


@pytest.mark.parametrize("progressive", [False, True])
def test_a_fraction_of_a_picture_that_is_cut_off_is_refused(progressive: bool) -> None:
    data = saved(large(1, 1200, 1200), "JPEG", progressive=progressive)
    assert decode(data).scale == 4
    for missing in (len(data) * 2 // 3, len(data) // 3, 2000, 40):
        with pytest.raises(ImageTruncatedError):
            hash_image(data[:-missing])


def test_a_raster_of_a_plane_is_what_hash_image_hashes() -> None:
    data = saved(large(4, 1300, 1250), "JPEG")
    raster = decode(data)
    assert isinstance(raster, Raster)
    assert hash_image(data) == hash_region(raster)
