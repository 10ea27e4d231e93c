"""JPEG: walk the segments up to the first scan, and count scans. Source: ITU-T T.81 annex B."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from notcontent.errors import ImageError, ImageTruncatedError
from notcontent.signals.containers.container import Box, Container, Format
from notcontent.signals.containers.exif import UPRIGHT, read_orientation
from notcontent.signals.limits import Limits

_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_EOI, _SOS, _APP0, _APP1, _APP14 = 0xD9, 0xDA, 0xE0, 0xE1, 0xEE
_LENGTH_FIELD = 2  # bytes, which count themselves
_TABLES = frozenset({0xC4, 0xCC, 0xDB, 0xDD})  # Huffman, arithmetic, quantisation, restart interval
_BARE = frozenset({0x00, 0x01, 0xFF, *range(0xD0, 0xD9)})  # markers (and fill bytes) without a length
_TELLING = 14  # bytes of a JFIF segment without which libjpeg does not take it for one
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # that ends a scan: no stuffed byte, restart or fill byte
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_ORDINARY = frozenset({0xC0, 0xC1, 0xC2})  # Huffman-coded, by cosine transform
_RGB_NAMES = b"RGB"  # components named so are red, green and blue where no segment tells the colour space
_YCBCR = 1  # Adobe's number for it

_PILLOW, _LUMA = 4.2, 1.0
_BYTES_A_COEFFICIENT = 2


@dataclass(frozen=True, slots=True)
class _Frame:
    """A frame header: the size, and the coefficients of all components for each pixel."""

    progressive: bool
    width: int
    height: int
    components: int
    coefficients: float
    luma_first: bool
    """Whether the first component can be luma and is sampled at each pixel, in 8 bits."""
    names: bytes
    """The components' numbers."""


def read_jpeg(data: bytes, limits: Limits) -> Container:
    """Read the frame header and EXIF orientation; keep tables, frame, scans and what tells the colour space.

    Refuses a second frame header (libjpeg and others would read different sizes) and more scans than the limit.
    """
    kept: list[bytes | memoryview] = [b"\xff\xd8"]
    frame: _Frame | None = None
    orientation: int | None = None
    colours = _Colours()
    scans = 0
    for marker, start, end in _segments(data, limits):
        if marker == _SOS:
            scans = start
            break
        if marker in _TABLES:
            kept.append(data[start:end])
            continue
        body = data[start + 4 : end]
        if marker in _SOF:
            if frame is not None:
                raise ImageError
            frame = _read_frame(marker, body)
        if marker == _APP1 and orientation is None and body.startswith(b"Exif\0\0"):
            orientation = read_orientation(body)
        colours.note(marker, body)
        if _carries_pixels(marker, body):
            kept.append(data[start:end])
    if frame is None:
        raise ImageError
    kept.append(memoryview(data)[scans:])  # nearly all of the file: copied once, below
    # When the first scan is not the whole picture, libjpeg reads all of them and holds every coefficient.
    in_scans = frame.progressive or data[scans + 4 : scans + 5] != bytes([frame.components])
    if in_scans:
        _check_scans(data, scans, limits)
    held = _PILLOW + _BYTES_A_COEFFICIENT * frame.coefficients if in_scans else 0
    return Container(
        format=Format.JPEG,
        width=frame.width,
        height=frame.height,
        pixels=b"".join(kept),
        frame=Box(0, 0, frame.width, frame.height),
        bytes_a_pixel=max(_PILLOW + _LUMA, held),
        orientation=orientation or UPRIGHT,
        luma_alone=frame.luma_first and (frame.components == 1 or colours.are_ycbcr(frame.names)),
    )


