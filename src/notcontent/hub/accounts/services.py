"""Members: register, give and revoke keys, recognise a key, note how far a member has read."""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models.functions import Greatest
from django.utils import timezone

from notcontent.errors import (
    KeyRefusedError,
    MemberKeyNotFoundError,
    MemberNameError,
    MemberNotFoundError,
    RequestFormatError,
    ScopeError,
)
from notcontent.exchange.wire import MEMBER_KEY
from notcontent.hub.accounts.models import Member, MemberKey
from notcontent.hub.answers import Scope
from notcontent.hub.audit import services as audit

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member as other rooms know it."""

    id: int
    name: str
    title: str
    description: str
    active: bool
    cursor: int
    last_sync: datetime | None


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key without its secret."""

    member_id: int
    key_id: str
    label: str
    scopes: tuple[Scope, ...]
    created_day: date
    revoked_day: date | None


@dataclass(frozen=True, slots=True, repr=False)
class MadeKey:
    """A new key's text, to be shown once."""

    key_id: str
    text: str


def _line(row: Member) -> MemberLine:
    return MemberLine(row.pk, row.name, row.title, row.description, row.active, row.cursor, row.last_sync)


@transaction.atomic
def create_member(actor: str, name: str, title: str, description: str = "") -> MemberLine:
    """Register an organisation. Raises MemberNameError when the name is taken or no slug, RequestFormatError."""
    if not _NAME.fullmatch(name) or Member.objects.filter(name=name).exists():
        raise MemberNameError
    if not 1 <= len(title.strip()) <= 120 or len(description) > 500:
        raise RequestFormatError("A member's title has 1 to 120 letters, its description at most 500.")
    row = Member.objects.create(
        name=name, title=title.strip(), description=description.strip(), created_day=timezone.now().date()
    )
    audit.record(actor, "member-created", name)
    return _line(row)


@transaction.atomic
def create_key(actor: str, member: str, label: str, scopes: Sequence[Scope]) -> MadeKey:
    """Make a key of a member. Raises MemberNotFoundError, RequestFormatError (no scope, label too long)."""
    row = Member.objects.filter(name=member, active=True).first()
    if row is None:
        raise MemberNotFoundError
    if not scopes or len(label) > 120:
        raise RequestFormatError("A key has at least one scope and a label of at most 120 letters.")
    key_id = secrets.token_hex(4)
    while MemberKey.objects.filter(key_id=key_id).exists():
        key_id = secrets.token_hex(4)
    secret = urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    text = f"ncm_{key_id}_{secret}"
    MemberKey.objects.create(
        member=row,
        key_id=key_id,
        sha256=hashlib.sha256(text.encode()).digest(),
        scopes=sorted({scope.value for scope in scopes}),
        label=label.strip(),
        created_day=timezone.now().date(),
    )
    audit.record(actor, "member-key-created", f"{member} {key_id}")
    return MadeKey(key_id, text)


@transaction.atomic
def revoke_key(actor: str, key_id: str) -> None:
    """Refuse a key from now on. A second call changes nothing. Raises MemberKeyNotFoundError."""
    key = MemberKey.objects.select_for_update().filter(key_id=key_id).first()
    if key is None:
        raise MemberKeyNotFoundError
    if key.revoked_day is None:
        MemberKey.objects.filter(pk=key.pk).update(revoked_day=timezone.now().date())
        audit.record(actor, "member-key-revoked", key_id)


def recognise(text: str, scope: Scope) -> MemberLine:
    """Find whose key this is. Raises KeyRefusedError (unknown, revoked, member inactive) or ScopeError."""
    parts = MEMBER_KEY.fullmatch(text)
    if parts is None:
        raise KeyRefusedError
    key = MemberKey.objects.select_related("member").filter(key_id=parts[1], revoked_day=None).first()
    if key is None or not hmac.compare_digest(bytes(key.sha256), hashlib.sha256(text.encode()).digest()):
        raise KeyRefusedError
    if not key.member.active:
        raise KeyRefusedError
    if scope.value not in key.scopes:
        raise ScopeError
    return _line(key.member)


def note_sync(member_id: int, cursor: int, now: datetime) -> None:
    """Note that a member asked, and that it holds everything up to `cursor`. What it once held it has seen."""
    Member.objects.filter(pk=member_id).update(cursor=Greatest("cursor", cursor), last_sync=now)


def members(*, active_only: bool = False) -> tuple[MemberLine, ...]:
    """Give the members by title."""
    rows = Member.objects.order_by("title", "name")
    return tuple(_line(row) for row in (rows.filter(active=True) if active_only else rows))


def keys() -> tuple[KeyLine, ...]:
    """Give every key of every member, newest first."""
    return tuple(
        KeyLine(
            row.member_id,
            row.key_id,
            row.label,
            tuple(Scope(scope) for scope in row.scopes),
            row.created_day,
            row.revoked_day,
        )
        for row in MemberKey.objects.order_by("-pk")
    )
