"""From what is said of each channel to families: who belongs together, also where the parent is open."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from notcontent.lineage.evidence import Evidence
from notcontent.lineage.family import Family, Line, Lineage
from notcontent.lineage.inference.holdings import Places
from notcontent.lineage.inference.joining import Bonds, join
from notcontent.lineage.inference.model import weights
from notcontent.lineage.inference.order import Order


def assemble(evidence: Evidence, lines: Sequence[Line]) -> Lineage:
    """Join channels into families, of two members at least: by stated parents, by what they belong to, by many hints.

    Children of one parent that nobody saw have no parent to be stated, but each belongs to the family of an elder
    sibling, and so to one family with the earliest of them as its root. Families are numbered in the order of
    their roots. A family that fell into two, because the parent of the one's root is open, is put together again where
    what all its members share with those of the other says so (`joining`).

    Edges run forward in time but for parents whose beginning was not seen. Should these close a ring, its least
    probable edge is no longer stated, so what is stated is always a forest.
    """
    began = Order.of(evidence).began.tolist()
    apart, lines = grouped(evidence, lines)
    joined = join(apart, Bonds.of(evidence.channels, lines), weights().joining)
    members: dict[int, list[int]] = {}
    for place, group in enumerate(joined.tolist()):
        members.setdefault(group, []).append(place)
    parents = {line.channel: line.stated for line in lines if line.stated is not None}

    def age(place: int) -> tuple[bool, int, str]:
        return place in parents, began[place], evidence.channels[place].key

    def grown(each: list[int]) -> tuple[int, ...]:
        """Put the root first: the earliest that comes from no other. Then the others by birth."""
        root = min(each, key=age)
        return root, *sorted((place for place in each if place != root), key=lambda place: age(place)[1:])

    families = sorted((grown(each) for each in members.values() if len(each) > 1), key=lambda each: age(each[0])[1:])
    return Lineage(tuple(lines), tuple(Family(number, each[0], each) for number, each in enumerate(families)))


def grouped(evidence: Evidence, lines: Sequence[Line]) -> tuple[Places, list[Line]]:
    """Join each channel with its parent or elder sibling alone: a place that stands for each channel's group, i64[n].

    Gives the lines too, without rings.
    """
    lines = _without_rings(evidence, lines)
    groups = _Groups(len(evidence.channels))
    least = weights().in_family
    for line in lines:
        elder = line.stated
        if elder is None and line.candidates and line.in_family >= least.at(line.strangers):
            elder = line.candidates[0].parent
        if elder is not None:
            groups.join(line.channel, elder)
    return np.array([groups.of(place) for place in range(len(evidence.channels))], np.int64), lines


class _Groups:
    """Places that were joined, by a place that stands for them all."""

    def __init__(self, count: int) -> None:
        self._above = list(range(count))

    def of(self, place: int) -> int:
        above = self._above
        while above[place] != place:
            above[place] = above[above[place]]
            place = above[place]
        return place

    def join(self, place: int, other: int) -> None:
        self._above[self.of(place)] = self.of(other)


def _without_rings(evidence: Evidence, lines: Sequence[Line]) -> list[Line]:
    """Follow every stated parent upwards once, and cut each ring where it is least probable."""
    by_channel = {line.channel: place for place, line in enumerate(lines)}
    kept, done = list(lines), set[int]()
    for line in lines:
        trail: dict[int, None] = {}
        channel: int | None = line.channel
        while channel is not None and channel not in done and channel not in trail:
            trail[channel] = None
            at = by_channel.get(channel)
            channel = None if at is None else kept[at].stated
        if channel in trail:
            walked = list(trail)
            ring = walked[walked.index(channel) :]
            weakest = min(ring, key=lambda each: (_certainty(kept[by_channel[each]]), evidence.channels[each].key))
            kept[by_channel[weakest]] = replace(kept[by_channel[weakest]], stated=None, merged_from=())
        done.update(trail)
    return kept


def _certainty(line: Line) -> float:
    return next((each.probability for each in line.candidates if each.parent == line.stated), 0.0)
