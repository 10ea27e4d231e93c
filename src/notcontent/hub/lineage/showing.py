"""What was read of the book, put into the desk's answers: names cleaned, links defanged, days for times."""

from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

from notcontent.hub.channel_answers import (
    AnnouncedLine,
    ChannelLine,
    ChannelName,
    FactLine,
    FamilyLine,
    Kin,
    MemberLine,
    QueueLine,
    RadarLine,
    SourceRow,
)
from notcontent.hub.lineage.reading import Reading, channel_id
from notcontent.lineage.book import SourceKind, SourceLine, Told
from notcontent.lineage.evidence import ChannelFacts
from notcontent.lineage.family import Candidate, Family, Line
from notcontent.lineage.observations import FactKind
from notcontent.lineage.portrait import Portrait, Standing
from notcontent.lineage.portrait.members import standing_of
from notcontent.lineage.portrait.names import (
    clean,
    defanged,
    handle_of,
    links_of,
    number_of,
    skeleton,
    title_of,
)

IN_OTHER_WORDS = frozenset({FactKind.TITLE})
"""Facts that a channel's page tells in a list of their own."""
WEEK_S = 7 * 86_400


def name_of(facts: ChannelFacts, alike: Container[str] = ()) -> ChannelName:
    """Name a channel, and tell it apart where its title looks like one of `alike` (see Reading)."""
    id_, title = channel_id(facts.key), title_of(facts)
    return ChannelName(id_, title, handle_of(facts), _apart(facts, id_) if skeleton(title) in alike else "")


def _apart(facts: ChannelFacts, id_: str) -> str:
    link, number = next(iter(links_of(facts)), ""), number_of(facts)
    if link:
        return clean(defanged(link))
    # What has neither link nor number is known by a digest that nobody may see: the end of its path stands for it.
    return f"n:{number}" if number else id_[-6:]


def line_of(facts: ChannelFacts, alike: Container[str] = ()) -> ChannelLine:
    """Give a channel as lists show it."""
    standing, stood = standing_of(facts)
    counts = [int(said.value) for said in facts.members if said.value.isascii() and said.value.isdigit()]
    return ChannelLine(
        name_of(facts, alike),
        standing,
        day(stood),
        day(facts.began),
        day(facts.last_post),
        facts.posts,
        facts.views or None,
        max(counts, default=None),
    )


def titles(facts: ChannelFacts) -> tuple[tuple[str, date], ...]:
    """Give a channel's titles, each with the day when it was last seen, the latest first."""
    last: dict[str, int] = {}
    for said in facts.titles:
        shown = clean(said.value)
        last[shown] = max(said.time, last.get(shown, said.time))
    return tuple((title, known_day(last[title])) for title in sorted(last, key=lambda title: -last[title]))


def kin_of(reading: Reading, line: Line, candidate: Candidate) -> Kin:
    """Give one possible parent."""
    return Kin(
        name_of(reading.judgement.channels[candidate.parent], reading.alike),
        candidate.probability,
        candidate.reasons,
        candidate.parent == line.stated,
    )


def stated_kin(reading: Reading, place: int) -> Kin | None:
    """Give the parent that is stated; None where none is."""
    line = reading.judgement.lineage.lines[place]
    return next((kin_of(reading, line, each) for each in line.candidates if each.parent == line.stated), None)


def family_line(reading: Reading, family: Family, now: int) -> FamilyLine:
    """Give a family as the list shows it."""
    members = [reading.judgement.channels[place] for place in family.members]
    standings = [standing_of(facts)[0] for facts in members]
    births = [facts.began for facts in members if facts.began is not None]
    alive, removed = standings.count(Standing.ALIVE), standings.count(Standing.REMOVED)
    root = reading.judgement.channels[family.root]
    return FamilyLine(
        channel_id(root.key),
        name_of(root, reading.alike),
        len(members),
        alive,
        removed,
        len(members) - alive - removed,
        sum(now - WEEK_S <= born <= now + 86_400 for born in births),
        sum(facts.views for facts in members) or None,
        day(max(births, default=None)),
    )


