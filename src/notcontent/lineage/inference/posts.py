"""Which marks are of one post: evidence knows marks by channel and second alone."""

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.inference.holdings import Holdings, Places
from notcontent.lineage.marks import MarkKind


def number_posts(
    shown: Holdings, kinds: NDArray[np.uint8], rows: Places, child: Places
) -> tuple[Places, NDArray[np.int64], int]:
    """Say which post of its channel each row is of, numbered through the block; give their times and their number too.

    Rows of one channel and one second are one post, unless one kind of mark occurs many times among them, as when many
    posts are forwarded at once. Pictures do not count there: a film has many.
    """
    kind = kinds[shown.content[rows]].astype(np.int64)
    time = shown.time[rows]
    order = np.lexsort((kind, time, child))
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
