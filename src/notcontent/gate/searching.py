"""Searching beside the requests: one thread, and whatever waits is searched together.

A search reads the whole bank from memory; several hashes in one pass cost little more than one. So nothing waits
for company, but what arrives while a search runs shares the next one. A large lookup is cut into pieces, one a
pass, so that single pictures are never held up by it for long.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from notcontent.errors import NotReadyError
from notcontent.gate.lease import LeaseState
from notcontent.gate.policy import Policy
from notcontent.gate.screening import Bank, Verdict, screen_many
from notcontent.gate.snapshot import SnapshotHolder
from notcontent.signals import Look

INLINE_ROWS = 300_000
"""A search over fewer rows times looks is done at once: handing it to a thread would take longer."""
PIECE = 64
MOST_AT_ONCE = 256

Uploads = Sequence[Sequence[Look]]


@dataclass(slots=True, eq=False)
class _Waiting:
    """Uploads whose verdicts somebody waits for, together at most a piece."""

    uploads: Uploads
    looks: int
    verdicts: asyncio.Future[list[Verdict]]


class Searcher:
    """Turns uploads' looks into verdicts against the newest bank. One for each HTTP worker."""

    def __init__(self, holder: SnapshotHolder, policy: Policy) -> None:
        """Take where the bank is and what the platform wants."""
        self._holder = holder
        self._policy = policy
        # One thread: a search takes all of a core, and there is a worker for each core.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="search")
        self._single: deque[_Waiting] = deque()
        self._pieces: deque[_Waiting] = deque()
        self._running = False

    async def verdicts(self, uploads: Uploads) -> list[Verdict]:
        """Give each upload's verdict, in order. Raises NotReadyError or StorageError."""
        looks = sum(map(len, uploads))
        bank = self._holder.bank()
        if not self._running and bank.snapshot.rows * looks <= INLINE_ROWS:
            return self._screen(bank, uploads)
        if looks <= PIECE:
            waiting = [self._wait(self._single, uploads)]
        else:
            waiting = [self._wait(self._pieces, uploads[at : at + PIECE]) for at in range(0, len(uploads), PIECE)]
        self._next()
        return [verdict for piece in await asyncio.gather(*waiting) for verdict in piece]

    def _wait(self, queue: deque[_Waiting], uploads: Uploads) -> asyncio.Future[list[Verdict]]:
        waiting = _Waiting(uploads, sum(map(len, uploads)), asyncio.get_running_loop().create_future())
        queue.append(waiting)
        return waiting.verdicts

    def _next(self) -> None:
        """Search for what waits, unless a search is running: then it is the next one's."""
        if self._running:
            return
        batch: list[_Waiting] = []
        looks = 0
        while self._single and looks + self._single[0].looks <= MOST_AT_ONCE:
            batch.append(self._single.popleft())
            looks += batch[-1].looks
        if self._pieces:
            batch.append(self._pieces.popleft())
        if not batch:
            return
        self._running = True
        uploads = [looks for waiting in batch for looks in waiting.uploads]
        done = asyncio.get_running_loop().run_in_executor(self._thread, self._search, uploads)
        done.add_done_callback(lambda answered: self._answer(batch, answered))

    def _search(self, uploads: Uploads) -> list[Verdict]:
        return self._screen(self._holder.bank(), uploads)

    def _screen(self, bank: Bank, uploads: Uploads) -> list[Verdict]:
        hold_only = self._holder.state() is LeaseState.HOLD
        return screen_many(bank, uploads, self._policy, hold_only=hold_only)

    def _answer(self, batch: list[_Waiting], answered: "asyncio.Future[list[Verdict]]") -> None:
        """Hand out what a search found, and begin the next."""
        self._running = False
        error = NotReadyError() if answered.cancelled() else answered.exception()
        verdicts = [] if error else answered.result()
        place = 0
        for waiting in batch:
            mine = verdicts[place : place + len(waiting.uploads)]
            place += len(waiting.uploads)
            if waiting.verdicts.done():
                continue  # the caller went away
            if error is not None:
                waiting.verdicts.set_exception(error)
            else:
                waiting.verdicts.set_result(mine)
        self._next()

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)
