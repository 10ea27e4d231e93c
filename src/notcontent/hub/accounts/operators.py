"""Operators: the hub's own people. They are made, reset and disabled at the shell, never from a page.

An operator signs in with a name, a password and a second factor (a passkey or an authenticator app).
There is no sign-up, no e-mail address and no reset by mail: whoever runs the machine resets an operator.
"""

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction

from notcontent.errors import OperatorExistsError, OperatorNameError, OperatorNotFoundError, PasswordRefusedError
from notcontent.hub.audit import services as audit
from notcontent.hub.config import hub_config

_SECRET_BYTES = 20  # RFC 4226 section 4, R6: as long as SHA-1's output
SHELL = "shell"  # the actor's name in the audit trail for what is done at the machine itself


@dataclass(frozen=True, slots=True, repr=False)
class NewOperator:
    """An operator just made. The secret and its URI are there once, when an app was set up for them."""

    name: str
    totp_secret: str | None = None
    otpauth_uri: str | None = None


@dataclass(frozen=True, slots=True)
class OperatorView:
    """One operator as an administrator sees them."""

    name: str
    active: bool
    second_factors: int


@transaction.atomic
def create_operator(name: str, password: str, *, totp: bool = False) -> NewOperator:
    """Make an operator. Raises OperatorExistsError, OperatorNameError, PasswordRefusedError.

    Names that differ only in case are the same name. With `totp`, an authenticator app is set up for them,
    for scripts and the demo; without it, the first sign-in can reach nothing but setting up a second factor.
    """
    if User.objects.filter(username__iexact=name).exists():
        raise OperatorExistsError
    user = User(username=name)
    try:
        User._meta.get_field("username").clean(name, user)  # noqa: SLF001 (Django documents _meta as public)
    except ValidationError as error:
        raise OperatorNameError from error
    _set_password(user, password)
    user.save()
    audit.record(SHELL, "operator-created", name)
    if not totp:
        return NewOperator(name)
    secret = base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()
    TOTP.activate(user, secret)
    return NewOperator(name, secret, otpauth_uri(name, secret))


@transaction.atomic
def reset_operator(name: str, password: str) -> None:
    """Give a new password and take away every second factor; the operator's sessions end. Enables them again.

    Raises OperatorNotFoundError, PasswordRefusedError.
    """
    user = _find(name)
    _set_password(user, password)
    user.is_active = True
    user.save()
    Authenticator.objects.filter(user=user).delete()
    audit.record(SHELL, "operator-reset", user.get_username())


@transaction.atomic
def disable_operator(name: str) -> None:
    """Shut an operator out at once, sessions included. A second call changes nothing. Raises OperatorNotFoundError."""
    user = _find(name)
    if not user.is_active:
        return
    user.is_active = False
    user.save(update_fields=["is_active"])
    audit.record(SHELL, "operator-disabled", user.get_username())


def list_operators() -> tuple[OperatorView, ...]:
    """Give every operator by name, with how many second factors (recovery codes apart) each has."""
    factors = Authenticator.objects.exclude(type=Authenticator.Type.RECOVERY_CODES)
    counts: dict[int, int] = {}
    for owner in factors.values_list("user_id", flat=True):
        counts[owner] = counts.get(owner, 0) + 1
    users = User.objects.order_by("username")
    return tuple(OperatorView(user.get_username(), user.is_active, counts.get(user.pk, 0)) for user in users)


def forget_ended_sessions(now: datetime) -> int:
    """Delete the sessions whose time is over, and give their number. Challenges that nobody answered are among them."""
    ended = Session.objects.filter(expire_date__lt=now)
    return ended.delete()[0] if ended.exists() else 0


def otpauth_uri(name: str, secret: str) -> str:
    """Give the address that an authenticator app reads from a QR code."""
    label = quote(f"{hub_config().name}:{name}")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': hub_config().name}, quote_via=quote)}"


def _find(name: str) -> User:
    """Find an operator whatever the name's case."""
    user = User.objects.select_for_update().filter(username__iexact=name).first()
    if user is None:
        raise OperatorNotFoundError
    return user


def _set_password(user: User, password: str) -> None:
    """Check a password by the site's rules, then set it. The rules' sentences never quote the password."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise PasswordRefusedError(" ".join(error.messages)) from None
    user.set_password(password)
