"""The index for banks of any size: multi-index hashing with check words, in native code, that changes while in use.

A table lists all rows by each of sixteen chunks of their bits; a search looks into the few buckets around each of its
query's chunks and compares the next chunk, which lies beside, before it looks at a row. `engine/mih_table.hpp` says
why nothing is missed. What is added since lies in a pile that is searched row by row; piles become tables and tables
of like size are joined in the background. An index is kept in a file that is mapped and searched where it lies.
"""

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from notcontent.errors import DuplicateIdError, IndexArgumentError, IndexFileError
from notcontent.matching import _engine
from notcontent.matching.atomicfile import write_atomically
from notcontent.matching.brute import check_instruction_set
from notcontent.matching.estimates import DEFAULT_DEPTH, MOST_CANDIDATES, Candidates, Depth, Leads, check_estimates
from notcontent.matching.hashes import HASH_BYTES
from notcontent.matching.index import (
    DEFAULT_RADIUS,
    Found,
    Scored,
    check_ids,
    check_rows,
    check_threads,
    check_weighted,
    search_engine,
)
from notcontent.matching.sections import Format, MappedFile, Section, mapped

MAGIC = b"NCMIH\r\n\x1a"
VERSION = 1
HUGE_PAGE = 2 << 20
LINE = 64
_PLAIN = ("rows", "ids")
_SECTIONS = ("rows", "ids", "offsets", "checks", "lows", "highs")
_MAX_ROWS = (1 << 32) - 1


def _alignment(count: int) -> int:
    """Say where sections may begin: at huge pages, when the rows alone fill many."""
    return HUGE_PAGE if count * HASH_BYTES >= 16 * HUGE_PAGE else LINE


def _lengths(count: int, sections: Mapping[str, Section]) -> dict[str, int]:
    """Say how long the sections are. Ids that are numbered on are kept as the first alone."""
    if count >= _MAX_ROWS:
        raise IndexFileError
    if count < _engine.TABLE_ROWS:
        return dict(zip(_PLAIN, (count * HASH_BYTES, 4 * count), strict=True))
    dense = "ids" in sections and sections["ids"].length == 4
    return dict(zip(_SECTIONS, _engine.section_lengths(count, dense_ids=dense), strict=True))


_FORMAT = Format(MAGIC, VERSION, _lengths, _alignment)


