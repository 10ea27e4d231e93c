"""Times that make sense, from time stamps that may not."""

MAX_GAP_MS = 3_600_000
"""A step of more than an hour between two frames is not believed."""


class Clock:
    """Turns a stream's time stamps into milliseconds after the first frame, which never run backwards.

    A stamp that is missing, lies before the last one or more than an hour after it is worth one frame's usual length;
    what follows is counted from there. So negative, distant and jumping stamps all lead to a time near the truth.
    """

    def __init__(self, usual_ms: float) -> None:
        """Take a frame's usual length in milliseconds; nonsense counts as a 25th of a second."""
        self._usual = usual_ms if 1.0 <= usual_ms <= MAX_GAP_MS else 40.0
        self._shift: float | None = None
        self._last = -self._usual

    def tell(self, stamp_ms: float | None) -> int:
        """Give the time of the next frame, whose stamp this is."""
        time = self._last + self._usual
        if stamp_ms is not None:
            if self._shift is None or not self._last <= stamp_ms - self._shift <= self._last + MAX_GAP_MS:
                self._shift = stamp_ms - time
            time = stamp_ms - self._shift
        self._last = time
        return max(0, round(time))
