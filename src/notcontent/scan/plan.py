"""The plan of a scan: what is to be done, in numbered batches, fixed before the first file is read.

`plan.parquet` has a row for each unit (a file, an object, a run of rows of a list) and a row group for each batch. It
is written as the listing streams past, so that a million files need no more memory than a thousand. `scan.json`
beside it says what scan it is, and stands there only when the plan is whole.
"""

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from notcontent.errors import ScanChangedError, ScanOutError, StorageError
from notcontent.matching.atomicfile import write_atomically
from notcontent.scan import results

PLAN, IDENTITY, DRAFT = "plan.parquet", "scan.json", ".plan.part"
VERSION = 5


class UnitKind(Enum):
    """What one line of the plan asks for."""

    FILE = "file"
    """Read the local file `place`; a link must not lead out of `root`."""
    OBJECT = "object"
    """Read the object or URL `place`."""
    ROWS = "rows"
    """Match `count` rows of the list `place` from row `first` on. `at` is where they begin: the byte of a CSV, the row
    within the row group `group` of Parquet."""
    REFUSED = "refused"
    """Listing failed here already: only write down `error`."""


SCHEMA = pa.schema(
    [
        pa.field("kind", pa.string(), nullable=False),
        pa.field("place", pa.binary(), nullable=False),
        pa.field("root", pa.binary(), nullable=False),
        pa.field("size", pa.int64(), nullable=False),
        pa.field("first", pa.int64(), nullable=False),
        pa.field("count", pa.int64(), nullable=False),
        pa.field("group", pa.int32(), nullable=False),
        pa.field("at", pa.int64(), nullable=False),
        pa.field("error", pa.string()),
    ]
)


class Unit(msgspec.Struct, frozen=True):
    """One line of the plan. `size` is -1 where the listing does not tell; `count` is how many rows will come of it."""

    kind: str
    place: bytes
    root: bytes = b""
    size: int = -1
    first: int = 0
    count: int = 1
    group: int = -1
    at: int = 0
    error: str | None = None


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a scan is of. Going on with it needs all of this to be the same."""

    version: int
    sources: list[str]
    lists: list[str]
    """Of each local list, its size and when it was changed: its rows are counted in the plan."""
    bank: str | None
    """SHA-256 of the bank file as it lies on the disk."""
    gate: str | None
    radius: int
    min_quality: int
    looks: int
    estimates: int
    false_holds: float


class Saved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`scan.json`: what scan it is, and how large its plan."""

    identity: Identity
    batches: int
    rows: int
    plan: str
    """SHA-256 of `plan.parquet`: a plan that is not the one that was written is not gone on with."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole plan, on disk."""

    out: Path
    batches: int
    rows: int

    def batch(self, number: int) -> pa.Table:
        """Read one batch's units. Raises ScanChangedError when the plan has gone since."""
        try:
            with pq.ParquetFile(self.out / PLAN) as file:
                return file.read_row_group(number)
        except (OSError, pa.ArrowException) as error:
            raise ScanChangedError("The plan of the scan cannot be read.") from error

    def missing(self) -> list[int]:
        """List the numbers of the batches whose part is not there yet."""
        return [n for n in range(self.batches) if not results.part_path(self.out, n).exists()]


