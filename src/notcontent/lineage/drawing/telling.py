"""The same in words: what readers of screens get, what a terminal shows, and what stands under every drawing."""

from collections.abc import Set as AbstractSet

from notcontent.lineage.drawing.folding import Row, fold, summed
from notcontent.lineage.drawing.grouping import Bar, bars, said
from notcontent.lineage.drawing.signs import percent
from notcontent.lineage.evidence import Evidence
from notcontent.lineage.family import Lineage
from notcontent.lineage.portrait import Bond, Member, Portrait, Standing, portray
from notcontent.lineage.portrait.days import day, grouped
from notcontent.lineage.portrait.names import columns, fitted, isolated

TERMINAL = 100
DEEP = 12


def standing_words(member: Member) -> str:
    """Say its standing with the date of who said so: removed 9 Apr 2026."""
    if member.standing is Standing.UNKNOWN:
        last = member.facts.last_post
        return f"unknown, last post {day(last)}" if last is not None else member.standing.value
    return f"{member.standing.value} {day(member.stood or 0)}"


def summary(portrait: Portrait, now: int) -> str:
    """Say what a family comes to."""
    standings = [(portrait.count(each), each) for each in Standing]
    counts = ", ".join(f"{count} {standing.value}" for count, standing in standings if count)
    total = len(portrait.members)
    return f"{total} channel{'s' if total != 1 else ''}, as known on {day(now)}: {counts}"


def notes_of(portrait: Portrait, member: Member) -> list[str]:
    """Give the lines under a title: who is guessed where the parent is open, what else it took, who is named alike."""
    notes = []
    if member.bond is Bond.OPEN:
        sure = percent(member.probability)
        guess = (
            f", best guess {portrait.members[member.under].number} ({sure})"
            if sure and member.under is not None
            else ""
        )
        notes.append(f"parent open{guess}")
    if member.also_from:
        notes.append("also from " + _numbers(portrait.members[place].number for place in member.also_from))
    if member.alike:
        notes.append("\u2248 named like " + _numbers(member.alike))
    return notes


def facts_of(portrait: Portrait, member: Member) -> list[str]:
    """Give all that a row says, as sentences without their full stops."""
    facts = member.facts
    said = [f"{member.number} {isolated(member.title)}"]
    said.append(f"since {day(facts.began)}" if facts.began is not None else "no date is known")
    said.append(standing_words(member))
    said.append(f"{grouped(facts.posts)} posts" + (f", reach {grouped(facts.views)}" if facts.views else ""))
    if member.bond is Bond.STATED and member.under is not None:
        parent = portrait.members[member.under]
        said.append(f"from {parent.number} {isolated(parent.title)} ({percent(member.probability)})")
    if member.inherited is not None and member.under is not None:
        said.append(
            f"{percent(member.inherited)} of its contents were in {portrait.members[member.under].number} before"
        )
    if member.after_removal is not None:
        said.append(f"born {member.after_removal} days after its parent's removal")
    if member.bond is Bond.OPEN:
        said.append(f"in this family with {percent(member.in_family)}")
    return said + notes_of(portrait, member)


def tell_tree(
    evidence: Evidence,
    lineage: Lineage,
    family: int,
    *,
    now: int,
    collapsed: AbstractSet[int] = frozenset(),
    opened: AbstractSet[int] = frozenset(),
    width: int = TERMINAL,
) -> str:
    """Give the family as an indented text tree with columns, for a terminal of `width` columns (at least 60)."""
    portrait = portray(evidence, lineage, family)
    return tree_in_words(portrait, fold(portrait, collapsed, opened), now, width)


def tree_in_words(portrait: Portrait, rows: list[Row], now: int, width: int = TERMINAL) -> str:
    """Give the rows of a tree in words."""
    width = max(60, width)
    right = width >= 90
    names, status_room = (width - 57, 31) if right else (width - 24, 22)
    lines = [summary(portrait, now), ""]
    head = f"{'channel':<{names}} {'status':<{status_room + 1}}" + (
        f"{'posts':>8}{'reach':>9}{'inh.':>6}" if right else ""
    )
    lines.append(head.rstrip())
    # Deep families get steps of one column; what is deeper than half of the room keeps its last levels.
    step, kept = ("", names // 2) if max(row.depth for row in rows) > DEEP else (" ", DEEP)
    for row in rows:
        branch = _rails(row.rails[-kept:], step)
        if row.depth:
            branch += ("\u2514" if row.last else "\u251c") + step
        if row.hidden:
            lines.append(f"{branch}{summed(row)}")
            continue
        member = portrait.members[row.place]
        sure = "open " if member.bond is Bond.OPEN else f"{percent(member.probability)} " if row.depth else ""
        lead = f"{branch}{sure}{member.number} "
        title = fitted(member.title, max(8, names - columns(lead)))
        status = fitted(standing_words(member), status_room)
        line = f"{lead}{isolated(title.rstrip())}{' ' * (columns(title) - columns(title.rstrip()))} {status} "
        if right:
            numbers = f"{member.facts.posts:>8}{member.facts.views or '':>9}{percent(member.inherited):>6}"
            line += numbers
        lines.append(line.rstrip())
        gap = _rails((*row.rails[-kept:], *((not row.last,) if row.depth else ())), step)
        lines += [f"{gap}    {note}" for note in notes_of(portrait, member)]
    return "\n".join(lines) + "\n"


def _rails(rails: tuple[bool, ...], step: str) -> str:
    return "".join(("\u2502" if rail else " ") + step for rail in rails)


def tell_timeline(evidence: Evidence, lineage: Lineage, family: int, *, now: int, width: int = TERMINAL) -> str:
    """Give the rows of the time line in words, by birth, one line each, which may be longer than `width`."""
    portrait = portray(evidence, lineage, family)
    return time_in_words(portrait, bars(portrait), now, width)


def time_in_words(portrait: Portrait, rows: list[Bar], now: int, width: int = TERMINAL) -> str:
    """Give the rows of a time line in words."""
    width = max(60, width)
    lines = [summary(portrait, now), ""]
    for bar in rows:
        lead = f"{bar.member.number} " if bar.member else ""
        title = fitted(bar.label, max(8, min(40, width // 2) - columns(lead)))
        status = f"; {standing_words(bar.member)}" if bar.member else ""
        lines.append(
            f"{lead}{isolated(title.rstrip())}{' ' * (columns(title) - columns(title.rstrip()))} {said(bar)}{status}"
        )
    return "\n".join(lines) + "\n"


def _numbers(numbers: object) -> str:
    listed = [str(number) for number in numbers]  # type: ignore[attr-defined]
    return ", ".join(listed[:6]) + (f" and {len(listed) - 6} more" if len(listed) > 6 else "")
