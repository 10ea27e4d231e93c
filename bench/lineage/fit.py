"""Fits the weights of inference on simulated families, calibrates them on others, and writes `weights.json`.

Usage: python bench/lineage/fit.py [--train N] [--calibrate N] [--families N] [--stated SHARE] [--out FILE]

Every seed gives eight worlds: four levels of evidence, with media and with JSON alone, and small ones beside each.
Seeds 0.. train the choice among candidates (a conditional logit, by Newton's method with a ridge) and whether a
candidate is of the family; seeds 500.. set temperatures and priors, and choose the thresholds. Seeds of evaluation are
never used. Prints how well the calibration seeds are told, which is no judgement: `notcontent lineage evaluate` gives
that on others.
"""

import argparse
import datetime as dt
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.gathering import gather
from notcontent.lineage.inference.candidates import Candidates
from notcontent.lineage.inference.contents import Floats
from notcontent.lineage.inference.features import columns, matrix
from notcontent.lineage.inference.holdings import Places
from notcontent.lineage.inference.model import FAMILY_COLUMNS, Weights, choose, family_matrix
from notcontent.lineage.simulation import Level, Settings, simulate

WEIGHTS = Path(__file__).parents[2] / "src/notcontent/lineage/inference/weights.json"
CALIBRATION_SEEDS = 500
RIDGE = 2.0
PRECISION = 0.9
"""Of stated parents at every level of evidence, the share that is right."""
KINSHIP = 0.97
"""Of channels that join a family, the share that is of it."""
KINDS = [(level, media) for level in Level for media in (True, False)]
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


def worlds(seed: int, families: int) -> list[Sample]:
    """Sample the worlds of one seed, a sample for each kind."""
    return [together([sample(each) for each in books(seed, families, level, media=media)]) for level, media in KINDS]


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


def newton(design: Floats, one: Sample, start: Floats, ridge: float) -> Floats:
    """Maximise the likelihood of the true parents, or of none where none is a candidate."""
    orphan = np.bincount(one.child, one.parent, minlength=one.channels) == 0
    heads = np.flatnonzero(np.diff(one.child, prepend=-1))

    def loss(weights: Floats) -> tuple[float, Floats]:
        choice = choose(design @ weights, one.child, one.channels)
        told = np.log(np.maximum(choice.probability[one.parent], 1e-300)).sum()
        none = np.log(np.maximum(choice.none[orphan], 1e-300)).sum()
        return float(ridge / 2 * weights @ weights - told - none), choice.probability

    weights = start
    value, chance = loss(weights)
    for _ in range(60):
        slope = design.T @ (chance - one.parent) + ridge * weights
        weighed = design * chance[:, None]
        means = np.add.reduceat(weighed, heads, 0)
        bend = weighed.T @ design - means.T @ means + ridge * np.eye(len(weights))
        step, length = np.linalg.solve(bend, slope), 1.0
        while (after := loss(weights - length * step))[0] > value and length > 1e-4:
            length /= 2
        gain = value - after[0]
        weights, (value, chance) = weights - length * step, after
        if gain < 1e-3:
            break
    return weights


def logistic(design: Floats, hit: Bools, heed: Floats, ridge: float) -> Floats:
    """Fit a logistic regression by Newton's method; `heed`: how much each row counts."""
    spread = design.std(0) + 1e-6
    scaled = design / spread
    weights = np.zeros(design.shape[1])
    for _ in range(40):
        chance = 1 / (1 + np.exp(-np.clip(scaled @ weights, -30, 30)))
        bend = (scaled * (heed * chance * (1 - chance))[:, None]).T @ scaled + ridge * np.eye(len(weights))
        step = np.linalg.solve(bend, scaled.T @ (heed * (chance - hit)) + ridge * weights)
        weights -= step
        if np.abs(step).max() < 1e-4:
            break
    return np.asarray(weights / spread, np.float64)


def best_of(score: Floats, one: Sample) -> tuple[Places, Floats, Floats]:
    """Give each channel's best candidate, all probabilities, and the columns of belonging."""
    choice = choose(score, one.child, one.channels)
    order = np.lexsort((-choice.probability, one.child))
    best = order[np.flatnonzero(np.diff(one.child[order], prepend=-1))]
    return best, choice.probability, family_matrix(choice, one.columns.astype(np.float64), one.child, best)


def kinship(score: Floats, train: Sample) -> Floats:
    """Fit whether a candidate is of the family. Each pair counts less, the more candidates its channel has."""
    choice = choose(score, train.child, train.channels)
    design = family_matrix(choice, train.columns.astype(np.float64), train.child, np.arange(len(train.child)))
    heed = 1 / np.sqrt(np.bincount(train.child, minlength=train.channels)[train.child])
    return logistic(design, train.family, heed, RIDGE)


