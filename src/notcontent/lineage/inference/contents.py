"""What channels showed after others had: for a block of channels, every pair of a channel and another, in figures.

The unit is a post: marks of one post (its size, its look, its text) witness together and count once.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.inference.holdings import Holdings, Places
from notcontent.lineage.inference.order import Order
from notcontent.lineage.inference.posts import Traces, number_posts
from notcontent.lineage.inference.witnesses import Bools, Floats, Pairs, Units, Witnessed, gather
from notcontent.lineage.marks import MarkKind

HOUR = 3600
DAY = 24 * HOUR
FIRST_DAYS = 7 * DAY
"""How long a channel is held to be filling itself with what was before it."""
SOON = 3 * DAY
ROUNDS = 12
NOBODY = 0.05
"""The share that is first put down to channels that were not seen."""
VAGUE = 0.3
"""How much less a witness explains where another had a rarer mark of the same post."""
NEIGHBOUR = 0.1
LEAST_STRENGTH = 0.3
"""A channel is a neighbour when it shares at least this part of what the closest one shares, and at least so much: by
contents of which each counts 1 / (its holders - 1)."""
STRANGER_SHOWS = (10, 20)
"""A stranger tells nothing of the surroundings while it shows up to so many contents that the channel does not, and all
that one can from so many on. Made-up channels of one copied post each would otherwise let a channel look well known."""
PARENT_SHOWS = (3, 10)
"""Likewise, by all contents that it shows, what may be a parent tells of how much of the child others had shown."""
HARDLY = 0.02
""""Nothing" for a possible parent: where there are only such, they compare as others do."""

_WEIGHTS = {MarkKind.PHOTO_SHAPE: 0.15, MarkKind.VIDEO_SHAPE: 0.5, MarkKind.FILE_NAME: 0.3}
KIND_WEIGHT = np.array([_WEIGHTS.get(MarkKind(kind), 1.0) if kind in set(MarkKind) else 1.0 for kind in range(256)])


def witness(shown: Holdings, kinds: NDArray[np.uint8], told: Traces, channels: Places, order: Order) -> Witnessed:
    """Find everything that some channels (places, ascending) share with others, and put it in figures."""
    rows, child = shown.rows_of(channels)
    unit, times, total = number_posts(shown, kinds, rows, child, told)
    unit_child = np.zeros(total, np.int64)
    unit_child[unit] = child
    holders = shown.holders(rows)
    many = holders > 1
    weight = KIND_WEIGHT[kinds[shown.content[rows]]]

    def fitting(pairs: Pairs) -> Bools:
        return order.may_follow(channels[pairs.child], pairs.other, pairs.ahead, pairs.behind)

    pairs, eligible, units = gather(shown, rows[many], unit[many], weight[many], child[many], fitting)
    spread = np.ones(total)
    np.maximum.at(spread, unit, holders.astype(float))
    shows = shown.channel_starts[pairs.other + 1] - shown.channel_starts[pairs.other]
    solid = _Solid(np.maximum(_between(shows, PARENT_SHOWS), HARDLY), _between(shows - pairs.common, STRANGER_SHOWS))
    return _Block(channels, order, pairs, eligible, units, _Posts(times, unit_child, spread)).measured(solid)


@dataclass(frozen=True, slots=True, eq=False)
class _Posts:
    """Posts of the block: when, whose, and how many hold the most widespread mark of each."""

    times: NDArray[np.int64]
    child: Places
    spread: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Solid:
    """How much each of a block's pairs tells of the surroundings, f64[n], 0 to 1: by what the other shows."""

    itself: Floats
    beside: Floats
    """By what it shows that the child does not."""


