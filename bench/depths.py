"""What looking estimates up finds and takes, by how unlikely one guesses: the table behind `_DEPTHS_OF_LEADS`.

    OPENBLAS_NUM_THREADS=1 .venv/bin/python -m bench.depths --rows 1000000 --depth 5,15 4.75,15 4.5,14

Uploads and bank are those of bench/estimates.py. Each depth is asked about the same uploads, in turn. Recall is that of
the upload's own picture, among uploads of which some estimate reaches the bank's threshold for it. CPU time of one
thread: median (95th of 100).
"""

import argparse
import time

import numpy as np

from bench.estimates import FALSE_HOLDS, Clock, Upload, bank, scores, uploads
from bench.robustness.pictures import DEVELOPMENT, JUDGING, load
from notcontent.matching import MihIndex, instruction_sets
from notcontent.matching.estimates import Depth, Leads
from notcontent.matching.estimating import LEAST_COARSE, SETTLING_GAINS
from notcontent.signals.estimates import DEFAULT_BUDGET
from notcontent.signals.estimates.worth import least_evidence

HINT = 5.5
MOST = 256


def depth_of(text: str) -> Depth:
    chunk, pair = text.split(",")
    return Depth(float(chunk), float(pair))


def compare(index: MihIndex, made: list[Upload], threshold: float, depths: list[Depth]) -> None:
    """Ask about all uploads at every depth, and print a row for each."""
    taken: dict[Depth, list[float]] = {depth: [] for depth in depths}
    missed = dict.fromkeys(depths, 0)
    for one in made:
        for depth in depths:
            began = time.process_time()
            given = index.search_estimates(
                one.found.values,
                one.found.log_odds,
                threshold,
                depth=depth,
                leads=Leads(one.found.leading, HINT),
                most=MOST,
            )
            taken[depth].append(1e3 * (time.process_time() - began))
            missed[depth] += one.row not in given.ids
    print("| rows | threshold | depth | recall | missed, of | ms |\n|---|---|---|---|---|---|")
    for depth, times in taken.items():
        shown = f"{np.median(times):.2f} ({np.quantile(times, 0.95):.2f})"
        recall = 1 - missed[depth] / len(made)
        print(
            f"| {len(index):,} | {threshold:.2f} | {depth.chunk_nats:g}, {depth.pair_nats:g} | {recall:.3f} "
            f"| {missed[depth]} of {len(made)} | {shown} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--depth", type=depth_of, nargs="+", required=True, metavar="CHUNK,PAIR", help="in nats")
    parser.add_argument("--each", type=int, default=9, help="copies of each picture")
    parser.add_argument("--judging", action="store_true", help="pictures on which nothing was chosen")
    given = parser.parse_args()
    pictures, told = load(JUDGING if given.judging else DEVELOPMENT)
    print(f"{instruction_sets()[0]}, NumPy {np.__version__}; copies of {', '.join(told)}\n", flush=True)
    for count in given.rows:
        index, rows = bank("skewed", count, pictures)
        threshold = max(LEAST_COARSE, least_evidence(count, FALSE_HOLDS) - SETTLING_GAINS)
        made = uploads(pictures, rows, given.each, DEFAULT_BUDGET, Clock())
        held = [
            one
            for one in made
            if scores(one.found, index.rows_of(np.array([one.row], np.uint32))[0][0]).max() >= threshold
        ]
        compare(index, held, threshold, given.depth)


if __name__ == "__main__":
    main()
