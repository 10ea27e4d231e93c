"""What a scan compares with: a bank file's hashes and labels, and the index over them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from notcontent.matching import MihIndex
from notcontent.matching.bankestimates import IndexedBank, Owners, owners_of
from notcontent.matching.bankfile import Bank as BankFile
from notcontent.matching.estimating import EstimatePolicy, find_fits
from notcontent.matching.hashes import rows_from_hashes
from notcontent.scan.join import nearest
from notcontent.scan.results import Verdict
from notcontent.signals.estimates import Sketch

Rows = NDArray[np.uint8]


class Why(Enum):
    """Why an answer has to be waited for."""

    SILENT = "silent"
    """Nothing answers."""
    NOT_READY = "not_ready"
    """It is there, and has no bank to answer from."""
    BUSY = "busy"
    """It is there, and asks to come back later."""
    FAILING = "failing"
    """It is there, and answers with an error of its own."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Why, and for how many seconds more it is gone on with if nothing changes: pauses alone, without the asking."""

    why: Why
    left_s: float


OnWait = Callable[[Wait], None]
"""Called, from any thread, whenever an answer has to be waited for."""


def unheard(_: Wait) -> None:
    """Tell nobody of waiting."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Answers:
    """What became of hashes that were compared, one place each."""

    verdicts: pa.Array
    entries: pa.Array
    distances: pa.Array
    matches: pa.Array

    def __repr__(self) -> str:
        """Show the count alone."""
        return f"<Answers {len(self.verdicts)} redacted>"


@dataclass(frozen=True, slots=True)
class Held:
    """What a picture that no look met may show by an estimate; nothing is named where too much came near it."""

    entry: str | None = field(default=None, repr=False)
    look: str | None = None
    evidence: float | None = None


class Matcher(Protocol):
    """Compares hashes. Safe for threads."""

    floor: int
    """Pictures of a lower quality are not given to it."""

    def answer(self, rows: Rows, qualities: pa.Array) -> Answers:
        """Compare rows u8[n, 32] with their qualities, uint8; null where nobody knows."""
        ...

    def held(self, sketches: Sequence[Sketch]) -> Held | None:
        """Estimate what a picture was made from, when nothing met its looks; None when nothing fits."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


class Compared(Protocol):
    """What to compare with, before there is a matcher: it can be sent to another machine."""

    def check(self, on_wait: OnWait = unheard) -> None:
        """See that it can be compared with, before anything is listed. Raises what would end the scan."""
        ...

    def matcher(self, on_wait: OnWait = unheard) -> Matcher:
        """Make this process's matcher."""
        ...


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class BankRows:
    """A bank as a scan carries it: the hashes u8[n, 32], their labels, and what each entry belongs to."""

    rows: Rows
    labels: pa.Array
    owners: Owners

    def __repr__(self) -> str:
        """Show the count alone."""
        return f"<BankRows {len(self.rows)} redacted>"


def bank_rows(bank: BankFile) -> BankRows:
    """Take an opened bank file's entries."""
    values = rows_from_hashes([entry.value for entry in bank.entries])
    labels = pa.array([entry.label for entry in bank.entries], pa.string())
    return BankRows(values, labels, owners_of(bank.entries))


class BankMatcher:
    """Compares with a bank that this process holds."""

    def __init__(self, bank: BankRows, radius: int, estimates: EstimatePolicy) -> None:
        """Index the bank. It lies in this process's memory alone: in no file, and in no other process."""
        self.floor = estimates.min_quality
        self._index = MihIndex.build(bank.rows)
        self._estimated = IndexedBank(self._index, bank.owners)
        self._labels = bank.labels
        self._radius = radius
        self._estimates = estimates

    def answer(self, rows: Rows, qualities: pa.Array) -> Answers:  # noqa: ARG002 - the caller kept the plain ones
        """Compare with the index; nearest entry first."""
        found = nearest(rows, self._index, self._radius)
        hit = found.counts > 0
        return Answers(
            verdicts=pa.array([Verdict.NO_MATCH.value, Verdict.MATCH.value]).take(pa.array(hit.astype(np.int8))),
            entries=self._labels.take(pa.array(found.ids, mask=~hit)),
            distances=pa.array(found.distances, mask=~hit),
            matches=pa.array(found.counts.astype(np.uint32)),
        )

    def held(self, sketches: Sequence[Sketch]) -> Held | None:
        """Find the entry that has most evidence, where that is enough for the bank's size."""
        found = find_fits(self._estimated, sketches, self._estimates)
        if not found.fits:
            return Held() if found.crowded else None
        best = found.fits[0]
        return Held(self._labels[best.slot].as_py(), best.look, best.evidence)

    def close(self) -> None:
        """Nothing is held open."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class BankCompared:
    """Compare with a bank file's entries: those within the radius, then what estimates fit.

    Pictures below the quality of `estimates` are not compared at all.
    """

    bank: BankRows
    radius: int
    estimates: EstimatePolicy

    def __repr__(self) -> str:
        """Show the settings alone."""
        return f"<BankCompared radius={self.radius} redacted>"

    def check(self, on_wait: OnWait = unheard) -> None:
        """Nothing to see to: the bank is here."""

    def matcher(self, on_wait: OnWait = unheard) -> BankMatcher:  # noqa: ARG002 - a bank is never waited for
        """Index the bank."""
        return BankMatcher(self.bank, self.radius, self.estimates)
