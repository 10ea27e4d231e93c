"""Drawings for the desk's pages: a family as a tree and as a time line, two channels beside each other."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from notcontent.errors import LineageChannelNotFoundError
from notcontent.hub.channel_answers import Comparison, Drawing, MemberLine
from notcontent.hub.lineage import showing
from notcontent.hub.lineage.place import hub_book
from notcontent.hub.lineage.reading import Reading, channel_id
from notcontent.lineage.book import Book, SourceState
from notcontent.lineage.drawing import (
    Goal,
    draw_shared,
    draw_timeline,
    draw_tree,
    tell_shared,
    tell_timeline,
    tell_tree,
)
from notcontent.lineage.evidence import Evidence
from notcontent.lineage.family import Family
from notcontent.lineage.judging import family_evidence
from notcontent.lineage.portrait import portray

WIDE, PHONE = 1100, 328
"""Widths of drawings. The narrow one is what a screen of 360 px leaves beside the page's own edges."""
RARE_AMONG_ALL = 200_000
"""Posts that a book may hold for two channels to be compared before all others; else before their families alone."""

Paths = Callable[[Goal, str], str | None]
"""Gives the path that a link in a drawing leads to, for a goal and a channel's id."""


@dataclass(frozen=True, slots=True)
class FamilyDrawn:
    """One family's drawings and its members in order of birth."""

    tree: Drawing
    time_line: Drawing
    members: tuple[MemberLine, ...]


def draw_family(reading: Reading, family: Family, opened: Sequence[str], paths: Paths) -> FamilyDrawn:
    """Draw a family, with the subtrees of `opened` channels unfolded. Raises LineageFamilyNotFoundError."""
    with hub_book() as book:
        evidence, part = family_evidence(book, reading.judgement, family)
    ids = [channel_id(channel.key) for channel in evidence.channels]
    unfolded = {place for place, id_ in enumerate(ids) if id_ in set(opened)}
    now, lineage = int(time.time()), part.lineage

    def links(goal: Goal, place: int) -> str | None:
        return paths(goal, ids[place])

    def tree(width: int) -> str:
        return draw_tree(evidence, lineage, family.id, now=now, opened=unfolded, links=links, width=width)

    def time_line(width: int) -> str:
        return draw_timeline(evidence, lineage, family.id, now=now, links=links, width=width)

    return FamilyDrawn(
        Drawing(tree(WIDE), tree(PHONE), tell_tree(evidence, lineage, family.id, now=now, opened=unfolded)),
        Drawing(time_line(WIDE), time_line(PHONE), tell_timeline(evidence, lineage, family.id, now=now)),
        showing.member_lines(portray(evidence, lineage, family.id)),
    )


def compare(reading: Reading, one: str, other: str) -> Comparison:
    """Put two channels beside each other. Raises LineageChannelNotFoundError, also for one beside itself."""
    places = [reading.place(one), reading.place(other)]
    if places[0] == places[1]:
        raise LineageChannelNotFoundError
    channels = [reading.judgement.channels[place] for place in places]
    with hub_book() as book:
        evidence, whole = _around(book, reading, places)
    at = {channel.key: place for place, channel in enumerate(evidence.channels)}
    if not at.keys() >= {channel.key for channel in channels}:
        raise LineageChannelNotFoundError
    left, right = (at[channel.key] for channel in channels)
    drawing = Drawing(
        draw_shared(evidence, left, right, width=WIDE),
        draw_shared(evidence, left, right, width=PHONE),
        tell_shared(evidence, left, right),
    )
    return Comparison(showing.line_of(channels[0]), showing.line_of(channels[1]), drawing, whole)


def _around(book: Book, reading: Reading, places: Sequence[int]) -> tuple[Evidence, bool]:
    """Give the evidence that tells what is rare: of all channels where that is quick, else of the two's families."""
    standing = [line for line in book.sources() if line.state is SourceState.STANDING]
    if sum(line.report.get("posts", 0) for line in standing) <= RARE_AMONG_ALL:
        return book.evidence(), True
    near = set(places)
    for place in places:
        family = reading.family_at.get(place)
        near.update(family.members if family is not None else ())
    return book.evidence_of([reading.judgement.channels[place].key for place in near]), False
