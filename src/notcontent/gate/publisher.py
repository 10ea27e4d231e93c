"""From gate.db to shared memory: immutable segments, named by a manifest. A cache; the truth is gate.db.

A segment covers a range of slots. New entries make a new segment; neighbours of like size are joined, so that
there are only ever a few; a withdrawn entry's segment is written anew without it. Everything new is written under
new names before the manifest names it, and what it no longer names is unlinked: workers keep what they mapped.
"""

import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from notcontent.errors import IndexFileError, StorageError
from notcontent.gate.lease import Clock
from notcontent.gate.manifest import (
    DRAFT_PATTERN,
    SEGMENT_PATTERN,
    Manifest,
    SegmentFile,
    read_manifest,
    write_manifest,
)
from notcontent.gate.store import GateStore, Standing
from notcontent.matching import MihIndex

Part = tuple[NDArray[np.uint8], NDArray[np.uint32]]
JOIN_BELOW = 2
"""A segment joins the one before it when that one is less than this many times as large."""


@dataclass
class Publisher:
    """Keeps the shared folder in step with the store. One process, one instance."""

    folder: Path
    store: GateStore
    clock: Clock
    _held: list[SegmentFile] = field(default_factory=list)
    _dead: set[int] = field(default_factory=set)
    generation: int = 0

    def __post_init__(self) -> None:
        """Go on counting where an earlier process of this boot stopped. Its segments are not trusted, but replaced."""
        before = read_manifest(self.folder, self.clock.boot_id())
        self.generation = before.generation if before else 0

    def publish(self, sync: str) -> Manifest:
        """Bring the shared folder up to the store's present state. `sync` is how the last poll ended.

        Raises StorageError when there is no space: the generation before goes on being served, and the next call
        tries again.
        """
        standing = self.store.standing()
        self._dead.update(self.store.take_removed())
        plan = [segment for segment in self._held if (self.folder / segment.file).is_file()]
        if len(plan) != len(self._held) or standing.cursor is None:
            plan = []
        changed = self._rewritten(plan)
        if standing.cursor is not None:
            changed = self._extended(changed)
        fresh = [segment for segment in changed if segment not in self._held]
        try:
            manifest = self._manifest(standing, changed, sync, moved=changed != self._held)
            write_manifest(self.folder, manifest)
        except StorageError:
            self._unlink(fresh)
            raise
        self._held, self.generation, self._dead = changed, manifest.generation, set()
        self._sweep()
        return manifest

    def _rewritten(self, plan: list[SegmentFile]) -> list[SegmentFile]:
        """Write those segments anew that hold withdrawn entries."""
        done: list[SegmentFile] = []
        for segment in plan:
            if any(segment.low < slot <= segment.high for slot in self._dead):
                done += self._write(segment.low, segment.high, *self._live(segment), unused=done)
            else:
                done.append(segment)
        return done

    def _extended(self, plan: list[SegmentFile]) -> list[SegmentFile]:
        """Add what is newer than the last segment, joined with neighbours that are not much larger."""
        low, high = plan[-1].high if plan else 0, self.store.last_slot()
        if high <= low:
            return plan
        parts = [self.store.values(low, high)]
        kept = list(plan)
        while kept and kept[-1].count < JOIN_BELOW * sum(len(slots) for _, slots in parts):
            joined = kept.pop()
            low = joined.low
            parts.insert(0, self._live(joined))
        rows, slots = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        return kept + self._write(low, high, rows, slots, unused=plan)

    def _live(self, segment: SegmentFile) -> Part:
        """Read a segment's rows and slots back, without the withdrawn ones."""
        try:
            rows, slots = MihIndex.open(self.folder / segment.file, verify=False).rows()
        except IndexFileError as error:
            self._held = []  # a cache that does not open is no cache: the next call rebuilds it from gate.db
            raise StorageError("A segment in shared memory cannot be read.") from error
        alive = ~np.isin(slots, np.fromiter(self._dead, np.uint32))
        return rows[alive], slots[alive]

    def _write(
        self, low: int, high: int, rows: NDArray[np.uint8], slots: NDArray[np.uint32], *, unused: list[SegmentFile]
    ) -> list[SegmentFile]:
        """Write one segment for a range; none when nothing in it lives. When it fails, `unused` new ones go too."""
        if not len(slots):
            return []
        # A name that never was: a worker may still hold a segment of a folder that was wiped since.
        name = f"seg-{self.generation + 1}-{secrets.token_hex(8)}.bin"
        segment = SegmentFile(name, low, high, len(slots))
        try:
            _write_checked(self.folder / segment.file, rows, slots)
        except StorageError:
            self._unlink([other for other in [*unused, segment] if other not in self._held])
            raise
        return [segment]

    def _manifest(self, standing: Standing, segments: list[SegmentFile], sync: str, *, moved: bool) -> Manifest:
        ends = standing.deadlines
        return Manifest(
            generation=self.generation + 1 if moved or not self.generation else self.generation,
            boot_id=self.clock.boot_id(),
            cursor=standing.cursor if ends else None,
            contact=ends.contact if ends else 0.0,
            hold_at=ends.hold_at if ends else 0.0,
            shred_at=ends.shred_at if ends else 0.0,
            segments=tuple(segments),
            sync=sync,
        )

    def _unlink(self, segments: list[SegmentFile]) -> None:
        for segment in segments:
            with suppress(OSError):
                (self.folder / segment.file).unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Unlink every segment that the manifest does not name, also those of a process that was killed."""
        named = {segment.file for segment in self._held}
        for path in [*self.folder.glob(SEGMENT_PATTERN), *self.folder.glob(DRAFT_PATTERN)]:
            if path.name not in named:
                with suppress(OSError):
                    path.unlink(missing_ok=True)


def _write_checked(path: Path, rows: NDArray[np.uint8], slots: NDArray[np.uint32]) -> None:
    """Write a segment and open it once, so that workers are never pointed at one that cannot be read."""
    try:
        MihIndex.build(rows, slots).save(path)
        MihIndex.open(path)
    except IndexFileError as error:
        raise StorageError("A segment in shared memory was damaged while it was written.") from error
