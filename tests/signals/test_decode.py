"""Pictures that are in order become the luma that a person sees."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from picture_files import chunk, drawn, exif, insert_segment, png, saved
from PIL import Image, ImageOps

from notcontent.errors import ImageFormatError
from notcontent.signals import Luma, decode_luma, hash_image
from notcontent.signals.luma import luma_from_16_bit, luma_over_white

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")


def luma_of(image: Image.Image) -> Luma:
    """Weigh a picture by luma.py alone, without Pillow's conversions to grey."""
    return luma_over_white(np.asarray(image.convert("RGBA")))


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


@pytest.mark.parametrize("file_format", FORMATS)
def test_each_format_gives_the_luma_of_its_pixels(file_format: str) -> None:
    data = saved(drawn(1), file_format)
    assert (decode_luma(data) == luma_of(opened(data))).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_exif_turns_the_picture_upright(file_format: str, orientation: int) -> None:
    data = saved(drawn(2, 90, 60), file_format, exif=exif(orientation))
    upright = ImageOps.exif_transpose(opened(data))
    luma = decode_luma(data)
    assert luma.shape == ((90, 60) if orientation >= 5 else (60, 90))
    assert (luma == luma_of(upright)).all()
    assert luma.flags.c_contiguous


@pytest.mark.parametrize("value", [0, 9, 6000])
def test_an_orientation_that_does_not_exist_turns_nothing(value: int) -> None:
    data = saved(drawn(2, 90, 60), "PNG")
    assert (decode_luma(saved(drawn(2, 90, 60), "PNG", exif=exif(value))) == decode_luma(data)).all()


@pytest.mark.parametrize("order", [("<", b"II*\0"), (">", b"MM\0*")])
def test_exif_is_read_in_both_byte_orders(order: tuple[str, bytes]) -> None:
    sign, head = order
    tiff = head + struct.pack(sign + "IHHHIHH", 8, 1, 0x0112, 3, 1, 6, 0)
    data = insert_segment(saved(drawn(2, 90, 60), "JPEG"), 0xE1, b"Exif\0\0" + tiff)
    assert decode_luma(data).shape == (90, 60)


def test_xmp_turns_nothing_as_in_browsers() -> None:
    xmp = b'http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation="6"/>'
    data = insert_segment(saved(drawn(2, 90, 60), "JPEG"), 0xE1, xmp)
    assert decode_luma(data).shape == (60, 90)


@pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
def test_alpha_lies_over_white(file_format: str) -> None:
    image = drawn(3, mode="RGBA")
    image.putalpha(drawn(7, mode="L"))
    data = saved(image, file_format, lossless=True, exact=True)
    assert (decode_luma(data) == luma_of(image)).all()


def test_a_wholly_transparent_picture_is_white_whatever_its_colours() -> None:
    image = drawn(3, mode="RGBA")
    image.putalpha(0)
    assert (decode_luma(saved(image, "PNG")) == 255).all()


def test_grey_with_alpha_lies_over_white() -> None:
    image = drawn(3, mode="LA")
    image.putalpha(drawn(6, mode="L"))
    assert (decode_luma(saved(image, "PNG")) == luma_of(image)).all()


def test_a_palette_gives_its_colours_not_its_indexes() -> None:
    image = drawn(4).quantize(64)
    data = saved(image, "PNG")
    assert (decode_luma(data) == luma_of(image)).all()
    assert not (decode_luma(data) == np.asarray(image)).all()


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_a_short_palette_packed_into_bits_is_right(bits: int) -> None:
    image = drawn(4).quantize(1 << bits)
    assert (decode_luma(saved(image, "PNG", bits=bits)) == luma_of(image)).all()


def test_a_palette_with_an_alpha_for_each_entry_lies_over_white() -> None:
    image = drawn(4).quantize(16)
    alphas = bytes(range(0, 256, 16))
    data = saved(image, "PNG", transparency=alphas)
    assert opened(data).mode == "P"
    assert (decode_luma(data) == luma_of(opened(data))).all()
    assert not (decode_luma(data) == luma_of(image)).all()


def test_a_palette_with_one_transparent_entry_shows_white_there() -> None:
    image = drawn(4).quantize(16)
    data = saved(image, "PNG", transparency=5)
    assert (decode_luma(data)[np.asarray(image) == 5] == 255).all()


