"""For a phone that loses its connection just after sending: the answer that never arrived, once more.

The case code exists nowhere but in the answer to the form that opened the case. When that answer is lost, the
page sends the same form again with the same token (16 random bytes, known to that page alone), and gets the same
answer. It is kept in this process's memory for ten minutes, sealed under a key made from the token: without the
token it opens nothing, and the token is not kept.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from notcontent.hub.keys import Sealer

KEPT_S = 600
MOST = 1000


class Replies:
    """A few sealed answers, by a digest of their token. Thread-safe; forgets the oldest first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the clock that answers age by."""
        self._clock = clock
        self._lock = Lock()
        self._kept: OrderedDict[bytes, tuple[float, bytes]] = OrderedDict()

    def keep(self, token: bytes, answer: bytes) -> None:
        """Seal an answer under its token."""
        sealed = _sealer(token).seal(answer, _name(token))
        with self._lock:
            self._forget_old()
            self._kept[_name(token)] = (self._clock(), sealed)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)

    def recall(self, token: bytes) -> bytes | None:
        """Give the answer for this token; None when it is too old or never was."""
        with self._lock:
            self._forget_old()
            found = self._kept.get(_name(token))
        if found is None:
            return None
        return _sealer(token).open(found[1], _name(token))

    def _forget_old(self) -> None:
        oldest = self._clock() - KEPT_S
        while self._kept and next(iter(self._kept.values()))[0] < oldest:
            self._kept.popitem(last=False)


def _sealer(token: bytes) -> Sealer:
    return Sealer(hashlib.sha256(b"reply key" + token).digest())


def _name(token: bytes) -> bytes:
    return hashlib.sha256(b"reply name" + token).digest()
