"""Which marks are of one post: evidence knows marks by channel and second alone."""

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.inference.holdings import Holdings, Places
from notcontent.lineage.marks import MarkKind

Traces = tuple[NDArray[np.int64], NDArray[np.uint64]]


def traces(shown: Holdings) -> Traces:
    """Tell contents apart by where they were shown, for each content: (holders and first time, all its times).

    Contents are numbered by digests, so their order follows the book's own key. Theirs by their traces does not. Two
    with equal traces were shown at the same times everywhere, so that it does not matter which of them is which.
    """
    starts = shown.starts
    holders = np.diff(starts)
    some = holders > 0
    first, times = np.zeros(len(holders), np.int64), np.zeros(len(holders), np.uint64)
    first[some] = shown.time[starts[:-1][some]]
    if some.any():
        times[some] = np.add.reduceat(_mixed(shown.time), starts[:-1][some])
    return (np.minimum(holders, 1 << 20) << 40) + np.clip(first, 0, (1 << 40) - 1), times


def _mixed(time: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Scatter times over 64 bits (splitmix64), so that sums of different times differ."""
    value = time.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(value ^ (value >> np.uint64(31)), np.uint64)


def number_posts(
    shown: Holdings, kinds: NDArray[np.uint8], rows: Places, child: Places, told: Traces
) -> tuple[Places, NDArray[np.int64], int]:
    """Say which post of its channel each row is of, numbered through the block; give their times and their number too.

    Rows of one channel and one second are one post, unless one kind of mark occurs many times among them, as when many
    posts are forwarded at once. Pictures do not count there: a film has many. Which mark of one kind goes with which
    of another, nobody knows: they are put together in the order of their `traces` (`told`), the most widespread with
    the most widespread, so that what went on together is together.
    """
    content = shown.content[rows]
    kind = kinds[content].astype(np.int64)
    time = shown.time[rows]
    order = np.lexsort((told[1][content], told[0][content], kind, time, child))
    same = np.ones(len(rows), bool)  # as the one before: channel, time and kind
    same[:1] = False
    for column in (child, time, kind):
        same[1:] &= column[order][1:] == column[order][:-1]
    run = np.arange(len(rows))
    slot = run - np.maximum.accumulate(np.where(same, 0, run))
    moment = np.zeros(len(rows), np.int64)
    moment[1:] = np.cumsum((child[order][1:] != child[order][:-1]) | (time[order][1:] != time[order][:-1]))
    plain = kind[order] != MarkKind.PICTURE
    most = np.ones(int(moment[-1]) + 1 if len(rows) else 0, np.int64)
    np.maximum.at(most, moment[plain], slot[plain] + 1)
    slot = np.where(plain, slot, slot % most[moment] if len(rows) else slot)
    firsts = np.cumsum(most) - most
    unit = np.empty(len(rows), np.int64)
    unit[order] = firsts[moment] + slot
    total = int(most.sum())
    times = np.zeros(total, np.int64)
    times[unit] = time
    return unit, times, total
