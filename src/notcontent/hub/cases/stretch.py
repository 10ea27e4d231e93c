"""The slow step between a code and its index: HMAC(pepper, Argon2id(code, salt)).

Argon2id with 64 MiB and 3 passes (RFC 9106's second recommendation has 64 MiB, 3 passes, 4 lanes; OWASP asks for
at least 19 MiB and 2) makes each guess at a stolen database dear; the pepper, which is not in the database, makes
guessing impossible without the key ring. At most two computations run at once in a process, so that nobody can
fill its memory.

Wrong codes slow down the caller that sends them first: five at once, then one every twenty seconds. A caller is the
name that `veil` makes for this process alone; names are counted in memory, at most 10,000, and written nowhere. A
right code costs nothing.

Behind that stands a pace for everyone alike, for guessing from many addresses. A level rises by one with each failure
and falls by one every two seconds; above twenty each attempt first waits a twentieth of a second per level, two
seconds at most, and at most six wait at a time: the others are told to come back. That bounds what guessing costs the
hub; what makes guessing hopeless is the code's 88 bits.
"""

import hmac
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from argon2.low_level import Type, hash_secret_raw

from notcontent.errors import CaseNotFoundError, OverloadedError, RateLimitedError, TakeBackError
from notcontent.hub.config import hub_config
from notcontent.hub.keys import hub_ring

AT_ONCE = 2
_PATIENCE_S = 2.0
_LANES = 1


@dataclass(frozen=True, slots=True, repr=False)
class Stretcher:
    """One hub's way from code to index. Changing anything here loses every code given out before."""

    pepper: bytes
    salt: bytes
    memory_kib: int
    passes: int

    def index(self, code: str, *, bound_to: bytes = b"") -> bytes:
        """Give the 32 bytes under which a normalised code is found. Raises OverloadedError, having waited 2 s."""
        if not _seats.acquire(timeout=_PATIENCE_S):
            raise OverloadedError
        try:
            raw = hash_secret_raw(
                code.encode(),
                self.salt,
                time_cost=self.passes,
                memory_cost=self.memory_kib,
                parallelism=_LANES,
                hash_len=32,
                type=Type.ID,
            )
        finally:
            _seats.release()
        return hmac.digest(self.pepper, bound_to + raw, "sha256")


_seats = threading.BoundedSemaphore(AT_ONCE)


@cache
def stretcher() -> Stretcher:
    """Give this hub's stretcher: pepper and site salt from the key ring, costs from hub.toml."""
    ring, config = hub_ring(), hub_config()
    return Stretcher(
        pepper=ring.derive("code pepper"),
        salt=ring.derive("code salt", 16),
        memory_kib=config.code_memory_kib,
        passes=config.code_passes,
    )


class Callers:
    """How many tries each caller has left. In memory alone, bounded; who was not seen for longest is forgotten."""

    BURST, REFILL_S, MOST = 5, 20.0, 10_000

    def __init__(self) -> None:
        """Begin without a caller."""
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> None:
        """Pay for one try. Raises RateLimitedError when the caller has none left. No name, no limit."""
        if not caller:
            return
        with self._lock:
            now = time.monotonic()
            left, at = self._left.pop(caller, (float(self.BURST), now))
            left = min(self.BURST, left + (now - at) / self.REFILL_S)
            paid = left >= 1
            self._left[caller] = (left - 1 if paid else left, now)
            if len(self._left) > self.MOST:
                self._left.popitem(last=False)
        if not paid:
            raise RateLimitedError(retry_after_s=(1 - left) * self.REFILL_S)

    def give_back(self, caller: str) -> None:
        """Return a try that was no wrong code."""
        with self._lock:
            if caller in self._left:
                left, at = self._left[caller]
                self._left[caller] = (min(self.BURST, left + 1), at)

    def forget(self) -> None:
        """Begin again without a caller, as after a restart."""
        with self._lock:
            self._left.clear()


class Pace:
    """Slows attempts down after many failures, for everyone alike; keeps one number and no caller."""

    _FREE, _STEP_S, _LONGEST_S, _DRAIN_PER_S, _WAITING = 20, 0.05, 2.0, 0.5, 6

    def __init__(self) -> None:
        """Begin without a failure."""
        self._lock = threading.Lock()
        self._level = 0.0
        self._at = time.monotonic()
        self._waiting = threading.BoundedSemaphore(self._WAITING)

    def pause_s(self) -> float:
        """Tell how long the next attempt waits, in seconds: 0 to 2."""
        with self._lock:
            now = time.monotonic()
            self._level = max(0.0, self._level - (now - self._at) * self._DRAIN_PER_S)
            self._at = now
            return min(self._LONGEST_S, max(0.0, self._level - self._FREE) * self._STEP_S)

    def failed(self) -> None:
        """Count one failure; the level never grows past what the longest pause needs."""
        with self._lock:
            self._level = min(self._level + 1, self._FREE + self._LONGEST_S / self._STEP_S)

    def forget(self) -> None:
        """Begin again without a failure, as after a restart."""
        with self._lock:
            self._level = 0.0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait as long as the pace asks, then try. Raises OverloadedError when six are waiting already."""
        pause = self.pause_s()
        if pause > 0:
            if not self._waiting.acquire(blocking=False):
                raise OverloadedError
            try:
                time.sleep(pause)
            finally:
                self._waiting.release()
        yield


callers, pace = Callers(), Pace()


@contextmanager
def attempt(caller: str) -> Iterator[None]:
    """Try one code: the caller pays before it takes a seat, and has its try back unless the code was wrong.

    Raises RateLimitedError, OverloadedError. CaseNotFoundError and TakeBackError from within count as failures.
    """
    callers.take(caller)
    try:
        with pace.turn():
            yield
    except (CaseNotFoundError, TakeBackError):
        pace.failed()
        raise
    except BaseException:
        callers.give_back(caller)
        raise
    callers.give_back(caller)
