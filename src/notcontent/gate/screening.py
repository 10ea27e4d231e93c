"""The decision: looks and a bank in, a verdict out. Pure: it knows no clock, no log and no chance.

A match is a reason to look, never proof. A verdict advises; what is done about it is `actions`' part, and the
platform's.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge, nsmallest
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from notcontent.exchange.wire import Action, Kind
from notcontent.gate.config import Family
from notcontent.gate.policy import Policy, Radii
from notcontent.matching.index import Found
from notcontent.signals.looks import Look, family

MAX_MATCHES = 50
_ORDER = {Action.ALLOW: 0, Action.HOLD: 1, Action.BLOCK: 2}
_REASONS = {Action.BLOCK: "within_block_radius", Action.HOLD: "within_hold_radius"}
NO_MATCH, LOW_QUALITY, LEASE_HOLD = "no_match", "low_quality", "lease_hold"
TOO_MANY_NEAR = "too_many_near"
FIRST_PAGE, LARGEST_PAGE = 64, 2048
"""How many hits of an upload are followed up at once, from the first time to the later ones."""
MOST_STANDING = 5_000
"""So many standing entries near one upload are asked about. When none of them holds it, and another one might, a person
has to look."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an entry beside its value. The alias is this member's own."""

    alias: str
    kind: Kind
    t_ms: int | None
    quality: int
    bank: str
    pattern: bool = False
    """Whether its hash says little (`signals/pattern.py`)."""


class Bank(Protocol):
    """What is screened against: one generation of the bank, which does not change while it is asked."""

    def search(self, queries: NDArray[np.uint8], radius: int) -> Found:
        """Find the slots within an inclusive radius of each query u8[n, 32], nearest first."""
        ...

    def facts(self, slots: Iterable[int]) -> Mapping[int, Facts]:
        """Give the facts of those slots whose entries still stand; withdrawn ones are missing."""
        ...


@dataclass(frozen=True, slots=True)
class Match:
    """One entry near one look, and what that leads to."""

    facts: Facts
    look: str
    distance: int
    radius: int
    advice: Action
    reason: str
    at_ms: int | None = None
    """The time of the upload's frame, when it is a video."""
    evidence: float | None = None
    """What speaks for it, when it was estimated: `distance` then is that of the estimate, and no radius decides."""
    least: float | None = None
    """The evidence that was asked for."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The advice on one upload, its reason's code, and the matches it rests on, one an entry, at most 50."""

    advice: Action
    reason: str
    matches: tuple[Match, ...] = ()


def screen(bank: Bank, looks: Sequence[Look], policy: Policy, *, hold_only: bool = False) -> Verdict:
    """Advise on one upload from all its looks. With `hold_only` (an old lease) nothing is blocked, only held."""
    return screen_many(bank, [looks], policy, hold_only=hold_only)[0]


def screen_many(
    bank: Bank, uploads: Sequence[Sequence[Look]], policy: Policy, *, hold_only: bool = False
) -> list[Verdict]:
    """Advise on many uploads in one search, which costs far less than one each. Verdicts in the uploads' order."""
    able = [[look for look in looks if look.quality >= policy.min_quality] for looks in uploads]
    judge = _Judge(policy, hold_only=hold_only)
    hits = _hits_each(bank, able, judge)
    if hits is None:
        return [_nothing(some) for some in able]
    trials = [_Trial(judge, some) for some in hits]
    # In rounds, so that one question serves all uploads: facts come from gate.db.
    page = FIRST_PAGE
    while wanted := [slot for trial in trials for slot in trial.ask(page)]:
        known = bank.facts(dict.fromkeys(wanted))
        for trial in trials:
            trial.learn(known)
        page = min(2 * page, LARGEST_PAGE)
    return [trial.verdict() or _nothing(some) for trial, some in zip(trials, able, strict=True)]


def _nothing(able: Sequence[Look]) -> Verdict:
    """Say that nothing came near the looks that are able to match. The others were not even searched."""
    return Verdict(Action.ALLOW, NO_MATCH if able else LOW_QUALITY)


_Key = tuple[int, int, int, int]
"""Where a match stands among those of its upload: by grade, distance, look, and place among the look's hits."""


class _Hit(NamedTuple):
    """An entry near a look. Smaller ones come first; `grade` is for the gravest advice that it may lead to."""

    grade: int
    distance: int
    look: int
    place: int
    slot: int


class _Judge:
    """The policy, and whether the lease is old."""

    def __init__(self, policy: Policy, *, hold_only: bool) -> None:
        self.policy = policy
        self.hold_only = hold_only

    def grade(self, advice: Action) -> int:
        """Give an advice's place in the order: the gravest is the smallest."""
        return -_ORDER[Action.HOLD if self.hold_only and advice is Action.BLOCK else advice]

    def match(self, facts: Facts, look: str, distance: int) -> Match | None:
        """Give the match of an entry and a look, None where it leads to nothing."""
        if facts.quality < self.policy.min_quality:
            return None
        # By the entry's hash alone: an uploader can make a copy's own hash say little with a change that nobody sees.
        radii = self.policy.radii_for(facts.bank, facts.kind, Family(family(look)), pattern=facts.pattern)
        return _match(facts, look, distance, radii, hold_only=self.hold_only)