def test_one_bit_is_black_and_white() -> None:
    image = drawn(5, mode="1")
    luma = decode_luma(saved(image, "PNG"))
    assert set(np.unique(luma)) == {0, 255}
    assert (luma == luma_of(image)).all()


def test_16_bit_grey_is_scaled_and_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 200 * 100).reshape(100, 200).astype(np.uint16)
    luma = decode_luma(saved(Image.fromarray(ramp), "PNG"))
    assert (luma == luma_from_16_bit(ramp)).all()
    assert (luma == np.round(ramp / 257)).all()


def test_16_bit_colour_is_scaled_and_not_clipped() -> None:
    samples = (np.asarray(drawn(6, 40, 30)).astype(np.uint16) * 257).astype(">u2")
    data = png(40, 30, 16, 2, samples.reshape(30, -1).view(np.uint8))
    assert (decode_luma(data) == luma_of(drawn(6, 40, 30))).all()


@pytest.mark.parametrize(("depth", "key"), [(2, 1), (4, 9), (8, 100), (16, 25_700)])
def test_a_grey_level_called_transparent_is_white(depth: int, key: int) -> None:
    levels = np.arange(1 << min(depth, 8), dtype=np.uint64) * (257 if depth == 16 else 1)
    width = len(levels)
    if depth == 16:
        rows = levels.astype(">u2").view(np.uint8)[None].repeat(8, axis=0)
    else:
        bits = np.unpackbits(levels.astype(np.uint8)[:, None], axis=1)[:, 8 - depth :]
        rows = np.packbits(bits.ravel())[None].repeat(8, axis=0)
    plain = decode_luma(png(width, 8, depth, 0, rows))
    keyed = decode_luma(png(width, 8, depth, 0, rows, chunk(b"tRNS", struct.pack(">H", key))))
    changed = np.flatnonzero((plain != keyed).any(axis=0))
    assert changed.tolist() == [int(np.flatnonzero(levels == key)[0])]
    assert (keyed[:, changed] == 255).all()


@pytest.mark.parametrize("depth", [8, 16])
def test_a_colour_called_transparent_is_white(depth: int) -> None:
    pixels = np.asarray(drawn(6, 40, 30))
    red, green, blue = (int(channel) for channel in pixels[11, 13])
    factor = 257 if depth == 16 else 1
    samples = pixels.astype(">u2" if depth == 16 else np.uint8) * np.uint16(factor)
    rows = samples.astype(">u2" if depth == 16 else np.uint8).reshape(30, -1).view(np.uint8)
    key = chunk(b"tRNS", struct.pack(">3H", red * factor, green * factor, blue * factor))
    luma = decode_luma(png(40, 30, depth, 2, rows, key))
    same = (pixels == pixels[11, 13]).all(axis=-1)
    assert (luma[same] == 255).all()
    assert (luma[~same] == luma_of(drawn(6, 40, 30))[~same]).all()


def test_an_interlaced_png_is_right() -> None:
    image = drawn(6, 43, 29)
    data = saved(image, "PNG")
    assert (decode_luma(interlaced(image)) == decode_luma(data)).all()


def interlaced(image: Image.Image) -> bytes:
    """Write a PNG in Adam7's seven passes; Pillow cannot."""
    pixels = np.asarray(image)
    starts = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    raw = b"".join(
        b"\0" + row.tobytes() for top, left, down, right in starts for row in pixels[top::down, left::right] if len(row)
    )
    header = struct.pack(">IIBBBBB", image.width, image.height, 8, 2, 0, 0, 1)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(raw)), chunk(b"IEND"))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_a_cmyk_jpeg_is_not_inverted() -> None:
    data = saved(drawn(8).convert("CMYK"), "JPEG", quality=95)
    luma = decode_luma(data).astype(int)
    assert np.abs(luma - luma_of(drawn(8))).mean() < 3


def test_a_ycck_jpeg_is_not_inverted() -> None:
    """Pillow writes CMYK alone, inverted: give it the inks' Y, Cb, Cr for C, M, Y, then mark the file as YCCK."""
    inks = 255 - np.asarray(drawn(8))
    converted = np.asarray(Image.fromarray(inks).convert("YCbCr"))
    planes = [Image.fromarray(255 - converted[..., plane]) for plane in range(3)]
    planes.append(Image.new("L", drawn(8).size, 0))
    data = bytearray(saved(Image.merge("CMYK", planes), "JPEG", quality=98, subsampling=0))
    at = data.index(b"Adobe")
    data[at + 11] = 2  # transform: YCCK
    luma = decode_luma(bytes(data)).astype(int)
    assert np.abs(luma - luma_of(drawn(8))).mean() < 3


