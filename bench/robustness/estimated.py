"""Estimated looks at strangers: what evidence unrelated pictures reach, and the tail that thresholds are made from.

Every picture of a crowd (`crowd`) is banked with parts of it; some are uploaded too, each edited once, and looked up by
the gate's own index. Pairs that have a package or a part in common are left out: packages hold the same scene twice.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.robustness import edits as e
from bench.robustness.crowd import Crowd, numbers
from bench.robustness.evidence import estimates_of_file, findable, may_reach
from bench.robustness.recall import upload
from bench.robustness.strangers import Banked, made
from notcontent.matching import MihIndex
from notcontent.matching.estimating import LEAST_COARSE

KEPT_FROM = 6.0
"""Evidence of strangers that is kept."""
ENOUGH = 100
"""The tail is fitted from the evidence that so many pairs reach."""
DRAWS = 400
_EDITED = 3
"""Tells what an upload's edit is drawn from apart from what its picture is."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Strangers:
    """What was compared, and every pair of strangers that reached some evidence, as arrays of one length."""

    names: tuple[str, ...]
    """Of the crowd's members."""
    entries: int
    uploads: int
    pairs: int
    evidence: Floats
    looker: Ints
    """Of each pair: the member that was uploaded ..."""
    owner: Ints
    """... and the one whose entry it met."""

    def nearest(self, most: int) -> Iterator[tuple[float, str, str]]:
        """Give the pairs that have most evidence, as it and two names."""
        for at in np.argsort(-self.evidence, kind="stable")[:most]:
            yield float(self.evidence[at]), self.names[self.looker[at]], self.names[self.owner[at]]


@dataclass(frozen=True, slots=True)
class Tail:
    """Which share of pairs reaches `start`, and how much more evidence makes that 1 / e: estimated, upper 95 %."""

    start: float
    share: tuple[float, float]
    fall: tuple[float, float]


def strangers(crowd: Crowd, uploads: int, budget: int, processes: int) -> Strangers:
    """Compare one edited upload of each of the first `uploads` members, in a mixed order, with all entries."""
    banked = [one for one, _ in made(crowd, 0, processes)]
    order = list(numbers(crowd))[:uploads]
    pairs = 0
    met: list[tuple[float, int, int]] = []
    with ProcessPoolExecutor(processes, initializer=_begin, initargs=(crowd, banked, budget)) as pool:
        for place, (count, found) in enumerate(pool.map(_met, order, chunksize=4)):
            pairs += count
            met += [(value, place, owner) for value, owner in found]
    value, looker, owner = np.array(met, float).reshape(-1, 3).T
    names = tuple(one.name for one in banked)
    entries = sum(len(one.values) for one in banked)
    return Strangers(names, entries, len(order), pairs, value, looker.astype(np.int64), owner.astype(np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class _Bank:
    """In a worker: the crowd and what is banked of it."""

    crowd: Crowd
    values: NDArray[np.uint8]
    owner: Ints
    """Of each value: the member, whose packages and parts are next."""
    packages: Ints
    made_of: list[frozenset[int]]
    index: MihIndex
    budget: int


_BANK: list[_Bank] = []


def _begin(crowd: Crowd, banked: list[Banked], budget: int) -> None:
    values = np.concatenate([one.values for one in banked])
    owner = np.repeat(np.arange(len(banked)), [len(one.values) for one in banked])
    packages = np.array([one.packages for one in banked], np.int64)
    _BANK[:] = [_Bank(crowd, values, owner, packages, [one.made_of for one in banked], MihIndex.build(values), budget)]


def _met(number: int) -> tuple[int, list[tuple[float, int]]]:
    """Give how many entries show no package that a member's upload shows, and which of these it met."""
    bank = _BANK[0]
    member = bank.crowd.member(number)
    chance = np.random.default_rng([bank.crowd.seed, number, _EDITED])
    found = estimates_of_file(upload(edited(member.image, chance)), bank.budget)
    strange = (bank.packages & member.packages == 0)[bank.owner]
    count = int(strange.sum())
    if not len(found.values):
        return count, []
    near = bank.index.search_estimates(found.values, found.log_odds, LEAST_COARSE, most=len(bank.values))
    reached = []
    for slot, score, look in zip(near.ids.tolist(), near.scores.tolist(), near.looks.tolist(), strict=True):
        owner = int(bank.owner[slot])
        if not strange[slot] or member.made_of & bank.made_of[owner]:
            continue
        entry = bank.values[slot]
        if may_reach(score, entry) >= KEPT_FROM and (value := findable(found, look, score, entry)) >= KEPT_FROM:
            reached.append((value, owner))
    return count, reached


def edited(image: Image.Image, chance: np.random.Generator) -> Image.Image:
    """Give an upload that a picture makes: as it is, cropped, captioned, letterboxed, or with words on it."""
    way = int(chance.integers(5))
    if way == 0:
        return image
    if way == 1:
        return e.crop_area(image, float(chance.uniform(0.7, 0.95)), chance)
    if way == 2:
        return e.captioned(image, float(chance.uniform(0.08, 0.3)), e.WHITE, on_top=bool(chance.random() < 0.5))
    return e.letterboxed(image, 9 / 16, e.BLACK) if way == 3 else e.meme(image)


def shares(found: Strangers, levels: list[float], seed: int = 1) -> Iterator[tuple[float, int, float, float]]:
    """Give for each level how many pairs reach it, as a share of all, and the upper 95 % bound of that."""
    again = [[float(weights[found.evidence >= level].sum()) for level in levels] for weights in _again(found, seed)]
    bounds = np.sort(again, axis=0)[int(0.95 * DRAWS)]
    for level, bound in zip(levels, bounds.tolist(), strict=True):
        count = int((found.evidence >= level).sum())
        yield level, count, count / found.pairs, bound / found.pairs


def tail_of(found: Strangers, enough: int = ENOUGH, seed: int = 2) -> Tail:
    """Fit a line in the logarithm to the `enough` pairs with most evidence. Raises IndexError where there is none."""
    start = float(np.sort(found.evidence)[-enough:][0])
    more = np.maximum(0.0, found.evidence - start)
    above = found.evidence >= start
    drawn = [(float(weights[above].sum()), float((weights * more).sum())) for weights in _again(found, seed)]
    at = int(0.95 * DRAWS)
    numbers_, falls = sorted(n for n, _ in drawn), sorted(total / n if n else 0.0 for n, total in drawn)
    number = float(above.sum())
    return Tail(start, (number / found.pairs, numbers_[at] / found.pairs), (float(more.sum()) / number, falls[at]))


def _again(found: Strangers, seed: int) -> Iterator[Floats]:
    """Draw the crowd's members anew: how often each pair then comes. Pairs that share a picture are not independent."""
    chance = np.random.default_rng(seed)
    members = len(found.names)
    for _ in range(DRAWS):
        weights = np.bincount(chance.integers(members, size=members), minlength=members)
        yield (weights[found.looker] * weights[found.owner]).astype(float)
