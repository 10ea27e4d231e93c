"""What AV1's sequence headers say: the decoder takes its memory by them, whatever the file around them says.

Source: AV1 Bitstream and Decoding Process Specification, sections 5.3 to 5.5.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from notcontent.errors import ImageError
from notcontent.signals.containers.atoms import Parts

_SEQUENCE_HEADER = 1
_MOST_HEADER = 256
_LONGEST_LEB128 = 8


@dataclass(frozen=True, slots=True)
class SequenceHeader:
    """What decides how large a decoded frame is."""

    width: int
    height: int
    """No frame is larger."""
    deep: bool
    """More than 8 bits a sample."""
    dense: bool
    """Whether colour may be sampled at more than every second pixel of every second row."""


def sequence_headers(units: bytes, parts: Parts) -> Iterator[SequenceHeader]:
    """Walk the units (OBUs) of a sample and read each sequence header. Raises ImageError for what makes no sense."""
    position = 0
    while position < len(units):
        parts.add()
        head = units[position]
        position += 2 if head & 4 else 1
        if head & 0x80:
            raise ImageError
        length = len(units) - position
        if head & 2:
            length, position = _leb128(units, position)
        if length < 0 or position + length > len(units):
            raise ImageError
        if head >> 3 & 15 == _SEQUENCE_HEADER:
            yield _read(units[position : position + min(length, _MOST_HEADER)])
        position += length


def _leb128(units: bytes, position: int) -> tuple[int, int]:
    """Give a number of seven bits a byte, lowest first, and where it ends."""
    value = 0
    for i, byte in enumerate(units[position : position + _LONGEST_LEB128]):
        value |= (byte & 127) << 7 * i
        if byte < 128:
            return value, position + i + 1
    raise ImageError


class _Bits:
    """Reads bits from the front. Raises ImageError where they end."""

    __slots__ = ("_left", "_value")

    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data), 8 * len(data)

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise ImageError
        return self._value >> self._left & ((1 << count) - 1)

    def skip_uvlc(self) -> None:
        zeros = 0
        while not self.take(1):
            zeros += 1
        if zeros < 32:
            self.take(zeros)


def _read(body: bytes) -> SequenceHeader:
    """Read as far as the colour's depth."""
    bits = _Bits(body)
    profile = bits.take(3)
    bits.take(1)
    reduced = bool(bits.take(1))
    if reduced:
        bits.take(5)
    else:
        _skip_timing(bits)
    across, down = bits.take(4) + 1, bits.take(4) + 1
    width, height = bits.take(across) + 1, bits.take(down) + 1
    _skip_tools(bits, reduced)
    deep = bool(bits.take(1))
    return SequenceHeader(width, height, deep, profile > 0)


def _skip_timing(bits: _Bits) -> None:
    """Go past timing, decoder model and operating points."""
    delay = 0
    if bits.take(1):
        bits.take(64)
        if bits.take(1):
            bits.skip_uvlc()
        if bits.take(1):
            delay = bits.take(5) + 1
            bits.take(42)
    display_delay = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if delay and bits.take(1):
            bits.take(2 * delay + 1)
        if display_delay and bits.take(1):
            bits.take(4)


def _skip_tools(bits: _Bits, reduced: bool) -> None:
    """Go past what switches the coding's tools."""
    if not reduced and bits.take(1):
        bits.take(7)
    bits.take(3)
    if not reduced:
        bits.take(4)
        ordered = bits.take(1)
        if ordered:
            bits.take(2)
        screen = 2 if bits.take(1) else bits.take(1)
        if screen and not bits.take(1):
            bits.take(1)
        if ordered:
            bits.take(3)
    bits.take(3)
