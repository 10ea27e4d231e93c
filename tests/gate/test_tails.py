"""Radii follow the bank's size: the more entries, the nearer a look must come, and a rule's radii stay."""

import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pytest
from gate_parts import Site
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from notcontent.exchange.wire import Action, Kind
from notcontent.gate.config import Family, PolicyConfig, Rule
from notcontent.gate.entries import EntryReader
from notcontent.gate.policy import NEVER, Policy, Radii, Tolerance, make_policy
from notcontent.gate.screening import Facts, screen
from notcontent.gate.snapshot import SnapshotHolder
from notcontent.gate.tails import FARTHEST, PATTERNS, TAILS, Tail, radius_for
from notcontent.matching import Found, LinearIndex
from notcontent.signals import Look
from notcontent.signals.pattern import is_pattern

ROBUSTNESS = Path(__file__).parents[2] / "docs" / "explanation" / "robustness.md"


class OneEntry:
    """A bank of one picture, so many bits from a value."""

    def __init__(self, distance: int, value: bytes = bytes(32), *, pattern: bool = False) -> None:
        self._pattern = pattern
        self._index = LinearIndex()
        other = int.from_bytes(value, "big") ^ ((1 << distance) - 1)
        self._index.add(np.frombuffer(other.to_bytes(32, "big"), np.uint8)[None])

    def search(self, queries: NDArray[np.uint8], radius: int) -> Found:
        return self._index.search(queries, radius)

    def facts(self, slots: Iterable[int]) -> Mapping[int, Facts]:
        return {slot: Facts(f"{slot:032x}", Kind.WHOLE, None, 100, "main", self._pattern) for slot in slots}


entries_of_a_bank = st.integers(0, 10**9)
shares = st.floats(1e-12, 1)


@given(st.sampled_from([*TAILS.values(), PATTERNS]), entries_of_a_bank, shares)
def test_a_radius_keeps_false_matches_within_the_share_and_one_bit_more_would_not(
    tail: Tail, entries: int, share: float
) -> None:
    radius = radius_for(tail, entries, share)
    part = share / (len(TAILS) + 1)
    if radius > NEVER:
        assert tail.chance(radius) * max(1, entries) <= part * (1 + 1e-6)
    if radius < FARTHEST:
        assert tail.chance(radius + 1) * max(1, entries) > part * (1 - 1e-6)


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
    value = np.random.default_rng(4).bytes(32)
    bank, looks = OneEntry(27, value), [Look("trim:1", value, 100)]
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
    tail = TAILS[Family.TRIM]
    assert radius_for(tail, 10**6, 1e-6, 255) < radius_for(tail, 10**6, 1e-6, 48)
    assert radius_for(tail, 10**6, 1e-6, 8) == radius_for(tail, 10**6, 1e-6, 48)


STRIPES = np.packbits(np.outer(np.arange(16) % 2, np.ones(16, int)) == 1).tobytes()
"""One row of signs times one column: a hash that says as little as any."""


def test_an_entry_whose_hash_says_little_must_be_met_nearer_and_an_uploader_cannot_bring_that_about() -> None:
    policy = make_policy(PolicyConfig())
    ordinary = np.random.default_rng(3).bytes(32)
    assert (is_pattern(STRIPES), is_pattern(ordinary)) == (True, False)
    for value, pattern, large in (
        (ordinary, False, Action.BLOCK),
        (ordinary, True, Action.ALLOW),
        (STRIPES, False, Action.BLOCK),
    ):
        bank, looks = OneEntry(25, value, pattern=pattern), [Look("whole", value, 100)]
        assert screen(bank, looks, policy.at(1)).advice is Action.BLOCK
        assert screen(bank, looks, policy.at(100_000)).advice is large


def test_a_whole_picture_that_comes_back_as_it_was_is_held_in_a_bank_of_any_size_whatever_its_hash_says() -> None:
    policy = make_policy(PolicyConfig()).at(10**9)
    for distance, kind, advice in ((0, "whole", Action.HOLD), (6, "whole", Action.HOLD), (7, "whole", Action.ALLOW)):
        bank = OneEntry(distance, STRIPES, pattern=True)
        assert screen(bank, [Look(kind, STRIPES, 100)], policy).advice is advice
    exact = OneEntry(0, STRIPES, pattern=True)
    assert screen(exact, [Look("tile:1", STRIPES, 100)], policy).advice is Action.ALLOW
    none = make_policy(PolicyConfig(block_radius=-1, hold_radius=-1)).at(10**9)
    assert screen(exact, [Look("whole", STRIPES, 100)], none).advice is Action.ALLOW


def test_a_bank_knows_which_of_its_entries_say_little(site: Site) -> None:
    site.feed.add(STRIPES)
    site.feed.add(np.random.default_rng(3).bytes(32))
    site.follow()
    config = site.syncer.config
    holder = SnapshotHolder(config.shared, site.clock, EntryReader(config.database))
    holder.refresh()
    assert sorted(facts.pattern for facts in holder.bank().facts([1, 2]).values()) == [False, True]


def test_a_forged_film_of_many_frames_narrows_no_radius_and_asks_no_estimate_for_more(site: Site) -> None:
    site.feed.add_video([(at * 100, np.random.default_rng(at).bytes(32)) for at in range(400)])
    site.feed.add(np.random.default_rng(3).bytes(32))
    site.follow()
    config = site.syncer.config
    holder = SnapshotHolder(config.shared, site.clock, EntryReader(config.database))
    holder.refresh()
    assert len(holder.bank().facts(range(1, 402))) == 401
    assert holder.bank().rows == 2


def test_the_documents_table_is_the_one_in_the_code() -> None:
    rows = re.findall(
        r"^\| (\w+) \| (\d\.\d+e-\d+) \| (\d+) \| (\d+\.\d+) \|$", ROBUSTNESS.read_text("utf-8"), re.MULTILINE
    )
    shown = {look: Tail(float(share), int(bits), float(fall)) for look, share, bits, fall in rows}
    assert shown == {look.value: tail for look, tail in TAILS.items()} | {"pattern": PATTERNS}


def test_the_documents_radii_are_those_that_a_gate_uses() -> None:
    rows = re.findall(r"^\| ([\d,]{5,}) \|((?: -?\d+ / -?\d+ \|){6})$", ROBUSTNESS.read_text("utf-8"), re.MULTILINE)
    assert [size for size, _ in rows] == ["1,000", "10,000", "100,000", "1,000,000", "10,000,000"]
    for size, cells in rows:
        policy = make_policy(PolicyConfig()).at(int(size.replace(",", "")))
        shown = [tuple(map(int, cell.split("/"))) for cell in cells.strip("| ").split("|")]
        radii = [*map(policy.general, Family), policy.general(Family.WHOLE, pattern=True)]
        assert shown == [(one.block, one.hold) for one in radii], size


def test_a_tail_falls_to_one_part_in_e_every_so_many_bits() -> None:
    tail = Tail(1e-6, 60, 2.5)
    assert tail.chance(60) == pytest.approx(1e-6)
    assert tail.chance(57.5) == pytest.approx(1e-6 / math.e)
    assert (tail.radius(1e-6), tail.radius(1e-30), tail.radius(1)) == (60, -1, FARTHEST)
