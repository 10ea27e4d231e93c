"""What looks and estimates cost an upload beside its decoding, step by step, and what looking estimates up misses.

    OPENBLAS_NUM_THREADS=1 .venv/bin/python -m bench.estimates --rows 10000 1000000

Uploads are crops and turns of the robustness bench's development pictures, with parameters from a seed; the hashes of
these lie in a bank of the search bench (bench/search/data.py). Each is looked at, sketched, estimated, searched for and
settled as a gate does; "in all" is the sum of these for an upload. Recall is that of the upload's own picture, among
uploads for which scoring every row finds it. CPU time of one thread: median (95th of 100).
"""

import argparse
import platform
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from bench.robustness import edits as e
from bench.robustness.pictures import DEVELOPMENT, LEAST_QUALITY, Picture, load
from bench.robustness.recall import upload
from bench.search.data import KINDS, read_rows, write_scene
from notcontent.matching import MihIndex, instruction_sets
from notcontent.matching.estimates import EstimateQuery, best_of
from notcontent.matching.estimating import LEAST_COARSE, SETTLING_GAINS
from notcontent.signals import pdq
from notcontent.signals.estimates import DEFAULT_BUDGET, Estimates, estimates, settle
from notcontent.signals.estimates.worth import least_evidence
from notcontent.signals.looks import DEFAULT_BUDGET as LOOKS
from notcontent.signals.looks import decoded, see
from notcontent.signals.sketching import sketches_of
from notcontent.signals.views.sheet import make_sheet

SEED = 20261128
FALSE_HOLDS = 1e-4
STEPS = ("looks", "sketches", "estimates", "looks searched", "estimates searched", "settled")
SCORED_WHOLE = 12
"""Uploads for which every row is scored."""


class Clock:
    """CPU milliseconds of each step, an upload a number."""

    def __init__(self) -> None:
        self.taken: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.process_time()
        yield
        self.taken[name].append(1e3 * (time.process_time() - began))


@dataclass(frozen=True, slots=True, eq=False)
class Upload:
    """What was seen and estimated of a copy, and where its picture's hash lies."""

    looks: NDArray[np.uint8]
    found: Estimates
    row: int


def uploads(pictures: list[Picture], rows: list[int], each: int, budget: int, clock: Clock) -> list[Upload]:
    """Crop or turn every picture so many times, and estimate."""
    chance = np.random.default_rng(SEED)
    made = []
    for picture, row in zip(pictures, rows, strict=True):
        for number in range(each):
            angle, share = float(chance.uniform(1, 9)), float(chance.uniform(0.75, 0.97))
            image = picture.image
            copy = e.rotated(image, angle, inscribed=True) if number % 3 == 2 else e.crop_area(image, share, chance)
            raster = decoded(upload(copy))
            with clock.step("looks"):
                sheet = make_sheet(raster.luma)
                seen = see(raster, LOOKS, sheet)
            with clock.step("sketches"):
                sketches = sketches_of(raster, seen, sheet)
            with clock.step("estimates"):
                found = estimates([one for one in sketches if one.quality >= LEAST_QUALITY], budget)
            looks = np.stack([np.frombuffer(one.look.value, np.uint8) for one in seen])
            made.append(Upload(looks, found, row))
    return made


def bank(kind: str, count: int, pictures: list[Picture]) -> tuple[MihIndex, list[int]]:
    """Draw a bank, and put the pictures' hashes somewhere into it."""
    with TemporaryDirectory() as folder:
        rows = np.array(read_rows(write_scene(kind, count, Path(folder))))
    places = np.random.default_rng(SEED).choice(count, len(pictures), replace=False)
    for place, picture in zip(places, pictures, strict=True):
        rows[place] = np.frombuffer(pdq(np.asarray(picture.image.convert("L"))).value, np.uint8)
    return MihIndex.build(rows), places.tolist()


def search(index: MihIndex, made: list[Upload], threshold: float, clock: Clock) -> tuple[float, int, float]:
    """Search and settle; give recall beside scoring every row, how often that found something, and entries settled."""
    own, missed, settled = 0, 0, 0
    for number, one in enumerate(made):
        with clock.step("looks searched"):
            index.search(one.looks)
        with clock.step("estimates searched"):
            found = one.found
            given = EstimateQuery(found.values, found.log_odds, found.leading, threshold, 256).ask(index)
        with clock.step("settled"):
            rows, _ = index.rows_of(given.ids[:24])
            for look, row in zip(given.looks[:24].tolist(), rows, strict=True):
                settle(one.found.origins[look], row)
        settled += len(rows)
        value, _ = index.rows_of(np.array([one.row], np.uint32))
        if scores(one.found, value[0]).max() >= threshold:
            own += 1
            missed += one.row not in given.ids
        if number < SCORED_WHOLE:
            _same(index, one.found, threshold, clock)
    return 1 - missed / max(1, own), own, settled / len(made)


def scores(found: Estimates, row: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Give the scores of one row for all estimates."""
    agreed = np.where(np.unpackbits(found.values, axis=1) == np.unpackbits(row[None], axis=1), 1.0, -1.0)
    summed: NDArray[np.float32] = (agreed * found.weights).sum(axis=1).astype(np.float32)
    return summed


def _same(index: MihIndex, found: Estimates, threshold: float, clock: Clock) -> None:
    """Hold what is looked up to scoring every row: what is given must be right."""
    with clock.step("every row"):
        right = best_of(index.search_weighted(found.values, found.log_odds, threshold), 1 << 30)
    given = index.search_estimates(found.values, found.log_odds, threshold, most=1 << 30)
    at = np.flatnonzero(np.isin(right.ids, given.ids))
    if len(at) != len(given) or not np.array_equal(right.scores[at], given.scores):
        raise SystemExit("the answers differ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--kind", choices=KINDS, default="skewed")
    parser.add_argument("--budget", type=int, default=DEFAULT_BUDGET)
    parser.add_argument("--each", type=int, default=3, help="copies of each picture")
    given = parser.parse_args()
    pictures, told = load(DEVELOPMENT)
    print(f"{platform.processor() or platform.machine()} ({instruction_sets()[0]}), NumPy {np.__version__}")
    print(f"copies of {', '.join(told)}; {given.kind} bank; budget {given.budget}\n", flush=True)
    columns = (*STEPS, "in all", "every row")
    print(
        "| rows | threshold | recall | of uploads | entries settled | " + " | ".join(f"{s}, ms" for s in columns) + " |"
    )
    print("|---" * (5 + len(columns)) + "|")
    for count in given.rows:
        index, rows = bank(given.kind, count, pictures)
        clock = Clock()
        made = uploads(pictures, rows, given.each, given.budget, clock)
        threshold = max(LEAST_COARSE, least_evidence(count, FALSE_HOLDS) - SETTLING_GAINS)
        recall, own, settled = search(index, made, threshold, clock)
        clock.taken["in all"] = np.sum([clock.taken[step] for step in STEPS], axis=0).tolist()
        times = (f"{np.median(clock.taken[s]):.2f} ({np.quantile(clock.taken[s], 0.95):.2f})" for s in columns)
        shown = f"| {count:,} | {threshold:.1f} | {recall:.3f} | {own / len(made):.2f} | {settled:.1f} | "
        print(shown + " | ".join(times) + " |", flush=True)


if __name__ == "__main__":
    main()
