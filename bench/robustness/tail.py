"""From pairs of strangers to the tails that a gate's radii follow: what was measured, and what is a model.

Pairs of which one hash says little (`signals/pattern.py`) are apart from the others: they make the near end.

*The others* are counted within `NEAR` bits in the whole search, and within `FAR` in a sample, some looks against all
entries. The tail is a line in the logarithm through both, and goes on below as it was between them. The sample's own
line, and what it would expect within `NEAR`, are printed beside. A family's share is that of one look times the looks
that an upload gets of it, as if each were a chance of its own.

*Patterns* are counted in the whole search, as pairs of an upload and an entry, and have a line of their own.

Shares and falls are upper bounds (95 %): both sides' pictures are drawn anew (bootstrap), for pairs that share a
picture are not independent.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.robustness.strangers import FAMILIES, REACH, Compared
from notcontent.signals.estimates.weighing import signs
from notcontent.signals.pattern import patterns

PATTERN = "pattern"
ENOUGH = 100
DRAWS = 400
SAMPLED = 2500
NEAR, FAR = REACH - 1, 88
FARTHEST = 92
_STEP = 2
"""Half of a hash's bits are ones, so distances are even."""
_BATCH = 250
_SHOWN = (30, 40, 44, 48, 52, 56, 60, 62)

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """How many pairs lie within `start` bits, and over how many bits that falls to 1 / e: estimated, upper 95 %."""

    start: int
    share: tuple[float, float]
    fall: tuple[float, float]

    def within(self, radius: int, *, upper: bool) -> float:
        """Give the share of pairs within a radius; 0 where too few were counted to say how it falls."""
        if not self.fall[upper]:
            return 0.0
        return self.share[upper] * math.exp((radius - self.start) / self.fall[upper])


@dataclass(frozen=True, slots=True, eq=False)
class Tails:
    """The line of one look, that of patterns, and what the whole search counted: by family, and of patterns."""

    look: Line
    sample: Line
    """The line of one look by the sample alone."""
    sampled: Ints
    """Pairs of the sample by distance."""
    compared: int
    """... and of how many."""
    pattern: Line
    looks: dict[str, float]
    """Looks an upload."""
    counts: dict[str, Ints]
    pairs: dict[str, int]


def tails_of(found: Compared, seed: int = 7) -> Tails:
    """Fit both lines."""
    members = len(found.banked)
    sampled = sample(found, seed)
    bits, looker, owner, compared = sampled
    little = _says_little(found)
    own = np.flatnonzero(little)
    upload_bits, uploads, owners = _nearest(found, own)
    member = np.array([one.member for one in found.uploads], np.int64)
    counts = {PATTERN: np.bincount(upload_bits, minlength=REACH + 1)}
    pairs = {PATTERN: pairs_of_uploads(found)}
    for place, name in enumerate(FAMILIES):
        counts[name] = np.bincount(found.bits[~little & (found.families == place)], minlength=REACH + 1)
        pairs[name] = int(found.pairs[place])
    return Tails(
        joined(found, np.flatnonzero(~little), sampled, seed),
        line(bits, looker, owner, compared, members, seed),
        np.bincount(bits, minlength=FARTHEST + 1),
        compared,
        line(upload_bits, member[uploads], owners, pairs[PATTERN], members, seed),
        {name: _looks_an_upload(found, name) for name in (*FAMILIES, PATTERN)},
        counts,
        pairs,
    )


def line(bits: Ints, looker: Ints, owner: Ints, pairs: int, members: int, seed: int) -> Line:
    """Fit a line to pairs' distances; `looker` and `owner` are members of the crowd, drawn anew for the bounds."""
    counts = np.bincount(bits, minlength=1)
    start = min(int(np.searchsorted(counts.cumsum(), ENOUGH)), len(counts) - 1)
    near = bits <= start
    bits, looker, owner = bits[near], looker[near], owner[near]
    chance = np.random.default_rng(seed)
    again = []
    for _ in range(DRAWS):
        weights = np.bincount(chance.integers(members, size=members), minlength=members)
        again.append(_fit(bits, (weights[looker] * weights[owner]).astype(float), start))
    number, fall = _fit(bits, np.ones(len(bits)), start)
    at = int(0.95 * DRAWS)
    numbers, falls = sorted(one for one, _ in again), sorted(one for _, one in again)
    return Line(start, (number / pairs, numbers[at] / pairs), (fall, falls[at]))


def joined(found: Compared, near: Ints, sampled: tuple[Ints, Ints, Ints, int], seed: int) -> Line:
    """Draw the line of one look through what was counted within NEAR (`near`: pairs of `found`) and within FAR."""
    members = len(found.banked)
    bits, looker, owner, compared = sampled
    far = bits <= FAR
    sides = [
        (np.array([found.uploads[at].member for at in found.looker[near]], np.int64), found.owner[near]),
        (looker[far], owner[far]),
    ]
    per = int(found.pairs.sum()), compared

    def drawn(weights: Ints) -> tuple[float, float]:
        shares = [
            max(float((weights[one] * weights[two]).sum()), 1.0) / n for (one, two), n in zip(sides, per, strict=True)
        ]
        return shares[0], (FAR - NEAR) / math.log(shares[1] / shares[0]) if shares[1] > shares[0] else 0.0

    chance = np.random.default_rng(seed)
    again = [drawn(np.bincount(chance.integers(members, size=members), minlength=members)) for _ in range(DRAWS)]
    share, fall = drawn(np.ones(members, np.int64))
    at = int(0.95 * DRAWS)
    return Line(NEAR, (share, sorted(one for one, _ in again)[at]), (fall, sorted(one for _, one in again)[at]))


