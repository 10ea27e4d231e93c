"""What the book tells of its sources."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import NamedTuple

from notcontent.errors import LineageAuthorityError
from notcontent.lineage.observations import FactKind
from notcontent.lineage.report import SourceKind


class SourceState(Enum):
    """Whether a source counts."""

    PENDING = "pending"  # an import that has not ended: not read by anyone, goes on when it is started again
    STANDING = "standing"
    WITHDRAWN = "withdrawn"  # its line stays, everything that it said is gone


@dataclass(frozen=True, slots=True)
class Authority:
    """Under what media were read: who ordered or allowed it, by which law, until which day (included)."""

    who: str
    law: str
    until: date

    def check(self, today: date) -> None:
        """Refuse an authority that is over or does not say enough. Raises LineageAuthorityError."""
        if not self.who.strip() or not self.law.strip():
            raise LineageAuthorityError("An authority says who and by which law.")
        if max(len(self.who), len(self.law)) > 300:
            raise LineageAuthorityError("Who and which law: at most 300 letters each.")
        if self.until < today:
            raise LineageAuthorityError("This authority is over.")


@dataclass(frozen=True, slots=True)
class Said:
    """What inference last said of a channel: `gist` tells whether it is still the same, `since` when it began to be."""

    gist: str
    said: bytes
    since: int
    seen: bool


class Told(NamedTuple):
    """One fact as one source said it (`source`: its number), at a time (UTC seconds)."""

    source: int
    kind: FactKind
    value: str
    time: int


class Announced(NamedTuple):
    """Chats that posts point to and nobody imported: `chats` of them, in `total` pairs of a chat and a channel.

    `newest`: the newest of these pairs, at most so many as were asked for. Each: the chat's handle, the key of the
    channel that points to it, in how many posts, and when first (UTC seconds).
    """

    total: int
    chats: int
    newest: list[tuple[str, str, int, int]]


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source as it is listed. `report`: counts by stable words, of what was read and what was skipped."""

    id: int
    kind: SourceKind
    label: str
    imported: int
    imported_by: str
    state: SourceState
    authority: Authority | None
    report: Mapping[str, int]
