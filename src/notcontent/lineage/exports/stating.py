"""What every export says, once: the stated edges of a family and nothing else as edges, stable ids, finite numbers.

Exports hold what people named channels and what was counted. They never hold a mark, a digest, a hash of media, a
hidden handle, an author or a payment address: those fields are not read anywhere in this room.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from uuid import UUID, uuid5

from notcontent.lineage.evidence import ChannelFacts
from notcontent.lineage.family import Reason
from notcontent.lineage.portrait import Bond, Member, Portrait
from notcontent.lineage.portrait.names import number_of

SPACE = UUID("6f0c5b1e-6c52-5d0b-9a53-0a4f1f8f7c11")
"""The namespace of all ids made here."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A stated edge: the child continues the parent, its nearest seen ancestor with this probability (0..1)."""

    child: Member
    parent: Member
    probability: float
    reasons: tuple[Reason, ...]


def edges(portrait: Portrait) -> list[Edge]:
    """Give the stated edges, by the child's number."""
    return [
        Edge(member, portrait.members[member.under], member.probability or 0.0, member.reasons)
        for member in portrait.members.values()
        if member.bond is Bond.STATED and member.under is not None
    ]


def id_of(*parts: str) -> UUID:
    """Give the same id for the same parts, always."""
    return uuid5(SPACE, "\x1f".join(part.encode("utf-8", "replace").decode() for part in parts))


def hundred(share: float) -> int:
    """Give a share as a whole number from 0 to 100."""
    return round(100 * min(max(share, 0.0), 1.0))


def in_hundred(probability: float) -> int:
    """Give a probability as a whole number from 0 to 99: nothing is certain."""
    return min(hundred(probability), 99)


def counted_members(facts: ChannelFacts) -> int | None:
    """Give the latest count of subscribers that a source stated."""
    latest = max(facts.members, key=lambda dated: dated.time, default=None)
    return int(latest.value) if latest and latest.value.isascii() and latest.value.isdecimal() else None


def finite(numbers: Mapping[str, float]) -> dict[str, float]:
    """Give the numbers that JSON can hold, by name."""
    return {name: numbers[name] for name in sorted(numbers) if isfinite(numbers[name])}


def shown_number(facts: ChannelFacts) -> str | None:
    """Give Telegram's number of a channel, or None."""
    return number_of(facts) or None
