"""Boxes within boxes, as HEIF, AVIF and films are built. Source: ISO/IEC 14496-12, section 4.2.

They are called atoms here, as QuickTime did: a Box is a rectangle in this room.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from notcontent.errors import ImageError, ImageTruncatedError
from notcontent.signals.limits import Limits


class Atom(NamedTuple):
    """A name of four bytes, and where its body lies in the file."""

    name: bytes
    start: int
    end: int


@dataclass(slots=True)
class Parts:
    """Counts what a file is made of, so that a small one cannot keep its reader busy."""

    limits: Limits
    count: int = 0

    def add(self, count: int = 1) -> None:
        """Refuse more than `max_parts` in all (ImageTooLargeError)."""
        self.count += count
        self.limits.check_parts(self.count)


def atoms(data: bytes, start: int, end: int, parts: Parts) -> Iterator[Atom]:
    """Walk a stretch's atoms. One beyond the file is cut off (ImageTruncatedError), one beyond its parent an error."""
    while start < end:
        parts.add()
        if start + 8 > end:
            raise ImageTruncatedError if end == len(data) else ImageError
        length, name = int.from_bytes(data[start : start + 4]), data[start + 4 : start + 8]
        body = start + 8
        if length == 1:
            length, body = int.from_bytes(data[body : body + 8]), body + 8
        after = end if length == 0 else start + length
        if after > len(data):
            raise ImageTruncatedError
        if not body <= after <= end:
            raise ImageError
        yield Atom(bytes(name), body, after)
        start = after


class Fields:
    """Reads numbers from an atom's body, one after the other. Raises ImageError where it ends too early."""

    __slots__ = ("_data", "_end", "_position")

    def __init__(self, data: bytes, start: int, end: int) -> None:
        """Begin at the body's first byte."""
        self._data, self._position, self._end = data, start, end

    @property
    def position(self) -> int:
        """Where the next field begins."""
        return self._position

    def take(self, count: int) -> bytes:
        """Give so many bytes."""
        begin, self._position = self._position, self._position + count
        if self._position > self._end:
            raise ImageError
        return bytes(self._data[begin : self._position])

    def number(self, count: int) -> int:
        """Give an unsigned number of so many bytes; 0 of none."""
        return int.from_bytes(self.take(count))

    def version_flags(self) -> tuple[int, int]:
        """Give version and flags of a full box."""
        return self.number(1), self.number(3)
