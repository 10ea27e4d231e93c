"""A verdict follows from looks, bank and policy, and from nothing else."""

import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from notcontent.exchange.wire import Action, Kind
from notcontent.gate.actions import make_actions
from notcontent.gate.config import Family, Mode, PolicyConfig, Rule
from notcontent.gate.policy import NEVER, Policy, Radii, make_policy
from notcontent.gate.screening import MAX_MATCHES, Facts, Verdict, screen, screen_many
from notcontent.matching import Found, LinearIndex
from notcontent.signals import Look

STANDARD = Policy(Radii(31, 31), 50)


@dataclass
class ListedBank:
    """A bank that is a list: (distance from zero, facts)."""

    entries: list[tuple[int, Facts]]
    gone: frozenset[int] = frozenset()

    def search(self, queries: NDArray[np.uint8], radius: int) -> Found:
        index = LinearIndex()
        rows = np.frombuffer(b"".join(at(distance) for distance, _ in self.entries), np.uint8).reshape(-1, 32)
        index.add(rows, np.arange(len(rows), dtype=np.uint32))
        return index.search(queries, radius)

    def facts(self, slots: Iterable[int]) -> Mapping[int, Facts]:
        return {slot: self.entries[slot][1] for slot in slots if slot not in self.gone}


def at(distance: int) -> bytes:
    """A value so many bits from zero."""
    return ((1 << distance) - 1).to_bytes(32, "big")


def entry(distance: int, *, kind: Kind = Kind.WHOLE, bank: str = "main", quality: int = 100) -> tuple[int, Facts]:
    return distance, Facts(f"{distance:032x}", kind, None, quality, bank)


def look(quality: int = 100) -> Look:
    return Look("whole", bytes(32), quality)


@pytest.mark.parametrize(
    ("distance", "advice", "reason"),
    [
        (0, Action.BLOCK, "within_block_radius"),
        (20, Action.BLOCK, "within_block_radius"),
        (21, Action.HOLD, "within_hold_radius"),
        (31, Action.HOLD, "within_hold_radius"),
        (32, Action.ALLOW, "no_match"),
    ],
)
def test_radii_are_inclusive(distance: int, advice: Action, reason: str) -> None:
    verdict = screen(ListedBank([entry(distance)]), [look()], Policy(Radii(20, 31), 50))
    assert (verdict.advice, verdict.reason) == (advice, reason)


@pytest.mark.parametrize(("of_look", "of_entry"), [(49, 100), (100, 49)])
def test_what_is_too_plain_never_matches(of_look: int, of_entry: int) -> None:
    assert screen(ListedBank([entry(0, quality=of_entry)]), [look(of_look)], STANDARD).advice is Action.ALLOW


def test_a_plain_look_says_so_and_is_not_even_searched() -> None:
    class Untouchable(ListedBank):
        def search(self, queries: NDArray[np.uint8], radius: int) -> Found:
            raise AssertionError(f"{len(queries)} searched within {radius}")

    assert screen(Untouchable([]), [look(49)], STANDARD).reason == "low_quality"


def test_what_was_withdrawn_since_does_not_count() -> None:
    bank = ListedBank([entry(0), entry(5)], gone=frozenset({0}))
    verdict = screen(bank, [look()], STANDARD)
    assert [match.distance for match in verdict.matches] == [5]
    assert screen(ListedBank([entry(0)], gone=frozenset({0})), [look()], STANDARD).advice is Action.ALLOW


def test_an_old_lease_holds_what_it_would_have_blocked() -> None:
    verdict = screen(ListedBank([entry(0)]), [look()], STANDARD, hold_only=True)
    assert (verdict.advice, verdict.reason) == (Action.HOLD, "lease_hold")


def test_the_gravest_advice_decides_though_another_entry_is_nearer() -> None:
    policy = make_policy(
        PolicyConfig(rules=(Rule(bank="careful", hold_radius=31), Rule(kind=Kind.CROP, block_radius=5, hold_radius=40)))
    )
    careful, crop, whole = entry(1, bank="careful"), entry(38, kind=Kind.CROP), entry(9)
    assert screen(ListedBank([careful]), [look()], policy).advice is Action.HOLD
    assert screen(ListedBank([crop]), [look()], policy).advice is Action.HOLD
    verdict = screen(ListedBank([careful, crop, whole]), [look()], policy)
    assert verdict.advice is Action.BLOCK
    assert [match.distance for match in verdict.matches] == [9, 1, 38]
    assert [match.radius for match in verdict.matches] == [31, 31, 40]


