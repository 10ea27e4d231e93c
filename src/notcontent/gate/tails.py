"""How often a stranger's upload comes near one entry by chance, for each family of looks: what radii follow from.

The numbers were counted by `python -m bench.robustness.run --strangers`, which prints them in this form;
docs/explanation/robustness.md has the counts beside them. Down to where pairs were counted they are an upper 95 % bound
of a measured share; below it an exponential goes on, which is a model.
"""

import math
from dataclasses import dataclass
from typing import Final

from notcontent.gate.config import Family
from notcontent.signals.looks import DEFAULT_BUDGET

FARTHEST = 63
"""Radii above this are not asked for."""


@dataclass(frozen=True, slots=True)
class Tail:
    """The share of pairs (upload, entry) of strangers in which a look of one family is within `bits`, at most.

    Every `fall` bits nearer it is e times smaller.
    """

    share: float
    bits: int
    fall: float

    def chance(self, radius: float) -> float:
        """Give the share of pairs within a radius."""
        return min(1.0, self.share * math.exp((radius - self.bits) / self.fall))

    def radius(self, share: float) -> int:
        """Give the largest radius at which at most this share of pairs is; -1 where there is none, at most 63."""
        bits = self.bits + self.fall * math.log(share / self.share)
        return max(-1, min(FARTHEST, math.floor(bits + 1e-9)))


TAILS: Final = {
    Family.WHOLE: Tail(1.7e-09, 62, 3.25),
    Family.TURN: Tail(1.2e-08, 62, 3.25),
    Family.QUAD: Tail(8.8e-10, 62, 3.25),
    Family.TRIM: Tail(2.9e-08, 62, 3.25),
    Family.TILE: Tail(2.9e-08, 62, 3.25),
}
"""Of looks and entries whose hashes say enough. Counted with at most 48 looks an upload."""
PATTERNS: Final = Tail(4.7e-07, 54, 7.97)
"""Counted where either hash says little (`signals/pattern.py`), all families together."""


def radius_for(tail: Tail, entries: int, share: float, looks: int = DEFAULT_BUDGET) -> int:
    """Give the largest radius at which few enough uploads of strangers are met; -1 where there is none.

    `share` is of all uploads and all tails together: each gets an equal part of it. More looks than were counted with
    have as many times the chances; fewer are taken for as many.
    """
    chances = max(entries, 1) * max(1.0, looks / DEFAULT_BUDGET) * (len(TAILS) + 1)
    return tail.radius(share / chances)
