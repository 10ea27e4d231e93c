"""What a scan writes: one row a file, in Parquet parts that are there wholly or not at all. Never a hash."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from notcontent.errors import ScanIncompleteError
from notcontent.matching.atomicfile import write_atomically

FOLDER = "results"


class Verdict(Enum):
    """What became of one file."""

    MATCH = "match"
    """An entry of the bank file lies within the radius: a reason to look, never proof."""
    BLOCK = "block"
    """The gate's policy advises to block."""
    HOLD = "hold"
    """For a person to judge: the gate's policy advises it, or an entry of the bank file fits an estimate."""
    NO_MATCH = "no_match"
    LOW_QUALITY = "low_quality"
    """Too plain to be told from others: not compared."""
    SKIPPED = "skipped"
    """A video, which a scan does not read, and so not compared; `error` says so. No failure: it may be a good one."""
    ERROR = "error"
    """Not hashed, and so not compared; `error` says why."""


FOUND = frozenset({Verdict.MATCH, Verdict.BLOCK, Verdict.HOLD})

OUTCOME = pa.struct(
    [
        pa.field("verdict", pa.string()),
        pa.field("entry", pa.string()),
        pa.field("distance", pa.uint8()),
        pa.field("matches", pa.uint32()),
        pa.field("look", pa.string()),
        pa.field("evidence", pa.float32()),
        pa.field("quality", pa.uint8()),
        pa.field("moves", pa.bool_()),
        pa.field("error", pa.string()),
    ]
)
"""A row without its path. `entry` and `distance` are the nearest match's; `look` says what of the picture met it, and
`matches` counts all entries within the radius of that look. `evidence` is what speaks for an entry that was estimated,
which has no distance. `moves`: an animation, judged by its first picture alone; null where no picture was read."""

SCHEMA = pa.schema([pa.field("path", pa.string()), *OUTCOME])


FIRST, FIRST_FAILED = 10, 5
_SHOWN = ["path", "verdict", "entry", "distance", "look", "evidence"]
_COUNTED = [*_SHOWN, "moves", "error"]


@dataclass(frozen=True, slots=True)
class FirstFound:
    """One row that was found, as the summary shows it."""

    path: str
    verdict: str
    entry: str | None
    distance: int | None
    look: str | None
    evidence: float | None


@dataclass(frozen=True, slots=True)
class FirstFailed:
    """One row that failed, as the summary shows it."""

    path: str
    error: str


@dataclass(slots=True)
class Tally:
    """Counts over rows, and the first few that were found, and that failed."""

    verdicts: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    """By code, of the rows that failed: what was skipped did not."""
    moving: int = 0
    """Animations, judged by their first picture."""
    first: list[FirstFound] = field(default_factory=list)
    failed: list[FirstFailed] = field(default_factory=list)

    def add(self, table: pa.Table) -> None:
        """Count a part's rows."""
        failed = table.filter(pc.equal(table.column("verdict"), Verdict.ERROR.value))
        for column, counts in ((table.column("verdict"), self.verdicts), (failed.column("error"), self.errors)):
            for each in column.value_counts().to_pylist():
                counts[each["values"]] += each["counts"]
        self.moving += pc.sum(table.column("moves")).as_py() or 0
        shown = failed.slice(0, FIRST_FAILED - len(self.failed)).select(["path", "error"])
        self.failed += [FirstFailed(*row.values()) for row in shown.to_pylist()]
        if len(self.first) < FIRST:
            names = [verdict.value for verdict in FOUND]
            found = table.filter(pc.is_in(table.column("verdict"), pa.array(names))).slice(0, FIRST - len(self.first))
            self.first += [FirstFound(*row.values()) for row in found.select(_SHOWN).to_pylist()]

    def of(self, verdict: Verdict) -> int:
        """Count the rows of one verdict."""
        return self.verdicts[verdict.value]

    @property
    def rows(self) -> int:
        """Count all rows."""
        return self.verdicts.total()

    @property
    def screened(self) -> int:
        """Count the rows of which something was read: neither errors nor what was skipped."""
        return self.rows - self.of(Verdict.ERROR) - self.of(Verdict.SKIPPED)

    @property
    def found(self) -> int:
        """Count the rows that somebody has to look at."""
        return sum(self.of(verdict) for verdict in FOUND)


def part_path(out: Path, number: int) -> Path:
    """Name the part that a batch becomes."""
    return out / FOLDER / f"part-{number:06d}.parquet"


def write_part(out: Path, number: int, table: pa.Table, expected: int) -> None:
    """Write one batch's rows, mode 0600, by a rename. Raises ScanIncompleteError, StorageError."""
    if table.num_rows != expected or table.column("verdict").null_count or not table.schema.equals(SCHEMA):
        raise ScanIncompleteError
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    write_atomically(part_path(out, number), [memoryview(sink.getvalue())])


def read_parts(out: Path, numbers: list[int]) -> Iterator[pa.Table]:
    """Read the counted columns of parts that are there already. Raises ScanIncompleteError for a damaged one."""
    for number in numbers:
        try:
            table = pq.read_table(part_path(out, number), columns=_COUNTED, partitioning=None)
            yield table.cast(pa.schema([SCHEMA.field(name) for name in _COUNTED]))
        except (pa.ArrowException, ValueError, OSError) as error:
            raise ScanIncompleteError("A part of the results cannot be read; remove it and go on.") from error


def shown_path(path: bytes) -> str:
    r"""Write a file's name as text, no two alike: a backslash as two, bytes that are not UTF-8 as \xNN."""
    return path.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")
