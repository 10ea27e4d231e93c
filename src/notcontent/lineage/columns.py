"""Observations in columns, as a book or a gathering holds them: numbers in flat arrays, names interned."""

from array import array
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.observations import FactKind, Handle

Ints = NDArray[np.int64]


class Facts(NamedTuple):
    """One fact of a row."""

    row: int
    kind: FactKind
    value: str
    time: int


@dataclass(slots=True, repr=False)
class Columns:
    """One row a channel and source (or handle); what belongs to a row names it first.

    `posts` (row, number, time, views or -1), `marks` (row, kind, time, digest as a signed number), `forwards` (row,
    handle, time), `links` (row, handle, time, button), `pictures` (row, cluster, time): flat, so that ten million take
    32 bytes each and no objects. `named`: (row, handle) of names that are the row's own; `titled`: the digests of its
    titles, which others may bear too. `same`: pairs of rows of which one source says that they are one channel.
    `placed`: which channel each row is, and the channels' keys, where the whole of which this is a part said so.
    """

    rows: int = 0
    handles: list[Handle] = field(default_factory=list)
    named: list[tuple[int, int]] = field(default_factory=list)
    titled: list[tuple[int, int]] = field(default_factory=list)
    same: list[tuple[int, int]] = field(default_factory=list)
    placed: tuple[Ints, list[str]] | None = None
    facts: list[Facts] = field(default_factory=list)
    posts: "array[int]" = field(default_factory=lambda: array("q"))
    marks: "array[int]" = field(default_factory=lambda: array("q"))
    pictures: "array[int]" = field(default_factory=lambda: array("q"))
    forwards: "array[int]" = field(default_factory=lambda: array("q"))
    links: "array[int]" = field(default_factory=lambda: array("q"))
    _interned: dict[Handle, int] = field(default_factory=dict)

    def handle(self, handle: Handle) -> int:
        """Give a handle's place, a new one for a new handle."""
        place = self._interned.setdefault(handle, len(self.handles))
        if place == len(self.handles):
            self.handles.append(handle)
        return place

    def __repr__(self) -> str:
        """Show counts alone."""
        return f"<Columns {self.rows} rows, {len(self.posts) // 4} posts, redacted>"


def signed(digest: int) -> int:
    """Give 64 bits as a signed number: SQLite and i64 know no other."""
    return digest - (1 << 64) if digest >= 1 << 63 else digest


def table(flat: "array[int]", width: int) -> Ints:
    """See a flat array as i64[n, width]."""
    return np.frombuffer(flat, dtype=np.int64).reshape(-1, width) if flat else np.empty((0, width), dtype=np.int64)
