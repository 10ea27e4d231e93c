"""The lease's own watch: a thread beside the syncer's work, so that no hub can hold a lease or an end open by dripping.

Python cannot stop a thread that waits for a network, but a process can be ended. gate.db survives that as it survives
a crash (what is not committed is rolled back), the supervisor starts the syncer again, and the first thing a syncer
does is to shred what is past its lease.
"""

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from notcontent.exchange.wire import Lease
from notcontent.gate import log
from notcontent.gate.lease import Clock, Deadlines, LeaseState, Seen, deadlines, steady_now
from notcontent.gate.log import LogEvent

LOOK_EVERY_S = 0.5
STOP_AFTER_S = 3.0
RESTART = 1


def capped(lease: Lease, most: Lease) -> Lease:
    """Cut the hub's lease to what the gate's own settings allow: the smaller counts."""
    return Lease(min(lease.hold_after_s, most.hold_after_s), min(lease.shred_after_s, most.shred_after_s))


def committed_deadlines(database: Path, clock: Clock, most: Lease) -> Deadlines | None:
    """Read the lease's ends as gate.db holds them, beside a writer. None before the first contact.

    Raises sqlite3.Error or OSError.
    """
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=1.0)) as db:
        row = db.execute("SELECT hold_after_s, shred_after_s, contact, steady, boot, boot_id FROM state").fetchone()
    hold_after_s, shred_after_s, contact, *seen = row
    if contact is None:
        return None
    lease = capped(Lease(hold_after_s, shred_after_s), most)
    now = steady_now(clock, Seen(*seen) if seen[2] is not None else None)
    return deadlines(clock, now, contact, lease.hold_after_s, lease.shred_after_s)


@dataclass
class Watch:
    """Ends the process when its work cannot be waited for. `busy` says whether a poll is under way."""

    database: Path
    clock: Clock
    most: Lease
    longest_poll_s: float
    busy: Callable[[], bool]
    stopping: Callable[[], bool]
    end: Callable[[int], None]
    _busy_since: float | None = None
    _stopping_since: float | None = None
    _quit: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Look again and again, until the process ends."""
        threading.Thread(target=self._run, daemon=True).start()

    def quit(self) -> None:
        """Look no more: the work ended by itself."""
        self._quit.set()

    def _run(self) -> None:
        while not self._quit.wait(LOOK_EVERY_S):
            self.look(time.monotonic())

    def look(self, now: float) -> None:
        """Look once. `now` is in seconds of any clock that runs evenly."""
        busy, stopping = self.busy(), self.stopping()
        self._busy_since = (now if self._busy_since is None else self._busy_since) if busy else None
        self._stopping_since = (now if self._stopping_since is None else self._stopping_since) if stopping else None
        if self._stopping_since is not None and now - self._stopping_since >= STOP_AFTER_S:
            self.end(0)
        elif self._busy_since is not None and now - self._busy_since >= self.longest_poll_s:
            log.write(LogEvent.POLL_ENDED, code="longest_poll")
            self.end(RESTART)
        elif busy and self._over():
            log.write(LogEvent.POLL_ENDED, code="lease_shred")
            self.end(RESTART)

    def _over(self) -> bool:
        try:
            ends = committed_deadlines(self.database, self.clock, self.most)
        except (sqlite3.Error, OSError):
            return False  # the next look comes soon
        return ends is not None and ends.state(self.clock.boot()) is LeaseState.SHRED
