"""A bank file's entries as estimates ask about them: an index in this process's memory, and what each belongs to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from notcontent.matching.bankentries import BankEntry
from notcontent.matching.estimates import Candidates, EstimateQuery
from notcontent.matching.mih import MihIndex

Owners = NDArray[np.int64]


def owners_of(entries: Sequence[BankEntry]) -> Owners:
    """Name what each entry belongs to, i64[n]: a video by its number, a picture by its own place, below zero."""
    owners = (-1 - place if entry.frame is None else entry.frame.group for place, entry in enumerate(entries))
    return np.fromiter(owners, np.int64, len(entries))


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class IndexedBank:
    """All entries of a bank file, which stand and may be compared. An entry's slot is its id, and its place."""

    index: MihIndex
    belong: Owners

    def __repr__(self) -> str:
        """Show the count alone."""
        return f"<IndexedBank {self.rows} redacted>"

    @property
    def rows(self) -> int:
        """Count the entries."""
        return len(self.index)

    def search_estimates(self, query: EstimateQuery) -> Candidates:
        """Find the slots that fit some estimate of one upload, best first."""
        return query.ask(self.index)

    def values(self, slots: Sequence[int]) -> Mapping[int, NDArray[np.uint8]]:
        """Give the hashes u8[32] of those slots."""
        rows, ids = self.index.rows_of(np.array(slots, np.uint32))
        return dict(zip(ids.tolist(), rows, strict=True))

    def owners(self, slots: Sequence[int]) -> Mapping[int, int]:
        """Name what those slots belong to."""
        return {slot: int(self.belong[slot]) for slot in slots}
