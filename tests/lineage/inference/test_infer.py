"""Inference says which channel continues which, why, and what it does not know."""

import math

import numpy as np
import pytest
from lineage.inference.worlds import (
    around,
    evidence_of,
    fact,
    link,
    main_and_child,
    part_of,
    place,
    posts,
)

from notcontent.lineage.evaluation.judging import judge
from notcontent.lineage.evaluation.metrics import measure
from notcontent.lineage.evidence import Evidence
from notcontent.lineage.family import Line, ReasonKind
from notcontent.lineage.gathering import gather
from notcontent.lineage.inference import infer, rescore
from notcontent.lineage.observations import FactKind, Observation
from notcontent.lineage.simulation import Level, Settings, simulate


def line_of(evidence: Evidence, name: int) -> Line:
    return infer(evidence).lines[place(evidence, name)]


def test_a_channel_that_begins_with_what_a_removed_one_showed_is_its_child() -> None:
    evidence = evidence_of(main_and_child())
    lineage = infer(evidence)
    child = lineage.lines[place(evidence, 2)]
    assert child.stated == place(evidence, 1)
    assert child.in_family > 0.9
    assert lineage.lines[place(evidence, 1)].stated is None
    assert [family.members for family in lineage.families] == [(place(evidence, 1), place(evidence, 2))]
    assert lineage.families[0].root == place(evidence, 1)


def test_reasons_add_up_to_the_log_odds_of_each_probability() -> None:
    world = simulate(Settings(31, families=2, level=Level.POSTS, media=False))
    candidates = [each for line in infer(gather(world.observations(), world.marker)).lines for each in line.candidates]
    assert len(candidates) > 20
    for each in candidates:
        whole = sum(reason.weight for reason in each.reasons)
        assert 1 / (1 + math.exp(-whole)) == pytest.approx(each.probability, abs=1e-6)


def test_what_is_not_there_is_no_reason_though_trees_asked_for_it() -> None:
    world = simulate(Settings(31, families=2, level=Level.POSTS, media=False))
    lines = infer(gather(world.observations(), world.marker)).lines
    told = [reason for line in lines for each in line.candidates for reason in each.reasons]
    counted = {
        ReasonKind.FORWARDS, ReasonKind.FORWARDED_BACK, ReasonKind.ANNOUNCED, ReasonKind.LINKS_BACK, ReasonKind.PEOPLE,
    }  # fmt: skip
    assert {reason.kind for reason in told} & counted
    assert all(round(reason.numbers["count"]) >= 1 for reason in told if reason.kind in counted)


def test_reasons_carry_the_numbers_of_their_sentences() -> None:
    reasons = {each.kind: each for each in line_of(evidence_of(main_and_child()), 2).candidates[0].reasons}
    assert reasons[ReasonKind.SHARED].numbers["count"] == 40
    assert reasons[ReasonKind.AFTER_REMOVAL].numbers["days"] == pytest.approx(2.9, abs=0.1)


def test_of_a_chain_each_channel_continues_the_one_before_it() -> None:
    first = posts(1, {n: n for n in range(60)})
    second = posts(2, {**{n: 62 + n / 60 for n in range(50)}, **{f"b{n}": 64 + n for n in range(40)}})
    again = {f"b{n}": 106 + n / 50 for n in range(35)}
    third = posts(3, {**{str(n): 106 + n / 60 for n in range(40)}, **again})
    evidence = evidence_of(first, second, third)
    assert line_of(evidence, 3).stated == place(evidence, 2)
    assert line_of(evidence, 2).stated == place(evidence, 1)


def test_what_everybody_shows_joins_nobody() -> None:
    spam = [f"spam{n}" for n in range(30)]
    channels: list[Observation] = []
    for name in range(1, 80):
        shown = {content: name + 3 * (at * name % 31) for at, content in enumerate(spam)}
        channels += posts(name, {**shown, **{f"own{name}-{n}": name + n for n in range(30)}})
    lineage = infer(evidence_of(channels))
    assert lineage.families == ()


def test_a_name_alone_joins_nobody() -> None:
    evidence = evidence_of(
        posts(1, {f"a{n}": n for n in range(50)}),
        posts(2, {f"b{n}": 20 + n for n in range(50)}),
        [fact(name, FactKind.TITLE, "River Lamp", 30) for name in (1, 2)],
    )
    assert infer(evidence).families == ()


def test_channels_without_posts_or_dates_are_borne() -> None:
    evidence = evidence_of([fact(1, FactKind.REMOVED), fact(2, FactKind.TITLE, "River")])
    lineage = infer(evidence)
    assert [line.candidates for line in lineage.lines] == [(), ()]
    assert not infer(evidence_of([])).lines


def test_channels_that_began_in_the_same_second_have_no_direction() -> None:
    same = {n: n for n in range(40)}
    evidence = evidence_of(posts(1, same), posts(2, same))
    assert [line.stated for line in infer(evidence).lines] == [None, None]


