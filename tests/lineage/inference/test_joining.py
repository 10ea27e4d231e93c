"""Families that fell in two are put together, and one channel that copies from two of them puts nothing together."""

import pytest
from lineage.inference.worlds import evidence_of, main_and_child, place, posts

from notcontent.lineage.inference import infer
from notcontent.lineage.observations import Observation

COPIER = 1000


def families(count: int) -> list[Observation]:
    """So many families of two, which have nothing to do with each other."""
    return [each for number in range(count) for each in main_and_child(2 * number + 2, 2 * number + 1, f"F{number}-")]


def copier(channel: int, copied: int, own: int = 20) -> list[Observation]:
    """A later channel that shows so many posts of each of the first two, and posts of its own."""
    theirs = {
        f"F{family}-{7 * each + channel % 5}": 80 + each + family / 2 for family in (0, 1) for each in range(copied)
    }
    return posts(channel, {**theirs, **{f"{channel}-{each}": 80.2 + each for each in range(own)}})


def passers_by(count: int) -> list[Observation]:
    """Channels that show one post of one of the two each, and forty of their own."""
    return [
        each
        for number in range(count)
        for each in posts(
            5000 + number,
            {
                f"F{number % 2}-{7 * number % 60}": 130 + number / 3,
                **{f"s{number}-{own}": 100 + own + number / 5 for own in range(40)},
            },
        )
    ]


@pytest.mark.parametrize("copied", [2, 3, 5, 10])
@pytest.mark.parametrize("many", [False, True])
def test_one_copier_of_two_families_does_not_make_them_one(copied: int, many: bool) -> None:
    evidence = evidence_of(families(10 if many else 2), copier(COPIER, copied), passers_by(60 if many else 0))
    first, other = place(evidence, 2), place(evidence, 4)
    assert not any({first, other} <= set(family.members) for family in infer(evidence).families)
