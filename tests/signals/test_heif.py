"""AVIF and HEIC: every way of storing a picture gives what a person sees, and what is wrong one clear error."""

import struct
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from film_files import animated, draw_clip, film
from heif_files import SRGB_FULL, Heif, Picture, av1, box, clap, cut, full, hevc, imir, irot, ispe
from picture_files import drawn, exif, saved
from PIL import Image, ImageOps

from notcontent.errors import ImageError, ImageHeicError
from notcontent.signals import Limits, Luma, decode, decode_luma, hash_image
from notcontent.signals import hevc as hevc_decoder
from notcontent.signals.containers import Format, heif, read_container
from notcontent.signals.containers.atoms import Atom
from notcontent.signals.containers.brands import first_brands, is_sequence
from notcontent.signals.luma import luma_over_white
from notcontent.signals.video import is_video
from notcontent.signals.video.formats import VideoFormat, sniff_video

IMAGE = drawn(3, 160, 128)
Code = Callable[[Image.Image], Picture]
CODINGS: list[Code] = [lambda image: av1(image, quality=95), hevc]
both = pytest.mark.parametrize("code", CODINGS, ids=["AVIF", "HEIC"])


def luma_of(image: Image.Image) -> Luma:
    return luma_over_white(np.asarray(image.convert("RGBA")))


def off(data: bytes, image: Image.Image) -> float:
    """Give how far the luma lies from the picture's, on average."""
    luma = decode_luma(data)
    assert luma.shape == (image.height, image.width)
    return float(np.abs(luma.astype(int) - luma_of(image)).mean())


