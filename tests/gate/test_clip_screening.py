"""A video's verdict follows from its frames, the bank and the policy, whatever came first."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from notcontent.exchange.wire import Action, Kind
from notcontent.gate.clip_screening import SHOWN_A_GROUP, ClipScreening, Group
from notcontent.gate.config import Family
from notcontent.gate.policy import NEVER, Policy, PolicyRule, Radii
from notcontent.gate.screening import MAX_MATCHES, Facts, Verdict
from notcontent.matching import Found, LinearIndex
from notcontent.signals import Look
from notcontent.signals.video import Frame

STANDARD = Policy(Radii(20, 31), 50)


def value(name: str, bits: int = 0) -> bytes:
    """A hash of its own, with so many bits turned."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()) ^ ((1 << bits) - 1)
    return number.to_bytes(32)


@dataclass
class Films:
    """A bank of videos: names and how many frames each has; a picture is a name with none."""

    films: dict[str, int]
    gone: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()

    def entries(self) -> list[tuple[bytes, Facts, Group]]:
        found = []
        for name, count in self.films.items():
            for n in range(max(1, count)):
                kind, t_ms = (Kind.FRAME, n * 1000) if count else (Kind.WHOLE, None)
                facts = Facts(f"{name}{n}", kind, t_ms, 10 if name in self.plain else 90, "main")
                found.append((value(f"{name}{n}"), facts, Group(name.encode(), max(1, count))))
        return found

    def search(self, queries: NDArray[np.uint8], radius: int) -> Found:
        index = LinearIndex()
        rows = np.frombuffer(b"".join(each for each, _, _ in self.entries()), np.uint8).reshape(-1, 32)
        index.add(rows, np.arange(len(rows), dtype=np.uint32))
        return index.search(queries, radius)

    def _standing(self, slots: Iterable[int]) -> list[tuple[int, Facts, Group]]:
        found = [(slot, *self.entries()[slot][1:]) for slot in slots]
        return [each for each in found if each[1].alias not in self.gone]

    def facts(self, slots: Iterable[int]) -> Mapping[int, Facts]:
        return {slot: facts for slot, facts, _ in self._standing(slots)}

    def groups(self, slots: Iterable[int], min_quality: int) -> Mapping[int, Group]:
        assert min_quality == 50
        return {slot: group for slot, _, group in self._standing(slots)}


def frames(names: Iterable[str], *, bits: int = 5, quality: int = 90) -> list[Frame]:
    return [Frame(n * 700, value(name, bits), quality) for n, name in enumerate(names)]


def strangers(count: int) -> list[str]:
    return [f"stranger{n}" for n in range(count)]


def screened(bank: Films, upload: list[Frame], policy: Policy = STANDARD, *, hold_only: bool = False) -> Verdict:
    screening = ClipScreening(policy, hold_only=hold_only)
    screening.add(bank, upload)
    return screening.verdict(bank)


CLIP = [f"clip{n}" for n in range(8)]
BANK = Films({"clip": 8, "other": 40, "photo": 0})


def test_a_banked_clip_inside_a_long_upload_is_blocked_and_names_both_times() -> None:
    found = screened(BANK, frames(strangers(60) + CLIP + strangers(30)))
    assert (found.advice, found.reason) == (Action.BLOCK, "same_clip")
    assert len(found.matches) == 8
    assert {(match.facts.t_ms, match.at_ms) for match in found.matches} == {
        (n * 1000, (60 + n) * 700) for n in range(8)
    }
    assert {(match.distance, match.radius, match.look) for match in found.matches} == {(5, 20, "whole")}


def test_a_cut_of_a_banked_clip_is_blocked() -> None:
    assert screened(BANK, frames([f"other{n}" for n in range(9, 13)])).advice is Action.BLOCK


def test_one_common_frame_of_a_long_video_is_nothing() -> None:
    assert screened(BANK, frames([*strangers(50), "other3", *strangers(20)])) == Verdict(Action.ALLOW, "no_match")


def test_a_scene_in_common_is_held() -> None:
    found = screened(BANK, frames([*strangers(50), *(f"other{n}" for n in range(4))]))
    assert (found.advice, found.reason) == (Action.HOLD, "likely_clip")


