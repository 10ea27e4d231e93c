"""Make the database forget on disk what was erased from its tables.

SQLite overwrites freed content with zeros (secure_delete), but the write-ahead log holds older pages until it is
emptied: `scrub` empties it. PostgreSQL keeps dead rows until vacuumed; what its own write-ahead log and backups
still hold are values under seal, which the hub's keys alone open (docs/how-to/run-a-hub.md).
"""

from django.db import DatabaseError, connection

from notcontent.hub.logs import Said, note

_TABLES = ("bank_entry", "feed_event", "cases_case", "cases_takeback", "cases_send")


def scrub(*, erased: bool) -> bool:
    """Empty the write-ahead log (SQLite) or vacuum the tables that were erased from (PostgreSQL).

    Tells whether it was done whole. A reader in the middle of something defers it on SQLite, where the next tick
    tries again: there it is cheap and always done; on PostgreSQL only when something was `erased`. Does nothing
    inside a transaction.
    """
    if connection.in_atomic_block:
        return False
    if connection.vendor != "sqlite" and not erased:
        return True
    try:
        done = _scrub()
    except DatabaseError:
        # What was erased is erased; only the disk is behind. The person's answer must not fail for that.
        done = False
    if not done:
        note(Said.ERASE_DEFERRED)
    return done


def _scrub() -> bool:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            row = cursor.fetchone()
            return row is not None and row[0] == 0
        for table in _TABLES:
            cursor.execute(f"VACUUM {table}")
        return True
