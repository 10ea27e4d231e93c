"""The portal's one cookie: sealed, short-lived, and dead after leaving."""

import secrets
import time
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from notcontent.hub import flows
from notcontent.hub.answers import Claim, NewItem, Opening
from notcontent.hub.portal import session
from notcontent.hub.portal.session import Notice, Said, Session

pytestmark = pytest.mark.django_db


@pytest.fixture
def opened() -> Session:
    flows.create_member("test", "pixelgram", "Pixelgram")
    item = NewItem(bytes.fromhex("5a" * 32), 90)
    token = secrets.token_bytes(16)
    opening = Opening(adults_only=True, claim=Claim.REAL, members=("pixelgram",), items=(item,), token=token)
    case = flows.open_case(opening)
    return session.begin(case.case_id)


def read_back(text: str, *, after: float = 0.0) -> Session | None:
    request = RequestFactory().get("/case/")
    request.COOKIES[session.cookie_name()] = text
    return session.read(request, lambda: time.time() + after)


def written(visit: Session) -> str:
    response = HttpResponse()
    session.write(response, visit)
    return response.cookies[session.cookie_name()].value


def test_what_was_written_is_read_back(opened: Session) -> None:
    visit = opened.saying(Notice(Said.STOPPED, code="one two three four", count=2))
    assert read_back(written(visit)) == visit


def test_the_cookie_shows_nothing_of_what_it_holds(opened: Session) -> None:
    text = written(opened.saying(Notice(Said.OPENED, code="canary words")))
    assert "canary" not in text
    assert opened.case_id.hex not in text
    assert written(opened) != written(opened)


def test_it_is_for_this_site_alone_and_dies_with_the_browser(opened: Session) -> None:
    response = HttpResponse()
    session.write(response, opened)
    morsel = response.cookies[session.cookie_name()]
    assert morsel["httponly"]
    assert morsel["samesite"] == "Strict"
    assert morsel["path"] == "/"
    assert not morsel["expires"]
    assert not morsel["max-age"]
    assert not morsel["domain"]


def test_over_https_it_is_secure_and_tied_to_the_host(opened: Session, with_config: Callable[..., object]) -> None:
    with_config(public_url="https://help.test")
    response = HttpResponse()
    session.write(response, opened)
    assert response.cookies["__Host-nc"]["secure"]


@pytest.mark.parametrize("text", ["", "x", "AAAA", "not base64 at all!", "é", "A" * 300])
def test_a_made_up_cookie_opens_nothing(text: str) -> None:
    assert read_back(text) is None


def test_an_altered_cookie_opens_nothing(opened: Session) -> None:
    text = written(opened)
    for place in (5, len(text) // 2, len(text) - 8):
        other = "A" if text[place] != "A" else "B"
        assert read_back(text[:place] + other + text[place + 1 :]) is None


def test_it_is_over_after_thirty_idle_minutes(opened: Session) -> None:
    text = written(opened)
    assert read_back(text, after=29 * 60) == opened
    assert read_back(text, after=31 * 60) is None
    assert read_back(text, after=-3600) is None


def test_leaving_ends_every_cookie_of_the_case(opened: Session) -> None:
    text = written(opened)
    flows.leave_case(opened.case_id)
    assert read_back(text) is None
    assert read_back(written(session.begin(opened.case_id))) is not None


def test_a_notice_never_shows_its_code() -> None:
    assert "canary" not in repr(Notice(Said.OPENED, code="canary words"))
    assert "canary" not in str(Session(flows.CaseId(int=1), 0, Notice(Said.OPENED, code="canary words")))
