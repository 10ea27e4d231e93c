"""A gate's parts in one process over a real feed, and a clock that the test sets."""

from dataclasses import dataclass
from pathlib import Path

from feed_server import Feed

from notcontent.gate.config import read_config
from notcontent.gate.entries import EntryReader
from notcontent.gate.snapshot import Snapshot, SnapshotHolder
from notcontent.gate.syncer import Syncer, open_syncer


@dataclass
class SetClock:
    """A clock that stands still until the test moves it."""

    wall_s: float = 1_790_000_000.0
    boot_s: float = 1_000.0
    boot_name: str = "boot-a"

    def wall(self) -> float:
        return self.wall_s

    def boot(self) -> float:
        return self.boot_s

    def boot_id(self) -> str:
        return self.boot_name

    def pass_s(self, seconds: float) -> None:
        """Let time pass on both clocks."""
        self.wall_s += seconds
        self.boot_s += seconds


@dataclass
class Site:
    """A feed that is served and a syncer that follows it, in this process."""

    feed: Feed
    folder: Path
    clock: SetClock
    path: Path
    syncer: Syncer

    def reopen(self) -> None:
        """Do what a new process does."""
        self.syncer.close_connection()
        self.syncer.store.close()
        self.syncer = open_syncer(read_config(self.path), self.clock)
        self.syncer.stop()  # no pauses between tries

    def follow(self) -> str:
        """One round of the syncer; gives the poll's code."""
        code = self.syncer.poll()
        self.syncer.watch_lease()
        self.syncer.publish(code)
        return code


def open_holder(site: Site) -> SnapshotHolder:
    """What a worker holds."""
    config = site.syncer.config
    holder = SnapshotHolder(config.shared, site.clock, EntryReader(config.database))
    holder.refresh()
    return holder


def served(snapshot: Snapshot) -> list[int]:
    """All slots that a search can find."""
    return sorted(slot for part in snapshot.parts for slot in part.rows()[1].tolist())


def stored(site: Site) -> list[int]:
    """All slots that gate.db holds."""
    slots: list[int] = site.syncer.store.values(0, site.syncer.store.last_slot())[1].tolist()
    return slots
