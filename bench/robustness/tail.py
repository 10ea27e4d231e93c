"""From counted pairs of strangers to the tail that a gate's radii follow: what was measured, and what is a model.

A pair here is an upload and an entry; its distance by a family of looks is that of the nearest of these. So the number
of looks is in it, and looks that resemble each other are no chances of their own.

The tail of a family is a line in the logarithm. It begins where `ENOUGH` pairs were counted, with the upper bound of
their share, and falls with the upper bound of the mean distance below: the pairs nearer than that place are taken for
a geometric distribution. Both bounds (95 %) come from drawing the crowd's pictures anew, as uploaders and as owners of
entries at once, for pairs that share a picture are not independent. Where fewer pairs were counted than `ENOUGH`, the
line begins at the reach, with the bound of a Poisson count, and falls as the slowest of the other families.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.robustness.strangers import FAMILIES, REACH, Compared

ENOUGH = 40
DRAWS = 400
BINS = REACH + 1
_SHOWN = (31, 40, 44, 48, 52, 56, 60, 63)


@dataclass(frozen=True, slots=True, eq=False)
class FamilyTail:
    """One family's pairs of an upload and an entry, by distance, and the line through their tail."""

    name: str
    counts: NDArray[np.int64]
    pairs: int
    looks: float
    """Looks an upload."""
    start: int
    share: tuple[float, float]
    """Of pairs within `start` bits: estimated, upper 95 %."""
    fall: tuple[float, float]
    """Bits to 1 / e: estimated, upper 95 %; 0 where there were too few."""

    def within(self, radius: int, *, upper: bool) -> float:
        """Give the share of pairs within a radius, by the line."""
        return self.share[upper] * math.exp((radius - self.start) / self.fall[upper])


def tails_of(found: Compared, seed: int = 7) -> list[FamilyTail]:
    """Fit every family's tail."""
    chance = np.random.default_rng(seed)
    members = len(found.banked)
    drawn = [np.bincount(chance.integers(members, size=members), minlength=members) for _ in range(DRAWS)]
    looker = np.array([one.member for one in found.uploads], np.int64)
    looks, pairs = found.looks(), pairs_of_uploads(found)
    fitted = []
    for place, name in enumerate(FAMILIES):
        bits, upload, owner = _nearest(found, place)
        counts = np.bincount(bits, minlength=BINS)
        start = int(min(np.searchsorted(counts.cumsum(), ENOUGH), REACH))
        estimate = _line(counts.astype(float), start)
        again = []
        for weights in drawn:
            weight = (weights[looker[upload]] * weights[owner]).astype(float)
            again.append(_line(np.bincount(bits, weight, minlength=BINS), start))
        few = counts.cumsum()[start] < ENOUGH
        most = _poisson_upper(int(counts.cumsum()[start]))
        shares = sorted(number for number, _ in again)
        falls = sorted(fall for _, fall in again)
        at = int(0.95 * DRAWS)
        fitted.append(
            FamilyTail(
                name,
                counts,
                pairs,
                float(looks[place]) / len(found.uploads),
                start,
                (estimate[0] / pairs, max(shares[at], most) / pairs),
                (0.0, 0.0) if few else (estimate[1], falls[at]),
            )
        )
    slowest = max((one.fall for one in fitted), key=lambda fall: fall[1])
    return [one if one.fall[1] else _with_fall(one, slowest) for one in fitted]


def _with_fall(one: FamilyTail, fall: tuple[float, float]) -> FamilyTail:
    return FamilyTail(one.name, one.counts, one.pairs, one.looks, one.start, one.share, fall)


def _nearest(found: Compared, family: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Give the pairs of an upload and an entry, each once with its nearest look: bits, upload, owner."""
    own = np.flatnonzero(found.families == family)
    order = own[np.lexsort((found.bits[own], found.entry[own], found.owner[own], found.looker[own]))]
    keys = np.stack([found.looker[order], found.owner[order], found.entry[order]])
    first = np.ones(len(order), bool)
    if len(order) > 1:
        first[1:] = (keys[:, 1:] != keys[:, :-1]).any(axis=0)
    kept = order[first]
    return found.bits[kept].astype(np.int64), found.looker[kept], found.owner[kept]


def pairs_of_uploads(found: Compared) -> int:
    """Count pairs of an upload and an entry that have no package in common."""
    masks, place = np.unique([one.packages for one in found.banked], return_inverse=True)
    entries = np.bincount(place, weights=[len(one.values) for one in found.banked])
    return sum(int(entries[(masks & one.packages) == 0].sum()) for one in found.uploads)


def _line(counts: NDArray[np.float64], start: int) -> tuple[float, float]:
    """Give the number of pairs within `start` bits, and over how many bits that falls to 1 / e."""
    number = float(counts[: start + 1].sum())
    if number == 0:
        return 0.0, 0.0
    mean = float((counts[: start + 1] * (start - np.arange(start + 1))).sum()) / number
    return number, 1 / math.log1p(1 / mean) if mean else 0.0


def _poisson_upper(count: int) -> float:
    """Give the upper 95 % bound of a Poisson mean of which so many were counted."""
    low, high = 0.0, count + 10 * math.sqrt(count + 1) + 10
    for _ in range(60):
        middle = (low + high) / 2
        if (
            sum(math.exp(-middle + k * math.log(middle or 1e-300) - math.lgamma(k + 1)) for k in range(count + 1))
            > 0.05
        ):
            low = middle
        else:
            high = middle
    return high


def print_tails(tails: list[FamilyTail]) -> None:
    """Print the counts, and the lines as `gate/tails.py` has them."""
    print(
        "| looks | an upload | " + " | ".join(f"<= {bits}" for bits in _SHOWN) + " | within | share | falls to 1/e in |"
    )
    print("|---" * (len(_SHOWN) + 5) + "|")
    for one in tails:
        within = one.counts.cumsum()
        shown = " | ".join(str(int(within[bits])) for bits in _SHOWN)
        print(
            f"| {one.name} | {one.looks:.1f} | {shown} | {one.start} | {one.share[0]:.1e} (to {one.share[1]:.1e})"
            f" | {one.fall[0]:.1f} bits (to {one.fall[1]:.1f}) |"
        )
    print("\nUpper bounds, as in gate/tails.py:\n\n| looks | share | within | falls to 1/e in |\n" + "|---" * 4 + "|")
    for one in tails:
        print(f"| {one.name} | {one.share[1]:.1e} | {one.start} | {one.fall[1]:.1f} |")
    print()
    for one in tails:
        print(f"    Family.{one.name.upper()}: Tail({one.share[1]:.1e}, {one.start}, {one.fall[1]:.1f}),")
