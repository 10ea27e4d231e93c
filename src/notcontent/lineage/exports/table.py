"""A table for spreadsheets: one line a channel. No cell can be taken for a formula, and no link can be clicked."""

import csv
from io import StringIO

from notcontent.lineage.evidence import Evidence
from notcontent.lineage.exports.marking import Tlp
from notcontent.lineage.exports.stating import counted_members, edges, hundred, in_hundred, shown_number
from notcontent.lineage.family import Lineage
from notcontent.lineage.portrait import Bond, Member, portray
from notcontent.lineage.portrait.days import iso
from notcontent.lineage.portrait.names import defanged, links_of
from notcontent.lineage.portrait.saying import paragraph

COLUMNS = (
    "number", "title", "telegram_number", "links", "kind", "began", "began_is", "last_post", "status", "status_date",
    "posts", "reach", "members", "bond", "parent", "probability_percent", "in_family_percent", "inherited_percent",
    "also_from", "named_like", "reasons", "tlp",
)  # fmt: skip

_FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠|%")


def to_table(evidence: Evidence, lineage: Lineage, family: int, *, now: int, tlp: Tlp = Tlp.AMBER) -> bytes:
    """Give one family as CSV: UTF-8 with a byte order mark (Excel asks for it), CRLF."""
    del now  # a table has no place for it; all exports are called alike
    portrait = portray(evidence, lineage, family)
    stated = {edge.child.place for edge in edges(portrait)}
    sink = StringIO(newline="")
    writer = csv.writer(sink)
    writer.writerow(COLUMNS)
    for member in portrait.members.values():
        parent = portrait.members[member.under] if member.place in stated and member.under is not None else None
        also = " ".join(str(portrait.members[place].number) for place in member.also_from)
        writer.writerow(
            [guarded(cell) for cell in (*_facts(member), *_bonds(member, parent), also, *_rest(member, tlp))]
        )
    return sink.getvalue().encode("utf-8-sig")


def guarded(cell: object) -> str:
    """Give a cell that a spreadsheet shows as it is: an apostrophe stands before what would begin a formula."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text[:1] in _FORMULA_STARTS and text else text


def _facts(member: Member) -> tuple[object, ...]:
    facts = member.facts
    return (
        member.number,
        member.title,
        shown_number(facts),
        " ".join(map(defanged, links_of(facts))),
        facts.kind,
        _date(facts.began),
        "" if facts.began is None else "created" if facts.born is not None else "first post seen",
        _date(facts.last_post),
        member.standing.value,
        _date(member.stood),
        facts.posts,
        facts.views or None,
        counted_members(facts),
    )


def _bonds(member: Member, parent: Member | None) -> tuple[object, ...]:
    return (
        member.bond.value,
        parent.number if parent else None,
        in_hundred(member.probability or 0.0) if parent else None,
        in_hundred(member.in_family) if member.under is not None else None,
        hundred(member.inherited) if parent and member.inherited is not None else None,
    )


def _rest(member: Member, tlp: Tlp) -> tuple[object, ...]:
    reasons = paragraph(member.reasons) if member.bond is Bond.STATED else ""
    return " ".join(map(str, member.alike)), reasons, tlp.label


def _date(time: int | None) -> str | None:
    return iso(time) if time is not None else None
