"""What the portal answers, request by request, without a browser."""

import re
import secrets
from contextlib import closing
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from notcontent.errors import NotContentError
from notcontent.hub import flows
from notcontent.hub.answers import ItemState
from notcontent.hub.portal import session, texts

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = ("/", "/open/", "/case/", "/help/", "/no-such-page/")


@pytest.fixture
def client() -> Client:
    flows.create_member("test", "pixelgram", "Pixelgram", "Photo sharing.")
    flows.create_member("test", "fotos", "Fotos & Friends")
    return Client(headers={"Sec-Fetch-Site": "same-origin"})


def opening(make: Any, pictures: int = 2, **changes: Any) -> dict[str, Any]:
    form = {
        "action": "open",
        "adults": "yes",
        "claim": "real",
        "members": ["pixelgram"],
        "token": secrets.token_hex(16),
        "items": " ".join(f"{make.any_hash()}:90" for _ in range(pictures)),
    }
    return {**form, **changes}


def words(answer: Any) -> str:
    return " ".join(re.findall(r"<li><span>([^<]+)</span></li>", answer.content.decode()))


def open_case(client: Client, make: Any, **changes: Any) -> str:
    answer = client.post("/case/", opening(make, **changes), follow=True)
    assert answer.status_code == 200
    return words(answer)


def rows() -> dict[str, int]:
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        counts = {}
        for table in tables:
            cursor.execute(f'select count(*) from "{table}"')  # noqa: S608 - names from the database itself
            counts[table] = cursor.fetchone()[0]
    return counts


# --- before a case -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_no_page_sets_a_cookie_before_a_case_is_opened(client: Client, path: str) -> None:
    assert not client.get(path).cookies


@pytest.mark.parametrize("path", PAGES)
def test_every_page_carries_the_strict_headers(client: Client, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' blob:",
        "worker-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "notcontent",
    }
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


@pytest.mark.parametrize("path", PAGES)
def test_pages_hold_no_script_style_or_address_from_elsewhere(client: Client, path: str) -> None:
    page = client.get(path).content.decode()
    assert not re.findall(r"\son\w+=|style=|<style", page)
    assert all("src=" in tag or "application/json" in tag for tag in re.findall(r"<script[^>]*>", page))
    assert all(
        address.startswith("/static/portal/") for address in re.findall(r'(?:src|link[^>]* href)="([^"]+)"', page)
    )


@pytest.mark.parametrize("path", PAGES)
def test_titles_are_neutral(client: Client, path: str) -> None:
    (title,) = re.findall(r"<title>(.*?)</title>", client.get(path).content.decode())
    assert title == "nc"


@pytest.mark.parametrize("path", ["/deskx", "/desk.html", "/v1", "/v1x", "/v1x/health", "/Desk/", "//desk/"])
def test_what_only_begins_like_another_face_is_guarded_here(client: Client, path: str) -> None:
    for answer in (client.get(path), client.post(path, {}, headers={"Sec-Fetch-Site": "cross-site"})):
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
    assert answer.status_code == 422


