"""A HEIC picture's coded parts -> luma, by FFmpeg's decoder of HEVC.

PyAV brings it, which the extra `heic` installs (and `video`, which is the same). It is loaded with the first HEIC
picture, or earlier by a process that confines itself. FFmpeg sees bare HEVC: no container, no demuxer, no protocol, one
thread.

Luma as PDQ wants it is weighed by BT.601 from 0 to 255, which is how phones code it: then the plane is taken as it is.
Other matrices go through RGB, a limited range is spread.
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from notcontent.errors import ImageError, ImageHeicError, ImageMemoryError
from notcontent.signals.containers.still import Coded, Plane, Still
from notcontent.signals.luma import WHITE, Luma

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.plane import VideoPlane

Samples = NDArray[np.uint8] | NDArray[np.uint16]

_BT601 = frozenset({2, 4, 5, 6})
"""Matrices that weigh luma like this: FCC, BT.470 BG, SMPTE 170M; and 2, none told."""
_LIMITED, _FULL = 1, 2
_ALIGNED = 64
"""The most by which a coded frame is larger than what it shows: its sides are multiples of a coding block."""
_DEPTHS = frozenset({8, 10, 12})
_PIXELS_A_STRIP = 1 << 18


@cache
def load_hevc() -> None:
    """Load PyAV's part that decodes. Raises ImageHeicError when it is not installed."""
    if find_spec("av") is None:
        raise ImageHeicError
    try:
        for name in ("av.codec.context", "av.packet", "av.video.frame", "av.error"):
            import_module(name)
    except ImportError:  # a library that finds no room in what a confined process may take
        raise ImageMemoryError from None


def decode_hevc(still: Still) -> Luma:
    """Decode colour and alpha, over white, as they are stored: neither cropped nor turned.

    Raises ImageHeicError without PyAV, ImageMemoryError, ImageError for what cannot be decoded or has another size.
    """
    load_hevc()
    luma = _joined(still.colour, still.nclx, is_alpha=False)
    if still.alpha is None:
        return luma
    alpha = _joined(still.alpha, b"", is_alpha=True)
    for row, over in zip(luma, alpha, strict=True):
        wide, seen = row.astype(np.uint32), over.astype(np.uint32)
        paper = WHITE * (255 - seen)
        row[:] = np.minimum(wide + paper // 255, WHITE) if still.premultiplied else (wide * seen + paper + 127) // 255
    return luma


def _joined(plane: Plane, nclx: bytes, *, is_alpha: bool) -> Luma:
    """Decode tile after tile, each into its place; what hangs over is cut off."""
    luma: Luma = np.empty((plane.height, plane.width), np.uint8)
    for number, tile in enumerate(plane.tiles):
        top, left = number // plane.columns * tile.height, number % plane.columns * tile.width
        _decode_into(luma[top : top + tile.height, left : left + tile.width], tile, nclx, is_alpha=is_alpha)
    return luma


def _decode_into(place: Luma, tile: Coded, nclx: bytes, *, is_alpha: bool) -> None:
    """Decode one picture of HEVC into its place. Its own headers may not ask for more than the file around it told."""
    from av.codec.context import CodecContext  # noqa: PLC0415
    from av.error import FFmpegError  # noqa: PLC0415
    from av.packet import Packet  # noqa: PLC0415

    context = CodecContext.create("hevc", "r")
    context.extradata = tile.config
    context.thread_count = 1
    across, down = (-(-side // _ALIGNED) * _ALIGNED for side in (tile.width, tile.height))
    context.options = {"max_pixels": str(across * down), "strict": "normal", "err_detect": "explode"}
    try:
        frames = [*context.decode(Packet(tile.data)), *context.decode(None)]
    except MemoryError:
        raise ImageMemoryError from None
    except (FFmpegError, ValueError, OSError):
        raise ImageError from None
    if len(frames) != 1 or (frames[0].width, frames[0].height) != (tile.width, tile.height):
        raise ImageError
    _weigh(place, frames[0], nclx, is_alpha=is_alpha)


def _weigh(place: Luma, frame: "VideoFrame", nclx: bytes, *, is_alpha: bool) -> None:
    """Fill in luma from 0 to 255. What the file tells of matrix and range counts before what HEVC tells."""
    matrix = int.from_bytes(nclx[8:10]) if nclx else int(frame.colorspace)
    is_full = bool(nclx[10] & 0x80) if nclx else int(frame.color_range) == _FULL or frame.format.name.startswith("yuvj")
    layout = frame.format
    if is_alpha or layout.name.startswith("gray") or (matrix in _BT601 and not layout.is_rgb):
        samples = _samples(frame.planes[0], layout.components[0].bits)
        table = _table(layout.components[0].bits, is_full=is_full or is_alpha)
        for part, rows in _strips(place, samples):
            part[...] = table[rows[:, : part.shape[1]]]
        return
    if not layout.is_rgb:
        frame.colorspace = matrix
        frame.color_range = _FULL if is_full else _LIMITED
    coloured = frame.reformat(format="rgb24").planes[0]
    for part, rows in _strips(place, _samples(coloured, 8)):
        strip = np.ascontiguousarray(rows[:, : 3 * part.shape[1]]).reshape(*part.shape, 3)
        part[...] = np.asarray(Image.fromarray(strip).convert("L"))


def _strips(place: Luma, samples: Samples) -> Iterator[tuple[Luma, Samples]]:
    """Cut the place, and the samples that belong there, into bands of rows: what is made of one at once stays small."""
    step = max(1, _PIXELS_A_STRIP // place.shape[1])
    for top in range(0, len(place), step):
        part = place[top : top + step]
        yield part, samples[top : top + len(part)]


def _samples(plane: "VideoPlane", bits: int) -> Samples:
    """See a plane's samples, without a copy."""
    if bits not in _DEPTHS or plane.line_size <= 0:
        raise ImageError
    raw = np.frombuffer(memoryview(plane), np.uint8)
    if bits == 8:
        return raw.reshape(-1, plane.line_size)
    return raw.view(np.uint16).reshape(-1, plane.line_size // 2)


@cache
def _table(bits: int, *, is_full: bool) -> Luma:
    """Give 0 to 255 for each sample, rounded to the nearest. Where the range is limited, black is 16 and white 235."""
    samples = np.arange(1 << bits)
    black, white = (0, (1 << bits) - 1) if is_full else (16 << (bits - 8), 235 << (bits - 8))
    spread = ((samples - black) * 255 + (white - black) // 2) // (white - black)
    return np.clip(spread, 0, 255).astype(np.uint8)
