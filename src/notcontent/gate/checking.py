"""What `notcontent gate check` looks at: folders, keys and gate.db, as they are. It makes and changes nothing."""

import errno
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from notcontent.errors import ConfigError, StorageError
from notcontent.gate.config import GateConfig, check_private, read_member_key
from notcontent.gate.database import VERSIONS, check_database
from notcontent.gate.sealing import KEY_FILE, read_key


def look_at(config: GateConfig) -> int | None:
    """See that a gate could be served with this configuration; give the cursor of what it holds already, if any.

    Raises ConfigError or StorageError for what would stop it. Where nothing is yet, it asks whether it could be made.
    """
    data = Path(config.data_dir)
    for folder in (data, config.shared):
        _folder(folder)
    read_member_key(config)
    if os.path.lexists(data / KEY_FILE):
        read_key(data / KEY_FILE)
    return _cursor(config) if os.path.lexists(config.database) else None


def _folder(folder: Path) -> None:
    """See that a folder is private, or could be made."""
    if os.path.lexists(folder):
        check_private(folder)
        return
    try:
        folder.lstat()
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise ConfigError("The path of a folder that the gate needs is too long.") from error
    above = next(one for one in folder.parents if os.path.lexists(one))
    if not above.is_dir():
        raise ConfigError("A folder that the gate needs is a file.")
    if not os.access(above, os.W_OK | os.X_OK):
        raise StorageError("data_dir or shared_dir does not exist, and this user may not make it.")


def _cursor(config: GateConfig) -> int | None:
    """Read whose bank gate.db holds, beside a gate that may be running, and how far it read."""
    database = config.database
    check_database(database)
    if not database.stat().st_size:
        return None
    # Without a writer's log beside it the file is whole; SQLite would make a log of its own, if it were let.
    alone = not Path(f"{database}-wal").exists()
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro{'&immutable=1' * alone}", uri=True)) as db:
            if db.execute("PRAGMA user_version").fetchone()[0] not in VERSIONS:
                raise ConfigError("gate.db was written by another version of this program; use a new data_dir.")
            origin, member, cursor = db.execute("SELECT origin, member, cursor FROM state").fetchone()
    except (sqlite3.Error, OSError, TypeError) as error:
        raise StorageError("gate.db cannot be read.") from error
    if (origin, member) != (config.hub.origin, config.hub.member):
        raise ConfigError("gate.db holds the bank of another hub or member; use a new data_dir.")
    return int(cursor) if cursor is not None else None
