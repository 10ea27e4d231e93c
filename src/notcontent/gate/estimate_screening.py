"""Estimates at the gate: what `matching.estimating` finds, with what is known of the entries. Pure, as screening.

An estimate only ever holds an upload for a person to see; it changes no advice that direct looks gave.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from notcontent.exchange.wire import Action
from notcontent.gate.screening import MAX_MATCHES, TOO_MANY_NEAR, Facts, Match, Verdict
from notcontent.matching.estimating import EstimatePolicy, Fit, SearchedBank, find_fits
from notcontent.signals.estimates import Sketch

ESTIMATED = "estimated_fit"


class FactsBank(SearchedBank, Protocol):
    """The gate's bank, with what is known of its entries."""

    def facts(self, slots: Iterable[int]) -> Mapping[int, Facts]:
        """Give the facts of those slots whose entries still stand."""
        ...


@dataclass(frozen=True, slots=True)
class Estimated:
    """The entries that an upload may show, most evidence first; and whether there were too many to look at all."""

    matches: tuple[Match, ...] = ()
    crowded: bool = False


class _Owned:
    """A bank whose entries belong to their alias; it keeps the facts that it was asked for."""

    def __init__(self, bank: FactsBank, min_quality: int) -> None:
        self._min_quality = min_quality
        self._facts = bank.facts
        self.rows = bank.rows
        self.search_estimates = bank.search_estimates
        self.values = bank.values
        self.known: dict[int, Facts] = {}

    def owners(self, slots: Sequence[int]) -> dict[int, str]:
        """Give the alias of those slots whose entries stand and are not too plain."""
        facts = self._facts(slots)
        self.known |= facts
        return {slot: one.alias for slot, one in facts.items() if one.quality >= self._min_quality}


def screen_estimated(bank: FactsBank, sketches: Sequence[Sketch], policy: EstimatePolicy) -> Estimated:
    """Find the entries that an upload may show, each with the advice to hold."""
    owned = _Owned(bank, policy.min_quality)
    found = find_fits(owned, sketches, policy)
    return Estimated(tuple(_match(owned.known[fit.slot], fit) for fit in found.fits), found.crowded)


def _match(facts: Facts, fit: Fit) -> Match:
    held = Action.HOLD, ESTIMATED
    return Match(facts, fit.look, fit.distance, -1, *held, evidence=fit.evidence, least=fit.least)


def with_estimates(verdict: Verdict, found: Estimated) -> Verdict:
    """Add what was found by estimates to a verdict; an entry that a direct look met is not named twice."""
    named = {match.facts.alias for match in verdict.matches}
    new: dict[str, Match] = {}
    for match in found.matches:
        if match.facts.alias not in named:
            new.setdefault(match.facts.alias, match)
    if verdict.advice is not Action.ALLOW:
        return Verdict(verdict.advice, verdict.reason, (*verdict.matches, *new.values())[:MAX_MATCHES])
    if new:
        return Verdict(Action.HOLD, ESTIMATED, (*verdict.matches, *new.values())[:MAX_MATCHES])
    return Verdict(Action.HOLD, TOO_MANY_NEAR) if found.crowded else verdict
