"""A scan from end to end: list into a plan, run the batches that are missing, write a part for each, count.

Each batch is one Daft query, on this machine's threads or on a cluster, and its rows are checked against the plan
before they become a part: every file listed comes out once. A part appears by a rename, so a scan that was killed goes
on with the first batch that has none.
"""

import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from notcontent.errors import ListUnreadableError, ScanIncompleteError, error_of
from notcontent.matching.estimating import EstimatePolicy
from notcontent.scan import plan as planning
from notcontent.scan.bank import Compared, Wait
from notcontent.scan.listing import state_of_lists, units_of
from notcontent.scan.lists import numbered, read_rows
from notcontent.scan.plan import VERSION, Identity, Plan, Unit, UnitKind, in_batches
from notcontent.scan.results import OUTCOME, SCHEMA, Tally, Verdict, read_parts, shown_path, write_part
from notcontent.scan.runtime import daft, use_threads
from notcontent.scan.sources import Source
from notcontent.scan.stage import ABORT, Screening, Stage, put_stage, screen_hashes, screen_units, take_stage

PICTURES_A_BATCH = 1000
PICTURES_A_CLUSTER_BATCH = 10_000
"""A query on a cluster costs more to begin."""
ROWS_A_BATCH = 1_000_000


class Watcher(Protocol):
    """Hears how a scan goes on. Every call may come from another thread, except those that may raise to end it."""

    def listed(self, count: int) -> None:
        """Be told that so many more files were listed. May raise, and the scan ends."""
        ...

    def planned(self, rows: int, before: Tally) -> None:
        """Be told that listing is over: so many rows, and what was done before. May raise, and the scan ends."""
        ...

    def done(self, count: int) -> None:
        """Be told that so many more were screened: compared, or found to be no picture."""
        ...

    def waiting(self, wait: Wait) -> None:
        """Be told that the gate gives no answer now, why, and how long it will be asked again."""
        ...

    def written(self, tally: Tally) -> None:
        """Be told that a batch is safe on the disk, and the counts so far. May raise, and the scan ends."""
        ...


class Silent:
    """A watcher that says nothing."""

    def listed(self, count: int) -> None:
        """Say nothing."""

    def planned(self, rows: int, before: Tally) -> None:
        """Say nothing."""

    def done(self, count: int) -> None:
        """Say nothing."""

    def waiting(self, wait: Wait) -> None:
        """Say nothing."""

    def written(self, tally: Tally) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What to scan and how."""

    sources: tuple[Source, ...]
    out: Path
    screening: Screening
    radius: int
    estimates: EstimatePolicy
    bank: str | None = None
    """SHA-256 of the bank file, to know it again."""
    gate: str | None = None
    resume: bool = False
    pictures_a_batch: int = PICTURES_A_BATCH
    rows_a_batch: int = ROWS_A_BATCH

    @property
    def identity(self) -> Identity:
        """What this is a scan of."""
        return Identity(
            version=VERSION,
            sources=[os.fsencode(source.place).decode("utf-8", "backslashreplace") for source in self.sources],
            lists=state_of_lists(self.sources),
            bank=self.bank,
            gate=self.gate,
            radius=self.radius,
            min_quality=self.estimates.min_quality,
            looks=self.screening.limits.budget,
            estimates=self.estimates.budget,
            false_holds=self.estimates.false_holds,
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """What a scan came to."""

    tally: Tally
    seconds: float
    batches: int
    resumed: int
    """Rows that an earlier run had done."""


@dataclass(frozen=True, slots=True)
class Running:
    """A stage that was put up: its name, and into how many partitions a query should be cut (1: here, by threads)."""

    name: str
    partitions: int = 1

    def cut(self, frame: Any) -> Any:  # noqa: ANN401 - a Daft frame
        """Spread a frame over a cluster's workers; rows keep their order."""
        return frame if self.partitions == 1 else frame.into_partitions(self.partitions)


class Place(Protocol):
    """Where queries run: puts the stage up there for as long as a scan lasts."""

    def __call__(self, watcher: Watcher) -> AbstractContextManager[Running]:
        """Put the stage up. Raises at once when what to compare with cannot be: a gate that refuses the key."""
        ...


def here(screening: Screening, compared: Compared, workers: int) -> Place:
    """Run in this process, on so many threads."""

    @contextmanager
    def place(watcher: Watcher) -> Iterator[Running]:
        use_threads(workers)
        compared.check(watcher.waiting)
        name = secrets.token_hex(8)
        put_stage(name, Stage(screening, compared.matcher(watcher.waiting), watcher.done))
        try:
            yield Running(name)
        finally:
            take_stage(name)

    return place


