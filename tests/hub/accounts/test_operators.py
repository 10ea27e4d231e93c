"""Operators are made, reset and shut out at the shell."""

import base64

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User

from notcontent.errors import OperatorExistsError, OperatorNameError, OperatorNotFoundError, PasswordRefusedError
from notcontent.hub import flows
from notcontent.hub.accounts.operators import (
    OperatorView,
    create_operator,
    disable_operator,
    list_operators,
    reset_operator,
)
from notcontent.hub.accounts.totp import current_code

PASSWORD = "slow yellow tram"
RFC_6238_SECRET = base64.b32encode(b"12345678901234567890").decode()

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("at", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_current_code_follows_the_vectors_of_rfc_6238(at: int, code: str) -> None:
    assert current_code(RFC_6238_SECRET, at) == code


def test_an_operator_is_made_without_mail_address_or_staff_rights() -> None:
    made = create_operator("mara", PASSWORD)
    user = User.objects.get()
    assert (user.get_username(), user.email, user.is_staff, user.is_superuser) == ("mara", "", False, False)
    assert user.password.startswith("argon2$argon2id$")
    assert made.totp_secret is None
    assert made.otpauth_uri is None
    assert list_operators() == (OperatorView("mara", active=True, second_factors=0),)


def test_an_app_set_up_at_the_shell_has_its_secret_sealed_and_shown_once() -> None:
    made = create_operator("mara", PASSWORD, totp=True)
    assert made.totp_secret is not None
    assert made.otpauth_uri is not None
    assert made.otpauth_uri.startswith("otpauth://totp/")
    assert made.totp_secret in made.otpauth_uri
    assert made.totp_secret not in repr(made)
    factor = Authenticator.objects.get()
    assert made.totp_secret not in str(factor.data)
    assert factor.wrap().validate_code(current_code(made.totp_secret))
    assert list_operators()[0].second_factors == 1


def test_a_name_is_taken_whatever_its_case() -> None:
    create_operator("mara", PASSWORD)
    with pytest.raises(OperatorExistsError):
        create_operator("Mara", PASSWORD)


@pytest.mark.parametrize("name", ["", "two words", "a" * 151, "semi;colon"])
def test_a_name_that_cannot_be_signed_in_with_is_refused(name: str) -> None:
    with pytest.raises(OperatorNameError):
        create_operator(name, PASSWORD)
    assert not User.objects.exists()


@pytest.mark.parametrize("password", ["tiny-7", "password1234", "mara-operator"])
def test_a_weak_password_is_refused_without_being_quoted(password: str) -> None:
    with pytest.raises(PasswordRefusedError) as refused:
        create_operator("mara-operator", password)
    assert password not in str(refused.value)
    assert not User.objects.exists()


def test_a_reset_takes_every_second_factor_and_lets_a_disabled_operator_in_again() -> None:
    create_operator("mara", PASSWORD, totp=True)
    disable_operator("MARA")
    assert list_operators() == (OperatorView("mara", active=False, second_factors=1),)
    reset_operator("mara", "green paper boat")
    assert list_operators() == (OperatorView("mara", active=True, second_factors=0),)
    assert User.objects.get().check_password("green paper boat")


def test_a_reset_with_a_weak_password_changes_nothing() -> None:
    create_operator("mara", PASSWORD, totp=True)
    with pytest.raises(PasswordRefusedError):
        reset_operator("mara", "short")
    assert list_operators()[0].second_factors == 1
    assert User.objects.get().check_password(PASSWORD)


def test_an_unknown_operator_is_refused() -> None:
    with pytest.raises(OperatorNotFoundError):
        reset_operator("nobody", PASSWORD)
    with pytest.raises(OperatorNotFoundError):
        disable_operator("nobody")


def test_what_is_done_to_an_operator_is_in_the_audit_trail() -> None:
    create_operator("mara", PASSWORD)
    reset_operator("mara", "green paper boat")
    disable_operator("mara")
    disable_operator("mara")
    told = [(line.actor, line.verb, line.subject) for line in reversed(flows.desk_audit())]
    assert told == [
        ("shell", "operator-created", "mara"),
        ("shell", "operator-reset", "mara"),
        ("shell", "operator-disabled", "mara"),
    ]
