"""Estimates of some of a video's frames: which banked pictures and videos it may show in part, turned, painted over.

Each frame is asked about as a picture is (`estimating`). What one of them meets with as much evidence as the bank's
size asks for holds the video, whether a picture was met or a frame. Of a banked video less evidence will do where
several frames agree, as no picture can:

- each shows another scene, in the upload and in the banked video: frames of one scene err together;
- they come in the same order.

docs/explanation/robustness-video.md has what was measured, and what it finds.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from notcontent.matching.estimating import REACH, EstimateBank, EstimatePolicy, Fit, Fits, fits_from
from notcontent.signals.estimates import Sketch
from notcontent.signals.estimates.worth import LEAST, least_evidence

DEFAULT_FRAMES, MOST_FRAMES = 12, 32
"""Frames of a video that are asked about, where nobody says otherwise, and at most."""
SCENES = 3
"""So many frames must agree."""
APART = 60
"""Bits. Frames of one video that lie farther from each other show different scenes; strangers lie 128 apart."""
WORTH = 2.5
"""So much less evidence will do where frames agree (ADR 15): of 54,279 pairs of strangers' clips 2 agreed at 4.0, and
with 95 % confidence no more do than have one frame at 7.1; evidence has been falling faster since, by 0.82."""
MOST_OF_A_FRAME = 3
"""Fits of one frame to one video that are looked at for agreement: the best."""
SETTLED_OF_A_FRAME = 8
"""Entries that are looked at closely for one frame, three of each video first: a dozen frames cost no more than four
pictures, in whatever bank."""


@dataclass(frozen=True, slots=True)
class Levels:
    """The evidence that is asked of a frame by itself, and of each of several that agree."""

    alone: float
    agreeing: float


def levels_for(entries: int, frames: int, false_holds: float) -> Levels:
    """Say what a bank of so many entries asks of a video of which so many frames are asked about.

    Each of the frames may meet a stranger, so that each by itself must be as sure as a picture in a bank so many times
    as large.
    """
    alone = least_evidence(max(entries, 1) * max(frames, 1), false_holds)
    return Levels(alone, max(LEAST, alone - WORTH))


def frame_fits(bank: EstimateBank, sketches: Sequence[Sketch], policy: EstimatePolicy, levels: Levels) -> Fits:
    """Find what one frame may show, with enough evidence to count where others agree."""
    if levels.agreeing > REACH:
        return Fits()
    return fits_from(bank, sketches, policy, levels.agreeing, levels.alone, SETTLED_OF_A_FRAME)


@dataclass(frozen=True, slots=True)
class FrameFit:
    """One frame of an upload, and an entry that it may show."""

    at_ms: int
    frame: NDArray[np.uint8] = field(repr=False)
    """u8[32]: the frame's hash."""
    owner: Hashable
    """What the entry belongs to."""
    entry_ms: int
    entry: NDArray[np.uint8] = field(repr=False)
    """u8[32]"""
    fit: Fit


@dataclass(frozen=True, slots=True)
class Holding:
    """A frame's fit for which the video is held, and the evidence that was asked for."""

    of: FrameFit
    least: float


def holding(fits: Iterable[FrameFit], levels: Levels) -> list[Holding]:
    """Give those fits that hold a video: by themselves, or because they agree. Most evidence first."""
    by_owner: dict[Hashable, list[FrameFit]] = defaultdict(list)
    for one in sorted(fits, key=lambda one: -one.fit.evidence):
        by_owner[one.owner].append(one)
    found: list[Holding] = []
    for some in by_owner.values():
        agreeing = {id(one) for one in _agreeing(some)}
        for one in some:
            if one.fit.evidence >= levels.alone:
                found.append(Holding(one, levels.alone))
            elif id(one) in agreeing:
                found.append(Holding(one, levels.agreeing))
    return sorted(found, key=lambda one: -one.of.fit.evidence)


def _agreeing(fits: Sequence[FrameFit]) -> Sequence[FrameFit]:
    """Give the first SCENES of one owner's fits that agree, by how much evidence they have; none if there are none."""
    seen: dict[int, int] = defaultdict(int)
    able: list[FrameFit] = []
    for one in fits:
        seen[one.at_ms] += 1
        if seen[one.at_ms] <= MOST_OF_A_FRAME:
            able.append(one)
    agree = {
        (a, b) for a, b in combinations(range(len(able)), 2) if _agree(able[a], able[b]) or _agree(able[b], able[a])
    }
    for places in combinations(range(len(able)), SCENES):
        if all(pair in agree for pair in combinations(places, 2)):
            return [able[place] for place in places]
    return ()


def _agree(first: FrameFit, then: FrameFit) -> bool:
    """Whether two fits agree, the first being of an earlier frame."""
    return (
        first.at_ms < then.at_ms
        and first.entry_ms < then.entry_ms
        and _bits(first.frame, then.frame) > APART
        and _bits(first.entry, then.entry) > APART
    )


def _bits(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> int:
    return int(np.bitwise_count(one ^ other).sum())
