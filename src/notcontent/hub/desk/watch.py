"""What operators do to their own sign-in, written to the audit trail as it happens.

allauth tells of these steps by signals and by nothing else. No address, agent or attempted name is kept.
"""

from typing import Any

from allauth.account.signals import user_logged_in
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset, authenticator_used
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_logged_out
from django.http import HttpRequest

from notcontent.hub import flows
from notcontent.hub.desk import session

_WORDS = {
    Authenticator.Type.TOTP: "app",
    Authenticator.Type.WEBAUTHN: "passkey",
    Authenticator.Type.RECOVERY_CODES: "recovery-codes",
}


def connect() -> None:
    """Start listening; called once when Django is ready."""
    user_logged_in.connect(_signed_in, dispatch_uid="desk-signed-in")
    user_logged_out.connect(_signed_out, dispatch_uid="desk-signed-out")
    authenticator_added.connect(_added, dispatch_uid="desk-factor-added")
    authenticator_removed.connect(_removed, dispatch_uid="desk-factor-removed")
    authenticator_reset.connect(_renewed, dispatch_uid="desk-factor-renewed")
    authenticator_used.connect(_used, dispatch_uid="desk-factor-used")


def _signed_in(user: AbstractBaseUser, **_: Any) -> None:  # noqa: ANN401
    _record(user, "signed-in")


def _signed_out(user: AbstractBaseUser | None, **_: Any) -> None:  # noqa: ANN401
    if user is not None and user.is_authenticated:
        _record(user, "signed-out")


def _added(request: HttpRequest, user: AbstractBaseUser, authenticator: Authenticator, **_: Any) -> None:  # noqa: ANN401
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        session.note_second_factor(request, user)
    _record(user, f"{_WORDS[Authenticator.Type(authenticator.type)]}-added")


def _removed(user: AbstractBaseUser, authenticator: Authenticator, **_: Any) -> None:  # noqa: ANN401
    _record(user, f"{_WORDS[Authenticator.Type(authenticator.type)]}-removed")


def _renewed(user: AbstractBaseUser, authenticator: Authenticator, **_: Any) -> None:  # noqa: ANN401
    _record(user, f"{_WORDS[Authenticator.Type(authenticator.type)]}-renewed")


def _used(request: HttpRequest, user: AbstractBaseUser, authenticator: Authenticator, **_: Any) -> None:  # noqa: ANN401
    session.note_second_factor(request, user)
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        _record(user, "recovery-code-used")


def _record(user: AbstractBaseUser, step: str) -> None:
    """Write one line of the audit trail."""
    flows.record_operator_act(user.get_username(), f"operator-{step}")
