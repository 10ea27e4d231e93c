"""Simulated worlds -> evidence -> lineages -> table."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from notcontent.lineage.evaluation.baselines import BASELINES
from notcontent.lineage.evaluation.judging import Sums, judge
from notcontent.lineage.evaluation.metrics import measure, reliability
from notcontent.lineage.evaluation.tables import Row, Table
from notcontent.lineage.evidence import Evidence
from notcontent.lineage.family import Lineage
from notcontent.lineage.gathering import gather
from notcontent.lineage.simulation import EVALUATION_SEEDS, Level, Settings, World, simulate

Infer = Callable[[Evidence], Lineage]
Progress = Callable[[int, int], None]
"""Told (worlds judged, worlds in all)."""

LARGE_BOOKS = Settings(EVALUATION_SEEDS.start, families=20)
"""Many families in a world: they compete for each channel."""
SMALL_BOOKS = Settings(EVALUATION_SEEDS.start + 500_000, families=1, spammers=1, lookalikes=2, loners=2)
"""One family and five strangers in a world: what a book that was just begun may hold."""
OURS = "inference"


@dataclass(frozen=True, slots=True)
class _Said:
    """What a method's lineages summed up to, over the worlds so far."""

    sums: list[Sums]
    seconds: list[float]
    channels: list[int]


def evaluate(
    infer: Infer,
    *,
    families: int = 100,
    worlds: Settings = LARGE_BOOKS,
    levels: Sequence[Level] = tuple(Level),
    media: Sequence[bool] = (True, False),
    baselines: Mapping[str, Infer] = BASELINES,
    progress: Progress | None = None,
) -> Table:
    """Judge `infer` and the baselines on the same evidence: the same worlds at every level.

    `worlds` says what they are like: how many families are in each, and the first seed, from which on they are counted.
    """
    methods = {OURS: infer, **baselines}
    sizes = list(_sizes(families, worlds.families))
    rows: list[Row] = []
    done, every = 0, len(sizes) * len(levels) * len(media)
    if progress is not None:
        progress(done, every)
    for hashed in media:
        for level in levels:
            said = {name: _Said([], [], []) for name in methods}
            for number, size in enumerate(sizes):
                settings = replace(worlds, seed=worlds.seed + number, families=size, level=level, media=hashed)
                _judge_world(simulate(settings), methods, said)
                done += 1
                if progress is not None:
                    progress(done, every)
            rows.extend(_row(name, level, hashed, families, each) for name, each in said.items())
    return Table(tuple(rows))


def _sizes(families: int, in_a_world: int) -> Iterator[int]:
    """Share families out among worlds."""
    while families > 0:
        yield min(families, in_a_world)
        families -= in_a_world


def _judge_world(world: World, methods: Mapping[str, Infer], said: Mapping[str, _Said]) -> None:
    evidence = gather(world.observations(), world.marker)
    for name, method in methods.items():
        began = time.perf_counter()
        lineage = method(evidence)
        said[name].seconds.append(time.perf_counter() - began)
        said[name].channels.append(len(evidence.channels))
        said[name].sums.extend(judge(lineage, evidence, world.truth))


def _row(name: str, level: Level, hashed: bool, families: int, said: _Said) -> Row:
    bins = reliability(said.sums) if name == OURS else ()
    return Row(name, level, hashed, families, sum(said.channels), sum(said.seconds), measure(said.sums), bins)
