"""Who else holds what a channel holds: contents -> pairs of channels, with a bound on what the widespread ones cost.

A content with up to `FULL` holders gives every pair of them. One with more gives each holder the `RECENT` ones before
it, the `FIRST` of all and the `AFTER` ones after it, so that work grows with the holdings and not with their square.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

FULL = 48
RECENT = 8
FIRST = 4
AFTER = 2

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Holdings:
    """Rows (content, time, channel), sorted so; where each content begins; a way from channels to their rows."""

    channel: NDArray[np.uint32]
    content: NDArray[np.uint32]
    time: NDArray[np.int64]
    starts: Places
    """i64[k + 1]: where each content's rows begin."""
    by_channel: NDArray[np.uint32]
    """u32[m]: rows in the order of their channels."""
    channel_starts: Places
    """i64[n + 1]: where each channel's rows begin in `by_channel`."""

    @classmethod
    def of(
        cls,
        channel: NDArray[np.uint32],
        content: NDArray[np.uint32],
        time: NDArray[np.int64],
        contents: int,
        channels: int,
    ) -> "Holdings":
        """Index rows that are sorted by (content, time, channel)."""
        starts = np.zeros(contents + 1, np.int64)
        np.cumsum(np.bincount(content, minlength=contents), out=starts[1:])
        channel_starts = np.zeros(channels + 1, np.int64)
        np.cumsum(np.bincount(channel, minlength=channels), out=channel_starts[1:])
        by_channel = np.argsort(channel, kind="stable").astype(np.uint32)
        return cls(channel, content, time, starts, by_channel, channel_starts)

    def rows_of(self, channels: Places) -> tuple[Places, Places]:
        """Give the rows of some channels, and for each row whose it is, as a place in `channels`."""
        counts = self.channel_starts[channels + 1] - self.channel_starts[channels]
        return self.by_channel[spans(self.channel_starts[channels], counts)].astype(np.int64), np.repeat(
            np.arange(len(channels)), counts
        )

    def holders(self, rows: Places) -> Places:
        """Count the channels that hold each row's content."""
        content = self.content[rows]
        return self.starts[content + 1] - self.starts[content]

    def bound(self, rows: Places) -> NDArray[np.int64]:
        """Say how many others `others` would give for each row, cheaply and never too low."""
        return np.minimum(self.holders(rows) - 1, FULL)

    def others(self, rows: Places) -> tuple[Places, Places]:
        """Give for each row those of others with the same content: (place in `rows`, row), in the order of `rows`."""
        start, end = self.starts[self.content[rows]], self.starts[self.content[rows] + 1]
        few = end - start <= FULL
        since = np.where(few, rows, np.maximum(rows - RECENT, np.minimum(start + FIRST, rows)))
        lows = np.stack([start, since, rows + 1], 1)
        highs = np.stack(
            [
                np.where(few, rows, np.minimum(start + FIRST, rows)),
                rows,
                np.where(few, end, np.minimum(rows + 1 + AFTER, end)),
            ],
            1,
        )
        counts = np.maximum(highs - lows, 0)
        return np.repeat(np.arange(len(rows)), counts.sum(1)), spans(lows.ravel(), counts.ravel())


def spans(starts: Places, counts: Places) -> Places:
    """Give the numbers of all spans one after the other: `starts[i]` and what follows, `counts[i]` of them."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.asarray(np.arange(total) + np.repeat(starts - (ends - counts), counts), np.int64)


def blocks(costs: NDArray[np.int64], most: int) -> list[tuple[int, int]]:
    """Cut a list into runs [from, to) whose costs add up to about `most`, one element at least."""
    if not len(costs):
        return []
    turns = np.cumsum(costs) // most
    edges = [0, *(np.flatnonzero(np.diff(turns)) + 1).tolist(), len(costs)]
    return list(pairwise(edges))
