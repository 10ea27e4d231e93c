"""The same in words: what readers of screens get, what a terminal shows, and what stands under every drawing."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from textwrap import wrap

from notcontent.lineage.drawing.folding import Row, fold, summed
from notcontent.lineage.drawing.grouping import Bar, bars, said
from notcontent.lineage.evidence import Evidence
from notcontent.lineage.family import Lineage
from notcontent.lineage.portrait import Bond, Member, Portrait, Standing, portray
from notcontent.lineage.portrait.days import day
from notcontent.lineage.portrait.names import columns, fitted, isolated, key_of
from notcontent.lineage.words import chance, grouped, many, percent

TERMINAL = 100
WITH_KEYS, WITH_NUMBERS = 80, 100
"""From so many columns on a tree shows what can be typed for a channel, and posts, reach and what was inherited."""
NUMBERS = 23
LEAST_NAME, LEAST_TITLE = 28, 22
"""Columns that stay for a channel's branch, number and title, and for the two latter."""
SHORT_KEY = 14
"""Columns of a long key, such as an invitation, where titles would be cut for it: enough for n: and a number."""
DEEP = 12


def standing_words(member: Member) -> str:
    """Say its standing with the date of who said so: removed 9 Apr 2026."""
    if member.standing is Standing.UNKNOWN:
        last = member.facts.last_post
        return f"unknown, last post {day(last)}" if last is not None else member.standing.value
    return f"{member.standing.value} {day(member.stood or 0)}"


def summary(portrait: Portrait, now: int) -> str:
    """Say what a family comes to, and in which time its days are told."""
    standings = [(portrait.count(each), each) for each in Standing]
    counts = ", ".join(f"{count} {standing.value}" for count, standing in standings if count)
    return f"{many(len(portrait.members), 'channel')}, as known on {day(now)} UTC: {counts}"


