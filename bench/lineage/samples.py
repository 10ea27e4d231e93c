"""Samples of candidates from simulated worlds, large and small, by which the weights of inference are fitted."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.gathering import gather
from notcontent.lineage.inference.candidates import Candidates
from notcontent.lineage.inference.features import columns, matrix
from notcontent.lineage.inference.holdings import Places
from notcontent.lineage.inference.model import FEW_STRANGERS
from notcontent.lineage.simulation import Level, Settings, simulate

HALF = (Level.FULL, Level.CHANNELS)
"""Levels that half of the seeds are enough for."""
SMALL_WORLDS = (1, 1, 1, 1, 1, 3, 3)
SMALL_SEEDS = 100_000
"""Seeds of small worlds: this, and a hundred for each seed."""
Bools = NDArray[np.bool_]


@dataclass
class Sample:
    """Candidates of many channels: `columns` f32[p, k]; by candidate whether it is the parent, and of the family."""

    columns: NDArray[np.float32]
    child: Places
    parent: Bools
    family: Bools
    has_parent: Bools
    """By channel: whether it was read, and any ancestor of it."""

    @property
    def channels(self) -> int:
        return len(self.has_parent)

    @property
    def few(self) -> Bools:
        """Tell, by candidate, whether its channel met few strangers."""
        return np.expm1(self.columns[:, columns().index("strangers met")]) < FEW_STRANGERS - 0.5


def sample(settings: Settings) -> Sample:
    """Simulate one world and gather its candidates."""
    world = simulate(settings)
    evidence, truth = gather(world.observations(), world.marker), world.truth
    true = [truth.place_of(facts.key) for facts in evidence.channels]
    place_of = {each: place for place, each in enumerate(true)}
    above = [None if each is None else truth.seen_parents[each] for each in true]
    parents = np.array([-1 if each is None else place_of.get(each, -1) for each in above])
    read = np.array([facts.posts > 0 for facts in evidence.channels])
    families = np.array([-1 - place if each is None else truth.families[each] for place, each in enumerate(true)])
    parts = []
    for table in Candidates(evidence).tables(np.arange(len(true))):
        mine = table.channels[table.child]
        parts.append(
            Sample(
                matrix(table.figures).astype(np.float32),
                table.child,
                parents[mine] == table.other,
                families[mine] == families[table.other],
                (parents[table.channels] >= 0) & read[table.channels],
            )
        )
    return together(parts)


def books(seed: int, families: int, level: Level, *, media: bool) -> Iterator[Settings]:
    """Give one world of many families, and as many channels again in small ones with strangers among them.

    In a small book what everybody shows looks rare, and strangers look like kin: the weights must have seen that.
    """
    yield Settings(seed, families=families, level=level, media=media)
    few = Settings(0, families=1, level=level, media=media, spammers=1, lookalikes=2, loners=2)
    for number, count in enumerate(SMALL_WORLDS):
        yield replace(few, seed=SMALL_SEEDS + 100 * seed + number, families=count)


def worlds(seed: int, level: Level, families: int) -> Sample:
    """Sample the worlds of one seed and level."""
    return together([sample(each) for each in books(seed, families, level, media=seed % 2 == 0)])


def wanted(first: int, count: int) -> list[tuple[int, Level]]:
    """List the seeds from `first` on, with the levels that each is used at."""
    return [(first + at, level) for at in range(count) for level in Level if level not in HALF or at < count // 2]


def together(parts: list[Sample]) -> Sample:
    """Put samples one after the other."""
    firsts = np.cumsum([0, *(part.channels for part in parts)])
    return Sample(
        np.concatenate([part.columns for part in parts]),
        np.concatenate([part.child + first for part, first in zip(parts, firsts, strict=False)]),
        np.concatenate([part.parent for part in parts]),
        np.concatenate([part.family for part in parts]),
        np.concatenate([part.has_parent for part in parts]),
    )


def part(whole: Sample, kept: Bools) -> Sample:
    """Keep the candidates of some channels, and these channels."""
    channels, child = np.unique(whole.child[kept], return_inverse=True)
    return Sample(whole.columns[kept], child, whole.parent[kept], whole.family[kept], whole.has_parent[channels])