def test_a_banked_picture_in_a_long_video_is_held_and_a_video_of_it_alone_blocked() -> None:
    inside = screened(BANK, frames([*strangers(50), "photo0"]))
    assert (inside.advice, inside.reason) == (Action.HOLD, "likely_clip")
    assert inside.matches[0].facts.t_ms is None
    assert screened(BANK, frames(["photo0"])).advice is Action.BLOCK


def test_beyond_the_block_radius_a_clip_is_held() -> None:
    found = screened(BANK, frames(CLIP, bits=25))
    assert (found.advice, found.reason) == (Action.HOLD, "same_clip")
    assert {match.radius for match in found.matches} == {31}
    assert screened(BANK, frames(CLIP, bits=32)).advice is Action.ALLOW


def test_a_policy_may_trust_some_looks_less() -> None:
    trims = PolicyRule(None, None, Family.TRIM, Radii(NEVER, 31))
    policy = Policy(Radii(31, 31), 50, (trims,))
    trimmed = [
        Frame(n * 700, value(f"bars{n}"), 90, (Look("trim:1", value(name, 3), 90),)) for n, name in enumerate(CLIP)
    ]
    found = screened(BANK, trimmed, policy)
    assert found.advice is Action.HOLD
    assert {match.look for match in found.matches} == {"trim:1"}
    assert screened(BANK, trimmed, Policy(Radii(31, 31), 50)).advice is Action.BLOCK


def test_an_old_lease_holds_and_does_not_stop_early() -> None:
    screening = ClipScreening(STANDARD, hold_only=True)
    screening.add(BANK, frames(CLIP))
    assert not screening.settled(BANK)
    assert screening.verdict(BANK).advice is Action.HOLD
    assert screening.verdict(BANK).reason == "lease_hold"


def test_plain_frames_and_plain_entries_count_for_nothing() -> None:
    assert screened(BANK, frames(CLIP, quality=49)) == Verdict(Action.ALLOW, "low_quality")
    assert screened(Films({"clip": 8}, plain=frozenset({"clip"})), frames(CLIP)) == Verdict(Action.ALLOW, "no_match")
    mixed = frames(CLIP[:3]) + [Frame(9000 + n, value(f"plain{n}"), 10) for n in range(50)]
    assert screened(BANK, mixed).advice is Action.BLOCK, "fifty plain frames take nothing from the share"


def test_a_sure_match_settles_before_the_end_and_nothing_else_does() -> None:
    screening = ClipScreening(STANDARD)
    asked = [screening.add(BANK, [frame]) for frame in frames(strangers(5) + CLIP[:3])]
    assert asked == [False] * 7 + [True]
    assert screening.settled(BANK)
    assert screening.verdict(BANK).advice is Action.BLOCK
    cut = ClipScreening(STANDARD)
    cut.add(BANK, frames([f"other{n}" for n in range(5)]))
    assert not cut.settled(BANK), "a long stranger may follow"


def test_what_is_withdrawn_while_an_upload_is_read_counts_no_more() -> None:
    screening = ClipScreening(STANDARD)
    screening.add(BANK, frames(CLIP))
    gone = Films(BANK.films, gone=frozenset(CLIP))
    assert not screening.settled(gone)
    assert screening.verdict(gone) == Verdict(Action.ALLOW, "no_match")


def test_matches_are_the_nearest_few_of_each_video() -> None:
    bank = Films({f"film{n}-": 30 for n in range(8)})
    upload = frames([f"film{n}-{m}" for n in range(8) for m in range(30)])
    found = screened(bank, upload)
    assert found.advice is Action.HOLD or found.advice is Action.BLOCK
    assert len(found.matches) == MAX_MATCHES
    names = [match.facts.alias.partition("-")[0] for match in found.matches]
    assert max(names.count(name) for name in names) == SHOWN_A_GROUP


@pytest.mark.parametrize("policy", [Policy(Radii(NEVER, NEVER), 50), STANDARD])
def test_an_upload_without_frames_is_too_plain(policy: Policy) -> None:
    assert screened(BANK, [], policy) == Verdict(Action.ALLOW, "low_quality")