def run(scan: Scan, place: Place, watcher: Watcher | None = None) -> Summary:
    """Scan, or go on with a scan. Raises ScanOutError, ScanChangedError, SourceError, and what a gate or disk refuses.

    Whatever it raises, the parts that are there are whole, and `resume` goes on from them.
    """
    watcher = watcher or Silent()
    began = time.monotonic()
    made = not os.path.exists(scan.out)  # noqa: PTH110 - Path's raises where a folder may not be entered
    handle = planning.open_out(scan.out, resume=scan.resume)
    try:
        # First, because Daft must know where it runs before it lists anything.
        with place(watcher) as stage:
            plan = _planned(scan, watcher)
            missing = plan.missing()
            tally = Tally()
            for table in read_parts(scan.out, sorted(set(range(plan.batches)) - set(missing))):
                tally.add(table)
            resumed = tally.rows
            watcher.planned(plan.rows, tally)
            for number in missing:
                _run_batch(plan, number, stage, scan, tally)
                watcher.written(tally)
        if tally.rows != plan.rows:
            raise ScanIncompleteError
        return Summary(tally, time.monotonic() - began, plan.batches, resumed)
    finally:
        planning.close_out(scan.out, handle, made=made)


def _planned(scan: Scan, watcher: Watcher) -> Plan:
    """Give the plan that stands there, or list and write one."""
    identity = scan.identity
    plan = planning.saved_plan(scan.out, identity)
    if plan is not None:
        return plan
    units = _counted(units_of(scan.sources, scan.out, scan.screening.store), watcher)
    batches = in_batches(units, pictures=scan.pictures_a_batch, rows=scan.rows_a_batch)
    return planning.write_plan(scan.out, identity, batches)


def _counted(units: Iterator[Unit], watcher: Watcher) -> Iterator[Unit]:
    """Tell of units as they pass."""
    for unit in units:
        watcher.listed(unit.count)
        yield unit


def _run_batch(plan: Plan, number: int, stage: Running, scan: Scan, tally: Tally) -> None:
    """Screen one batch and make it a part."""
    units = plan.batch(number)
    if units.column("kind")[0].as_py() == UnitKind.ROWS.value:
        table = _rows(units, stage, scan)
    else:
        table = _pictures(units, stage)
    _raise_for_abort(table)
    expected = pc.sum(units.column("count")).as_py()
    write_part(scan.out, number, table, expected)
    tally.add(table)


def _pictures(units: pa.Table, stage: Running) -> pa.Table:
    """Screen a batch of files and objects. Raises ScanIncompleteError unless each comes back once, in order."""
    structs = pa.StructArray.from_arrays(
        [units.column(name).combine_chunks() for name in ("kind", "place", "root", "size", "error")],
        names=["kind", "place", "root", "size", "error"],
    )
    numbers = pa.array(np.arange(units.num_rows))
    frame = stage.cut(daft.from_arrow(pa.table({"number": numbers, "unit": structs})))
    outcome = screen_units(daft.col("unit"), stage.name).alias("outcome")
    answered = _in_order(frame.select(daft.col("number"), outcome).to_arrow(), numbers)
    names = pa.array([shown_path(place) for place in units.column("place").to_pylist()], pa.string())
    return _table(names, answered.column("outcome").combine_chunks())


def _rows(units: pa.Table, stage: Running, scan: Scan) -> pa.Table:
    """Match a batch of a list's rows. Raises ScanIncompleteError when there are others than were planned."""
    batch = [Unit(**row) for row in units.to_pylist()]
    expected = sum(unit.count for unit in batch)
    try:
        rows = read_rows(batch, scan.screening.store)
    except ListUnreadableError as error:
        refused = {"verdict": Verdict.ERROR.value, "error": error.code}
        return _table(numbered(batch), pa.array([refused], OUTCOME).take(pa.array(np.zeros(expected, np.int8))))
    if len(rows.hashes) != expected:
        raise ScanIncompleteError("A list has other rows than it had when it was planned.")
    numbers = pa.array(np.arange(expected))
    frame = stage.cut(daft.from_arrow(pa.table({"number": numbers, "hash": rows.hashes, "quality": rows.qualities})))
    outcome = screen_hashes(daft.col("hash"), daft.col("quality"), stage.name).alias("outcome")
    answered = _in_order(frame.select(daft.col("number"), outcome).to_arrow(), numbers)
    return _table(rows.names, answered.column("outcome").combine_chunks())


def _in_order(answered: pa.Table, numbers: pa.Array) -> pa.Table:
    """Put answers in order. Raises ScanIncompleteError unless each number comes back once."""
    if answered.column("number").combine_chunks() != numbers:
        answered = answered.sort_by("number")
    if answered.column("number").combine_chunks() != numbers:
        raise ScanIncompleteError
    return answered


def _table(names: pa.Array, outcomes: pa.StructArray) -> pa.Table:
    """Lay a batch out as it is written."""
    fields = outcomes.flatten()
    columns = [column.cast(wanted.type) for column, wanted in zip(fields, OUTCOME, strict=True)]
    return pa.Table.from_arrays([names, *columns], schema=SCHEMA)


def _raise_for_abort(table: pa.Table) -> None:
    """Raise the error that a stage met and that is not one file's."""
    aborted = table.filter(pc.equal(table.column("verdict"), ABORT))
    if aborted.num_rows:
        code, message = (aborted.column(name)[0].as_py() for name in ("error", "entry"))
        raise error_of(code)(message)


def digest_of(path: Path) -> str:
    """Give a file's SHA-256: of a sealed bank file it tells nothing, but it tells whether it is the same."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
