"""PNG: walk the chunks. Source: W3C PNG, third edition."""

import struct
import zlib

from notcontent.errors import ImageError, ImageTruncatedError
from notcontent.signals.containers.container import Box, Container, Format
from notcontent.signals.containers.exif import UPRIGHT, read_orientation
from notcontent.signals.limits import Limits

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

_END = struct.pack(">I4sI", 0, b"IEND", zlib.crc32(b"IEND"))
_GREY, _RGB, _PALETTE = 0, 2, 3
_MOST_EXIF = 65_535
_OWN = 1.2
"""Bytes a pixel of rows that are undone band after band: luma alone is held whole."""
_SAMPLES = {_GREY: 1, _RGB: 3, 4: 2, 6: 4}
"""Samples a pixel: grey, RGB, grey with alpha, RGBA."""


def read_png(data: bytes, limits: Limits) -> Container:
    """Read the header, eXIf and tRNS; keep header, palette and image data, or of ordinary pictures the latter alone.

    Of an animation that is the default image: what readers without APNG show.
    """
    runs = [(0, len(PNG_SIGNATURE))]
    rows: list[tuple[int, int]] = []
    header: tuple[int, int, int, int, int] | None = None
    exif = transparent = b""
    position = len(PNG_SIGNATURE)
    for parts in range(limits.max_parts + 1):
        limits.check_parts(parts + 1)
        if position + 8 > len(data):
            raise ImageTruncatedError
        length, name = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if name == b"IEND":
            break
        if end > len(data):
            raise ImageTruncatedError
        body = slice(position + 8, end - 4)
        if header is None:
            header = _read_header(name, data[body])
        elif name == b"eXIf":
            exif = data[body][:_MOST_EXIF]
        elif name == b"tRNS" and header[3] != _PALETTE:
            transparent = data[body]
        if name in (b"IHDR", b"PLTE", b"IDAT") or (name == b"tRNS" and header[3] == _PALETTE):
            _keep(runs, position, end)
            rows += [(position + 8, end - 4)] if name == b"IDAT" else []
        position = end
    if header is None:
        raise ImageError
    key = _read_key(header[3], transparent)
    orientation = read_orientation(exif)
    samples = _ordinary(header) if key is None else 0
    taken = (_OWN if orientation == UPRIGHT else 1 + _OWN) if samples else _bytes_a_pixel(header[2], header[3])
    view = memoryview(data)
    pieces = [view[start:end] for start, end in (rows if samples else runs)]
    return Container(
        format=Format.PNG,
        width=header[0],
        height=header[1],
        pixels=b"".join([*pieces, b"" if samples else _END]),
        frame=Box(0, 0, header[0], header[1]),
        bytes_a_pixel=taken,
        orientation=orientation,
        key=key,
        depth=header[2],
        samples=samples,
    )


def _read_header(name: bytes, body: bytes) -> tuple[int, int, int, int, int]:
    """Give IHDR, which must come first: width, height, bits a sample, colour type; and 0 for rows packed as usual."""
    if name != b"IHDR" or len(body) != 13:
        raise ImageError
    width, height, depth, colour, *packing = struct.unpack(">IIBBBBB", body)
    return width, height, depth, colour, max(packing)


def _ordinary(header: tuple[int, int, int, int, int]) -> int:
    """Give the samples a pixel where each is a byte and rows follow one another; else 0."""
    _, _, depth, colour, packing = header
    return _SAMPLES.get(colour, 0) if depth == 8 and not packing else 0


def _bytes_a_pixel(depth: int, colour: int) -> float:
    """Tell what Pillow and the luma take: Pillow holds 1, 2 or 4 bytes a pixel."""
    if colour not in (_GREY, _PALETTE):
        return 5.2
    return 3.3 if depth == 16 else 2.2


def _read_key(colour: int, transparent: bytes) -> tuple[int, ...] | None:
    """Give the level or colour that tRNS makes transparent in a picture without palette."""
    if colour == _GREY and len(transparent) >= 2:
        return struct.unpack_from(">H", transparent)
    if colour == _RGB and len(transparent) >= 6:
        return struct.unpack_from(">3H", transparent)
    return None


def _keep(runs: list[tuple[int, int]], start: int, end: int) -> None:
    """Add a chunk to what is kept, together with the one before if it follows on."""
    if runs[-1][1] == start:
        runs[-1] = (runs[-1][0], end)
    else:
        runs.append((start, end))
