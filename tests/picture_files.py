"""Picture files that the tests decode, made by Pillow or byte by byte."""

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from notcontent.errors import ImageError
from notcontent.signals import decode_luma
from notcontent.signals.drawing import draw_picture

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
ORIENTATION = 0x0112


def saved(image: Image.Image, file_format: str, **options: Any) -> bytes:
    """Give a picture as a file."""
    sink = BytesIO()
    image.save(sink, file_format, **options)
    return sink.getvalue()


def drawn(seed: int = 0, width: int = 160, height: int = 120, mode: str = "RGB") -> Image.Image:
    """Draw a picture that is small enough for a test."""
    return draw_picture(seed, width, height).convert(mode)


def exif(orientation: int) -> bytes:
    """Give an EXIF block that says how the picture lies."""
    block = Image.Exif()
    block[ORIENTATION] = orientation
    return block.tobytes()


def chunk(name: bytes, body: bytes = b"") -> bytes:
    """Give one PNG chunk."""
    return struct.pack(">I4s", len(body), name) + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, depth: int, colour: int, rows: NDArray[np.uint8], *extra: bytes) -> bytes:
    """Write a PNG from raw rows of bytes; `extra` chunks go between header and pixels."""
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [chunk(b"IHDR", header), *extra, chunk(b"IDAT", zlib.compress(raw)), chunk(b"IEND")]
    return PNG_SIGNATURE + b"".join(parts)


def png_bomb(side: int) -> bytes:
    """Write a PNG of one bit a pixel that is huge when decoded and small on disk."""
    squeeze = zlib.compressobj(9)
    row = bytes(1 + (side + 7) // 8)
    body = b"".join(squeeze.compress(row) for _ in range(side)) + squeeze.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return PNG_SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND")


def jpeg_of_size(width: int, height: int) -> bytes:
    """Give a JPEG whose header claims another size than its scan holds."""
    data = bytearray(saved(drawn(), "JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def insert_segment(jpeg: bytes, marker: int, body: bytes) -> bytes:
    """Put a segment right after a JPEG's start."""
    return jpeg[:2] + struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body + jpeg[2:]


def outcome(data: bytes) -> bytes | str:
    """Decode: the luma with its shape, or the error's code."""
    try:
        luma = decode_luma(data)
    except ImageError as error:
        return error.code
    return repr(luma.shape).encode() + luma.tobytes()
