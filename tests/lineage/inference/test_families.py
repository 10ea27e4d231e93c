"""Lines become families: siblings without a seen parent too, and never a ring."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import numpy as np
from lineage.inference.worlds import evidence_of, posts

from notcontent.lineage.family import Candidate, Line
from notcontent.lineage.inference import assemble
from notcontent.lineage.inference.joining import Bonds, figures, join
from notcontent.lineage.inference.model import Threshold, weights

EVIDENCE = evidence_of(*(posts(name, {f"{name}": name}) for name in range(1, 7)))


def line(channel: int, parent: int | None, probability: float, in_family: float, *, stated: bool = True) -> Line:
    candidates = () if parent is None else (Candidate(parent, probability, ()),)
    return Line(channel, candidates, parent if stated else None, in_family)


def test_siblings_without_a_stated_parent_are_one_family_under_the_earliest() -> None:
    lines = [line(0, None, 0, 0), line(1, 0, 0.3, 0.95, stated=False), line(2, 1, 0.2, 0.9, stated=False)]
    families = assemble(EVIDENCE, lines).families
    assert [(family.root, family.members) for family in families] == [(0, (0, 1, 2))]


def test_a_channel_that_hardly_belongs_stays_alone() -> None:
    assert assemble(EVIDENCE, [line(0, None, 0, 0), line(1, 0, 0.2, 0.1, stated=False)]).families == ()


def test_families_are_numbered_by_their_roots() -> None:
    lines = [line(3, 2, 0.9, 0.9), line(1, 0, 0.9, 0.9)]
    assert [(family.id, family.root) for family in assemble(EVIDENCE, lines).families] == [(0, 0), (1, 2)]


def test_a_ring_loses_its_least_probable_edge_and_nothing_else() -> None:
    lines = [line(0, 2, 0.9, 0.9), line(1, 0, 0.6, 0.9), line(2, 1, 0.8, 0.9), line(3, 0, 0.7, 0.9)]
    lineage = assemble(EVIDENCE, lines)
    assert [each.stated for each in lineage.lines] == [2, None, 1, 0]
    assert [each.candidates for each in lineage.lines] == [each.candidates for each in lines]
    assert [(family.root, family.members) for family in lineage.families] == [(1, (1, 0, 2, 3))]


def halves(shared: float, chance: float = 0.0, strangers: int = 50) -> list[Line]:
    """Two families of two, whose members share so much crosswise; `chance`: that the later root is of the first."""
    crosswise = {0: 2, 1: 3, 2: 0, 3: 1}
    lines = [line(0, None, 0, 0), line(1, 0, 0.9, 0.9), line(2, 1, chance, chance, stated=False), line(3, 2, 0.9, 0.9)]
    return [
        replace(each, kin=((crosswise[each.channel], shared),) if shared else (), strangers=strangers) for each in lines
    ]


def families_of(lines: Sequence[Line]) -> list[tuple[int, ...]]:
    return [family.members for family in assemble(EVIDENCE, lines).families]


def test_halves_of_a_family_are_put_together_by_what_their_members_share() -> None:
    assert families_of(halves(8)) == [(0, 1, 2, 3)]
    assert families_of(halves(0.3)) == [(0, 1), (2, 3)]


def test_what_none_of_the_members_could_decide_counts_too() -> None:
    assert families_of(halves(0, 0.1)) == [(0, 1), (2, 3)]
    assert families_of(halves(0.3, 0.3)) == [(0, 1, 2, 3)]


def test_where_few_strangers_were_met_more_is_asked_for_to_put_halves_together() -> None:
    asked = [
        next(shared for shared in np.arange(0.3, 30, 0.1) if len(families_of(halves(float(shared), 0.05, met))) == 1)
        for met in (50, 0)
    ]
    assert asked[0] < asked[1]


def test_more_in_common_never_makes_a_pair_of_groups_less_likely() -> None:
    groups, weigh = np.array([0, 0, 2, 2, 4, 5], np.int64), np.array(weights().joining.weights)
    for chance in (0.0, 0.2):
        said = []
        for shared in (0.0, 0.5, 1, 2, 4, 8, 16):
            bonds = Bonds.of(EVIDENCE.channels, halves(shared, chance))
            one, other, made = figures(groups, bonds)
            assert (one.tolist(), other.tolist()) == ([0], [2])
            said += (made @ weigh).tolist()
        assert said == sorted(said)


def test_groups_are_joined_one_after_the_other_until_none_is_likely() -> None:
    chain = [  # each shares with the two before it, so two members of each side always bear a joining
        replace(
            line(at, at - 1, 0.5, 0.1, stated=False),
            kin=tuple((before, 20.0) for before in range(max(at - 2, 0), at)),
            strangers=50,
        )
        for at in range(1, 6)
    ]
    bonds = Bonds.of(EVIDENCE.channels, chain)
    assert len(set(join(np.arange(6), bonds, weights().joining).tolist())) == 1
    never = msgspec.structs.replace(weights().joining, least=Threshold(1.0, 1.0))
    assert join(np.arange(6), bonds, never).tolist() == list(range(6))
