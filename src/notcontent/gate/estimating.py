"""Estimated looks at an upload: which entries it may show in part, turned, tilted or painted over. Pure, as screening.

Direct looks come first. An estimate says less than they do: two pictures that have little in common but a shape can
agree by it. So it only ever holds an upload for a person to see, and the more entries there are, the more evidence is
asked for: the platform says how many uploads of strangers it is ready to hold, and the threshold follows the bank.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from notcontent.exchange.wire import Action
from notcontent.gate.policy import EstimatePolicy
from notcontent.gate.screening import MAX_MATCHES, Facts, Match, Verdict
from notcontent.matching.estimates import Candidates
from notcontent.signals.estimates import Sketch, estimates, settle
from notcontent.signals.estimates.looking import Settled, kind_of
from notcontent.signals.estimates.worth import evidence, least_evidence

ESTIMATED = "estimated_fit"
SETTLING_GAINS = 3.0
"""Of 473 true pairs that direct looks had missed, settling raised all but one in forty by at most this much."""
REACH = 14.0
"""Hardly an estimate has more evidence; where more is asked for none are made."""
LEAST_COARSE = 5.5
MOST_CANDIDATES = 256
"""Entries whose facts are looked up."""
MOST_SETTLED = 24
"""Entries that are looked at more closely: a millisecond each."""


class EstimateBank(Protocol):
    """What is asked: one generation of the bank."""

    @property
    def rows(self) -> int:
        """Count the entries that stand."""
        ...

    def search_estimates(
        self, values: NDArray[np.uint8], log_odds: NDArray[np.float32], threshold: float, most: int
    ) -> Candidates:
        """Find the slots that fit some estimate, best first."""
        ...

    def values(self, slots: Sequence[int]) -> Mapping[int, NDArray[np.uint8]]:
        """Give the hashes u8[32] of those slots that are there."""
        ...

    def facts(self, slots: Iterable[int]) -> Mapping[int, Facts]:
        """Give the facts of those slots whose entries still stand."""
        ...


def screen_estimated(bank: EstimateBank, sketches: Sequence[Sketch], policy: EstimatePolicy) -> list[Match]:
    """Give the entries that an upload may show, those with most evidence first, each with the advice to hold."""
    able = [one for one in sketches if one.quality >= policy.min_quality]
    if not able or not policy.budget or not bank.rows:
        return []
    least = least_evidence(bank.rows, policy.false_holds)
    if least > REACH:
        return []
    found = estimates(able, policy.budget)
    coarse = max(LEAST_COARSE, least - SETTLING_GAINS)
    near = bank.search_estimates(found.values, found.log_odds, coarse, MOST_CANDIDATES)
    slots = near.ids.tolist()
    if not slots:
        return []
    facts = {slot: one for slot, one in bank.facts(slots).items() if one.quality >= policy.min_quality}
    standing = [(slot, look) for slot, look in zip(slots, near.looks.tolist(), strict=True) if slot in facts]
    values = bank.values([slot for slot, _ in standing[:MOST_SETTLED]])
    matches: list[tuple[float, Match]] = []
    for slot, look in standing[:MOST_SETTLED]:
        if slot in values:
            settled = settle(found.origins[look], values[slot])
            if (weight := evidence(settled, values[slot])) >= least:
                matches.append((weight, _match(facts[slot], settled, values[slot], weight, least)))
    return [match for _, match in sorted(matches, key=lambda one: -one[0])]


def _match(facts: Facts, settled: Settled, value: NDArray[np.uint8], weight: float, least: float) -> Match:
    bits = int(np.bitwise_count(settled.value ^ value).sum())
    return Match(
        facts,
        kind_of(settled.origin),
        bits,
        -1,
        Action.HOLD,
        ESTIMATED,
        evidence=round(weight, 2),
        least=round(least, 2),
    )


def with_estimates(verdict: Verdict, found: Sequence[Match]) -> Verdict:
    """Add what was found by estimates to a verdict; an entry that a direct look met is not named twice."""
    named = {match.facts.alias for match in verdict.matches}
    new: dict[str, Match] = {}
    for match in found:
        if match.facts.alias not in named:
            new.setdefault(match.facts.alias, match)
    if not new:
        return verdict
    matches = (*verdict.matches, *new.values())[:MAX_MATCHES]
    if verdict.advice is Action.ALLOW:
        return Verdict(Action.HOLD, ESTIMATED, matches)
    return Verdict(verdict.advice, verdict.reason, matches)