def notes_of(portrait: Portrait, member: Member) -> list[str]:
    """Give the lines under a title: who is guessed where the parent is open, what else it took, who is named alike."""
    notes = []
    if member.bond is Bond.OPEN:
        sure = chance(member.probability)
        guess = (
            f", best guess #{portrait.members[member.under].number} ({sure})"
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
    said = [f"#{member.number} {isolated(member.title)}"]
    said.append(f"since {day(facts.began)}" if facts.began is not None else "no date is known")
    said.append(standing_words(member))
    said.append(many(facts.posts, "post") + (f", reach {grouped(facts.views)}" if facts.views else ""))
    if member.bond is Bond.STATED and member.under is not None:
        parent = portrait.members[member.under]
        said.append(f"from #{parent.number} {isolated(parent.title)} ({chance(member.probability)})")
    if member.inherited is not None and member.under is not None:
        said.append(
            f"{percent(member.inherited)} of its contents were in #{portrait.members[member.under].number} before"
        )
    if member.after_removal is not None:
        said.append(f"born {many(member.after_removal, 'day')} after its parent's removal")
    if member.bond is Bond.OPEN:
        said.append(f"in this family with {chance(member.in_family)}")
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
    sheet = _Columns.for_rows(portrait, rows, max(60, width))
    lines = [*wrap(summary(portrait, now), max(60, width)), "", sheet.head()]
    for row in rows:
        branch = _rails(row.rails[-sheet.kept :], sheet.step)
        if row.depth:
            branch += ("\u2514" if row.last else "\u251c") + sheet.step
        if row.hidden:
            lines.append(f"{branch}{summed(row)}")
            continue
        member = portrait.members[row.place]
        lines.append(sheet.line(branch + _lead(row, member), member))
        gap = _rails((*row.rails[-sheet.kept :], *((not row.last,) if row.depth else ())), sheet.step)
        notes = notes_of(portrait, member)
        if 0 < sheet.key < columns(key_of(member.facts)):  # a key that is cut cannot be typed
            notes.append(f"key {key_of(member.facts)}")
        lines += [f"{gap}    {note}" for note in notes]
    return "\n".join(lines) + "\n"


def _lead(row: Row, member: Member) -> str:
    sure = "open " if member.bond is Bond.OPEN else f"{chance(member.probability)} " if row.depth else ""
    return f"{sure}#{member.number} "


@dataclass(frozen=True, slots=True)
class _Columns:
    """How wide each column is, by what the rows need: dates are not cut, nor short keys; titles and long keys give way.

    `key`: 0 where the terminal is too narrow for it. `step`, `kept`: how rails are indented, and how many levels.
    """

    name: int
    key: int
    status: int
    numbers: bool
    step: str
    kept: int

    @classmethod
    def for_rows(cls, portrait: Portrait, rows: list[Row], width: int) -> "_Columns":
        sheet, needed = cls._with_keys(portrait, rows, width, width)
        return sheet if sheet.name >= needed else cls._with_keys(portrait, rows, width, SHORT_KEY)[0]

    @classmethod
    def _with_keys(cls, portrait: Portrait, rows: list[Row], width: int, most: int) -> "tuple[_Columns, int]":
        """Share the width out, with `most` columns for a key at most. Give what the longest title needs too."""
        members = {row.place: portrait.members[row.place] for row in rows}
        status = max(len("status"), *(columns(standing_words(member)) for member in members.values()))
        numbers = width >= WITH_NUMBERS
        room = width - status - 1 - (NUMBERS if numbers else 0)
        key = 0
        if width >= WITH_KEYS:
            keys = (columns(key_of(member.facts)) for member in members.values())
            key = min(max([len("key"), *keys]), most, room - LEAST_NAME - 1)
            room -= key + 1
        # Deep families get steps of one column; what is deeper than the room allows keeps its last levels.
        deepest = max(row.depth for row in rows)
        step = "" if deepest > DEEP or 2 * deepest > room - LEAST_TITLE else " "
        kept = max(1, (room - LEAST_TITLE) // (1 + len(step)) - 1)
        needed = [
            (1 + len(step)) * min(row.depth, kept + 1)
            + columns(_lead(row, members[row.place]))
            + max(8, columns(members[row.place].title))
            for row in rows
            if not row.hidden
        ]
        name = max(len("channel"), *needed)
        return cls(min(room, name), key, status, numbers, step, kept), name

    def head(self) -> str:
        key = f" {'key':<{self.key}}" if self.key else ""
        numbers = f"{'posts':>8}{'reach':>9}{'inh.':>6}" if self.numbers else ""
        return f"{'channel':<{self.name}}{key} {'status':<{self.status}}{numbers}".rstrip()

    def line(self, lead: str, member: Member) -> str:
        title = fitted(member.title, max(8, self.name - columns(lead)))
        filling = " " * (columns(title) - columns(title.rstrip()))
        key = key_of(member.facts)
        shown = f" {fitted(_shortened(key, self.key), self.key)}" if self.key else ""
        status = fitted(standing_words(member), self.status)
        facts = member.facts
        reach = grouped(facts.views) if facts.views else ""
        numbers = f"{grouped(facts.posts):>8}{reach:>9}{percent(member.inherited):>6}" if self.numbers else ""
        return f"{lead}{isolated(title.rstrip())}{filling}{shown} {status}{numbers}".rstrip()


def _shortened(key: str, width: int) -> str:
    """Take signs out of a key's middle: both ends tell it from others."""
    if columns(key) <= width:
        return key
    ahead = width // 2
    return f"{key[:ahead]}\u2026{key[len(key) - (width - ahead - 1) :]}"


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
        lead = f"#{bar.member.number} " if bar.member else ""
        title = fitted(bar.label, max(8, min(40, width // 2) - columns(lead)))
        status = f"; {standing_words(bar.member)}" if bar.member else ""
        lines.append(
            f"{lead}{isolated(title.rstrip())}{' ' * (columns(title) - columns(title.rstrip()))} {said(bar)}{status}"
        )
    return "\n".join(lines) + "\n"


def _numbers(numbers: object) -> str:
    listed = [f"#{number}" for number in numbers]  # type: ignore[attr-defined]
    return ", ".join(listed[:6]) + (f" and {len(listed) - 6} more" if len(listed) > 6 else "")
