"""How many edited copies the looks find, and how near strangers come.

Usage, in the repository's root:
    python -m bench.robustness.run                      the development set
    python -m bench.robustness.run --judge              the set that nothing is tuned on
    python -m bench.robustness.run --strangers          pairs of unrelated pictures
    python -m bench.robustness.run --strangers --estimates    the same, by estimated looks

Prints tables in Markdown, and first what it used. --most N takes at most N pictures of each set; of strangers N in all.
"""

import argparse
import sys
import time
from collections import defaultdict
from functools import partial

import numpy as np

from bench.robustness import pictures as sets
from bench.robustness.crowd import gather
from bench.robustness.estimated import shares, tail_of
from bench.robustness.estimated import strangers as unrelated
from bench.robustness.recall import RADIUS, Outcome, outcomes
from bench.robustness.strangers import WAYS, compare, few, made
from bench.robustness.tail import print_tails, tails_of
from notcontent.gate.config import Family, PolicyConfig
from notcontent.gate.policy import make_policy
from notcontent.signals.estimates import DEFAULT_BUDGET as MOST_GUESSES
from notcontent.signals.looks import DEFAULT_BUDGET

BUDGETS = (1, 8, 16, 32, DEFAULT_BUDGET, 255)
CROWD, UPLOADED = 20_000, 5
"""So many pictures are strangers to each other, and one in so many is uploaded too."""
ESTIMATED_CROWD, ESTIMATED = 6_500, 2
"""The same of strangers that estimates are made of."""
SIZES = (1_000, 10_000, 100_000, 1_000_000)
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


def print_sizes(done: list[Outcome]) -> None:
    """Print what direct looks block, and block or hold, by the policy's defaults in banks of several sizes."""
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in done:
        groups[outcome.group].append(outcome)
    print("\n| group | " + " | ".join(f"{size:,}" for size in SIZES) + " |")
    print("|---" * (len(SIZES) + 1) + "|")
    policies = [make_policy(PolicyConfig()).at(size) for size in SIZES]
    means: dict[bool, list[list[float]]] = defaultdict(list)
    for group, copies in groups.items():
        shares = []
        for policy in policies:
            radii = {look.value: policy.general(look) for look in Family}
            radii["pattern"] = policy.general(Family.WHOLE, pattern=True)
            block = {name: one.block for name, one in radii.items()}
            hold = {name: one.hold for name, one in radii.items()}
            shares += [sum(copy.meets(some, DEFAULT_BUDGET) for copy in copies) / len(copies) for some in (block, hold)]
        print(f"| {group} | {_pairwise(shares, 0)} |")
        if group != "identity":
            means[group.startswith("X ")].append(shares)
    for by_chance, rows in sorted(means.items()):
        name = "by chance (X)" if by_chance else "fixed edits"
        print(f"| **mean of {len(rows)} groups, {name}** | {_pairwise(list(np.mean(rows, axis=0)), 1)} |")


def _pairwise(shares: list[float], digits: int) -> str:
    """Show what is blocked, and what is blocked or held, for each size."""
    blocked, met = shares[::2], shares[1::2]
    return " | ".join(f"{a * 100:.{digits}f} / {b * 100:.{digits}f}" for a, b in zip(blocked, met, strict=True))


def estimated_strangers(most: int, processes: int, seed: int) -> None:
    """Print which share of unrelated pairs reaches which evidence, and the tail, as estimates/worth.py has it."""
    crowd = gather(most, seed, processes)
    found = unrelated(crowd, most // ESTIMATED, MOST_GUESSES, processes)
    print(f"{most} pictures ({'; '.join(crowd.told)}; the rest drawn and montages): {found.entries} entries.")
    print(f"{found.uploads} uploads, {found.pairs:.3g} pairs of an upload and an entry; seed {seed}.\n")
    print("| evidence | pairs | share of pairs | upper 95 % |\n" + "|---" * 4 + "|")
    for level, count, share, upper in shares(found, [float(level) for level in LEVELS]):
        print(f"| {level:g} | {count} | {share:.1e} | {upper:.1e} |")
    tail = tail_of(found)
    print(
        f"\nThe tail: {tail.share[0]:.2e} (to {tail.share[1]:.2e}) from {tail.start:.2f}, "
        f"to 1/e in {tail.fall[0]:.2f} (to {tail.fall[1]:.2f})."
    )
    print("\nMost evidence: " + "; ".join(f"{value:.1f} {name} / {entry}" for value, name, entry in found.nearest(30)))


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


def strangers(most: int, processes: int, seed: int) -> None:
    """Print the tail of each family of looks, as gate/tails.py has it."""
    crowd = gather(most, seed, processes)
    _progress("pictures of packages", 1.0)
    banked, uploads = [], []
    for place, (member, looked) in enumerate(made(crowd, most // UPLOADED, processes), 1):
        banked.append(member)
        uploads += [looked] if looked else []
        if place % 500 == 0:
            _progress("looks", place / most)
    found = compare(banked, uploads, partial(_progress, "pairs"), processes)
    entries = sum(len(one.values) for one in banked)
    print(f"{len(banked)} pictures ({'; '.join(crowd.told)}; the rest drawn and montages): {entries} entries.")
    print(f"{len(uploads)} uploads, {len(WAYS)} ways in turn.")
    print(f"{found.looks().sum()} looks, {found.pairs.sum():.3g} pairs of a look and an entry; seed {seed}.\n")
    print_tails(tails_of(found))
    print("\n".join(f"\nNearest, {line}" for line in few(found, 8)))


def _progress(what: str, share: float) -> None:
    print(f"{what}: {share:.0%}", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.robustness.run")
    parser.add_argument("--judge", action="store_true", help="the judging set")
    parser.add_argument("--strangers", action="store_true", help="unrelated pictures")
    parser.add_argument("--estimates", action="store_true", help="of strangers: by estimated looks")
    parser.add_argument("--direct", action="store_true", help="of edited copies: direct looks alone, no estimates")
    parser.add_argument("--each", action="store_true", help="a line for every fixed edit too")
    parser.add_argument("--most", type=int, help="at most so many pictures of each set")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    began = time.monotonic()
    if given.strangers and given.estimates:
        estimated_strangers(given.most or ESTIMATED_CROWD, given.processes, given.seed)
    elif given.strangers:
        strangers(given.most or CROWD, given.processes, given.seed)
    else:
        chosen, told = sets.load(sets.JUDGING if given.judge else sets.DEVELOPMENT, most=given.most)
        print(f"{'Judging' if given.judge else 'Development'}: {len(chosen)} pictures ({'; '.join(told)}).")
        print(f"Block radius {RADIUS}; seed {given.seed}; banked: one hash a picture.\n", flush=True)
        done = list(outcomes(chosen, given.seed, given.processes, estimated=not given.direct))
        print_recall(done, each=given.each)
        if not given.direct:
            print_estimates(done)
        print_sizes(done)
        print_hard(done)
    print(f"\n{time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    main()