def threshold(chance: Floats, right: Bools, precision: float) -> float:
    """Give the lowest threshold from which on this share is right."""
    order = np.argsort(-chance)
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero((share >= precision) & (np.arange(len(order)) >= 20))
    return float(chance[order[good[-1]]]) if len(good) else 1.0


def show(name: str, one: Sample, score: Floats, model: Weights) -> None:
    """Print how one group of worlds is told."""
    best, chance, belonging = best_of(score, one)
    right, kin, has = (np.zeros(one.channels, bool) for _ in range(3))
    right[one.child[best]], kin[one.child[best]] = one.parent[best], one.family[best]
    has[one.child[best]] = chance[best] >= model.stated
    belongs = np.zeros(one.channels, bool)
    belongs[one.child[best]] = 1 / (1 + np.exp(-belonging @ np.array(model.family))) >= model.in_family
    true = one.has_parent
    known = np.bincount(one.child, one.parent, minlength=one.channels) > 0
    print(
        f"{name:20} {true.sum():6} children  parent among candidates {known[true].mean():.3f}  "
        f"best {right[true].mean():.3f}  best is kin {kin[true].mean():.3f}  "
        f"stated right {(right & has)[true].mean():.3f}  "
        f"precision {right[has].mean():.3f}  abstained {1 - has[true].mean():.3f}  "
        f"joined kin {(kin & belongs)[true].mean():.3f}  joined others {(belongs & ~kin).mean():.3f}",
        flush=True,
    )


def main() -> None:
    """Fit, calibrate, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=int, default=10)
    parser.add_argument("--calibrate", type=int, default=8)
    parser.add_argument("--families", type=int, default=15)
    parser.add_argument("--stated", type=float, help="The threshold for parents; by calibration if left out.")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    asked = parser.parse_args()
    seeds = [*range(asked.train), *range(CALIBRATION_SEEDS, CALIBRATION_SEEDS + asked.calibrate)]
    began = time.monotonic()
    made = []
    with ProcessPoolExecutor() as pool:
        for seed, each in zip(seeds, pool.map(worlds, seeds, repeat(asked.families)), strict=True):
            made.append(each)
            count = sum(one.channels for one in each)
            print(f"seed {seed}: {count} channels, {time.monotonic() - began:.0f} s", flush=True)
    train = together([one for each in made[: asked.train] for one in each])
    spread = train.columns.std(0).astype(np.float64) + 1e-6
    weights = newton(train.columns / spread, train, np.zeros(len(spread)), RIDGE) / spread
    by_kind = [together(list(group)) for group in zip(*made[asked.train :], strict=True)]
    whole = together(by_kind)
    plain = whole.columns @ weights
    heat, shift = newton(np.stack([plain, np.ones(len(plain))], 1), whole, np.array([1.0, 0.0]), 0.0)
    print(f"parent: temperature {1 / heat:.3f}, shift {shift:.3f}")
    weights *= heat
    weights[columns().index("any")] += shift
    best, _, belonging = best_of(whole.columns @ weights, whole)
    family = kinship(train.columns @ weights, train)
    plain = np.stack([belonging @ family, np.ones(len(best))], 1)
    heat, shift = logistic(plain, whole.family[best], np.ones(len(best)), 0.0)
    family *= heat
    family[columns().index("any")] += shift
    print(f"family: temperature {1 / heat:.3f}, shift {shift:.3f}")
    needed, belonging_needed = [], []
    for pair in zip(by_kind[::2], by_kind[1::2], strict=True):  # a level, with media and with JSON alone
        one = together(list(pair))
        best, chance, belonging = best_of(one.columns @ weights, one)
        needed.append(threshold(chance[best], one.parent[best], PRECISION))
        belongs = 1 / (1 + np.exp(-belonging @ family))
        belonging_needed.append(threshold(belongs, one.family[best], KINSHIP))
    model = Weights(
        provenance={
            "command": f"bench/lineage/fit.py --train {asked.train} --calibrate {asked.calibrate}",
            "seeds": f"{asked.train} from 0 fitted, {asked.calibrate} from {CALIBRATION_SEEDS} calibrated",
            "date": dt.datetime.now(dt.UTC).date().isoformat(),
        },
        columns=[*columns(), *FAMILY_COLUMNS],
        parent=[round(float(each), 5) for each in weights],
        family=[round(float(each), 5) for each in family],
        stated=asked.stated or round(max(needed), 3),
        in_family=round(max(0.5, *belonging_needed), 3),
    )
    print("thresholds for", PRECISION, [f"{each:.3f}" for each in needed])
    print("to belong for", KINSHIP, [f"{each:.3f}" for each in belonging_needed])
    for (level, media), one in zip(KINDS, by_kind, strict=True):
        show(f"{level.value} {'media' if media else 'JSON'}", one, one.columns @ weights, model)
    asked.out.write_bytes(msgspec.json.format(msgspec.json.encode(model), indent=1) + b"\n")


if __name__ == "__main__":
    main()