def test_a_rule_for_a_kind_of_a_bank_and_never() -> None:
    rules = (Rule(bank="a", kind=Kind.CROP, block_radius=3, hold_radius=3), Rule(bank="a"))
    policy = make_policy(PolicyConfig(rules=rules))
    assert policy.radii_for("a", Kind.CROP, Family.WHOLE) == Radii(3, 3)
    assert policy.radii_for("a", Kind.WHOLE, Family.WHOLE) == Radii(NEVER, NEVER)
    assert policy.radii_for("b", Kind.CROP, Family.TILE) == Radii(31, 31)
    off = make_policy(PolicyConfig(block_radius=-1, hold_radius=-1))
    assert screen(ListedBank([entry(0)]), [look()], off).advice is Action.ALLOW


def test_many_matches_are_cut_to_the_nearest() -> None:
    bank = ListedBank([(n % 30, Facts(f"{n:032x}", Kind.WHOLE, None, 100, "main")) for n in range(200)])
    verdict = screen(bank, [look()], STANDARD)
    assert len(verdict.matches) == MAX_MATCHES
    assert [match.distance for match in verdict.matches] == sorted([distance % 30 for distance in range(200)])[:50]


def test_a_rule_for_a_family_of_looks_holds_what_the_whole_picture_would_block() -> None:
    rules = (Rule(look=Family.TILE, block_radius=10, hold_radius=31), Rule(look=Family.TRIM, hold_radius=20))
    policy = make_policy(PolicyConfig(rules=rules))
    bank = ListedBank([entry(25)])
    for kind, advice in (
        ("whole", Action.BLOCK),
        ("turn:mirror", Action.BLOCK),
        ("trim:1", Action.ALLOW),
        ("trim:2+mirror", Action.ALLOW),
        ("tile:3", Action.HOLD),
    ):
        verdict = screen(bank, [Look(kind, bytes(32), 100)], policy)
        assert verdict.advice is advice
        assert [match.look for match in verdict.matches] == ([] if advice is Action.ALLOW else [kind])


def test_an_entry_that_several_looks_meet_is_one_match_by_the_gravest_then_nearest_look() -> None:
    policy = make_policy(PolicyConfig(rules=(Rule(look=Family.TILE, hold_radius=31),)))
    bank = ListedBank([entry(20), entry(12)])
    looks = [Look("tile:1", bytes(32), 100), Look("turn:90", at(3), 100), Look("trim:1", at(1), 100)]
    verdict = screen(bank, looks, policy)
    assert [(match.look, match.distance) for match in verdict.matches] == [("turn:90", 9), ("turn:90", 17)]
    assert verdict.advice is Action.BLOCK


@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from(Kind), st.integers(40, 60)), max_size=8),
    st.lists(st.integers(40, 60), min_size=1, max_size=6),
    st.booleans(),
)
def test_one_search_for_many_uploads_says_what_one_for_each_says(
    entries: list[tuple[int, Kind, int]], qualities: list[int], hold_only: bool
) -> None:
    bank = ListedBank([entry(distance, kind=kind, quality=quality) for distance, kind, quality in entries])
    policy = make_policy(PolicyConfig(rules=(Rule(kind=Kind.CROP, block_radius=2, hold_radius=50),)))
    looks = [look(quality) for quality in qualities]
    uploads = [looks[:2], *([one] for one in looks), [], looks]
    together: list[Verdict] = screen_many(bank, uploads, policy, hold_only=hold_only)
    assert together == [screen(bank, some, policy, hold_only=hold_only) for some in uploads]


def test_dry_run_is_the_default_and_lets_everything_pass() -> None:
    dry, enforcing = make_actions(PolicyConfig().mode), make_actions(Mode.ENFORCE)
    assert [dry.effective(advice) for advice in Action] == [Action.ALLOW] * 3
    assert [enforcing.effective(advice) for advice in Action] == list(Action)


def test_screening_imports_neither_clock_nor_log_nor_chance() -> None:
    # Its own imports; those of the whole tree below it are the import linter's.
    code = (
        "import ast, pathlib, notcontent.gate.screening as s\n"
        "tree = ast.parse(pathlib.Path(s.__file__).read_text())\n"
        "names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}\n"
        "names |= {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}\n"
        "bad = {'time', 'datetime', 'random', 'secrets', 'logging', 'notcontent.gate.log', 'os'} & names\n"
        "assert not bad, bad\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
