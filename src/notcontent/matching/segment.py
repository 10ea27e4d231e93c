"""A segment: an immutable file of rows and ids that is mapped into memory and searched where it lies, row by row.

It is a cache of something else and holds hashes in the clear, so it belongs where nothing lasts: in shared memory, in
a folder of mode 0700. The format is in docs/reference/segment-file.md; for large banks see mih.py.
"""

import mmap
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from notcontent.errors import DuplicateIdError
from notcontent.matching import _engine
from notcontent.matching.atomicfile import write_atomically
from notcontent.matching.brute import check_instruction_set
from notcontent.matching.hashes import BLOCK_ROWS, HASH_BYTES, blocks_from_rows, rows_from_blocks
from notcontent.matching.index import DEFAULT_RADIUS, Found, check_ids, check_rows, check_search
from notcontent.matching.sections import Format, Section, mapped

MAGIC = b"NCSEG\r\n\x1a"
VERSION = 1
ALIGNMENT = 64
_ROWS, _IDS = "rows", "ids"


def _lengths(count: int, _: Mapping[str, Section]) -> dict[str, int]:
    """Say how long the sections of so many rows are."""
    return {_ROWS: -(-count // BLOCK_ROWS) * BLOCK_ROWS * HASH_BYTES, _IDS: 4 * count}


_FORMAT = Format(MAGIC, VERSION, _lengths, lambda _: ALIGNMENT)


def write_segment(path: Path, rows: NDArray[np.uint8], ids: NDArray[np.uint32]) -> None:
    """Write rows u8[n, 32] with their ids u32[n], in that order, to `path`, mode 0600.

    The file appears whole or not at all. Raises IndexArgumentError, DuplicateIdError, or StorageError when the disk
    refuses; then nothing is left behind.
    """
    check_rows(rows)
    check_ids(ids, len(rows))
    if len(np.unique(ids)) < len(ids):
        raise DuplicateIdError
    _write(path, blocks_from_rows(rows), ids)


def _write(path: Path, blocks: NDArray[np.uint64], ids: NDArray[np.uint32]) -> None:
    contents = {_ROWS: _bytes_of(blocks), _IDS: _bytes_of(ids)}
    write_atomically(path, _FORMAT.compose(len(ids), contents))


def _bytes_of(array: NDArray[np.uint64] | NDArray[np.uint32]) -> memoryview:
    """See an array as its bytes, without copying."""
    return array.reshape(-1).view(np.uint8).data


class Segment:
    """An `Index` over a segment file. Open it with `Segment.open`; it never changes.

    The mapping lives as long as this object and the arrays it gave out, also when the file is deleted or replaced.
    """

    def __init__(self, mapping: mmap.mmap, count: int, sections: Mapping[str, Section], instruction_set: str) -> None:
        """Take what `open` has checked."""
        rows, ids = sections[_ROWS], sections[_IDS]
        words = np.frombuffer(mapping, np.uint64, rows.length // 8, rows.offset)
        self._blocks = words.reshape(-1, HASH_BYTES // 8, BLOCK_ROWS)
        self._ids = np.frombuffer(mapping, np.uint32, count, ids.offset)
        self._instruction_set = instruction_set

    @classmethod
    def open(cls, path: Path, *, verify: bool = True, instruction_set: str = "auto") -> "Segment":
        """Map the file read-only.

        `verify` reads it once to compare every checksum; without it only the header is compared, which suits the
        reader of a file that a trusted process has just written. Raises what `sections.mapped` raises.
        """
        check_instruction_set(instruction_set)
        with mapped(path, _FORMAT) as file:
            if verify:
                file.verify()
            return cls(file.mapping, file.count, file.sections, instruction_set)

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
        _write(path, self._blocks, self._ids)

    def search(self, queries: NDArray[np.uint8], radius: int = DEFAULT_RADIUS, threads: int = 1) -> Found:
        """Find rows; see `Index.search`."""
        radius, threads = check_search(queries, radius, threads)
        return Found(*_engine.search_blocks(self._blocks, self._ids, queries, radius, threads, self._instruction_set))
