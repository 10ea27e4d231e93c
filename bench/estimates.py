"""Looking up the estimated looks of cropped pictures beside scoring every row for them: time, and what is missed.

    OPENBLAS_NUM_THREADS=1 .venv/bin/python -m bench.estimates --rows 1000000

Crops of the robustness bench's development pictures, with random parameters from a seed, each with 80 looks that guess
at the part (bench/crops.py). Their pictures' hashes lie in a bank of the search bench (bench/search/data.py). Recall is
that of the crop's own picture, among the crops for which scoring every row finds it. CPU time of one thread.
"""

import argparse
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.crops import Estimator, Prior, estimates, hashed, means, random_part, spread_parts
from bench.robustness.pictures import DEVELOPMENT, Picture, load
from bench.search.data import KINDS, read_rows, write_scene
from notcontent.matching import Depth, MihIndex, instruction_sets
from notcontent.matching.estimates import best_of

SEED = 20261128
THRESHOLD = 5.5
KEPT = ((0.9, 0.98), (0.75, 0.9))
DEPTHS = (Depth(), Depth(6.5, 15.0), Depth(6.5, 14.0), Depth(5.0, 16.0))
_LEARNED_FROM = ("torcs-data:/tracks/", "trigger-rally-data", "supertuxkart-data", "drawn:2000-2039")
_SURE = 8.0


@dataclass(frozen=True, slots=True, eq=False)
class Upload:
    """A crop's looks, the row of its picture, and the best score of that row."""

    values: NDArray[np.uint8]
    log_odds: NDArray[np.float32]
    row: int
    score: float


def luma(picture: Picture) -> NDArray[np.uint8]:
    return np.asarray(picture.image.convert("L"))


def estimators(looks: int, rng: np.random.Generator) -> list[Estimator]:
    """Learn what pictures are like, and solve for so many guesses at a part."""
    pictures, told = load(_LEARNED_FROM, most=150)
    print("learned from", ", ".join(told), flush=True)
    small = [np.asarray(each.image.convert("L").resize((128, 128), Image.Resampling.BOX)) for each in pictures]
    prior = Prior.of(small)
    return [Estimator.of(part, prior) for part in spread_parts(looks, rng)]


def crops(
    pictures: list[Picture], rows: list[int], solved: list[Estimator], kept: tuple[float, float], each: int
) -> list[Upload]:
    """Crop every picture so many times."""
    rng = np.random.default_rng([SEED, int(1000 * kept[0])])
    uploads = []
    for picture, row in zip(pictures, rows, strict=True):
        whole = luma(picture)
        signs = np.where(np.unpackbits(hashed(whole)), 1.0, -1.0)
        for _ in range(each):
            values, log_odds = estimates(means(whole, random_part(rng, *kept)), solved)
            agreed = np.where(np.unpackbits(values, axis=1), 1.0, -1.0) * signs * log_odds
            score = float((agreed.sum(axis=1) / np.linalg.norm(log_odds, axis=1)).max())
            uploads.append(Upload(values, log_odds, row, score))
    return uploads


def looked_up(index: MihIndex, uploads: list[Upload], depth: Depth) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Search for every upload: whether its picture was found, and the CPU milliseconds."""
    found, taken = [], []
    for upload in uploads:
        began = time.process_time()
        given = index.search_estimates(upload.values, upload.log_odds, THRESHOLD, depth=depth)
        taken.append(1e3 * (time.process_time() - began))
        found.append(upload.row in given.ids)
    return np.array(found), np.array(taken)


def every_row(index: MihIndex, uploads: list[Upload]) -> float:
    """Score every row for a few uploads, and hold what is looked up to it; give the CPU milliseconds of one."""
    taken = []
    for upload in uploads:
        began = time.process_time()
        right = best_of(index.search_weighted(upload.values, upload.log_odds, THRESHOLD), 1 << 30)
        taken.append(1e3 * (time.process_time() - began))
        given = index.search_estimates(upload.values, upload.log_odds, THRESHOLD, most=1 << 30)
        at = np.flatnonzero(np.isin(right.ids, given.ids))
        if len(at) != len(given) or not np.array_equal(right.scores[at], given.scores):
            raise SystemExit("the answers differ")
    return float(np.median(taken))


def bank(kind: str, count: int, pictures: list[Picture]) -> tuple[MihIndex, list[int]]:
    """Draw a bank, and put the pictures' hashes somewhere into it."""
    with TemporaryDirectory() as folder:
        rows = np.array(read_rows(write_scene(kind, count, Path(folder))))
    places = np.random.default_rng(SEED).choice(count, len(pictures), replace=False)
    rows[places] = [hashed(luma(picture)) for picture in pictures]
    return MihIndex.build(rows), places.tolist()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--kind", choices=KINDS, default="skewed")
    parser.add_argument("--looks", type=int, default=80)
    parser.add_argument("--crops", type=int, default=4, help="of each picture")
    given = parser.parse_args()
    pictures, told = load(DEVELOPMENT)
    print(f"{platform.processor() or platform.machine()} ({instruction_sets()[0]}), NumPy {np.__version__}")
    print("cropped", ", ".join(told), flush=True)
    solved = estimators(given.looks, np.random.default_rng(SEED))
    print("\n| rows | kept | depth | recall | of scores from 8 | ms p50 | p95 | every row, ms |\n" + "|---" * 8 + "|")
    for count in given.rows:
        index, rows = bank(given.kind, count, pictures)
        for kept in KEPT:
            uploads = crops(pictures, rows, solved, kept, given.crops)
            scores = np.array([upload.score for upload in uploads])
            whole = every_row(index, uploads[:: max(1, len(uploads) // 8)])
            for depth in DEPTHS:
                found, taken = looked_up(index, uploads, depth)
                recall, sure = found[scores >= THRESHOLD].mean(), found[scores >= _SURE].mean()
                print(
                    f"| {count:,} | {kept[0]}-{kept[1]} | {depth.chunk_nats}, {depth.pair_nats} | {recall:.4f} "
                    f"| {sure:.4f} | {np.median(taken):.2f} | {np.quantile(taken, 0.95):.2f} | {whole:.0f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