class MihIndex:
    """A living index for any number of rows. See `LivingIndex` for the contract.

    Searches and changes may run at the same time in many threads and never wait for each other or for merging; the
    interpreter is free meanwhile. A removed row is found no more from that moment; its bytes leave the memory when
    its table is merged. It is not for use after `fork` in a child whose parent was changing it.
    """

    def __init__(self, *, instruction_set: str = "auto", background: bool = True) -> None:
        """Begin empty. With `background` off nothing is merged but by `merge`."""
        self._begin([], instruction_set, background=background)

    def _begin(self, tables: "list[_engine.Table]", instruction_set: str, *, background: bool) -> None:
        self._engine = _engine.Living(check_instruction_set(instruction_set), tables)
        self._background = background
        self._tending = threading.Lock()

    @classmethod
    def build(
        cls,
        rows: NDArray[np.uint8],
        ids: NDArray[np.uint32] | None = None,
        *,
        threads: int = 1,
        instruction_set: str = "auto",
    ) -> "MihIndex":
        """Make an index of rows u8[n, 32] under `ids` u32[n], or numbered from 0. Raises as `add` does.

        Takes some 0.3 microseconds of CPU time a row, and while it runs 40 bytes a row beside the index itself.
        """
        check_rows(rows)
        if ids is not None:
            check_ids(ids, len(rows))
        threads = check_threads(threads)
        index = cls(instruction_set=instruction_set)
        if len(rows) < _engine.TABLE_ROWS:
            index.add(rows, ids)
            return index
        try:
            table = _engine.Table.build(rows, ids, threads)
        except _engine.DuplicateId as error:
            raise DuplicateIdError from error
        index._begin([table], instruction_set, background=True)
        return index

    @classmethod
    def open(cls, path: Path | str, *, verify: bool = True, instruction_set: str = "auto") -> "MihIndex":
        """Map a file read-only; processes that open the same file share its memory.

        `verify` reads it once to compare every checksum; without it only the header is compared, which suits the
        reader of a file that a trusted process has just written: a damaged one may then give wrong answers, but leads
        no search outside of it. Raises IndexFileError or a subclass, one for each way in which a file can be wrong
        (docs/reference/mih-file.md), StorageError when it cannot be read.
        """
        return cls.open_all([path], verify=verify, instruction_set=instruction_set, background=True)

    @classmethod
    def open_all(
        cls,
        paths: Iterable[Path | str],
        *,
        verify: bool = True,
        populate: bool = False,
        instruction_set: str = "auto",
        background: bool = False,
    ) -> "MihIndex":
        """Map several files as one index, as `open` does. No two of them may hold the same id, which is not checked.

        With `background` off nothing is merged, so that what other processes share stays shared. `populate` has the
        system enter every page into this process's map now, with the interpreter free, instead of one by one as
        searches meet them.
        """
        index = cls(instruction_set=instruction_set, background=background)
        tables = []
        small = []
        for path in paths:
            with mapped(Path(path), _FORMAT) as file:
                if verify:
                    file.verify()
                if file.count < _engine.TABLE_ROWS:
                    small.append(_plain_rows(file))
                else:
                    tables.append(_mapped_table(file, populate=populate))
        index._begin(tables, instruction_set, background=background)
        for rows, ids in small:
            try:
                index.add(rows, ids)
            except DuplicateIdError as error:
                raise IndexFileError from error
        return index

    def __len__(self) -> int:
        """Count the rows."""
        return len(self._engine)

    def __repr__(self) -> str:
        """Show the count alone."""
        return f"<MihIndex rows={len(self)}>"

    def add(self, rows: NDArray[np.uint8], ids: NDArray[np.uint32] | None = None) -> NDArray[np.uint32]:
        """Add rows; see `LivingIndex.add`. Prefer few large calls: each copies a part of the pile (72 KiB)."""
        check_rows(rows)
        if ids is not None:
            check_ids(ids, len(rows))
        try:
            held = self._engine.add(rows, ids)
        except _engine.DuplicateId as error:
            raise DuplicateIdError from error
        except ValueError as error:  # the engine's std::length_error
            raise IndexArgumentError("There are no ids left.") from error
        self._tend()
        return held

    def remove(self, ids: NDArray[np.uint32]) -> int:
        """Take rows out; see `LivingIndex.remove`."""
        check_ids(ids)
        removed = self._engine.remove(ids)
        self._tend()
        return removed

    def rows_of(self, ids: NDArray[np.uint32]) -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
        """Give the rows u8[m, 32] of those ids u32[n] that are held, in their order, and these ids u32[m].

        For few ids: what was added lately is gone through as a whole. Raises IndexArgumentError.
        """
        check_ids(ids)
        return self._engine.rows(ids)

    def search(self, queries: NDArray[np.uint8], radius: int = DEFAULT_RADIUS, threads: int = 1) -> Found:
        """Find rows; see `Index.search`. Many queries in one call, above all like ones, cost far less than one each.

        Memory grows with what is found: 24 bytes for each row within the radius of a query, while it runs.
        """
        return search_engine(self._engine, queries, radius, threads)

    def search_weighted(
        self, values: NDArray[np.uint8], log_odds: NDArray[np.float32], threshold: float, threads: int = 1
    ) -> Scored:
        """Find rows by how well they fit estimates; see `WeightedIndex.search_weighted`.

        Looks at every row, 64 at once: ask with many estimates in one call, which then share what that costs.
        """
        threshold, threads = check_weighted(values, log_odds, threshold, threads)
        try:
            return Scored(*self._engine.search_weighted(values, log_odds, threshold, threads))
        except ValueError as error:  # the engine looks again, and another thread may have written to them since
            raise IndexArgumentError("Log-odds must be finite numbers from 0 up.") from error

    def search_estimates(
        self,
        values: NDArray[np.uint8],
        log_odds: NDArray[np.float32],
        threshold: float,
        *,
        depth: Depth = DEFAULT_DEPTH,
        leads: Leads | None = None,
        most: int = MOST_CANDIDATES,
        threads: int = 1,
    ) -> Candidates:
        """Find rows that fit some look of one upload; see `EstimateIndex.search_estimates`.

        Looks rows up by what their bits may well be, in the tables that `search` uses, and so may miss some; what was
        added since a table was made is scored row by row, and so are all rows where that is less work.
        """
        threshold, depth, leads, most, threads = check_estimates(
            values, log_odds, threshold, depth, leads, most, threads
        )
        how = leads.looks, leads.hint, depth.chunk_nats, depth.pair_nats
        try:
            return Candidates(*self._engine.search_estimates(values, log_odds, threshold, *how, most, threads))
        except ValueError as error:  # as in `search_weighted`
            raise IndexArgumentError("Log-odds must be finite numbers from 0 up.") from error

    def merge(self, threads: int = 1) -> None:
        """Bring all rows into one table now, and drop what was removed. Searches and changes go on meanwhile."""
        self._engine.merge(check_threads(threads))

    def save(self, path: Path | str) -> None:
        """Merge, then write everything that is held at this moment to `path`, mode 0600, whole or not at all.

        Equal rows and ids give equal bytes. It holds hashes in the clear, so it belongs where nothing lasts: in shared
        memory, in a folder of mode 0700. Raises StorageError.
        """
        table = self._engine.merge(1)
        count = 0 if table is None else len(table)
        if table is None or count < _engine.TABLE_ROWS:
            rows, ids = table.rows() if table else (np.empty((0, HASH_BYTES), np.uint8), np.empty(0, np.uint32))
            contents = {"rows": rows.reshape(-1).data, "ids": ids.view(np.uint8).data}
        else:
            contents = {name: table.section(place).data for place, name in enumerate(_SECTIONS)}
        write_atomically(Path(path), _FORMAT.compose(count, contents))

    def rows(self) -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
        """Merge, then copy all rows u8[n, 32] and their ids u32[n], by ascending id."""
        table = self._engine.merge(1)
        return (np.empty((0, HASH_BYTES), np.uint8), np.empty(0, np.uint32)) if table is None else table.rows()

    def _tend(self) -> None:
        """See to it that somebody merges what is overdue."""
        if self._background and self._engine.overdue() and self._tending.acquire(blocking=False):
            try:
                # Not a daemon: the interpreter must not end in the middle of native code that wants it back.
                threading.Thread(target=self._merge_overdue, name="notcontent-merge").start()
            except BaseException:
                self._tending.release()
                raise

    def _merge_overdue(self) -> None:
        try:
            while self._engine.tidy(1):
                pass
        except MemoryError:
            pass  # nothing is lost: the pile is searched on as it is, and the next change tries again
        finally:
            self._tending.release()


def _plain_rows(file: MappedFile) -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    """See the few rows of a small file, which has no table."""
    rows = np.frombuffer(file.mapping, np.uint8, file.count * HASH_BYTES, file.sections["rows"].offset)
    ids = np.frombuffer(file.mapping, np.uint32, file.count, file.sections["ids"].offset)
    return rows.reshape(-1, HASH_BYTES), ids


def _mapped_table(file: MappedFile, *, populate: bool) -> "_engine.Table":
    """Let the engine map the file on its own, so that the table outlives every Python object."""
    offsets = [file.sections[name].offset for name in _SECTIONS]
    dense = file.sections["ids"].length == 4
    try:
        return _engine.Table.map(file.handle, len(file.mapping), offsets, file.count, dense, populate)
    except (ValueError, RuntimeError) as error:
        raise IndexFileError from error
