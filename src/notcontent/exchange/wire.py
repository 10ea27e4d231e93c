"""The wire's one definition: what hub and gate say to each other, and what a gate answers its callers.

msgspec structs, frozen. Requests refuse unknown keys; feed readers ignore them, so that a hub may grow.
Hash values are 64 lower-case hexadecimal digits here and nowhere shown: every struct's repr is redacted.
"""

import re
from enum import Enum
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from notcontent.errors import NotContentError
from notcontent.exchange.videos import MAX_FRAMES

_Struct = TypeVar("_Struct")

# `max_length` too, because `$` in a pattern lets a newline follow.
HashHex = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
ValueHex = Annotated[str, Meta(pattern="^([0-9a-f]{2}){1,256}$")]
Salt = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
Alias = Annotated[str, Meta(pattern="^[0-9a-f]{32}$", max_length=32)]
Nonce = Annotated[str, Meta(pattern="^[0-9a-f]{32}$", max_length=32)]
Day = Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$", max_length=10)]
# Whole numbers stay within what every reader can hold: JavaScript's safe integers, and SQLite's and PostgreSQL's.
_MOST = 2**53 - 1
Seq = Annotated[int, Meta(ge=1, le=_MOST)]
Cursor = Annotated[int, Meta(ge=0, le=_MOST)]
BankName = Annotated[str, Meta(max_length=200)]
_LeaseSeconds = Annotated[int, Meta(ge=1, le=10 * 366 * 86400)]
Quality = Annotated[int, Meta(ge=0, le=100)]
MEMBER_KEY = re.compile(r"ncm_([0-9a-f]{8})_([A-Za-z0-9_-]{43})")
"""What a member's gate shows to its hub: the key's public id, and its secret."""


def decode(data: bytes, kind: type[_Struct], refusal: type[NotContentError]) -> _Struct:
    """Read untrusted JSON as one of this module's structs, or raise the given refusal.

    msgspec raises DecodeError for what is not of the shape, but UnicodeDecodeError for bytes that are not UTF-8
    and RecursionError for deep nesting: all are the sender's fault, and none of their texts is passed on.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise refusal from None


class Op(Enum):
    """What an event says. A reader that meets another word skips it, unless it is marked critical."""

    ADD = "add"
    WITHDRAW = "withdraw"
    GONE = "gone"


class SignalType(Enum):
    """How a hash was made."""

    PDQ = "pdq"


class Kind(Enum):
    """What of the item was hashed."""

    WHOLE = "whole"
    CROP = "crop"
    FRAME = "frame"


VIDEO_KIND = "video"
"""The kind of an event that carries a whole video: all of its frames, under one alias."""


class Redacted:
    """Mixin: `repr` names the type and nothing else, so that no log line can hold a hash."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Show the type alone."""
        return f"<{type(self).__name__} redacted>"


class EventFrame(Redacted, msgspec.Struct, frozen=True, array_like=True):
    """One frame of a video: [milliseconds after its first frame, quality, hash]."""

    t_ms: Cursor
    quality: Quality
    value: HashHex


