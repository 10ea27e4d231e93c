"""What gate.db is: its tables, the versions that this program opens, and what may stand in its place."""

import os
import stat
from pathlib import Path

from notcontent.errors import StorageError

VERSION = 2
VERSIONS = range(1, VERSION + 1)
"""Of gate.db, that this program opens."""
SCHEMA = """
CREATE TABLE entries (
  slot INTEGER PRIMARY KEY AUTOINCREMENT CHECK (slot BETWEEN 1 AND 4294967295),
  alias BLOB NOT NULL UNIQUE,
  grp BLOB NOT NULL,
  type TEXT NOT NULL,
  value BLOB NOT NULL,
  kind TEXT NOT NULL,
  t_ms INTEGER,
  quality INTEGER NOT NULL,
  bank TEXT NOT NULL,
  epoch INTEGER NOT NULL
);
CREATE TABLE state (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  origin TEXT NOT NULL,
  member TEXT NOT NULL,
  cursor INTEGER,
  hold_after_s INTEGER,
  shred_after_s INTEGER,
  contact REAL,
  steady REAL,
  boot REAL,
  boot_id TEXT,
  reads INTEGER NOT NULL DEFAULT 1
);
"""
UPGRADE = "ALTER TABLE state ADD COLUMN reads INTEGER NOT NULL DEFAULT 1"
"""From version 1, which passed videos over: `reads` says which version read what is held, from its beginning."""


def check_database(path: Path) -> None:
    """See that what stands in gate.db's place is a file. Raises StorageError, also for a link to nothing."""
    try:
        if not os.path.lexists(path) or stat.S_ISREG(path.stat().st_mode):
            return
    except OSError as error:
        raise StorageError("gate.db is a link that leads to no file.") from error
    raise StorageError("gate.db is no file.")
