"""Signing in: limits, second factors, recovery codes, and what the audit trail tells of it."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from desk_stage import PASSWORD, SECOND_STEP, SIGN_IN, code, give_password, sign_in
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from notcontent.hub import flows
from notcontent.hub.accounts.operators import NewOperator, create_operator

pytestmark = pytest.mark.django_db

ACCOUNT = "/desk/account/"


def told() -> list[str]:
    return [f"{line.actor} {line.verb}" for line in reversed(flows.desk_audit())]


def test_a_name_counts_whatever_its_case(client: Client, operator: NewOperator) -> None:
    assert client.post(SIGN_IN, {"login": " MARA ", "password": PASSWORD}).headers["Location"] == SECOND_STEP
    assert client.post(SECOND_STEP, {"code": code(operator)}).headers["Location"] == "/desk/"


def test_a_reader_is_taken_to_the_page_asked_for_but_never_to_another_site(
    client: Client, operator: NewOperator
) -> None:
    asked = client.get("/desk/members/?x=1").headers["Location"]
    client.post(asked, {"login": "mara", "password": PASSWORD})
    assert client.post(SECOND_STEP, {"code": code(operator)}).headers["Location"] == "/desk/members/?x=1"
    other = Client()
    other.post(f"{SIGN_IN}?next=https://evil.example/", {"login": "mara", "password": PASSWORD})
    assert other.post(SECOND_STEP, {"code": code(operator, step=1)}).headers["Location"] == "/desk/"


def test_unknown_name_and_wrong_password_get_the_same_answer(client: Client, operator: NewOperator) -> None:
    answers = [
        client.post(SIGN_IN, {"login": name, "password": "not the one at all"}).content
        for name in (operator.name, "nobody")
    ]
    assert all(b"The user name or the password is not right." in answer for answer in answers)


def test_after_five_wrong_passwords_a_name_waits_even_for_the_right_one(
    client: Client, operator: NewOperator, later: Callable[[float], None]
) -> None:
    for _ in range(5):
        client.post(SIGN_IN, {"login": "mara", "password": "not the one at all"})
    refused = client.post(SIGN_IN, {"login": "mara", "password": PASSWORD})
    assert b"Too many tries" in refused.content
    later(301)
    give_password(client, operator.name)


def test_after_five_wrong_codes_the_second_step_waits(client: Client, operator: NewOperator) -> None:
    give_password(client, operator.name)
    for _ in range(5):
        client.post(SECOND_STEP, {"code": "000000"})
    assert b"Too many tries" in client.post(SECOND_STEP, {"code": code(operator)}).content
    assert client.get("/desk/").headers["Location"].startswith(SIGN_IN)


def test_a_code_opens_once_for_as_long_as_it_is_valid(
    client: Client, operator: NewOperator, later: Callable[[float], None]
) -> None:
    once = code(operator, step=1)
    give_password(client, operator.name)
    assert client.post(SECOND_STEP, {"code": once}).headers["Location"] == "/desk/"
    # allauth's own memory of it is over after 30 seconds, the code's validity is not.
    cache.delete(next(key[3:] for key in cache._cache if "allauth.mfa.totp.used" in key))  # type: ignore[attr-defined]
    later(35)
    thief = Client()
    give_password(thief, operator.name)
    assert b"used before" in thief.post(SECOND_STEP, {"code": f"{once[:3]} {once[3:]}"}).content
    assert thief.get("/desk/").headers["Location"].startswith(SIGN_IN)


def test_challenges_for_passkeys_are_limited_and_short_lived(client: Client) -> None:
    path = f"{ACCOUNT}sign-in/passkey/"
    answers = [Client().get(path, headers={"accept": "application/json"}).status_code for _ in range(31)]
    assert answers == [200] * 30 + [429]
    assert Session.objects.count() == 30
    assert all(session.get_decoded()["_session_expiry"] == 600 for session in Session.objects.all())
    assert client.get(path).status_code in {302, 429}


def test_the_tick_deletes_sessions_whose_time_is_over(desk: Client) -> None:
    Client().get(f"{ACCOUNT}sign-in/passkey/", headers={"accept": "application/json"})
    assert Session.objects.count() == 2
    flows.tick(timezone.now() + timedelta(minutes=11))
    assert Session.objects.count() == 1
    assert desk.get("/desk/").status_code == 200
    flows.tick(timezone.now() + timedelta(hours=9))
    assert not Session.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_setting_up_an_app_gives_recovery_codes_that_are_shown_once(newcomer: Client) -> None:
    page = newcomer.get(f"{ACCOUNT}app/add/")
    secret = page.context["form"].secret
    assert b'<svg role="img" aria-label="QR code for the authenticator app"' in page.content
    assert b"data:image" not in page.content
    wrong = newcomer.post(f"{ACCOUNT}app/add/", {"code": "000000"})
    assert b"This is not right" in wrong.content
    assert wrong.context["form"].secret == secret
    newcomer.post(f"{ACCOUNT}app/add/", {"code": code(NewOperator("jo", secret))})
    codes = re.findall(r"<li><code>(\d{8})</code>", newcomer.get(f"{ACCOUNT}recovery-codes/").content.decode())
    assert len(set(codes)) == 10
    again = newcomer.get(f"{ACCOUNT}recovery-codes/").content.decode()
    assert not any(one in again for one in codes)
    assert secret not in str([factor.data for factor in Authenticator.objects.all()])


@pytest.mark.django_db(transaction=True)
def test_a_recovery_code_opens_the_desk_once(newcomer: Client) -> None:
    secret = newcomer.get(f"{ACCOUNT}app/add/").context["form"].secret
    newcomer.post(f"{ACCOUNT}app/add/", {"code": code(NewOperator("jo", secret))})
    one = re.findall(r"<code>(\d{8})", newcomer.get(f"{ACCOUNT}recovery-codes/").content.decode())[0]
    first, second = Client(), Client()
    give_password(first, "jo")
    assert first.post(SECOND_STEP, {"code": one}).headers["Location"] == "/desk/"
    give_password(second, "jo")
    assert second.post(SECOND_STEP, {"code": one}).status_code == 200
    assert "jo operator-recovery-code-used" in told()


def test_a_change_to_a_second_factor_asks_again_once_the_sign_in_is_not_fresh(
    desk: Client, later: Callable[[float], None]
) -> None:
    assert desk.get(f"{ACCOUNT}passkeys/add/").status_code == 200
    later(301)
    for path in ("passkeys/add/", "recovery-codes/new/", "app/remove/"):
        for send in (desk.get, desk.post):
            assert send(ACCOUNT + path).headers["Location"].startswith(f"{ACCOUNT}confirm/?next="), path
    desk.post(f"{ACCOUNT}confirm/?next={ACCOUNT}passkeys/add/", {"password": PASSWORD})
    assert desk.get(f"{ACCOUNT}passkeys/add/").status_code == 200


def test_without_any_second_factor_left_the_desk_shuts_again(desk: Client) -> None:
    desk.post(f"{ACCOUNT}app/remove/")
    assert not Authenticator.objects.exists()
    assert desk.get("/desk/").headers["Location"] == ACCOUNT


def test_signing_in_and_out_is_in_the_audit_trail_by_name_and_day_alone(client: Client, operator: NewOperator) -> None:
    sign_in(client, operator)
    client.post(f"{ACCOUNT}sign-out/")
    assert told() == ["shell operator-created", "mara operator-signed-in", "mara operator-signed-out"]
    assert client.get("/desk/").headers["Location"].startswith(SIGN_IN)


def test_signing_out_is_a_form_and_not_a_link(desk: Client) -> None:
    assert b"Sign out?" in desk.get(f"{ACCOUNT}sign-out/").content
    assert desk.get("/desk/").status_code == 200


def test_a_failed_sign_in_leaves_no_trace_of_who_was_tried(client: Client, operator: NewOperator) -> None:
    client.post(SIGN_IN, {"login": operator.name, "password": "not the one at all"})
    assert told() == ["shell operator-created"]


def test_on_https_cookies_are_secure_by_name_and_flag(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text('origin = "x"\ndata_dir = "."\npublic_url = "https://hub.example"\n')
    script = (
        "from pathlib import Path\n"
        "from notcontent.hub.keys import create_key_ring\n"
        f"create_key_ring(Path({str(tmp_path)!r}) / 'keys')\n"
        "from notcontent.hub import settings as s\n"
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE)"
    )
    environment = {**os.environ, "NOTCONTENT_HUB_CONFIG": str(tmp_path / "hub.toml")}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["__Secure-desk", "__Secure-desk-form", "True", "True"]


def test_rate_limits_are_kept_in_memory_alone(settings: object) -> None:
    caches = settings.CACHES  # type: ignore[attr-defined]
    assert caches == {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


def test_an_operator_made_while_nobody_looked_is_asked_for_a_second_factor_at_once(client: Client) -> None:
    create_operator("jo", PASSWORD)
    client.post(SIGN_IN, {"login": "jo", "password": PASSWORD})
    assert client.get("/desk/").headers["Location"] == ACCOUNT
