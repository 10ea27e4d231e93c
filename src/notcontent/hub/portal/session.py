"""The portal's only memory: one sealed cookie, made when a case is opened or entered, dead after 30 idle minutes.

It holds the case, the generation that leaving the case ends, the minute it was last used, and at most one notice:
something the next page says once (a new case code, a take-back code). Nothing of it is kept at the hub, but for the
marks of notices that were read (`once.py`): a copy of an older cookie does not say them again.
Before a case is opened there is no cookie at all.
"""

import base64
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from functools import cache
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from django.http import HttpRequest, HttpResponse

from notcontent.errors import CaseNotFoundError
from notcontent.hub import flows
from notcontent.hub.config import hub_config
from notcontent.hub.keys import Sealer, hub_ring
from notcontent.hub.portal.once import Marks

IDLE_S = 30 * 60
_BOUND_TO = b"portal cookie 1"
_read = Marks(kept_s=IDLE_S + 60)
"""Notices that a browser was seen to have read. Longer than any cookie that holds one lives."""


class Said(Enum):
    """What happened, to be told on the next page."""

    OPENED = "opened"
    SENT_BEFORE = "sent_before"
    ADDED = "added"
    STOPPED = "stopped"
    TAKEN_BACK = "taken_back"
    ERASED = "erased"


class Notice(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing to say once. `code` is a case code or a take-back code, which no other place keeps."""

    said: Said
    code: str = ""
    count: int = 0
    already_there: int = 0
    until: date | None = None
    mark: str = msgspec.field(default_factory=lambda: secrets.token_hex(8))

    def __repr__(self) -> str:
        """Show the kind alone."""
        return f"<Notice {self.said.value} redacted>"


@dataclass(frozen=True, slots=True)
class Session:
    """Who may see which case, until it is left."""

    case_id: UUID
    generation: int
    notice: Notice | None = None
    told: str = ""

    def saying(self, notice: Notice | None) -> "Session":
        """Give this session with something to say once, or with nothing left to say."""
        return replace(self, notice=notice)

    def having_said(self) -> "Session":
        """Give this session after its notice was shown. When a browser comes back with it, the notice was read."""
        return replace(self, notice=None, told=self.notice.mark if self.notice else "")


class _Sealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, repr_omit_defaults=True):
    """The cookie's content before sealing."""

    case_id: UUID
    generation: int
    used: int
    notice: Notice | None = None
    told: str = ""


def begin(case_id: UUID) -> Session:
    """Start a session for a case that was just opened, or entered by its code."""
    return Session(case_id, flows.case_generation(case_id))


def read(request: HttpRequest, clock: Callable[[], float] = time.time) -> Session | None:
    """Give the request's session; None when there is none, or it is altered, idle too long, left or erased."""
    text = request.COOKIES.get(cookie_name())
    if not text:
        return None
    try:
        plain = _sealer().open(base64.urlsafe_b64decode(text), _BOUND_TO)
        sealed = msgspec.json.decode(plain, type=_Sealed)
    except (InvalidTag, ValueError, msgspec.DecodeError):
        return None
    if not 0 <= clock() - sealed.used <= IDLE_S + 1:
        return None
    try:
        if flows.case_generation(sealed.case_id) != sealed.generation:
            return None
    except CaseNotFoundError:
        return None
    if sealed.told:
        _read.add(sealed.told)
    notice = sealed.notice if sealed.notice and sealed.notice.mark not in _read else None
    return Session(sealed.case_id, sealed.generation, notice)


def write(response: HttpResponse, session: Session, clock: Callable[[], float] = time.time) -> None:
    """Put the session into the answer. The cookie dies with the browser; no script and no other site gets it."""
    sealed = _Sealed(session.case_id, session.generation, int(clock()), session.notice, session.told)
    text = base64.urlsafe_b64encode(_sealer().seal(msgspec.json.encode(sealed), _BOUND_TO)).decode()
    response.set_cookie(cookie_name(), text, path="/", secure=_secure(), httponly=True, samesite="Strict")


def clear(response: HttpResponse) -> None:
    """Take the cookie away."""
    response.set_cookie(cookie_name(), "", path="/", max_age=0, secure=_secure(), httponly=True, samesite="Strict")


def cookie_name() -> str:
    """Give the cookie's neutral name; over HTTPS with the prefix that ties it to this very host."""
    return "__Host-nc" if _secure() else "nc"


def _secure() -> bool:
    return hub_config().public_url.startswith("https://")


@cache
def _sealer() -> Sealer:
    return hub_ring().sealer("portal-cookie")
