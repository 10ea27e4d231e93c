"""Who may ask, how much, and what they see. Every door but /v1/health needs a caller's key.

A key is 32 random bytes in base64url behind `ncg_`; gate.toml holds its SHA-256. A plain hash is enough because the
key cannot be guessed. Every caller is compared each time, in constant time each.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Sequence

from notcontent.errors import KeyRefusedError, RateLimitedError, ScopeError
from notcontent.gate.config import Caller, Role

KEY_PREFIX = "ncg_"
_LONGEST_KEY = 200


def new_key() -> tuple[str, str]:
    """Make a caller's key. Returns the key itself, to be shown once, and its SHA-256 for gate.toml."""
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    return key, key_digest(key)


def key_digest(key: str) -> str:
    """SHA-256 of a key, as gate.toml holds it."""
    return hashlib.sha256(key.encode()).hexdigest()


class Bucket:
    """A token bucket: `burst` at once, `rate` a second from then on. One for each caller and HTTP worker."""

    __slots__ = ("_burst", "_clock", "_last", "_rate", "_tokens")

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin full."""
        self._rate, self._burst, self._clock = rate, burst, clock
        self._tokens, self._last = float(burst), clock()

    def take(self, count: int) -> float:
        """Take so many tokens; 0.0 when they were there, otherwise the seconds until they will be (none is taken)."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._last) * self._rate)
        self._last = now
        if count <= self._tokens:
            self._tokens -= count
            return 0.0
        return (count - self._tokens) / self._rate


class Known:
    """One caller with its bucket."""

    __slots__ = ("_bucket", "caller")

    def __init__(self, caller: Caller) -> None:
        """Begin with a full bucket."""
        self.caller = caller
        self._bucket = Bucket(caller.rate, caller.burst)

    def spend(self, count: int) -> None:
        """Pay for so many pictures or hashes. Raises RateLimitedError when the caller is over its rate."""
        wait = self._bucket.take(count)
        if wait:
            raise RateLimitedError(retry_after_s=wait)

    def require(self, *roles: Role) -> None:
        """Refuse with ScopeError a caller that has none of these roles."""
        if self.caller.role not in roles:
            raise ScopeError


class Callers:
    """All callers of a gate.toml."""

    def __init__(self, callers: Sequence[Caller]) -> None:
        """Take the configured callers."""
        self._known = [(bytes.fromhex(caller.key_sha256), Known(caller)) for caller in callers]

    def identify(self, authorization: str) -> Known:
        """Find who shows this `Authorization` header. Raises KeyRefusedError, the same whatever the reason."""
        scheme, _, key = authorization.partition(" ")
        digest = hashlib.sha256(key[:_LONGEST_KEY].encode("utf-8", "surrogateescape")).digest()
        found = None
        for expected, known in self._known:
            if hmac.compare_digest(digest, expected):
                found = known
        if found is None or scheme.lower() != "bearer":
            raise KeyRefusedError
        return found
