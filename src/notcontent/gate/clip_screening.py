"""The decision about a video: its frames' looks and a bank in, a verdict out. Pure, as `screening` is.

A frame alone decides little; what counts is how much of either video is in the other, in the same order
(`matching/clips.py`). A picture of the bank is a video of one frame here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple, Protocol

import numpy as np

from notcontent.exchange.wire import Action
from notcontent.gate.config import Family
from notcontent.gate.policy import Policy, Radii
from notcontent.gate.screening import LEASE_HOLD, LOW_QUALITY, MAX_MATCHES, NO_MATCH, Bank, Facts, Match, Verdict
from notcontent.matching.clips import RUN, Clip, ClipFinding, FrameHit, is_settled, judge_clip
from notcontent.signals.looks import WHOLE, Look, family
from notcontent.signals.video import Frame

SAME_CLIP, LIKELY_CLIP = "same_clip", "likely_clip"
MOST_A_LOOK = 1000
"""So many entries near one look are followed up: the nearest."""
SHOWN_A_GROUP = 10
"""So many of a video's matches are shown."""


@dataclass(frozen=True, slots=True)
class Group:
    """What an entry belongs to: a video, or a picture by itself. `frames` counts its entries that are not too plain."""

    name: bytes
    frames: int


class ClipBank(Bank, Protocol):
    """A bank that also knows what belongs together."""

    def groups(self, slots: Iterable[int], min_quality: int) -> Mapping[int, Group]:
        """Give the groups of those slots whose entries still stand."""
        ...


class _Hit(NamedTuple):
    """One entry near one look; smaller is nearer."""

    distance: int
    slot: int
    at_ms: int
    look: str


class ClipScreening:
    """One upload, frame after frame. The bank may be another generation each time: slots are never used twice."""

    def __init__(self, policy: Policy, *, hold_only: bool = False) -> None:
        """Begin. With `hold_only` (an old lease) nothing is blocked, only held."""
        self._policy = policy
        self._hold_only = hold_only
        self._frames = 0
        self._hits: list[_Hit] = []
        self._ask_at = RUN

    def add(self, bank: Bank, frames: Sequence[Frame]) -> bool:
        """Search the looks of further frames. Plain looks are not searched.

        Tells whether so much more was found since the last time it said so that `settled` is worth asking.
        """
        looks: list[tuple[int, Look]] = []
        for frame in frames:
            if frame.quality < self._policy.min_quality:
                continue
            self._frames += 1
            whole = Look(WHOLE, frame.value, frame.quality)
            looks += [(frame.t_ms, look) for look in (whole, *frame.looks) if look.quality >= self._policy.min_quality]
        if not looks or self._policy.reach < 0:
            return False
        queries = np.frombuffer(b"".join(look.value for _, look in looks), np.uint8).reshape(-1, 32)
        found = bank.search(queries, self._policy.reach)
        for query, (at_ms, look) in enumerate(looks):
            slots, distances = found.of(query)
            near = zip(distances[:MOST_A_LOOK].tolist(), slots[:MOST_A_LOOK].tolist(), strict=True)
            self._hits += [_Hit(distance, slot, at_ms, look.kind) for distance, slot in near]
        if len(self._hits) < self._ask_at:
            return False
        self._ask_at = len(self._hits) * 5 // 4 + 1
        return True

    def settled(self, bank: ClipBank) -> bool:
        """Whether the rest of the upload cannot change that the advice is block."""
        if self._hold_only:
            return False
        return any(is_settled(blocks) for _, _, blocks, _ in self._judged(bank))

    def verdict(self, bank: ClipBank) -> Verdict:
        """Advise, by the entries that stand now."""
        if not self._frames:
            return Verdict(Action.ALLOW, LOW_QUALITY)
        blocked: list[Match] = []
        held: list[Match] = []
        for hits, known, blocks, all_in_reach in self._judged(bank):
            if blocks.clip is Clip.SAME:
                advice, reason = (Action.HOLD, LEASE_HOLD) if self._hold_only else (Action.BLOCK, SAME_CLIP)
            elif all_in_reach.clip is Clip.STRAY:
                continue
            else:
                advice, reason = Action.HOLD, SAME_CLIP if all_in_reach.clip is Clip.SAME else LIKELY_CLIP
            matches = [self._match(hit, known[hit.slot], advice, reason) for hit in _nearest(hits)]
            (blocked if advice is Action.BLOCK else held).extend(matches)
        found = sorted(blocked, key=_by_distance) + sorted(held, key=_by_distance)
        if not found:
            return Verdict(Action.ALLOW, NO_MATCH)
        return Verdict(found[0].advice, found[0].reason, tuple(found[:MAX_MATCHES]))

    def _judged(self, bank: ClipBank) -> Iterable[tuple[list[_Hit], Mapping[int, Facts], ClipFinding, ClipFinding]]:
        """Give each group's hits, their facts, and the findings within the block radii and within the hold radii."""
        slots = dict.fromkeys(hit.slot for hit in self._hits)
        known, groups = bank.facts(slots), bank.groups(slots, self._policy.min_quality)
        by_group: dict[Group, dict[Action, list[_Hit]]] = defaultdict(lambda: {Action.BLOCK: [], Action.HOLD: []})
        for hit in self._hits:
            facts, group = known.get(hit.slot), groups.get(hit.slot)
            if facts is None or group is None or facts.quality < self._policy.min_quality:
                continue
            advice = self._radii(facts, hit.look).advice(hit.distance)
            if advice is not Action.ALLOW:
                by_group[group][advice].append(hit)
        for group, hits in by_group.items():
            both = list(chain.from_iterable(hits.values()))
            yield both, known, self._judge(hits[Action.BLOCK], known, group), self._judge(both, known, group)

    def _judge(self, hits: list[_Hit], known: Mapping[int, Facts], group: Group) -> ClipFinding:
        return judge_clip(
            (FrameHit(hit.at_ms, known[hit.slot].t_ms or 0, hit.slot) for hit in hits), self._frames, group.frames
        )

    def _radii(self, facts: Facts, look: str) -> Radii:
        return self._policy.radii_for(facts.bank, facts.kind, Family(family(look)), pattern=facts.pattern)

    def _match(self, hit: _Hit, facts: Facts, advice: Action, reason: str) -> Match:
        radii = self._radii(facts, hit.look)
        radius = radii.block if advice is Action.BLOCK else radii.hold
        return Match(facts, hit.look, hit.distance, radius, advice, reason, hit.at_ms)


def _nearest(hits: list[_Hit]) -> list[_Hit]:
    """Give a group's nearest matches, one an entry."""
    first: dict[int, _Hit] = {}
    for hit in sorted(hits):
        first.setdefault(hit.slot, hit)
    return list(first.values())[:SHOWN_A_GROUP]


def _by_distance(match: Match) -> int:
    return match.distance
