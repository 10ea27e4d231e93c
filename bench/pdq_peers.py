"""Where python-threatexchange hashes another picture than a person sees: both results, as a table.

Usage: .venv/bin/python bench/pdq_peers.py   (needs the extra `bench`)

The truth is `pdqhash` on what the file shows: the pixels that it was made from, upright, over white. JPEG's own loss is
some bits. Each row's file is written by Pillow or in a few lines here, from the same drawn picture.
"""

import struct
import sys
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pdqhash
from PIL import Image, ImageDraw, ImageOps
from threatexchange.signal_type.pdq.pdq_hasher import pdq_from_bytes

from notcontent.errors import ImageError
from notcontent.signals import hash_image
from notcontent.signals.drawing import draw_picture

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from heif_files import Heif, hevc, irot

ORIENTATION = 0x0112
File = tuple[bytes, Image.Image]
"""A file, and in RGB what it shows."""


def saved(image: Image.Image, file_format: str, **options: object) -> bytes:
    sink = BytesIO()
    image.save(sink, file_format, **options)
    return sink.getvalue()


def oriented(orientation: int) -> File:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = saved(draw_picture(3, 640, 480), "JPEG", quality=95, exif=exif.tobytes())
    return data, ImageOps.exif_transpose(Image.open(BytesIO(data))).convert("RGB")


def cmyk() -> File:
    picture = draw_picture(3, 640, 480)
    return saved(picture.convert("CMYK"), "JPEG", quality=95), picture


def avif(orientation: int) -> File:
    """Write an AVIF; Pillow says how it lies by `irot` and `imir`, as AVIF wants it."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = saved(draw_picture(3, 640, 480), "AVIF", quality=95, exif=exif.tobytes())
    return data, ImageOps.exif_transpose(Image.open(BytesIO(data))).convert("RGB")


def avif_with_alpha() -> File:
    data, shown = alpha()
    return saved(Image.open(BytesIO(data)), "AVIF", quality=95), shown


def heic(*placed: bytes) -> File:
    picture = draw_picture(3, 640, 480)
    shown = picture.transpose(Image.Transpose.ROTATE_270) if placed else picture
    return Heif(hevc(picture), placed=placed).file(), shown


def palette(file_format: str) -> File:
    picture = draw_picture(3, 640, 480).quantize(64)
    return saved(picture, file_format), picture.convert("RGB")


def grey_of_16_bits() -> File:
    grey = np.asarray(draw_picture(3, 640, 480).convert("L"))
    data = saved(Image.fromarray(grey.astype(np.uint16) * 257), "PNG")
    return data, Image.fromarray(grey).convert("RGB")


def alpha() -> File:
    picture = draw_picture(3, 640, 480)
    mask = Image.new("L", picture.size, 0)
    ImageDraw.Draw(mask).ellipse((60, 40, 580, 440), fill=255)
    shown = Image.new("RGB", picture.size, "white")
    shown.paste(picture, (0, 0), mask)
    hidden = draw_picture(4, 640, 480)  # what lies under full transparency, and nobody sees
    hidden.paste(picture, (0, 0), mask)
    hidden.putalpha(mask)
    return saved(hidden, "PNG"), shown


def colour_key() -> File:
    """Write an RGB PNG in which one colour is transparent."""
    picture = draw_picture(3, 640, 480)
    ImageDraw.Draw(picture).rectangle((0, 0, 400, 300), fill=(1, 2, 3))
    data = saved(picture, "PNG", transparency=(1, 2, 3))
    pixels = np.asarray(picture).copy()
    pixels[(pixels == (1, 2, 3)).all(axis=-1)] = 255
    return data, Image.fromarray(pixels)


def grey_with_alpha() -> File:
    data, shown = alpha()
    grey = shown.convert("L").convert("RGB")
    return saved(Image.open(BytesIO(data)).convert("LA"), "PNG"), grey


def colour_of_16_bits() -> File:
    picture = draw_picture(3, 640, 480)
    rows = (np.asarray(picture).astype(np.uint16) * 257).astype(">u2").reshape(480, -1).view(np.uint8)
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", 640, 480, 16, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))),
        (b"IEND", b""),
    ]
    chunks = [
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks), picture


FILES: tuple[tuple[str, Callable[[], File]], ...] = (
    ("JPEG, EXIF says mirrored", lambda: oriented(2)),
    ("JPEG, EXIF says upside down", lambda: oriented(3)),
    ("JPEG, EXIF says turned right", lambda: oriented(6)),
    ("JPEG in CMYK", cmyk),
    ("PNG with a palette", lambda: palette("PNG")),
    ("GIF", lambda: palette("GIF")),
    ("PNG of 16-bit grey", grey_of_16_bits),
    ("PNG of 16-bit colour", colour_of_16_bits),
    ("PNG with alpha", alpha),
    ("PNG with grey and alpha", grey_with_alpha),
    ("PNG with a transparent colour", colour_key),
    ("AVIF", lambda: avif(1)),
    ("AVIF, turned right", lambda: avif(6)),
    ("AVIF with alpha", avif_with_alpha),
    ("HEIC", heic),
    ("HEIC, turned right", lambda: heic(irot(3))),
)


def result(call: Callable[[bytes], tuple[int, int]], data: bytes, truth: int) -> str:
    """Give bits off the truth, and the quality; or the error."""
    try:
        value, quality = call(data)
    except (ImageError, ValueError, TypeError, OSError) as error:
        return f"{type(error).__name__}"
    return f"{(value ^ truth).bit_count()} ({quality})"


def theirs(data: bytes) -> tuple[int, int]:
    value, quality = pdq_from_bytes(data)
    return int(value, 16), quality


def ours(data: bytes) -> tuple[int, int]:
    hashed = hash_image(data)
    return int(hashed.hex, 16), hashed.quality


def rows() -> list[tuple[str, str, str]]:
    """Give each file's name, their result and ours."""
    found = []
    for name, make in FILES:
        data, shown = make()
        vector, _ = pdqhash.compute(np.asarray(shown))
        truth = int("".join(str(bit) for bit in vector), 2)
        found.append((name, result(theirs, data, truth), result(ours, data, truth)))
    return found


def main() -> None:
    print("| file | threatexchange: bits off (quality) | notcontent: bits off (quality) |")
    print("|---|---|---|")
    for name, their, our in rows():
        print(f"| {name} | {their} | {our} |")


if __name__ == "__main__":
    main()
