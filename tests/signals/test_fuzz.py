"""Mutated files: whatever happens inside, only an ImageError comes out."""

from collections.abc import Callable
from functools import cache

import pytest
from fuzz_effort import EFFORT
from heif_files import Heif, av1, clap, cut, hevc, irot
from hypothesis import given, settings
from hypothesis import strategies as st
from picture_files import drawn, exif, saved

from notcontent.errors import ImageError
from notcontent.signals import Limits, Luma, Raster, decode, decode_luma
from notcontent.signals.containers.exif import read_orientation

AVIF_HEAD, HEIC_HEAD = (
    b"\0\0\0\x14ftyp" + brand + b"\0\0\0\0mif1" + b"\0\0\0\xd0meta\0\0\0\0" for brand in (b"avif", b"heic")
)
LIMITS = Limits(max_bytes=1_000_000, max_pixels=1_010_000, max_memory=50_000_000)


@cache
def seeds() -> list[bytes]:
    """Give small files of each format in their variants."""
    image = drawn(1, 40, 30)
    frames = [drawn(2, 40, 30)]
    wide = drawn(1, 128, 128)
    return [
        saved(image, "JPEG", exif=exif(6)),
        saved(image, "JPEG", progressive=True),
        saved(image.convert("CMYK"), "JPEG"),
        saved(image.resize((1004, 1001)), "JPEG", quality=3, exif=exif(2)),  # decoded at half its size
        saved(image.resize((1004, 1001)), "JPEG", quality=3, progressive=True),
        saved(image, "PNG", exif=exif(3)),
        saved(image.quantize(8), "PNG", transparency=2, bits=4),
        saved(image, "PNG", save_all=True, append_images=frames),
        saved(image, "WEBP", exif=exif(5)),
        saved(image.convert("RGBA"), "WEBP", lossless=True),
        saved(image, "WEBP", save_all=True, append_images=frames),
        saved(image, "GIF", save_all=True, append_images=frames, comment=b"words"),
        saved(image.convert("RGBA"), "AVIF", exif=exif(7)),
        saved(image, "AVIF", save_all=True, append_images=frames, duration=90),
        Heif(av1(wide), tiles=[av1(tile) for tile in cut(wide, 2, 2)], columns=2, placed=[irot(1)]).file(),
        Heif(hevc(image), alpha=hevc(frames[0]), placed=[clap(30, 20)]).file(),
        Heif(hevc(wide), tiles=[hevc(tile) for tile in cut(wide, 2, 2)], columns=2, in_idat=True).file(),
        Heif(hevc(image, "yuv420p10le"), exif=exif(6)).file(),
    ]


@st.composite
def mutants(draw: st.DrawFn) -> bytes:
    data = bytearray(seeds()[draw(st.integers(0, len(seeds()) - 1))])
    for _ in range(draw(st.integers(1, 6))):
        at = (
            draw(st.integers(0, len(data) - 1))
            if draw(st.booleans())
            else draw(st.integers(0, min(120, len(data) - 1)))
        )
        match draw(st.integers(0, 4)):
            case 0:
                data[at] = draw(st.integers(0, 255))
            case 1:
                data[at] ^= 1 << draw(st.integers(0, 7))
            case 2:
                del data[at : at + draw(st.integers(1, 40))]
            case 3:
                data[at:at] = draw(st.binary(min_size=1, max_size=20))
            case _:
                data[at : at + 4] = draw(st.sampled_from([b"\xff\xff\xff\xff", bytes(4), b"\x7f\xff\xff\xff"]))
        if not data:
            break
    return bytes(data)


@pytest.mark.filterwarnings("default")
@settings(max_examples=2500 * EFFORT, deadline=None)
@given(mutants())
def test_a_mutated_file_gives_a_picture_or_an_image_error(data: bytes) -> None:
    read: tuple[Callable[[bytes, Limits], Raster | Luma], ...] = (decode, decode_luma)
    for call in read:
        try:
            found = call(data, LIMITS)
        except ImageError:
            continue
        luma = found.luma if isinstance(found, Raster) else found
        assert luma.ndim == 2
        assert 0 < luma.size <= LIMITS.max_pixels


@settings(max_examples=500 * EFFORT, deadline=None)
@given(
    st.sampled_from(
        [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\x40\0\0\0WEBP", AVIF_HEAD, HEIC_HEAD]
    ),
    st.binary(max_size=200),
)
def test_bytes_behind_a_signature_give_an_image_error(head: bytes, rest: bytes) -> None:
    with pytest.raises(ImageError):
        decode(head + rest, LIMITS)


@settings(max_examples=500 * EFFORT, deadline=None)
@given(st.sampled_from([b"", b"Exif\0\0"]), st.sampled_from([b"II*\0", b"MM\0*", b"XX"]), st.binary(max_size=60))
def test_any_exif_gives_an_orientation(prefix: bytes, order: bytes, rest: bytes) -> None:
    assert 1 <= read_orientation(prefix + order + rest) <= 8
