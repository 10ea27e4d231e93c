"""When a channel began: the one order along which edges may run, so that they can never close a ring."""

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.evidence import Evidence

UNKNOWN = np.iinfo(np.int64).max
"""Nothing dates the channel: it comes after all others, and nothing comes from it."""
BEFORE_ALL = np.iinfo(np.int64).min
"""The channel was never seen itself, but others forward its posts: it comes before all others, and from nothing."""


def beginnings(evidence: Evidence) -> NDArray[np.int64]:
    """Give when each channel began, i64[n]: the earliest of its stated birth, its first post, its first content.

    A channel without any of them is known only because others point to it. When their posts are forwarded from it, it
    is a source that nobody saw: `BEFORE_ALL`. When they only link to it, it began by the first of these links.
    """
    count = len(evidence.channels)
    began = np.full(count, UNKNOWN, np.int64)
    for place, facts in enumerate(evidence.channels):
        times = [time for time in (facts.born, facts.first_post) if time is not None]
        if times:
            began[place] = min(times)
    np.minimum.at(began, evidence.shown.channel, evidence.shown.time)
    silent = began == UNKNOWN
    for pointers in (evidence.links, evidence.buttons):
        linked = silent[pointers.to]
        np.minimum.at(began, pointers.to[linked], pointers.first[linked])
    forwarded = evidence.forwards.to
    began[forwarded[silent[forwarded]]] = BEFORE_ALL
    return began


def may_follow(began: NDArray[np.int64], child: NDArray[np.intp], parent: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell which pairs run strictly forward in time. Equal and unknown births have no direction, so no edge."""
    return began[parent] < began[child]
