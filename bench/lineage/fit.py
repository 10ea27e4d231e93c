"""Fits the weights of inference and its trees on simulated families, and calibrates them on others.

Writes `weights.json` and `forest.json`.

Usage: python -m bench.lineage.fit [--train N] [--calibrate N] [--families N] [--stated FEW MANY]
       [--belong FEW MANY] [--out FOLDER]

Every seed gives four worlds, one for each level of evidence, and small ones beside each: with media hashed where the
seed is even, with JSON alone where it is odd. Seeds 0.. train the choice among candidates (a conditional logit, by
Newton's method with a ridge, and trees on what it leaves) and whether a candidate is of the family; seeds 500.. set
temperatures and priors, and choose the thresholds: for channels that met few strangers, and for those that met many.
Seeds of evaluation are never used. Prints how well the calibration seeds are told, which is no judgement:
`notcontent lineage evaluate` gives that on others.
"""

import argparse
import datetime as dt
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import msgspec
import numpy as np

from bench.lineage import forests
from bench.lineage.samples import Bools, Sample, part, together, wanted, worlds
from notcontent.lineage.inference.features import columns
from notcontent.lineage.inference.forest import Forest, Trees
from notcontent.lineage.inference.holdings import Places
from notcontent.lineage.inference.model import FAMILY_COLUMNS, Threshold, Weights, choose, family_matrix
from notcontent.lineage.inference.witnesses import Floats
from notcontent.lineage.simulation import Level

INFERENCE = Path(__file__).parents[2] / "src/notcontent/lineage/inference"
WEIGHTS = INFERENCE / "weights.json"
CALIBRATION_SEEDS = 500
RIDGE = 2.0
KIN_RIDGE = 20.0
PRECISION = {True: 0.88, False: 0.91}
"""Of stated parents at every level of evidence, the share that is right: where few strangers were met, or many."""
KINSHIP = {True: 0.94, False: 0.985}
"""Of channels that belong to a family, the share that is of it, likewise."""
ENOUGH = 200
"""A threshold is chosen by no fewer channels."""


@dataclass(frozen=True)
class Scores:
    """How candidates are scored: f64[p], in log-odds against none of them."""

    weights: Floats
    trees: Trees

    def __call__(self, one: Sample) -> Floats:
        added: Floats = Forest(self.trees).score(one.columns) + one.columns @ self.weights
        return added

    def warmed(self, heat: float, shift: float) -> "Scores":
        """Give scores that are so many times as high, and that much higher."""
        weights = heat * self.weights
        weights[columns().index("any")] += shift
        return Scores(weights, forests.scaled(self.trees, heat))


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
    """Fit whether a channel's best candidate is of its family: of others nobody asks."""
    best, _, belonging = best_of(score, train)
    return logistic(belonging, train.family[best], np.ones(len(best)), KIN_RIDGE)


def threshold(chance: Floats, right: Bools, precision: float) -> float:
    """Give the lowest threshold from which on this share is right."""
    order = np.argsort(-chance)
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero((share >= precision) & (np.arange(len(order)) >= 20))
    return float(chance[order[good[-1]]]) if len(good) else 1.0


def show(name: str, one: Sample, model: Weights, trees: Trees) -> None:
    """Print how one group of worlds is told."""
    best, chance, belonging = best_of(Scores(np.array(model.parent), trees)(one), one)
    right, kin, has = (np.zeros(one.channels, bool) for _ in range(3))
    right[one.child[best]], kin[one.child[best]] = one.parent[best], one.family[best]
    few = one.few[best]
    has[one.child[best]] = chance[best] >= np.where(few, model.stated.few, model.stated.many)
    belongs = np.zeros(one.channels, bool)
    least = np.where(few, model.in_family.few, model.in_family.many)
    belongs[one.child[best]] = 1 / (1 + np.exp(-belonging @ np.array(model.family))) >= least
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


def thresholds(by_level: list[Sample], score: Scores, family: Floats) -> tuple[Threshold, Threshold]:
    """Choose from which probability on a parent is stated, and a channel belongs: what holds at every level."""
    stated: dict[bool, list[float]] = {True: [], False: []}
    belongs: dict[bool, list[float]] = {True: [], False: []}
    for one in by_level:
        best, chance, belonging = best_of(score(one), one)
        kin = np.maximum(1 / (1 + np.exp(-belonging @ family)), chance[best])
        for few in (True, False):
            mine = one.few[best] == few
            if mine.sum() < ENOUGH:
                continue
            stated[few].append(threshold(chance[best][mine], one.parent[best][mine], PRECISION[few]))
            belongs[few].append(threshold(kin[mine], one.family[best][mine], KINSHIP[few]))
    print("thresholds of parents", stated, "to belong", belongs)
    parents, families = (
        Threshold(*(round(max(each[few], default=1.0), 3) for few in (True, False))) for each in (stated, belongs)
    )
    return parents, families


