"""A segment: an immutable file of rows and ids that is mapped into memory and searched where it lies.

One process writes it, any number open it, and they share one copy in memory. It is a cache of something else and
holds hashes in the clear, so it belongs where nothing lasts: in shared memory, in a folder of mode 0700. The format
is in docs/reference/segment-file.md.

A file that another process cuts short while it is mapped kills the reader (SIGBUS): replace files, never edit them.
"""

import hashlib
import mmap
import os
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from notcontent.errors import (
    DuplicateIdError,
    IndexChecksumError,
    IndexEmptyError,
    IndexFileError,
    IndexMissingError,
    IndexNewerError,
    IndexOlderError,
    IndexTruncatedError,
)
from notcontent.matching import _engine
from notcontent.matching.atomicfile import write_atomically
from notcontent.matching.brute import check_instruction_set
from notcontent.matching.hashes import BLOCK_ROWS, HASH_BYTES, blocks_from_rows, rows_from_blocks
from notcontent.matching.index import DEFAULT_RADIUS, Found, check_ids, check_rows, check_search

MAGIC = b"NCSEG\r\n\x1a"
VERSION = 1
ALIGNMENT = 64

_FIXED = struct.Struct("<8sIIQQ")  # magic, version, number of sections, number of rows, length of the file
_SECTION = struct.Struct("<16sQQ32s")  # name, offset, length, SHA-256
_DIGEST_BYTES = 32
_HEADER_BYTES = _FIXED.size + _DIGEST_BYTES
_MAX_SECTIONS = 64
_ROWS, _IDS = "rows", "ids"


@dataclass(frozen=True, slots=True)
class _Section:
    """Where one section of the file lies, and what it must add up to."""

    name: str
    offset: int
    length: int
    sha256: bytes