def refusal(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(ImageError) as caught:
        decode(data, limits or Limits())
    return caught.value.code


@both
def test_the_luma_is_the_pictures(code: Code) -> None:
    data = Heif(code(IMAGE)).file()
    assert off(data, IMAGE) < 1
    found, right = hash_image(data), hash_image(saved(IMAGE, "PNG"))
    assert (int(found.hex, 16) ^ int(right.hex, 16)).bit_count() <= 4


@pytest.mark.parametrize("options", [{}, {"subsampling": "4:4:4"}, {"subsampling": "4:2:2"}, {"range": "limited"}])
def test_every_kind_of_avif_gives_the_luma_of_its_pixels(options: dict[str, str]) -> None:
    for image in (IMAGE, IMAGE.convert("L"), drawn(5, 161, 127)):
        data = saved(image, "AVIF", **options)
        assert (decode_luma(data) == luma_of(Image.open(BytesIO(data)))).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_avif_is_turned_by_its_properties(orientation: int) -> None:
    data = saved(drawn(2, 90, 60), "AVIF", exif=exif(orientation))  # which Pillow writes as irot and imir
    upright = ImageOps.exif_transpose(Image.open(BytesIO(data)))
    luma = decode_luma(data)
    assert luma.shape == ((90, 60) if orientation >= 5 else (60, 90))
    assert (luma == luma_of(upright)).all()


@both
def test_rotation_is_against_the_clock_and_a_mirror_by_its_axis(code: Code) -> None:
    coded = code(IMAGE)
    stored = decode_luma(Heif(coded).file())
    for quarters in range(4):
        assert (decode_luma(Heif(coded, placed=[irot(quarters)]).file()) == np.rot90(stored, quarters)).all()
    assert (decode_luma(Heif(coded, placed=[imir(0)]).file()) == stored[::-1]).all()
    assert (decode_luma(Heif(coded, placed=[imir(1)]).file()) == stored[:, ::-1]).all()


@both
def test_what_places_a_picture_applies_in_its_order(code: Code) -> None:
    coded = code(IMAGE)
    stored = decode_luma(Heif(coded).file())
    first = decode_luma(Heif(coded, placed=[irot(1), imir(1)]).file())
    assert (first == np.rot90(stored)[:, ::-1]).all()
    other = decode_luma(Heif(coded, placed=[imir(1), irot(1)]).file())
    assert (other == np.rot90(stored[:, ::-1])).all()
    assert not (first == other).all()


@both
def test_exif_turns_nothing_there(code: Code) -> None:
    coded = code(IMAGE)
    assert (decode_luma(Heif(coded, exif=exif(6)).file()) == decode_luma(Heif(coded).file())).all()


@both
def test_the_clean_aperture_is_cut_out_before_anything_is_turned(code: Code) -> None:
    coded = code(IMAGE)
    stored = decode_luma(Heif(coded).file())
    shown = decode_luma(Heif(coded, placed=[clap(100, 60, Fraction(-10), Fraction(6)), irot(1)]).file())
    assert (shown == np.rot90(stored[40:100, 20:120])).all()
    raster = decode(Heif(coded, placed=[clap(100, 60)]).file())
    assert (raster.width, raster.height) == (100, 60)


@both
@pytest.mark.parametrize("part", [clap(200, 60), clap(100, 60, Fraction(100)), clap(0, 60), box(b"clap", bytes(32))])
def test_an_aperture_that_makes_no_sense_is_ignored_as_in_browsers(code: Code, part: bytes) -> None:
    coded = code(IMAGE)
    assert (decode_luma(Heif(coded, placed=[part]).file()) == decode_luma(Heif(coded).file())).all()


@both
@pytest.mark.parametrize("in_idat", [False, True])
def test_tiles_are_put_together(code: Code, in_idat: bool) -> None:
    tiles = [code(tile) for tile in cut(IMAGE, 2, 2)]
    whole = Picture(b"", 160, 128, b"", b"")
    data = Heif(whole, tiles=tiles, columns=2, in_idat=in_idat).file()
    assert off(data, IMAGE) < 1.5
    cropped = Heif(replace(whole, width=150, height=120), tiles=tiles, columns=2, placed=[irot(3)]).file()
    assert (decode_luma(cropped) == np.rot90(decode_luma(data)[:120, :150], 3)).all()


@both
def test_alpha_lies_over_white(code: Code) -> None:
    coded, mask = code(IMAGE), code(drawn(7, 160, 128).convert("L"))
    colour, alpha = (decode_luma(Heif(one).file()).astype(int) for one in (coded, mask))
    luma = decode_luma(Heif(coded, alpha=mask).file())
    assert np.abs(luma - (colour * alpha + 255 * (255 - alpha) + 127) // 255).max() <= 1


@pytest.mark.parametrize("options", [{}, {"alpha_premultiplied": True}, {"subsampling": "4:4:4"}])
def test_an_avif_with_alpha_lies_over_white(options: dict[str, object]) -> None:
    image = IMAGE.copy()
    image.putalpha(drawn(7, 160, 128).convert("L"))
    data = saved(image, "AVIF", quality=90, **options)
    assert (decode_luma(data) == luma_of(Image.open(BytesIO(data)))).all()
    assert off(data, image) < 2


def test_colours_that_are_multiplied_already_are_not_multiplied_again() -> None:
    black, grey = hevc(Image.new("RGB", (160, 128), (60, 60, 60))), hevc(Image.new("L", (160, 128), 100))
    luma = decode_luma(Heif(black, alpha=grey, premultiplied=True).file())
    assert np.abs(luma.astype(int) - (60 + 155)).max() <= 1


DEEP = [("yuv420p10le", ""), ("yuv420p12le", ""), ("yuv422p10le", ""), ("yuv444p12le", "")]


@pytest.mark.parametrize(("layout", "params"), [("yuv420p", ""), ("gray", ":range=full"), ("gbrp", ""), *DEEP])
def test_depths_ranges_and_colours_of_hevc(layout: str, params: str) -> None:
    assert off(Heif(hevc(IMAGE, layout, params)).file(), IMAGE) < 1


def test_an_avif_of_10_bits_is_scaled() -> None:
    from typing import cast

    import av
    from av.container import InputContainer

    data = film([np.asarray(IMAGE)], "mp4", codec="libsvtav1", pix_fmt="yuv420p10le")
    with cast("InputContainer", av.open(BytesIO(data))) as container:
        units = bytes(next(packet for packet in container.demux(video=0) if packet.size))
    coded = Picture(b"av01", 160, 128, b"\x81\x05\x4c\x00", units)
    assert off(Heif(coded, nclx=struct.pack(">4sHHHB", b"nclx", 1, 13, 6, 0)).file(), IMAGE) < 4


def test_what_the_file_says_of_matrix_and_range_counts_before_what_hevc_says() -> None:
    coded = hevc(IMAGE, "yuv420p")  # black is 16
    assert off(Heif(coded, nclx=SRGB_FULL).file(), IMAGE) > 3
    green = Image.new("RGB", (160, 128), (0, 200, 0))
    plain = decode_luma(Heif(hevc(green)).file())
    other = decode_luma(Heif(hevc(green), nclx=struct.pack(">4sHHHB", b"nclx", 1, 13, 1, 0x80)).file())
    assert plain.mean() != other.mean()


def test_of_an_animated_avif_the_first_frame_counts() -> None:
    frames = [drawn(seed) for seed in (10, 11, 12)]
    data = saved(frames[0], "AVIF", save_all=True, append_images=frames[1:], duration=50)
    assert (decode_luma(data) == luma_of(Image.open(BytesIO(data)))).all()
    assert off(data, frames[0]) < 4


def test_metadata_and_further_pictures_are_never_handed_on() -> None:
    data = saved(IMAGE, "AVIF", exif=exif(1), xmp=b"SECRETPLACE", icc_profile=b"SECRETPROFILE")
    container = read_container(data, Limits())
    assert container.format is Format.AVIF
    assert b"SECRET" in data
    assert b"SECRET" not in container.pixels
    assert b"Exif" not in container.pixels
    assert "redacted" in repr(container)
    assert all(text not in repr(container.still) for text in ("data", "config"))


@both
def test_a_picture_larger_than_allowed_is_refused_by_its_header(code: Code) -> None:
    data = Heif(code(IMAGE)).file()
    assert refusal(data, Limits(max_pixels=160 * 128 - 1)) == "image_too_large"
    assert refusal(data, Limits(max_side=159)) == "image_too_large"
    assert refusal(data, Limits(max_memory=1000)) == "image_memory"
    huge = bytearray(data)
    struct.pack_into(">II", huge, data.index(b"ispe") + 8, 30_000, 30_000)
    assert refusal(bytes(huge)) == "image_too_large"
    grid = Heif(Picture(b"", 30_000, 30_000, b"", b""), tiles=[code(IMAGE)]).file()
    assert refusal(grid) == "image_too_large"


BOMB = """
import sys
import tracemalloc
from pathlib import Path
from notcontent.errors import ImageError
from notcontent.signals import decode
def peak():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
small, bomb = (Path(name).read_bytes() for name in sys.argv[1:])
decode(small)
Path("/proc/self/clear_refs").write_text("5")
before = peak()
try:
    decode(bomb)
except ImageError as error:
    print(error.code, peak() - before)
"""


@both
def test_a_coding_that_is_larger_than_its_file_says_takes_no_memory(code: Code, tmp_path: Path) -> None:
    coded = code(Image.new("RGB", (5000, 4200), "grey"))
    small = Heif(code(IMAGE)).file()
    bomb = Heif(replace(coded, width=160, height=128)).file()
    (tmp_path / "small").write_bytes(small)
    (tmp_path / "bomb").write_bytes(bomb)
    command = [sys.executable, "-c", BOMB, str(tmp_path / "small"), str(tmp_path / "bomb")]
    told, peak = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert told in {"image_unreadable", "image_memory"}  # FFmpeg does not always tell them apart
    assert int(peak) < 20_000, "kilobytes; one such frame would be 31,500. FFmpeg makes tables before it asks the limit"


@both
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_picture_that_is_cut_off(code: Code, share: float) -> None:
    data = Heif(code(IMAGE)).file()
    assert refusal(data[: int(len(data) * share)]) == "image_truncated"


@both
def test_tiles_that_leave_a_gap_differ_or_are_missing(code: Code) -> None:
    tiles = [code(tile) for tile in cut(IMAGE, 2, 2)]
    whole = Picture(b"", 160, 128, b"", b"")
    assert refusal(Heif(replace(whole, width=161), tiles=tiles, columns=2).file()) == "image_unreadable"
    assert refusal(Heif(replace(whole, width=80), tiles=tiles, columns=2).file()) == "image_unreadable"
    other = [*tiles[:3], code(IMAGE)]
    assert refusal(Heif(whole, tiles=other, columns=2).file()) == "image_unreadable"
    data = Heif(whole, tiles=tiles, columns=2).file()
    grid = data.index(b"\0\0\1\1" + struct.pack(">HH", 160, 128))
    assert refusal(data[:grid] + b"\0\0\2\1" + data[grid + 4 :]) == "image_unreadable"


@both
def test_a_property_that_has_to_be_known_and_is_not(code: Code) -> None:
    coded = code(IMAGE)
    strange = full(b"lsel", bytes(2))
    assert refusal(Heif(coded, extra=[(strange, True)]).file()) == "image_format"
    assert decode_luma(Heif(coded, extra=[(strange, False)]).file()).shape == (128, 160)


def test_codings_that_are_not_read_are_an_error_of_their_own() -> None:
    for kind in (b"jpeg", b"avc1", b"unci", b"iovl", b"vvc1"):
        data = Heif(hevc(IMAGE)).file().replace(b"hvc1", kind)
        assert refusal(data) == "image_format"
    assert refusal(Heif(av1(IMAGE), alpha=hevc(IMAGE)).file()) == "image_format"
    assert refusal(b"\0\0\0\x14ftypcrx \0\0\0\0crx " + bytes(200)) == "image_format"


@both
def test_a_picture_without_size_coding_or_primary_item(code: Code) -> None:
    data = Heif(code(IMAGE)).file()
    config = b"av1C" if b"av1C" in data else b"hvcC"
    for name in (b"ispe", b"pitm", b"iinf", b"iloc", b"ipco", b"meta"):
        assert refusal(data.replace(name, b"free")) == "image_unreadable", name
    assert refusal(data.replace(config, b"free")) == "image_format"  # it has to be known
    assert refusal(data.replace(ispe(160, 128), ispe(0, 128))) == "image_unreadable"
    assert refusal(data.replace(ispe(160, 128), ispe(128, 160))) == "image_unreadable"


def test_a_file_that_names_its_bytes_over_and_over_is_not_copied_for_ever() -> None:
    tiles = [hevc(drawn(1, 64, 64))] * 200
    data = Heif(Picture(b"", 64 * 20, 64 * 10, b"", b""), tiles=tiles, columns=20).file()
    limit = len(data) // 2
    assert refusal(data, Limits(max_bytes=limit)) == "image_too_large"
    places = data.index(b"iloc") + 8 + 4
    bomb = bytearray(data + bytes(100_000))
    for number in range(201):
        struct.pack_into(">II", bomb, places + 16 * number + 8, 0, len(data))
    assert refusal(bytes(bomb), Limits(max_bytes=2 * len(bomb))) == "image_too_large"
    assert refusal(data, Limits(max_parts=300)) == "image_too_large"


def test_a_picture_of_countless_tiles_is_refused() -> None:
    tile = hevc(drawn(1, 32, 32))
    data = Heif(Picture(b"", 32 * 65, 32 * 64, b"", b""), tiles=[tile] * (65 * 64), columns=65).file()
    assert refusal(data) == "image_too_large"


def test_heic_without_its_decoder_says_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    data = Heif(hevc(IMAGE)).file()
    monkeypatch.setattr(hevc_decoder, "find_spec", lambda _name: None)
    hevc_decoder.load_hevc.cache_clear()
    with pytest.raises(ImageHeicError, match=r"notcontent\[heic\]") as caught:
        hash_image(data)
    assert caught.value.code == "image_heic"
    assert hash_image(Heif(av1(IMAGE)).file())


def test_the_content_tells_the_coding_and_not_the_brand() -> None:
    for brand in (b"heic", b"mif1", b"avif"):
        assert off(Heif(hevc(IMAGE), brand=brand).file(), IMAGE) < 1
        assert off(Heif(av1(IMAGE, quality=95), brand=brand).file(), IMAGE) < 1


def test_no_picture_is_a_film_and_no_film_a_picture() -> None:
    clip = draw_clip(4, seconds=1)
    for data in (Heif(hevc(IMAGE)).file(), Heif(av1(IMAGE)).file(), saved(IMAGE, "AVIF")):
        assert sniff_video(data) is None
        assert not is_video(BytesIO(data))
    moving = animated(clip, "AVIF")
    assert sniff_video(moving) is VideoFormat.AVIF
    assert is_video(BytesIO(moving))
    assert not is_video(BytesIO(moving[:8] + b"avif" + moving[12:]))  # says that it is a still: it is one
    for codec in ("libsvtav1", "libx264"):
        data = film(clip, "mp4", codec=codec)
        assert sniff_video(data) is VideoFormat.MP4
        assert refusal(data) == "image_format"


def test_a_tile_that_a_grid_shows_a_thousand_times_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    small = av1(drawn(3, 64, 64))
    grid = Heif(replace(small, width=64 * 40, height=64 * 25), tiles=[small] * 1000, columns=40)
    data = grid.file()
    numbers = struct.pack(">1000H", *range(1, 1001))
    assert data.count(numbers) == 1
    data = data.replace(numbers, struct.pack(">1000H", *[1] * 1000))
    spy = Mock(side_effect=heif._read_coded)
    monkeypatch.setattr(heif, "_read_coded", spy)
    read_container(data, Limits())
    assert spy.call_count == 1


def test_an_item_has_so_many_properties_and_no_more() -> None:
    free = (box(b"pixi", bytes(8)), False)
    assert decode(Heif(av1(IMAGE), extra=[free] * 60).file()).height == IMAGE.height
    assert refusal(Heif(av1(IMAGE), extra=[free] * 65).file()) == "image_unreadable"


def test_a_file_of_nothing_but_brands_costs_next_to_nothing() -> None:
    brands = b"mif1" + bytes(4) + bytes(range(256)) * 40_000
    data = struct.pack(">I", len(brands) + 8) + b"ftyp" + brands + box(b"moov", bytes(64))
    tracemalloc.start()
    try:
        assert not is_video(BytesIO(data), 4096)
        assert tracemalloc.get_traced_memory()[1] < 3 * len(data)
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        assert not is_sequence(first_brands(data, Atom(b"ftyp", 8, len(brands) + 8)), has_tracks=True)
        assert tracemalloc.get_traced_memory()[1] - before < 200_000
    finally:
        tracemalloc.stop()
    assert refusal(data)
