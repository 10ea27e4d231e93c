"""Nobody reaches a page of the desk without a second factor, and no page leaves it without its headers."""

import re
from collections.abc import Callable

import pytest
from desk_stage import PASSWORD, SECOND_STEP, SIGN_IN, code, desk_paths, every_stored_text, give_password, sign_in
from django.test import Client
from django.urls import NoReverseMatch, reverse

from notcontent.hub import flows
from notcontent.hub.accounts.operators import NewOperator, create_operator, disable_operator, reset_operator
from notcontent.hub.desk.guard import FOR_ANYBODY, FOR_SETTING_UP

pytestmark = pytest.mark.django_db

PATHS = dict(desk_paths())
ACCOUNT = "/desk/account/"


def test_the_resolver_is_read_whole() -> None:
    assert {"desk:overview", "desk:cases", "desk:member", "desk:revoke_key", "desk:audit", "mfa_index"} <= PATHS.keys()
    assert {"desk:channels", "desk:family", "desk:hand_out", "desk:new_source"} <= PATHS.keys()
    assert len(PATHS) == 38


def test_the_pages_for_those_without_a_second_factor_are_these_and_no_others() -> None:
    assert set(FOR_ANYBODY) == {
        "account_login",
        "account_logout",
        "account_inactive",
        "mfa_authenticate",
        "mfa_login_webauthn",
    }
    assert set(FOR_SETTING_UP) == {
        "account_logout",
        "account_reauthenticate",
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
    }
    assert PATHS.keys() >= FOR_ANYBODY | FOR_SETTING_UP


@pytest.mark.parametrize(("name", "path"), [(name, path) for name, path in PATHS.items() if name not in FOR_ANYBODY])
@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "options"])
def test_a_stranger_is_sent_to_the_sign_in_page(client: Client, name: str, path: str, method: str) -> None:
    answer = getattr(client, method)(path)
    assert answer.status_code == 302, name
    assert answer.headers["Location"].startswith(SIGN_IN)


def test_after_the_password_alone_every_page_stays_shut(client: Client, operator: NewOperator) -> None:
    give_password(client, operator.name)
    for name, path in PATHS.items():
        if name not in FOR_ANYBODY:
            for send in (client.get, client.post):
                assert send(path).headers["Location"].startswith(SIGN_IN), name
    assert client.post(SECOND_STEP, {"code": code(operator)}).headers["Location"] == "/desk/"


def test_an_operator_without_a_second_factor_reaches_nothing_but_setting_one_up(newcomer: Client) -> None:
    for name, path in PATHS.items():
        if name not in FOR_SETTING_UP:
            for send in (newcomer.get, newcomer.post):
                assert send(path).headers["Location"] == ACCOUNT, name
    page = newcomer.get(ACCOUNT)
    assert b"One step is left" in page.content
    assert b'href="/desk/cases/"' not in page.content


def test_a_path_that_leads_nowhere_tells_strangers_nothing_and_operators_that_it_is_none(
    client: Client, desk: Client
) -> None:
    assert client.get("/desk/nothing/").headers["Location"].startswith(SIGN_IN)
    assert client.get("/desk/account/signup/").headers["Location"].startswith(SIGN_IN)
    assert desk.get("/desk/nothing/").status_code == 404
    assert b"No such page" in desk.get("/desk/account/signup/").content


