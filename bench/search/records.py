"""What a run writes, one JSON object a line; report.py and plot.py read it back. Times in microseconds unless named."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

import msgspec
import numpy as np


class Spread(msgspec.Struct, frozen=True):
    """The middle of many measurements, and how far they lie apart."""

    p10: float
    p50: float
    p90: float
    p99: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float], scale: float = 1.0) -> Self:
        p10, p50, p90, p99 = (float(part) * scale for part in np.percentile(values, [10, 50, 90, 99]))
        return cls(p10, p50, p90, p99, len(values))


class RunRecord(msgspec.Struct, frozen=True, tag="run", tag_field="what"):
    """The machine and the plan."""

    date: str
    processor: str
    cores: int
    load: float
    seed: int
    rounds: int
    versions: dict[str, str]


class EngineRecord(msgspec.Struct, frozen=True, tag="engine", tag_field="what"):
    """One engine on one bank. CPU time of the engine's process (pgvector: and of its server) unless named wall."""

    kind: str
    rows: int
    key: str
    name: str
    exact: bool
    recall: float
    """Share of the right pairs (query, row) that it gave."""
    planted_recall: float
    wrong: int
    """Pairs that it gave and are not right."""
    one_cpu: Spread
    one_wall: Spread
    batch_queries: int
    """0: a batch would have taken too long."""
    batch_cpu: Spread | None
    """For each query of the batch."""
    build_cpu_s: float
    build_wall_s: float
    bytes_a_row: float
    open_wall: float | None
    first_query_wall: float | None
    file_bytes_a_row: float | None


class BoundRecord(msgspec.Struct, frozen=True, tag="bound", tag_field="what"):
    """What memory allows: see bounds.py."""

    kind: str
    rows: int
    lines: float
    entries: float
    survivors: float
    buffer_bytes: int
    huge_share: float
    line_ns: Spread
    stream_gb_s: Spread
    empty_call: Spread
    """A search of notcontent in an index without rows: what Python and the binding cost."""

    @property
    def bound(self) -> float:
        """Give the bound for one query."""
        return self.lines * self.line_ns.p50 / 1000


class LeftOutRecord(msgspec.Struct, frozen=True, tag="left out", tag_field="what"):
    """An engine that was not run on a bank, and why."""

    kind: str
    rows: int
    key: str
    name: str
    why: str


Record = RunRecord | EngineRecord | BoundRecord | LeftOutRecord

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Record)


def append_records(path: Path, records: Iterable[Record]) -> None:
    with path.open("ab") as file:
        file.writelines(_ENCODER.encode(record) + b"\n" for record in records)


def read_records(path: Path) -> list[Record]:
    return [_DECODER.decode(line) for line in path.read_bytes().splitlines()]
