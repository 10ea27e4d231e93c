"""What channels showed, as counts: the share that a child has from its parent, a channel's weeks, what two share.

A photo bears several marks (its file, its shape, its cluster in media mode), so that marks of all kinds may not be
counted together. Shapes and bare file names are weak and never counted. Where a channel has pictures by their look,
these stand for its photos and videos; between two channels pictures count by their look where both have such marks.
"""

from dataclasses import dataclass
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.evidence import Evidence, Shown
from notcontent.lineage.marks import MarkKind
from notcontent.lineage.portrait.days import WEEK

_ALWAYS = (MarkKind.FILE, MarkKind.AUDIO, MarkKind.TEXT, MarkKind.ENTRY)
_BY_FILE = (MarkKind.PHOTO, MarkKind.VIDEO)
RARE_AT_LEAST = 10


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The rows of some channels: `content` u32[m] and `time` i64[m] by channel, and each content's `kind` u8."""

    content: dict[int, NDArray[np.uint32]]
    time: dict[int, NDArray[np.int64]]
    kind: dict[int, NDArray[np.uint8]]

    def counted(self, one: int, other: int | None = None) -> NDArray[np.bool_]:
        """Mask the rows of `one` whose contents count, alone or against `other`."""
        by_look = all(MarkKind.PICTURE in self.kind[place] for place in (one, one if other is None else other))
        kinds = (*_ALWAYS, *((MarkKind.PICTURE,) if by_look else _BY_FILE))
        return np.isin(self.kind[one], kinds)


def part_of(shown: Shown, places: tuple[int, ...]) -> Part:
    """Take the rows of these channels out of all: one pass, however many there are."""
    wanted = np.zeros(1 + max([*places, int(shown.channel.max(initial=0))]), dtype=bool)
    wanted[list(places)] = True
    rows = np.flatnonzero(wanted[shown.channel])
    order = rows[np.argsort(shown.channel[rows], kind="stable")]
    channel = shown.channel[order]
    content: dict[int, NDArray[np.uint32]] = {}
    time: dict[int, NDArray[np.int64]] = {}
    kind: dict[int, NDArray[np.uint8]] = {}
    for place in places:
        start, end = np.searchsorted(channel, [place, place + 1])
        content[place] = shown.content[order[start:end]]
        time[place] = shown.time[order[start:end]]
        kind[place] = shown.kind[content[place]]
    return Part(content, time, kind)


def inherited(part: Part, child: int, parent: int) -> float | None:
    """Give the share (0..1) of the child's contents that the parent showed before it. None: nothing to compare."""
    mine, theirs = part.counted(child, parent), part.counted(parent, child)
    contents = part.content[child][mine]
    if not len(contents) or not theirs.any():
        return None
    _, at, there = np.intersect1d(contents, part.content[parent][theirs], assume_unique=True, return_indices=True)
    earlier = part.time[parent][theirs][there] < part.time[child][mine][at]
    return float(earlier.sum() / len(contents))


def weeks(part: Part, place: int) -> tuple[tuple[int, int], ...]:
    """Give (start of a week, contents first shown in it), in order, without empty weeks. Weeks start on Thursdays."""
    found, counts = np.unique(part.time[place][part.counted(place)] // WEEK, return_counts=True)
    return tuple((int(week) * WEEK, int(count)) for week, count in zip(found, counts, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Common:
    """Rare contents that two channels both showed: i64[k] first times in `one` and in `other`.

    `rare`: a content is rare when at most so many channels showed it. `left_out`: shared contents that are not.
    """

    one: NDArray[np.int64]
    other: NDArray[np.int64]
    rare: int
    left_out: int


def rare_in(evidence: Evidence) -> int:
    """Give how many channels may show a rare content: the square root of all channels, and at least ten."""
    return max(RARE_AT_LEAST, isqrt(len(evidence.channels)))


def common(evidence: Evidence, one: int, other: int, rare: int | None = None) -> Common:
    """Give what two channels share and few others have: at most `rare` channels in all, or as `rare_in` says."""
    part = part_of(evidence.shown, (one, other))
    mine, theirs = part.counted(one, other), part.counted(other, one)
    both, here, there = np.intersect1d(
        part.content[one][mine], part.content[other][theirs], assume_unique=True, return_indices=True
    )
    # Sorted by content: how many channels showed it is how long its run is.
    spread = np.searchsorted(evidence.shown.content, both, "right") - np.searchsorted(evidence.shown.content, both)
    rare = rare_in(evidence) if rare is None else rare
    kept = spread <= rare
    return Common(
        part.time[one][mine][here][kept], part.time[other][theirs][there][kept], rare, int(len(both) - kept.sum())
    )
