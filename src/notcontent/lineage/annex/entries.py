"""What an annex says of each channel that still has to go: links in full, since when, why, who said what.

Those that are known to be removed stand in a list of their own, so that "continues no. 1" can be tied to a removal.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from notcontent.lineage.evidence import ChannelFacts, Evidence, StatusFact
from notcontent.lineage.family import Lineage, Reason
from notcontent.lineage.observations import FactKind
from notcontent.lineage.portrait import Bond, Member, Portrait, Standing, portray
from notcontent.lineage.portrait.days import day, iso
from notcontent.lineage.portrait.names import clean, isolated, links_of, number_of, older_titles, unlinked
from notcontent.lineage.words import IN_GENERAL, chance, grouped, many, say

ToldBy = Callable[[int, StatusFact], str | None]
"""Gives the name of the source that stated a fact of a channel (its place), as the book knows it."""

HEADING = "Annex to a notice"
GONE_HEADING = "Known to be removed"
GONE_NOTE = 'Named here only so that "continues no. ..." can be tied to what was removed before.'
UNSEEN = "only linked to or reported; nothing of it was seen"
MOST_REASONS = 4
MOST_TITLES = 4
WORTH_READING = 0.5
"""Log-odds: what speaks for it with less than this is left to the channel's own page."""
LITTLE = 1.0
"""Log-odds: what speaks against with less than this is left to the channel's own page."""
CAUTIONS = (
    "A probability is not proof: it says how often such a statement was right in families whose history is known.",
    "No picture is included, and nothing that was made from one.",
    "Days and times are UTC.",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One channel that is not known to be removed. All text is cleaned."""

    number: int
    title: str
    links: tuple[str, ...]
    reached: str
    """What stands in the place of a link where there is none."""
    renamed: str
    """Which titles it bore before; empty where none is known."""
    since: str
    size: str
    belongs: str
    continues: str
    reasons_head: str
    reasons: tuple[str, ...]
    statuses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gone:
    """One channel that is known to be removed: how it was reached, when it went, and who said so."""

    number: int
    title: str
    links: tuple[str, ...]
    reached: str
    renamed: str
    removed: str


@dataclass(frozen=True, slots=True)
class Annex:
    """A family's entries in order of birth, what stands above them, and below them what is gone."""

    family: str
    printed: str
    summary: str
    entries: tuple[Entry, ...]
    gone: tuple[Gone, ...]


def annex(evidence: Evidence, lineage: Lineage, family: int, *, now: int, told_by: ToldBy | None = None) -> Annex:
    """Put one family's annex together. Raises LineageFamilyNotFoundError."""
    portrait = portray(evidence, lineage, family)
    live = [member for member in portrait.members.values() if member.standing is not Standing.REMOVED]
    gone = [member for member in portrait.members.values() if member.standing is Standing.REMOVED]
    return Annex(
        family=unlinked(portrait.root.title),
        printed=day(now),
        summary=f"Channels of this family that are known: {grouped(len(portrait.members))}. Not known to be removed,"
        f" and listed here: {grouped(len(live))}. Known to be removed: {grouped(len(gone))}"
        + (", listed at the end." if gone else "."),
        entries=tuple(_entry(portrait, member, told_by) for member in live),
        gone=tuple(_gone(member, told_by) for member in gone),
    )


def likely(probability: float, *, seen: bool = True) -> str:
    """Give a probability in words and as a number, never as certain: `very likely (97 %)`.

    Of a channel of which no post was seen no more is said than `possible`.
    """
    if not seen:
        return "possible"
    percent = round(100 * probability)
    words = ((99, "almost certain"), (90, "very likely"), (70, "likely"), (50, "more likely than not"))
    return f"{next((word for least, word in words if percent >= least), 'possible')} ({chance(probability)})"


def _entry(portrait: Portrait, member: Member, told_by: ToldBy | None) -> Entry:
    facts = member.facts
    return Entry(
        number=member.number,
        title=unlinked(member.title),
        links=links_of(facts),
        reached=_reached(facts),
        renamed=_renamed(facts),
        since=_since(member),
        size=_size(facts),
        belongs=_belongs(member),
        continues=_continues(portrait, member),
        reasons_head=_head(portrait, member),
        reasons=tuple(say(reason) for reason in telling(member.reasons)) if member.bond is Bond.STATED else (),
        statuses=_statuses(member, told_by),
    )


def _gone(member: Member, told_by: ToldBy | None) -> Gone:
    facts = member.facts
    fact = next(fact for fact in facts.statuses if fact.kind is FactKind.REMOVED and fact.time == facts.removed)
    return Gone(
        member.number,
        unlinked(member.title),
        links_of(facts),
        _reached(facts),
        _renamed(facts),
        _status(member, fact, told_by),
    )


def telling(reasons: Sequence[Reason]) -> list[Reason]:
    """Choose the reasons that a host should read: the strongest, few; of nothing but general ones, these."""
    chosen = [
        reason
        for reason in reasons
        if reason.kind not in IN_GENERAL and (reason.weight >= WORTH_READING or reason.weight <= -LITTLE)
    ]
    return sorted(chosen or reasons, key=lambda reason: -abs(reason.weight))[:MOST_REASONS]


def _renamed(facts: ChannelFacts) -> str:
    """Name the titles before this one, the last few: by these a host's own records may know it."""
    older = older_titles(facts)
    shown = ", ".join(f'"{isolated(unlinked(title))}"' for title in older[-MOST_TITLES:])
    left = f", and {grouped(len(older) - MOST_TITLES)} more" if len(older) > MOST_TITLES else ""
    return f"called before: {shown}{left}" if older else ""


def _reached(facts: ChannelFacts) -> str:
    number = number_of(facts)
    return f"no public link is known; Telegram's number of it is {number}" if number else "no link is known"


def _size(facts: ChannelFacts) -> str:
    if not facts.posts:
        return UNSEEN
    return f"{many(facts.posts, 'post')} seen" + (
        f"; the most views of one post: {grouped(facts.views)}" if facts.views else ""
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
        return f"the earliest channel of this family that {'was seen' if member.facts.posts else 'is known'}"
    return f"belongs to this family: {likely(member.in_family, seen=member.facts.posts > 0)}"


def _continues(portrait: Portrait, member: Member) -> str:
    if member.bond is Bond.OPEN:
        return "which channel it continues is open"
    if member.under is None:
        return ""
    parent = portrait.members[member.under]
    state = ", removed" if parent.standing is Standing.REMOVED else ""
    words = likely(member.probability or 0.0, seen=member.facts.posts > 0)
    return f"continues no. {parent.number}, {isolated(unlinked(parent.title))}{state}: {words}"


def _head(portrait: Portrait, member: Member) -> str:
    earlier = portrait.members[member.under].number if member.under is not None else member.number
    return f'Reasons ("it" is no. {earlier}, "this one" no. {member.number}):'


def _statuses(member: Member, told_by: ToldBy | None) -> tuple[str, ...]:
    facts = sorted(member.facts.statuses, key=lambda fact: fact.time)
    if not facts:
        return (Standing.UNKNOWN.value,)
    said = [_status(member, fact, told_by) for fact in facts]
    last = member.facts.last_post
    if facts[-1].kind is FactKind.REMOVED and last is not None:  # it is no removed one: its posts gainsay that
        said.append(f"a later post was seen, of {iso(last)[:16].replace('T', ' ')}")
    return tuple(said)


def _status(member: Member, fact: StatusFact, told_by: ToldBy | None) -> str:
    source = clean(told_by(member.place, fact) or "") if told_by else ""
    word = fact.kind.value.replace("_", " ")
    return f"{word} on {iso(fact.time)[:16].replace('T', ' ')}" + (f", says {isolated(source)}" if source else "")