def _fit(bits: Ints, weights: NDArray[np.float64], start: int) -> tuple[float, float]:
    """Give how many pairs there are, and over how many bits their number falls to 1 / e: a geometric distribution."""
    number = float(weights.sum())
    mean = float((weights * (start - bits)).sum()) / number if number else 0.0
    return number, _STEP / math.log1p(_STEP / mean) if mean else 0.0


def sample(found: Compared, seed: int) -> tuple[Ints, Ints, Ints, int]:
    """Compare some looks with all entries, patterns apart: bits, looker's and owner's members, of how many pairs."""
    entries = np.concatenate([one.values for one in found.banked])
    owner = np.repeat(np.arange(len(found.banked)), [len(one.values) for one in found.banked])
    kept = ~patterns(entries)
    entries, owner = signs(entries[kept]).T.copy(), owner[kept]
    looks = np.concatenate([one.values for one in found.uploads])
    upload = np.repeat(np.arange(len(found.uploads)), [len(one.values) for one in found.uploads])
    chosen = np.random.default_rng(seed).permutation(np.flatnonzero(~patterns(looks)))[:SAMPLED]
    packages = np.array([one.packages for one in found.banked])[owner]
    near: list[tuple[int, int, int]] = []
    compared = 0
    for begin in range(0, len(chosen), _BATCH):
        some = chosen[begin : begin + _BATCH]
        apart = np.array([found.uploads[at].packages for at in upload[some]])[:, None] & packages == 0
        compared += int(apart.sum())
        bits = np.rint((256 - signs(looks[some]) @ entries) / 2)
        for row, column in np.argwhere(apart & (bits <= FARTHEST)):
            one, other = found.uploads[upload[some[row]]], found.banked[owner[column]]
            if not one.made_of & other.made_of:
                near.append((int(bits[row, column]), one.member, int(owner[column])))
    columns = np.array(near, np.int64).reshape(-1, 3).T
    return columns[0], columns[1], columns[2], compared


def _says_little(found: Compared) -> NDArray[np.bool_]:
    """Tell of every pair whether the look's or the entry's hash says little: bool[pairs]."""
    looks = [found.uploads[at].values[place] for at, place in zip(found.looker, found.look, strict=True)]
    entries = [found.banked[at].values[place] for at, place in zip(found.owner, found.entry, strict=True)]
    if not looks:
        return np.zeros(0, bool)
    return np.asarray(patterns(np.stack(looks)) | patterns(np.stack(entries)))


def _looks_an_upload(found: Compared, name: str) -> float:
    """Count looks of a family, or those that say little, an upload."""
    every = np.concatenate([one.values for one in found.uploads])
    families = np.concatenate([one.families for one in found.uploads])
    counted = patterns(every) if name == PATTERN else families == FAMILIES.index(name)
    return int(counted.sum()) / len(found.uploads)


def _nearest(found: Compared, own: Ints) -> tuple[Ints, Ints, Ints]:
    """Give these pairs as pairs of an upload and an entry, each once with its nearest look: bits, upload, owner."""
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


def print_tails(tails: Tails) -> None:
    """Print the counts, and the lines as `gate/tails.py` has them."""
    within = tails.sampled.cumsum()
    print(f"A sample of {tails.compared:.2g} pairs of a look and an entry, patterns apart:\n")
    print("| within | " + " | ".join(str(bits) for bits in range(64, FARTHEST, 4)) + " |")
    print("|---" * (len(range(64, FARTHEST, 4)) + 1) + "|")
    print("| pairs | " + " | ".join(str(int(within[bits])) for bits in range(64, FARTHEST, 4)) + " |\n")
    for name, one in (("one look", tails.look), ("by the sample alone", tails.sample), (PATTERN, tails.pattern)):
        print(
            f"{name}: {one.share[0]:.1e} (to {one.share[1]:.1e}) within {one.start}, "
            f"to 1/e in {one.fall[0]:.2f} bits (to {one.fall[1]:.2f})"
        )
    print("\n| looks | an upload | pairs | " + " | ".join(f"<= {bits}" for bits in _SHOWN) + " | expected <= 62 |")
    print("|---" * (len(_SHOWN) + 4) + "|")
    for name, counts in tails.counts.items():
        of_pattern = name == PATTERN
        expected = "" if of_pattern else f"{tails.sample.within(NEAR, upper=False) * tails.pairs[name]:.1f}"
        shown = " | ".join(str(int(counts.cumsum()[bits])) for bits in _SHOWN)
        print(f"| {name} | {tails.looks[name]:.1f} | {tails.pairs[name]:.2g} | {shown} | {expected} |")
    print("\nUpper bounds, as in gate/tails.py:\n\n| looks | share | within | falls to 1/e in |\n" + "|---" * 4 + "|")
    for name, (share, start, fall) in table(tails).items():
        print(f"| {name} | {share:.1e} | {start} | {fall:.2f} |")


def table(tails: Tails) -> dict[str, tuple[float, int, float]]:
    """Give what gate/tails.py holds: upper bounds of the share of pairs of an upload and an entry, and of the fall."""
    look, pattern = tails.look, tails.pattern
    shown = {name: (look.share[1] * tails.looks[name], look.start, look.fall[1]) for name in FAMILIES}
    return shown | {PATTERN: (pattern.share[1], pattern.start, pattern.fall[1])}
