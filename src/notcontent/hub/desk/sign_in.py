"""How operators sign in: django-allauth, told what this house does differently.

No sign-up, no mail, no address or agent kept. Secrets of second factors are sealed with the hub's key ring.
"""

import base64
import re
import time
from functools import cache
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.app_settings import REAUTHENTICATION_TIMEOUT
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from notcontent.hub.accounts.operators import otpauth_uri
from notcontent.hub.config import hub_config
from notcontent.hub.desk import session
from notcontent.hub.keys import Sealer, hub_ring


@cache
def _sealer() -> Sealer:
    """Derive the key of second factors once."""
    return hub_ring().sealer("operator-second-factor")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Signing in and out. Refuses sign-up and every mail."""

    error_messages: ClassVar[dict[str, Promise]] = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _("The user name or the password is not right."),
        "too_many_login_attempts": _("Too many tries went wrong. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 (allauth's signature)
        """Operators are made at the shell."""
        return False

    def get_login_stages(self) -> list[str]:
        """Give the one step after the password: the second factor. allauth's steps by mail and phone are not here."""
        return ["allauth.mfa.stages.AuthenticateStage"]

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Sign in; the session ends with the browser, and its clocks start."""
        super().login(request, user)
        session.begin(request)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Give the address that rate limits count by. It stays in memory; behind a socket there may be none."""
        try:
            return str(super().get_client_ip(request))
        except PermissionDenied:
            return "unknown"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send nothing: operators have no address here."""

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:  # noqa: ANN401, ARG002
        """Ask again before a change to a second factor, unless the operator signed in within the last minutes."""
        latest = max(
            (float(record["at"]) for record in get_authentication_records(context.request, context.request.user)),
            default=0.0,
        )
        return bool(time.time() - latest >= REAUTHENTICATION_TIMEOUT)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors: sealed at rest, named for people, drawn without inline style."""

    error_messages: ClassVar[dict[str, Promise]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This is not right, or was used before."),
    }

    def encrypt(self, text: str) -> str:
        """Seal an app's secret or the recovery codes' seed."""
        return base64.b64encode(_sealer().seal(text.encode(), b"")).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open what `encrypt` sealed."""
        return _sealer().open(base64.b64decode(encrypted_text), b"").decode()

    def build_totp_url(self, user: AbstractBaseUser, secret: str) -> str:
        """Give the address that the QR code holds."""
        return otpauth_uri(user.get_username(), secret)

    def build_totp_svg(self, url: str) -> SafeString:
        """Draw the QR code as SVG that stands in the page itself: no data: address is needed then."""
        drawing = re.sub(r"^<\?xml[^>]*\?>\s*", "", super().build_totp_svg(url))
        label = gettext("QR code for the authenticator app")
        # Drawn by the qrcode package from characters of our own choice; nothing of a request is in it but modules.
        return mark_safe(drawing.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1))  # noqa: S308

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:  # noqa: A002
        """Suggest a name for the next passkey."""
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return gettext("Passkey {number}").format(number=count + 1)

    def _get_site_name(self) -> str:
        """Give the hub's name, which the browser shows beside the passkey."""
        return hub_config().name
