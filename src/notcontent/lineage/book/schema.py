"""The book's tables. A channel is a row for each source; which rows are one channel is found anew at each reading."""

import hashlib
import os
import sqlite3
import tempfile
from pathlib import Path

from notcontent.errors import LineageBookError, LineageBookVersionError
from notcontent.lineage.marks import KEY_BYTES, new_key

VERSION = 1
_CACHE_KIB = 32 << 10
"""Of pages that SQLite holds: an import of any size stays below 200 MB with it."""
_APPLICATION = 0x6E63_6C62  # "nclb": what kind of SQLite file this is

_TABLES = """
CREATE TABLE source (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, label TEXT NOT NULL, digest BLOB NOT NULL,
  imported INTEGER NOT NULL, imported_by TEXT NOT NULL, state TEXT NOT NULL, authority TEXT, report TEXT NOT NULL
);
CREATE TABLE handle (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, value TEXT NOT NULL, UNIQUE (kind, value));
CREATE TABLE channel (
  id INTEGER PRIMARY KEY AUTOINCREMENT, source INTEGER NOT NULL REFERENCES source, handle INTEGER REFERENCES handle
);
CREATE UNIQUE INDEX channel_once ON channel (source, handle);
CREATE TABLE same (
  source INTEGER NOT NULL, one INTEGER NOT NULL, other INTEGER NOT NULL, PRIMARY KEY (source, one, other)
) WITHOUT ROWID;
CREATE TABLE name (
  channel INTEGER NOT NULL, handle INTEGER NOT NULL, own INTEGER NOT NULL, PRIMARY KEY (channel, handle)
) WITHOUT ROWID;
CREATE INDEX name_handle ON name (handle);
CREATE TABLE post (
  channel INTEGER NOT NULL, number INTEGER NOT NULL, time INTEGER NOT NULL, views INTEGER NOT NULL,
  forward INTEGER, PRIMARY KEY (channel, number)
) WITHOUT ROWID;
CREATE INDEX post_forward ON post (forward) WHERE forward IS NOT NULL;
CREATE TABLE mark (
  channel INTEGER NOT NULL, number INTEGER NOT NULL, kind INTEGER NOT NULL, digest INTEGER NOT NULL,
  time INTEGER NOT NULL, PRIMARY KEY (channel, number, kind, digest)
) WITHOUT ROWID;
CREATE TABLE link (
  channel INTEGER NOT NULL, number INTEGER NOT NULL, handle INTEGER NOT NULL, button INTEGER NOT NULL,
  time INTEGER NOT NULL, PRIMARY KEY (channel, number, handle, button)
) WITHOUT ROWID;
CREATE INDEX link_handle ON link (handle);
CREATE TABLE hash (
  channel INTEGER NOT NULL, number INTEGER NOT NULL, place INTEGER NOT NULL, quality INTEGER NOT NULL,
  time INTEGER NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (channel, number, place)
) WITHOUT ROWID;
CREATE TABLE fact (
  channel INTEGER NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, time INTEGER NOT NULL,
  PRIMARY KEY (channel, kind, value, time)
) WITHOUT ROWID;
CREATE TABLE meta (generation INTEGER NOT NULL, key_check BLOB NOT NULL);
CREATE TABLE line (
  key TEXT PRIMARY KEY, gist TEXT NOT NULL, said BLOB NOT NULL, since INTEGER NOT NULL, seen INTEGER NOT NULL
) WITHOUT ROWID;
"""
MARK_INDEX = "CREATE INDEX IF NOT EXISTS mark_digest ON mark (digest)"
"""Apart from the tables: a large import goes without it, and makes it anew at its end.

SQLite sorts it in a temporary file, of keyed digests alone, which has no name and is gone at the end."""
OF_CHANNELS = ("name", "post", "mark", "link", "hash", "fact")
"""The tables whose rows belong to a channel's row, and go with its source."""


def open_database(folder: Path, key: bytes) -> sqlite3.Connection:
    """Open the folder's book.db, made where there is none, for this key.

    Raises LineageBookError, also for the key of another book; LineageBookVersionError.
    """
    try:
        path = folder / "book.db"
        fresh = not path.exists()
        if fresh:
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        database = sqlite3.connect(path, isolation_level=None, timeout=30)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("PRAGMA secure_delete = ON")  # what is withdrawn is overwritten, not only unlinked
        database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        _prepare(database, key)
    except (OSError, sqlite3.Error) as error:
        raise LineageBookError from error
    return database


def _prepare(database: sqlite3.Connection, key: bytes) -> None:
    """Make the tables where there are none. Who only reads takes no lock that an import holds."""
    application, version, tables = _state(database)
    if tables == 0 and application == 0:
        database.execute("BEGIN IMMEDIATE")
        application, version, tables = _state(database)
        if tables == 0:  # another process may have been first
            for statement in (*_TABLES.split(";"), MARK_INDEX):
                if statement.strip():
                    database.execute(statement)
            database.execute("INSERT INTO meta VALUES (0, ?)", (_check(key),))
            database.execute(f"PRAGMA application_id = {_APPLICATION}")
            database.execute(f"PRAGMA user_version = {VERSION}")
        database.execute("COMMIT")
        application, version, tables = _state(database)
    if application != _APPLICATION:
        raise LineageBookError("This file is no lineage book.")
    if version != VERSION:
        raise LineageBookVersionError
    (kept,) = database.execute("SELECT key_check FROM meta").fetchone()
    if kept != _check(key):
        raise LineageBookError("The key is another book's: with it nothing in this book could be compared.")


def _state(database: sqlite3.Connection) -> tuple[int, int, int]:
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return application, version, tables


def _check(key: bytes) -> bytes:
    """Give what tells one key from another, and nothing of it."""
    return hashlib.blake2b(b"which book", digest_size=8, key=key).digest()


def read_key(path: Path, *, make: bool) -> bytes:
    """Read the book's key, 32 bytes in a file that only its owner reads; `make` it for a new book."""
    try:
        if make and not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".key-")  # 0600
            with os.fdopen(descriptor, "wb") as file:
                file.write(new_key())
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(name, path)  # not over a key that another process made meanwhile
            except FileExistsError:
                pass
            finally:
                Path(name).unlink()
        key = path.read_bytes()
    except OSError as error:
        raise LineageBookError("The book's key cannot be read: without it nothing can be compared.") from error
    if len(key) != KEY_BYTES:
        raise LineageBookError("The book's key is not 32 bytes long.")
    return key