@pytest.mark.parametrize(
    "name",
    ["account_signup", "account_email", "account_reset_password", "account_change_password", "account_set_password",
     "account_email_verification_sent", "account_confirm_login_code", "mfa_trust", "mfa_download_recovery_codes"],
)  # fmt: skip
def test_what_is_not_needed_of_allauth_does_not_exist(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_every_form_needs_its_token(operator: NewOperator) -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.get(SIGN_IN)
    assert client.post(SIGN_IN, {"login": "mara", "password": PASSWORD}).status_code == 403
    csrf = page.context["csrf_token"]
    client.post(SIGN_IN, {"login": "mara", "password": PASSWORD, "csrfmiddlewaretoken": str(csrf)})
    client.post(SECOND_STEP, {"code": code(operator), "csrfmiddlewaretoken": str(csrf)})
    assert client.get("/desk/").status_code == 200
    for name, path in PATHS.items():
        answer = client.post(path, {"name": "x", "title": "x"})
        assert answer.status_code == 403, name
        assert b"This was not done" in answer.content
    assert client.get("/desk/").status_code == 200


@pytest.mark.django_db(transaction=True)  # allauth tells of a new app once it is committed
def test_a_session_that_never_showed_the_second_factor_dies_once_there_is_one(newcomer: Client) -> None:
    """A stolen first password, used before its owner set up an app, must not add a passkey afterwards."""
    owner = Client()
    give_password(owner, "jo")
    secret = owner.get(f"{ACCOUNT}app/add/").context["form"].secret
    operator = NewOperator("jo", secret)
    assert owner.post(f"{ACCOUNT}app/add/", {"code": code(operator)}).headers["Location"].endswith("/recovery-codes/")
    assert owner.get("/desk/").status_code == 200
    assert newcomer.get(f"{ACCOUNT}passkeys/add/").headers["Location"].startswith(SIGN_IN)
    assert "_auth_user_id" not in newcomer.session


def test_a_session_ends_after_an_hour_without_use(desk: Client, later: Callable[[float], None]) -> None:
    later(3500)
    assert desk.get("/desk/").status_code == 200
    later(3500 + 3500)
    assert desk.get("/desk/").status_code == 200
    later(3500 + 3500 + 3600)
    assert desk.get("/desk/members/").headers["Location"] == f"{SIGN_IN}?ended=1&next=%2Fdesk%2Fmembers%2F"
    assert b"You were signed out" in desk.get(f"{SIGN_IN}?ended=1").content


def test_a_session_ends_after_eight_hours_of_use(desk: Client, later: Callable[[float], None]) -> None:
    for minutes in range(0, 8 * 60, 50):
        later(60 * minutes)
        assert desk.get("/desk/").status_code == 200
    later(8 * 3600)
    assert desk.get("/desk/").headers["Location"] == f"{SIGN_IN}?ended=1"


def test_a_form_sent_after_the_session_ended_changes_nothing(desk: Client, later: Callable[[float], None]) -> None:
    later(3600)
    answer = desk.post("/desk/register/", {"title": "Late", "name": "late"})
    assert answer.headers["Location"] == f"{SIGN_IN}?ended=1"
    assert flows.desk_members() == ()


def test_disabling_or_resetting_an_operator_ends_the_sessions_at_once(operator: NewOperator) -> None:
    first, second = Client(), Client()
    sign_in(first, operator)
    disable_operator(operator.name)
    assert first.get("/desk/").headers["Location"].startswith(SIGN_IN)
    reset_operator(operator.name, PASSWORD)
    give_password(second, operator.name)
    assert second.get("/desk/").headers["Location"] == ACCOUNT
    reset_operator(operator.name, "green paper boat")
    assert second.get(ACCOUNT).headers["Location"].startswith(SIGN_IN)


def test_a_disabled_operator_cannot_sign_in(client: Client) -> None:
    create_operator("jo", PASSWORD)
    disable_operator("jo")
    assert client.post(SIGN_IN, {"login": "jo", "password": PASSWORD}).headers["Location"] == f"{ACCOUNT}inactive/"
    assert b"disabled" in client.get(f"{ACCOUNT}inactive/").content
    assert client.get("/desk/").headers["Location"].startswith(SIGN_IN)


def test_every_answer_carries_the_strict_headers(client: Client, desk: Client) -> None:
    flows.create_member("mara", "alpha", "Alpha")
    answers = [client.get(path) for path in PATHS.values()] + [desk.get(path) for path in PATHS.values()]
    answers += [desk.get("/desk/members/alpha/"), desk.get("/desk/nothing/"), desk.post("/desk/cases/")]
    assert {answer.status_code for answer in answers} >= {200, 302, 404, 405} - {405}
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_no_page_holds_script_or_style_of_its_own(client: Client, desk: Client, newcomer: Client) -> None:
    flows.create_member("mara", "alpha", "Alpha")
    pages = [who.get(path) for who in (client, desk, newcomer) for path in [*PATHS.values(), "/desk/members/alpha/"]]
    shown = [page.content.decode() for page in pages if page.status_code == 200]
    assert len(shown) > 20
    for html in shown:
        scripts = re.findall(r"<script\b[^>]*>", html)
        assert all(' src="/static/desk/' in tag or 'type="application/json"' in tag for tag in scripts), scripts
        assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=|javascript:", html)
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', html)


def test_cookies_stay_on_the_desk_and_out_of_scripts(client: Client, operator: NewOperator) -> None:
    client.get(SIGN_IN)
    sign_in(client, operator)
    client.post("/desk/register/", {"title": "Alpha", "name": "alpha"})
    assert set(client.cookies) == {"desk", "desk-form"}
    for cookie in client.cookies.values():
        assert cookie["path"] == "/desk/"
        assert cookie["samesite"] == "Strict"
        assert cookie["httponly"]
        assert cookie["max-age"] == ""


def test_the_portal_sets_no_cookie_for_an_operator(desk: Client) -> None:
    assert not desk.get("/").cookies


def test_no_address_agent_password_or_code_is_kept_anywhere(later: Callable[[float], None]) -> None:
    """After everything that goes wrong and right in signing in, every table and every session is read."""
    traces = {"user-agent": "CanaryAgent/9", "x-forwarded-for": "198.51.100.78", "accept-language": "en-CANARY"}
    operator = create_operator("mara", PASSWORD, totp=True)
    client, stranger = (Client(headers=traces, REMOTE_ADDR="203.0.113.77") for _ in range(2))
    stranger.post(SIGN_IN, {"login": "canary-name", "password": "canary-password"})
    stranger.get(f"{ACCOUNT}sign-in/passkey/", headers={"accept": "application/json"})
    give_password(stranger, "mara")
    stranger.post(SECOND_STEP, {"code": "000000"})
    sign_in(client, operator)
    client.post("/desk/register/", {"title": "Alpha", "name": "alpha"})
    client.get(f"{ACCOUNT}passkeys/add/")
    later(600)
    # allauth would keep this request in the session, with all its headers, until the password is given again.
    asked = client.post(f"{ACCOUNT}recovery-codes/new/", {"canary-field": "canary-value"})
    assert asked.headers["Location"] == f"{ACCOUNT}confirm/?next=%2Fdesk%2Faccount%2Frecovery-codes%2Fnew%2F"
    kept = every_stored_text()
    client.post(asked.headers["Location"], {"password": "canary-password"})
    client.post(asked.headers["Location"], {"password": PASSWORD})
    client.post(f"{ACCOUNT}recovery-codes/new/")
    kept += every_stored_text()
    assert "mara" in kept
    for trace in ("203.0.113", "198.51.100", "CanaryAgent", "CANARY", "canary", PASSWORD, str(operator.totp_secret)):
        assert trace not in kept, trace
