"""Searching for requests: small questions at once, large ones piece by piece in a thread beside them.

A search of ten million entries takes some tens of microseconds, less than handing it to a thread. A large lookup takes
as long as hundreds of small ones, so it is cut into pieces that take turns with other large lookups' pieces; the
engine leaves the interpreter free meanwhile, and small questions are answered in between.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from notcontent.exchange.wire import Action
from notcontent.gate.clip_screening import ClipScreening
from notcontent.gate.estimate_screening import ClipEstimating, screen_estimated, with_estimates
from notcontent.gate.lease import LeaseState
from notcontent.gate.policy import Policy
from notcontent.gate.screening import Verdict, screen_many
from notcontent.gate.snapshot import SnapshotHolder
from notcontent.matching.estimating import EstimatePolicy
from notcontent.signals import Look
from notcontent.signals.looks import DEFAULT_BUDGET
from notcontent.signals.video import Frame
from notcontent.signals.video.sampling import Sketched
from notcontent.signals.video.worker import Record
from notcontent.signals.worker import Sight

INLINE_LOOKS = DEFAULT_BUDGET
"""So many looks are searched at once, those of one upload: 0.2 ms for a million entries."""
PIECE = 256
"""So many looks of a large lookup are searched in one turn: 9 ms for ten million entries."""

Uploads = Sequence[Sequence[Look]]


class Searcher:
    """Turns uploads' looks into verdicts against the newest bank. One for each HTTP worker."""

    def __init__(self, holder: SnapshotHolder, policy: Policy, estimates: EstimatePolicy) -> None:
        """Take where the bank is and what the platform wants, of a bank of any size."""
        self._holder = holder
        self._policy = policy
        self._sized: tuple[int, Policy] = 0, policy.at(0)
        self._estimates = estimates
        # One thread: there is a worker for each core, and large lookups are not to take what small ones need.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="search")

    async def verdict(self, sight: Sight) -> Verdict:
        """Give one upload's verdict: by its looks; unless these block it, by estimates too. Raises as `verdicts`."""
        (direct,) = await self.verdicts([sight.looks])
        if direct.advice is Action.BLOCK or not sight.sketches:
            return direct
        bank = self._holder.bank()
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._thread, screen_estimated, bank, sight.sketches, self._estimates)
        return with_estimates(direct, found)

    async def verdicts(self, uploads: Uploads) -> list[Verdict]:
        """Give each upload's verdict, in order. Raises NotReadyError or StorageError."""
        if sum(map(len, uploads)) <= INLINE_LOOKS:
            return self.verdicts_at_once(uploads)
        loop = asyncio.get_running_loop()
        verdicts: list[Verdict] = []
        for piece in pieces(uploads):
            # The thread's queue is first come, first served: with one piece each in it, large lookups alternate.
            verdicts += await loop.run_in_executor(self._thread, self.verdicts_at_once, piece)
        return verdicts

    def verdicts_at_once(self, uploads: Uploads) -> list[Verdict]:
        """Search now, in this thread. Raises as `verdicts` does."""
        bank = self._holder.bank()
        hold_only = self._holder.state() is LeaseState.HOLD
        return screen_many(bank, uploads, self._policy_at(bank.rows), hold_only=hold_only)

    def _policy_at(self, entries: int) -> Policy:
        """Give the policy for a bank of so many entries; it is made anew when that number changes."""
        sized = self._sized
        if sized[0] != entries:
            self._sized = sized = entries, self._policy.at(entries)
        return sized[1]

    async def video(self, records: AsyncIterator[Record]) -> Verdict:
        """Give a video's verdict from its frames, as they come; stop when nothing can change that it is to be blocked.

        Unless it is, some of its frames are estimated from too. Raises as `verdicts` does, and what the records raise.
        """
        policy = self._policy_at(self._holder.bank().rows)
        screening = ClipScreening(policy, hold_only=self._holder.state() is LeaseState.HOLD)
        sketched: list[Sketched] = []
        async for record in records:
            if isinstance(record, Sketched):
                sketched.append(record)
            # A frame's looks are as many as a picture's, and searched as quickly.
            bank = self._holder.bank()
            if isinstance(record, Frame) and screening.add(bank, [record]) and screening.settled(bank):
                break
        direct = screening.verdict(self._holder.bank())
        if direct.advice is Action.BLOCK or not sketched:
            return direct
        estimating = ClipEstimating(self._estimates, len(sketched))
        loop = asyncio.get_running_loop()
        for frame in sketched:
            # A frame at a time, as with large lookups: others' questions to the thread come in between.
            await loop.run_in_executor(self._thread, estimating.add, self._holder.bank(), frame)
        found = await loop.run_in_executor(self._thread, estimating.found, self._holder.bank())
        return with_estimates(direct, found)

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def pieces(uploads: Uploads) -> list[Uploads]:
    """Cut uploads into runs of at most PIECE looks, or of one upload that has more."""
    cut: list[Uploads] = []
    begin = looks = 0
    for place, upload in enumerate(uploads):
        if looks + len(upload) > PIECE and place > begin:
            cut.append(uploads[begin:place])
            begin, looks = place, 0
        looks += len(upload)
    return [*cut, uploads[begin:]]
