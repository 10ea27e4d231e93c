"""However many entries lie near an upload, few are asked about, and the verdict is that of all of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from notcontent.exchange.wire import Action, Kind
from notcontent.gate import screening
from notcontent.gate.config import Family
from notcontent.gate.policy import NEVER, Policy, PolicyRule, Radii
from notcontent.gate.screening import (
    FIRST_PAGE,
    LARGEST_PAGE,
    LEASE_HOLD,
    MAX_MATCHES,
    MOST_STANDING,
    TOO_MANY_NEAR,
    Facts,
    Match,
    screen,
    screen_many,
)
from notcontent.matching import Found, LinearIndex
from notcontent.signals import Look
from notcontent.signals.looks import family

TWINS = 150_000
STANDARD = Policy(Radii(31, 31), 50)
ONLY_OTHER_BLOCKS = Policy(Radii(NEVER, 31), 50, (PolicyRule("other", None, None, Radii(31, 31)),))
LOOK = Look("whole", bytes(32), 100)


@dataclass
class CrowdedBank:
    """Entries at distances from zero, and how many facts were asked for."""

    distances: NDArray[np.int64]
    banks: dict[int, str] = field(default_factory=dict)
    gone: range = range(0)
    qualities: dict[int, int] = field(default_factory=dict)
    asked: int = 0

    def search(self, queries: NDArray[np.uint8], radius: int) -> Found:
        index = LinearIndex()
        steps = np.frombuffer(b"".join(at(distance) for distance in range(61)), np.uint8).reshape(-1, 32)
        index.add(steps[self.distances], np.arange(len(self.distances), dtype=np.uint32))
        return index.search(queries, radius)

    def facts(self, slots: Iterable[int]) -> Mapping[int, Facts]:
        wanted = list(slots)
        self.asked += len(wanted)
        return {slot: self.facts_of(slot) for slot in wanted if slot not in self.gone}

    def facts_of(self, slot: int) -> Facts:
        kind = Kind.CROP if slot % 3 == 0 else Kind.WHOLE
        return Facts(f"{slot:032x}", kind, None, self.qualities.get(slot, 100), self.banks.get(slot, "main"))


def at(distance: int) -> bytes:
    """A value so many bits from zero."""
    return ((1 << distance) - 1).to_bytes(32, "big")


def twins(*others: int) -> NDArray[np.int64]:
    """Distances of the twins, and of further entries after them."""
    return np.concatenate([np.zeros(TWINS, np.int64), np.array(others, np.int64)])


def test_of_a_value_banked_150_000_times_one_page_is_asked_about() -> None:
    bank = CrowdedBank(twins())
    verdict = screen(bank, [LOOK], STANDARD)
    assert bank.asked == FIRST_PAGE
    assert (verdict.advice, verdict.reason, len(verdict.matches)) == (Action.BLOCK, "within_block_radius", MAX_MATCHES)


def test_an_entry_that_stands_behind_150_000_withdrawn_ones_is_found() -> None:
    bank = CrowdedBank(twins(31), gone=range(TWINS))
    verdict = screen(bank, [LOOK], STANDARD)
    assert (verdict.advice, [match.distance for match in verdict.matches]) == (Action.BLOCK, [31])


def test_one_that_blocks_is_found_behind_nearer_ones_that_only_hold() -> None:
    held = MOST_STANDING - 1
    bank = CrowdedBank(np.array([0] * held + [31]), banks={held: "other"})
    verdict = screen(bank, [LOOK], ONLY_OTHER_BLOCKS)
    assert (verdict.advice, [match.distance for match in verdict.matches[:2]]) == (Action.BLOCK, [31, 0])


def test_where_only_another_bank_could_block_the_crowd_is_held_and_asking_ends() -> None:
    bank = CrowdedBank(twins())
    verdict = screen(bank, [LOOK], ONLY_OTHER_BLOCKS)
    assert (verdict.advice, verdict.reason, len(verdict.matches)) == (Action.HOLD, "within_hold_radius", MAX_MATCHES)
    assert bank.asked <= MOST_STANDING + LARGEST_PAGE


def test_a_crowd_that_leads_to_nothing_but_may_hide_what_does_is_held_for_a_person() -> None:
    bank = CrowdedBank(twins(), qualities=dict.fromkeys(range(TWINS), 0))
    verdict = screen(bank, [LOOK], STANDARD)
    assert (verdict.advice, verdict.reason, verdict.matches) == (Action.HOLD, TOO_MANY_NEAR, ())
    assert bank.asked <= MOST_STANDING + LARGEST_PAGE


def test_a_crowd_beyond_what_this_look_may_match_is_not_asked_about() -> None:
    bank = CrowdedBank(twins())
    policy = Policy(Radii(31, 31), 50, (PolicyRule(None, None, Family.TILE, Radii(31, 40)),))
    assert screen(bank, [Look("whole", at(35), 100)], policy).advice is Action.ALLOW
    assert bank.asked == 0


RULES = st.lists(
    st.builds(
        PolicyRule,
        st.sampled_from([None, "main", "other"]),
        st.sampled_from([None, Kind.CROP]),
        st.sampled_from([None, Family.TILE, Family.TURN]),
        st.tuples(st.integers(-1, 20), st.integers(-1, 20)).map(lambda both: Radii(min(both), max(both))),
    ),
    max_size=3,
)


def by_all(bank: CrowdedBank, looks: list[Look], policy: Policy, *, hold_only: bool) -> list[Match]:
    """The matches of every entry and every look, in the order that they are shown in."""
    matches = []
    for look in looks:
        for slot, distance in zip(*(part.tolist() for part in bank.search(rows(look), 60).of(0)), strict=True):
            facts = bank.facts_of(slot)
            if slot in bank.gone or min(facts.quality, look.quality) < policy.min_quality:
                continue
            radii = policy.radii_for(facts.bank, facts.kind, Family(family(look.kind)))
            advice = radii.advice(distance)
            if advice is Action.BLOCK and hold_only:
                matches.append(Match(facts, look.kind, distance, radii.block, Action.HOLD, LEASE_HOLD))
            elif advice is Action.BLOCK:
                matches.append(Match(facts, look.kind, distance, radii.block, advice, "within_block_radius"))
            elif advice is Action.HOLD:
                matches.append(Match(facts, look.kind, distance, radii.hold, advice, "within_hold_radius"))
    first: dict[str, Match] = {}
    for match in sorted(matches, key=lambda one: (one.advice is not Action.BLOCK, one.distance)):
        first.setdefault(match.facts.alias, match)
    return list(first.values())


def rows(look: Look) -> NDArray[np.uint8]:
    return np.frombuffer(look.value, np.uint8).reshape(1, 32)


@given(
    entries=st.lists(
        st.tuples(st.integers(0, 25), st.sampled_from(["main", "other"]), st.sampled_from([40, 60])), max_size=25
    ),
    gone=st.integers(0, 10),
    looks=st.lists(
        st.builds(
            Look,
            st.sampled_from(["whole", "turn:left", "tile:1"]),
            st.integers(0, 25).map(at),
            st.sampled_from([40, 60]),
        ),
        max_size=4,
    ),
    general=st.sampled_from([Radii(-1, -1), Radii(10, 10), Radii(3, 15)]),
    rules=RULES,
    hold_only=st.booleans(),
)
def test_a_few_at_a_time_say_what_all_together_say(
    entries: list[tuple[int, str, int]],
    gone: int,
    looks: list[Look],
    general: Radii,
    rules: list[PolicyRule],
    *,
    hold_only: bool,
) -> None:
    distances = np.array([distance for distance, _, _ in entries], np.int64)
    banks = {slot: name for slot, (_, name, _) in enumerate(entries)}
    qualities = {slot: quality for slot, (_, _, quality) in enumerate(entries)}
    bank = CrowdedBank(distances, banks, range(gone), qualities)
    policy = Policy(general, 50, tuple(rules))
    with patch.multiple(screening, FIRST_PAGE=2, LARGEST_PAGE=4, MAX_MATCHES=3):
        both = screen_many(bank, [looks, looks[:1]], policy, hold_only=hold_only)
    for verdict, some in zip(both, (looks, looks[:1]), strict=True):
        expected = by_all(bank, some, policy, hold_only=hold_only)
        assert verdict.matches == tuple(expected[:3])
        assert verdict.advice is (expected[0].advice if expected else Action.ALLOW)