class Event(Redacted, msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a member's feed. `seq` runs 1, 2, 3, ... for each member, without gaps.

    add: a new entry (type, value, kind, quality, salt given). withdraw: the entry of this alias is gone now.
    gone: an add that was erased since; it keeps the numbering whole and carries nothing.
    An add of the kind "video" carries `frames`, and its `value` is the SHA-256 of them packed (exchange/videos.py).
    """

    seq: Seq
    op: str
    alias: Alias
    day: Day
    epoch: Cursor
    type: str | None = None
    value: ValueHex | None = None
    kind: str | None = None
    quality: Quality | None = None
    frames: Annotated[list[EventFrame], Meta(min_length=1, max_length=MAX_FRAMES)] | None = None
    bank: BankName | None = None
    salt: Salt | None = None
    critical: bool = False


class Lease(msgspec.Struct, frozen=True):
    """How long a gate may go on without the hub: seconds until hold-only, seconds until shredding."""

    hold_after_s: _LeaseSeconds = 7 * 86400
    shred_after_s: _LeaseSeconds = 30 * 86400


class Page(Redacted, msgspec.Struct, frozen=True):
    """Events after the cursor `after`, up to the cursor `next`; `more` when there are further ones.

    Sent inside a Signed envelope. `nonce` repeats the request's, so that an old page is no answer.
    """

    v: int
    origin: str
    member: str
    nonce: Nonce
    after: Cursor
    next: Cursor
    more: bool
    lease: Lease
    events: list[Event]


class SnapshotEnd(Redacted, msgspec.Struct, frozen=True):
    """A snapshot's last line, signed: without it the snapshot is torn. `sha256` is over all lines before it."""

    v: int
    origin: str
    member: str
    nonce: Nonce
    cursor: Cursor
    count: Cursor
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    lease: Lease


class Signed(msgspec.Struct, frozen=True):
    """An envelope: the payload's exact bytes, the key's name and the Ed25519 signature (hex)."""

    payload: msgspec.Raw
    key_id: str
    signature: Annotated[str, Meta(pattern="^[0-9a-f]{128}$")]


class HubInfo(msgspec.Struct, frozen=True):
    """What a hub says of itself to anyone: its origin, the name of its key and its public key (hex)."""

    v: int
    origin: str
    key_id: str
    public_key: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class ErrorAnswer(msgspec.Struct, frozen=True):
    """Every refused request's body: the stable code and one sentence without data."""

    error: str
    message: str


# --- the gate's door ----------------------------------------------------------------------------------------


class Action(Enum):
    """What a gate advises, mildest first."""

    ALLOW = "allow"
    HOLD = "hold"
    BLOCK = "block"


class LookupHash(Redacted, msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One hash to look up. `quality` below the policy's floor never matches."""

    value: HashHex
    type: SignalType = SignalType.PDQ
    quality: Quality = 100


class LookupRequest(Redacted, msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /v1/lookup: 1 to 1,000 hashes; the answer has as many results, in order."""

    hashes: Annotated[list[LookupHash], Meta(min_length=1, max_length=1000)]


class MatchAnswer(msgspec.Struct, frozen=True):
    """One entry within radius. Shown to staff callers only: distances would let others recover a hash.

    `t_ms` is the time of the banked frame, `at_ms` that of the upload's; null where either is a picture. `evidence` and
    `least` are those of an estimated look, whose radius is -1; null for all others.
    """

    alias: str
    kind: Kind
    look: str
    distance: int
    radius: int
    t_ms: int | None
    reason: str
    at_ms: int | None = None
    evidence: float | None = None
    least: float | None = None


class VerdictAnswer(msgspec.Struct, frozen=True):
    """The gate's advice on one upload. `action` is what to do now, `advice` what the policy found.

    They differ in dry-run mode, where `action` is always allow; upload callers are then shown neither advice nor
    reason (advice is the action). `matches` is null for callers without the staff role.
    """

    action: Action
    advice: Action
    mode: str
    reason: str
    matches: list[MatchAnswer] | None = None


class LookupAnswer(msgspec.Struct, frozen=True):
    """POST /v1/lookup's answer: one verdict a hash, in the request's order."""

    results: list[VerdictAnswer]


class HealthAnswer(msgspec.Struct, frozen=True):
    """GET /v1/health: is the gate fit to answer, and how old is what it answers from.

    `entries` are pictures and videos; `frames` are what of videos is compared. `sync` is how the last poll of the hub
    ended: "ok", an error's code, or empty before the first. `hold_in_s` and `shred_in_s` are how long it still blocks,
    and still answers, if the hub stays silent: 0 when that is over, null without a bank.
    """

    status: str
    entries: int
    frames: int
    cursor: int
    generation: int
    age_s: float | None
    lease: str
    mode: str
    version: str
    sync: str = ""
    hold_in_s: float | None = None
    shred_in_s: float | None = None