class _Trial:
    """One upload. Its hits are followed up from the gravest that they may be, and as few of them as will do.

    A hub may bank one value as often as it likes. So facts are asked for in pages, and no more once no other hit can
    come among the matches that are shown. What was withdrawn is passed over, however much of it there is.
    """

    def __init__(self, judge: _Judge, hits: "_Hits | None") -> None:
        self._judge = judge
        self._looks = hits.looks if hits else ()
        self._rest: Iterator[_Hit] = hits.ordered() if hits else iter(())
        self._next = next(self._rest, None)
        self._page: list[_Hit] = []
        self._known: dict[int, Facts | None] = {}
        self._standing = 0
        self._matches: dict[str, tuple[_Key, Match]] = {}

    def ask(self, page: int) -> list[int]:
        """Take the next hits; give their slots, none when enough is known."""
        wanted: dict[int, None] = {}
        while not wanted and not self._decided():
            while len(self._page) < page and self._next is not None:
                self._page.append(self._next)
                self._next = next(self._rest, None)
            wanted = dict.fromkeys(hit.slot for hit in self._page if hit.slot not in self._known)
            if not wanted:
                self._judge_page()
        return list(wanted)

    def learn(self, known: Mapping[int, Facts]) -> None:
        """Take the facts that were asked for; what is not among them was withdrawn."""
        for hit in self._page:
            if hit.slot not in self._known:
                facts = self._known[hit.slot] = known.get(hit.slot)
                self._standing += facts is not None
        self._judge_page()

    def _judge_page(self) -> None:
        for hit in self._page:
            facts, look = self._known[hit.slot], self._looks[hit.look]
            match = facts and self._judge.match(facts, look.kind, hit.distance)
            if match:
                key = (self._judge.grade(match.advice), *hit[1:4])
                # Several looks at one upload may meet the same entry: the gravest, then nearest, stands for all.
                if match.facts.alias not in self._matches or key < self._matches[match.facts.alias][0]:
                    self._matches[match.facts.alias] = key, match
        self._page = []
        # One that is left out here can come back by a nearer look of its own.
        self._matches = dict(nsmallest(MAX_MATCHES, self._matches.items(), key=lambda one: one[1][0]))

    def _decided(self) -> bool:
        """Whether nothing that was not followed up can come among the matches that are shown."""
        if self._next is None or self._standing >= MOST_STANDING:
            return True
        if len(self._matches) < MAX_MATCHES:
            return False
        last, _ = next(reversed(self._matches.values()))
        return last < self._next[:4]

    def verdict(self) -> Verdict | None:
        """Advise; None when nothing stands near. The gravest advice decides; within it the nearest gives the reason."""
        kept = tuple(match for _, match in self._matches.values())
        if kept:
            return Verdict(kept[0].advice, kept[0].reason, kept)
        return None if self._next is None else Verdict(Action.HOLD, TOO_MANY_NEAR)


class _Hits:
    """What one upload's looks have met."""

    def __init__(self, looks: Sequence[Look], found: Found, first: int, judge: _Judge) -> None:
        self.looks = looks
        self._found = found
        self._first = first
        self._judge = judge

    def ordered(self) -> Iterator[_Hit]:
        """Give them from the gravest and nearest that they may be; only what is taken costs anything."""
        return merge(*(self._of(place) for place in range(len(self.looks))))

    def _of(self, place: int) -> Iterator[_Hit]:
        radii = self._judge.policy.widest(Family(family(self.looks[place].kind)))
        slots, distances = self._found.of(self._first + place)
        for start in range(0, len(slots), FIRST_PAGE):
            some = slice(start, start + FIRST_PAGE)
            for number, (slot, distance) in enumerate(
                zip(slots[some].tolist(), distances[some].tolist(), strict=True), start
            ):
                advice = radii.advice(distance)
                if advice is Action.ALLOW:
                    return
                yield _Hit(self._judge.grade(advice), distance, place, number, slot)


def _hits_each(bank: Bank, uploads: Sequence[Sequence[Look]], judge: _Judge) -> list[_Hits | None] | None:
    """Search; give each upload's hits, or None when there are none at all, as nearly always."""
    values = [look.value for looks in uploads for look in looks]
    if not values or judge.policy.reach < 0:
        return None
    found = bank.search(np.frombuffer(b"".join(values), np.uint8).reshape(-1, 32), judge.policy.reach)
    if not len(found.ids):
        return None
    lims, first = found.lims.tolist(), 0
    hits: list[_Hits | None] = []
    for looks in uploads:
        some = lims[first + len(looks)] > lims[first]
        hits.append(_Hits(looks, found, first, judge) if some else None)
        first += len(looks)
    return hits


def _match(facts: Facts, look: str, distance: int, radii: Radii, *, hold_only: bool) -> Match | None:
    advice = radii.advice(distance)
    if advice is Action.ALLOW:
        return None
    radius = radii.block if advice is Action.BLOCK else radii.hold
    if advice is Action.BLOCK and hold_only:
        return Match(facts, look, distance, radius, Action.HOLD, LEASE_HOLD)
    return Match(facts, look, distance, radius, advice, _REASONS[advice])
