"""One segment's life: written and checked, then never changed; and written anew without what was withdrawn.

A value can be taken out of a segment only by writing another one: the sixteen tables tell it again, by the buckets that
list it, and workers read them meanwhile. For a large segment that takes seconds, so it is done in a thread beside.
"""

import os
import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from notcontent.errors import IndexFileError, NotContentError, StorageError
from notcontent.gate import log
from notcontent.gate.manifest import SegmentFile
from notcontent.matching import MihIndex

Part = tuple[NDArray[np.uint8], NDArray[np.uint32]]
"""Rows u8[n, 32] and their slots u32[n], ascending."""
_NICE = 10
"""How far renewing stands back: a tenth of a core when all are busy answering."""


def _none() -> NDArray[np.uint32]:
    return np.empty(0, np.uint32)


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A segment that is served, and the slots withdrawn from it, the first of them at `since` on the boot clock."""

    segment: SegmentFile
    dead: NDArray[np.uint32] = field(default_factory=_none, repr=False)
    since: float = inf

    def without(self, slots: NDArray[np.uint32], now: float) -> "Held":
        """Give the same with those of these slots dead as well that it covers. None of them was before."""
        mine = slots[(slots > self.segment.low) & (slots <= self.segment.high)]
        if not len(mine):
            return self
        dead = np.sort(np.concatenate([self.dead, mine]))
        return Held(msgspec.structs.replace(self.segment, dead=len(dead)), dead, min(self.since, now))

    def live(self, folder: Path) -> Part:
        """Read back the rows that stand. Raises IndexFileError."""
        rows, slots = MihIndex.open(folder / self.segment.file, verify=False).rows()
        if not len(self.dead):
            return rows, slots
        stands = ~np.isin(slots, self.dead, assume_unique=True)
        return rows[stands], slots[stands]


def name_segment(generation: int) -> str:
    """Make a name that never was: a worker may still hold a segment of a folder that was wiped since."""
    return f"seg-{generation}-{secrets.token_hex(8)}.bin"


def write_segment(path: Path, low: int, high: int, part: Part) -> SegmentFile:
    """Write a segment and open it once, so that workers are never pointed at one that cannot be read.

    Its pages become huge ones here, where the system can make them, and not beside a worker's requests. Raises
    StorageError; then nothing of this name is left.
    """
    rows, slots = part
    try:
        MihIndex.build(rows, slots).save(path)
        MihIndex.open_all([path], populate=True)
    except IndexFileError as error:
        path.unlink(missing_ok=True)
        raise StorageError("A segment in shared memory was damaged while it was written.") from error
    except StorageError:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise
    return SegmentFile(path.name, low, high, len(slots))


class Renewal(threading.Thread):
    """Writes one segment anew without its dead rows, at low priority; `held` is as it was when this began.

    Not a daemon: the interpreter must not end in the middle of native code that wants it back.
    """

    def __init__(self, folder: Path, held: Held, name: str, now: float) -> None:
        """Prepare. `name` is the new segment's file, `now` this moment on the boot clock."""
        super().__init__(name="notcontent-renew")
        self.held = held
        self.file = name
        self._folder = folder
        self._began = now
        self._fresh: SegmentFile | None = None
        self.error: NotContentError | None = None

    def run(self) -> None:
        """Write."""
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)  # on Linux, of this thread alone
        old = self.held.segment
        try:
            self._check_space()
            self._fresh = write_segment(self._folder / self.file, old.low, old.high, self.held.live(self._folder))
        except NotContentError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001 (MemoryError, or a mistake of ours: the next round tries again)
            log.write_internal(error)
            self.error = NotContentError()

    def _check_space(self) -> None:
        """Refuse before the work what would only fail after it. Raises StorageError."""
        try:
            disk = os.statvfs(self._folder)
            needed = (self._folder / self.held.segment.file).stat().st_size
        except OSError as error:
            raise StorageError from error
        if disk.f_bavail * disk.f_frsize < needed:
            raise StorageError

    def renews(self, other: Held) -> bool:
        """Say whether this is about the same file."""
        return other.segment.file == self.held.segment.file

    def taken_up(self, now: Held) -> Held:
        """Give the new segment in the place of the old one, with what was withdrawn while it was written."""
        if self._fresh is None:
            return now
        later = np.setdiff1d(now.dead, self.held.dead, assume_unique=True)
        return Held(self._fresh).without(later, self._began)
