"""FFmpeg's side: an open file -> its main video track's frames, as upright luma.

PyAV is imported here and nowhere else, when the first film is opened. FFmpeg is kept narrow: it reads through our own
file object and has no protocol to open anything else with, one demuxer that we chose by the first bytes, a short list
of decoders, one thread, no hardware; sound, subtitles and attachments are neither decoded nor looked at.

The aspect of pixels is ignored: PDQ squeezes every picture into a square, so stretching it first changes nothing.
"""

import struct
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import walk_packages
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from notcontent.errors import (
    ExtraMissingError,
    VideoEmptyError,
    VideoError,
    VideoFormatError,
    VideoMemoryError,
    VideoTooLargeError,
)
from notcontent.signals.luma import Luma
from notcontent.signals.video.clock import Clock
from notcontent.signals.video.formats import VideoFormat
from notcontent.signals.video.keeping import Picture
from notcontent.signals.video.limits import VideoLimits

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

DECODERS = ("h264", "hevc", "vp8", "vp9", "libdav1d", "av1", "mpeg4", "msmpeg4", "h263", "mpeg2video", "mjpeg")
"""FFmpeg's names. What phones, browsers and messengers write, and what old cameras did."""

_BYTES_A_PIXEL = 24
"""Of a frame, what a decoder may hold of it: sixteen frames of 1.5 bytes a pixel to refer to."""
_MAX_STREAMS = 64
_PROBED_BYTES = 5_000_000
_MATRIX = struct.Struct("=9i")
_PACKED = ("yuy", "yvy", "uyv", "ayuv", "vuy", "xv", "y2")
_FULL_RANGE = 2  # FFmpeg's AVCOL_RANGE_JPEG


@cache
def load_ffmpeg() -> None:
    """Load PyAV and FFmpeg's libraries. Raises ExtraMissingError when they are not installed.

    With all of PyAV's modules but the one that fetches samples from the network: a confined worker can load none later.
    """
    try:
        import av  # noqa: PLC0415 - 100 MB that only films need
    except ImportError:
        raise ExtraMissingError("Videos need the extra `video`: install notcontent[video].") from None
    for found in walk_packages(av.__path__, "av."):
        if found.name.rsplit(".", 1)[-1] not in {"datasets", "__main__"}:
            import_module(found.name)


def film_pictures(source: BinaryIO, form: VideoFormat, limits: VideoLimits) -> Iterator[Picture]:
    """Decode every frame of the main video track, in the order in which they are shown.

    What cannot be decoded is passed over, as a player does; a file that is cut off ends where it ends. Raises
    VideoFormatError (a codec that is not read), VideoEmptyError (no video track), VideoTooLargeError,
    VideoTooLongError, VideoMemoryError, VideoError (not such a file), ExtraMissingError.
    """
    load_ffmpeg()
    container = _opened(source, form, limits)
    try:
        stream = _main_stream(container, limits)
        clock = Clock(1000 / float(stream.average_rate) if stream.average_rate else 0)
        base = 1000 * float(stream.time_base or 0)
        too_large = False
        for frame in _frames(container, stream, limits):
            if frame.width * frame.height > limits.max_pixels:
                too_large = True
                continue
            t_ms = clock.tell(frame.pts * base if frame.pts is not None and base else None)
            limits.check_time(t_ms)
            layout = _layout_of(frame.format.name)
            limited = layout.limited and int(frame.color_range) != _FULL_RANGE
            yield Picture(t_ms, _turned(_luma(frame, layout), frame), limited=limited)
        if too_large:
            raise VideoTooLargeError
    except MemoryError:
        raise VideoMemoryError from None
    finally:
        container.close()


def _opened(source: BinaryIO, form: VideoFormat, limits: VideoLimits) -> "InputContainer":
    """Open the container and read about its tracks."""
    import av  # noqa: PLC0415

    options = {
        "protocol_whitelist": "none",
        "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts",
        "codec_whitelist": ",".join(DECODERS),
        "max_streams": str(_MAX_STREAMS),
        "probesize": str(_PROBED_BYTES),
        "max_pixels": str(limits.max_pixels),
        "threads": "1",
    }
    try:
        return av.open(source, "r", format=form.value, options=options, metadata_errors="replace", buffer_size=1 << 18)
    except MemoryError:
        raise VideoMemoryError from None
    except EOFError:
        raise VideoEmptyError from None
    except Exception:  # noqa: BLE001 - hostile bytes; PyAV's own errors are many
        raise VideoError from None


