"""What a bank file holds: entries, each a hash with a label, and for a frame of a video where in it the frame is shown.

Version 1 of the content knows pictures alone; version 2 also frames. docs/reference/bank-file.md describes both.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from notcontent.errors import BankFileError, BankLabelError, HashFormatError
from notcontent.matching.hashes import HASH_BYTES

PICTURES_ALONE, WITH_FRAMES = 1, 2
MAX_LABEL = 200
MAX_GROUP = 2**32 - 1
MAX_T_MS = 2**53 - 1

_RECORD = struct.Struct("<32sH")  # hash, length of the label in bytes
_KIND = struct.Struct("<B")
_FRAME = struct.Struct("<IQ")  # group, milliseconds
_PICTURE_KIND, _FRAME_KIND = 0, 1


@dataclass(frozen=True, slots=True)
class FramePlace:
    """Where a frame belongs: its video's number in this file, and its time. Raises BankFileError out of range."""

    group: int
    t_ms: int

    def __post_init__(self) -> None:
        """Refuse numbers that the file cannot hold."""
        if not (0 <= self.group <= MAX_GROUP and 0 <= self.t_ms <= MAX_T_MS):
            raise BankFileError("A frame's time or number is out of range.")


@dataclass(frozen=True, slots=True)
class BankEntry:
    """One hash of a bank and the words that a match shows for it. Raises HashFormatError, BankLabelError."""

    value: bytes = field(repr=False)
    label: str = field(repr=False)
    frame: FramePlace | None = None
    """None for a picture."""

    def __post_init__(self) -> None:
        """Refuse what is no hash, and labels that are empty, too long, or could play tricks on a terminal."""
        if len(self.value) != HASH_BYTES:
            raise HashFormatError
        if not 1 <= len(self.label) <= MAX_LABEL or not self.label.isprintable():
            raise BankLabelError


def version_of(entries: Iterable[BankEntry]) -> int:
    """Give the oldest version that can hold these entries, so that older programs read what they can."""
    return WITH_FRAMES if any(entry.frame is not None for entry in entries) else PICTURES_ALONE


def write_record(entry: BankEntry, version: int) -> bytes:
    """Give one entry as it lies in the content."""
    label = entry.label.encode()
    record = _RECORD.pack(entry.value, len(label)) + label
    if version == PICTURES_ALONE:
        return record
    if entry.frame is None:
        return record + _KIND.pack(_PICTURE_KIND)
    return record + _KIND.pack(_FRAME_KIND) + _FRAME.pack(entry.frame.group, entry.frame.t_ms)


def read_records(content: bytes, version: int) -> Iterator[BankEntry]:
    """Take authenticated content apart. Raises BankFileError: whoever wrote this did not follow the format."""
    at = 0
    try:
        while at < len(content):
            value, length = _RECORD.unpack_from(content, at)
            at += _RECORD.size
            raw = content[at : at + length]
            at += length
            if len(raw) < length:
                raise BankFileError
            frame, at = _read_kind(content, at) if version == WITH_FRAMES else (None, at)
            yield BankEntry(value, raw.decode(), frame)
    except (struct.error, UnicodeDecodeError, BankLabelError) as error:
        raise BankFileError from error


def _read_kind(content: bytes, at: int) -> tuple[FramePlace | None, int]:
    """Read what follows a label in version 2, and give where the next record begins."""
    (kind,) = _KIND.unpack_from(content, at)
    at += _KIND.size
    if kind == _PICTURE_KIND:
        return None, at
    if kind != _FRAME_KIND:
        raise BankFileError
    return FramePlace(*_FRAME.unpack_from(content, at)), at + _FRAME.size