def test_a_jpeg_of_rgb_components_is_right() -> None:
    data = saved(drawn(9), "JPEG", keep_rgb=True, quality=95)
    assert np.abs(decode_luma(data).astype(int) - luma_of(drawn(9))).mean() < 3


@pytest.mark.parametrize("options", [{"progressive": True}, {"subsampling": 0}, {"quality": 5}, {"optimize": True}])
def test_every_kind_of_jpeg_decodes(options: dict[str, int]) -> None:
    data = saved(drawn(9), "JPEG", **options)
    assert (decode_luma(data) == luma_of(opened(data))).all()


def test_a_grey_jpeg_decodes() -> None:
    data = saved(drawn(9, mode="L"), "JPEG")
    assert (decode_luma(data) == np.asarray(opened(data))).all()


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_counts(file_format: str) -> None:
    frames = [drawn(seed) for seed in (10, 11, 12)]
    data = saved(frames[0], file_format, save_all=True, append_images=frames[1:], duration=50, lossless=True)
    alone = saved(frames[0], file_format, lossless=True)
    assert getattr(opened(data), "n_frames", 1) == 3
    assert (decode_luma(data) == decode_luma(alone)).all()


def test_a_gif_frame_smaller_than_its_screen_lies_on_white() -> None:
    data = bytearray(saved(drawn(10, 40, 30), "GIF"))
    struct.pack_into("<HH", data, 6, 60, 50)
    at = data.index(b"," + struct.pack("<HHHH", 0, 0, 40, 30))
    struct.pack_into("<HH", data, at + 1, 7, 9)
    luma = decode_luma(bytes(data))
    inside = np.zeros((50, 60), bool)
    inside[9:39, 7:47] = True
    assert luma.shape == (50, 60)
    assert (luma[~inside] == 255).all()
    assert (luma[9:39, 7:47] == decode_luma(saved(drawn(10, 40, 30), "GIF"))).all()


def test_a_gif_shows_white_where_it_is_transparent() -> None:
    image = drawn(10).quantize(16)
    data = saved(image, "GIF", transparency=3)
    transparent = np.asarray(opened(data).convert("RGBA"))[..., 3] == 0
    assert transparent.any()
    assert (decode_luma(data)[transparent] == 255).all()


def test_a_grey_gif_decodes() -> None:
    ramp = Image.fromarray(np.tile(np.arange(256, dtype=np.uint8), (20, 1)))
    assert (decode_luma(saved(ramp, "GIF")) == np.asarray(ramp)).all()


def test_a_phone_photo_with_previews_profile_and_text_decodes_without_them() -> None:
    plain = saved(drawn(13), "JPEG")
    preview = saved(drawn(14, 40, 30), "JPEG")
    data = insert_segment(plain, 0xE2, b"MPF\0" + preview)
    data = insert_segment(data, 0xE2, b"ICC_PROFILE\0\1\1" + bytes(3000))
    data = insert_segment(data, 0xE1, b"Exif\0\0" + preview)
    data = insert_segment(data, 0xFE, b"a comment") + preview
    assert (decode_luma(data) == decode_luma(plain)).all()


def test_metadata_of_a_png_is_never_seen() -> None:
    plain = saved(drawn(13), "PNG")
    noise: NDArray[np.uint8] = np.random.Generator(np.random.PCG64(3)).integers(0, 256, 5000, dtype=np.uint8)
    extra = chunk(b"iCCP", b"x\0\0" + noise.tobytes()) + chunk(b"zTXt", noise.tobytes()) + chunk(b"acTL", b"broken")
    data = plain[:33] + extra + plain[33:]
    assert (decode_luma(data) == decode_luma(plain)).all()


@pytest.mark.parametrize("file_format", ["BMP", "TIFF", "PPM", "ICO", "JPEG2000"])
def test_no_other_format_is_opened(file_format: str) -> None:
    with pytest.raises(ImageFormatError):
        hash_image(saved(drawn(1, 64, 64), file_format))
