"""The gate's truth: gate.db (SQLite, WAL). Entries with sealed values and the cursor, committed together.

One process writes (the syncer); the HTTP workers read single rows through `EntryReader`. A page or snapshot is
one transaction: refused or interrupted, it leaves everything as it was. A withdrawal deletes its row, and
secure_delete overwrites the bytes; the write-ahead log is emptied right after, so the value is gone from there too.
"""

import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from notcontent.errors import ConfigError, FeedOrderError, StorageError
from notcontent.exchange.changes import Add, Change, Entry, Withdraw
from notcontent.exchange.client import Step
from notcontent.exchange.pages import SnapshotReader
from notcontent.exchange.wire import Lease
from notcontent.gate import rows
from notcontent.gate.database import SCHEMA, UPGRADE, VERSION, check_database
from notcontent.gate.lease import Clock, Deadlines, Seen, deadlines, steady_now
from notcontent.gate.sealing import Sealer
from notcontent.gate.watch import capped


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the gate stands with its hub. Both are None before the first snapshot and after shredding."""

    cursor: int | None
    deadlines: Deadlines | None


class GateStore:
    """The writer of gate.db, and the store that `exchange.client.sync` fills.

    Slots number the entries and are never used twice, so that a hit in an old segment can never be taken for
    another entry.
    """

    def __init__(
        self, path: Path, sealer: Sealer, clock: Clock, *, origin: str, member: str, most: Lease | None = None
    ) -> None:
        """Open gate.db, made first when there is none. `most` is the longest lease that is believed.

        Raises ConfigError when it was filled by another hub or for another member, StorageError when it cannot
        be used.
        """
        self._sealer = sealer
        self._clock = clock
        self._most = most or Lease()
        self._untidy = True
        self._removed: list[int] = []
        check_database(path)
        with _storage():
            path.touch(mode=0o600, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=10.0, check_same_thread=False)
            self._prepare(origin, member)

    def _prepare(self, origin: str, member: str) -> None:
        for pragma in ("journal_mode=WAL", "secure_delete=ON", "synchronous=NORMAL", "temp_store=MEMORY"):
            self._db.execute(f"PRAGMA {pragma}").fetchall()
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            with self._transaction():
                for statement in SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.execute("INSERT INTO state (one, origin, member) VALUES (1, ?, ?)", (origin, member))
                self._db.execute(f"PRAGMA user_version={VERSION}")
        elif version == 1:
            with self._transaction():
                self._db.execute(UPGRADE)
                self._db.execute(f"PRAGMA user_version={VERSION}")
        elif version != VERSION:
            raise ConfigError("gate.db was written by another version of this program; use a new data_dir.")
        if self._application_id() == 0:
            self._db.execute(f"PRAGMA application_id={secrets.randbelow((1 << 31) - 1) + 1}")
        self.number = self._application_id()
        """Tells this file from any that stood in its place before: slots begin anew with each."""
        self._db.execute(rows.GROUPS)
        if self._db.execute("SELECT origin, member FROM state").fetchone() != (origin, member):
            raise ConfigError("gate.db holds the bank of another hub or member; use a new data_dir.")

    def _application_id(self) -> int:
        return int(self._db.execute("PRAGMA application_id").fetchone()[0])

    def close(self) -> None:
        """Empty the write-ahead log where nobody reads any more, and close the database."""
        with suppress(StorageError):
            self._untidy = True
            self.tidy()
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with _storage():
            self._db.execute("BEGIN IMMEDIATE")
            removed = len(self._removed)
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                del self._removed[removed:]
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    # --- what sync asks of a store

    def cursor(self) -> int | None:
        """How far the feed was read; None before the first snapshot and after shredding.

        None too when an older version read it, which passed over what it did not know: a snapshot brings that. What
        is held stays and is served until it is there.
        """
        cursor: int | None
        with _storage():
            cursor, reads = self._db.execute("SELECT cursor, reads FROM state").fetchone()
        return cursor if reads == VERSION else None

    def apply(self, changes: Sequence[Change], step: Step) -> None:
        """Apply a verified page in one transaction. Raises FeedOrderError when it does not follow the cursor."""
        with self._transaction():
            if self._db.execute("SELECT cursor FROM state").fetchone()[0] != step.after:
                raise FeedOrderError
            for change in changes:
                match change:
                    case Add(entry):
                        self._delete(entry.alias)
                        self._db.executemany(rows.INSERT, rows.rows(entry, self._sealer))
                    case Withdraw(alias):
                        self._delete(alias)
            self._contact(step.next, step.lease)
        self.tidy()

    def replace(self, snapshot: SnapshotReader) -> None:
        """Take a snapshot in place of everything, in one transaction. Entries that stay keep their slots.

        Raises FeedOrderError when it names an alias twice, also as a picture and as a video.
        """
        with self._transaction():
            try:
                self._fill(snapshot)
            except sqlite3.IntegrityError:
                raise FeedOrderError from None  # an alias twice: the hub's fault, not the disk's
            self._db.execute("UPDATE state SET reads=?", (VERSION,))
            self._contact(snapshot.end.cursor, snapshot.end.lease)
        self._untidy = True
        self.tidy()

    def _fill(self, snapshot: SnapshotReader) -> None:
        if self._db.execute("SELECT 1 FROM entries LIMIT 1").fetchone() is not None:
            self._merge(snapshot)
        else:
            for batch in snapshot:
                self._db.executemany(rows.INSERT, (row for entry in batch for row in rows.rows(entry, self._sealer)))
            if self._db.execute(rows.BOTH).fetchone() is not None:
                raise FeedOrderError

    def _merge(self, snapshot: Iterable[list[Entry]]) -> None:
        self._db.execute("CREATE TEMP TABLE fresh (alias BLOB PRIMARY KEY) WITHOUT ROWID")
        for batch in snapshot:
            for entry in batch:
                self._renew(entry)
                self._db.executemany("INSERT INTO fresh VALUES (?)", ((name,) for name, _ in rows.hashes(entry)))
        if self._db.execute(rows.FRESH_BOTH).fetchone() is not None:
            raise FeedOrderError
        gone = self._db.execute("DELETE FROM entries WHERE alias NOT IN (SELECT alias FROM fresh) RETURNING slot")
        self._removed += [row[0] for row in gone.fetchall()]
        self._db.execute("DROP TABLE fresh")

    def _renew(self, entry: Entry) -> None:
        """Take an entry in; where all of it is held already, its slots stay."""
        query = f"SELECT alias, slot, type, value FROM entries WHERE {rows.OF_ONE}"  # noqa: S608
        held = self._db.execute(query, rows.span(entry.alias))
        slots = {
            (alias, self._sealer.open(value, alias)): slot
            for alias, slot, kind, value in held.fetchall()
            if kind == entry.type.value
        }
        wanted = [(name, frame.value) for name, frame in rows.hashes(entry)]
        if slots.keys() != set(wanted):
            self._delete(entry.alias)
            self._db.executemany(rows.INSERT, rows.rows(entry, self._sealer))
            return
        facts = ((rows.facts(entry, frame), slots[name, frame.value]) for name, frame in rows.hashes(entry))
        self._db.executemany(rows.UPDATE, ((*known, slot) for known, slot in facts))

    def _delete(self, alias: str) -> None:
        query = f"DELETE FROM entries WHERE {rows.OF_ONE} RETURNING slot"  # noqa: S608
        gone = self._db.execute(query, rows.span(alias)).fetchall()
        self._removed += [row[0] for row in gone]
        self._untidy = self._untidy or bool(gone)

    def _contact(self, cursor: int, lease: Lease) -> None:
        now, lease = self._see(), capped(lease, self._most)
        self._db.execute(
            "UPDATE state SET cursor=?, hold_after_s=?, shred_after_s=?, contact=?",
            (cursor, lease.hold_after_s, lease.shred_after_s, now),
        )

    # --- time, tidying, shredding

    def _see(self) -> float:
        """Write down the present moment, so that no later clock can go behind it. Inside a transaction."""
        now = self._now()
        self._db.execute(
            "UPDATE state SET steady=?, boot=?, boot_id=?", (now, self._clock.boot(), self._clock.boot_id())
        )
        return now

    def _now(self) -> float:
        with _storage():
            row = self._db.execute("SELECT steady, boot, boot_id FROM state").fetchone()
        return steady_now(self._clock, Seen(*row) if row[2] is not None else None)

    def standing(self) -> Standing:
        """Say where the gate stands, and write down the present moment (when there is space to)."""
        try:
            with self._transaction():
                now = self._see()
        except StorageError:
            now = self._now()
        with _storage():
            row = self._db.execute("SELECT cursor, hold_after_s, shred_after_s, contact FROM state").fetchone()
        cursor, hold_after_s, shred_after_s, contact = row
        if contact is None:
            return Standing(None, None)
        lease = capped(Lease(hold_after_s, shred_after_s), self._most)  # as gate.toml says now
        return Standing(cursor, deadlines(self._clock, now, contact, lease.hold_after_s, lease.shred_after_s))

    def tidy(self) -> None:
        """Empty the write-ahead log after deletions: it may still hold old pages. A busy reader puts it off."""
        if self._untidy:
            with _storage():
                busy = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            self._untidy = bool(busy)

    def shred(self) -> None:
        """Destroy the key and delete every entry. The next sync begins with a snapshot.

        The key goes first: it needs no space, so a full disk cannot keep the values alive. Cut off half-way, the
        lease is still over at the next start and shredding begins again.
        """
        self._sealer.destroy()
        with self._transaction():
            self._db.execute("DELETE FROM entries")
            self._db.execute("UPDATE state SET cursor=NULL, contact=NULL")
        self._untidy = True
        self.tidy()

    def forget_cursor(self) -> None:
        """Make the next sync begin with a snapshot. What is held is served until it is there, as after an upgrade."""
        with self._transaction():
            self._db.execute("UPDATE state SET reads=0")

    # --- what the segments are made of

    def take_removed(self) -> list[int]:
        """Give the slots emptied since the last call."""
        removed, self._removed = self._removed, []
        return removed

    def slots_of(self, aliases: Sequence[str]) -> list[int]:
        """Give the slots of those of these aliases that are held: one for a picture, one for each frame of a video."""
        query = f"SELECT slot FROM entries WHERE {rows.OF_ONE}"  # noqa: S608
        with _storage():
            return [slot for alias in aliases for (slot,) in self._db.execute(query, rows.span(alias)).fetchall()]

    def last_slot(self) -> int:
        """Give the highest slot in use; 0 when there are no entries."""
        with _storage():
            slot: int | None = self._db.execute("SELECT max(slot) FROM entries").fetchone()[0]
        return slot or 0

    def frames(self) -> tuple[int, int]:
        """Count the frames, and the videos that they are of."""
        with _storage():
            frames, videos = self._db.execute(rows.FRAMES).fetchone()
        return frames, videos

    def values(self, low: int, high: int) -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
        """Open the values in the slots above `low` up to `high`. Returns rows u8[n, 32] and slots u32[n], ascending."""
        slots: list[int] = []
        plain = bytearray()
        query = "SELECT slot, alias, value FROM entries WHERE slot > ? AND slot <= ? ORDER BY slot"
        with _storage():
            for slot, alias, value in self._db.execute(query, (low, high)):
                slots.append(slot)
                plain += self._sealer.open(value, alias)
        return np.frombuffer(plain, np.uint8).reshape(-1, 32), np.array(slots, np.uint32)


@contextmanager
def _storage() -> Iterator[None]:
    """Turn SQLite's and the system's refusals into StorageError, without their texts: those hold paths."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "") in {"SQLITE_CORRUPT", "SQLITE_NOTADB"}:
            raise StorageError("gate.db is damaged: move it away, and the gate fetches the bank anew.") from error
        raise StorageError from error
    except OSError as error:
        raise StorageError from error


__all__ = ["GateStore", "Standing"]
