"""What a worker answers from: one generation of the bank, mapped from shared memory, swapped whole.

A request takes the generation it finds and keeps it to its end; the next request may see the next one. Nobody
waits: opening happens beside the requests, and the swap is one assignment. When something cannot be read, the
generation before goes on.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from notcontent.errors import IndexFileError, NotReadyError, StorageError
from notcontent.gate import log
from notcontent.gate.clip_screening import Group
from notcontent.gate.entries import EntryReader
from notcontent.gate.lease import Clock, LeaseState
from notcontent.gate.log import LogEvent
from notcontent.gate.manifest import LARGE_ROWS, MANIFEST_FILE, Manifest, read_manifest
from notcontent.gate.screening import Facts
from notcontent.gate.tombstones import Tombstones
from notcontent.matching import Found, MihIndex
from notcontent.matching.estimates import Candidates, EstimateQuery
from notcontent.signals.pattern import patterns

LOOK_EVERY_S = 0.05
"""How often the manifest is looked at for a change: one `stat`."""


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """One generation: its manifest and its open segments.

    Large ones are a part each; the rows of small ones are copied into one part together.
    """

    manifest: Manifest
    large: Mapping[str, MihIndex]
    parts: tuple[MihIndex, ...]

    @classmethod
    def open(cls, folder: Path, manifest: Manifest, held: "Snapshot | None") -> "Snapshot":
        """Map what the manifest names. What `held` has mapped stays mapped, so that its pages are not met anew.

        Raises IndexFileError. Files are not verified: the syncer did so after writing, and reading all would cost
        each worker a second for ten million entries. But all pages of large ones are met here, beside the requests,
        so that no request pays for them.
        """
        known = held.large if held else {}
        large = {
            one.file: known.get(one.file) or MihIndex.open_all([folder / one.file], verify=False, populate=True)
            for one in manifest.segments
            if one.count >= LARGE_ROWS
        }
        small = [folder / one.file for one in manifest.segments if one.count < LARGE_ROWS]
        rest = [MihIndex.open_all(small, verify=False)] if small or not large else []
        return cls(manifest, large, (*large.values(), *rest))

    @property
    def rows(self) -> int:
        """How many entries thresholds are made for: a video counts once.

        A person may bank a film of thousands of frames, and nobody asks what it shows. If each of them counted, a few
        forged films would narrow what finds everybody else's pictures.
        """
        return self.manifest.entries

    def search(self, queries: NDArray[np.uint8], radius: int) -> Found:
        """Find the slots within an inclusive radius of each query u8[n, 32], nearest first."""
        found = [part.search(queries, radius) for part in self.parts]
        some = [one for one in found if len(one.ids)]
        return join(some, len(queries)) if len(some) > 1 else (some or found)[0]

    def search_estimates(self, query: EstimateQuery) -> Candidates:
        """Find the slots that fit some estimate of one upload, best first."""
        found = [query.ask(part) for part in self.parts]
        return found[0] if len(found) == 1 else join_candidates(found, query.most)

    def values(self, slots: Sequence[int]) -> dict[int, NDArray[np.uint8]]:
        """Give the hashes u8[32] of those slots that are there."""
        found: dict[int, NDArray[np.uint8]] = {}
        for part in self.parts:
            rows, ids = part.rows_of(np.array(slots, np.uint32))
            found |= zip(ids.tolist(), rows, strict=True)
        return found


def join_candidates(parts: list[Candidates], most: int) -> Candidates:
    """Put the candidates of several segments together, which have no slot in common: again by (-score, id)."""
    ids = np.concatenate([part.ids for part in parts])
    scores = np.concatenate([part.scores for part in parts])
    looks = np.concatenate([part.looks for part in parts])
    order = np.lexsort((ids, -scores))[:most]
    left_out = len(ids) - len(order) + sum(part.left_out for part in parts)
    return Candidates(ids[order], scores[order], looks[order], left_out)


def join(parts: list[Found], queries: int) -> Found:
    """Put the finds of several segments together: again by (distance, id) within each query."""
    owner = [np.repeat(np.arange(queries), np.diff(part.lims)) for part in parts]
    whose = np.concatenate([np.empty(0, np.int64), *owner])
    ids = np.concatenate([np.empty(0, np.uint32), *(part.ids for part in parts)])
    distances = np.concatenate([np.empty(0, np.uint8), *(part.distances for part in parts)])
    order = np.lexsort((ids, distances, whose))
    lims = np.zeros(queries + 1, np.int64)
    np.cumsum(np.bincount(whose, minlength=queries), out=lims[1:])
    return Found(lims, ids[order], distances[order])


@dataclass(frozen=True, slots=True, eq=False)
class LiveBank:
    """A generation to screen against, with the last check: what was withdrawn since does not count."""

    snapshot: Snapshot
    reader: EntryReader
    tombstones: Tombstones

    def search(self, queries: NDArray[np.uint8], radius: int) -> Found:
        """Find the slots near each query."""
        return self.snapshot.search(queries, radius)

    @property
    def rows(self) -> int:
        """Count the entries that thresholds are made for."""
        return self.snapshot.rows

    def search_estimates(self, query: EstimateQuery) -> Candidates:
        """Find the slots that fit some estimate."""
        return self.snapshot.search_estimates(query)

    def values(self, slots: Sequence[int]) -> Mapping[int, NDArray[np.uint8]]:
        """Give the hashes of those slots that are there."""
        return self.snapshot.values(slots)

    def facts(self, slots: Iterable[int]) -> Mapping[int, Facts]:
        """Give the facts of the entries that still stand, by gate.db and by the tombstones."""
        withdrawn = self.tombstones.marked()
        found = self.reader.facts(slot for slot in slots if slot not in withdrawn)
        values = self.snapshot.values(list(found)) if found else {}
        if not values:
            return found
        little = patterns(np.stack(list(values.values()))).tolist()
        return {
            **found,
            **{slot: replace(found[slot], pattern=True) for slot, one in zip(values, little, strict=True) if one},
        }

    def groups(self, slots: Iterable[int], min_quality: int) -> Mapping[int, Group]:
        """Give what those entries that still stand belong to."""
        withdrawn = self.tombstones.marked()
        return self.reader.groups((slot for slot in slots if slot not in withdrawn), min_quality)


class SnapshotHolder:
    """Holds the newest generation that could be opened."""

    def __init__(self, folder: Path, clock: Clock, reader: EntryReader) -> None:
        """Take the shared folder; nothing is opened before `refresh`."""
        self._folder = folder
        self._clock = clock
        self._boot_id = clock.boot_id()
        self._reader = reader
        self._seen: tuple[int, int, int] | None = None
        self._bank: LiveBank | None = None
        self._manifest: Manifest | None = None

    @property
    def manifest(self) -> Manifest | None:
        """The newest manifest, also of a gate that may not answer; None when there was none yet."""
        return self._manifest

    def state(self) -> LeaseState:
        """How the lease of what is held stands at this moment."""
        manifest = self._manifest
        if manifest is None or manifest.cursor is None:
            return LeaseState.NONE
        return manifest.deadlines.state(self._clock.boot())

    def age(self) -> float | None:
        """Seconds since the hub last answered; None when it never did."""
        manifest = self._manifest
        if manifest is None or manifest.cursor is None:
            return None
        return max(0.0, self._clock.boot() - manifest.contact)

    def left(self) -> tuple[float, float] | None:
        """Seconds until nothing is blocked any more, and until nothing is answered; None without a bank."""
        manifest = self._manifest
        if manifest is None or manifest.cursor is None:
            return None
        boot = self._clock.boot()
        return max(0.0, manifest.hold_at - boot), max(0.0, manifest.shred_at - boot)

    def bank(self) -> LiveBank:
        """Give the bank to answer from. Raises NotReadyError when there is none or its lease is over."""
        bank = self._bank
        if bank is None or self.state() is LeaseState.SHRED:
            raise NotReadyError
        return bank

    def changed(self) -> bool:
        """Look whether the manifest is another one than at the last refresh."""
        return self._stamp() != self._seen

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = (self._folder / MANIFEST_FILE).stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def refresh(self) -> None:
        """Open what the manifest names now, and swap. What cannot be opened is logged; the old one stays."""
        stamp = self._stamp()
        manifest = read_manifest(self._folder, self._boot_id)
        if manifest is None:
            # Deleted or damaged: what is mapped is still good; the syncer writes a new one.
            self._seen = stamp
            return
        try:
            bank = self._opened(manifest) if manifest.cursor is not None else None
        except (IndexFileError, StorageError, OSError) as error:
            if self._stamp() != stamp:
                return  # overtaken while reading: the next look finds the next manifest
            log.write(LogEvent.SNAPSHOT_REFUSED, code=getattr(error, "code", StorageError.code))
            # Keep what is held, but believe the newer lease only with the bank it belongs to.
            self._seen = stamp
            return
        self._bank, self._manifest, self._seen = bank, manifest, stamp

    def _opened(self, manifest: Manifest) -> LiveBank:
        held = self._bank.snapshot if self._bank else None
        self._reader = self._reader.of(manifest.store)
        return LiveBank(Snapshot.open(self._folder, manifest, held), self._reader, Tombstones.open(self._folder))

    async def watch(self) -> None:
        """Refresh on every change, beside the requests, until cancelled."""
        while True:
            if self.changed():
                await asyncio.to_thread(self.refresh)
            await asyncio.sleep(LOOK_EVERY_S)
