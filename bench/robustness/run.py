"""How many edited copies the looks find, and how near strangers come.

Usage, in the repository's root:
    python -m bench.robustness.run                      the development set
    python -m bench.robustness.run --judge              the set that nothing is tuned on
    python -m bench.robustness.run --strangers          pairs of unrelated pictures
    python -m bench.robustness.run --strangers --estimates    the same, by estimated looks

Prints tables in Markdown, and first what it used. --most N takes at most N pictures of each set.
"""

import argparse
import time
from collections import defaultdict

import numpy as np

from bench.robustness import pictures as sets
from bench.robustness.estimated import strangers as unrelated
from bench.robustness.estimated import tail_of
from bench.robustness.recall import RADIUS, Outcome, outcomes
from bench.robustness.strangers import FAMILIES, bank_of, tails
from notcontent.signals.estimates import DEFAULT_BUDGET as MOST_GUESSES
from notcontent.signals.looks import DEFAULT_BUDGET

BUDGETS = (1, 8, 16, 32, DEFAULT_BUDGET, 255)
BANKED = 1_000_000
LEVELS = (6, 7, 8, 9, 10, 11, 12)


def wilson(hits: int, count: int) -> tuple[float, float]:
    """Give the 95 % interval of a share (Wilson's score)."""
    z, share = 1.959964, hits / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * ((share * (1 - share) / count + z * z / (4 * count * count)) ** 0.5)
    return max(0.0, middle - half), min(1.0, middle + half)


def print_recall(done: list[Outcome], *, each: bool) -> None:
    """Print a line a group (and an edit), with the recall of several budgets."""
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in done:
        groups[outcome.group].append(outcome)
    print("| group | copies | " + " | ".join(f"{b} looks" for b in BUDGETS) + f" | 95 % at {DEFAULT_BUDGET} |")
    print("|---" * (len(BUDGETS) + 3) + "|")
    means: dict[bool, list[list[float]]] = defaultdict(list)
    for group, copies in groups.items():
        recall = [sum(copy.found(budget) for copy in copies) / len(copies) for budget in BUDGETS]
        low, high = wilson(sum(copy.found(DEFAULT_BUDGET) for copy in copies), len(copies))
        shown = " | ".join(f"{share * 100:.0f}" for share in recall)
        print(f"| {group} | {len(copies)} | {shown} | {low * 100:.0f}-{high * 100:.0f} |")
        if group != "identity":
            means[group.startswith("X ")].append(recall)
    for by_chance, rows in sorted(means.items()):
        name = "by chance (X)" if by_chance else "fixed edits"
        shown = " | ".join(f"**{share * 100:.1f}**" for share in np.mean(rows, axis=0))
        print(f"| **mean of {len(rows)} groups, {name}** | | {shown} | |")
    if each:
        _print_edits(done)


def print_estimates(done: list[Outcome]) -> None:
    """Print what estimates add, at several levels of evidence: found by a look, or held for an estimate."""
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in done:
        groups[outcome.group].append(outcome)
    print("\n| group | direct looks | " + " | ".join(f"evidence {level}" for level in LEVELS) + " |")
    print("|---" * (len(LEVELS) + 2) + "|")
    means: dict[bool, list[list[float]]] = defaultdict(list)
    for group, copies in groups.items():
        direct = np.array([copy.found(DEFAULT_BUDGET) for copy in copies])
        weight = np.array([copy.evidence for copy in copies])
        recall = [direct.mean(), *((direct | (weight >= level)).mean() for level in LEVELS)]
        print(f"| {group} | " + " | ".join(f"{share * 100:.0f}" for share in recall) + " |")
        if group != "identity":
            means[group.startswith("X ")].append(recall)
    for by_chance, rows in sorted(means.items()):
        name = "by chance (X)" if by_chance else "fixed edits"
        shown = " | ".join(f"**{share * 100:.1f}**" for share in np.mean(rows, axis=0))
        print(f"| **mean of {len(rows)} groups, {name}** | {shown} |")


def estimated_strangers(most: int | None, processes: int, seed: int) -> None:
    """Print which share of unrelated pairs reaches which evidence."""
    others, told = sets.load((*sets.DEVELOPMENT, *sets.DISTRACTORS, *sets.STRANGERS), most=most, apart=0, longest=320)
    bank, names = bank_of(others)
    print(
        f"{len(others)} pictures ({'; '.join(told)}), one edited upload each; {len(bank)} entries; seed {seed}.\n",
        flush=True,
    )
    found = unrelated(others, bank, names, MOST_GUESSES, seed, processes)
    print(
        f"{found.pairs.sum():.3g} pairs of different packages.\n\n| evidence | share of pairs | upper 95 % |\n"
        + "|---" * 3
        + "|"
    )
    for level, share, upper in tail_of(found, [float(level) for level in LEVELS]):
        print(f"| {level} | {share:.1e} | {upper:.1e} |")
    print("\nMost evidence: " + "; ".join(f"{value:.1f} {name} / {entry}" for value, name, entry in found.nearest))