def open_out(out: Path, *, resume: bool) -> int:
    """Make the folder for the results, mode 0700, and lock it; give the handle that holds the lock.

    Raises ScanOutError when it holds anything and `resume` is false, or when another scan has it; StorageError.
    """
    import fcntl  # noqa: PLC0415 - Unix alone has it

    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(out, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise StorageError("The folder for the results cannot be made.") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _check_content(out, resume=resume)
        if stat.S_IMODE(os.fstat(handle).st_mode) & 0o077:
            os.fchmod(handle, 0o700)
        _make_results(handle)
    except BlockingIOError as error:
        os.close(handle)
        raise ScanOutError("Another scan writes into this folder.") from error
    except OSError as error:
        os.close(handle)
        raise StorageError("The folder for the results cannot be used.") from error
    except BaseException:
        os.close(handle)
        raise
    return handle


def _make_results(out: int) -> None:
    """Make the results' own folder inside, mode 0700. Raises ScanOutError for anything else of that name, OSError."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(results.FOLDER, mode=0o700, dir_fd=out)
    # A link would lead the results out of the folder, to where others may read them.
    try:
        handle = os.open(results.FOLDER, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=out)
    except NotADirectoryError as error:
        raise ScanOutError("The results' own folder is a link or a file.") from error
    try:
        if stat.S_IMODE(os.fstat(handle).st_mode) & 0o077:
            os.fchmod(handle, 0o700)
    finally:
        os.close(handle)


def close_out(out: Path, handle: int, *, made: bool) -> None:
    """Let go of the folder. Where no plan came to stand, nothing stays: the folder itself only if it was there before.

    So a command that was mistyped leaves nothing that would make the corrected one be refused.
    """
    if not (out / IDENTITY).exists():
        with contextlib.suppress(OSError):
            for name in (DRAFT, PLAN):
                (out / name).unlink(missing_ok=True)
            (out / results.FOLDER).rmdir()
            if made:
                out.rmdir()
    os.close(handle)


def _check_content(out: Path, *, resume: bool) -> None:
    """Refuse a folder that holds anything, or, to go on with, something else than a scan."""
    inside = {entry.name for entry in os.scandir(out)}
    if inside and not resume:
        raise ScanOutError("The folder for the results is not empty; --resume goes on with a scan.")
    if inside - {results.FOLDER, PLAN, IDENTITY, DRAFT} and IDENTITY not in inside:
        raise ScanOutError("The folder for the results holds something else than a scan.")


def saved_plan(out: Path, identity: Identity) -> Plan | None:
    """Give the plan that stands in a folder, or None when none was finished.

    Raises ScanChangedError when it is another scan's, cannot be read, or is not as it was written.
    """
    try:
        saved = msgspec.json.decode((out / IDENTITY).read_bytes(), type=Saved)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ScanChangedError("The scan to go on with cannot be read.") from error
    if saved.identity != identity:
        raise ScanChangedError(f"The scan to go on with had {_differences(saved.identity, identity)}.")
    try:
        if _digest(out / PLAN) != saved.plan:
            raise ScanChangedError("The plan of the scan to go on with was changed.")
        with pq.ParquetFile(out / PLAN) as file:
            if file.num_row_groups != saved.batches:
                raise ScanChangedError("The plan of the scan to go on with was changed.")
    except (OSError, pa.ArrowException) as error:
        raise ScanChangedError("The plan of the scan to go on with cannot be read.") from error
    return Plan(out, saved.batches, saved.rows)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


_OTHERS = {
    "version": "another version of this program",
    "sources": "other sources",
    "lists": "another state of its lists",
    "bank": "another bank",
    "gate": "another gate",
    "radius": "another --radius",
    "min_quality": "another --min-quality",
    "looks": "another --looks",
    "estimates": "another --estimates",
    "false_holds": "another --false-holds",
}


def _differences(before: Identity, now: Identity) -> str:
    """Say in what two scans differ, without saying what either was."""
    return ", ".join(word for name, word in _OTHERS.items() if getattr(before, name) != getattr(now, name))


def write_plan(out: Path, identity: Identity, batches: Iterable[list[Unit]]) -> Plan:
    """Write the plan batch by batch, then what it is a plan of. Raises StorageError."""
    draft, count, rows = out / DRAFT, 0, 0
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as sink:
            with pq.ParquetWriter(sink, SCHEMA, compression="zstd") as writer:
                for batch in batches:
                    writer.write_table(_table(batch), row_group_size=len(batch))
                    count, rows = count + 1, rows + sum(unit.count for unit in batch)
            sink.flush()
            os.fsync(sink.fileno())
        draft.replace(out / PLAN)
        digest = _digest(out / PLAN)
    except OSError as error:
        raise StorageError from error
    write_atomically(out / IDENTITY, [msgspec.json.encode(Saved(identity, count, rows, digest))])
    return Plan(out, count, rows)


def _table(batch: list[Unit]) -> pa.Table:
    columns = {name: [getattr(unit, name) for unit in batch] for name in SCHEMA.names}
    return pa.table(columns, schema=SCHEMA)


def in_batches(units: Iterable[Unit], *, pictures: int, rows: int) -> Iterator[list[Unit]]:
    """Cut units into batches: so many pictures, or lists' rows up to so many, and never both kinds in one."""
    batch: list[Unit] = []
    weight, most, of_rows = 0, 0, False
    for unit in units:
        is_rows = unit.kind == UnitKind.ROWS.value
        most = rows if is_rows else pictures
        if batch and (is_rows != of_rows or weight + unit.count > most or (is_rows and unit.place != batch[0].place)):
            yield batch
            batch, weight = [], 0
        batch.append(unit)
        weight, of_rows = weight + unit.count, is_rows
    if batch:
        yield batch


__all__ = ["Identity", "Plan", "Unit", "UnitKind", "close_out", "in_batches", "open_out", "saved_plan", "write_plan"]