class _Block:
    """One block under measurement."""

    def __init__(
        self, channels: Places, order: Order, pairs: Pairs, eligible: Bools, units: Units, posts: _Posts
    ) -> None:
        """Take what was gathered."""
        self.channels, self.order, self.began = channels, order, order.began
        self.pairs, self.eligible, self.units = pairs, eligible, units
        self.times, self.unit_child, self.spread = posts.times, posts.child, posts.spread
        self.before = units.lag > 0

    def measured(self, solid: _Solid) -> Witnessed:
        """Measure all pairs."""
        count, pairs, units = len(self.channels), self.pairs, self.units
        fits = self.before & self.eligible[units.pair]
        neighbour = self._neighbours()
        weight = self._rarity(neighbour)
        figures = pairs.figures
        strange = np.where(neighbour, 0.0, solid.beside)
        strangers = np.bincount(pairs.child, strange, minlength=count).astype(float)
        common = np.bincount(pairs.child, strange * figures["strength"], minlength=count)
        pair, unit, lag, sharp = units.pair[fits], units.unit[fits], units.lag[fits], units.sharp[fits]
        heavy = weight[fits]
        best, borne = np.zeros(len(self.times)), np.zeros(len(self.times))
        np.maximum.at(best, unit, heavy * solid.itself[pair])
        np.maximum.at(borne, unit, solid.itself[pair])
        explainable = self._by_child(best)

        figures["after"] = self._sum(pair)
        figures["weight"] = self._sum(pair, heavy)
        whole = np.maximum(np.maximum(explainable[pairs.child], figures["weight"]), 1e-9)
        figures["cover"] = figures["weight"] / whole
        figures["reverse"] = self._sum(units.pair[units.lag < 0])
        figures["both"] = self._sum(units.pair, weight)
        fitting = Units(pair, unit, lag, heavy, sharp)
        self._measure_sharp(fitting, whole)
        self._measure_bursts(fitting, best)
        figures["quick"] = self._sum(pair[lag < DAY])
        figures["in_order"] = self._in_order(pair, unit, lag)
        figures["soon"] = self._sum(pair[lag < SOON]) / np.maximum(figures["after"], 1)
        figures["median_lag"], figures["lag_spread"] = self._lags(pair, lag)
        figures["explained"], figures["explained_posts"] = self._explain(
            pair, unit, heavy * solid.itself[pair], np.where(sharp, 1.0, VAGUE) / np.sqrt(lag + HOUR)
        )
        figures["within"] = figures["weight"] / np.maximum(self._open_to(unit, lag, best), 1e-9)
        return Witnessed(
            pairs,
            fitting,
            self.eligible,
            explainable,
            self._by_child(borne),
            np.bincount(self.unit_child, minlength=count).astype(float),
            strangers,
            common / np.maximum(strangers, 1),
        )

    def _measure_sharp(self, units: Units, whole: Floats) -> None:
        """Measure what sharp witnesses say: all, those alone with their post, the latest and the earliest of each."""
        sharp, figures = units.sharp, self.pairs.figures
        pair, unit, lag, heavy = units.pair[sharp], units.unit[sharp], units.lag[sharp], units.weight[sharp]
        figures["sharp"] = self._sum(pair, heavy)
        figures["sharp_posts"] = self._sum(pair)
        figures["sharp_cover"] = figures["sharp"] / whole
        alone = np.bincount(unit, minlength=len(self.times))[unit] == 1
        figures["only"] = self._sum(pair[alone], heavy[alone])
        figures["only_posts"] = self._sum(pair[alone])
        latest = np.full(len(self.times), np.iinfo(np.int64).max)
        np.minimum.at(latest, unit, lag)
        recent = lag == latest[unit]
        figures["recent"] = self._sum(pair[recent], heavy[recent]) / whole
        longest = np.zeros(len(self.times), np.int64)
        np.maximum.at(longest, unit, lag)
        own = lag == longest[unit]
        figures["own"] = self._sum(pair[own], heavy[own])
        figures["own_posts"] = self._sum(pair[own])

    def _measure_bursts(self, units: Units, best: Floats) -> None:
        """Measure what was shown before of what a channel filled itself with; `best` is the most that a post tells."""
        figures, ends = self.pairs.figures, self.began[self.channels[self.unit_child]] + FIRST_DAYS
        filling = (self.times < ends)[units.unit]
        figures["burst"] = self._sum(units.pair[filling])
        bursts = self._by_child(np.where(self.times < ends, best, 0))
        burst = self._sum(units.pair[filling], units.weight[filling])
        figures["burst_cover"] = burst / np.maximum(np.maximum(bursts[self.pairs.child], burst), 1e-9)

    def _sum(self, pair: Places, weight: Floats | None = None) -> Floats:
        return np.bincount(pair, weight, minlength=len(self.pairs)).astype(float)

    def _by_child(self, weight: Floats) -> Floats:
        return np.bincount(self.unit_child, weight, minlength=len(self.channels)).astype(float)

    def _neighbours(self) -> Bools:
        """Tell which pairs share much with the child, seen by contents that few hold."""
        units, pairs = self.units, self.pairs
        strength = self._sum(units.pair, units.weight / np.maximum(self.spread[units.unit] - 1, 1))
        pairs.figures["strength"] = strength
        top = np.zeros(len(self.channels))
        np.maximum.at(top, pairs.child, strength)
        return np.asarray(strength >= np.maximum(NEIGHBOUR * top[pairs.child], LEAST_STRENGTH))

    def _rarity(self, neighbour: Bools) -> Floats:
        """Weigh each witness down by how many channels hold the content that are no neighbours of the child.

        So a content that a whole family of forty shows keeps its weight, and one that forty strangers show loses it.
        """
        units = self.units
        size = len(self.times)
        seen = np.bincount(units.unit, minlength=size)
        near = np.bincount(units.unit, neighbour[units.pair], minlength=size)
        strangers = (seen - near) / np.maximum(seen, 1) * np.maximum(self.spread - 1, 0)
        return np.asarray(units.weight / (1 + strangers[units.unit] / 2), np.float64)

    def _in_order(self, pair: Places, unit: Places, lag: NDArray[np.int64]) -> Floats:
        """Give the part of what is shared that came in the order in which the other had shown it, -1 to 1.

        Three steps more that went neither way are imagined.
        """
        time = self.times[unit]
        order = np.lexsort((time - lag, pair))
        same = np.diff(pair[order]) == 0
        steps = np.where(same, np.sign(np.diff(time[order])), 0)
        pair = pair[order][1:]
        return self._sum(pair, steps) / (self._sum(pair, same.astype(float)) + 3)

    def _lags(self, pair: Places, lag: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Give each pair's median lag, log of hours, and the distance between its quartiles."""
        logs = np.log1p(lag / HOUR)
        order = np.lexsort((logs, pair))
        logs = logs[order]
        counts = np.bincount(pair, minlength=len(self.pairs))
        starts = np.cumsum(counts) - counts
        held = counts > 0
        result = []
        for part in (0.5, 0.25, 0.75):
            value = np.zeros(len(self.pairs))
            value[held] = logs[(starts + (counts * part).astype(np.int64))[held]]
            result.append(value)
        return result[0], result[2] - result[1]

    def _open_to(self, unit: Places, lag: NDArray[np.int64], best: Floats) -> Floats:
        """Weigh, for each pair, the child's posts that the other can have shown before, by when it was seen.

        Of some channels only a range of dates was read. A post that is older than that range, or whose content was
        first met after its end, says nothing about them.
        """
        longest = np.zeros(len(self.times), np.int64)
        np.maximum.at(longest, unit, lag)
        used = np.flatnonzero(best > 0)
        child, weight = self.unit_child[used], best[used]
        other, mine = self.pairs.other, self.pairs.child
        whole = self._by_child(best)[mine]
        early = _weight_below(child, self.times[used], weight, mine, self.order.first[other])
        late = whole - _weight_below(child, self.times[used] - longest[used], weight, mine, self.order.last[other] + 1)
        return np.maximum(whole - early - late, self.pairs.figures["weight"])

    def _explain(self, pair: Places, unit: Places, weight: Floats, fit: Floats) -> tuple[Floats, Floats]:
        """Put each post down to the channels that had it before, in proportion to how much each explains in all.

        Repeated, so that a channel whose contents a better one also had is left with little (expectation-maximisation
        of a mixture). `fit` says how well each witness explains its post: less by the root of the lag, and less by its
        look alone.
        """
        child = self.pairs.child
        size = len(self.times)
        likely = weight * fit
        biggest = np.zeros(size)
        np.maximum.at(biggest, unit, likely)
        likely /= np.maximum(biggest[unit], 1e-300)
        best = np.zeros(size)
        np.maximum.at(best, unit, weight)
        whole = self._by_child(best)
        share = self._sum(pair, weight)
        total = np.bincount(child, share, minlength=len(self.channels))
        share /= np.maximum(total[child], 1e-300)
        for _ in range(ROUNDS):
            part = share[pair] * likely
            part /= np.bincount(unit, part, minlength=size)[unit] + NOBODY
            posts = part
            share = self._sum(pair, part * best[unit]) / np.maximum(whole[child], 1e-300)
        return share, self._sum(pair, posts)


def _between(value: Places, ends: tuple[int, int]) -> Floats:
    """Give where values lie between two ends, from 0 to 1."""
    low, high = ends
    return np.asarray(np.clip((value - low) / (high - low), 0.0, 1.0), np.float64)


def _weight_below(
    child: Places, time: NDArray[np.int64], weight: Floats, mine: Places, until: NDArray[np.int64]
) -> Floats:
    """Sum, for each (`mine`, `until`), the weights of that child's times before `until`. `child` ascends."""
    order = np.lexsort((time, child))
    summed = np.concatenate([[0.0], np.cumsum(weight[order])])
    shift = np.int64(1) << 40  # seconds fit below it
    keys = child[order] * shift + time[order]
    starts = np.searchsorted(keys, mine * shift)
    ends = np.searchsorted(keys, mine * shift + np.clip(until, 0, shift - 1))
    return np.asarray(summed[np.maximum(ends, starts)] - summed[starts])
