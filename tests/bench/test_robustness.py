"""The robustness bench in small: looks find what they are for, on drawn pictures and scikit-image's photos, seeded."""

from collections import defaultdict

import pytest

from bench.robustness.pictures import load
from bench.robustness.recall import Outcome, outcomes
from bench.robustness.run import print_recall, wilson
from bench.robustness.strangers import bank_of, tails
from notcontent.signals.looks import DEFAULT_BUDGET

FLOORS = {
    "turn": 1.0,
    "letterbox": 0.9,
    "border": 0.95,
    "caption": 0.95,
    "screenshot": 0.9,
    "collage": 0.9,
    "X letterbox": 0.8,
    "X border": 0.8,
    "X caption": 0.8,
    "X turn in a letterbox": 0.75,
    "X screenshot": 0.7,
    "X collage": 0.7,
}
"""Recall at the default budget; on these pictures it is a little higher."""


@pytest.fixture(scope="module")
def done() -> list[Outcome]:
    drawn, _ = load(("drawn:0-7",), most=2)
    photos, _ = load(("scikit-image",), most=3, longest=480)
    usable = [photo for photo in photos if "brick" not in photo.name]  # a regular texture: its hash bears no scaling
    return list(outcomes([*drawn, *usable], 11, 2, frozenset(FLOORS)))


def test_recall_of_every_group_that_looks_undo_stays_above_its_floor(done: list[Outcome]) -> None:
    groups: dict[str, list[bool]] = defaultdict(list)
    for outcome in done:
        groups[outcome.group].append(outcome.found(DEFAULT_BUDGET))
    assert set(groups) == set(FLOORS)
    recall = {group: sum(found) / len(found) for group, found in groups.items()}
    assert {group: share for group, share in recall.items() if share < FLOORS[group]} == {}


def test_without_looks_next_to_nothing_of_it_is_found(done: list[Outcome]) -> None:
    assert sum(outcome.found(1) for outcome in done) / len(done) < 0.1


def test_the_table_has_a_line_a_group_and_its_interval(done: list[Outcome], capsys: pytest.CaptureFixture[str]) -> None:
    print_recall(done, each=True)
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith(tuple(f"| {group} |" for group in FLOORS)) for line in lines) == len(FLOORS)
    assert any(line.startswith("| **mean of 6 groups, fixed edits** ") for line in lines)


def test_wilsons_interval_is_the_published_one() -> None:
    low, high = wilson(8, 10)
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433)
    assert wilson(10, 10)[1] > 0.999


def test_strangers_are_counted_by_family_and_none_is_within_the_radius() -> None:
    uploads, _ = load(("drawn:0-7",), most=1, longest=320)
    others, _ = load(("drawn:100-139",), longest=320)
    bank, names = bank_of(others)
    found = tails(uploads, bank, names, 3, 1)
    assert set(found) == {"whole", "turn", "quad", "trim", "tile"}
    assert all(tail.pairs == tail.looks * len(bank) for tail in found.values())
    assert sum(int(tail.total[:32].sum()) for tail in found.values()) == 0
