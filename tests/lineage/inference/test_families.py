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


def open_line(channel: int, *candidates: tuple[int, float]) -> Line:
    return Line(channel, tuple(Candidate(parent, chance, ()) for parent, chance in candidates), None, 0.1)


def test_a_channel_whose_candidates_are_of_one_family_is_of_it_whichever_its_parent_is() -> None:
    family = [line(0, None, 0, 0), line(1, 0, 0.9, 0.9), line(2, 0, 0.9, 0.9)]
    (torn,) = assemble(EVIDENCE, [*family, open_line(3, (0, 0.2), (1, 0.2), (2, 0.2))]).families
    assert torn.members == (0, 1, 2, 3)
    (apart,) = assemble(EVIDENCE, [*family, open_line(3, (0, 0.2), (1, 0.2))]).families
    assert apart.members == (0, 1, 2)


def test_halves_of_a_family_are_put_together_by_what_several_members_hint_at() -> None:
    halves = [line(0, None, 0, 0), line(1, 0, 0.9, 0.9), line(4, 3, 0.9, 0.9)]
    hints = [open_line(3, (0, 0.3)), open_line(5, (4, 0.6), (1, 0.3))]
    (whole,) = assemble(EVIDENCE, [*halves, *hints]).families
    assert whole.members == (0, 1, 3, 4, 5)
    assert len(assemble(EVIDENCE, [*halves, hints[0]]).families) == 2
