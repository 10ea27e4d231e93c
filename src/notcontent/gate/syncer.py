"""Following the hub: the one process that writes gate.db and the shared folder.

`python -P -m notcontent.gate.syncer GATE_TOML LIFE_FD`, started by `serve`: it ends when LIFE_FD closes. Each round
polls the hub and then publishes; failures of either are logged as codes and tried again, and the gate goes on
answering from what it has.
"""

import os
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from notcontent.errors import ConfigError, NotContentError, StorageError
from notcontent.exchange.changes import Change, Withdraw, parse_events
from notcontent.exchange.client import FeedClient, Retry, Step, Synced, sync
from notcontent.exchange.pages import Expected, SnapshotReader
from notcontent.exchange.signing import public_key
from notcontent.gate import log
from notcontent.gate.config import GateConfig, private_folder, read_config, read_member_key
from notcontent.gate.lease import Clock, LeaseState, SystemClock
from notcontent.gate.lifeline import wait_for_end
from notcontent.gate.log import LogEvent
from notcontent.gate.manifest import Manifest, read_manifest
from notcontent.gate.metrics import Tally, sync_series
from notcontent.gate.publisher import Publisher
from notcontent.gate.sealing import Sealer
from notcontent.gate.store import GateStore
from notcontent.gate.tombstones import TOMBSTONES_FILE, Tombstones
from notcontent.gate.watch import Watch

OK = "ok"
SYNCER_TALLY = "syncer"
_LONGEST_BACKOFF = 3
"""Polls that a back-off may last at most: after an outage a withdrawal must not wait long."""
_CHASED_PAGES = 200


class _GuardedStore:
    """The store as `sync` fills it; withdrawals that a full disk refuses are kept in shared memory instead."""

    def __init__(self, store: GateStore, tombstones: Tombstones) -> None:
        self._store = store
        self._tombstones = tombstones
        self.refused: Step | None = None

    def cursor(self) -> int | None:
        return self._store.cursor()

    def apply(self, changes: Sequence[Change], step: Step) -> None:
        try:
            self._store.apply(changes, step)
        except StorageError:
            self.refused = step
            self.mark(changes)
            raise

    def replace(self, snapshot: SnapshotReader) -> None:
        self._store.replace(snapshot)

    def mark(self, changes: Iterable[Change]) -> None:
        """Let what these changes withdraw match no more."""
        aliases = [change.alias for change in changes if isinstance(change, Withdraw)]
        self._tombstones.mark(self._store.slots_of(aliases))


