"""Metrics: lineages made by hand with scores that can be counted, an oracle, and one that was shuffled."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from notcontent.lineage.evaluation.judging import judge
from notcontent.lineage.evaluation.metrics import measure, reliability
from notcontent.lineage.evidence import ChannelFacts, Evidence, Pointers, Shown
from notcontent.lineage.family import Candidate, Family, Line, Lineage
from notcontent.lineage.gathering import gather
from notcontent.lineage.simulation import Level, Ranges, Settings, Span, Truth, simulate

# Two families and a stranger, by place:   0 - 1 - 2     4 - 5     6
#                                              \ 3
PARENTS = (None, 0, 1, 1, None, 4, None)
FAMILIES = (0, 0, 0, 0, 1, 1, 2)


def truth(parents: Sequence[int | None] = PARENTS, seen: Sequence[bool] = (True,) * 7) -> Truth:
    nearest: list[int | None] = []
    for parent in parents:
        nearest.append(parent if parent is None or seen[parent] else nearest[parent])
    return Truth(
        names={f"n:{place + 1}": place for place in range(7)},
        parents=tuple(parents),
        seen_parents=tuple(nearest),
        families=FAMILIES,
        strangers=(False,) * 6 + (True,),
        merged=((),) * 7,
        seen=np.array(seen),
        born=np.arange(7),
    )


def evidence(posts: Sequence[int] = (9,) * 7) -> Evidence:
    nothing = np.empty(0, np.uint32)
    pointers = Pointers(nothing, nothing, nothing, np.empty(0, np.int64))
    shown = Shown(nothing, nothing, np.empty(0, np.int64), np.empty(0, np.uint8))
    channels = tuple(ChannelFacts(key=f"n:{place + 1}", posts=count) for place, count in enumerate(posts))
    return Evidence(
        channels, shown, shown, pointers, pointers, pointers, pointers, np.zeros((len(posts), 24), np.uint32)
    )


def lineage(
    stated: Sequence[int | None], families: Sequence[tuple[int, ...]], probabilities: Sequence[float] | None = None
) -> Lineage:
    lines = []
    for place, parent in enumerate(stated):
        sure = 1.0 if probabilities is None else probabilities[place]
        lines.append(Line(place, () if parent is None else (Candidate(parent, sure, ()),), parent, sure))
    return Lineage(lines, [Family(number, kin[0], kin) for number, kin in enumerate(families)])


def values(said: Lineage, true: Truth | None = None, seen: Evidence | None = None) -> dict[str, float]:
    return {name: each.value for name, each in measure(judge(said, seen or evidence(), true or truth())).items()}


def test_what_is_all_right_scores_one() -> None:
    scores = values(lineage(PARENTS, [(0, 1, 2, 3), (4, 5), (6,)]))
    assert scores == {
        "parent": 1,
        "precision": 1,
        "abstained": 0,
        "family": 1,
        "root": 1,
        "ancestors": 1,
        "apart": 1,
        "calibration_error": 0,
    }


def test_one_wrong_one_withheld_and_one_stranger_taken_in() -> None:
    scores = values(lineage((None, 0, 1, 0, None, None, 4), [(0, 1, 2, 3), (4, 6), (5,)]))
    assert scores["parent"] == pytest.approx(2 / 4)
    assert scores["precision"] == pytest.approx(2 / 4)
    assert scores["abstained"] == pytest.approx(1 / 4)
    assert scores["apart"] == 0
    # Four of one family at 1; of the other each is half found: precision 1/2 or 1, recall 1/2.
    assert scores["family"] == pytest.approx((4 + 1 / 2 + 2 / 3) / 6)
    assert scores["root"] == pytest.approx(5 / 6)
    # True pairs: 1-0, 2-1, 2-0, 3-1, 3-0, 5-4. Stated: 1-0, 2-1, 2-0, 3-0, 6-4. In both: 4.
    assert scores["ancestors"] == pytest.approx(2 * 4 / (6 + 5))


def test_families_that_are_thrown_together_lose_precision() -> None:
    scores = values(lineage((None, 0, 1, 1, 0, 4, None), [(0, 1, 2, 3, 4, 5), (6,)]))
    four, two = 4 / 6, 2 / 6
    assert scores["family"] == pytest.approx((4 * 2 * four / (four + 1) + 2 * 2 * two / (two + 1)) / 6)
    assert scores["precision"] == pytest.approx(4 / 5)
    assert scores["root"] == pytest.approx(4 / 6)


def test_when_the_parent_was_not_read_the_nearest_that_was_is_right() -> None:
    unread = truth(seen=(True, False, True, True, True, True, True))
    seen = evidence((9, 0, 9, 9, 9, 9, 9))
    assert values(lineage((None, None, 0, 0, None, 4, None), [(0, 2, 3), (4, 5)]), unread, seen)["parent"] == 1
    assert values(lineage((None, None, 3, 0, None, 4, None), [(0, 2, 3), (4, 5)]), unread, seen)["parent"] < 1


def test_a_true_parent_that_was_only_heard_of_is_right_too() -> None:
    unread = truth(seen=(True, False, True, True, True, True, True))
    said = lineage((None, None, 1, 1, None, 4, None), [(0, 1, 2, 3), (4, 5)])
    assert values(said, unread, evidence((9, 0, 9, 9, 9, 9, 9)))["parent"] == 1


def test_a_channel_without_a_read_ancestor_need_not_have_a_parent() -> None:
    unread = truth(seen=(False, True, True, True, True, True, True))
    scores = values(
        lineage((None, None, 1, 1, None, 4, None), [(1, 2, 3), (4, 5)]), unread, evidence((0, 9, 9, 9, 9, 9, 9))
    )
    assert (scores["parent"], scores["root"], scores["family"]) == (1, 1, 1)


def test_calibration_error_is_how_far_the_stated_lie_from_the_right() -> None:
    said = lineage((None, 0, 1, 2, None, 4, None), [(0, 1, 2, 3), (4, 5)], (0, 0.85, 0.85, 0.85, 0, 0.25, 0))
    sums = judge(said, evidence(), truth())
    bins = reliability(sums)
    assert bins[8].count == 3
    assert bins[8].stated == pytest.approx(0.85)
    assert bins[8].right == pytest.approx(2 / 3)
    assert (bins[2].count, bins[2].right) == (1, 1)
    error = (3 * abs(0.85 - 2 / 3) + abs(0.25 - 1)) / 4
    assert measure(sums)["calibration_error"].value == pytest.approx(error)


def test_intervals_hold_the_value_and_come_from_families() -> None:
    made, gathered = _world()
    oracle = _oracle(gathered, made)
    lines = [replace(line, stated=None) if made.families[place] % 3 == 0 else line for place, line in oracle.items()]
    measured = measure(judge(Lineage(lines, []), gathered, made))["parent"]
    assert measured.low < measured.value < measured.high


def test_a_perfect_oracle_scores_one_on_a_world_with_unseen_channels() -> None:
    made, gathered = _world()
    scores = values(_lineage_of(list(_oracle(gathered, made).values()), gathered, made), made, gathered)
    assert [scores[name] for name in ("parent", "precision", "family", "root", "ancestors", "apart")] == [1] * 6
    assert scores["abstained"] == 0


def test_a_shuffled_lineage_scores_near_nothing() -> None:
    made, gathered = _world()
    chance = np.random.Generator(np.random.PCG64(2))
    mixed = chance.permutation(len(gathered.channels))
    lines = [
        Line(place, (Candidate(int(mixed[place]), 0.5, ()),), int(mixed[place]), 0.5) for place in range(len(mixed))
    ]
    groups = [tuple(int(one) for one in part) for part in np.array_split(mixed, 12)]
    families = [Family(number, kin[0], kin) for number, kin in enumerate(groups)]
    scores = values(Lineage(lines, families), made, gathered)
    assert max(scores[name] for name in ("parent", "precision", "root", "ancestors", "apart")) < 0.2
    assert scores["family"] < 0.45


@cache
def _world() -> tuple[Truth, Evidence]:
    ranges = Ranges(channels=Span(3, 14), posts=Span(30, 60))
    world = simulate(Settings(seed=3, families=12, level=Level.CHANNELS, media=False, ranges=ranges))
    return world.truth, gather(world.observations(), world.marker)


def _oracle(gathered: Evidence, made: Truth) -> dict[int, Line]:
    """Say the truth of every channel, by its true place."""
    at = {made.place_of(channel.key): place for place, channel in enumerate(gathered.channels)}
    lines = {}
    for channel, place in at.items():
        assert channel is not None
        parent = made.seen_parents[channel]
        stated = at.get(parent) if parent is not None else None
        lines[channel] = Line(place, () if stated is None else (Candidate(stated, 1.0, ()),), stated, 1.0)
    return lines


def _lineage_of(lines: list[Line], gathered: Evidence, made: Truth) -> Lineage:
    kin: dict[int, list[int]] = {}
    order = {made.place_of(channel.key): place for place, channel in enumerate(gathered.channels)}
    for channel in sorted(each for each in order if each is not None and made.seen[each]):
        kin.setdefault(made.families[channel], []).append(order[channel])
    return Lineage(lines, [Family(number, members[0], tuple(members)) for number, members in kin.items()])
