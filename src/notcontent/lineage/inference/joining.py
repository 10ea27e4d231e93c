"""Families that fell in two -> one: judged group by group, by everything that their members share.

One edge left open high in a large family tears it. No member of the one half then points at the other clearly enough
to be joined alone, but all of them together share rare contents with it, as no two strange families do.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.evidence import ChannelFacts
from notcontent.lineage.family import Line
from notcontent.lineage.inference.holdings import Places
from notcontent.lineage.inference.model import FEW_STRANGERS, Joining
from notcontent.lineage.inference.witnesses import Floats

MOST_ROUNDS = 64
"""What was joined may make a further pair likely, so all are looked at again: at most so often, whatever is made up."""
LEAST_POSTS = 30
"""Groups of fewer posts are held to have so many: a content in common of two posts is no half of everything."""
BEARERS = 2
"""So many members of each side must share something with the other side, where it has so many: one channel that copied
from two families makes them no family."""
_WHOLE = 0.9
"""Two channels share something of weight: nearly one content that nobody else holds."""


@dataclass(frozen=True, slots=True, eq=False)
class Bonds:
    """What joins pairs of channels, from what is said of each. Places are those of the evidence."""

    one: Places
    """i64[m], with `other` and `strength` f64[m]: contents in common that few hold; each pair once, `one` < `other`."""
    other: Places
    strength: Floats
    child: Places
    """i64[c], with `parent` and `probability` f64[c]: candidates."""
    parent: Places
    probability: Floats
    open: NDArray[np.bool_]
    """bool[n]: no parent is stated of it."""
    posts: Places
    strangers: Places

    @classmethod
    def of(cls, channels: Sequence[ChannelFacts], lines: Sequence[Line]) -> "Bonds":
        """Read them from lines. Of a pair's two strengths, as each of both sees it, the larger counts."""
        count = len(channels)
        kin = [(line.channel, *each) for line in lines for each in line.kin]
        mine, theirs = (np.array([each[at] for each in kin], np.int64) for at in (0, 1))
        keys, place = np.unique(np.minimum(mine, theirs) * count + np.maximum(mine, theirs), return_inverse=True)
        strength = np.zeros(len(keys))
        np.maximum.at(strength, place, np.array([each[2] for each in kin], np.float64))
        held = [(line.channel, each.parent, each.probability) for line in lines for each in line.candidates]
        met = np.zeros(count, np.int64)
        met[[line.channel for line in lines]] = [line.strangers for line in lines]
        is_open = np.ones(count, bool)
        is_open[[line.channel for line in lines if line.stated is not None]] = False
        return cls(
            keys // max(count, 1),
            keys % max(count, 1),
            strength,
            np.array([each[0] for each in held], np.int64),
            np.array([each[1] for each in held], np.int64),
            np.array([each[2] for each in held], np.float64),
            is_open,
            np.array([facts.posts for facts in channels], np.int64),
            met,
        )


def join(groups: Places, bonds: Bonds, model: Joining) -> Places:
    """Join groups (i64[n], a place that stands for each channel's) until no pair is likely enough to be one family.

    In each round the likeliest pairs are joined, a group at most once; then all are looked at again.
    """
    groups = groups.copy()
    weights = np.array(model.weights)
    for _ in range(MOST_ROUNDS):
        one, other, made = figures(groups, bonds)
        chance = 1 / (1 + np.exp(-np.clip(made @ weights, -30, 30)))
        met = np.zeros(len(groups), np.int64)
        np.maximum.at(met, groups, bonds.strangers)
        least = np.where(np.maximum(met[one], met[other]) < FEW_STRANGERS, model.least.few, model.least.many)
        likely = np.flatnonzero((chance >= least) & _borne(groups, bonds, one, other))
        into, used = np.arange(len(groups)), np.zeros(len(groups), bool)
        for pair in likely[np.argsort(-chance[likely], kind="stable")].tolist():
            low, high = int(one[pair]), int(other[pair])
            if not (used[low] or used[high]):
                used[[low, high]] = True
                into[high] = low
        if not used.any():
            break
        groups = into[groups]
    return groups


