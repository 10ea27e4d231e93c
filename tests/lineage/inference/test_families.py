"""Lines become families: siblings without a seen parent too, and never a ring."""

from lineage.inference.worlds import evidence_of, posts

from notcontent.lineage.family import Candidate, Line
from notcontent.lineage.inference import assemble

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
