"""The members' door: what it answers, and that every refusal has the one form."""

import gzip

import msgspec
import pytest
from django.test import Client
from hub_stage import Gate, expected, item, member, opened

from notcontent.exchange.pages import read_page
from notcontent.exchange.wire import ErrorAnswer, HubInfo
from notcontent.hub import flows
from notcontent.hub.flows import Scope

pytestmark = pytest.mark.django_db
NONCE = "0123456789abcdef" * 2
FIRST = {"after": "0", "nonce": NONCE}


@pytest.fixture
def client() -> Client:
    """A client that raises nothing by itself: a 500 must be the door's own answer."""
    return Client(raise_request_exception=False)


def with_key(gate: Gate) -> dict[str, str]:
    return {"Authorization": f"Bearer {gate.key}"}


def refused(response: object) -> tuple[int, str]:
    """Give status and code of a refusal, and insist on its form."""
    body = response.content  # type: ignore[attr-defined]
    assert response["Content-Type"] == "application/json"  # type: ignore[index]
    assert response["Cache-Control"] == "no-store"  # type: ignore[index]
    answer = msgspec.json.decode(body, type=ErrorAnswer)
    assert answer.message
    return response.status_code, answer.error  # type: ignore[attr-defined]


def test_a_page_is_signed_and_meant_for_its_member(client: Client) -> None:
    gate = member()
    opened(item(1), item(2))
    response = client.get("/v1/feed", FIRST, headers=with_key(gate))
    page = read_page(response.content, expected("alpha"), nonce=NONCE, after=0)
    assert [event.op for event in page.events] == ["add", "add"]


def test_a_snapshot_is_gzip_and_ends_with_a_signed_line(client: Client) -> None:
    gate = member()
    opened(item(1), item(2))
    response = client.get("/v1/feed/snapshot", {"nonce": NONCE}, headers=with_key(gate))
    assert response["Content-Type"] == "application/vnd.notcontent.snapshot+gzip"
    lines = gzip.decompress(b"".join(response)).splitlines()
    assert len(lines) == 3
    assert b'"signature"' in lines[-1]
    response.close()


def test_the_hub_says_who_it_is_to_anyone_and_holds_the_key_that_signs(client: Client) -> None:
    info = msgspec.json.decode(client.get("/v1/hub").content, type=HubInfo)
    assert info.origin == "hub.test"
    assert bytes.fromhex(info.public_key) == expected("alpha").public_key.public_bytes_raw()
    assert client.get("/v1/health").json() == {"status": "ok"}


@pytest.mark.parametrize("path", ["/v1/feed?after=0&nonce=" + NONCE, "/v1/feed/snapshot?nonce=" + NONCE])
@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x", "Basic abc", "Bearer ncm_00000000_" + "A" * 43])
def test_without_a_good_key_there_is_no_feed(client: Client, path: str, header: str | None) -> None:
    response = client.get(path, headers={} if header is None else {"Authorization": header})
    assert refused(response) == (401, "key_refused")
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/v1/feed", "/v1/feed/snapshot"])
def test_a_right_key_id_with_a_wrong_secret_is_refused(client: Client, path: str) -> None:
    gate = member()
    other = flows.create_member_key("mara", "alpha", "x", (Scope.FEED_READ,)).text
    kept = gate.key[: len("ncm_") + 8 + 1]
    query = FIRST if path == "/v1/feed" else {"nonce": NONCE}
    for secret in ("A" * 43, other[len(kept) :]):
        response = client.get(path, query, headers={"Authorization": f"Bearer {kept}{secret}"})
        assert refused(response) == (401, "key_refused")


def test_a_revoked_key_is_refused_from_the_next_request_on(client: Client) -> None:
    gate = member()
    assert client.get("/v1/feed", FIRST, headers=with_key(gate)).status_code == 200
    flows.revoke_member_key("mara", flows.desk_members()[0].keys[0].key_id)
    again = client.get("/v1/feed", FIRST, headers=with_key(gate))
    assert refused(again) == (401, "key_refused")


