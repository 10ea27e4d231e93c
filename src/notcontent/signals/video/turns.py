"""Further looks at a kept frame: its other seven turns, of truly turned pixels."""

from collections.abc import Callable

from notcontent.signals.looks import Look
from notcontent.signals.luma import Luma
from notcontent.signals.pdq import pdq
from notcontent.signals.video.keeping import Looker

_TURNS: tuple[tuple[str, Callable[[Luma], Luma]], ...] = (
    ("turn:mirror", lambda luma: luma[:, ::-1]),
    ("turn:90", lambda luma: luma.T[::-1]),
    ("turn:270", lambda luma: luma.T[:, ::-1]),
    ("turn:180", lambda luma: luma[::-1, ::-1]),
    ("turn:mirror+180", lambda luma: luma[::-1]),
    ("turn:mirror+90", lambda luma: luma.T),
    ("turn:mirror+270", lambda luma: luma.T[::-1, ::-1]),
)
"""The likeliest first."""


def make_looker(budget: int) -> Looker | None:
    """Give what looks at a kept frame in `budget` - 1 further ways; None when there is nothing more to see."""
    turns = _TURNS[: max(0, budget - 1)]
    if not turns:
        return None

    def look(luma: Luma) -> list[Look]:
        found = [(kind, pdq(turn(luma))) for kind, turn in turns]
        return [Look(kind, hashed.value, hashed.quality) for kind, hashed in found]

    return look
