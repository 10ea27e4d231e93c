"""The decision: looks and a bank in, a verdict out. Pure: it knows no clock, no log and no chance.

A match is a reason to look, never proof. A verdict advises; what is done about it is `actions`' part, and the
platform's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from notcontent.exchange.wire import Action, Kind
from notcontent.gate.config import Family
from notcontent.gate.policy import Policy
from notcontent.matching.index import Found
from notcontent.signals.looks import Look, family

MAX_MATCHES = 50
_ORDER = {Action.ALLOW: 0, Action.HOLD: 1, Action.BLOCK: 2}
_REASONS = {Action.BLOCK: "within_block_radius", Action.HOLD: "within_hold_radius"}
NO_MATCH, LOW_QUALITY, LEASE_HOLD = "no_match", "low_quality", "lease_hold"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an entry beside its value. The alias is this member's own."""

    alias: str
    kind: Kind
    t_ms: int | None
    quality: int
    bank: str


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
    found = iter(_match_each(bank, [look for looks in uploads for look in looks], policy, hold_only=hold_only))
    verdicts = []
    for looks in uploads:
        matches = [match for _ in looks for match in next(found)]
        verdicts.append(_verdict(matches, plain=all(look.quality < policy.min_quality for look in looks)))
    return verdicts


def _verdict(matches: list[Match], *, plain: bool) -> Verdict:
    if not matches:
        return Verdict(Action.ALLOW, LOW_QUALITY if plain else NO_MATCH)
    # The gravest advice decides; within it, the nearest entry gives the reason. Several looks at one upload may meet
    # the same entry: the first of these stands for all.
    matches.sort(key=lambda match: (-_ORDER[match.advice], match.distance))
    first: dict[str, Match] = {}
    for match in matches:
        first.setdefault(match.facts.alias, match)
    kept = tuple(first.values())[:MAX_MATCHES]
    return Verdict(kept[0].advice, kept[0].reason, kept)


def _match_each(bank: Bank, looks: Sequence[Look], policy: Policy, *, hold_only: bool) -> list[list[Match]]:
    """Give each look's matches, in the looks' order. A look that is too plain is not even searched."""
    matches: list[list[Match]] = [[] for _ in looks]
    able = [place for place, look in enumerate(looks) if look.quality >= policy.min_quality]
    if not able or policy.reach < 0:
        return matches
    queries = np.frombuffer(b"".join(looks[place].value for place in able), np.uint8).reshape(-1, 32)
    found = bank.search(queries, policy.reach)
    if not len(found.ids):
        return matches
    known = bank.facts(dict.fromkeys(found.ids.tolist()))
    lims, slots, distances = found.lims.tolist(), found.ids.tolist(), found.distances.tolist()
    for query, place in enumerate(able):
        for hit in range(lims[query], lims[query + 1]):
            facts = known.get(slots[hit])
            if facts is not None and facts.quality >= policy.min_quality:
                match = _match(facts, looks[place].kind, distances[hit], policy, hold_only=hold_only)
                if match is not None:
                    matches[place].append(match)
    return matches


def _match(facts: Facts, look: str, distance: int, policy: Policy, *, hold_only: bool) -> Match | None:
    radii = policy.radii_for(facts.bank, facts.kind, Family(family(look)))
    advice = radii.advice(distance)
    if advice is Action.ALLOW:
        return None
    radius = radii.block if advice is Action.BLOCK else radii.hold
    if advice is Action.BLOCK and hold_only:
        return Match(facts, look, distance, radius, Action.HOLD, LEASE_HOLD)
    return Match(facts, look, distance, radius, advice, _REASONS[advice])
