"""JSON of our own: all that may be handed over, under a schema with a number (docs/reference/lineage-exports.md)."""

import json
from typing import Any

from notcontent.lineage.evidence import Evidence
from notcontent.lineage.exports.marking import Tlp
from notcontent.lineage.exports.stating import (
    counted_members,
    edges,
    finite,
    id_of,
    shown_number,
)
from notcontent.lineage.family import Lineage, Reason
from notcontent.lineage.portrait import Bond, Member, Portrait, portray
from notcontent.lineage.portrait.days import iso
from notcontent.lineage.portrait.names import clean, defanged, links_of, older_titles
from notcontent.lineage.portrait.saying import sentences
from notcontent.lineage.words import in_digits

SCHEMA, VERSION = "notcontent/lineage-family", 1


def to_json(evidence: Evidence, lineage: Lineage, family: int, *, now: int, tlp: Tlp = Tlp.AMBER) -> bytes:
    """Give one family as JSON in UTF-8. Raises LineageFamilyNotFoundError."""
    portrait = portray(evidence, lineage, family)
    told = {
        "schema": SCHEMA,
        "version": VERSION,
        "tlp": tlp.label,
        "as_of": iso(now),
        "family": {"id": str(id_of("family", portrait.root.facts.key)), "root": 1, "channels": len(portrait.members)},
        "channels": [_channel(portrait, member) for member in portrait.members.values()],
        "edges": [
            {
                "child": edge.child.number,
                "parent": edge.parent.number,
                "probability": in_digits(edge.probability),
                "reasons": [_reason(reason) for reason in edge.reasons],
            }
            for edge in edges(portrait)
        ],
        "open": [_open(portrait, member) for member in portrait.members.values() if member.bond is Bond.OPEN],
    }
    return (json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _channel(portrait: Portrait, member: Member) -> dict[str, Any]:
    facts = member.facts
    return {
        "number": member.number,
        "id": str(id_of("node", facts.key)),
        "title": member.title,
        "older_titles": older_titles(facts),
        "telegram_number": shown_number(facts),
        "links": [defanged(link) for link in links_of(facts)],
        "kind": clean(facts.kind) or None,
        "created": _date(facts.born),
        "first_post": _date(facts.first_post),
        "last_post": _date(facts.last_post),
        "status": member.standing.value,
        "status_date": _date(member.stood),
        "statuses": [
            {"status": fact.kind.value, "date": iso(fact.time)}
            for fact in sorted(facts.statuses, key=lambda fact: (fact.time, fact.kind.value))
        ],
        "posts": facts.posts,
        "reach": facts.views or None,
        "members": counted_members(facts),
        "in_family": None if member.bond is Bond.ROOT else round(member.in_family, 4),
        "inherited": None if member.inherited is None or member.bond is Bond.OPEN else round(member.inherited, 4),
        "also_from": [portrait.members[place].number for place in member.also_from],
        "named_like": list(member.alike),
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "kind": reason.kind.value,
        "weight": finite({"weight": round(reason.weight, 3)}).get("weight"),
        "numbers": finite(reason.numbers),
        "words": sentences([reason])[0],
    }


def _open(portrait: Portrait, member: Member) -> dict[str, Any]:
    """Give a channel whose parent is not stated, with the best guess where there is one. A guess is no edge."""
    guess = (
        portrait.members[member.under].number if member.probability is not None and member.under is not None else None
    )
    probability = None if member.probability is None else in_digits(member.probability)
    return {"channel": member.number, "best_guess": guess, "probability": probability}


def _date(time: int | None) -> str | None:
    return iso(time) if time is not None else None
