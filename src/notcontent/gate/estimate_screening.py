"""Estimates at the gate: what `matching` finds by them, with what is known of the entries. Pure, as screening.

An estimate only ever holds an upload for a person to see; it changes no advice that direct looks gave.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from notcontent.exchange.wire import Action
from notcontent.gate.screening import MAX_MATCHES, TOO_MANY_NEAR, Facts, Match, Verdict
from notcontent.matching.clip_estimating import FrameFit, Levels, frame_fits, holding, levels_for
from notcontent.matching.estimating import EstimatePolicy, Fit, SearchedBank, find_fits
from notcontent.signals.estimates import Sketch
from notcontent.signals.video.sampling import Sketched

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


class ClipEstimating:
    """Estimates of one video, frame after frame. The bank may be another generation each time."""

    def __init__(self, policy: EstimatePolicy, frames: int) -> None:
        """Begin. `frames` is how many will be asked about."""
        self._policy = policy
        self._frames = frames
        self._fits: list[tuple[Sketched, Fit]] = []
        self._crowded = False

    def add(self, bank: FactsBank, frame: Sketched) -> None:
        """Find what one frame may show."""
        owned = _Owned(bank, self._policy.min_quality)
        found = frame_fits(owned, frame.sketches, self._policy, self._levels(bank))
        self._fits += [(frame, fit) for fit in found.fits]
        self._crowded = self._crowded or found.crowded

    def found(self, bank: FactsBank) -> Estimated:
        """Give what holds the video, by the entries that stand now."""
        slots = [fit.slot for _, fit in self._fits]
        facts, values = (bank.facts(slots), bank.values(slots)) if slots else ({}, {})
        fits = [
            FrameFit(
                frame.t_ms,
                np.frombuffer(frame.value, np.uint8),
                facts[fit.slot].alias,
                facts[fit.slot].t_ms or 0,
                values[fit.slot],
                fit,
            )
            for frame, fit in self._fits
            if fit.slot in facts and fit.slot in values
        ]
        held = holding(fits, self._levels(bank))
        matches = (_match(facts[one.of.fit.slot], one.of.fit, one.of.at_ms, one.least) for one in held)
        return Estimated(tuple(matches), self._crowded)

    def _levels(self, bank: FactsBank) -> Levels:
        return levels_for(bank.rows, self._frames, self._policy.false_holds)


def _match(facts: Facts, fit: Fit, at_ms: int | None = None, least: float | None = None) -> Match:
    asked = fit.least if least is None else round(least, 2)
    held = Action.HOLD, ESTIMATED
    return Match(facts, fit.look, fit.distance, -1, *held, at_ms, evidence=fit.evidence, least=asked)


def with_estimates(verdict: Verdict, found: Estimated) -> Verdict:
    """Add what was found by estimates to a verdict; an entry that a direct look met is not named twice.

    Neither is one that several estimates of a picture, or of one frame of a video, met.
    """
    named = {match.facts.alias for match in verdict.matches}
    new: dict[tuple[str, int | None], Match] = {}
    for match in found.matches:
        if match.facts.alias not in named:
            new.setdefault((match.facts.alias, match.at_ms), match)
    if verdict.advice is not Action.ALLOW:
        return Verdict(verdict.advice, verdict.reason, (*verdict.matches, *new.values())[:MAX_MATCHES])
    if new:
        return Verdict(Action.HOLD, ESTIMATED, (*verdict.matches, *new.values())[:MAX_MATCHES])
    return Verdict(Action.HOLD, TOO_MANY_NEAR) if found.crowded else verdict
