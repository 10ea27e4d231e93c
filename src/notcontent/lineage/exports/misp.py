"""MISP: one event with a `social-media-group` object for each channel and a `derived-from` reference for each edge.

The event is unpublished, for your organisation only, tagged with its TLP level. URLs are written in full, as MISP's
types demand, and are never for detection (`to_ids` false).
"""

import json
from typing import Any

from notcontent.lineage.evidence import Evidence
from notcontent.lineage.exports.marking import Tlp
from notcontent.lineage.exports.stating import Edge, edges, hundred, id_of, in_hundred
from notcontent.lineage.family import Lineage
from notcontent.lineage.portrait import Member, portray
from notcontent.lineage.portrait.days import iso
from notcontent.lineage.portrait.members import ended
from notcontent.lineage.portrait.names import links_of, number_of, older_titles
from notcontent.lineage.portrait.saying import paragraph

_TEMPLATE, _TEMPLATE_VERSION = "c4939ec4-ab53-4c35-9a98-3d4d4caf5b6c", "1"
_OWN_ORGANISATION, _AS_EVENT = "0", "5"
_UNDEFINED, _COMPLETE = "4", "2"


def to_misp(evidence: Evidence, lineage: Lineage, family: int, *, now: int, tlp: Tlp = Tlp.AMBER) -> bytes:
    """Give one family as a MISP event. Raises LineageFamilyNotFoundError."""
    portrait = portray(evidence, lineage, family)
    parents = {edge.child.place: edge for edge in edges(portrait)}
    event = {
        "uuid": str(id_of("event", portrait.root.facts.key)),
        "info": f"Channels that continue {portrait.root.title}",
        "date": iso(now)[:10],
        "timestamp": str(now),
        "threat_level_id": _UNDEFINED,
        "analysis": _COMPLETE,
        "distribution": _OWN_ORGANISATION,
        "published": False,
        "Tag": [{"name": f"tlp:{tlp.value}"}],
        "Object": [_group(member, parents.get(place), now) for place, member in portrait.members.items()],
    }
    return (json.dumps({"Event": event}, ensure_ascii=False, indent=1) + "\n").encode()


def _uuid(member: Member) -> str:
    return str(id_of("group", member.facts.key))


def _group(member: Member, edge: Edge | None, now: int) -> dict[str, Any]:
    facts = member.facts
    attributes = [("group-name", "text", member.title, False), ("platform", "text", "Telegram", True)]
    attributes += [("group-alias", "text", title, False) for title in older_titles(facts)]
    links = links_of(facts)
    # The template has one original address; further ones are aliases.
    attributes += [("url", "url", link, False) for link in links[:1]]
    attributes += [("group-alias", "text", link, False) for link in links[1:]]
    attributes.append(("description", "text", _described(member), True))
    group: dict[str, Any] = {
        "name": "social-media-group",
        "meta-category": "misc",
        "template_uuid": _TEMPLATE,
        "template_version": _TEMPLATE_VERSION,
        "uuid": _uuid(member),
        "timestamp": str(now),
        "distribution": _AS_EVENT,
        "comment": member.standing.value,
        "Attribute": [_attribute(member, at, each, now) for at, each in enumerate(attributes)],
        "ObjectReference": [_reference(edge, now)] if edge else [],
    }
    last = ended(facts)
    if facts.began is not None and last is not None:
        group |= {"first_seen": _micro(facts.began), "last_seen": _micro(max(facts.began, last))}
    return group


def _micro(time: int) -> str:
    return iso(time).replace("Z", ".000000+00:00")


def _described(member: Member) -> str:
    """Give one line of what is known, for the template's description."""
    facts = member.facts
    said = [member.standing.value + (f" {iso(member.stood)}" if member.stood is not None else "")]
    if number_of(facts):
        said.append(f"Telegram number {number_of(facts)}")
    said.append(f"{facts.posts} posts" + (f", reach {facts.views}" if facts.views else ""))
    if member.inherited is not None:
        said.append(f"{hundred(member.inherited)} % of its contents were in an earlier channel")
    return "; ".join(said)


def _attribute(member: Member, at: int, said: tuple[str, str, str, bool], now: int) -> dict[str, Any]:
    relation, kind, value, alone = said
    return {
        "uuid": str(id_of("attribute", member.facts.key, relation, str(at))),
        "type": kind,
        "category": "Network activity" if kind == "url" else "Other",
        "object_relation": relation,
        "value": value,
        "to_ids": False,
        "disable_correlation": alone,
        "distribution": _AS_EVENT,
        "timestamp": str(now),
    }


def _reference(edge: Edge, now: int) -> dict[str, Any]:
    return {
        "uuid": str(id_of("reference", edge.child.facts.key, edge.parent.facts.key)),
        "object_uuid": _uuid(edge.child),
        "referenced_uuid": _uuid(edge.parent),
        "relationship_type": "derived-from",
        "comment": f"{in_hundred(edge.probability)} %. {paragraph(edge.reasons)}".rstrip(),
        "timestamp": str(now),
    }
