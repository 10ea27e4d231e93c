"""Made-up channels that copy a post or two of somebody make nothing likelier that others have in common."""

from collections.abc import Callable

import pytest
from lineage.inference.worlds import evidence_of, fact, place, posts

from notcontent.lineage.family import Line
from notcontent.lineage.inference import infer
from notcontent.lineage.observations import FactKind, Observation

FLOOD = 80
OWN = 35


def innocent() -> list[Observation]:
    """A channel, and a later one that shares five contents of forty with it: not enough to state anything."""
    shared = {f"a{5 * n + 3}": 70 + 9 * n for n in range(5)}
    return [
        *posts(1, {f"a{n}": n for n in range(40)}),
        fact(1, FactKind.CREATED, day=-1),
        *posts(2, {**shared, **{f"b{n}": 62 + n for n in range(OWN)}}),
        fact(2, FactKind.CREATED, day=61.5),
    ]


def flood(begin: float, copies: int, own: int) -> list[Observation]:
    """So many channels from a day on, each with so many copied posts of the later one, and so many of its own."""
    made: list[Observation] = []
    for number in range(FLOOD):
        day = begin + number / 3
        copied = {f"b{(number * copies + each) % OWN}": day + each / 10 for each in range(copies)}
        made += posts(100 + number, {**copied, **{f"{number}-{each}": day + 1 + each for each in range(own)}})
    return made


def said(*parts: list[Observation]) -> tuple[Line, float, bool]:
    """Give the later one's line, the probability of the earlier one, and whether the two are in one family."""
    evidence = evidence_of(*parts)
    lineage = infer(evidence)
    earlier, later = place(evidence, 1), place(evidence, 2)
    line = lineage.lines[later]
    probability = next((each.probability for each in line.candidates if each.parent == earlier), 0.0)
    return line, probability, any({earlier, later} <= set(family.members) for family in lineage.families)


@pytest.mark.parametrize("copies", [1, 2, 3])
@pytest.mark.parametrize(("begin", "own"), [(30.0, 0), (110.0, 0), (110.0, 5), (110.0, 10)])
def test_a_flood_of_made_up_channels_does_not_make_an_innocent_edge_stated(begin: float, own: int, copies: int) -> None:
    _, plain, _ = said(innocent())
    line, flooded, together = said(innocent(), flood(begin, copies, own))
    assert flooded < plain + 0.15
    assert line.stated is None
    assert line.strangers == 0
    assert begin < 62 or not together  # what shows a copy before the original does speaks for a family, if little


def of_others(count: int, shows: int) -> Callable[[], list[Observation]]:
    return lambda: [
        each
        for name in range(200, 200 + count)
        for each in posts(name, {"b3": 130 + name, "b9": 131 + name, **{f"{name}-{n}": name + n for n in range(shows)}})
    ]


def test_strangers_with_contents_of_their_own_are_counted_and_others_are_not() -> None:
    counted = [said(innocent(), of_others(30, shows)())[0].strangers for shows in (0, 10, 15, 20, 40)]
    assert counted == [0, 0, 15, 30, 30]