def figures(groups: Places, bonds: Bonds) -> tuple[Places, Places, Floats]:
    """Give every pair of groups with anything between them, `one` < `other`, and the columns, f64[pairs, k]."""
    count = len(groups)
    a, b = groups[bonds.one], groups[bonds.other]
    apart = a != b
    low, high, strength = np.minimum(a, b)[apart], np.maximum(a, b)[apart], bonds.strength[apart]
    hinted, all_hints, open_hints = _hints(groups, bonds)
    keys = np.unique(np.concatenate([low * count + high, hinted]))
    one, other = keys // max(count, 1), keys % max(count, 1)
    size = len(keys)
    at = np.searchsorted(keys, low * count + high)
    shared = np.bincount(at, strength, minlength=size).astype(float)
    pairs = np.bincount(at, strength >= _WHOLE, minlength=size)
    hints, of_open = np.zeros(size), np.zeros(size)
    hints[np.searchsorted(keys, hinted)], of_open[np.searchsorted(keys, hinted)] = all_hints, open_hints
    outside = np.bincount(low, strength, minlength=count) + np.bincount(high, strength, minlength=count)
    chance = outside[one] * outside[other] / max(float(outside.sum()), 1.0)
    above = np.maximum(np.log((shared + 0.5) / (chance + 0.5)), 0)
    members = np.bincount(groups, minlength=count)
    single = np.minimum(members[one], members[other]) == 1
    posts = np.maximum(np.bincount(groups, bonds.posts, minlength=count), LEAST_POSTS) + 10.0
    rate = np.log((shared + 0.3) / np.sqrt(posts[one] * posts[other]))
    log = np.log1p(shared)
    columns = (
        np.ones(size), log, np.maximum(log - 2, 0), above, np.log1p(pairs), np.log1p(chance), np.log1p(5 * hints),
        np.log1p(5 * of_open), single, single * log, rate, np.log(np.minimum(posts[one], posts[other])),
    )  # fmt: skip
    return one, other, np.stack(columns, 1)


def _borne(groups: Places, bonds: Bonds, one: Places, other: Places) -> NDArray[np.bool_]:
    """Tell which pairs of groups are tied by BEARERS members of each side, or by all where a side has fewer."""
    count = len(groups)
    mine = np.concatenate([bonds.one, bonds.other, bonds.child, bonds.parent])
    theirs = groups[np.concatenate([bonds.other, bonds.one, bonds.parent, bonds.child])]
    apart = groups[mine] != theirs
    each = np.unique(mine[apart] * count + theirs[apart])  # a member and a group that it is tied to, once
    member, group = each // max(count, 1), each % max(count, 1)
    low = groups[member] < group
    at = np.searchsorted(
        one * count + other, np.where(low, groups[member] * count + group, group * count + groups[member])
    )
    tied = [np.bincount(at[on], minlength=len(one)) for on in (low, ~low)]
    size = np.bincount(groups, minlength=count)
    return (tied[0] >= np.minimum(size[one], BEARERS)) & (tied[1] >= np.minimum(size[other], BEARERS))


def _hints(groups: Places, bonds: Bonds) -> tuple[Places, Floats, Floats]:
    """Give pairs of groups as keys, sorted, and how much candidates speak for each: -log of "of none is it so".

    Of one channel's candidates at most one is its parent: their probabilities add up. Channels count on their own. The
    second figure is of channels without a stated parent alone.
    """
    count = len(groups)
    theirs = groups[bonds.parent]
    apart = groups[bonds.child] != theirs
    each, place = np.unique(bonds.child[apart] * count + theirs[apart], return_inverse=True)
    share = np.bincount(place, bonds.probability[apart], minlength=len(each))
    weight = -np.log(np.maximum(1 - np.minimum(share, 1), 1e-4))
    child, group = each // max(count, 1), each % max(count, 1)
    mine = groups[child]
    keys, place = np.unique(np.minimum(mine, group) * count + np.maximum(mine, group), return_inverse=True)
    whole = np.bincount(place, weight, minlength=len(keys)).astype(float)
    return keys, whole, np.bincount(place, weight * bonds.open[child], minlength=len(keys)).astype(float)
