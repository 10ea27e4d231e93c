"""What the syncer tells the workers: which segments make up the bank now, and how long that may be believed.

One small file in shared memory, replaced by rename: a reader sees the old one or the new one, never half of one.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from notcontent.errors import StorageError
from notcontent.gate.lease import Deadlines

MANIFEST_FILE = "manifest.json"
SEGMENT_PATTERN = "seg-*.bin"
DRAFT_PATTERN = ".seg-*.part"
"""What a process that was killed while writing a segment leaves behind."""
LARGE_ROWS = 1 << 15
"""A segment of so many rows has tables, and workers map it. Smaller files hold rows alone, and are soon written."""
_VERSION = 1


class SegmentFile(msgspec.Struct, frozen=True):
    """One immutable segment: it holds `count` rows, all in the slots above `low` up to `high`.

    So many of them, `dead`, were withdrawn since it was written: they match no more, and it is to be written anew.
    """

    file: Annotated[str, Meta(pattern=r"^seg-[0-9]+-[0-9a-f]+\.bin$", max_length=60)]
    low: int
    high: int
    count: int
    dead: int = 0

    @property
    def entries(self) -> int:
        """How many of its rows are entries that stand."""
        return self.count - self.dead


class Manifest(msgspec.Struct, frozen=True):
    """One generation of the bank in shared memory. Times are of this boot's clock; another boot's say nothing.

    `sync` is how the last poll ended: "ok" or an error's code. `cursor` is None when there is no bank to answer from.
    `store` is the number of the gate.db that the segments' slots are of. `frames` counts rows that are of videos, of so
    many `videos`.
    """

    generation: int
    boot_id: str
    cursor: int | None
    contact: float
    hold_at: float
    shred_at: float
    segments: tuple[SegmentFile, ...]
    sync: str
    store: int = 0
    frames: int = 0
    videos: int = 0
    v: int = _VERSION

    @property
    def rows(self) -> int:
        """How many hashes that stand the segments hold: a picture's own, and each frame of a video."""
        return sum(segment.entries for segment in self.segments)

    @property
    def entries(self) -> int:
        """How many pictures and videos that is."""
        return self.rows - self.frames + self.videos

    @property
    def deadlines(self) -> Deadlines:
        """When this generation's lease ends."""
        return Deadlines(self.contact, self.hold_at, self.shred_at)


def read_manifest(folder: Path, boot_id: str) -> Manifest | None:
    """Read the manifest of this boot. None when there is none, or none that this program can believe."""
    try:
        manifest = msgspec.json.decode((folder / MANIFEST_FILE).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    return manifest if manifest.v == _VERSION and manifest.boot_id == boot_id else None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put this manifest in the place of the old one. Raises StorageError; the old one then still stands."""
    fresh = folder / (MANIFEST_FILE + ".new")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.encode(manifest))
        fresh.replace(folder / MANIFEST_FILE)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise StorageError from error
