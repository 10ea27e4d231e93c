"""For a cookie that somebody saved: what was read once is not said again.

A notice (a case code, a take-back code) travels in the sealed cookie and nowhere else, so a copy of that cookie could
show it for as long as the cookie lives. It counts as read when the browser comes back with the cookie that the
notice's page set: not before, so that an answer lost on the way costs nobody their code. Only random marks are kept,
in this process's memory. After a restart an old copy speaks again, until it is too old.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

MOST = 50_000


class Marks:
    """A set that forgets: the oldest first, each after its time. Thread-safe."""

    def __init__(self, kept_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Take how long a mark is kept, in seconds, and the clock that tells."""
        self._kept_s = kept_s
        self._clock = clock
        self._lock = Lock()
        self._marks: OrderedDict[str, float] = OrderedDict()

    def add(self, mark: str) -> None:
        """Remember a mark from now on, once more when it is known."""
        with self._lock:
            self._marks[mark] = self._clock()
            self._marks.move_to_end(mark)
            oldest = self._clock() - self._kept_s
            while len(self._marks) > MOST or next(iter(self._marks.values())) < oldest:
                self._marks.popitem(last=False)

    def __contains__(self, mark: str) -> bool:
        """Tell whether a mark was added and is not forgotten."""
        with self._lock:
            return mark in self._marks
