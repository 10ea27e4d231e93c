"""Pairs of channels that share contents, and the posts that witness it, gathered for a block of channels."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.inference.holdings import FULL, Holdings, Places

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of a channel of the block and another, sorted by (child, other), each once; `figures` f64[n] by name."""

    child: Places
    """Place in the block's list of channels."""
    other: Places
    """Place in the evidence."""
    ahead: Places
    """i64[n]: contents that the other showed before, among those that few hold; the same from both sides."""
    behind: Places
    """i64[n]: contents that it showed after, likewise."""
    common: Places
    """i64[n]: contents that both show, as far as pairs were made of them."""
    figures: dict[str, Floats]

    def __len__(self) -> int:
        """Count the pairs."""
        return len(self.child)


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Witnesses: `pair` i64[w] shares `unit` i64[w] (a post of the child), `lag` i64[w] seconds after the other did.

    Sorted by (pair, unit), each once. `weight` f64[w] is by kind and by how few hold it. `sharp` bool[w]: by that mark
    of the post which the fewest had shown before, as a file that was passed on unchanged, not only its look.
    """

    pair: Places
    unit: Places
    lag: NDArray[np.int64]
    weight: Floats
    sharp: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Witnessed:
    """A block's pairs and their witnesses, with what is said of the channels themselves."""

    pairs: Pairs
    units: Units
    eligible: Bools
    """Which pairs run forward in time."""
    explainable: Floats
    """f64[c], by channel of the block: weight of the posts that some channel which may be the parent showed before, as
    far as that one shows more than a few."""
    explainable_posts: Floats
    """f64[c]: how many these are, without weights."""
    posts: Floats
    """f64[c]: posts with marks."""
    strangers: Floats
    """f64[c]: how many channels share a content and are no neighbours, as far as each shows more than that: what was
    seen of the surroundings."""
    by_chance: Floats
    """f64[c]: what a stranger shares with it on average, in strength."""


def gather(
    shown: Holdings, rows: Places, unit: Places, weight: Floats, child: Places, fitting: Callable[[Pairs], Bools]
) -> tuple[Pairs, Bools, Units]:
    """Expand rows to witnesses, one for each pair and post. `fitting` tells which pairs may be child and parent."""
    row, other_row = shown.others(rows)
    other = shown.channel[other_row].astype(np.int64)
    lag = shown.time[rows][row] - shown.time[other_row]
    mine = child[row]
    # One number sorts by (child, other, post), with posts numbered anew in each child.
    first = np.zeros(int(child[-1]) + 2 if len(child) else 1, np.int64)
    np.maximum.at(first, child + 1, unit + 1)
    first = np.maximum.accumulate(first)
    within = unit[row] - first[mine]
    key = (mine << 44) | (other << 20) | np.minimum(within, (1 << 20) - 1)
    order = np.argsort(key)
    key, lag, row = key[order], lag[order], row[order]
    begin = np.flatnonzero(np.diff(key, prepend=-1))
    new = np.diff(key >> 20, prepend=-1) != 0
    pair, heads = np.cumsum(new) - 1, key[new] >> 20
    few = shown.holders(rows)[row] <= FULL
    ahead, behind = (np.bincount(pair[few & sign], minlength=len(heads)) for sign in (lag > 0, lag < 0))
    common = np.bincount(pair, minlength=len(heads))
    pairs = Pairs(heads >> 24, heads & ((1 << 24) - 1), ahead, behind, common, {})
    eligible = fitting(pairs)
    fits = (lag > 0) & eligible[pair]
    vague = np.bincount(row, fits, minlength=len(rows)) / weight
    vague[vague == 0] = np.inf
    vaguest = np.full(int(unit.max()) + 1 if len(unit) else 0, np.inf)
    np.minimum.at(vaguest, unit, vague)
    sharp = fits & (vague[row] == vaguest[unit[row]])
    if not len(begin):
        return pairs, eligible, Units(pair, pair, lag, weight[row], sharp)
    most = np.maximum.reduceat
    units = Units(pair[begin], unit[row[begin]], most(lag, begin), most(weight[row], begin), most(sharp, begin))
    return pairs, eligible, units
