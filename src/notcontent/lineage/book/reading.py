"""What standing sources hold, read into columns: all of it, or the part that some sources touch."""

import sqlite3
from array import array
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np

from notcontent.lineage.book.sealing import Sealer
from notcontent.lineage.book.values import Told
from notcontent.lineage.clusters import cluster_hashes
from notcontent.lineage.columns import Columns, Facts, Ints
from notcontent.lineage.merging import places
from notcontent.lineage.observations import FactKind, Handle, HandleKind

_STANDING = "SELECT id FROM source WHERE state = 'standing'"
_AT_ONCE = 1 << 16
_MOST_HOLDERS = 1000
"""A content that more rows show says next to nothing, and leads everywhere: a part does not follow it."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Rows:
    """Which row is which channel. `columns` has the rows' names and no posts yet; `place` i64[rows].

    `row_of` i64: a row by the book's channel number, -1 where no standing source holds it. `handle_of` i64: a handle's
    place in `columns.handles` by the book's number.
    """

    columns: Columns
    row_of: Ints
    handle_of: Ints
    source_of_row: Ints
    place: Ints
    keys: list[str]

    @property
    def owners(self) -> Collection[int]:
        """Give the handles that are some channel's own, as places in `columns.handles`."""
        return {handle for _, handle in self.columns.named}


class Part(NamedTuple):
    """Columns of the channels that a part holds, and the keys of those whose lines may change."""

    columns: Columns
    keys: list[str]


def read_rows(database: sqlite3.Connection) -> Rows:
    """Read the rows of standing sources and their names."""
    columns = Columns()
    handles = database.execute("SELECT id, kind, value FROM handle").fetchall()
    handle_of = np.full(max((row[0] for row in handles), default=0) + 1, -1, dtype=np.int64)
    for number, kind, value in handles:
        handle_of[number] = columns.handle(Handle(HandleKind(kind), value))
    found = database.execute(
        f"SELECT id, source, handle FROM channel WHERE source IN ({_STANDING}) ORDER BY id"
    ).fetchall()
    row_of = np.full(max((row[0] for row in found), default=0) + 1, -1, dtype=np.int64)
    sources = [source for _, source, _ in found]
    for row, (number, _, _) in enumerate(found):
        row_of[number] = row
    columns.rows = len(found)
    for channel, handle, own in database.execute("SELECT channel, handle, own FROM name"):
        if channel < len(row_of) and row_of[channel] >= 0:
            (columns.named if own else columns.titled).append((int(row_of[channel]), int(handle_of[handle])))
    rows = {(source, handle): row for row, (_, source, handle) in enumerate(found)}
    same = database.execute(f"SELECT source, one, other FROM same WHERE source IN ({_STANDING})")
    columns.same = [(rows[source, one], rows[source, other]) for source, one, other in same]
    place, keys = places(columns)
    return Rows(columns, row_of, handle_of, np.array(sources, dtype=np.int64), place, keys)


def read_columns(database: sqlite3.Connection, sealer: Sealer, rows: Rows, only: Ints | None = None) -> Columns:
    """Read posts, marks, pointers and facts into the rows' columns: of all rows, or `only` of those channel numbers."""
    columns = rows.columns
    columns.placed = rows.place, rows.keys
    where = ""
    if only is not None:
        _list(database, "wanted", only.tolist())
        where = " WHERE channel IN (SELECT id FROM temp.wanted)"
    columns.posts = _read(database, rows, f"SELECT channel, number, time, views FROM post{where}", 4)
    columns.marks = _read(database, rows, f"SELECT channel, kind, time, digest FROM mark{where}", 4)
    sign = " AND" if where else " WHERE"
    columns.forwards = _read(
        database, rows, f"SELECT channel, forward, time FROM post{where}{sign} forward IS NOT NULL", 3, handle=1
    )
    columns.links = _read(database, rows, f"SELECT channel, handle, time, button FROM link{where}", 4, handle=1)
    columns.pictures = _pictures(database, sealer, rows)
    for channel, kind, value, time in database.execute(f"SELECT channel, kind, value, time FROM fact{where}"):
        if channel < len(rows.row_of) and rows.row_of[channel] >= 0:
            columns.facts.append(Facts(int(rows.row_of[channel]), FactKind(kind), value, time))
    return columns