@pytest.mark.parametrize("path", ["/desk", "/desk/", "/desk/nowhere", "/v1/", "/v1/health", "/v1/nowhere"])
def test_the_other_faces_answer_for_themselves(client: Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["Cache-Control"] == "no-store"
    assert "blob:" not in headers.get("Content-Security-Policy", "")


def test_the_thread_that_sees_pixels_is_served_without_any_way_out(client: Client) -> None:
    answer: Any = client.get("/static/portal/worker.js")
    with closing(answer):
        assert b"".join(answer.streaming_content).startswith(b"// @ts-check")
        # Nothing beside it: a script-src would allow import() of an address that carries a picture.
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("answer", ["no", "unsure", ""])
def test_anyone_under_18_means_nothing_is_stored_and_help_is_named(client: Client, make: Any, answer: str) -> None:
    before = rows()
    page = client.post("/case/", opening(make, adults=answer))
    assert page.status_code == 422
    assert "takeitdown.ncmec.org" in page.content.decode()
    assert "inhope.org" in page.content.decode()
    assert not page.cookies
    assert rows() == before


def test_the_members_that_may_be_chosen_are_named(client: Client) -> None:
    page = client.get("/open/").content.decode()
    assert "Fotos &amp; Friends" in page
    assert "Photo sharing." in page


# --- who may send ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_a_form_from_another_site_is_refused(client: Client, make: Any, site: str) -> None:
    before = rows()
    page = client.post("/case/", opening(make), headers={"Sec-Fetch-Site": site})
    assert page.status_code == 422
    assert rows() == before


@pytest.mark.parametrize(("origin", "status"), [("http://testserver", 303), ("http://evil.test", 422), ("null", 422)])
@pytest.mark.usefixtures("client")
def test_an_old_browser_is_believed_by_its_origin_alone(make: Any, origin: str, status: int) -> None:
    old = Client(headers={"Origin": origin})
    assert old.post("/case/", opening(make)).status_code == status


@pytest.mark.usefixtures("client")
def test_without_any_sign_of_where_it_comes_from_a_form_is_refused(make: Any) -> None:
    assert Client().post("/case/", opening(make)).status_code == 422


def test_a_file_cannot_be_sent(client: Client, make: Any) -> None:
    page = client.post("/case/", opening(make, items="x" * 1_000_000))
    assert page.status_code == 413
    assert "body_too_large" in page.content.decode()


# --- opening -----------------------------------------------------------------------------------------------


def test_the_code_is_shown_once(client: Client, make: Any) -> None:
    code = open_case(client, make)
    assert len(code.split()) == 8
    again = client.get("/case/").content.decode()
    assert code.split()[0] not in re.sub(r"<[^>]+>", " ", again).split()
    assert words(client.get("/case/")) == ""


def test_a_saved_cookie_does_not_show_a_code_that_was_read(client: Client, make: Any) -> None:
    name = session.cookie_name()
    client.post("/case/", opening(make))
    saved = client.cookies[name].value
    # The answer is lost on the way: the browser still has its first cookie, and nothing is used up.
    assert client.get("/case/").status_code == 200
    client.cookies[name] = saved
    assert len(words(client.get("/case/")).split()) == 8
    client.get("/case/")
    client.cookies[name] = saved
    assert words(client.get("/case/")) == ""
    # The same for the code that takes a stop back.
    client.post("/case/", {"action": "withdraw", "number": "1"})
    saved = client.cookies[name].value
    assert len(words(client.get("/case/")).split()) == 4
    client.get("/case/")
    client.cookies[name] = saved
    assert words(client.get("/case/")) == ""


def test_asking_for_the_headers_alone_does_not_use_up_the_code(client: Client, make: Any) -> None:
    client.post("/case/", opening(make))
    client.head("/case/")
    assert len(words(client.get("/case/")).split()) == 8


def test_sending_twice_opens_one_case_and_a_lost_answer_can_be_had_again(client: Client, make: Any) -> None:
    form = opening(make)
    first = client.post("/case/", form)
    assert first.status_code == 303
    # The phone lost the connection: it has no cookie, but the same page and its token.
    phone = Client(headers={"Sec-Fetch-Site": "same-origin"})
    second = phone.post("/case/", form, follow=True)
    assert words(second) == words(client.get("/case/"))
    assert flows.desk_overview().entries_active == 2


def test_a_lost_answer_is_not_given_after_the_case_was_left(client: Client, make: Any) -> None:
    form = opening(make)
    client.post("/case/", form, follow=True)
    client.post("/case/", {"action": "leave"})
    stranger = Client(headers={"Sec-Fetch-Site": "same-origin"})
    page = stranger.post("/case/", form, follow=True)
    assert page.status_code == 409
    assert "already_opened" in page.content.decode()
    assert not words(page)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"items": ""}, "request_format"),
        ({"members": []}, "request_format"),
        ({"members": ["nobody"]}, "member_not_found"),
        ({"items": "00" * 32 + ":90"}, "quality_too_low"),
        ({"items": " ".join(["5a" * 32 + ":90"] * 101)}, "too_many_items"),
        ({"items": "xyz"}, "hash_format"),
        ({"token": ""}, "request_format"),
        ({"action": "?"}, "request_format"),
    ],
)
def test_a_refused_form_stores_nothing_and_says_one_code(
    client: Client, make: Any, changes: dict[str, Any], code: str
) -> None:
    before = rows()
    page = client.post("/case/", opening(make, **changes))
    assert page.status_code in {404, 422}
    assert f"<code>{code}</code>" in page.content.decode()
    as_json = client.post("/case/", opening(make, **changes), headers={"Accept": "application/json"})
    assert as_json.json()["error"] == code
    assert as_json.json()["message"]
    assert not page.cookies
    assert rows() == before


# --- coming back -------------------------------------------------------------------------------------------


