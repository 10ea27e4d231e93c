"""One book: its sources, imports into it, what it holds as evidence, and what was said of it."""

import fcntl
import json
import os
import sqlite3
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from notcontent.errors import (
    LineageBookBusyError,
    LineageBookError,
    LineageChannelNotFoundError,
    LineageSourceNotFoundError,
)
from notcontent.lineage.book.reading import Rows, columns_of, part_around, read_columns, read_facts, read_rows
from notcontent.lineage.book.schema import MARK_INDEX, OF_CHANNELS, open_database, read_key
from notcontent.lineage.book.sealing import Sealer
from notcontent.lineage.book.values import Announced, Authority, Said, SourceLine, SourceState, Told
from notcontent.lineage.book.writing import Importing
from notcontent.lineage.evidence import Evidence
from notcontent.lineage.marks import Marker
from notcontent.lineage.merging import merge
from notcontent.lineage.observations import FactKind
from notcontent.lineage.report import SourceKind


class Book:
    """A folder with book.db and book.key. One process writes at a time; any number read."""

    def __init__(self, folder: Path, database: sqlite3.Connection, key: bytes) -> None:
        """Take what `open_book` opened."""
        self.folder = folder
        self.marker = Marker(key)
        self._sealer = Sealer(key)
        self._database = database

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def sources(self) -> list[SourceLine]:
        """List every source that was ever imported, the newest first."""
        found = self._database.execute(
            "SELECT id, kind, label, imported, imported_by, state, authority, report FROM source ORDER BY id DESC"
        )
        return [_line(row) for row in found]

    @contextmanager
    def importing(
        self, kind: SourceKind, label: str, digest: bytes, by: str, authority: Authority | None = None
    ) -> Iterator[Importing | None]:
        """Take one source in; None when the same bytes stand already.

        What ends without `finish` counts for nothing: after an error of the source it is taken out again; after a kill
        or Ctrl-C it waits unseen, and the next import of the same bytes goes on with it. Raises LineageBookBusyError.
        """
        with self._alone():
            found = self._database.execute(
                "SELECT id, state FROM source WHERE kind = ? AND digest = ? AND state != 'withdrawn'",
                (kind.value, digest),
            ).fetchone()
            if found is not None and found[1] == SourceState.STANDING.value:
                yield None
                return
            source = found[0] if found else self._new_source(kind, label, digest, by, authority)
            taking = Importing(self._database, self.marker, self._sealer, source, resumed=found is not None)
            try:
                yield taking
            except Exception:
                taking.abandon()
                self._forget(source, None)
                raise
            except BaseException:
                taking.pause()
                raise
            if not taking.finished:
                taking.abandon()
                self._forget(source, None)

    def withdraw(self, source: int) -> SourceLine:
        """Take a source out with everything that hung on it; its line stays. Raises LineageSourceNotFoundError."""
        with self._alone():
            found = self._database.execute("SELECT state FROM source WHERE id = ?", (source,)).fetchone()
            if found is None or found[0] == SourceState.WITHDRAWN.value:
                raise LineageSourceNotFoundError
            self._forget(source, SourceState.WITHDRAWN)
        return next(line for line in self.sources() if line.id == source)

    def rows(self) -> Rows:
        """Give which row of which standing source is which channel."""
        return read_rows(self._database)

    def evidence(self) -> Evidence:
        """Give everything that standing sources show."""
        return merge(read_columns(self._database, self._sealer, self.rows()))

    def evidence_around(self, sources: Collection[int]) -> tuple[Evidence, list[str]]:
        """Give the part that these sources touch, and the keys of channels whose lines may have changed by them."""
        rows = self.rows()
        part = part_around(self._database, self._sealer, rows, sources)
        return merge(part.columns), part.keys

    def evidence_of(self, keys: Collection[str]) -> Evidence:
        """Give what these channels show, and nothing of others. A channel that no source shows any more is left out."""
        rows, wanted = self.rows(), set(keys)
        held = {place for place, key in enumerate(rows.keys) if key in wanted}
        return merge(columns_of(self._database, self._sealer, rows, held))

    def told_of(self, keys: Collection[str]) -> dict[str, list[Told]]:
        """Give what standing sources say of these channels, by key, the newest first.

        Digests (profile photos, names before a migration) are left out, and channels that no source shows any more.
        """
        rows, wanted = self.rows(), set(keys)
        held = {place for place, key in enumerate(rows.keys) if key in wanted}
        told: dict[str, list[Told]] = {rows.keys[place]: [] for place in held}
        for place, fact in read_facts(self._database, rows, held):
            if fact.kind not in (FactKind.PHOTO, FactKind.MIGRATED):
                told[rows.keys[place]].append(fact)
        return told

    def sources_of(self, key: str) -> list[int]:
        """List the standing sources that show or name one channel. Raises LineageChannelNotFoundError."""
        rows = self.rows()
        if key not in rows.keys:
            raise LineageChannelNotFoundError
        return sorted(set(rows.source_of_row[rows.place == rows.keys.index(key)].tolist()))

    def said(self) -> dict[str, Said]:
        """Give what inference last said, by channel key."""
        found = self._database.execute("SELECT key, gist, said, since, seen FROM line")
        return {key: Said(gist, said, since, bool(seen)) for key, gist, said, since, seen in found}

    def generation(self) -> int:
        """Count what changed what the book holds: what is said of an older one is not said of this."""
        (generation,) = self._database.execute("SELECT generation FROM meta").fetchone()
        return int(generation)

    def say(self, lines: Mapping[str, tuple[str, bytes]], *, instead: bool, now: int, generation: int) -> bool:
        """Keep what inference says, as (gist, said) by key: `instead` of all that was said, or beside it.

        A line whose gist stays keeps its date and whether somebody has seen it. False, and nothing is kept, when the
        book is no longer of the generation that was judged. Raises LineageBookError.
        """
        with self._writing():
            if self.generation() != generation:
                return False
            if instead:
                gone = self._database.execute("SELECT key FROM line").fetchall()
                old = ((key,) for (key,) in gone if key not in lines)
                self._database.executemany("DELETE FROM line WHERE key = ?", old)
            self._database.executemany(
                "INSERT INTO line (key, gist, said, since, seen) VALUES (?1, ?2, ?3, ?4, 0)"
                " ON CONFLICT (key) DO UPDATE SET since = CASE WHEN gist = ?2 THEN since ELSE ?4 END,"
                " seen = CASE WHEN gist = ?2 THEN seen ELSE 0 END, gist = ?2, said = ?3",
                ((key, gist, said, now) for key, (gist, said) in lines.items()),
            )
            return True

    def mark_seen(self, key: str) -> None:
        """Note that somebody has looked at what is said of this channel. Raises LineageChannelNotFoundError."""
        with self._writing():
            if self._database.execute("UPDATE line SET seen = 1 WHERE key = ?", (key,)).rowcount == 0:
                raise LineageChannelNotFoundError

    def announced(self, limit: int = 200) -> Announced:
        """List chats that posts point to and nobody imported, the newest first, at most `limit`; all are counted."""
        rows = self.rows()
        own = rows.owners
        found = self._database.execute(
            "SELECT h.kind || ':' || h.value, h.id, l.channel, count(*), min(l.time) FROM link l JOIN handle h"
            " ON h.id = l.handle WHERE h.kind IN ('i', 'u', 'n') GROUP BY l.handle, l.channel ORDER BY min(l.time) DESC"
        )
        told: dict[tuple[str, str], tuple[int, int]] = {}
        for handle, number, channel, posts, first in found:
            row = rows.row_of[channel] if channel < len(rows.row_of) else -1
            if row < 0 or int(rows.handle_of[number]) in own:
                continue
            # Several sources may show the same posts of a channel: the one that shows most of them counts.
            both = handle, rows.keys[int(rows.place[row])]
            most, earliest = told.pop(both, (posts, first))
            told[both] = max(most, posts), min(earliest, first)
        newest = sorted(told.items(), key=lambda each: -each[1][1])[:limit]
        chats = len({handle for handle, _ in told})
        return Announced(len(told), chats, [(*both, *counted) for both, counted in newest])

    @contextmanager
    def _alone(self) -> Iterator[None]:
        descriptor = os.open(self.folder / "book.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise LineageBookBusyError from None
        try:
            yield
        except sqlite3.Error as error:
            raise LineageBookError("The book cannot be written: is the disk full, or the file damaged?") from error
        finally:
            os.close(descriptor)

    def _new_source(self, kind: SourceKind, label: str, digest: bytes, by: str, authority: Authority | None) -> int:
        told = None if authority is None else json.dumps(_plain(authority))
        return int(
            self._database.execute(
                "INSERT INTO source (kind, label, digest, imported, imported_by, state, authority, report)"
                " VALUES (?, ?, ?, ?, ?, 'pending', ?, '{}')",
                (kind.value, label[:200], digest, int(time.time()), by[:200], told),
            ).lastrowid
            or 0
        )

    def _forget(self, source: int, state: SourceState | None) -> None:
        """Delete what hangs on a source, and its line too when it gets no state.

        What was said because of it goes in the same transaction: lines of its channels, and what other lines say. Of
        these the date and whether they were seen stay, until they are judged anew.
        """
        with self._writing():
            if state is not None:
                self._database.execute(
                    "CREATE TEMP TABLE IF NOT EXISTS gone AS SELECT '' AS key WHERE 0",
                )
                self._database.execute("DELETE FROM temp.gone")
                self._database.execute(
                    "INSERT INTO temp.gone SELECT h.kind || ':' || h.value FROM name n JOIN handle h ON h.id = n.handle"
                    " WHERE n.channel IN (SELECT id FROM channel WHERE source = ?)",
                    (source,),
                )
                self._database.execute(
                    "DELETE FROM line WHERE key IN (SELECT key FROM temp.gone) OR gist IN (SELECT key FROM temp.gone)"
                )
                self._database.execute("UPDATE line SET said = x''")
                self._database.execute("DELETE FROM temp.gone")
            for table in OF_CHANNELS:
                self._database.execute(
                    f"DELETE FROM {table} WHERE channel IN (SELECT id FROM channel WHERE source = ?)", (source,)
                )
            self._database.execute("DELETE FROM same WHERE source = ?", (source,))
            self._database.execute("DELETE FROM channel WHERE source = ?", (source,))
            if state is None:
                self._database.execute("DELETE FROM source WHERE id = ?", (source,))
                # Nothing ever stood under this number: where it was the last to be given, it is given again.
                self._database.execute(
                    "UPDATE sqlite_sequence SET seq = seq - 1 WHERE name = 'source' AND seq = ?", (source,)
                )
            else:
                self._database.execute("UPDATE source SET state = ? WHERE id = ?", (state.value, source))
            self._database.execute(
                "DELETE FROM handle WHERE id NOT IN (SELECT handle FROM name) AND id NOT IN (SELECT handle FROM link)"
                " AND id NOT IN (SELECT forward FROM post WHERE forward IS NOT NULL)"
                " AND id NOT IN (SELECT one FROM same) AND id NOT IN (SELECT other FROM same)"
                " AND id NOT IN (SELECT handle FROM channel WHERE handle IS NOT NULL)"
            )
            self._database.execute(MARK_INDEX)  # a large import may have gone without it
            self._database.execute("UPDATE meta SET generation = generation + 1")
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Write all or nothing. Raises LineageBookError when the disk is full or the file damaged."""
        try:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            raise LineageBookError("The book cannot be written: is the disk full, or the file damaged?") from error


def open_book(folder: Path, *, make: bool = False, key: Path | None = None) -> Book:
    """Open a book's folder; `make` it where there is none. `key`: where its key lies, `book.key` in the folder if None.

    Raises LineageBookError, LineageBookVersionError.
    """
    begun = (folder / "book.db").is_file() and (folder / "book.db").stat().st_size > 0
    if not make and not begun:
        raise LineageBookError("There is no lineage book here: `lineage import` makes one; --book says where it lies.")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LineageBookError from error
    # The key first: a book without its key could never be read again.
    secret = read_key(key or folder / "book.key", make=make and not begun)
    return Book(folder, open_database(folder, secret), secret)


def _plain(authority: Authority) -> dict[str, str]:
    return {"who": authority.who, "law": authority.law, "until": authority.until.isoformat()}


def _line(row: tuple[int, str, str, int, str, str, str | None, str]) -> SourceLine:
    told = None if row[6] is None else json.loads(row[6])
    authority = None if told is None else Authority(told["who"], told["law"], date.fromisoformat(told["until"]))
    return SourceLine(
        row[0], SourceKind(row[1]), row[2], row[3], row[4], SourceState(row[5]), authority, json.loads(row[7])
    )
