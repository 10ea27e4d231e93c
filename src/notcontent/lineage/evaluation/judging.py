"""One lineage against the truth: sums by family, of which every metric is a ratio, so that families can be drawn anew.

A channel counts if it was read (`Truth.seen`) and is in the evidence with a post. The definitions:

- parent: of the channels with a true ancestor that was read, the share whose stated parent is the nearest of these.
  A channel that was only heard of and lies between the two is right, too. To abstain is wrong.
- precision: of all stated parents, those of roots and strangers included, the share that is right.
- abstained: of the channels with a true ancestor that was read, the share with no stated parent.
- family: B-cubed. A channel's precision is the share of its stated family that is of its true family, its recall the
  share of its true family that is in its stated one; the metric is the mean over channels of 2pr / (p + r). Over the
  channels of families of which two or more were read; strangers count where they are taken for members.
- root: of the same channels, the share whose stated family names as its root the earliest channel of their true family
  that was read.
- ancestors: F1 over pairs of a channel and an ancestor, both read.
- apart: of the strangers (spammers, look-alikes, loners), the share that is in a family with nobody.
- calibration: over the best candidate of each channel that has any, the stated probability against being right.
"""

from collections import Counter
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.evidence import Evidence
from notcontent.lineage.family import Lineage
from notcontent.lineage.simulation import Truth

BINS = 10


@dataclass(slots=True)
class Sums:
    """Counts of one family, or of one stranger. The bins are f64[BINS]: of 0..0.1, 0.1..0.2, and so on."""

    stranger: bool
    children: float = 0
    """Channels with a true ancestor that was read."""
    right: float = 0
    stated: float = 0
    abstained: float = 0
    members: float = 0
    """Channels of families of which two or more were read."""
    family: float = 0
    root: float = 0
    pairs_both: float = 0
    pairs_stated: float = 0
    pairs_true: float = 0
    strangers: float = 0
    apart: float = 0
    bin_count: NDArray[np.float64] = field(default_factory=lambda: np.zeros(BINS))
    bin_probability: NDArray[np.float64] = field(default_factory=lambda: np.zeros(BINS))
    bin_right: NDArray[np.float64] = field(default_factory=lambda: np.zeros(BINS))

    def row(self) -> NDArray[np.float64]:
        """Give all sums in one row: the counts in the order of `COUNTS`, then the three kinds of bins."""
        counts = [getattr(self, name) for name in COUNTS]
        return np.concatenate([counts, self.bin_count, self.bin_probability, self.bin_right])


COUNTS = tuple(each.name for each in fields(Sums) if each.name != "stranger" and not each.name.startswith("bin_"))


def judge(lineage: Lineage, evidence: Evidence, truth: Truth) -> list[Sums]:
    """Give the sums of each true family and each stranger, in the order of their numbers."""
    return _Judging(lineage, evidence, truth).run()


class _Judging:
    """Speaks of channels by their true places."""

    def __init__(self, lineage: Lineage, evidence: Evidence, truth: Truth) -> None:
        self.truth = truth
        self.true_place = [truth.place_of(channel.key) for channel in evidence.channels]
        self.read = {
            place
            for place, channel in zip(self.true_place, evidence.channels, strict=True)
            if place is not None and truth.seen[place] and channel.posts > 0
        }
        self.lines = {}
        for line in lineage.lines:
            place = self.true_place[line.channel]
            if place is not None and place in self.read:
                self.lines[place] = line
        self.stated = {
            place: self.true_place[line.stated] for place, line in self.lines.items() if line.stated is not None
        }
        self._read_families(lineage)
        self.true_root = {
            truth.families[place]: place for place in sorted(self.read, key=lambda one: (-truth.born[one], -one))
        }

    def _read_families(self, lineage: Lineage) -> None:
        """Note who is with whom. A channel that no family names is alone."""
        self.group = {place: -1 - place for place in self.read}
        self.root: dict[int, int | None] = {}
        for family in lineage.families:
            self.root[family.id] = self.true_place[family.root]
            for member in family.members:
                place = self.true_place[member]
                if place is not None and place in self.read:
                    self.group[place] = family.id

    def run(self) -> list[Sums]:
        """Judge channel by channel."""
        truth, found = self.truth, dict[int, Sums]()
        stated_size = Counter(self.group.values())
        true_size = Counter(truth.families[place] for place in self.read)
        both = Counter((self.group[place], truth.families[place]) for place in self.read)
        for place in sorted(self.read):
            family, group = truth.families[place], self.group[place]
            sums = found.setdefault(family, Sums(stranger=truth.strangers[place]))
            self._judge_parent(place, sums)
            self._judge_ancestors(place, sums)
            self._judge_probability(place, sums)
            if truth.strangers[place]:
                sums.strangers += 1
                sums.apart += stated_size[group] == 1
            elif true_size[family] > 1:
                sums.members += 1
                precision = both[group, family] / stated_size[group]
                recall = both[group, family] / true_size[family]
                sums.family += 2 * precision * recall / (precision + recall)
                sums.root += self.root.get(group, place) == self.true_root[family]
        return [found[family] for family in sorted(found)]

    def _is_right(self, place: int, parent: int | None) -> bool:
        """Tell whether a parent is the nearest ancestor that was read, or lies between."""
        for ancestor in self.truth.ancestors(place):
            if ancestor == parent:
                return any(each in self.read for each in self.truth.ancestors(place))
            if ancestor in self.read:
                return False
        return False

    def _judge_parent(self, place: int, sums: Sums) -> None:
        child = any(ancestor in self.read for ancestor in self.truth.ancestors(place))
        stated = place in self.stated
        sums.children += child
        sums.stated += stated
        sums.abstained += child and not stated
        sums.right += stated and self._is_right(place, self.stated[place])

    def _judge_ancestors(self, place: int, sums: Sums) -> None:
        true = {ancestor for ancestor in self.truth.ancestors(place) if ancestor in self.read}
        stated: set[int] = set()
        above = self.stated.get(place)
        while above is not None and above not in stated and above != place:
            stated.add(above)
            above = self.stated.get(above)
        stated &= self.read
        sums.pairs_true += len(true)
        sums.pairs_stated += len(stated)
        sums.pairs_both += len(true & stated)

    def _judge_probability(self, place: int, sums: Sums) -> None:
        line = self.lines.get(place)
        if line is None or not line.candidates:
            return
        best = line.candidates[0]
        at = min(BINS - 1, int(best.probability * BINS))
        sums.bin_count[at] += 1
        sums.bin_probability[at] += best.probability
        sums.bin_right[at] += self._is_right(place, self.true_place[best.parent])