def fit(train: Sample, by_level: dict[Level, Sample]) -> tuple[Weights, Trees]:
    """Fit on some worlds; calibrate, and choose thresholds, on others. Says nothing of where they came from."""
    spread = train.columns.std(0).astype(np.float64) + 1e-6
    weights = newton(train.columns / spread, train, np.zeros(len(spread)), RIDGE) / spread
    asked = train.columns[:, [columns().index(name) for name in forests.ASKED]]
    trees = forests.grow(asked, train.columns @ weights, train.child, train.parent, train.channels)
    whole = together(list(by_level.values()))
    plain = Scores(weights, trees)(whole)
    heat, shift = newton(np.stack([plain, np.ones(len(plain))], 1), whole, np.array([1.0, 0.0]), 0.0)
    print(f"parent: temperature {1 / heat:.3f}, shift {shift:.3f}")
    score = Scores(weights, trees).warmed(float(heat), float(shift))
    best, _, belonging = best_of(score(whole), whole)
    family = kinship(score(train), train)
    plain = np.stack([belonging @ family, np.ones(len(best))], 1)
    heat, shift = logistic(plain, whole.family[best], np.ones(len(best)), 0.0)
    print(f"family: temperature {1 / heat:.3f}, shift {shift:.3f}")
    family *= heat
    family[columns().index("any")] += shift
    stated, in_family = thresholds(list(by_level.values()), score, family)
    model = Weights(
        provenance={},
        columns=[*columns(), *FAMILY_COLUMNS],
        parent=[round(float(each), 5) for each in score.weights],
        family=[round(float(each), 5) for each in family],
        stated=stated,
        in_family=in_family,
        joining=msgspec.json.decode(WEIGHTS.read_bytes(), type=Weights).joining,
    )
    return model, score.trees


def write(folder: Path, model: Weights, trees: Trees) -> None:
    """Write what is shipped: the weights one number a line, the trees one a line."""
    (folder / WEIGHTS.name).write_bytes(msgspec.json.format(msgspec.json.encode(model), indent=1) + b"\n")
    lines = b",\n".join(msgspec.json.encode(each) for each in trees.trees)
    rest = (msgspec.json.encode(each) for each in (trees.provenance, trees.columns))
    (folder / "forest.json").write_bytes(
        b'{"provenance":%b,\n"columns":%b,\n"trees":[\n%b\n]}\n' % (*rest, lines),
    )


def main() -> None:
    """Fit, calibrate, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=int, default=24)
    parser.add_argument("--calibrate", type=int, default=12)
    parser.add_argument("--families", type=int, default=20)
    for name, of in (("--stated", "parents"), ("--belong", "families")):
        told = f"Thresholds for {of}, where few strangers were met and where many; by calibration if left out."
        parser.add_argument(name, type=float, nargs=2, metavar=("FEW", "MANY"), help=told)
    parser.add_argument("--out", type=Path, default=INFERENCE)
    asked = parser.parse_args()
    fitted, calibrated = wanted(0, asked.train), wanted(CALIBRATION_SEEDS, asked.calibrate)
    began = time.monotonic()
    made = []
    with ProcessPoolExecutor() as pool:
        seeds, levels = zip(*fitted, *calibrated, strict=True)
        for seed, level, each in zip(
            seeds, levels, pool.map(worlds, seeds, levels, repeat(asked.families)), strict=True
        ):
            made.append(each)
            print(f"seed {seed}, {level.value}: {each.channels} channels, {time.monotonic() - began:.0f} s", flush=True)
    train = together(made[: len(fitted)])
    by_level = {
        level: together([each for each, (_, at) in zip(made[len(fitted) :], calibrated, strict=True) if at is level])
        for level in Level
    }
    model, trees = fit(train, by_level)
    provenance = {
        "command": " ".join(["-m bench.lineage.fit", *sys.argv[1:]]),
        "seeds": f"{asked.train} from 0 fitted, {asked.calibrate} from {CALIBRATION_SEEDS} calibrated",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
    }
    model = msgspec.structs.replace(
        model,
        provenance=provenance,
        stated=Threshold(*asked.stated) if asked.stated else model.stated,
        in_family=Threshold(*asked.belong) if asked.belong else model.in_family,
    )
    for level, one in by_level.items():
        for few in (True, False):
            show(f"{level.value}, {'few' if few else 'many'}", part(one, one.few == few), model, trees)
    write(asked.out, model, msgspec.structs.replace(trees, provenance=provenance))


if __name__ == "__main__":
    main()