def test_a_wrong_code_says_so_and_does_not_show_what_was_typed(client: Client) -> None:
    page = client.post("/case/", {"action": "enter", "code": "canary words that open nothing"})
    assert page.status_code == 404
    assert "case_not_found" in page.content.decode()
    assert "canary" not in page.content.decode()
    assert not page.cookies


def test_the_code_opens_the_case_however_it_is_typed(client: Client, make: Any) -> None:
    code = open_case(client, make)
    client.post("/case/", {"action": "leave"})
    other = Client(headers={"Sec-Fetch-Site": "same-origin"})
    page = other.post("/case/", {"action": "enter", "code": "  " + code.upper().replace(" ", "-") + " "}, follow=True)
    assert "Picture 2" in page.content.decode()
    assert page.redirect_chain == [("/case/", 303)]


def test_leaving_clears_the_cookie_and_the_browser_and_ends_the_session(client: Client, make: Any) -> None:
    open_case(client, make)
    kept = client.cookies[session.cookie_name()].value
    answer = client.get("/leave/")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("https://www.wikipedia.org")
    assert answer.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert answer.cookies[session.cookie_name()]["max-age"] == 0
    client.cookies[session.cookie_name()] = kept
    page = client.get("/case/").content.decode()
    assert "Picture 1" not in page
    assert "You were away" in page


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_make_anyone_leave(client: Client, make: Any, site: str) -> None:
    client.post("/case/", opening(make))
    answer = client.get("/leave/", headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("https://www.wikipedia.org")
    assert "Clear-Site-Data" not in answer.headers
    assert not answer.cookies
    assert len(words(client.get("/case/")).split()) == 8, "the code that was not yet read is still there"


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "none"}, {}])
@pytest.mark.usefixtures("client")
def test_a_typed_address_and_an_older_browser_leave_for_good(headers: dict[str, str]) -> None:
    assert "Clear-Site-Data" in Client(headers=headers).get("/leave/").headers


def test_leaving_without_a_case_goes_to_the_neutral_page_too(client: Client) -> None:
    assert client.get("/leave/").status_code == 303


def test_steps_without_a_session_ask_for_the_code(client: Client) -> None:
    page = client.post("/case/", {"action": "withdraw", "number": "1"})
    assert page.status_code == 403
    assert "Your case code" in page.content.decode()


# --- inside ------------------------------------------------------------------------------------------------


def test_withdrawing_shows_the_take_back_code_once_and_taking_back_works(client: Client, make: Any) -> None:
    open_case(client, make)
    asked = client.post("/case/", {"action": "ask_withdraw", "number": "2"}).content.decode()
    assert "Withdraw number 2?" in asked
    assert flows.desk_overview().entries_active == 2
    page = client.post("/case/", {"action": "withdraw", "number": "2"}, follow=True)
    take_back = words(page)
    assert len(take_back.split()) == 4
    assert flows.desk_overview().entries_active == 1
    assert words(client.get("/case/")) == ""
    wrong = client.post("/case/", {"action": "take_back", "code": "four words like these"})
    assert wrong.status_code == 409
    assert "<code>take_back</code>" in wrong.content.decode()
    page = client.post("/case/", {"action": "take_back", "code": take_back}, follow=True)
    assert "One picture or video is active again." in page.content.decode()
    assert flows.desk_overview().entries_active == 2


def test_withdrawing_all_stops_all(client: Client, make: Any) -> None:
    open_case(client, make)
    client.post("/case/", {"action": "withdraw", "number": "all"}, follow=True)
    assert flows.desk_overview().entries_active == 0


def test_withdrawing_twice_is_told_calmly(client: Client, make: Any) -> None:
    open_case(client, make)
    client.post("/case/", {"action": "withdraw", "number": "1"})
    page = client.post("/case/", {"action": "withdraw", "number": "1"})
    assert page.status_code == 409
    assert "item_state" in page.content.decode()


def test_a_picture_of_another_number_is_not_there(client: Client, make: Any) -> None:
    open_case(client, make)
    for number in ("3", "x", ""):
        assert client.post("/case/", {"action": "withdraw", "number": number}).status_code == 404


def test_adding_needs_a_plain_yes_and_counts_once(client: Client, make: Any) -> None:
    open_case(client, make)
    form = opening(make, 1, action="add")
    assert client.post("/case/", {**form, "adults": ""}).status_code == 422
    page = client.post("/case/", form, follow=True)
    assert "One picture or video was added." in page.content.decode()
    page = client.post("/case/", form, follow=True)
    assert flows.desk_overview().entries_active == 3


