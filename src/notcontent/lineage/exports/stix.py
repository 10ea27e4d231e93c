"""STIX 2.1: a bundle with a user account for each channel, `derived-from` for each stated edge, and a grouping of all.

Ids: accounts as the standard prescribes (UUIDv5 over account type, id and login), all else UUIDv5 of our own, so that
an export of tomorrow updates today's. `created` is the birth that an object speaks of, `modified` the time of export.
"""

import json
from typing import Any
from uuid import UUID, uuid5

from notcontent.lineage.evidence import ChannelFacts, Evidence
from notcontent.lineage.exports.marking import Tlp
from notcontent.lineage.exports.stating import Edge, edges, id_of, in_hundred
from notcontent.lineage.family import Lineage
from notcontent.lineage.observations import EARLIEST
from notcontent.lineage.portrait import Member, Standing, portray
from notcontent.lineage.portrait.days import iso
from notcontent.lineage.portrait.members import ended
from notcontent.lineage.portrait.names import handle_of, number_of
from notcontent.lineage.portrait.saying import paragraph

_OBSERVABLES = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")  # STIX 2.1, section 2.9
_MOST_OBSERVED = 999_999_999

# The four that STIX 2.1 itself defines (7.2.1.4) are known to every tool; clear is its white. Amber+strict came with
# TLP 2.0: OASIS defines it as an extension.
_STANDARD = {
    Tlp.CLEAR: ("613f2e26-407d-48c7-9eca-b8e91df99dc9", "white"),
    Tlp.GREEN: ("34098fce-860f-48ae-8e50-ebd3cc5e41da", "green"),
    Tlp.AMBER: ("f88d31f6-486f-44da-b317-01333bde0b82", "amber"),
    Tlp.RED: ("5e57c739-391a-4eb3-b6be-7d15ca92d5ed", "red"),
}
_STRICT: dict[str, Any] = {
    "type": "marking-definition",
    "spec_version": "2.1",
    "id": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "created": "2022-10-01T00:00:00.000Z",
    "name": "TLP:AMBER+STRICT",
    "extensions": {
        "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d": {
            "extension_type": "property-extension",
            "tlp_2_0": "amber+strict",
        }
    },
}


def to_stix(evidence: Evidence, lineage: Lineage, family: int, *, now: int, tlp: Tlp = Tlp.AMBER) -> bytes:
    """Give one family as a STIX 2.1 bundle. Raises LineageFamilyNotFoundError."""
    portrait = portray(evidence, lineage, family)
    marking = _marking(tlp)
    accounts = {place: _account(member) for place, member in portrait.members.items()}
    objects = list(accounts.values())
    dated = (member for member in portrait.members.values() if member.facts.began is not None)
    objects += [_seen(member, accounts[member.place]["id"], now) for member in dated]
    objects += [_derived(edge, accounts, now) for edge in edges(portrait)]
    root = portrait.root
    group = {
        "type": "grouping",
        "spec_version": "2.1",
        "id": f"grouping--{id_of('family', root.facts.key)}",
        **_times(root, now),
        "name": f"Channels that continue {root.title}",
        "description": f"{len(portrait.members)} Telegram channels of one family. Probabilities are no proof.",
        "context": "suspicious-activity",
        "object_refs": [each["id"] for each in objects],
    }
    for each in (*objects, group):
        each["object_marking_refs"] = [marking["id"]]
    bundle = {
        "type": "bundle",
        "id": f"bundle--{id_of('bundle', root.facts.key, str(now), tlp.value)}",
        "objects": [marking, *objects, group],
    }
    return (json.dumps(bundle, ensure_ascii=False, indent=1) + "\n").encode()


def _marking(tlp: Tlp) -> dict[str, Any]:
    if tlp is Tlp.AMBER_STRICT:
        return dict(_STRICT)
    uuid, level = _STANDARD[tlp]
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": f"marking-definition--{uuid}",
        "created": "2017-01-20T00:00:00.000Z",
        "definition_type": "tlp",
        "name": f"TLP:{level.upper()}",
        "definition": {"tlp": level},
    }


def _account(member: Member) -> dict[str, Any]:
    facts = member.facts
    named = {"account_type": "telegram", **_names(facts)}
    if len(named) > 1:
        # The standard's own rule for ids: RFC 8785 over these three. All are ASCII, so that JSON's order is enough.
        told = json.dumps(named, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        uuid = uuid5(_OBSERVABLES, told)
    else:
        uuid = id_of("account", facts.key)
    account: dict[str, Any] = {
        "type": "user-account",
        "spec_version": "2.1",
        "id": f"user-account--{uuid}",
        **named,
        "display_name": member.title,
    }
    if member.standing in {Standing.REMOVED, Standing.ALIVE}:  # of the others nobody knows
        account["is_disabled"] = member.standing is Standing.REMOVED
    if facts.born is not None:
        account["account_created"] = iso(facts.born)
    return account


def _names(facts: ChannelFacts) -> dict[str, str]:
    """Give number and login: the public name, else the invitation with its plus sign, as people type them."""
    names = {"account_login": handle_of(facts).removeprefix("@")} if facts.usernames or facts.invites else {}
    if number_of(facts):
        names["user_id"] = number_of(facts)
    return names


def _times(member: Member, now: int) -> dict[str, Any]:
    began = member.facts.began
    created = EARLIEST if began is None else min(max(began, EARLIEST), now)
    return {"created": _milli(created), "modified": _milli(max(created, now))}


def _milli(time: int) -> str:
    return iso(time).replace("Z", ".000Z")


def _seen(member: Member, account: str, now: int) -> dict[str, Any]:
    """Give what was seen of a channel with a date: from when to when, and how many posts."""
    first = member.facts.began or EARLIEST
    last = ended(member.facts)
    return {
        "type": "observed-data",
        "spec_version": "2.1",
        "id": f"observed-data--{id_of('seen', member.facts.key)}",
        **_times(member, now),
        "first_observed": iso(first),
        "last_observed": iso(max(first, last if last is not None else first)),
        "number_observed": min(max(member.facts.posts, 1), _MOST_OBSERVED),
        "object_refs": [account],
    }


def _derived(edge: Edge, accounts: dict[int, dict[str, Any]], now: int) -> dict[str, Any]:
    relationship = {
        "type": "relationship",
        "spec_version": "2.1",
        "id": f"relationship--{id_of('derived-from', edge.child.facts.key, edge.parent.facts.key)}",
        **_times(edge.child, now),
        "relationship_type": "derived-from",
        "source_ref": accounts[edge.child.place]["id"],
        "target_ref": accounts[edge.parent.place]["id"],
        "confidence": in_hundred(edge.probability),
    }
    said = paragraph(edge.reasons)
    return {**relationship, "description": said} if said else relationship