def test_a_channel_read_only_from_its_middle_can_be_the_parent_of_one_read_from_its_start() -> None:
    child = {"hello": 40, **{str(n): 50.1 + n for n in range(40)}}
    evidence = evidence_of(posts(1, {str(n): 50 + n for n in range(45)}, first=400), posts(2, child))
    assert line_of(evidence, 2).candidates[0].parent == place(evidence, 1)
    assert line_of(evidence, 1).candidates == ()


def test_a_channel_that_was_only_announced_comes_from_who_announces_it() -> None:
    evidence = evidence_of(
        main_and_child(), [fact(9, FactKind.ALIVE, day=70), link(2, 9, 66), link(2, 9, 67, 100_001, button=True)]
    )
    line = line_of(evidence, 9)
    assert line.candidates[0].parent == place(evidence, 2)
    assert ReasonKind.ANNOUNCED in {reason.kind for reason in line.candidates[0].reasons}


def test_strangers_are_those_that_share_little_and_a_relative_is_none() -> None:
    spam = [posts(name, {"spam": name, **{f"{name}-{n}": name + n for n in range(20)}}) for name in range(10, 35)]
    evidence = evidence_of(main_and_child(), posts(2, {"spam": 70}, first=500), *spam)
    assert line_of(evidence, 2).strangers == 25
    assert line_of(evidence_of(main_and_child()), 2).strangers == 0


def test_a_removal_noticed_just_before_the_birth_speaks_for_the_parent_and_is_told() -> None:
    plain = line_of(evidence_of(main_and_child()), 2).candidates[0]
    told = line_of(evidence_of(main_and_child(), [fact(1, FactKind.REMOVED, day=60.5)]), 2).candidates[0]
    weight, numbers = next(
        (each.weight, each.numbers) for each in told.reasons if each.kind is ReasonKind.AFTER_REMOVAL
    )
    assert weight > next(each.weight for each in plain.reasons if each.kind is ReasonKind.AFTER_REMOVAL)
    assert numbers["noticed"] == pytest.approx(1.4, abs=0.1)


def test_a_second_parent_is_named_as_merged() -> None:
    evidence = evidence_of(
        posts(1, {f"a{n}": n for n in range(60)}),
        posts(2, {f"b{n}": n + 0.5 for n in range(60)}),
        posts(3, {**{f"a{n}": 62 + n / 60 for n in range(50)}, **{f"b{n}": 62.5 + n / 60 for n in range(40)}}),
        [link(1, 3, 61), link(1, 3, 62, 100_001)],
    )
    line = line_of(evidence, 3)
    assert line.stated == place(evidence, 1)
    assert line.merged_from == (place(evidence, 2),)


def test_what_is_stated_is_a_forest_whatever_the_dates_are() -> None:
    chance = np.random.default_rng(3)
    for _ in range(20):
        parts: list[Observation] = []
        for name in range(1, 13):
            days = chance.integers(0, 6, 25) if chance.random() < 0.5 else chance.uniform(0, 40, 25)
            shown = {int(content): float(day) for content, day in zip(chance.integers(0, 40, 25), days, strict=True)}
            parts += posts(name, shown, first=int(chance.integers(1, 300)))
        stated = {line.channel: line.stated for line in infer(evidence_of(parts)).lines}
        for parent in stated.values():
            above, steps = parent, 0
            while above is not None:
                above, steps = stated[above], steps + 1
                assert steps <= len(stated)


@pytest.mark.parametrize("media", [True, False])
def test_a_part_that_holds_all_that_is_shared_gives_the_lines_of_the_whole(media: bool) -> None:
    world = simulate(Settings(32, families=4, level=Level.POSTS, media=media))
    whole = gather(world.observations(), world.marker)
    lines = infer(whole).lines
    wanted = [3, 17, 30]
    part, at = part_of(whole, around(whole, wanted))
    assert len(part.channels) < len(whole.channels)
    back = {there: here for here, there in at.items()}
    for line, same in zip((lines[each] for each in wanted), rescore(part, [at[each] for each in wanted]), strict=True):
        assert [back[each.parent] for each in same.candidates] == [each.parent for each in line.candidates]
        assert [each.probability for each in same.candidates] == pytest.approx(
            [each.probability for each in line.candidates]
        )
        assert same.in_family == pytest.approx(line.in_family)
        assert same.strangers == line.strangers
        assert dict(line.kin)
        assert {back[other]: shared for other, shared in same.kin} == dict(line.kin)
        assert (None if same.stated is None else back[same.stated]) == line.stated


def test_progress_is_told_up_to_the_last_channel() -> None:
    told: list[tuple[int, int]] = []
    infer(evidence_of(main_and_child()), progress=lambda done, of: told.append((done, of)))
    assert told[-1] == (2, 2)


@pytest.mark.parametrize("media", [True, False])
def test_of_a_simulated_world_most_parents_are_stated_and_nearly_all_of_those_are_right(media: bool) -> None:
    world = simulate(Settings(700, families=6, media=media))
    evidence = gather(world.observations(), world.marker)
    found = measure(judge(infer(evidence), evidence, world.truth))
    assert found["precision"].value >= 0.9
    assert found["parent"].value >= 0.85
    assert found["family"].value >= 0.9
