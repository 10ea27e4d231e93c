"""What an annex says of each channel that still has to go: links in full, since when, why, who said what."""

from collections.abc import Callable
from dataclasses import dataclass

from notcontent.lineage.evidence import Evidence, StatusFact
from notcontent.lineage.family import Lineage
from notcontent.lineage.portrait import Bond, Member, Portrait, Standing, portray
from notcontent.lineage.portrait.days import day, iso
from notcontent.lineage.portrait.names import clean, isolated, links_of, number_of
from notcontent.lineage.portrait.saying import sentences

ToldBy = Callable[[int, StatusFact], str | None]
"""Gives the name of the source that stated a fact of a channel (its place), as the book knows it."""

HEADING = "Annex to a notice"
CAUTIONS = (
    "A probability is not proof: it says how often such a statement was right in families whose history is known.",
    "No picture is included, and nothing that was made from one.",
    "Times are UTC.",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One channel that is not known to be removed. All text is cleaned."""

    number: int
    title: str
    links: tuple[str, ...]
    reached: str
    """What stands in the place of a link where there is none."""
    since: str
    size: str
    belongs: str
    continues: str
    reasons_head: str
    reasons: tuple[str, ...]
    statuses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Annex:
    """A family's entries in order of birth, and what stands above them."""

    family: str
    printed: str
    summary: str
    entries: tuple[Entry, ...]


def annex(evidence: Evidence, lineage: Lineage, family: int, *, now: int, told_by: ToldBy | None = None) -> Annex:
    """Put one family's annex together. Raises LineageFamilyNotFoundError."""
    portrait = portray(evidence, lineage, family)
    live = [member for member in portrait.members.values() if member.standing is not Standing.REMOVED]
    gone = len(portrait.members) - len(live)
    return Annex(
        family=portrait.root.title,
        printed=day(now),
        summary=f"Channels of this family that were seen: {len(portrait.members)}. Not known to be removed, and listed "
        f"here: {len(live)}. Known to be removed: {gone}.",
        entries=tuple(_entry(portrait, member, told_by) for member in live),
    )


def likely(probability: float) -> str:
    """Give a probability in words and as a number, never as certain: `very likely (97 %)`."""
    percent = min(round(100 * probability), 99)
    words = ((99, "almost certain"), (90, "very likely"), (70, "likely"), (50, "more likely than not"))
    return f"{next((word for least, word in words if percent >= least), 'possible')} ({percent} %)"


def _many(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


def _entry(portrait: Portrait, member: Member, told_by: ToldBy | None) -> Entry:
    facts = member.facts
    number = number_of(facts)
    return Entry(
        number=member.number,
        title=member.title,
        links=links_of(facts),
        reached=f"no public link is known; Telegram's number of it is {number}" if number else "no link is known",
        since=_since(member),
        size=f"{_many(facts.posts, 'post')} seen"
        + (f"; the most views of one post: {facts.views}" if facts.views else ""),
        belongs=_belongs(member),
        continues=_continues(portrait, member),
        reasons_head=_head(portrait, member),
        reasons=tuple(sentences(member.reasons)) if member.bond is Bond.STATED else (),
        statuses=tuple(_status(member, fact, told_by) for fact in sorted(facts.statuses, key=lambda fact: fact.time)),
    )


def _since(member: Member) -> str:
    facts = member.facts
    if facts.born is not None:
        return f"created on {day(facts.born)}"
    if facts.first_post is not None:
        return f"posting since {day(facts.first_post)} at the latest"
    return "no date is known"


def _belongs(member: Member) -> str:
    if member.bond is Bond.ROOT:
        return "the earliest channel of this family that was seen"
    return f"belongs to this family: {likely(member.in_family)}"


def _continues(portrait: Portrait, member: Member) -> str:
    if member.bond is Bond.OPEN:
        return "which channel it continues is open"
    if member.under is None:
        return ""
    parent = portrait.members[member.under]
    state = ", removed" if parent.standing is Standing.REMOVED else ""
    return f"continues no. {parent.number}, {isolated(parent.title)}{state}: {likely(member.probability or 0.0)}"


def _head(portrait: Portrait, member: Member) -> str:
    earlier = portrait.members[member.under].number if member.under is not None else member.number
    return f'Reasons ("it" is no. {earlier}, "this one" no. {member.number}):'


def _status(member: Member, fact: StatusFact, told_by: ToldBy | None) -> str:
    source = clean(told_by(member.place, fact) or "") if told_by else ""
    word = fact.kind.value.replace("_", " ")
    return f"{word} on {iso(fact.time)[:16].replace('T', ' ')}" + (f", says {isolated(source)}" if source else "")