def read_facts(database: sqlite3.Connection, rows: Rows, places: set[int]) -> list[tuple[int, Told]]:
    """Read what standing sources say of channels: each one's place and a fact, the newest first, none twice."""
    _list(database, "wanted", _numbers(rows, places).tolist())
    found = database.execute(
        "SELECT c.id, c.source, f.kind, f.value, f.time FROM fact f JOIN channel c ON c.id = f.channel"
        " WHERE f.channel IN (SELECT id FROM temp.wanted) ORDER BY f.time DESC, c.source, f.kind"
    )
    told = (
        (int(rows.place[rows.row_of[number]]), Told(source, FactKind(kind), value, time))
        for number, source, kind, value, time in found
    )
    return list(dict.fromkeys(told))


def part_around(database: sqlite3.Connection, sealer: Sealer, rows: Rows, sources: Collection[int]) -> Part:
    """Read what these sources touch.

    Their channels, those that show or name something in common with them, and, so that these are judged as in the
    whole, those that have something in common with these.
    """
    pictures = _pictures(database, sealer, rows)
    touched = set(rows.place[np.isin(rows.source_of_row, list(sources))].tolist())
    near = touched | _neighbours(database, rows, pictures, touched)
    held = near | _neighbours(database, rows, pictures, near)
    return Part(columns_of(database, sealer, rows, held), [rows.keys[place] for place in sorted(near)])


def columns_of(database: sqlite3.Connection, sealer: Sealer, rows: Rows, places: set[int]) -> Columns:
    """Read what some channels show, and leave the rest out."""
    return _narrow(read_columns(database, sealer, rows, _numbers(rows, places)), rows, places)


def _narrow(columns: Columns, rows: Rows, held: set[int]) -> Columns:
    """Leave rows out that the part does not hold: their names would be channels without posts."""
    kept = np.isin(rows.place, list(held))
    fresh = np.where(kept, np.cumsum(kept) - 1, -1)
    narrow = Columns(rows=int(kept.sum()), handles=columns.handles)
    order = sorted(held)
    narrow.placed = np.searchsorted(order, rows.place[kept]).astype(np.int64), [rows.keys[place] for place in order]
    narrow.named = [(int(fresh[row]), handle) for row, handle in columns.named if kept[row]]
    narrow.titled = [(int(fresh[row]), handle) for row, handle in columns.titled if kept[row]]
    narrow.facts = [fact._replace(row=int(fresh[fact.row])) for fact in columns.facts if kept[fact.row]]
    for name, width in (("posts", 4), ("marks", 4), ("forwards", 3), ("links", 4), ("pictures", 3)):
        flat: array[int] = getattr(columns, name)
        values = (
            np.frombuffer(flat, dtype=np.int64).reshape(-1, width).copy() if flat else np.empty((0, width), np.int64)
        )
        values = values[kept[values[:, 0]]]
        values[:, 0] = fresh[values[:, 0]]
        setattr(narrow, name, array("q", values.astype(np.int64).tobytes()))
    return narrow


def _neighbours(database: sqlite3.Connection, rows: Rows, pictures: "array[int]", of: set[int]) -> set[int]:
    """Give the places that show a content of these, or point at them, or are pointed at by them."""
    _list(database, "around", _numbers(rows, of).tolist())
    around = "(SELECT id FROM temp.around)"
    found = set(_common(database, rows, around))
    own = [handle for row, handle in rows.columns.named if int(rows.place[row]) in of]
    number_of = {int(place): number for number, place in enumerate(rows.handle_of.tolist()) if place >= 0}
    _list(database, "theirs", [number_of[handle] for handle in own])
    for query in (
        "SELECT DISTINCT channel FROM link WHERE handle IN (SELECT id FROM temp.theirs)",
        "SELECT DISTINCT channel FROM post WHERE forward IN (SELECT id FROM temp.theirs)",
        f"SELECT channel FROM name WHERE own AND handle IN (SELECT handle FROM link WHERE channel IN {around})",
        f"SELECT channel FROM name WHERE own AND handle IN (SELECT forward FROM post WHERE channel IN {around})",
    ):
        found.update(_places(rows, (row[0] for row in database.execute(query))))
    if pictures:
        shown = np.frombuffer(pictures, dtype=np.int64).reshape(-1, 3)
        place = rows.place[shown[:, 0]]
        clusters = np.unique(shown[np.isin(place, list(of)), 1])
        found.update(place[np.isin(shown[:, 1], clusters)].tolist())
    return found


