"""Fit which groups of channels are one family, on simulated ones, into weights.json beside what `fit.py` wrote.

Usage: python -m bench.lineage.fit_families [--train N] [--families N] [--least FEW MANY] [--out FILE]

After `fit.py`, whose weights must stand: groups are what they leave, families that fell in two among them. Seeds 0..
give worlds as they do there: four levels, small ones beside, with media hashed where the seed is even.
A pair of groups is one family where most of the one and most of the other are of it (a logistic regression).
"""

import argparse
import datetime as dt
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import msgspec
import numpy as np

from bench.lineage.fit import WEIGHTS, logistic
from bench.lineage.samples import Bools, books, wanted
from notcontent.lineage.evidence import Evidence
from notcontent.lineage.gathering import gather
from notcontent.lineage.inference import rescore
from notcontent.lineage.inference.families import grouped
from notcontent.lineage.inference.joining import Bonds, figures
from notcontent.lineage.inference.model import JOINING_COLUMNS, Joining, Threshold, Weights
from notcontent.lineage.inference.witnesses import Floats
from notcontent.lineage.simulation import Settings, Truth, simulate

RIDGE = 2.0
FOR = ("shared", "shared > 6", "above chance", "pairs that share", "candidates", "by posts")
"""Columns that may only speak for it: more in common must not make it less likely in books unlike these."""


def families_of(evidence: Evidence, truth: Truth) -> list[int]:
    """Give each channel's true family; who has none is one alone."""
    true = [truth.place_of(facts.key) for facts in evidence.channels]
    return [-1 - place if each is None else truth.families[each] for place, each in enumerate(true)]


def sample(settings: Settings) -> tuple[Floats, Bools]:
    """Give the pairs of groups of one world, and which of them are one family."""
    world = simulate(settings)
    evidence = gather(world.observations(), world.marker)
    lines = rescore(evidence, range(len(evidence.channels)))
    groups, lines = grouped(evidence, lines)
    one, other, made = figures(groups, Bonds.of(evidence.channels, lines))
    family, members = families_of(evidence, world.truth), dict[int, Counter[int]]()
    for place, group in enumerate(groups.tolist()):
        members.setdefault(group, Counter())[family[place]] += 1
    most = {group: counted.most_common(1)[0][0] for group, counted in members.items()}
    same = [most[mine] == most[theirs] for mine, theirs in zip(one.tolist(), other.tolist(), strict=True)]
    return made, np.array(same, bool)


def fitted(made: Floats, same: Bools) -> Floats:
    """Fit the weights; columns of `FOR` that would speak against are left out, one by one."""
    kept = list(range(len(JOINING_COLUMNS)))
    while True:
        weights = np.zeros(len(JOINING_COLUMNS))
        weights[kept] = logistic(made[:, kept], same, np.ones(len(same)), RIDGE)
        against = [at for at in kept if JOINING_COLUMNS[at] in FOR and weights[at] < 0]
        if not against:
            return weights
        kept.remove(min(against, key=lambda at: float(weights[at] * made[:, at].std())))


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=int, default=8)
    parser.add_argument("--families", type=int, default=20)
    told = "From which probability on groups are joined: where few strangers were met, and where many."
    parser.add_argument("--least", type=float, nargs=2, default=(0.75, 0.5), metavar=("FEW", "MANY"), help=told)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    asked = parser.parse_args()
    worlds = [
        settings
        for seed, level in wanted(0, asked.train)
        for settings in books(seed, asked.families, level, media=seed % 2 == 0)
    ]
    with ProcessPoolExecutor() as pool:
        parts = list(pool.map(sample, worlds))
    made, same = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
    weights = fitted(made, same)
    chance = 1 / (1 + np.exp(-np.clip(made @ weights, -30, 30)))
    for least in (0.3, 0.5, 0.7, 0.9):
        said = chance >= least
        told = f"{(said & same).sum()} of {same.sum()} torn pairs, {(said & ~same).sum()} others"
        print(f"from {least} on: {told} of {len(same)} pairs")
    joining = Joining(
        provenance={
            "command": " ".join(["-m bench.lineage.fit_families", *sys.argv[1:]]),
            "seeds": f"{asked.train} from 0",
            "date": dt.datetime.now(dt.UTC).date().isoformat(),
        },
        columns=list(JOINING_COLUMNS),
        weights=[round(float(each), 5) for each in weights],
        least=Threshold(*asked.least),
    )
    model = msgspec.json.decode(WEIGHTS.read_bytes(), type=Weights)
    model = msgspec.structs.replace(model, joining=joining)
    asked.out.write_bytes(msgspec.json.format(msgspec.json.encode(model), indent=1) + b"\n")


if __name__ == "__main__":
    main()