def _main_stream(container: "InputContainer", limits: VideoLimits) -> "VideoStream":
    """Choose the track that players show, and prepare its decoder. A cover picture of a song is no video."""
    from av.stream import Disposition  # noqa: PLC0415

    streams = [one for one in container.streams.video if not one.disposition & Disposition.attached_pic]
    if not streams:
        raise VideoEmptyError("The file holds no video track.")
    best = container.streams.best("video")
    stream = next((one for one in streams if best is not None and one.index == best.index), streams[0])
    context = stream.codec_context
    if context is None or context.codec.name not in DECODERS:
        raise VideoFormatError
    limits.check_size(context.width, context.height)
    limits.check_memory(context.width * context.height * _BYTES_A_PIXEL)
    context.thread_count = 1
    context.thread_type = "NONE"
    context.options = {"max_pixels": str(limits.max_pixels)}
    return stream


def _frames(container: "InputContainer", stream: "VideoStream", limits: VideoLimits) -> Iterator["VideoFrame"]:
    """Decode packet after packet; count both."""
    seen = 0
    for number, packet in enumerate(_packets(container, stream), 1):
        limits.check_frames(number)
        for frame in _decoded(packet):
            seen += 1
            limits.check_frames(seen)
            yield frame
    if not seen:
        raise VideoEmptyError


@cache
def _damage() -> tuple[type[Exception], ...]:
    """Name what FFmpeg raises about bytes that make no sense."""
    from av.error import FFmpegError  # noqa: PLC0415

    return FFmpegError, ValueError, OSError


def _packets(container: "InputContainer", stream: "VideoStream") -> Iterator["Packet[VideoStream]"]:
    """Read the track's packets; where the file makes no sense any more, it ends."""
    try:
        yield from container.demux(stream)
    except MemoryError:
        raise
    except _damage():
        return


def _decoded(packet: "Packet[VideoStream]") -> list["VideoFrame"]:
    """Decode one packet; none when it is damaged."""
    try:
        return packet.decode()
    except MemoryError:
        raise
    except _damage():
        return []


class _Layout(NamedTuple):
    """What there is to know of a pixel format, asked once and not of every frame."""

    samples: type[np.uint8] | type[np.uint16] | None
    """Of the plane of luma; None where there is none like that."""
    shift: int
    """Bits to cut off."""
    limited: bool
    """Whether black is 16 where the file does not say otherwise, as is usual in video."""


@cache
def _layout_of(name: str) -> _Layout:
    """Look a pixel format up by FFmpeg's name for it."""
    from av.video.format import VideoFormat as PixelFormat  # noqa: PLC0415

    layout = PixelFormat(name)
    first = layout.components[0]
    limited = not (layout.is_rgb or layout.has_palette or name.startswith("yuvj"))
    plain = first.is_luma and not (layout.is_rgb or layout.has_palette or layout.is_bit_stream or layout.is_big_endian)
    if not plain or first.bits not in {8, 10, 12, 16} or name.startswith(_PACKED):
        return _Layout(None, 0, limited)
    if first.bits == 8:
        return _Layout(np.uint8, 0, limited)
    return _Layout(np.uint16, 8 if name.startswith("p0") else first.bits - 8, limited)


def _luma(frame: "VideoFrame", layout: _Layout) -> Luma:
    """Give the luma plane, 8 bits a sample; without a copy where the frame has one like that."""
    if layout.samples is None or (plane := frame.planes[0]).line_size <= 0:
        return _weighed(frame)
    strides = (plane.line_size, np.dtype(layout.samples).itemsize)
    samples: NDArray[Any] = np.ndarray((frame.height, frame.width), layout.samples, memoryview(plane), strides=strides)
    return (samples >> layout.shift).astype(np.uint8) if layout.shift else samples


def _weighed(frame: "VideoFrame") -> Luma:
    """Turn colours, and layouts without a plane of luma, into it."""
    return np.asarray(Image.fromarray(frame.to_ndarray(format="rgb24")).convert("L"))


def _turned(luma: Luma, frame: "VideoFrame") -> Luma:
    """Apply the display matrix: the nearest of the eight ways in which a picture can lie.

    The matrix maps stored positions to shown ones: x' = a·x + c·y, y' = b·x + d·y.
    """
    raw = _display_matrix(frame)
    if len(raw) != _MATRIX.size:
        return luma
    a, b, _, c, d, *_ = _MATRIX.unpack(raw)
    if abs(b) + abs(c) > abs(a) + abs(d):
        luma, across, down = luma.T, c, b
    else:
        across, down = a, d
    return luma[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1]


def _display_matrix(frame: "VideoFrame") -> bytes:
    """Give the bytes of the matrix; none when the file has none.

    `frame.side_data` would hold the frame in a circle: its memory came back, for the next one, only when Python looks
    for circles.
    """
    from av.sidedata import sidedata  # noqa: PLC0415

    container: Any = sidedata.SideDataContainer  # its type stub forgets the frame
    found = container(frame)
    each = (found[place] for place in range(len(found)))
    return next((bytes(memoryview(one)) for one in each if one.type.name == "DISPLAYMATRIX"), b"")
