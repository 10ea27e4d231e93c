"""What an HTTP worker reads of an entry once a hash came near it: everything but the value.

Reading is also the last check: a row that is not there was withdrawn, whatever an older segment says. So a
withdrawal counts from the moment the syncer commits it. For that it must be the file that the syncer writes to, and the
one that the segments were made from: a file that was moved away says nothing, and another one numbers its rows anew.
"""

import sqlite3
import threading
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from notcontent.errors import NotReadyError, StorageError
from notcontent.exchange.wire import Kind
from notcontent.gate.clip_screening import Group
from notcontent.gate.screening import Facts

_AT_ONCE = 500
# By the words of the index `frames_by_group`, or SQLite would not use it.
_GROUP_SIZE = "SELECT count(*) FROM entries WHERE grp = ? AND kind = 'frame' AND quality >= ?"


class EntryReader:
    """Reads gate.db, and only reads. Opened at the first question; safe to share between threads."""

    def __init__(self, path: Path, store: int = 0) -> None:
        """Take the database's place, which need not exist yet, and the number of the file that is meant."""
        self._path = path
        self._store = store
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._opened: tuple[int, int] | None = None

    def of(self, store: int) -> "EntryReader":
        """Give a reader for the file of this number: this one, if it is."""
        return self if store == self._store else EntryReader(self._path, store)

    def facts(self, slots: Iterable[int]) -> Mapping[int, Facts]:
        """Give the facts of those entries that still exist.

        Raises StorageError when gate.db cannot be read, NotReadyError when it is another file than the one meant: then
        a bank made from that one is on its way.
        """
        found: dict[int, Facts] = {}
        rest = iter(slots)
        with self._lock:
            while some := list(islice(rest, _AT_ONCE)):
                for slot, group, kind, t_ms, quality, bank in self._read(some):
                    # The group is the entry's alias: a picture's own, and the one that a video's frames share.
                    found[slot] = Facts(group.hex(), Kind(kind), t_ms, quality, bank)
        return found

    def groups(self, slots: Iterable[int], min_quality: int) -> Mapping[int, Group]:
        """Give the groups of those entries that still exist, each with its entries of at least that quality.

        A picture is a group of its own. Raises StorageError when gate.db cannot be read.
        """
        found: dict[int, Group] = {}
        sizes: dict[bytes, int] = {}
        rest = iter(slots)
        with self._lock:
            while some := list(islice(rest, _AT_ONCE)):
                marks = ",".join("?" * len(some))
                query = f"SELECT slot, grp, kind FROM entries WHERE slot IN ({marks})"  # noqa: S608
                for slot, group, kind in self._rows(query, some):
                    if kind != Kind.FRAME.value:
                        found[slot] = Group(group, 1)
                        continue
                    if group not in sizes:
                        ((sizes[group],),) = self._rows(_GROUP_SIZE, [group, min_quality])
                    found[slot] = Group(group, sizes[group])
        return found

    def _rows(self, query: str, values: list[Any]) -> list[tuple[Any, ...]]:
        try:
            return self._current().execute(query, values).fetchall()
        except (sqlite3.Error, OSError) as error:
            self._drop()
            raise StorageError("gate.db cannot be read.") from error

    def _read(self, slots: list[int]) -> list[tuple[int, bytes, str, int | None, int, str]]:
        marks = ",".join("?" * len(slots))
        query = f"SELECT slot, grp, kind, t_ms, quality, bank FROM entries WHERE slot IN ({marks})"  # noqa: S608
        return self._rows(query, slots)

    def _current(self) -> sqlite3.Connection:
        """Give the file that stands in its place now. Raises NotReadyError when it is not the one meant."""
        status = self._path.stat()
        place = status.st_dev, status.st_ino
        if self._db is None or place != self._opened:
            self._drop()
            self._db, self._opened = self._connect(), place
            if self._db.execute("PRAGMA application_id").fetchone()[0] != self._store:
                self._drop()
                raise NotReadyError("gate.db was replaced; the bank is being made anew.")
        return self._db

    def _connect(self) -> sqlite3.Connection:
        uri = self._path.as_uri() + "?mode=ro"
        db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=2.0, check_same_thread=False)
        db.execute("PRAGMA query_only=ON")
        return db

    def __del__(self) -> None:
        """Close what nobody reads from any more."""
        self._drop()

    def _drop(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._drop()
