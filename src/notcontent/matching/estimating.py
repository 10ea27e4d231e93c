"""Estimated looks at an upload: which entries it may show in part, turned, tilted or painted over. Pure.

Direct looks come first. An estimate says less than they do: two pictures that have little in common but a shape can
agree by it. So it only ever holds an upload for a person to see, and the more entries there are, the more evidence is
asked for: the platform says how many uploads of strangers it is ready to hold, and the threshold follows the bank.

A gate, `notcontent match` and `notcontent scan` ask here, each with a bank of its own.
"""

import math
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from notcontent.matching.estimates import Candidates, EstimateQuery
from notcontent.signals.estimates import Settled, Sketch, estimates, plainest, settle
from notcontent.signals.estimates.looking import kind_of
from notcontent.signals.estimates.worth import costs, evidence, least_evidence

SETTLING_GAINS = 3.0
"""Of 473 true pairs that direct looks had missed, settling raised all but one in forty by at most this much."""
DEFAULT_FALSE_HOLDS = 1e-4
"""Which share of uploads of strangers may be held in vain, where nobody says otherwise."""
REACH = 14.0
"""Hardly an estimate has more evidence; where more is asked for none are made."""
LEAST_COARSE = 5.5
MOST_CANDIDATES = 4096
"""Entries that are looked at by their hashes alone."""
MOST_SETTLED = 24
"""Entries that are looked at more closely: 1 to 5 ms each."""
MOST_OF_ONE = 3
"""... and of those of one owner, as the frames of one video are, before others had their turn."""


@dataclass(frozen=True, slots=True)
class EstimatePolicy:
    """How many estimates an upload is worth, how many uploads of strangers may be held for them, and from what quality.

    `false_holds` is a share of all uploads.
    """

    budget: int
    false_holds: float
    min_quality: int


class SearchedBank(Protocol):
    """What estimates are looked up in: one generation of a bank."""

    @property
    def rows(self) -> int:
        """Count the entries that stand."""
        ...

    def search_estimates(self, query: EstimateQuery) -> Candidates:
        """Find the slots that fit some estimate, best first."""
        ...

    def values(self, slots: Sequence[int]) -> Mapping[int, NDArray[np.uint8]]:
        """Give the hashes u8[32] of those slots that are there."""
        ...


class EstimateBank(SearchedBank, Protocol):
    """The same, with what its slots belong to."""

    def owners(self, slots: Sequence[int]) -> Mapping[int, Hashable]:
        """Name what those slots belong to (frames of one video to one), if their entries stand and may be compared."""
        ...


@dataclass(frozen=True, slots=True)
class Fit:
    """An entry that an upload may show: by which estimate, how far that is in bits, and what speaks for it."""

    slot: int
    look: str
    distance: int
    evidence: float
    least: float
    """The evidence that was asked for."""


@dataclass(frozen=True, slots=True)
class Fits:
    """The entries that an upload may show, most evidence first; and whether there were too many to look at all."""

    fits: tuple[Fit, ...] = ()
    crowded: bool = False


def find_fits(bank: EstimateBank, sketches: Sequence[Sketch], policy: EstimatePolicy) -> Fits:
    """Find the entries that an upload may show.

    Anybody may bank hashes that agree with an estimate of a certain copy better than its picture does, to be looked at
    in its place. So entries are looked at by what their score can still come to, few of one owner first; and where some
    that might do were left out, that is said.
    """
    least = least_evidence(bank.rows, policy.false_holds)
    return fits_from(bank, sketches, policy, least, least) if least <= REACH else Fits()


def fits_from(
    bank: EstimateBank,
    sketches: Sequence[Sketch],
    policy: EstimatePolicy,
    least: float,
    crowding: float,
    most: int = MOST_SETTLED,
) -> Fits:
    """Find the entries that an upload may show with evidence of at least `least`, whatever the bank's size asks for.

    At most so many (`most`) are looked at closely. It is crowded where something was left out that might have had
    evidence of `crowding`.
    """
    able = [one for one in sketches if one.quality >= policy.min_quality]
    if not able or not policy.budget or not bank.rows:
        return Fits()
    found = estimates(able, policy.budget)
    coarse = max(LEAST_COARSE, least - SETTLING_GAINS)
    near = bank.search_estimates(EstimateQuery(found.values, found.log_odds, found.leading, coarse, MOST_CANDIDATES))
    hopeful = _hopeful(bank, near, least - SETTLING_GAINS)
    ordered = list(_few_of_one(hopeful))
    fits: list[tuple[float, Fit]] = []
    for one in ordered[:most]:
        settled = settle(found.origins[one.look], one.value)
        if (weight := evidence(settled, one.value, least)) >= least:
            fits.append((weight, _fit(one, settled, weight, least)))
    left = max((one.left for one in ordered[most:]), default=-math.inf)
    if near.left_out:
        left = max(left, float(near.scores[-1]))
    best_first = tuple(fit for _, fit in sorted(fits, key=lambda pair: -pair[0]))
    return Fits(best_first, crowded=left >= crowding - SETTLING_GAINS)


class _Hopeful(NamedTuple):
    """An entry that stands and may have enough evidence, and the estimate that it fits best."""

    slot: int
    owner: Hashable
    value: NDArray[np.uint8]
    look: int
    left: float
    """Of its score, less what its own hash takes off."""


def _hopeful(bank: EstimateBank, near: Candidates, least: float) -> list[_Hopeful]:
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
    owners = bank.owners([slots[place] for place in order])
    standing = [(place, slots[place]) for place in order if slots[place] in owners]
    return [
        _Hopeful(slot, owners[slot], values[slot], int(near.looks[at[place]]), float(left[place]))
        for place, slot in standing
    ]


def _few_of_one(hopeful: Sequence[_Hopeful]) -> Iterator[_Hopeful]:
    """Give the first few of each owner, and only then the rest."""
    seen: Counter[Hashable] = Counter()
    rest = []
    for one in hopeful:
        seen[one.owner] += 1
        if seen[one.owner] <= MOST_OF_ONE:
            yield one
        else:
            rest.append(one)
    yield from rest


def _fit(one: _Hopeful, settled: Settled, weight: float, least: float) -> Fit:
    bits = int(np.bitwise_count(settled.value ^ one.value).sum())
    return Fit(one.slot, kind_of(plainest(settled, one.value)), bits, evidence=round(weight, 2), least=round(least, 2))
