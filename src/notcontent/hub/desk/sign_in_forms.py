"""The sign-in forms: allauth's fields, with words and keyboards for people.

allauth ships no types, hence the ignores.
"""

from typing import Any

from allauth.account.forms import LoginForm, ReauthenticateForm
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as ReauthenticateByCodeForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django.core.cache import cache
from django.forms import Field
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notcontent.hub.accounts.totp import TOTP_PERIOD_S


def _dress(field: Field, label: str | Promise, help_text: str | Promise = "", **attributes: str) -> None:
    """Give a field its words; a placeholder is no label, so it goes."""
    field.label, field.help_text = label, help_text  # type: ignore[assignment]
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs.update(attributes)


_CODE = {"autocomplete": "one-time-code", "spellcheck": "false", "autocapitalize": "off", "maxlength": "20"}
_CODE_HELP = _("Six digits from the app, or one of your recovery codes.")


class SignInForm(LoginForm):  # type: ignore[misc]
    """Name and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Dress allauth's fields."""
        super().__init__(*args, **kwargs)
        _dress(self.fields["login"], _("User name"), autocapitalize="off", spellcheck="false")
        _dress(self.fields["password"], _("Password"))


class ConfirmPasswordForm(ReauthenticateForm):  # type: ignore[misc]
    """The password once more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Dress allauth's field."""
        super().__init__(*args, **kwargs)
        _dress(self.fields["password"], _("Password"))


class _OnlyOnce(BaseAuthenticateForm):  # type: ignore[misc]
    """A code of the app opens once, for as long as it is valid at all.

    allauth remembers a used code for one period of 30 seconds, but a clock that is a step off keeps it valid for three.
    """

    def clean_code(self) -> str:
        """Refuse a code that was used before."""
        code = str(super().clean_code())
        if self.authenticator.type == Authenticator.Type.TOTP:
            digits = "".join(filter(str.isdecimal, code))
            periods = 2 * app_settings.TOTP_TOLERANCE + 1
            if not cache.add(f"desk-code:{self.user.pk}:{digits}", 1, timeout=periods * TOTP_PERIOD_S):
                raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(_OnlyOnce, AuthenticateForm):  # type: ignore[misc]
    """The second step: a code from the app, or a recovery code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Dress allauth's field."""
        super().__init__(*args, **kwargs)
        _dress(self.fields["code"], _("Code"), _CODE_HELP, inputmode="numeric", **_CODE)


class ConfirmCodeForm(_OnlyOnce, ReauthenticateByCodeForm):  # type: ignore[misc]
    """The same, once more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Dress allauth's field."""
        super().__init__(*args, **kwargs)
        _dress(self.fields["code"], _("Code"), _CODE_HELP, inputmode="numeric", **_CODE)


class SetUpAppForm(ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new authenticator app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Dress allauth's field."""
        super().__init__(*args, **kwargs)
        _dress(self.fields["code"], _("Code from the app"), _("Six digits."), inputmode="numeric", **_CODE)


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey's name, and whether it alone is enough to sign in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Dress allauth's fields."""
        kwargs.setdefault("initial", {}).setdefault("passwordless", True)
        super().__init__(*args, **kwargs)
        _dress(
            self.fields["name"],
            _("Name"),
            _("So that you can tell your passkeys apart, for example “Office laptop”."),
            maxlength="60",
        )
        _dress(
            self.fields["passwordless"],
            _("Sign in with this passkey alone"),
            _("The device then asks for its PIN, your finger or your face. Untick for a security key without a PIN."),
        )


class RenamePasskeyForm(EditWebAuthnForm):  # type: ignore[misc]
    """A passkey's new name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Dress allauth's field."""
        super().__init__(*args, **kwargs)
        _dress(self.fields["name"], _("Name"), maxlength="60")
