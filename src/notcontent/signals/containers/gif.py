"""GIF: walk the blocks up to the end of the first frame. Source: GIF89a specification."""

import struct

from notcontent.errors import ImageError, ImageTruncatedError
from notcontent.signals.containers.container import Box, Container, Format
from notcontent.signals.limits import Limits

_EXTENSION, _IMAGE = 0x21, 0x2C
_GRAPHIC_CONTROL = 0xF9
_BYTES_A_PIXEL = 2.2


def read_gif(data: bytes, limits: Limits) -> Container:
    """Read the screen and the first frame; write a GIF of that frame alone.

    The canvas is the screen, or larger when the frame hangs over it. Comments and later frames are left out.
    """
    if len(data) < 13:
        raise ImageTruncatedError
    screen_width, screen_height, flags, background, aspect = struct.unpack_from("<HHBBB", data, 6)
    position = 13 + _table_size(flags)
    colours = data[13:position]
    control = b""
    parts = 0
    while True:
        limits.check_parts(parts := parts + 1)
        if position + 2 > len(data):
            raise ImageTruncatedError
        if data[position] == _IMAGE:
            break
        if data[position] != _EXTENSION:
            raise ImageError
        end, parts = _skip_blocks(data, position + 2, limits, parts)
        if data[position + 1] == _GRAPHIC_CONTROL:
            control = data[position:end]
        position = end
    if position + 11 > len(data):
        raise ImageTruncatedError
    left, top, width, height, local = struct.unpack_from("<HHHHB", data, position + 1)
    start = position + 10
    end, _ = _skip_blocks(data, start + _table_size(local) + 1, limits, parts)
    screen = struct.pack("<HHBBB", width, height, flags, background, aspect)
    image = struct.pack("<BHHHHB", _IMAGE, 0, 0, width, height, local)
    return Container(
        format=Format.GIF,
        width=max(screen_width, left + width),
        height=max(screen_height, top + height),
        pixels=b"".join([b"GIF89a", screen, colours, control, image, data[start:end], b";"]),
        frame=Box(left, top, width, height),
        bytes_a_pixel=_BYTES_A_PIXEL,
    )


def _table_size(flags: int) -> int:
    """Give the bytes of the colour table that follows, if one does."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _skip_blocks(data: bytes, position: int, limits: Limits, parts: int) -> tuple[int, int]:
    """Go past a chain of sub-blocks and its terminator; count them. A chain cut off by the file's end is an error."""
    try:
        while data[position]:
            limits.check_parts(parts := parts + 1)
            position += 1 + data[position]
    except IndexError:
        raise ImageTruncatedError from None
    return position + 1, parts
