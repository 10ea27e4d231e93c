"""WebP: walk the RIFF chunks. Source: RFC 9649."""

import struct

from notcontent.errors import ImageError, ImageTruncatedError
from notcontent.signals.containers.container import Box, Container, Format
from notcontent.signals.containers.exif import UPRIGHT, read_orientation
from notcontent.signals.limits import Limits

_BYTES_A_PIXEL = 16.2  # libwebp fills two canvases, Pillow copies twice
_MOST_EXIF = 65_535


def read_webp(data: bytes, limits: Limits) -> Container:
    """Read the canvas and EXIF orientation. libwebp inflates no metadata, so the file goes to it whole.

    The first frame of an animation lies on its canvas as libwebp puts it there.
    """
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise ImageTruncatedError
    size: tuple[int, int] | None = None
    orientation: int | None = None
    position = 12
    parts = 0
    while position + 8 <= end:
        limits.check_parts(parts := parts + 1)
        name, length = struct.unpack_from("<4sI", data, position)
        body = data[position + 8 : position + 8 + min(length, _MOST_EXIF)]
        if size is None:
            size = _read_size(name, body)
            limits.check_size(*size)
        elif name == b"EXIF" and orientation is None:
            orientation = read_orientation(body)
        position += 8 + length + (length & 1)
    if size is None:
        raise ImageError
    width, height = size
    return Container(
        format=Format.WEBP,
        width=width,
        height=height,
        pixels=data,
        frame=Box(0, 0, width, height),
        bytes_a_pixel=_BYTES_A_PIXEL,
        orientation=orientation or UPRIGHT,
    )


def _read_size(name: bytes, body: bytes) -> tuple[int, int]:
    """Give width and height from the first chunk: extended, lossy or lossless."""
    if name == b"VP8X" and len(body) >= 10:
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if name == b"VP8 " and len(body) >= 10 and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    if name == b"VP8L" and len(body) >= 5 and body[0] == 0x2F:
        packed = int.from_bytes(body[1:5], "little")
        return 1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF)
    raise ImageError