def _common(database: sqlite3.Connection, rows: Rows, around: str) -> Iterable[int]:
    found = database.execute(
        f"SELECT DISTINCT digest, channel FROM mark WHERE digest IN (SELECT digest FROM mark WHERE channel IN {around})"
    )
    pairs = np.array(found.fetchall(), dtype=np.int64).reshape(-1, 2)
    _, which, holders = np.unique(pairs[:, 0], return_inverse=True, return_counts=True)
    return _places(rows, pairs[holders[which] <= _MOST_HOLDERS, 1].tolist())


def _places(rows: Rows, numbers: Iterable[int]) -> Iterable[int]:
    known = (rows.row_of[number] for number in numbers if number < len(rows.row_of))
    return (int(rows.place[row]) for row in known if row >= 0)


def _numbers(rows: Rows, of: set[int]) -> Ints:
    """Give the book's channel numbers of these places."""
    numbers = np.flatnonzero(rows.row_of >= 0)
    return numbers[np.isin(rows.place[rows.row_of[numbers]], list(of))]


def _list(database: sqlite3.Connection, name: str, values: Iterable[int]) -> None:
    database.execute(f"CREATE TEMP TABLE IF NOT EXISTS {name} (id INTEGER PRIMARY KEY)")
    database.execute(f"DELETE FROM temp.{name}")
    database.executemany(f"INSERT OR IGNORE INTO temp.{name} VALUES (?)", ((value,) for value in values))


def _read(
    database: sqlite3.Connection, rows: Rows, query: str, width: int, *, handle: int | None = None
) -> "array[int]":
    """Read a query's numbers flat; the first, the book's channel number, becomes a row where one stands."""
    flat: array[int] = array("q")
    found = database.execute(query)
    while batch := found.fetchmany(_AT_ONCE):  # ten million rows are held once, not once for each step
        values = np.fromiter(chain.from_iterable(batch), np.int64, len(batch) * width).reshape(-1, width)
        values = values[values[:, 0] < len(rows.row_of)]
        values[:, 0] = rows.row_of[values[:, 0]]
        values = values[values[:, 0] >= 0]
        if handle is not None:
            values[:, handle] = rows.handle_of[values[:, handle]]
        flat.frombytes(values.tobytes())
    return flat


def _pictures(database: sqlite3.Connection, sealer: Sealer, rows: Rows) -> "array[int]":
    """Open the sealed hashes and give (row, cluster, time) of each that falls into one. The values end here."""
    flat: array[int] = array("q")
    places: list[tuple[int, int]] = []
    values, qualities = bytearray(), bytearray()
    for channel, number, place, quality, time, sealed in database.execute(
        "SELECT channel, number, place, quality, time, sealed FROM hash"
    ):
        if channel < len(rows.row_of) and rows.row_of[channel] >= 0:
            places.append((int(rows.row_of[channel]), time))
            values += sealer.open(sealed, channel, number, place)
            qualities.append(quality)
    if places:
        clusters = cluster_hashes(
            np.frombuffer(bytes(values), dtype=np.uint8).reshape(-1, 32), np.frombuffer(bytes(qualities), np.uint8)
        )
        for (row, time), cluster in zip(places, clusters.tolist(), strict=True):
            if cluster >= 0:
                flat.extend((row, cluster, time))
    return flat
