"""How an entry lies in gate.db: a picture as one row, a video as one row for each of its frames.

A row's name (the column `alias`) is the entry's alias, 16 bytes; a frame's has its number in the video behind it, 2
bytes. So the rows of one entry lie side by side in the index of names, and one condition finds or deletes them all.
The column `grp` is the alias alone, which the frames of a video share.
"""

from collections.abc import Iterator
from typing import NamedTuple

from notcontent.exchange.changes import Entry
from notcontent.gate.sealing import Sealer

INSERT = "INSERT INTO entries (alias, grp, type, value, kind, t_ms, quality, bank, epoch) VALUES (?,?,?,?,?,?,?,?,?)"
UPDATE = "UPDATE entries SET grp=?, kind=?, t_ms=?, quality=?, bank=?, epoch=? WHERE slot=?"
OF_ONE = "alias BETWEEN ? AND ?"
"""The rows of one entry: give it `span(alias)`."""
GROUPS = "CREATE INDEX IF NOT EXISTS frames_by_group ON entries (grp) WHERE kind = 'frame'"
"""For `EntryReader.groups`: how many frames a video has. An older file gets it when it is opened."""
FRAMES = "SELECT count(*), count(DISTINCT grp) FROM entries WHERE kind = 'frame'"
"""How many frames there are, and of how many videos."""
BOTH = """
SELECT 1 FROM entries AS frame WHERE frame.kind = 'frame'
  AND EXISTS (SELECT 1 FROM entries AS picture WHERE picture.alias = frame.grp) LIMIT 1
"""
"""Whether an alias is both a video's and a picture's."""
FRESH_BOTH = """
SELECT 1 FROM fresh AS frame WHERE length(frame.alias) > 16
  AND EXISTS (SELECT 1 FROM fresh AS picture WHERE picture.alias = substr(frame.alias, 1, 16)) LIMIT 1
"""
"""The same, among the names that a snapshot brought."""


class Hash(NamedTuple):
    """What stands in one row: a picture's hash, or a frame's with its time."""

    value: bytes
    quality: int
    t_ms: int | None


def span(alias: str) -> tuple[bytes, bytes]:
    """Give the first and the last name that a row of this entry can have."""
    name = bytes.fromhex(alias)
    return name, name + b"\xff\xff"


def hashes(entry: Entry) -> Iterator[tuple[bytes, Hash]]:
    """Give the name of each of an entry's rows, and what stands there."""
    alias = bytes.fromhex(entry.alias)
    if not entry.frames:
        yield alias, Hash(entry.value, entry.quality, None)
    for number, frame in enumerate(entry.frames):
        yield alias + number.to_bytes(2), Hash(frame.value, frame.quality, frame.t_ms)


def facts(entry: Entry, one: Hash) -> tuple[object, ...]:
    """Give what a row says beside its value, as UPDATE takes it."""
    return bytes.fromhex(entry.alias), entry.kind.value, one.t_ms, one.quality, entry.bank, entry.epoch


def rows(entry: Entry, sealer: Sealer) -> Iterator[tuple[object, ...]]:
    """Give an entry's rows, as INSERT takes them. A value is sealed to its row's name: none can change place."""
    for name, one in hashes(entry):
        group, *known = facts(entry, one)
        yield name, group, entry.type.value, sealer.seal(one.value, name), *known
