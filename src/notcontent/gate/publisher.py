"""From gate.db to shared memory: immutable segments, named by a manifest. A cache; the truth is gate.db.

A segment covers a range of slots. New entries make a new segment; neighbours of like size are joined, so that
there are only ever a few. A withdrawn entry matches no more once it has left gate.db, where workers look every hit up;
its segment is written anew without it, at once when it is small, otherwise beside, some minutes later. Everything new
is written under new names before the manifest names it, and what it no longer names is unlinked: workers keep what they
mapped.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from notcontent.errors import IndexFileError, NotContentError, StorageError
from notcontent.gate.lease import Clock
from notcontent.gate.manifest import (
    DRAFT_PATTERN,
    LARGE_ROWS,
    SEGMENT_PATTERN,
    Manifest,
    SegmentFile,
    read_manifest,
    write_manifest,
)
from notcontent.gate.segments import Held, Part, Renewal, name_segment, write_segment
from notcontent.gate.store import GateStore, Standing

JOIN_BELOW = 2
"""A segment joins the one before it when that one is less than this many times as large."""


@dataclass
class Publisher:
    """Keeps the shared folder in step with the store. One process, one instance.

    A withdrawn value leaves shared memory `erase_after_s` after the first call that finds it withdrawn, and the time
    that writing its segment takes, when calls come often.
    """

    folder: Path
    store: GateStore
    clock: Clock
    erase_after_s: float
    generation: int = 0
    failed: NotContentError | None = None
    """Why a renewal that had ended came to nothing, as the last call found."""
    _held: list[Held] = field(default_factory=list)
    _shown: tuple[SegmentFile, ...] = ()
    _films: tuple[int, int] = (0, 0)
    """Frames and videos, as they were counted when what is shown last changed."""
    _renewal: Renewal | None = None

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
        self._mark_dead(standing)
        ended = self._renewal if self._renewal is not None and not self._renewal.is_alive() else None
        self.failed = ended.error if ended else None
        fresh: list[str] = []
        try:
            changed = self._rid(self._trusted(ended), fresh)
            if standing.cursor is not None:
                changed = self._extended(changed, fresh)
            shown = tuple(held.segment for held in changed)
            manifest = self._manifest(standing, shown, sync)
            write_manifest(self.folder, manifest)
        except StorageError:
            self._unlink(fresh)
            raise
        self._held, self._shown, self.generation = changed, shown, manifest.generation
        if ended:
            self._renewal = None
        self._sweep()
        self._renew_next()
        return manifest

    def close(self) -> None:
        """Wait for what is being written beside."""
        if self._renewal is not None:
            self._renewal.join()

    def _mark_dead(self, standing: Standing) -> None:
        """Note what was withdrawn from the segments, or that all was."""
        removed = np.array(self.store.take_removed(), np.uint32)
        now = self.clock.boot()
        self._held = [held.without(removed, now) for held in self._held] if standing.cursor is not None else []

    def _trusted(self, ended: Renewal | None) -> list[Held]:
        """Give the segments to go on from, with one that was written anew; none when any is lost."""
        if ended and isinstance(ended.error, IndexFileError) and any(map(ended.renews, self._held)):
            return []  # not so when the segment was only overtaken and unlinked before it could be read
        plan = [ended.taken_up(held) if ended and ended.renews(held) else held for held in self._held]
        return plan if all((self.folder / held.segment.file).is_file() for held in plan) else []

    def _rid(self, plan: list[Held], fresh: list[str]) -> list[Held]:
        """Write small segments anew at once when they hold withdrawn entries; also those that are small by now."""
        done: list[Held] = []
        for held in plan:
            if len(held.dead) and held.segment.entries < LARGE_ROWS:
                done += self._write(held.segment.low, held.segment.high, self._live(held), fresh)
            else:
                done.append(held)
        return done

    def _extended(self, plan: list[Held], fresh: list[str]) -> list[Held]:
        """Add what is newer than the last segment, joined with neighbours that are not much larger."""
        low, high = plan[-1].segment.high if plan else 0, self.store.last_slot()
        if high <= low:
            return plan
        parts = [self.store.values(low, high)]
        kept = list(plan)
        while kept and kept[-1].segment.entries < JOIN_BELOW * sum(len(slots) for _, slots in parts):
            joined = kept.pop()
            low = joined.segment.low
            parts.insert(0, self._live(joined))
        rows, slots = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        return kept + self._write(low, high, (rows, slots), fresh)

    def _live(self, held: Held) -> Part:
        try:
            return held.live(self.folder)
        except IndexFileError as error:
            self._held = []  # a cache that does not open is no cache: the next call rebuilds it from gate.db
            raise StorageError("A segment in shared memory cannot be read.") from error

    def _write(self, low: int, high: int, part: Part, fresh: list[str]) -> list[Held]:
        """Write one segment for a range; none when nothing in it lives. Its name is put down as fresh."""
        if not len(part[1]):
            return []
        fresh.append(name_segment(self.generation + 1))
        return [Held(write_segment(self.folder / fresh[-1], low, high, part))]

    def _manifest(self, standing: Standing, shown: tuple[SegmentFile, ...], sync: str) -> Manifest:
        ends = standing.deadlines
        moved = shown != self._shown or not self.generation
        if shown != self._shown:
            self._films = self.store.frames() if shown else (0, 0)
        frames, videos = self._films
        return Manifest(
            generation=self.generation + 1 if moved else self.generation,
            boot_id=self.clock.boot_id(),
            cursor=standing.cursor if ends else None,
            contact=ends.contact if ends else 0.0,
            hold_at=ends.hold_at if ends else 0.0,
            shred_at=ends.shred_at if ends else 0.0,
            segments=shown,
            sync=sync,
            store=self.store.number,
            frames=frames,
            videos=videos,
        )

    def _renew_next(self) -> None:
        """Begin to write the segment anew whose withdrawn entries have waited longest, when that was long enough."""
        now = self.clock.boot()
        due = [held for held in self._held if now - held.since >= self.erase_after_s]
        if due and self._renewal is None:
            oldest = min(due, key=lambda held: held.since)
            self._renewal = Renewal(self.folder, oldest, name_segment(self.generation + 1), now)
            self._renewal.start()

    def _unlink(self, names: list[str]) -> None:
        for name in names:
            with suppress(OSError):
                (self.folder / name).unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Unlink every segment that the manifest does not name, also those of a process that was killed."""
        named = {held.segment.file for held in self._held}
        coming = self._renewal.file if self._renewal is not None else None
        for path in [*self.folder.glob(SEGMENT_PATTERN), *self.folder.glob(DRAFT_PATTERN)]:
            if path.name not in named and (coming is None or coming not in path.name):
                with suppress(OSError):
                    path.unlink(missing_ok=True)
