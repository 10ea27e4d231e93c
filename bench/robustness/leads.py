"""Which estimates lead: few of them are looked up, and what these find is scored for all (`matching.Leads`).

    OPENBLAS_NUM_THREADS=1 .venv/bin/python -m bench.robustness.leads

Edits the development pictures, takes the copies that no direct look finds and some estimate does, and chooses places
in the lists of guesses, one after the other, each time the one that brings most copies up to `--need` for the looks
that it costs. Prints how many copies of pictures that were held out stay below, and then what to write into
`signals/estimates/guesses.py`.
"""

import argparse
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.robustness.evidence import estimates_of
from bench.robustness.pictures import DEVELOPMENT, load
from bench.robustness.recall import RADIUS, banked_hash, edited, upload
from notcontent.signals.estimates import Estimates
from notcontent.signals.estimates.guesses import Crop, Turned
from notcontent.signals.estimates.weighing import signs
from notcontent.signals.looks import DEFAULT_BUDGET, decoded, see

FOLDS = 4
_SOFT = 2.5
Slot = tuple[str, int]


class Copy(NamedTuple):
    """An edited copy: its picture's number, and the scores of its estimates by their places in the lists of guesses."""

    picture: int
    scores: list[tuple[Slot, float]]


def slots_of(found: Estimates) -> list[Slot]:
    """Name each estimate's list, the same for mirrored ones, and its place there."""
    places: Counter[tuple[int, int, str]] = Counter()
    slots = []
    for sketch, turn, guess in found.origins:
        if not isinstance(guess, Crop):
            name = "turned" if isinstance(guess, Turned) else "tilted"
        else:
            name = "crops" if sketch.kind == "whole" else "covered" if sketch.kind.startswith("covered") else "narrow"
        key = id(sketch), turn, name
        slots.append((name, places[key]))
        places[key] += 1
    return slots


def copies_of(job: tuple[int, str, Image.Image, list[Image.Image], int, float]) -> list[Copy]:
    """Edit one picture; keep copies that direct looks miss and whose best estimate scores `least`."""
    number, name, image, others, seed, least = job
    banked = banked_hash(image)
    kept = []
    for case in edited(name, image, others, seed):
        raster = decoded(upload(case.image))
        seen = see(raster, DEFAULT_BUDGET)
        values = np.frombuffer(b"".join(one.look.value for one in seen), np.uint8).reshape(-1, 32)
        if np.bitwise_count(values ^ banked).sum(axis=1, dtype=int).min() <= RADIUS:
            continue
        found = estimates_of(raster, seen)
        scores = (found.weights[:, ::-1] * signs(found.values)) @ signs(banked[None])[0]
        if len(scores) and scores.max() >= least:
            kept.append(Copy(number, list(zip(slots_of(found), scores.tolist(), strict=True))))
    return kept


def chosen(scores: NDArray[np.float64], costs: NDArray[np.float64], need: float, worth: float) -> list[int]:
    """Choose columns of `scores`, f64[copies, slots], until none is worth its cost: so many copies in a thousand."""

    def reached(best: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray((1 / (1 + np.exp(-_SOFT * (best - need)))).sum(axis=0))

    best, columns = np.zeros(len(scores)), list[int]()
    while True:
        gain = (reached(np.maximum(best[:, None], scores)) - reached(best)) / costs
        gain[columns] = 0
        if gain.max() < worth / 1000 * len(scores):
            return columns
        columns.append(int(gain.argmax()))
        best = np.maximum(best, scores[:, columns[-1]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--least", type=float, default=8.0, help="what a copy's best estimate scores")
    parser.add_argument("--need", type=float, default=7.5, help="what a leading one is to score")
    parser.add_argument("--worth", type=float, default=0.15, help="copies in a thousand that a look must bring")
    parser.add_argument("--seed", type=int, default=11)
    given = parser.parse_args()
    pictures, told = load(DEVELOPMENT)
    jobs = [
        (at, one.name, one.image, [pictures[(at + step) % len(pictures)].image for step in range(1, 9)])
        for at, one in enumerate(pictures)
    ]
    with ProcessPoolExecutor() as pool:
        each = pool.map(copies_of, [(*job, given.seed, given.least) for job in jobs])
        copies = [copy for some in each for copy in some]
    count = Counter(slot for copy in copies for slot, _ in copy.scores)
    slots = sorted(count)
    costs = np.array([count[slot] / len(copies) for slot in slots])
    scores = np.zeros((len(copies), len(slots)))
    for row, copy in enumerate(copies):
        for slot, score in copy.scores:
            place = slots.index(slot)
            scores[row, place] = max(scores[row, place], score)
    fold = np.array([copy.picture % FOLDS for copy in copies])
    below = 0
    for held in range(FOLDS):
        lead = chosen(scores[fold != held], costs, given.need, given.worth)
        below += int((scores[fold == held][:, lead].max(axis=1) < given.need).sum())
    lead = chosen(scores, costs, given.need, given.worth)
    print(f"copies of {', '.join(told)}: {len(copies)}, {costs.sum():.0f} estimates each")
    print(f"{costs[lead].sum():.0f} of them lead; of copies of pictures held out {below} stay below {given.need}")
    by_list = defaultdict(list)
    for name, place in (slots[column] for column in lead):
        by_list[name].append(place)
    for name, places in sorted(by_list.items()):
        print(f"{name}: {tuple(sorted(places))}")


if __name__ == "__main__":
    main()
