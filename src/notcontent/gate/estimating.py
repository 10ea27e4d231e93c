"""Estimated looks at an upload: which entries it may show in part, turned, tilted or painted over. Pure, as screening.

Direct looks come first. An estimate says less than they do: two pictures that have little in common but a shape can
agree by it. So it only ever holds an upload for a person to see, and the more entries there are, the more evidence is
asked for: the platform says how many uploads of strangers it is ready to hold, and the threshold follows the bank.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from notcontent.exchange.wire import Action
from notcontent.gate.policy import EstimatePolicy
from notcontent.gate.screening import MAX_MATCHES, TOO_MANY_NEAR, Facts, Match, Verdict
from notcontent.matching.estimates import Candidates
from notcontent.signals.estimates import Sketch, estimates, settle
from notcontent.signals.estimates.looking import Settled, kind_of
from notcontent.signals.estimates.worth import costs, evidence, least_evidence

ESTIMATED = "estimated_fit"
SETTLING_GAINS = 3.0
"""Of 473 true pairs that direct looks had missed, settling raised all but one in forty by at most this much."""
REACH = 14.0
"""Hardly an estimate has more evidence; where more is asked for none are made."""
LEAST_COARSE = 5.5
MOST_CANDIDATES = 4096
"""Entries that are looked at by their hashes alone."""
MOST_SETTLED = 24
"""Entries that are looked at more closely: 2 to 15 ms each."""
MOST_OF_ONE = 3
"""... and of those under one alias, which are the frames of one video, before others had their turn."""


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


@dataclass(frozen=True, slots=True)
class Estimated:
    """The entries that an upload may show, most evidence first; and whether there were too many to look at all."""

    matches: tuple[Match, ...] = ()
    crowded: bool = False


def screen_estimated(bank: EstimateBank, sketches: Sequence[Sketch], policy: EstimatePolicy) -> Estimated:
    """Find the entries that an upload may show, each with the advice to hold.

    Anybody may bank hashes that agree with an estimate of a certain copy better than its picture does, to be looked at
    in its place. So entries are looked at by what their score can still come to, few of one alias first; and where some
    that might do were left out, that is said.
    """
    able = [one for one in sketches if one.quality >= policy.min_quality]
    if not able or not policy.budget or not bank.rows:
        return Estimated()
    least = least_evidence(bank.rows, policy.false_holds)
    if least > REACH:
        return Estimated()
    found = estimates(able, policy.budget)
    near = bank.search_estimates(
        found.values, found.log_odds, max(LEAST_COARSE, least - SETTLING_GAINS), MOST_CANDIDATES
    )
    hopeful = _hopeful(bank, near, least - SETTLING_GAINS, policy.min_quality)
    chosen = list(islice(_few_of_one(hopeful), MOST_SETTLED))
    matches: list[tuple[float, Match]] = []
    for one in chosen:
        settled = settle(found.origins[one.look], one.value)
        if (weight := evidence(settled, one.value)) >= least:
            matches.append((weight, _match(one.facts, settled, one.value, weight, least)))
    ordered = tuple(match for _, match in sorted(matches, key=lambda pair: -pair[0]))
    return Estimated(ordered, crowded=near.left_out > 0 or len(chosen) < len(hopeful))


class _Hopeful(NamedTuple):
    """An entry that stands and may have enough evidence, and the estimate that it fits best."""

    facts: Facts
    value: NDArray[np.uint8]
    look: int


def _hopeful(bank: EstimateBank, near: Candidates, least: float, min_quality: int) -> list[_Hopeful]:
    """Give the entries whose score, less what their own hash makes it worth less, is enough; the highest first."""
    slots = near.ids.tolist()
    values = bank.values(slots) if slots else {}
    slots = [slot for slot in slots if slot in values]
    if not slots:
        return []
    places = {slot: place for place, slot in enumerate(near.ids.tolist())}
    at = np.array([places[slot] for slot in slots])
    left = near.scores[at] - costs(np.stack([values[slot] for slot in slots]))
    order = [place for place in np.argsort(-left, kind="stable").tolist() if left[place] >= least]
    facts = bank.facts([slots[place] for place in order])
    return [
        _Hopeful(facts[slots[place]], values[slots[place]], int(near.looks[at[place]]))
        for place in order
        if slots[place] in facts and facts[slots[place]].quality >= min_quality
    ]


def _few_of_one(hopeful: Sequence[_Hopeful]) -> Iterator[_Hopeful]:
    """Give the first few under each alias, and only then the rest."""
    seen: Counter[str] = Counter()
    rest = []
    for one in hopeful:
        seen[one.facts.alias] += 1
        if seen[one.facts.alias] <= MOST_OF_ONE:
            yield one
        else:
            rest.append(one)
    yield from rest


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
