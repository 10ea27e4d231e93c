"""Small evidences, written down by hand: who showed what when, through the real gathering."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from notcontent.lineage.evidence import Evidence, Pointers, Shown
from notcontent.lineage.gathering import gather
from notcontent.lineage.inference.names import skeletons
from notcontent.lineage.marks import Mark, Marker, MarkKind
from notcontent.lineage.observations import Fact, FactKind, Handle, HandleKind, Link, Observation, Post

MARKER = Marker(bytes(32))
DAY = 86_400
START = 1_700_000_000


def handle(name: int) -> Handle:
    return Handle(HandleKind.NUMBER, str(name))


def photo(content: object) -> Mark:
    return MARKER.mark(MarkKind.PHOTO, str(content))


def posts(
    channel: int,
    contents: Mapping[Any, float],
    *,
    first: int = 2,
    forward: int | None = None,
) -> list[Observation]:
    """Give one post for each content on its day (days after the start), numbered on from `first`."""
    items = sorted(contents.items(), key=lambda item: item[1])
    source = None if forward is None else handle(forward)
    return [
        Post(handle(channel), first + at, START + int(day * DAY), (photo(content),), source)
        for at, (content, day) in enumerate(items)
    ]


def link(by: int, to: int, day: float, number: int = 100_000, *, button: bool = False) -> Observation:
    return Post(handle(by), number, START + int(day * DAY), (), None, (Link(handle(to), button),))


def fact(channel: int, kind: FactKind, value: str = "", day: float = 0) -> Observation:
    return Fact(handle(channel), kind, value, START + int(day * DAY))


def evidence_of(*parts: Iterable[Observation]) -> Evidence:
    return gather([each for part in parts for each in part], MARKER)


def place(evidence: Evidence, name: int) -> int:
    return [channel.key for channel in evidence.channels].index(f"n:{name}")


def main_and_child(child: int = 2, main: int = 1, tag: str = "") -> list[Observation]:
    """A channel of sixty posts that ends after sixty days, and one that begins two days later with forty of them."""
    return [
        *posts(main, {f"{tag}{n}": n for n in range(60)}),
        fact(main, FactKind.CREATED, day=-1),
        *posts(child, {**{f"{tag}{n}": 62 + n / 40 for n in range(40)}, **{f"{tag}own{n}": 65 + n for n in range(10)}}),
        fact(child, FactKind.CREATED, day=61.9),
    ]


def around(evidence: Evidence, wanted: list[int]) -> list[int]:
    """Give the channels that `rescore` asks for: those asked for and all that share anything with one of them."""
    found = set(wanted)
    for shown in (evidence.shown, evidence.people):
        theirs = np.unique(shown.content[np.isin(shown.channel, wanted)])
        found.update(shown.channel[np.isin(shown.content, theirs)].tolist())
    for pointers in (evidence.forwards, evidence.named, evidence.links, evidence.buttons):
        found.update(pointers.to[np.isin(pointers.by, wanted)].tolist())
        found.update(pointers.by[np.isin(pointers.to, wanted)].tolist())
    marks = [
        {skeletons(title.value)[1] for title in facts.titles} | set(facts.photos) | facts.title_digests
        for facts in evidence.channels
    ]
    theirs_too = set().union(*(marks[each] for each in wanted))
    return sorted(found | {at for at, each in enumerate(marks) if each & theirs_too})


def part_of(evidence: Evidence, kept: list[int]) -> tuple[Evidence, dict[int, int]]:
    """Give the evidence of some channels alone, with all that is known of each, and their places in it."""
    at = {there: here for here, there in enumerate(kept)}
    new = np.full(len(evidence.channels), -1, np.int64)
    new[kept] = np.arange(len(kept))

    def shown(whole: Shown) -> Shown:
        rows = new[whole.channel] >= 0
        contents, dense = np.unique(whole.content[rows], return_inverse=True)
        return Shown(
            new[whole.channel[rows]].astype(np.uint32), dense.astype(np.uint32), whole.time[rows], whole.kind[contents]
        )

    def pointers(whole: Pointers) -> Pointers:
        rows = (new[whole.by] >= 0) & (new[whole.to] >= 0)
        by, to = (new[side[rows]].astype(np.uint32) for side in (whole.by, whole.to))
        return Pointers(by, to, whole.count[rows], whole.first[rows])

    part = Evidence(
        channels=tuple(evidence.channels[each] for each in kept),
        shown=shown(evidence.shown),
        people=shown(evidence.people),
        forwards=pointers(evidence.forwards),
        named=pointers(evidence.named),
        links=pointers(evidence.links),
        buttons=pointers(evidence.buttons),
        hours=evidence.hours[kept],
    )
    return part, at
