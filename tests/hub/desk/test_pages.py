"""The desk's pages tell what operators may know, and nothing that only the person or a member may."""

import re

import pytest
from channel_stage import RENDERED
from desk_stage import every_stored_text
from django.test import Client
from hub_stage import item, member, opened, value

from notcontent.errors import KeyRefusedError
from notcontent.hub import flows
from notcontent.hub.audit.models import Record

pytestmark = pytest.mark.django_db

HOSTILE = """<script>alert(1)</script>"'><img src=x onerror=alert(2)>{{ 87654|add:1 }}"""


def text_of(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    html = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", html)


def make_key(desk: Client, name: str, label: str = "first gate") -> bytes:
    once = desk.get(f"/desk/members/{name}/").context["form"]["once"].value()
    answer = desk.post(f"/desk/members/{name}/keys/new/", {"label": label, "once": once})
    assert answer.status_code == 201
    return answer.content


def test_the_overview_counts_cases_items_and_members_behind(desk: Client) -> None:
    gate, _ = member("alpha"), member("beta")
    opened(item(), item())
    flows.withdraw(opened().case_id)
    gate.sync()
    shown = text_of(desk, "/desk/")
    assert "Open cases 1 and 1 withdrawn" in shown
    assert "Items live 2" in shown
    assert "Items waiting 0" in shown
    assert "Members behind 1 of 2 active members" in shown
    assert "Beta ○" not in shown
    assert "never synced" in shown


def test_an_empty_hub_says_so(desk: Client) -> None:
    assert "There is no case yet." in text_of(desk, "/desk/")
    assert "There is no member yet." in text_of(desk, "/desk/members/")
    assert "There is no case yet." in text_of(desk, "/desk/cases/")


def test_one_case_shows_numbers_states_and_counts_but_neither_hash_nor_code(desk: Client) -> None:
    gate = member("alpha")
    secret = value(7)
    case = opened(item(7), item(8), item(9), claim="made")
    gate.sync()
    taken_back = flows.withdraw(case.case_id, [2])
    alias = flows.desk_cases().cases[0].alias
    page = desk.get(f"/desk/cases/{alias}/").content.decode()
    shown = text_of(desk, f"/desk/cases/{alias}/")
    assert "the pictures were made (not real)" in shown
    assert "2 active 1 withdrawn" in shown
    assert "Alpha 2 2" in shown
    assert f"may be taken back until {taken_back.until:%Y-%m-%d}" in shown
    for path in ("/desk/", "/desk/cases/", f"/desk/cases/{alias}/", "/desk/audit/"):
        page = desk.get(path).content.decode()
        for kept in (secret.hex(), case.code, taken_back.take_back_code, str(case.case_id)):
            assert kept not in page, path


@pytest.mark.parametrize("typed", ["{}", "  {} ", "{}".upper(), "{}".replace("-", " ")])
def test_a_case_is_found_by_its_alias_however_it_is_typed(desk: Client, typed: str) -> None:
    member()
    opened()
    alias = flows.desk_cases().cases[0].alias
    query = typed.format(alias) if "-" in typed else typed.format(alias).replace("-", "  ")
    answer = desk.get("/desk/cases/", {"alias": query.title()})
    assert answer.headers["Location"] == f"/desk/cases/{alias}/"


def test_an_alias_that_no_case_has_is_said_beside_the_field(desk: Client) -> None:
    assert "No case has this alias." in text_of(desk, "/desk/cases/?alias=no-such")
    assert "No such page" in text_of(desk, "/desk/cases/no-such/", 404)


def test_cases_come_in_pages_without_gaps_or_repeats(desk: Client) -> None:
    member()
    for seed in range(55):
        opened(item(seed))
    path, seen = "/desk/cases/", list[str]()
    for _ in range(2):
        page = desk.get(path).content.decode()
        seen += re.findall(r'href="/desk/cases/([a-z-]+)/"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following[1] if following else ""
    assert path == ""
    assert len(seen) == len(set(seen)) == 55
    assert desk.get("/desk/cases/?after=no-such").status_code == 404


def test_a_member_is_registered_and_its_name_is_taken_from_then_on(desk: Client) -> None:
    sent = {"title": "Example Video", "name": "example-video", "description": "Films."}
    assert desk.post("/desk/register/", sent).headers["Location"] == "/desk/members/example-video/"
    assert [(one.name, one.title) for one in flows.desk_members()] == [("example-video", "Example Video")]
    again = desk.post("/desk/register/", sent)
    assert again.status_code == 422
    assert b"Another member has this short name." in again.content
    assert flows.desk_audit()[0].actor == "mara"


@pytest.mark.parametrize("name", ["Upper", "under_score", "-begins", "ends-", "a" * 41, "spa ce", ""])
def test_a_name_that_does_not_fit_the_wire_is_refused_beside_the_field(desk: Client, name: str) -> None:
    answer = desk.post("/desk/register/", {"title": "T", "name": name})
    assert answer.status_code == 422
    assert flows.desk_members() == ()


def test_a_key_is_shown_once_and_only_its_fingerprint_is_kept(desk: Client) -> None:
    flows.create_member("mara", "alpha", "Alpha")
    page = make_key(desk, "alpha").decode()
    found = re.search(r"ncm_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", page)
    assert found is not None
    assert "[hub]" in page
    assert "member = &quot;alpha&quot;" in page
    assert flows.feed_page(found[0], after=0, limit=10, nonce="0" * 32)
    for path in ("/desk/members/alpha/", "/desk/audit/", "/desk/members/"):
        assert found[0] not in desk.get(path).content.decode()
    assert found[0] not in every_stored_text()
    assert [(one.actor, one.verb) for one in flows.desk_audit()[:1]] == [("mara", "member-key-created")]


def test_a_form_for_a_key_sent_twice_makes_one_key(desk: Client) -> None:
    flows.create_member("mara", "alpha", "Alpha")
    once = desk.get("/desk/members/alpha/").context["form"]["once"].value()
    sent = {"label": "first gate", "once": once}
    assert desk.post("/desk/members/alpha/keys/new/", sent).status_code == 201
    again = desk.post("/desk/members/alpha/keys/new/", sent)
    assert again.headers["Location"] == "/desk/members/alpha/"
    assert "no further key was made" in text_of(desk, "/desk/members/alpha/")
    assert len(flows.desk_members()[0].keys) == 1


def test_a_key_needs_a_label(desk: Client) -> None:
    flows.create_member("mara", "alpha", "Alpha")
    once = desk.get("/desk/members/alpha/").context["form"]["once"].value()
    refused = desk.post("/desk/members/alpha/keys/new/", {"label": " ", "once": once})
    assert refused.status_code == 422
    assert flows.desk_members()[0].keys == ()
    once = refused.context["form"]["once"].value()
    assert desk.post("/desk/members/alpha/keys/new/", {"label": "gate", "once": once}).status_code == 201


def test_a_revoked_key_is_refused_by_the_feed_and_says_so(desk: Client) -> None:
    gate = member("alpha")
    key_id = flows.desk_members()[0].keys[0].key_id
    path = f"/desk/members/alpha/keys/{key_id}/revoke/"
    assert "Revoke this key?" in text_of(desk, path)
    gate.sync()
    assert desk.post(path).headers["Location"] == "/desk/members/alpha/"
    with pytest.raises(KeyRefusedError):
        gate.sync()
    assert "○" not in text_of(desk, "/desk/members/alpha/")
    assert re.search(r"revoked \d{4}-\d\d-\d\d", text_of(desk, "/desk/members/alpha/"))
    assert "revoked already" in text_of(desk, path)
    assert flows.desk_audit()[0].actor == "mara"


def test_a_key_is_no_page_of_another_member(desk: Client) -> None:
    member("alpha")
    member("beta")
    key_id = next(one for one in flows.desk_members() if one.name == "alpha").keys[0].key_id
    assert desk.post(f"/desk/members/beta/keys/{key_id}/revoke/").status_code == 404
    assert all(one.keys[0].revoked_day is None for one in flows.desk_members())


def test_a_member_may_be_called_as_a_page_is(desk: Client) -> None:
    for name in ("new", "register", "keys"):
        assert desk.post("/desk/register/", {"title": name, "name": name}).status_code == 302
        assert "Make a key" in text_of(desk, f"/desk/members/{name}/")


@pytest.mark.parametrize("path", ["/desk/members/none/", "/desk/members/none/keys/1/revoke/"])
def test_an_unknown_member_is_no_page(desk: Client, path: str) -> None:
    assert desk.get(path).status_code == 404
    assert desk.post("/desk/members/none/keys/new/", {"label": "x", "once": "x"}).status_code == 404


def test_reading_pages_takes_no_forms(desk: Client) -> None:
    for path in ("/desk/", "/desk/cases/", "/desk/cases/a-b/", "/desk/members/", "/desk/audit/"):
        assert desk.post(path).status_code == 405
        assert desk.delete(path).status_code == 405


def test_titles_labels_and_searches_are_shown_as_text(desk: Client) -> None:
    flows.create_member("mara", "alpha", HOSTILE, HOSTILE)
    flows.create_member_key("mara", "alpha", HOSTILE)
    opened()
    alias = flows.desk_cases().cases[0].alias
    key_id = flows.desk_members()[0].keys[0].key_id
    paths = ["/desk/", "/desk/members/", "/desk/members/alpha/", f"/desk/cases/{alias}/"]
    paths += [f"/desk/members/alpha/keys/{key_id}/revoke/", "/desk/audit/"]
    pages = [desk.get(path).content.decode() for path in paths]
    pages.append(desk.get("/desk/cases/", {"alias": HOSTILE}).content.decode())
    pages.append(make_key(desk, "alpha", HOSTILE[:60]).decode())
    for page in pages:
        assert "<script>alert" not in page
        assert "<img" not in page
        assert RENDERED not in page
    assert sum("&lt;script&gt;alert(1)" in page for page in pages) >= 6
    assert all("{{ 87654|add:1 }}" in page for page in pages[1:3])


def test_the_audit_trail_is_told_in_sentences_and_in_pages(desk: Client) -> None:
    for number in range(105):
        flows.record_operator_act("mara", "operator-signed-in", f"n{number}")
    shown = text_of(desk, "/desk/audit/")
    assert "The chain holds: all 107 records" in shown
    assert "signed in n104" in shown
    older = re.search(r'rel="next" href="([^"]+)"', desk.get("/desk/audit/").content.decode())
    assert older is not None
    assert "made an operator mara" in text_of(desk, f"/desk/audit/{older[1].removeprefix('/desk/audit/')}")
    for odd in ("x", "-1", "9" * 30, "²", "٣"):
        assert desk.get("/desk/audit/", {"before": odd}).status_code == 200


def test_an_altered_audit_trail_is_said_to_be_broken(desk: Client) -> None:
    Record.objects.filter(seq=1).update(actor="somebody-else")
    shown = text_of(desk, "/desk/audit/")
    assert "The chain is broken:" in shown
    assert "The chain holds" not in shown