@dataclass(slots=True)
class _Colours:
    """What the segments say of the colour space: JFIF means YCbCr, Adobe gives a number."""

    jfif: bool = False
    adobe: int | None = None

    def note(self, marker: int, body: bytes) -> None:
        """Take in a segment. An Adobe segment that is cut short says nothing."""
        if _is_jfif(marker, body):
            self.jfif = True
        elif marker == _APP14 and body.startswith(b"Adobe") and len(body) >= 12:
            self.adobe = body[11]

    def are_ycbcr(self, names: bytes) -> bool:
        """Tell whether three components are surely luma and two of colour."""
        if self.jfif or self.adobe is not None:
            return self.adobe in (None, _YCBCR)
        return names != _RGB_NAMES


def _segments(data: bytes, limits: Limits) -> Iterator[tuple[int, int, int]]:
    """Give marker, start and end of each segment up to the first scan's. Skips junk in between, as libjpeg does.

    A segment that calls itself shorter than its own length field ends after that, as libjpeg has it, and no table may:
    were less of it kept, libjpeg would take what follows for its length, and could find another frame header than ours.
    """
    position = 2
    parts = 0
    while True:
        position = data.find(b"\xff", position)
        if position < 0 or position + 4 > len(data):
            raise ImageTruncatedError
        marker = data[position + 1]
        if marker in _BARE:
            position += 1 if marker == 0xFF else 2
            continue
        if marker == _EOI:
            raise ImageError
        limits.check_parts(parts := parts + 1)
        length = int.from_bytes(data[position + 2 : position + 4])
        end = position + 2 + max(_LENGTH_FIELD, length)
        if end > len(data):
            raise ImageTruncatedError
        if length < _LENGTH_FIELD and marker in _TABLES:
            raise ImageError
        yield marker, position, end
        if marker == _SOS:
            return
        position = end


def _check_scans(data: bytes, first: int, limits: Limits) -> None:
    """Refuse more scans than the limit, from the first one's marker up to the picture's end, as libjpeg finds them.

    What lies behind the end counts for nothing: a phone may keep a film there.
    """
    count = parts = 0
    found = _MARKER.search(data, first)
    while found is not None and found.group()[1] not in {_EOI, 0xD8}:  # a second beginning: libjpeg refuses it there
        limits.check_parts(parts := parts + 1)
        marker, position = found.group()[1], found.end()
        count += marker == _SOS
        limits.check_scans(count)
        if marker not in _BARE:
            position += max(_LENGTH_FIELD, int.from_bytes(data[position : position + 2]))
        found = _MARKER.search(data, position)


def _is_jfif(marker: int, body: bytes) -> bool:
    """Tell whether libjpeg takes the segment for JFIF's."""
    return marker == _APP0 and len(body) >= _TELLING and body.startswith(b"JFIF\0")


def _read_frame(marker: int, body: bytes) -> _Frame:
    """Read a frame header. Refuses one that is cut short or samples a component 0 times."""
    if len(body) < 9 or len(body) < 6 + 3 * body[5]:
        raise ImageError
    samplings = [(both >> 4, both & 15) for both in body[7 : 6 + 3 * body[5] : 3]]
    densest = max((across for across, _ in samplings), default=0) * max((down for _, down in samplings), default=0)
    if densest == 0:
        raise ImageError
    return _Frame(
        progressive=marker in _PROGRESSIVE,
        width=int.from_bytes(body[3:5]),
        height=int.from_bytes(body[1:3]),
        components=body[5],
        coefficients=sum(across * down for across, down in samplings) / densest,
        luma_first=marker in _ORDINARY
        and body[0] == 8
        and (body[5] == 1 or (body[5] == 3 and samplings[0][0] * samplings[0][1] == densest)),
        names=bytes(body[6 : 6 + 3 * body[5] : 3]),
    )


def _carries_pixels(marker: int, body: bytes) -> bool:
    """Tell whether a decoder needs the segment. Of the APPn, only JFIF and Adobe: they tell the colour space."""
    return marker in _SOF or _is_jfif(marker, body) or (marker == _APP14 and body.startswith(b"Adobe"))