def _print_edits(done: list[Outcome]) -> None:
    edits: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for outcome in done:
        if not outcome.group.startswith("X "):
            edits[outcome.group, outcome.name].append(outcome)
    print(f"\n| edit | 1 look | {DEFAULT_BUDGET} looks | 95 % |\n|---|---|---|---|")
    for (group, name), copies in edits.items():
        hits = sum(copy.found(DEFAULT_BUDGET) for copy in copies)
        low, high = (share * 100 for share in wilson(hits, len(copies)))
        plain = 100 * sum(copy.found(1) for copy in copies) / len(copies)
        print(f"| {group}: {name} | {plain:.0f} | {100 * hits / len(copies):.0f} | {low:.0f}-{high:.0f} |")


def print_hard(done: list[Outcome]) -> None:
    """Name the pictures that are found least, of the edits that looks undo."""
    undone = {"turn", "letterbox", "border", "caption", "screenshot", "collage"}
    found: dict[str, list[bool]] = defaultdict(list)
    for outcome in done:
        if outcome.group in undone:
            found[outcome.picture].append(outcome.found(DEFAULT_BUDGET))
    shares = sorted((sum(hits) / len(hits), name) for name, hits in found.items())
    print("\nFound least: " + "; ".join(f"{name} {share:.0%}" for share, name in shares[:6]))


def strangers(most: int | None, processes: int, seed: int) -> None:
    """Print the tail of each family of looks, and what it means for a bank of a million."""
    others, told = sets.load(sets.DISTRACTORS, most=most, apart=0, longest=320)
    bank, names = bank_of(others)
    print(f"Bank: {len(bank)} hashes of {len(others)} pictures and parts of them ({'; '.join(told)}).")
    uploaders, told = sets.load((*sets.DEVELOPMENT, *sets.JUDGING), most=most)
    print(f"Uploads: 12 each of {len(uploaders)} pictures ({'; '.join(told)}); seed {seed}.\n", flush=True)
    found = tails(uploaders, bank, names, seed, processes)
    print(
        "| looks | looked | pairs | <= 31 | <= 40 | <= 45 | <= 50 | <= 55 | <= 60 | share <= 31, fitted | upper 95 % |"
    )
    print("|---" * 11 + "|")
    per_upload = [0.0, 0.0]
    for family in FAMILIES:
        tail = found[family]
        within = tail.total.cumsum()
        share, upper = tail.share_within(RADIUS)
        counts = " | ".join(str(int(within[bits])) for bits in (31, 40, 45, 50, 55, 60))
        print(f"| {family} | {tail.looks} | {tail.pairs:.2g} | {counts} | {share:.1e} | {upper:.1e} |")
        looks = tail.looks / (12 * len(uploaders))
        per_upload[0] += share * looks * BANKED
        per_upload[1] += upper * looks * BANKED
    print(f"\nFalse blocks an upload at {BANKED:,} pictures: {per_upload[0]:.1e}, upper {per_upload[1]:.1e}.")
    for family in FAMILIES:
        listed = "; ".join(f"{bits} {kind} {pair}" for bits, kind, pair in found[family].nearest[:5])
        print(f"\nNearest, {family}: {listed}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.robustness.run")
    parser.add_argument("--judge", action="store_true", help="the judging set")
    parser.add_argument("--strangers", action="store_true", help="unrelated pictures")
    parser.add_argument("--estimates", action="store_true", help="of strangers: by estimated looks")
    parser.add_argument("--each", action="store_true", help="a line for every fixed edit too")
    parser.add_argument("--most", type=int, help="at most so many pictures of each set")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    began = time.monotonic()
    if given.strangers and given.estimates:
        estimated_strangers(given.most, given.processes, given.seed)
    elif given.strangers:
        strangers(given.most, given.processes, given.seed)
    else:
        chosen, told = sets.load(sets.JUDGING if given.judge else sets.DEVELOPMENT, most=given.most)
        print(f"{'Judging' if given.judge else 'Development'}: {len(chosen)} pictures ({'; '.join(told)}).")
        print(f"Block radius {RADIUS}; seed {given.seed}; banked: one hash a picture.\n", flush=True)
        done = list(outcomes(chosen, given.seed, given.processes))
        print_recall(done, each=given.each)
        print_estimates(done)
        print_hard(done)
    print(f"\n{time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    main()