def test_erasing_one_keeps_the_others_and_erasing_all_closes_the_door(client: Client, make: Any) -> None:
    code = open_case(client, make)
    page = client.post("/case/", {"action": "erase", "number": "1"}, follow=True)
    assert "Erased for good." in page.content.decode()
    assert flows.desk_overview().entries_active == 1
    asked = client.post("/case/", {"action": "ask_erase", "number": "all"}).content.decode()
    assert "cannot be taken back" in asked
    page = client.post("/case/", {"action": "erase", "number": "all"})
    assert "Everything is erased" in page.content.decode()
    assert page.cookies[session.cookie_name()]["max-age"] == 0
    assert client.post("/case/", {"action": "enter", "code": code}).status_code == 404


def test_erasing_the_last_picture_or_all_ends_every_cookie_of_the_case(client: Client, make: Any) -> None:
    for number in ("1", "all"):
        open_case(client, make, items=f"{make.any_hash()}:90")
        kept = client.cookies[session.cookie_name()].value
        assert "Everything is erased" in client.post("/case/", {"action": "erase", "number": number}).content.decode()
        client.cookies[session.cookie_name()] = kept
        assert "You were away" in client.get("/case/").content.decode()


def test_the_case_page_says_what_no_report_means(client: Client, make: Any) -> None:
    open_case(client, make)
    page = client.get("/case/").content.decode()
    assert "Platforms cannot yet report back to this page" in page
    assert "it may still be there" in page


def test_who_has_fetched_a_code_is_shown(client: Client, make: Any) -> None:
    key = flows.create_member_key("test", "pixelgram", "gate")
    open_case(client, make, members=["pixelgram", "fotos"])
    items = re.sub(r"<section.*", "", client.get("/case/").content.decode(), flags=re.DOTALL)
    assert "has the picture code" not in items
    page = flows.feed_page(key.text, after=0, limit=10, nonce="0" * 32)
    flows.feed_page(key.text, after=2, limit=10, nonce="1" * 32)
    assert page
    items = re.sub(r"<section.*", "", client.get("/case/").content.decode(), flags=re.DOTALL)
    assert items.count("has the picture code") == 2
    assert items.count("Fotos &amp; Friends: has not fetched it yet") == 2


@pytest.mark.parametrize("state", list(ItemState))
def test_every_state_has_a_word(state: ItemState) -> None:
    from datetime import date

    from django.template.loader import render_to_string

    from notcontent.hub.answers import ItemView

    item = ItemView(1, 0, state, date(2026, 11, 22), date(2026, 12, 6), ("Pixelgram",), ())
    page = render_to_string("portal/_item.html", {"item": item})
    said = {"waiting": "Waiting to go out", "active": "Active", "withdrawn": "Stopped", "erased": "Erased"}
    assert f">{said[state.value]}</span>" in page


# --- errors and words --------------------------------------------------------------------------------------


def test_an_error_that_nobody_foresaw_is_a_calm_page_without_data(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode() -> None:
        raise RuntimeError("canary detail")

    monkeypatch.setattr(flows, "list_members", explode)
    client.raise_request_exception = False
    page = client.get("/open/")
    assert page.status_code == 500
    assert "<code>internal</code>" in page.content.decode()
    assert "canary" not in page.content.decode()
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_every_error_has_a_sentence_of_its_own_or_the_common_one() -> None:
    def tree(error: type[NotContentError]) -> set[type[NotContentError]]:
        return {error}.union(*(tree(child) for child in error.__subclasses__()))

    codes = {error.code for error in tree(NotContentError)}
    assert set(texts._BY_CODE) <= codes
    for error in tree(NotContentError):
        assert texts.explain(error()).sentence.endswith(".")


def test_the_scripts_find_every_sentence_they_name() -> None:
    from pathlib import Path

    import notcontent.hub.portal

    folder = Path(notcontent.hub.portal.__file__).parent / "static" / "portal"
    scripts = "\n".join(path.read_text() for path in folder.glob("*.js"))
    known = texts.script_texts()
    assert set(re.findall(r'\bsay\("(\w+)"', scripts)) <= set(known)
    refusals = set(re.findall(r'Refusal\("(\w+)"\)', scripts))
    # No sentence: what it refuses goes on to the videos' thread.
    assert refusals - {"image_video"} <= set(known)
    names = set(re.findall(r'return "(\w+)"', (folder / "intake.js").read_text() + (folder / "add.js").read_text()))
    assert names <= set(known)