def test_a_key_without_the_scope_is_told_so(client: Client) -> None:
    member()
    made = flows.create_member_key("mara", "alpha", "x", (Scope.SIGHTINGS_WRITE,))
    headers = {"Authorization": f"Bearer {made.text}"}
    assert refused(client.get("/v1/feed", FIRST, headers=headers)) == (403, "scope_missing")


@pytest.mark.parametrize(
    "query",
    [
        "nonce=" + NONCE,
        "after=0",
        "after=-1&nonce=" + NONCE,
        "after=1.0&nonce=" + NONCE,
        "after=%20 1&nonce=" + NONCE,
        "after=\u0661&nonce=" + NONCE,
        "after=99999999999999999999&nonce=" + NONCE,
        "after=9999999999999999999&nonce=" + NONCE,
        "after=0&limit=0&nonce=" + NONCE,
        "after=0&limit=5001&nonce=" + NONCE,
        "after=0&nonce=" + NONCE.upper(),
        "after=0&nonce=" + NONCE[1:],
        "after=0&nonce=" + NONCE + "&extra=1",
        "after=0&after=1&nonce=" + NONCE,
    ],
)
def test_a_malformed_question_is_refused(client: Client, query: str) -> None:
    gate = member()
    assert refused(client.get(f"/v1/feed?{query}", headers=with_key(gate))) == (422, "request_format")


def test_a_cursor_beyond_the_end_is_a_conflict(client: Client) -> None:
    gate = member()
    response = client.get("/v1/feed", {"after": "1", "nonce": NONCE}, headers=with_key(gate))
    assert refused(response) == (409, "feed_cursor")


@pytest.mark.parametrize("path", ["/v1/", "/v1/nothing", "/v1/feed/", "/v1/feed/snapshot/x", "/v1/hub/"])
def test_an_unknown_path_below_v1_is_not_found(client: Client, path: str) -> None:
    assert refused(client.get(path)) == (404, "not_found")


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
@pytest.mark.parametrize("path", ["/v1/feed", "/v1/feed/snapshot", "/v1/hub", "/v1/health"])
def test_other_methods_are_refused_before_the_key_is_looked_at(client: Client, path: str, method: str) -> None:
    response = getattr(client, method)(path)
    assert refused(response) == (405, "method_not_allowed")
    assert response["Allow"] == "GET, HEAD"


def test_a_foreign_host_is_refused_in_the_same_form(client: Client) -> None:
    assert refused(client.get("/v1/health", headers={"Host": "evil.example"})) == (422, "request_format")


def test_a_surprise_is_answered_without_its_message_and_noted_by_place(
    client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    import logging

    from notcontent.hub.logs import CodesOnly

    def surprise(*_: object, **__: object) -> bytes:
        raise ValueError("canary-4711")

    monkeypatch.setattr(flows, "feed_page", surprise)
    logger = logging.getLogger("notcontent.hub")
    logger.addHandler(caplog.handler)
    try:
        response = client.get("/v1/feed", FIRST, headers=with_key(member()))
    finally:
        logger.removeHandler(caplog.handler)
    assert refused(response) == (500, "internal")
    lines = [CodesOnly().format(record) for record in caplog.records]
    assert any("request_failed error=ValueError at=test_api.py:" in line for line in lines)
    assert not any("canary-4711" in line or "/v1/feed" in line for line in lines)


def test_when_too_many_snapshots_run_the_next_is_told_when_to_come_back(client: Client) -> None:
    gate = member()
    running = [flows.feed_snapshot(gate.key, nonce=NONCE)]
    try:
        response = client.get("/v1/feed/snapshot", {"nonce": NONCE}, headers=with_key(gate))
    finally:
        for stream in running:
            stream.close()
    assert refused(response) == (503, "overloaded")
    assert response["Retry-After"].isdecimal()


def test_the_api_sets_no_cookie(client: Client) -> None:
    gate = member()
    for path in (f"/v1/feed?after=0&nonce={NONCE}", "/v1/hub", "/v1/health", "/v1/nothing"):
        assert not client.get(path, headers=with_key(gate)).cookies