def queue(reading: Reading) -> list[int]:
    """Give the places of channels with a stated parent that nobody has looked at, the newest word first."""
    judgement = reading.judgement
    waiting = [line.channel for line in judgement.lineage.lines if line.stated is not None]
    return sorted((place for place in waiting if not judgement.seen[place]), key=lambda at: (-judgement.since[at], at))


def queue_line(reading: Reading, place: int) -> QueueLine:
    """Give one line of the queue."""
    kin = stated_kin(reading, place)
    assert kin is not None  # noqa: S101 (the queue holds channels with a stated parent alone)
    family = reading.family_at.get(place)
    root = None if family is None else reading.ids[family.root]
    facts = reading.judgement.channels[place]
    found = known_day(reading.judgement.since[place])
    return QueueLine(name_of(facts, reading.alike), kin, day(facts.began), found, root)


def radar(reading: Reading, since: int, now: int) -> Iterator[RadarLine]:
    """Give the channels that continue another and were born, or first said to, since then; the latest born first."""
    judgement = reading.judgement
    found: list[tuple[int, int]] = []
    for line in judgement.lineage.lines:
        born = judgement.channels[line.channel].began or 0
        if line.stated is not None and (born >= since or judgement.since[line.channel] >= since):
            found.append((born, line.channel))
    for born, place in sorted(found, reverse=True):
        kin, family = stated_kin(reading, place), reading.family_at.get(place)
        if kin is not None and family is not None:
            yield RadarLine(
                line_of(judgement.channels[place], reading.alike),
                kin,
                family_line(reading, family, now),
                born >= since,
                known_day(judgement.since[place]),
            )


def member_lines(portrait: Portrait) -> tuple[MemberLine, ...]:
    """Give a family's channels in order of birth."""
    lines = []
    for member in portrait.members.values():
        parent = None if member.under is None else portrait.members[member.under]
        lines.append(
            MemberLine(
                member.number,
                line_of(member.facts),
                member.bond,
                None if parent is None else name_of(parent.facts),
                None if parent is None else parent.number,
                member.probability,
                member.reasons,
                member.inherited,
                tuple(portrait.members[place].number for place in member.also_from),
                member.alike,
            )
        )
    return tuple(lines)


def announced_line(reading: Reading, handle: str, by: str, posts: int, first: int) -> AnnouncedLine | None:
    """Give one chat that was pointed to; None where nothing is said of the channel that pointed."""
    place = reading.places.get(channel_id(by))
    if place is None:
        return None
    kind, _, value = handle.partition(":")
    link = {"u": f"https://t.me/{value}", "i": f"https://t.me/+{value}"}.get(kind, f"n:{value}")
    return AnnouncedLine(
        clean(defanged(link) if "://" in link else link),
        name_of(reading.judgement.channels[place], reading.alike),
        posts,
        known_day(first),
    )


def fact_lines(told: Sequence[Told], kinds: Mapping[int, SourceKind]) -> tuple[FactLine, ...]:
    """Give what sources said, each with its source."""
    return tuple(
        FactLine(said.kind, clean(said.value), known_day(said.time), said.source, kinds[said.source])
        for said in told
        if said.kind not in IN_OTHER_WORDS
    )


def source_row(line: SourceLine) -> SourceRow:
    """Give a source as the list shows it."""
    said = line.authority
    authority = None if said is None else (said.who, said.law, said.until)
    when = datetime.fromtimestamp(line.imported, UTC)
    return SourceRow(line.id, line.kind, line.state, clean(line.label), when, line.imported_by, authority, line.report)


def day(time: int | None) -> date | None:
    """Give a time's day (UTC)."""
    return None if time is None else known_day(time)


def known_day(time: int) -> date:
    """Give a time's day (UTC)."""
    return datetime.fromtimestamp(time, UTC).date()
