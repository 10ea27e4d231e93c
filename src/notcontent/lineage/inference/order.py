"""When channels began, as far as anybody saw, and along which pairs an edge may run."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.evidence import Evidence
from notcontent.lineage.inference.holdings import Places

UNKNOWN = np.iinfo(np.int64).max
"""Nothing dates the channel: it comes after all others, and nothing comes from it."""

LATE_NUMBER = 2
"""A channel whose earliest post that was seen has a higher number began before it, nobody knows when."""
LEAST_AHEAD, TIMES_AHEAD = 3, 2
"""Such a channel may still be the parent of one that was seen earlier, if it was first with so many of the contents
that both show, and with so many times as many as the other."""

LOOKING_BACK = 0.3
"""Or if it was first with as many, and going on at its pace it wrote this part of the posts before those that were seen
before the other began. Its pace is that of the posts that were seen, which is too slow where not all were."""


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """`began` i64[n]: when each channel began as far as was seen, `UNKNOWN` where nothing tells.

    `seen` bool[n]: it has posts or contents itself. `open` bool[n]: its beginning was not seen, so it may be older.
    """

    began: NDArray[np.int64]
    seen: NDArray[np.bool_]
    open: NDArray[np.bool_]
    first: NDArray[np.int64]
    """i64[n]: the first moment at which it was seen itself, `UNKNOWN` where it never was."""
    last: NDArray[np.int64]
    """i64[n]: the last one, 0 where it never was."""
    guessed: NDArray[np.int64]
    """i64[n]: of an open one, when it may have begun at its pace; of the others, when they began."""

    @classmethod
    def of(cls, evidence: Evidence) -> "Order":
        """Date every channel: the earliest of its stated birth, its first post, its first content.

        A channel that was not seen itself is dated by the first link to it. It may come from another that announces
        it; nothing is said to come from it.
        """
        count = len(evidence.channels)
        began = np.full(count, UNKNOWN, np.int64)
        seen, unsure = np.zeros(count, bool), np.zeros(count, bool)
        first, last = began.copy(), np.zeros(count, np.int64)
        for place, facts in enumerate(evidence.channels):
            if facts.born is not None:
                began[place] = facts.born
            if facts.first_post is not None:
                began[place] = min(began[place], facts.first_post)
                seen[place] = True
                first[place], last[place] = facts.first_post, facts.last_post or facts.first_post
            unsure[place] = facts.born is None and facts.first_number > LATE_NUMBER
        np.minimum.at(began, evidence.shown.channel, evidence.shown.time)
        np.minimum.at(first, evidence.shown.channel, evidence.shown.time)
        np.maximum.at(last, evidence.shown.channel, evidence.shown.time)
        seen[evidence.shown.channel] = True
        dated = began != UNKNOWN
        for pointers in (evidence.links, evidence.buttons):
            linked = ~dated[pointers.to]
            np.minimum.at(began, pointers.to[linked], pointers.first[linked])
        numbers = np.array([facts.first_number for facts in evidence.channels], np.float64)
        written = np.array([max(facts.posts, 1) for facts in evidence.channels], np.float64)
        span = np.where(unsure, last - first, 0)
        guessed = np.where(unsure, began - (LOOKING_BACK * numbers * span / written).astype(np.int64), began)
        return cls(began, seen, unsure, first, last, guessed)

    def may_follow(
        self, child: Places, parent: Places, ahead: Places | None = None, behind: Places | None = None
    ) -> NDArray[np.bool_]:
        """Tell which pairs may be a child and its parent; of two channels never both ways.

        They run strictly forward in time: equal and unknown births have no direction, so no edge. The exception is
        a parent whose beginning was not seen. `ahead`: contents that the parent showed first; `behind`: the child.
        """
        earlier = self.began[parent] < self.began[child]
        if ahead is not None and behind is not None:
            later = self.began[child] < self.began[parent]
            turned = later & self._turns(child, parent, ahead, behind)
            back = earlier & self._turns(parent, child, behind, ahead)
            earlier = (earlier & ~back) | turned
        return self.seen[parent] & earlier

    def _turns(self, early: Places, late: Places, ahead: Places, behind: Places) -> NDArray[np.bool_]:
        """Tell where the one that was seen later was there before the other: `ahead` counts what it showed first."""
        clearly = (ahead >= LEAST_AHEAD) & (ahead >= TIMES_AHEAD * behind)
        likely = (ahead >= 1) & (ahead >= behind) & (self.guessed[late] < self.guessed[early])
        return self.open[late] & (clearly | likely)