@dataclass
class Syncer:
    """Polls, applies, publishes, watches the lease."""

    config: GateConfig
    store: GateStore
    publisher: Publisher
    tombstones: Tombstones
    clock: Clock
    tally: Tally
    _client: tuple[str, FeedClient] | None = None
    _last: str = ""
    _lease: LeaseState = LeaseState.NONE
    _failures: int = 0
    polling: bool = False
    _stop: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        """Let the loop end after what it is doing."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        """Whether the loop was told to end."""
        return self._stop.is_set()

    def run(self) -> None:
        """Go on until stopped. Serves what gate.db holds before the first poll: the hub may be down."""
        self.watch_lease()
        if self._lease is LeaseState.SHRED or read_manifest(self.publisher.folder, self.clock.boot_id()) is None:
            self.publish(self._last)
        while not self._stop.is_set():
            try:
                code = self.poll()
                self.watch_lease()
                self.publish(code)
            except Exception as error:  # noqa: BLE001 (a mistake of ours in one round must not end all rounds)
                self._failures += 1
                log.write_internal(error)
            self._stop.wait(self.pause())

    def pause(self) -> float:
        """Seconds until the next poll: the configured time, longer after failures, never exactly the same."""
        polls = min(2**self._failures, _LONGEST_BACKOFF) if self._failures else 1
        spread = random.uniform(0.8, 1.0) if polls == 1 else random.uniform(0.6, 1.0)  # noqa: S311 (jitter)
        return self.config.hub.poll_s * polls * spread

    def poll(self) -> str:
        """Ask the hub for what is new and apply it. Returns "ok" or the error's code; raises nothing expected."""
        guarded = _GuardedStore(self.store, self.tombstones)
        synced: Synced | None = None
        self.polling = True
        try:
            client = self._connection()
            try:
                synced = sync(client, guarded, self.config.hub.page_limit)
            except StorageError:
                self._chase_withdrawals(client, guarded)
                raise
            self.tombstones.clear()
            code = OK
        except NotContentError as error:
            code = error.code
        except Exception as error:  # noqa: BLE001 (what a hub sent must not end the process, whatever it was)
            log.write_internal(error)
            code = NotContentError.code
        finally:
            self.polling = False
        self._note(code, synced)
        return code

    def _connection(self) -> FeedClient:
        """Give the connection to the hub. The key is read each time, so that a new one counts without a restart."""
        hub, key = self.config.hub, read_member_key(self.config)
        if self._client is not None and self._client[0] == key:
            return self._client[1]
        self.close_connection()
        expected = Expected(public_key(hub.public_key), hub.origin, hub.member)
        # Short patience here: the loop itself comes back. A long Retry-After ends when the gate stops.
        retry = Retry(tries=2, sleep=self._sleep)
        client = FeedClient(hub.url, key, expected, retry=retry, timeout_s=hub.timeout_s)
        self._client = (key, client)
        return client

    def close_connection(self) -> None:
        """Let go of the connection to the hub."""
        if self._client is not None:
            self._client[1].close()
            self._client = None

    def _sleep(self, seconds: float) -> None:
        self._stop.wait(seconds)

    def _chase_withdrawals(self, client: FeedClient, guarded: _GuardedStore) -> None:
        """Read on without applying: the withdrawals on later pages must not wait for space on the disk."""
        step = guarded.refused
        for _ in range(_CHASED_PAGES):
            if step is None:
                break
            page = client.page(step.next, self.config.hub.page_limit)
            guarded.mark(parse_events(page.events))
            step = Step(page.after, page.next, page.lease) if page.more else None
        log.write(LogEvent.WITHDRAWALS_KEPT_IN_MEMORY, entries=len(self.tombstones.marked()))

    def _note(self, code: str, synced: Synced | None) -> None:
        self.tally.add(("syncs", code))
        if synced is None:
            self._failures += 1
            if code != self._last:
                log.write(LogEvent.SYNC_FAILED, code=code)
        else:
            self._failures = 0
            self.tally.add(("entries_added",), synced.added)
            self.tally.add(("entries_withdrawn",), synced.withdrawn)
            if self._last not in {OK, ""}:
                log.write(LogEvent.SYNC_RECOVERED)
            if synced.added or synced.withdrawn:
                log.write(LogEvent.SYNCED, added=synced.added, withdrawn=synced.withdrawn, pages=synced.pages)
        self._last = code

    def watch_lease(self) -> None:
        """Shred what is past its lease; say when the state changes."""
        try:
            ends = self.store.standing().deadlines
            state = ends.state(self.clock.boot()) if ends else LeaseState.NONE
            if state is not self._lease and state is LeaseState.HOLD:
                log.write(LogEvent.LEASE_HOLD)
            if state is LeaseState.SHRED:
                self.store.shred()
                log.write(LogEvent.LEASE_SHRED)
            self.store.tidy()
            self._lease = state
        except StorageError as error:
            log.write(LogEvent.PUBLISH_FAILED, code=error.code)

    def publish(self, sync_code: str) -> Manifest | None:
        """Publish the store's state. None when there was no space; the generation before goes on."""
        try:
            self._restore_folder()
            before = self.publisher.generation
            manifest = self.publisher.publish(sync_code)
        except (StorageError, ConfigError) as error:
            self._note_unpublished(error)
            return None
        if self.publisher.failed is not None:
            self._note_unpublished(self.publisher.failed)
        if manifest.generation != before:
            entries, segments = manifest.entries, len(manifest.segments)
            log.write(LogEvent.PUBLISHED, generation=manifest.generation, entries=entries, segments=segments)
        return manifest

    def _note_unpublished(self, error: NotContentError) -> None:
        self.tally.add(("publish_failures",))
        log.write(LogEvent.PUBLISH_FAILED, code=error.code)

    def _restore_folder(self) -> None:
        """Make again what somebody deleted while the gate runs: the shared folder is a cache."""
        folder = self.publisher.folder
        private_folder(folder)
        if not (folder / TOMBSTONES_FILE).exists():
            self.tombstones = Tombstones.create(folder)


def open_syncer(config: GateConfig, clock: Clock | None = None) -> Syncer:
    """Open everything a syncer needs. Raises ConfigError or StorageError."""
    clock = clock or SystemClock()
    data = Path(config.data_dir)
    private_folder(data)
    private_folder(config.shared)
    read_member_key(config)
    hub = config.hub
    store = GateStore(config.database, Sealer(data), clock, origin=hub.origin, member=hub.member, most=hub.most)
    tally = Tally.create(config.shared, SYNCER_TALLY, sync_series())
    publisher = Publisher(config.shared, store, clock, config.erase_after_s)
    return Syncer(config, store, publisher, Tombstones.create(config.shared), clock, tally)


def watch_over(syncer: Syncer, end: Callable[[int], None] = os._exit) -> Watch:
    """Make the watch that ends this process when a poll outlives the lease, its time, or the order to stop."""
    hub, database = syncer.config.hub, syncer.config.database
    return Watch(
        database, syncer.clock, hub.most, hub.longest_poll_s, lambda: syncer.polling, lambda: syncer.stopping, end
    )


def main(arguments: Sequence[str]) -> int:
    """Run as a process of its own until the supervisor ends it."""
    try:
        syncer = open_syncer(read_config(Path(arguments[0])))
    except NotContentError as error:
        log.write(LogEvent.SYNC_FAILED, code=error.code)
        return ConfigError.exit_code
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: syncer.stop())
    wait_for_end(int(arguments[1]), syncer.stop)
    watch = watch_over(syncer)
    watch.start()
    try:
        syncer.run()
    except Exception as error:  # noqa: BLE001 (the edge: a trace could quote data; the supervisor starts us again)
        log.write_internal(error)
        return NotContentError.exit_code
    syncer.close_connection()
    syncer.store.close()
    syncer.publisher.close()  # the watch waits for that no longer than for a poll
    watch.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
