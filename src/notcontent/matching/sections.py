"""Files of named sections, each with its checksum, that are mapped into memory and read where they lie.

A file is a header, a table of sections, and the sections, each on a boundary, with zeros up to the next one. The
header carries the SHA-256 of itself and the table, the table that of each section. One process writes a file, any
number map it, and they share one copy in memory. The format is in docs/reference/mih-file.md.

A file that another process cuts short while it is mapped kills the reader (SIGBUS): replace files, never edit them.
"""

import hashlib
import mmap
import os
import stat
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from notcontent.errors import (
    IndexChecksumError,
    IndexEmptyError,
    IndexFileError,
    IndexMissingError,
    IndexNewerError,
    IndexOlderError,
    IndexTruncatedError,
)

_FIXED = struct.Struct("<8sIIQQ")  # magic, version, number of sections, number of rows, length of the file
_SECTION = struct.Struct("<16sQQ32s")  # name, offset, length, SHA-256
_DIGEST_BYTES = 32
_HEADER_BYTES = _FIXED.size + _DIGEST_BYTES
_MAX_SECTIONS = 64


@dataclass(frozen=True, slots=True)
class Section:
    """Where one section of the file lies, in bytes, and what it must add up to."""

    name: str
    offset: int
    length: int
    sha256: bytes


Lengths = Callable[[int, Mapping[str, Section]], dict[str, int]]
"""Says how long each section must be in a file of so many rows. Raises IndexFileError when there is no such file."""


@dataclass(frozen=True, slots=True)
class Format:
    """What tells one kind of file from another. `alignment` gives where sections begin in a file of so many rows."""

    magic: bytes
    version: int
    lengths: Lengths
    alignment: Callable[[int], int]

    def layout(self, count: int, lengths: Mapping[str, int]) -> tuple[dict[str, int], int]:
        """Say where sections of these lengths lie, one after the other, and how long that makes the file."""
        step = self.alignment(count)
        offsets = {}
        end = _rounded(_HEADER_BYTES + len(lengths) * _SECTION.size, step)
        for name, length in lengths.items():
            offsets[name] = end
            end = _rounded(end + length, step)
        return offsets, end

    def compose(self, count: int, contents: Mapping[str, memoryview]) -> Iterator[bytes | memoryview]:
        """Give the whole file piece by piece: header, table, then each section with zeros up to the next boundary."""
        offsets, file_length = self.layout(count, {name: content.nbytes for name, content in contents.items()})
        table = b"".join(
            _SECTION.pack(name.encode(), offsets[name], content.nbytes, hashlib.sha256(content).digest())
            for name, content in contents.items()
        )
        fixed = _FIXED.pack(self.magic, self.version, len(contents), count, file_length)
        header = fixed + hashlib.sha256(fixed + table).digest() + table
        step = self.alignment(count)
        yield header.ljust(_rounded(len(header), step), b"\0")
        for content in contents.values():
            yield content
            yield bytes(_rounded(content.nbytes, step) - content.nbytes)


@dataclass(frozen=True, slots=True, eq=False)
class MappedFile:
    """A file whose header has been checked: all that memory safety rests on, but not the content of its sections."""

    handle: int
    mapping: mmap.mmap
    count: int
    sections: Mapping[str, Section]

    def verify(self) -> None:
        """Read the file once and compare every checksum (some 0.6 ms a megabyte). Raises IndexChecksumError."""
        with memoryview(self.mapping) as whole:
            ends = [*[section.offset for section in self.sections.values()][1:], len(whole)]
            for section, next_begins in zip(self.sections.values(), ends, strict=True):
                end = section.offset + section.length
                fits = hashlib.sha256(whole[section.offset : end]).digest() == section.sha256
                if not fits or any(whole[end:next_begins]):
                    raise IndexChecksumError


@contextmanager
def mapped(path: Path, expected: Format) -> Iterator[MappedFile]:
    """Map a file read-only and check its header. The handle is closed at the end; the mapping lives on while used.

    Raises IndexMissingError, IndexEmptyError, IndexTruncatedError, IndexOlderError, IndexNewerError,
    IndexChecksumError, and plain IndexFileError for what is no such file at all.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # do not wait on a pipe of this name
    except OSError as error:
        raise IndexMissingError from error
    try:
        mapping = _map(handle)
        count, sections = _read_header(mapping, expected)
        yield MappedFile(handle, mapping, count, sections)
    finally:
        os.close(handle)


def _rounded(offset: int, step: int) -> int:
    """Round up to where a section may begin."""
    return -(-offset // step) * step


def _map(handle: int) -> mmap.mmap:
    """Map a regular file, refusing what is empty, or no file."""
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise IndexFileError
        if status.st_size == 0:
            raise IndexEmptyError
        return mmap.mmap(handle, 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise IndexFileError from error


def _read_header(mapping: mmap.mmap, expected: Format) -> tuple[int, dict[str, Section]]:
    """Read the number of rows and the sections, all of which lie in the file."""
    if not expected.magic.startswith(mapping[: len(expected.magic)]):
        raise IndexFileError
    if len(mapping) < _HEADER_BYTES:
        raise IndexTruncatedError
    _, version, section_count, count, length = _FIXED.unpack_from(mapping)
    if version < expected.version:
        raise IndexOlderError
    if version > expected.version:
        raise IndexNewerError
    table = mapping[_HEADER_BYTES : _HEADER_BYTES + min(section_count, _MAX_SECTIONS) * _SECTION.size]
    if section_count <= _MAX_SECTIONS and len(table) < section_count * _SECTION.size:
        raise IndexTruncatedError
    if hashlib.sha256(mapping[: _FIXED.size] + table).digest() != mapping[_FIXED.size : _HEADER_BYTES]:
        raise IndexChecksumError
    if length != len(mapping):
        raise IndexTruncatedError
    return count, _read_table(table, count, length, expected)


def _read_table(table: bytes, count: int, file_length: int, expected: Format) -> dict[str, Section]:
    """Read the sections, refusing any that does not lie exactly where `count` rows put it."""
    sections = {}
    for raw_name, offset, length, digest in _SECTION.iter_unpack(table):
        section = Section(raw_name.rstrip(b"\0").decode("ascii", "replace"), offset, length, digest)
        sections[section.name] = section
    lengths = expected.lengths(count, sections)
    offsets, end = expected.layout(count, lengths)
    found = {name: (section.offset, section.length) for name, section in sections.items()}
    wanted = {name: (offsets[name], lengths[name]) for name in lengths}
    if list(found.items()) != list(wanted.items()) or end != file_length:
        raise IndexFileError
    return sections
