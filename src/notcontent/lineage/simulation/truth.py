"""What is true of a simulated world, and what of it can be known from what was seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.simulation.planning import Channel


@dataclass(frozen=True, slots=True)
class Truth:
    """The true tree. Places are those of `World.channels`, which is not the order of an evidence: see `place_of`."""

    names: Mapping[str, int]
    """Place by any key that a channel may have in an evidence: `n:..`, `u:..`, `i:..`, `h:..`."""
    parents: tuple[int | None, ...]
    """The nearest true ancestor, seen or not."""
    seen_parents: tuple[int | None, ...]
    """The nearest true ancestor that was seen; None: none was."""
    families: tuple[int, ...]
    strangers: tuple[bool, ...]
    """Spammers, look-alikes and loners: each a family of its own."""
    merged: tuple[tuple[int, ...], ...]
    """Further true parents."""
    seen: NDArray[np.bool_]
    born: NDArray[np.int64]

    @classmethod
    def of(cls, channels: tuple[Channel, ...], seen: NDArray[np.bool_], names: Mapping[str, int]) -> Self:
        """Read the truth off the plan. Parents come before their children."""
        nearest: list[int | None] = []
        for channel in channels:
            above = channel.parent
            nearest.append(above if above is None or seen[above] else nearest[above])
        return cls(
            names=names,
            parents=tuple(channel.parent for channel in channels),
            seen_parents=tuple(nearest),
            families=tuple(channel.family for channel in channels),
            strangers=tuple(channel.stranger for channel in channels),
            merged=tuple(channel.merged for channel in channels),
            seen=seen,
            born=np.array([channel.born for channel in channels], np.int64),
        )

    def place_of(self, key: str) -> int | None:
        """Give the channel that an evidence calls this, or None for what is no channel of the world."""
        return self.names.get(key.partition("#")[0])

    def ancestors(self, place: int) -> tuple[int, ...]:
        """Give all true ancestors, nearest first."""
        above = []
        parent = self.parents[place]
        while parent is not None:
            above.append(parent)
            parent = self.parents[parent]
        return tuple(above)
