"""From frames that match to a video that matches: pure values in, a finding out.

A banked video is a group of frame entries, each with its time; an upload is a row of kept frames, each with its own. A
frame alone says little: title cards, logos and black pictures are shared by strangers. So three numbers count:

- bank share: how many of the group's frames the upload shows. A banked clip inside a longer upload has a high one.
- query share: how many of the upload's frames are of this group. A cut of a banked clip has a high one.
- run: the longest row of pairs (upload's frame, banked frame), each used once, in which both times go forward. Playing
  faster or slower keeps it; stray frames seldom make one.

docs/explanation/video.md shows how the numbers below were chosen, and what they find and miss.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

RUN = 3
"""So many frames in order are no coincidence of single frames that many videos share."""
SHARE = 0.3
"""At least so much of one side must be of the other: less is a scene in common, perhaps an opening. Where there is no
run, because either has few frames, so much of both sides must be."""
LIKELY_SHARE = 0.5
"""So much of one side is worth a look without a run."""


class Clip(Enum):
    """What a group's matches come to."""

    STRAY = "stray"
    """Frames in common, but not enough of either video."""
    LIKELY = "likely"
    """Enough that somebody should look."""
    SAME = "same"
    """One is the other, or a part of it."""


@dataclass(frozen=True, slots=True)
class FrameHit:
    """One kept frame of an upload near one frame of the group."""

    query_ms: int
    entry_ms: int
    entry: int
    """Which entry: any number that is its own."""


@dataclass(frozen=True, slots=True)
class ClipFinding:
    """How an upload and a group of frames belong together."""

    clip: Clip
    query_share: float
    bank_share: float
    run: int


def judge_clip(hits: Iterable[FrameHit], query_frames: int, bank_frames: int) -> ClipFinding:
    """Judge one group: its hits, how many frames the upload has, and how many the group has.

    Frames that are too plain to be compared count on neither side. While an upload is still being read, its frames so
    far are no measure of what it shares: see `is_settled`.
    """
    pairs = sorted({(hit.query_ms, -hit.entry_ms, hit.entry) for hit in hits})
    query_share = len({query_ms for query_ms, _, _ in pairs}) / max(1, query_frames)
    bank_share = len({entry for _, _, entry in pairs}) / max(1, bank_frames)
    run = _longest_run([-negative for _, negative, _ in pairs])
    return ClipFinding(_weigh(query_share, bank_share, run), min(1.0, query_share), min(1.0, bank_share), run)


def is_settled(finding: ClipFinding) -> bool:
    """Whether more of the upload cannot change it: run and bank share only grow, and they suffice."""
    return finding.run >= RUN and finding.bank_share >= SHARE


def _weigh(query_share: float, bank_share: float, run: int) -> Clip:
    most, least = max(query_share, bank_share), min(query_share, bank_share)
    if (run >= RUN and most >= SHARE) or least >= SHARE:
        return Clip.SAME
    if run >= RUN - 1 or most >= LIKELY_SHARE:
        return Clip.LIKELY
    return Clip.STRAY


def _longest_run(times: list[int]) -> int:
    """Give the length of the longest strictly rising row among banked times, which come in the upload's order.

    Within one frame of the upload they come falling, so that a row takes at most one of them.
    """
    ends: list[int] = []
    for time in times:
        place = bisect_left(ends, time)
        ends[place : place + 1] = [time]
    return len(ends)
