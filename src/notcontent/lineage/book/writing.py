"""An import at work: observations go into the book in batches, under a source that nobody reads until it is whole."""

import json
import sqlite3

from notcontent.lineage.book.schema import MARK_INDEX
from notcontent.lineage.book.sealing import Sealer
from notcontent.lineage.columns import signed
from notcontent.lineage.gathering import names_of
from notcontent.lineage.marks import Marker
from notcontent.lineage.observations import Fact, FactKind, Handle, HandleKind, Observation, Post, SameChannel
from notcontent.lineage.report import Report

_BATCH = 20_000
_MANY = 25
"""Batches after which an import goes without the index of digests. These are as good as random: in a large index each
falls on another page, which then is written with every batch. Made anew at the end, it is sorted and written once."""

_INSERTS = {
    "name": "INSERT OR IGNORE INTO name VALUES (?, ?, ?)",
    "post": "INSERT OR IGNORE INTO post VALUES (?, ?, ?, ?, ?)",
    "mark": "INSERT OR IGNORE INTO mark VALUES (?, ?, ?, ?, ?)",
    "link": "INSERT OR IGNORE INTO link VALUES (?, ?, ?, ?, ?)",
    "hash": "INSERT OR IGNORE INTO hash VALUES (?, ?, ?, ?, ?, ?)",
    "fact": "INSERT OR IGNORE INTO fact VALUES (?, ?, ?, ?)",
    "same": "INSERT OR IGNORE INTO same VALUES (?, ?, ?)",
}


class Importing:
    """Takes one source's observations. `finish` makes it stand; nothing of it is seen before."""

    def __init__(
        self, database: sqlite3.Connection, marker: Marker, sealer: Sealer, source: int, *, resumed: bool
    ) -> None:
        """Begin, or go on with what an earlier run left."""
        self.source = source
        self.resumed = resumed
        self.finished = False
        self._database = database
        self._marker = marker
        self._sealer = sealer
        self._channels: dict[Handle, int] = {}
        self._handles: dict[Handle, int] = {}
        self._waiting: dict[str, list[tuple[int | str | bytes | None, ...]]] = {name: [] for name in _INSERTS}
        self._batch: list[Observation] = []
        self._batches = 0

    def has_hashed(self, channel: Handle, number: int) -> bool:
        """Tell whether an earlier run of this import has hashed this post's media already."""
        if not self.resumed:
            return False
        found = self._database.execute(
            "SELECT 1 FROM hash JOIN channel c ON c.id = hash.channel JOIN handle h ON h.id = c.handle"
            " WHERE c.source = ? AND h.kind = ? AND h.value = ? AND number = ? LIMIT 1",
            (self.source, channel.kind.value, channel.value, number),
        )
        return found.fetchone() is not None

    def add(self, observation: Observation) -> None:
        """Take one observation; written with its batch."""
        self._batch.append(observation)
        if len(self._batch) >= _BATCH:
            self._write()

    def finish(self, report: Report) -> None:
        """Make the source stand, with its report."""
        self._write()
        told = json.dumps(
            {
                "posts": report.posts,
                "channels": report.channels,
                "facts": report.facts,
                "media_hashed": report.media_hashed,
                "bytes_read": report.bytes_read,
                **{f"skipped_{why.value}": count for why, count in sorted(report.skipped.items(), key=str)},
            }
        )
        self._database.execute("BEGIN IMMEDIATE")
        self._database.execute(MARK_INDEX)
        self._database.execute("UPDATE source SET state = 'standing', report = ? WHERE id = ?", (told, self.source))
        self._database.execute("UPDATE meta SET generation = generation + 1")
        self._database.execute("COMMIT")
        self.finished = True

    def pause(self) -> None:
        """Write what waits, and leave it unseen for the next run, which reads the source again.

        What Ctrl-C met in the middle of being written is dropped.
        """
        if self._database.in_transaction:
            self.abandon()
        else:
            self._write()

    def abandon(self) -> None:
        """Drop what waits."""
        if self._database.in_transaction:
            self._database.execute("ROLLBACK")

    def _add_post(self, post: Post) -> None:
        row, number, time = self._channel(post.channel), post.number, post.time
        forward = None if post.forward is None else self._handle(post.forward)
        views = -1 if post.views is None else post.views
        self._waiting["post"].append((row, number, time, views, forward))
        if post.marks:
            marks = [(row, number, int(kind), signed(digest), time) for kind, digest in post.marks]
            self._waiting["mark"] += marks
        for link in post.links:
            self._put("link", row, post.number, self._handle(link.to), int(link.button), post.time)
        for place, found in enumerate(post.hashes):
            sealed = self._sealer.seal(found.value, row, post.number, place)
            self._put("hash", row, post.number, place, found.quality, post.time, sealed)

    def _add_fact(self, fact: Fact) -> None:
        row = self._channel(fact.channel)
        self._put("fact", row, fact.kind.value, fact.value, fact.time)
        if fact.kind is FactKind.TITLE:
            title = Handle(HandleKind.TITLE, self._marker.title(fact.value))
            self._put("name", row, self._handle(title), 0)

    def _put(self, table: str, *values: int | str | bytes | None) -> None:
        self._waiting[table].append(values)

    def _write(self) -> None:
        """Write the batch. Between batches no lock is held: a reader of the book waits for no reader of a source."""
        self._database.execute("BEGIN IMMEDIATE")
        self._batches += 1
        if self._batches == _MANY:
            self._database.execute("DROP INDEX IF EXISTS mark_digest")
        for observation in self._batch:
            if isinstance(observation, Post):
                self._add_post(observation)
            elif isinstance(observation, Fact):
                self._add_fact(observation)
            elif isinstance(observation, SameChannel):
                for name in (observation.one, observation.other):
                    self._channel(name)
                self._put("same", self.source, self._handle(observation.one), self._handle(observation.other))
        for table, rows in self._waiting.items():
            self._database.executemany(_INSERTS[table], rows)
            rows.clear()
        self._database.execute("COMMIT")
        self._batch.clear()

    def _channel(self, handle: Handle) -> int:
        row = self._channels.get(handle)
        if row is None:
            place = self._handle(handle)
            self._database.execute("INSERT OR IGNORE INTO channel (source, handle) VALUES (?, ?)", (self.source, place))
            (row,) = self._database.execute(
                "SELECT id FROM channel WHERE source = ? AND handle = ?", (self.source, place)
            ).fetchone()
            self._channels[handle] = row
            for name in names_of(handle, self._marker):
                self._put("name", row, self._handle(name), 1)
        return row

    def _handle(self, handle: Handle) -> int:
        place = self._handles.get(handle)
        if place is None:
            values = (handle.kind.value, handle.value)
            self._database.execute("INSERT OR IGNORE INTO handle (kind, value) VALUES (?, ?)", values)
            (place,) = self._database.execute("SELECT id FROM handle WHERE kind = ? AND value = ?", values).fetchone()
            self._handles[handle] = place
        return place
