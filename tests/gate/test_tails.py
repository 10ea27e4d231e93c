"""Radii follow the bank's size: the more entries, the nearer a look must come, and a rule's radii stay."""

import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from notcontent.exchange.wire import Action, Kind
from notcontent.gate.config import Family, PolicyConfig, Rule
from notcontent.gate.policy import NEVER, Policy, Radii, Tolerance, make_policy
from notcontent.gate.screening import Facts, screen
from notcontent.gate.tails import FARTHEST, TAILS, Tail, radius_for
from notcontent.matching import Found, LinearIndex
from notcontent.signals import Look

ROBUSTNESS = Path(__file__).parents[2] / "docs" / "explanation" / "robustness.md"


class OneEntry:
    """A bank of one picture, so many bits from zero."""

    def __init__(self, distance: int) -> None:
        self._index = LinearIndex()
        self._index.add(np.frombuffer(((1 << distance) - 1).to_bytes(32, "big"), np.uint8)[None])

    def search(self, queries: NDArray[np.uint8], radius: int) -> Found:
        return self._index.search(queries, radius)

    def facts(self, slots: Iterable[int]) -> Mapping[int, Facts]:
        return {slot: Facts(f"{slot:032x}", Kind.WHOLE, None, 100, "main") for slot in slots}


entries_of_a_bank = st.integers(0, 10**9)
shares = st.floats(1e-12, 1)


@pytest.mark.parametrize("look", Family)
@given(entries=entries_of_a_bank, share=shares)
def test_a_radius_keeps_false_matches_within_the_share_and_one_bit_more_would_not(
    look: Family, entries: int, share: float
) -> None:
    radius = radius_for(look, entries, share)
    part = share / len(Family) * (1 + 1e-6)
    if radius > NEVER:
        assert TAILS[look].chance(radius) * max(1, entries) <= part
    if radius < FARTHEST:
        assert TAILS[look].chance(radius + 1) * max(1, entries) > part * (1 - 1e-5)


@given(
    st.sampled_from(Family),
    st.tuples(entries_of_a_bank, entries_of_a_bank).map(sorted),
    st.tuples(st.integers(-1, 63), st.integers(-1, 63)).map(sorted),
    st.tuples(shares, shares),
)
def test_a_larger_bank_never_reaches_farther_and_never_beyond_what_is_configured(
    look: Family, sizes: list[int], radii: list[int], tolerated: tuple[float, float]
) -> None:
    general = Radii(*radii)
    policy = Policy(general, 50, tolerance=Tolerance(*tolerated))
    small, large = (policy.at(entries).general(look) for entries in sizes)
    assert large.block <= small.block <= general.block
    assert large.hold <= small.hold <= general.hold
    assert small.block <= small.hold
    assert large.block <= large.hold


def test_a_bank_of_a_few_thousand_pictures_keeps_31_for_the_whole_picture() -> None:
    policy = make_policy(PolicyConfig())
    assert policy.at(0).general(Family.TILE) == Radii(31, 31)
    assert policy.at(1_000).general(Family.WHOLE) == Radii(31, 31)


def test_the_same_copy_is_blocked_in_a_small_bank_and_held_in_a_large_one() -> None:
    policy = make_policy(PolicyConfig())
    bank, looks = OneEntry(27), [Look("trim:1", bytes(32), 100)]
    small, large = (screen(bank, looks, policy.at(entries)) for entries in (100, 1_000_000))
    assert (small.advice, small.matches[0].radius) == (Action.BLOCK, 31)
    assert large.advice is Action.HOLD
    assert large.matches[0].radius == policy.at(1_000_000).general(Family.TRIM).hold


def test_a_rule_stays_as_it_is_however_large_the_bank() -> None:
    policy = make_policy(PolicyConfig(rules=(Rule(look=Family.TILE, block_radius=31, hold_radius=40),))).at(10**9)
    assert policy.radii_for("main", Kind.WHOLE, Family.TILE) == Radii(31, 40)
    assert policy.radii_for("main", Kind.WHOLE, Family.TRIM).block < 31
    assert policy.widest(Family.TILE).hold == policy.reach == 40


def test_a_tolerance_of_one_leaves_the_radii_as_they_are() -> None:
    policy = make_policy(PolicyConfig(block_radius=20, false_blocks=1, false_holds=1))
    assert {policy.at(1_000_000).general(look) for look in Family} == {Radii(20, 31)}


def test_holds_keep_within_what_may_be_held_and_blocks_are_held_beyond_their_own_radius() -> None:
    strict = make_policy(PolicyConfig(false_blocks=1e-12, false_holds=1)).at(1_000_000)
    assert strict.general(Family.TILE).block < strict.general(Family.TILE).hold == 31


def test_more_looks_than_were_counted_with_are_more_chances() -> None:
    assert radius_for(Family.TRIM, 10**6, 1e-3, 255) < radius_for(Family.TRIM, 10**6, 1e-3, 48)
    assert radius_for(Family.TRIM, 10**6, 1e-3, 8) == radius_for(Family.TRIM, 10**6, 1e-3, 48)


def test_the_documents_table_is_the_one_in_the_code() -> None:
    rows = re.findall(
        r"^\| (\w+) \| (\d\.\d+e-\d+) \| (\d+) \| (\d+\.\d+) \|$", ROBUSTNESS.read_text("utf-8"), re.MULTILINE
    )
    assert {Family(look): Tail(float(share), int(bits), float(fall)) for look, share, bits, fall in rows} == TAILS


def test_the_documents_radii_are_those_that_a_gate_uses() -> None:
    rows = re.findall(r"^\| ([\d,]{5,}) \|((?: -?\d+ / -?\d+ \|){5})$", ROBUSTNESS.read_text("utf-8"), re.MULTILINE)
    assert [size for size, _ in rows] == ["1,000", "10,000", "100,000", "1,000,000", "10,000,000"]
    for size, cells in rows:
        policy = make_policy(PolicyConfig()).at(int(size.replace(",", "")))
        shown = [tuple(map(int, cell.split("/"))) for cell in cells.strip("| ").split("|")]
        assert shown == [(radii.block, radii.hold) for radii in map(policy.general, Family)], size


def test_a_tail_falls_to_one_part_in_e_every_so_many_bits() -> None:
    tail = Tail(1e-6, 60, 2.5)
    assert tail.chance(60) == pytest.approx(1e-6)
    assert tail.chance(57.5) == pytest.approx(1e-6 / math.e)
    assert (tail.radius(1e-6), tail.radius(1e-30), tail.radius(1)) == (60, -1, FARTHEST)
