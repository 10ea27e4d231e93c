"""What the stories take and give: plain frozen values, the only ones that faces handle.

No value here carries a model or a query. Those that hold a hash or a secret show nothing in their repr.
Everything about a case is told in days; only organisations (members) have times.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import TypeAlias
from uuid import UUID

from notcontent.exchange.videos import BankedFrame, pack_frames
from notcontent.exchange.wire import VIDEO_KIND, Kind, SignalType

CaseId: TypeAlias = UUID


class Claim(Enum):
    """What the person says the pictures are. All are taken; it changes the words of a later notice."""

    REAL = "real"
    MADE = "made"
    ALTERED = "altered"


class CaseState(Enum):
    """A case as a whole: nothing out yet, out, stopped, gone for good."""

    RECEIVED = "received"
    ACTIVE = "active"
    WITHDRAWN = "withdrawn"
    DELETED = "deleted"


class ItemState(Enum):
    """One item as the person sees it: not sent to members yet, sent, stopped (may be taken back), gone for good."""

    WAITING = "waiting"
    ACTIVE = "active"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"


class Scope(Enum):
    """What a member's key may do."""

    FEED_READ = "feed:read"
    SIGHTINGS_WRITE = "sightings:write"


# --- the person's side ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class NewItem:
    """One picture's hash as the device sent it: `value` 32 bytes, `quality` 0..100."""

    value: bytes
    quality: int
    type: SignalType = SignalType.PDQ
    kind: str = Kind.WHOLE.value

    @property
    def frames(self) -> int:
        """A picture has none."""
        return 0


@dataclass(frozen=True, slots=True, repr=False)
class NewVideo:
    """One video as the device sent it: the hashes of its frames in order, with their times. One item, one entry."""

    shown: tuple[BankedFrame, ...]

    @property
    def value(self) -> bytes:
        """All frames, packed."""
        return pack_frames(self.shown)

    @property
    def quality(self) -> int:
        """The quality of the best frame."""
        return max((one.quality for one in self.shown), default=0)

    @property
    def type(self) -> SignalType:
        """How the frames were hashed."""
        return SignalType.PDQ

    @property
    def kind(self) -> str:
        """The event's kind."""
        return VIDEO_KIND

    @property
    def frames(self) -> int:
        """How many frames it has."""
        return len(self.shown)


NewEntry: TypeAlias = NewItem | NewVideo


@dataclass(frozen=True, slots=True, repr=False)
class Opening:
    """What opening a case takes. `token` is 16 random bytes made by the page: a form sent twice opens one case."""

    adults_only: bool
    claim: Claim
    members: tuple[str, ...]
    items: tuple[NewEntry, ...]
    token: bytes


@dataclass(frozen=True, slots=True, repr=False)
class OpenedCase:
    """A new case. `code` (8 words) is shown this once and kept nowhere."""

    case_id: CaseId
    code: str
    count: int
    already_there: int


@dataclass(frozen=True, slots=True)
class MemberChoice:
    """One member that a person may choose to send to."""

    name: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class ItemView:
    """One item as its person sees it. `sent_to` and `fetched_by` are members' titles; no hash is here.

    `frames` is how many a video has, 0 for a picture. Of an erased video only that it was one is told: 1.
    """

    number: int
    frames: int
    state: ItemState
    added_day: date
    withdrawn_until: date | None
    sent_to: tuple[str, ...]
    fetched_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case as its person sees it. `ends_day` moves on with every visit."""

    state: CaseState
    claim: Claim | None
    opened_day: date
    ends_day: date
    items: tuple[ItemView, ...]
    members: tuple[MemberChoice, ...]


@dataclass(frozen=True, slots=True)
class Added:
    """What adding did: new items, and pictures that the case had already."""

    count: int
    already_there: int


@dataclass(frozen=True, slots=True, repr=False)
class Withdrawn:
    """What stopped. `take_back_code` (4 words) is shown this once; `until` is its last day."""

    take_back_code: str
    until: date
    count: int


# --- the operators' side -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeskCaseLine:
    """One case in the operators' list."""

    alias: str
    state: CaseState
    claim: Claim | None
    opened_day: date
    items: int
    active: int


@dataclass(frozen=True, slots=True)
class DeskCases:
    """One page of cases, newest first. `next` is the cursor of the following page, None at the end."""

    cases: tuple[DeskCaseLine, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class DeskItem:
    """One item as operators see it: a number, what it is (`frames` as in ItemView), and where it stands."""

    number: int
    frames: int
    state: ItemState
    added_day: date
    withdrawn_until: date | None
    quality: int | None
    sent_to: tuple[str, ...]
    fetched_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeskCase:
    """One case as operators see it: by alias, without code and without hashes."""

    alias: str
    state: CaseState
    claim: Claim | None
    opened_day: date
    ends_day: date
    items: tuple[DeskItem, ...]
    members: tuple[MemberChoice, ...]


@dataclass(frozen=True, slots=True)
class DeskKey:
    """One member key, without its secret. `key_id` is the public part."""

    key_id: str
    label: str
    scopes: tuple[Scope, ...]
    created_day: date
    revoked_day: date | None


@dataclass(frozen=True, slots=True)
class DeskMember:
    """One member: how far it has read (`cursor` of `feed_end`), when it last synced, its keys."""

    name: str
    title: str
    description: str
    active: bool
    cursor: int
    feed_end: int
    last_sync: datetime | None
    keys: tuple[DeskKey, ...]


@dataclass(frozen=True, slots=True, repr=False)
class NewKey:
    """A new member key. `text` is shown this once; `gate_toml` is the [hub] part of the member's gate.toml."""

    key_id: str
    text: str
    gate_toml: str


@dataclass(frozen=True, slots=True)
class Overview:
    """The hub in counts."""

    cases: dict[CaseState, int]
    entries_active: int
    entries_waiting: int
    members_active: int
    members_silent: int
    epoch: int


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One record of the audit chain."""

    seq: int
    day: date
    actor: str
    verb: str
    subject: str
    count: int


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """The whole audit chain, recomputed: how many records fit, and whether all do."""

    records: int
    holds: bool


@dataclass(frozen=True, slots=True)
class TickReport:
    """What one tick did. All zero when nothing was due."""

    published: int = 0
    erased: int = 0
    ended_cases: int = 0
