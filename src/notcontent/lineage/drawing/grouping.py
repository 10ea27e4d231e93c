"""Which rows a time line has: a channel each while they fit, else the busiest, and the rest by birth."""

from dataclasses import dataclass
from datetime import UTC, datetime

from notcontent.lineage.portrait import Member, Portrait, Standing
from notcontent.lineage.portrait.contents import weeks
from notcontent.lineage.portrait.days import day, month
from notcontent.lineage.portrait.members import ended
from notcontent.lineage.words import many

ROOM = 60
ALONE = 36
"""Of more than `ROOM` channels so many have a row of their own: the root, and those with the most posts."""
GROUPS = 24


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: a channel (`member`), or several born about the same time. `weeks`: (start, new contents) in order."""

    member: Member | None
    label: str
    note: str
    began: int | None
    ended: int | None
    births: tuple[int, ...]
    weeks: tuple[tuple[int, int], ...]


def bars(portrait: Portrait) -> list[Bar]:
    """Give the rows from top to bottom, by birth; channels without a date come last."""
    members = list(portrait.members.values())
    if len(members) <= ROOM:
        return [_one(portrait, member) for member in members]
    busy = sorted(members, key=lambda each: (each.place != portrait.family.root, -each.facts.posts, each.number))[
        :ALONE
    ]
    places = {member.place for member in busy}
    rest = [member for member in members if member.place not in places]
    rows = [_one(portrait, member) for member in busy] + _groups(portrait, rest)
    return sorted(rows, key=lambda bar: (bar.began is None, bar.began or 0, bar.member is None, bar.label))


def _one(portrait: Portrait, member: Member) -> Bar:
    facts = member.facts
    note = f"+{member.after_removal} d" if member.after_removal is not None else ""
    births = (facts.began,) if facts.began is not None else ()
    return Bar(member, member.title, note, facts.began, ended(facts), births, weeks(portrait.part, member.place))


def _groups(portrait: Portrait, members: list[Member]) -> list[Bar]:
    dated = [member for member in members if member.facts.began is not None]
    undated = [member for member in members if member.facts.began is None]
    step = next(step for step in (1, 2, 3, 6, 12, 24, 1200) if len({_month(each) // step for each in dated}) <= GROUPS)
    groups: dict[int, list[Member]] = {}
    for member in dated:
        groups.setdefault(_month(member) // step, []).append(member)
    rows = [_many(portrait, group) for _, group in sorted(groups.items())]
    return rows + ([_many(portrait, undated)] if undated else [])


def _month(member: Member) -> int:
    when = datetime.fromtimestamp(member.facts.began or 0, UTC)
    return when.year * 12 + when.month - 1


def _many(portrait: Portrait, members: list[Member]) -> Bar:
    births = tuple(sorted(each.facts.began for each in members if each.facts.began is not None))
    ends = [end for each in members if (end := ended(each.facts)) is not None]
    live = sum(each.standing is Standing.ALIVE for each in members)
    summed: dict[int, int] = {}
    for each in members:
        for week, count in weeks(portrait.part, each.place):
            summed[week] = summed.get(week, 0) + count
    if not births:
        when = "without a date"
    elif month(births[0]) == month(births[-1]):
        when = f"born {month(births[0])}"
    else:
        when = f"born {month(births[0])} to {month(births[-1])}"
    label = f"{len(members)} more {when}, {live} live"
    return Bar(
        None, label, "", births[0] if births else None, max(ends, default=None), births, tuple(sorted(summed.items()))
    )


def said(bar: Bar) -> str:
    """Say when a row's channels were born and what the busiest week was."""
    parts = [f"since {day(bar.began)}" if bar.began is not None else "no date is known"]
    if bar.weeks:
        week, most = max(bar.weeks, key=lambda each: (each[1], -each[0]))
        parts.append(f"busiest week from {day(week)} with {many(most, 'content')} new to it")
    if bar.member and bar.member.after_removal is not None:
        parts.append(f"born {many(bar.member.after_removal, 'day')} after its parent's removal")
    return ", ".join(parts)
