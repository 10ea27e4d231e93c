"""A book's evidence -> lines -> families: what is said is kept in the book, and renewed where something changed."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from notcontent.errors import (
    LineageBookBusyError,
    LineageBookError,
    LineageChannelAmbiguousError,
    LineageChannelNotFoundError,
)
from notcontent.lineage.book import Book
from notcontent.lineage.evidence import ChannelFacts, Evidence, Pointers, Shown, StatusFact
from notcontent.lineage.family import Candidate, Family, Line, Lineage, Reason, ReasonKind
from notcontent.lineage.finding import find, ways
from notcontent.lineage.inference import assemble, infer, rescore

Progress = Callable[[int, int], None]
"""Told (done, of how many)."""
_TRIES = 5


class _Reason(msgspec.Struct, frozen=True, array_like=True):
    kind: ReasonKind
    weight: float
    numbers: dict[str, float]


class _Candidate(msgspec.Struct, frozen=True, array_like=True):
    parent: str
    probability: float
    reasons: list[_Reason]


class _Kept(msgspec.Struct, frozen=True):
    """A channel and its line as the book keeps them: parents by key, since places change with every reading."""

    facts: ChannelFacts
    candidates: list[_Candidate]
    stated: str | None
    in_family: float
    merged_from: list[str]
    strangers: int = 0
    kin: list[tuple[str, float]] = []


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What a book says: places are those of `channels`; `since` and `seen` tell of each channel's line."""

    channels: tuple[ChannelFacts, ...]
    lineage: Lineage
    since: tuple[int, ...]
    seen: tuple[bool, ...]

    def place(self, name: str) -> int:
        """Find a channel by key, @name, number, invitation, t.me link, title, or its number in a tree (`finding`).

        Raises LineageChannelNotFoundError, LineageChannelAmbiguousError where several go by it.
        """
        found = find(self.channels, self.lineage.families, name)
        if len(found) > 1:
            raise LineageChannelAmbiguousError(places=tuple(found))
        if not found:
            raise LineageChannelNotFoundError
        return found[0]

    def ways(self, place: int) -> tuple[str, ...]:
        """Say how a channel can be named so that no other is meant."""
        return ways(self.channels, self.lineage.families, place)

    def family_of(self, place: int) -> Family | None:
        """Give the family that a channel is in; None when it is in none."""
        return next((family for family in self.lineage.families if place in family.members), None)

    def only(self, places: Sequence[int]) -> "Judged":
        """Give these channels alone, with candidates outside left out."""
        at = {place: index for index, place in enumerate(places)}
        lines = [_moved(self.lineage.lines[place], at) for place in places]
        families = [
            Family(family.id, at[family.root], tuple(at[member] for member in family.members if member in at))
            for family in self.lineage.families
            if family.root in at
        ]
        return Judged(
            tuple(self.channels[place] for place in places),
            Lineage(lines, families),
            tuple(self.since[place] for place in places),
            tuple(self.seen[place] for place in places),
        )


def judge(book: Book, sources: Collection[int] | None = None, *, progress: Progress | None = None) -> None:
    """Renew what the book says: of all channels, or of those that these sources touch.

    The whole is judged where something else was never judged, because a run was killed or a source withdrawn, and when
    a source joined channels that were two before. What changes meanwhile is judged again. Raises LineageBookError, and
    LineageBookBusyError when it changes without end.
    """
    for _ in range(_TRIES):
        generation, now = book.generation(), int(time.time())
        touched = None if sources is None or not _only_these(book, sources) else sources
        if touched is None:
            evidence = book.evidence()
            lines: Sequence[Line] = infer(evidence, progress=progress).lines
        else:
            evidence, keys = book.evidence_around(touched)
            place = {channel.key: at for at, channel in enumerate(evidence.channels)}
            lines = rescore(evidence, sorted(place[key] for key in keys))
        if book.say(_kept(evidence, lines), instead=touched is None, now=now, generation=generation):
            return
    raise LineageBookBusyError


def _only_these(book: Book, sources: Collection[int]) -> bool:
    """Tell whether nothing but what these sources show waits to be judged."""
    said = {key for key, line in book.said().items() if line.said}
    rows = book.rows()
    shown = {rows.keys[place] for place in rows.place[np.isin(rows.source_of_row, list(sources))].tolist()}
    return bool(said) and said <= set(rows.keys) and set(rows.keys) <= said | shown


