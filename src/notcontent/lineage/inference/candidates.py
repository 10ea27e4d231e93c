"""From evidence to tables: for a block of channels, the few others that each may come from, in figures."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.evidence import Evidence
from notcontent.lineage.inference.contents import witness
from notcontent.lineage.inference.features import rivals
from notcontent.lineage.inference.hints import Hints
from notcontent.lineage.inference.holdings import Holdings, Places, blocks
from notcontent.lineage.inference.order import Order
from notcontent.lineage.inference.posts import traces
from notcontent.lineage.inference.witnesses import Floats, Units, Witnessed

MOST_CANDIDATES = 20
MOST_KIN, LEAST_KIN = 24, 0.3
"""Of the channels that share contents with one, so many are told at most, those that share at least so much."""
WITNESSES_A_BLOCK = 1 << 21
"""How many witnesses are expanded at once: some 300 MB."""
_A_CHANNEL = 64
"""What a channel costs beside its witnesses, in witnesses."""


@dataclass(frozen=True, slots=True, eq=False)
class Kin:
    """Those that a block's channels share most with, older and younger: sorted by `child` (place in the block)."""

    child: Places
    other: Places
    strength: Floats
    """By contents of which each counts 1 / (its holders - 1)."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Candidates of a block's channels, sorted by (child, other), with the witnesses of each."""

    channels: Places
    """The block's channels, by place, ascending."""
    child: Places
    """i64[p]: place in `channels`."""
    other: Places
    """i64[p]: place in the evidence."""
    figures: dict[str, Floats]
    units: Units
    """Witnesses of these pairs alone, those that the other showed before."""
    kin: Kin


class Candidates:
    """Evidence, indexed once; gives tables block by block."""

    def __init__(self, evidence: Evidence) -> None:
        """Index the evidence: some 20 bytes a holding, and a few hundred a channel."""
        self.order = Order.of(evidence)
        shown = evidence.shown
        self._kinds = shown.kind
        self._shown = Holdings.of(shown.channel, shown.content, shown.time, len(shown.kind), len(evidence.channels))
        self._traces = traces(self._shown)
        self._hints = Hints(evidence, self.order.began)

    def tables(self, channels: Places) -> Iterator[Table]:
        """Give tables for channels (places, ascending, none twice), some thousands at a time."""
        shown = self._shown
        costs = np.zeros(len(channels) + 1, np.int64)
        rows, child = shown.rows_of(channels)
        np.add.at(costs, child + 1, shown.bound(rows))
        for first, last in blocks(costs[1:] + _A_CHANNEL, WITNESSES_A_BLOCK):
            yield self._table(channels[first:last])

    def _table(self, channels: Places) -> Table:
        found = witness(self._shown, self._kinds, self._traces, channels, self.order)
        count = len(self.order.began)
        contents = found.pairs.child * count + found.pairs.other
        child, other = self._hints.pairs(channels)
        hinted = (child * count + other)[self.order.may_follow(channels[child], other)]
        hinted = hinted[~np.isin(hinted, contents[~found.eligible])]
        keys = np.unique(np.concatenate([contents[found.eligible], hinted]))
        child, other = keys // count, keys % count
        figures = _taken(found, contents, keys)
        figures |= self._hints.pointing(channels[child], other)
        best = _best(child, _cheap(figures), MOST_CANDIDATES)
        child, other, keys = child[best], other[best], keys[best]
        figures = {name: values[best] for name, values in figures.items()}
        figures |= self._hints.likeness(channels[child], other)
        figures["explainable"] = found.explainable[child]
        figures["explainable_posts"] = found.explainable_posts[child]
        figures["posts_all"] = found.posts[child]
        figures["strangers"] = found.strangers[child]
        figures["by_chance"] = found.by_chance[child]
        figures["whole"] = figures["after"] + figures["reverse"]
        starts = self._shown.channel_starts
        figures["other_posts"] = (starts[other + 1] - starts[other]).astype(float)
        rivals(figures, child, len(channels))
        return Table(channels, child, other, figures, _units_of(found.units, contents, keys), _kin(found))


def _kin(found: Witnessed) -> Kin:
    """Keep the closest of each channel."""
    pairs, strength = found.pairs, found.pairs.figures["strength"]
    shared = np.flatnonzero(strength >= LEAST_KIN)
    kept = shared[_best(pairs.child[shared], strength[shared], MOST_KIN)]
    return Kin(pairs.child[kept], pairs.other[kept], strength[kept])


def _taken(found: Witnessed, contents: NDArray[np.int64], keys: NDArray[np.int64]) -> dict[str, Floats]:
    """Give the figures of contents for the wanted pairs, zeros for pairs that share none."""
    if not len(contents):
        return {name: np.zeros(len(keys)) for name in found.pairs.figures}
    at = np.minimum(np.searchsorted(contents, keys), len(contents) - 1)
    hit = contents[at] == keys
    return {name: np.where(hit, values[at], 0) for name, values in found.pairs.figures.items()}


def _cheap(figures: dict[str, Floats]) -> Floats:
    """Rank candidates before they are looked at closely."""
    named = np.minimum(figures["forwards"], 20) + np.minimum(figures["named"], 10)
    pointed = 4 * (figures["linked"] > 0) + 2 * (figures["links_back"] > 0) + 20 * figures["migrated"]
    people = 3 * (figures["people"] + figures["payments"])
    contents = np.sqrt(figures["strength"] * figures["weight"]) + figures["explained_posts"] + figures["only"]
    return np.asarray(contents + named + pointed + people, np.float64)


def _best(child: Places, score: Floats, most: int) -> NDArray[np.int64]:
    """Give the places of each child's best, at most so many, in the order in which they were."""
    order = np.lexsort((-score, child))
    counts = np.bincount(child) if len(child) else np.zeros(0, np.int64)
    rank = np.arange(len(child)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.sort(order[rank < most])


def _units_of(units: Units, contents: NDArray[np.int64], keys: NDArray[np.int64]) -> Units:
    """Keep the witnesses of the wanted pairs, numbered as these are."""
    if not len(keys) or not len(contents):
        nothing = np.zeros(0, np.int64)
        return Units(nothing, nothing, nothing, np.zeros(0), np.zeros(0, bool))
    at = np.minimum(np.searchsorted(keys, contents), len(keys) - 1)
    place = np.where(keys[at] == contents, at, -1)[units.pair]
    kept = place >= 0
    return Units(place[kept], units.unit[kept], units.lag[kept], units.weight[kept], units.sharp[kept])
