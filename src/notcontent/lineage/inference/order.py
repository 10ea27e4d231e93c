"""When a channel began: the one order along which edges may run, so that they can never close a ring."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.evidence import Evidence
from notcontent.lineage.inference.holdings import Places

UNKNOWN = np.iinfo(np.int64).max
"""Nothing dates the channel: it comes after all others, and nothing comes from it."""


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """`began` i64[n]: when each channel began, `UNKNOWN` for never. `seen` bool[n]: it has posts or contents itself."""

    began: NDArray[np.int64]
    seen: NDArray[np.bool_]

    @classmethod
    def of(cls, evidence: Evidence) -> "Order":
        """Date every channel: the earliest of its stated birth, its first post, its first content.

        A channel that was not seen itself is dated by the first link to it. It may come from another that announces
        it; nothing is said to come from it.
        """
        count = len(evidence.channels)
        began = np.full(count, UNKNOWN, np.int64)
        seen = np.zeros(count, bool)
        for place, facts in enumerate(evidence.channels):
            if facts.born is not None:
                began[place] = facts.born
            if facts.first_post is not None:
                began[place] = min(began[place], facts.first_post)
                seen[place] = True
        np.minimum.at(began, evidence.shown.channel, evidence.shown.time)
        seen[evidence.shown.channel] = True
        dated = began != UNKNOWN
        for pointers in (evidence.links, evidence.buttons):
            linked = ~dated[pointers.to]
            np.minimum.at(began, pointers.to[linked], pointers.first[linked])
        return cls(began, seen)

    def may_follow(self, child: Places, parent: Places) -> NDArray[np.bool_]:
        """Tell which pairs run strictly forward in time. Equal and unknown births have no direction, so no edge."""
        return self.seen[parent] & (self.began[parent] < self.began[child])