def _aligned(offset: int) -> int:
    """Round up to where a section may begin."""
    return -(-offset // ALIGNMENT) * ALIGNMENT


def _layout(lengths: dict[str, int]) -> tuple[dict[str, int], int]:
    """Say where sections of these lengths lie, one after the other, and how long that makes the file."""
    offsets = {}
    end = _aligned(_HEADER_BYTES + len(lengths) * _SECTION.size)
    for name, length in lengths.items():
        offsets[name] = end
        end = _aligned(end + length)
    return offsets, end


def _compose(count: int, contents: dict[str, memoryview]) -> Iterator[bytes | memoryview]:
    """Give the whole file piece by piece: header, table, then each section with zeros up to the next boundary."""
    offsets, file_length = _layout({name: content.nbytes for name, content in contents.items()})
    table = b"".join(
        _SECTION.pack(name.encode(), offsets[name], content.nbytes, hashlib.sha256(content).digest())
        for name, content in contents.items()
    )
    fixed = _FIXED.pack(MAGIC, VERSION, len(contents), count, file_length)
    yield fixed + hashlib.sha256(fixed + table).digest() + table
    for content in contents.values():
        yield content
        yield bytes(_aligned(content.nbytes) - content.nbytes)


def write_segment(path: Path, rows: NDArray[np.uint8], ids: NDArray[np.uint32]) -> None:
    """Write rows u8[n, 32] with their ids u32[n], in that order, to `path`, mode 0600.

    The file appears whole or not at all. Raises IndexArgumentError, DuplicateIdError, or StorageError when the disk
    refuses; then nothing is left behind.
    """
    check_rows(rows)
    check_ids(ids, len(rows))
    if len(np.unique(ids)) < len(ids):
        raise DuplicateIdError
    blocks = blocks_from_rows(rows)
    write_atomically(path, _compose(len(ids), {_ROWS: _bytes_of(blocks), _IDS: _bytes_of(ids)}))


def _bytes_of(array: NDArray[np.uint64] | NDArray[np.uint32]) -> memoryview:
    """See an array as its bytes, without copying."""
    return array.reshape(-1).view(np.uint8).data


class Segment:
    """An `Index` over a segment file. Open it with `Segment.open`; it never changes.

    The mapping lives as long as this object and the arrays it gave out, also when the file is deleted or replaced.
    """

    def __init__(self, mapping: mmap.mmap, count: int, sections: dict[str, _Section], instruction_set: str) -> None:
        """Take what `open` has checked."""
        rows, ids = sections[_ROWS], sections[_IDS]
        words = np.frombuffer(mapping, np.uint64, rows.length // 8, rows.offset)
        self._blocks = words.reshape(-1, HASH_BYTES // 8, BLOCK_ROWS)
        self._ids = np.frombuffer(mapping, np.uint32, count, ids.offset)
        self._instruction_set = instruction_set

    @classmethod
    def open(cls, path: Path, *, verify: bool = True, instruction_set: str = "auto") -> "Segment":
        """Map the file read-only.

        `verify` reads it once to compare every checksum (some 0.6 ms a megabyte); without it only the header is
        compared, which suits the reader of a file that a trusted process has just written. Raises IndexMissingError,
        IndexEmptyError, IndexTruncatedError, IndexOlderError, IndexNewerError, IndexChecksumError, and plain
        IndexFileError for what is no segment at all.
        """
        check_instruction_set(instruction_set)
        mapping = _map(path)
        count, sections = _read_header(mapping)
        if verify:
            _verify(mapping, sections)
        return cls(mapping, count, sections, instruction_set)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self._ids)

    def __repr__(self) -> str:
        """Show the count alone."""
        return f"<Segment rows={len(self)}>"

    @property
    def ids(self) -> NDArray[np.uint32]:
        """The ids in the file's order, read-only."""
        return self._ids

    def rows(self) -> NDArray[np.uint8]:
        """Copy the rows, u8[n, 32], in the order of `ids`."""
        return rows_from_blocks(self._blocks, len(self))

    def save(self, path: Path) -> None:
        """Write a copy, equal byte for byte to the file that was opened. Raises StorageError."""
        write_atomically(path, _compose(len(self), {_ROWS: _bytes_of(self._blocks), _IDS: _bytes_of(self._ids)}))

    def search(self, queries: NDArray[np.uint8], radius: int = DEFAULT_RADIUS, threads: int = 1) -> Found:
        """Find rows; see `Index.search`."""
        radius, threads = check_search(queries, radius, threads)
        return Found(*_engine.search_blocks(self._blocks, self._ids, queries, radius, threads, self._instruction_set))


def _map(path: Path) -> mmap.mmap:
    """Map a regular file, refusing what is missing, empty, or no file."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # do not wait on a pipe of this name
    except OSError as error:
        raise IndexMissingError from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise IndexFileError
        if status.st_size == 0:
            raise IndexEmptyError
        return mmap.mmap(handle, 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise IndexFileError from error
    finally:
        os.close(handle)


def _read_header(mapping: mmap.mmap) -> tuple[int, dict[str, _Section]]:
    """Read and check everything that memory safety rests on: number of rows, and sections that lie in the file."""
    if not MAGIC.startswith(mapping[: len(MAGIC)]):
        raise IndexFileError
    if len(mapping) < _HEADER_BYTES:
        raise IndexTruncatedError
    _, version, section_count, count, length = _FIXED.unpack_from(mapping)
    if version < VERSION:
        raise IndexOlderError
    if version > VERSION:
        raise IndexNewerError
    table = mapping[_HEADER_BYTES : _HEADER_BYTES + min(section_count, _MAX_SECTIONS) * _SECTION.size]
    if section_count <= _MAX_SECTIONS and len(table) < section_count * _SECTION.size:
        raise IndexTruncatedError
    if hashlib.sha256(mapping[: _FIXED.size] + table).digest() != mapping[_FIXED.size : _HEADER_BYTES]:
        raise IndexChecksumError
    if length != len(mapping):
        raise IndexTruncatedError
    return count, _read_table(table, count, length)


def _read_table(table: bytes, count: int, file_length: int) -> dict[str, _Section]:
    """Read the sections, refusing any that does not lie exactly where `count` rows put it."""
    sections = {}
    for raw_name, offset, length, digest in _SECTION.iter_unpack(table):
        section = _Section(raw_name.rstrip(b"\0").decode("ascii", "replace"), offset, length, digest)
        sections[section.name] = section
    lengths = {_ROWS: -(-count // BLOCK_ROWS) * BLOCK_ROWS * HASH_BYTES, _IDS: 4 * count}
    offsets, end = _layout(lengths)
    found = {name: (section.offset, section.length) for name, section in sections.items()}
    if found != {name: (offsets[name], lengths[name]) for name in lengths} or end != file_length:
        raise IndexFileError
    return sections


def _verify(mapping: mmap.mmap, sections: dict[str, _Section]) -> None:
    """Compare every section with its checksum, and the bytes after each with zero."""
    with memoryview(mapping) as whole:
        for section in sections.values():
            end = section.offset + section.length
            if hashlib.sha256(whole[section.offset : end]).digest() != section.sha256 or any(
                whole[end : _aligned(end)]
            ):
                raise IndexChecksumError