def unjudged(book: Book) -> int:
    """Count the channels of which nothing is said: a run was killed before it had judged them."""
    return len(set(book.rows().keys) - {key for key, line in book.said().items() if line.said})


def judged(book: Book) -> Judged:
    """Read what the book says. Raises LineageBookError when it holds what another version said."""
    said = {key: line for key, line in book.said().items() if line.said}
    try:
        kept = {key: msgspec.msgpack.decode(line.said, type=_Kept) for key, line in sorted(said.items(), key=_by_key)}
    except msgspec.DecodeError as error:
        raise LineageBookError("What was said in this book was said by another version: judge it anew.") from error
    place = {key: at for at, key in enumerate(kept)}
    channels = tuple(line.facts for line in kept.values())
    lines = [_line(at, line, place) for at, line in enumerate(kept.values())]
    return Judged(
        channels,
        assemble(only_channels(channels), lines),
        tuple(said[key].since for key in kept),
        tuple(said[key].seen for key in kept),
    )


def family_evidence(book: Book, judgement: Judged, family: Family) -> tuple[Evidence, Judged]:
    """Read what one family's channels showed, with what is said of them in the same places."""
    evidence = book.evidence_of([judgement.channels[member].key for member in family.members])
    at = {channel.key: place for place, channel in enumerate(judgement.channels)}
    return evidence, judgement.only([at[channel.key] for channel in evidence.channels])


def told_by(book: Book, evidence: Evidence) -> Callable[[int, StatusFact], str | None]:
    """Give what names the source of a status, for annexes: its number in the list of sources, and its kind."""
    kinds = {line.id: line.kind.value.replace("_", " ") for line in book.sources()}
    told = book.told_of([channel.key for channel in evidence.channels])
    named = {
        (key, said.kind, said.time): f"source {said.source} ({kinds[said.source]})"
        for key, facts in told.items()
        for said in facts
    }
    return lambda place, fact: named.get((evidence.channels[place].key, fact.kind, fact.time))


def only_channels(channels: Sequence[ChannelFacts]) -> Evidence:
    """Give an evidence of channels alone, of which nothing is shown here."""
    nothing = np.empty(0, dtype=np.uint32)
    shown = Shown(nothing, nothing, np.empty(0, np.int64), np.empty(0, np.uint8))
    none = Pointers(nothing, nothing, nothing, np.empty(0, np.int64))
    hours = np.zeros((len(channels), 24), dtype=np.uint32)
    return Evidence(tuple(channels), shown, shown, none, none, none, none, hours)


def _by_key(item: tuple[str, object]) -> tuple[int, str]:
    return "niuh".find(item[0][0]), item[0]


def _kept(evidence: Evidence, lines: Sequence[Line]) -> Mapping[str, tuple[str, bytes]]:
    keys = [channel.key for channel in evidence.channels]
    told = {}
    for line in lines:
        kept = _Kept(
            evidence.channels[line.channel],
            [
                _Candidate(
                    keys[each.parent],
                    each.probability,
                    [_Reason(reason.kind, reason.weight, dict(reason.numbers)) for reason in each.reasons],
                )
                for each in line.candidates
            ],
            None if line.stated is None else keys[line.stated],
            line.in_family,
            [keys[place] for place in line.merged_from],
            line.strangers,
            [(keys[other], strength) for other, strength in line.kin],
        )
        told[keys[line.channel]] = (kept.stated or "", msgspec.msgpack.encode(kept))
    return told


def _line(at: int, kept: _Kept, place: Mapping[str, int]) -> Line:
    candidates = tuple(
        Candidate(
            place[each.parent],
            each.probability,
            tuple(Reason(reason.kind, reason.weight, reason.numbers) for reason in each.reasons),
        )
        for each in kept.candidates
        if each.parent in place
    )
    stated = None if kept.stated is None else place.get(kept.stated)
    merged = tuple(place[key] for key in kept.merged_from if key in place)
    kin = tuple((place[key], strength) for key, strength in kept.kin if key in place)
    return Line(at, candidates, stated, kept.in_family, merged, kept.strangers, kin)


def _moved(line: Line, at: Mapping[int, int]) -> Line:
    candidates = tuple(
        Candidate(at[each.parent], each.probability, each.reasons) for each in line.candidates if each.parent in at
    )
    stated = None if line.stated is None else at.get(line.stated)
    merged = tuple(at[place] for place in line.merged_from if place in at)
    kin = tuple((at[other], strength) for other, strength in line.kin if other in at)
    return Line(at[line.channel], candidates, stated, line.in_family, merged, line.strangers, kin)
