"""The pages of channels: what they tell, what they never tell, and what may be sent to them."""

import html as markup
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from channel_stage import (
    CANARIES,
    HOSTILE,
    RENDERED,
    archive,
    child,
    families,
    family,
    forget_book,
    hidden_values,
    imported,
    parent,
    removed,
    stranger,
)
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import FakePayload

from notcontent.hub import flows
from notcontent.hub.channel_answers import HandoutKind
from notcontent.hub.config import hub_config
from notcontent.hub.lineage.place import book_folder, hub_book
from notcontent.hub.lineage.uploads import MOST_BYTES
from notcontent.lineage.book import SourceKind, SourceState

pytestmark = pytest.mark.django_db

SOURCES = "/desk/channels/sources/"
FILE = f"{SOURCES}file/"


@pytest.fixture(autouse=True)
def without_book() -> Iterator[None]:
    forget_book()
    yield
    forget_book()


def text_of(page: bytes) -> str:
    return re.sub(r"[ \n]+", " ", markup.unescape(re.sub(r"<[^>]+>", " ", page.decode())))


def paths() -> list[str]:
    """Give every page of channels that shows something now."""
    shown = flows.desk_channels()
    found = ["/desk/channels/", "/desk/channels/radar/", "/desk/channels/radar/?days=90", SOURCES, "/desk/audit/"]
    for one in shown.families:
        found += [f"/desk/channels/family/{one.id}/", f"/desk/channels/channel/{one.id}/"]
    for new in shown.queue:
        found.append(f"/desk/channels/channel/{new.name.id}/")
        found.append(f"/desk/channels/compare/{new.kin.name.id}/{new.name.id}/")
    standing = [source.id for source in flows.desk_sources() if source.state is SourceState.STANDING]
    return found + [f"{SOURCES}{source}/withdraw/" for source in standing]


def sent(desk: Client, data: bytes, name: str = "pages.zip") -> bytes:
    """Send a file by the form, as a browser would, and give the page that comes of it."""
    answer = desk.post(FILE, {"source": SimpleUploadedFile(name, data)}, follow=True)
    assert list((book_folder(hub_config()) / "uploads").iterdir()) == []
    return bytes(answer.content)


def standing() -> list[int]:
    return [source.id for source in flows.desk_sources() if source.state is SourceState.STANDING]


def test_a_hub_without_channels_says_so_and_shows_where_to_import(desk: Client) -> None:
    assert "Nothing is imported yet." in text_of(desk.get("/desk/channels/").content)
    assert f'href="{SOURCES}"' in desk.get("/desk/channels/").content.decode()
    assert "None that was seen began in these days." in text_of(desk.get("/desk/channels/radar/").content)
    assert "notcontent lineage import EXPORT --hub hub.toml" in text_of(desk.get(SOURCES).content)


def test_the_queue_says_what_looks_like_a_child_of_what_and_why(desk: Client, tmp_path: Path) -> None:
    family(tmp_path)
    shown = text_of(desk.get("/desk/channels/").content)
    assert re.search(
        r"New harbour looks like a child of Old harbour \(\s*(>\u202f)?\d\d\u202f%, found \d{4}-\d\d-\d\d · began \d",
        shown,
    )
    assert "40 contents that it showed before this one did" in shown
    assert "hxxps://t[.]me/+NextHarbour77" in shown
    assert "1 channel stands alone" in shown
    id_ = flows.desk_channels().queue[0].name.id
    assert desk.post("/desk/channels/seen/", {"channel": id_}).headers["Location"] == "/desk/channels/"
    assert "every channel that continues another was looked at" in text_of(desk.get("/desk/channels/").content)
    assert desk.post("/desk/channels/seen/", {"channel": "0" * 16}).status_code == 404


def test_a_queue_longer_than_its_list_says_how_many_are_shown_and_how_many_follow(desk: Client, tmp_path: Path) -> None:
    families(tmp_path, 10)
    shown = text_of(desk.get("/desk/channels/").content)
    assert "New (10)" in shown
    assert "These 8 of 10 are seen" in shown
    assert "2 more follow when these are seen." in shown
    assert re.search(r"Second ≈ hxxps://t\[\.\]me/second_\d looks like a child of First of \d \(", shown)
    eight = [one.name.id for one in flows.desk_channels().queue]
    desk.post("/desk/channels/seen/", {"channel": eight})
    shown = text_of(desk.get("/desk/channels/").content)
    assert "All 2 are seen" in shown
    assert "follow when these" not in shown


def test_the_radar_tells_what_began_from_what_is_older_and_was_found_only_now(desk: Client, tmp_path: Path) -> None:
    family(tmp_path)
    began = desk.get("/desk/channels/radar/").content.decode()
    assert "New harbour" in began
    assert "<details" not in began
    folded, _, older = desk.get("/desk/channels/radar/?days=2").content.decode().partition("<details")
    assert "None that was seen began in these days." in folded
    assert "New harbour" not in folded
    assert re.search(r"1 older channel, found only now.*New harbour\s+found \d{4}-", text_of(older.encode()))


def test_a_source_that_says_one_thing_of_one_channel_is_told_in_the_singular(desk: Client, tmp_path: Path) -> None:
    imported(tmp_path, removed("old_harbour"), "gone.csv")
    shown = text_of(desk.get(SOURCES).content)
    assert re.search(r"\b1 channel\s+1 fact\b(?!s)", shown)
    desk.post(f"{SOURCES}links/", {"links": "https://t.me/s/seen_elsewhere\nhello\n"})
    assert "lines that begin with no link and no @name: 1" in text_of(desk.get(SOURCES).content)


def test_what_no_source_tells_is_not_known_and_not_zero(desk: Client, tmp_path: Path) -> None:
    imported(tmp_path, removed("old_harbour"), "gone.csv")
    id_ = flows.find_channel("@old_harbour")
    shown = text_of(desk.get(f"/desk/channels/channel/{id_}/").content)
    assert "Most views of a post not known" in shown
    assert "Members, at most not known" in shown
    forget_book()
    imported(tmp_path, archive(replace(parent(), viewed=False), replace(child(), viewed=False)))
    (one,) = flows.desk_channels().families
    assert "Reach not known no source shows views" in text_of(desk.get(f"/desk/channels/family/{one.id}/").content)
    for path in ("", "radar/", f"compare/{one.id}/{flows.desk_channels().queue[0].name.id}/"):
        assert " not known " in text_of(desk.get(f"/desk/channels/{path}").content), path


def test_a_small_telegram_export_is_imported_by_the_form_as_the_page_says(desk: Client) -> None:
    assert "A Telegram export of up to 20 MB is imported by the form above" in text_of(desk.get(SOURCES).content)
    export = {
        "name": "Old harbour",
        "type": "public_channel",
        "id": 1_100_000_001,
        "messages": [
            {"id": 2, "type": "message", "date": "2026-01-02T03:04:05", "date_unixtime": "1767323045", "text": "Hello"}
        ],
    }
    page = text_of(sent(desk, json.dumps(export).encode(), "result.json"))
    assert "Imported as source 1: 1 post of 1 channel" in page


def test_a_family_has_drawings_words_a_table_and_files(desk: Client, tmp_path: Path) -> None:
    family(tmp_path)
    path = next(path for path in paths() if "/family/" in path)
    html = desk.get(path).content.decode()
    assert html.count("<svg") == 6  # tree and time line, each for a screen, a phone and paper
    assert html.count("<details") >= 2
    shown = text_of(html.encode())
    assert "removed 20" in shown
    assert "the first that was seen" in shown
    assert 'value="amber" selected' in html
    for link in re.findall(r'href="(/desk/channels/(?:channel|compare)/[^"]+)"', html):
        assert desk.get(link).status_code == 200, link


def test_a_channel_shows_its_facts_with_dates_and_sources(desk: Client, tmp_path: Path) -> None:
    _, table = family(tmp_path)
    shown = text_of(desk.get(f"/desk/channels/channel/{flows.desk_channels().families[0].id}/").content)
    assert re.search(rf"said to be removed \d{{4}}-\d\d-\d\d {table} table", shown)
    assert "hxxps://t[.]me/old_harbour" in shown
    assert "What continues it New harbour" in shown


def test_a_channel_is_looked_for_by_any_of_its_names(desk: Client, tmp_path: Path) -> None:
    family(tmp_path)
    id_ = flows.desk_channels().queue[0].name.id
    found = desk.get("/desk/channels/", {"channel": "https://t.me/new_harbour"})
    assert found.headers["Location"] == f"/desk/channels/channel/{id_}/"
    none = desk.get("/desk/channels/", {"channel": "@nobody_here"})
    assert "No channel goes by this name" in text_of(none.content)


def test_of_several_channels_of_one_name_each_can_be_chosen(desk: Client, tmp_path: Path) -> None:
    families(tmp_path, 9)
    page = desk.get("/desk/channels/", {"channel": "second"}).content.decode()
    choices = page.partition("Several channels go by this name. Choose one:")[2].split("</ul>")[1]
    linked = re.findall(r'href="(/desk/channels/channel/[0-9a-f]{16}/)"', choices)
    assert len(set(linked)) == len(linked) == 8
    assert len(set(re.findall(r"hxxps://t\[\.\]me/second_\d", choices))) == 8
    assert desk.get(linked[0]).status_code == 200
    assert desk.get("/desk/channels/", {"channel": "F1#1"}).status_code == 302


def test_no_page_holds_a_person_a_text_a_digest_a_picture_or_a_way_out(desk: Client, tmp_path: Path) -> None:
    family(tmp_path)
    secrets = (*CANARIES, *hidden_values())
    for path in paths():
        answer = desk.get(path)
        html = answer.content.decode()
        assert answer.status_code == 200, path
        assert [kept for kept in secrets if kept in html] == [], path
        assert not re.search(r"<(img|image|picture|video|object|iframe|embed|foreignObject)\b", html), path
        assert not re.search(r'(?:href|src|action)="(?!/|\?|#)', html), path
        assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=|javascript:", html), path
        assert not re.search(r"https?://t\.me", html.replace("https://t.me/s/name", "")), path


def test_hostile_titles_are_shown_as_text_and_turn_nothing(desk: Client, tmp_path: Path) -> None:
    family(tmp_path, old=HOSTILE, new=HOSTILE[::-1])
    pages = {path: desk.get(path).content.decode() for path in paths()}
    for path, html in pages.items():
        assert "<script>alert" not in html, path
        assert "<img" not in html, path
        assert not set("\u202e\u2066\x07") & set(html), path
        assert RENDERED not in html, path
    assert sum("&lt;script&gt;alert(1)" in html for html in pages.values()) >= 5
    assert "<bdi>&lt;script&gt;" in pages["/desk/channels/"]


def test_pages_of_what_is_not_in_the_book_are_none(desk: Client, tmp_path: Path) -> None:
    family(tmp_path)
    ours = flows.desk_channels().families[0].id
    for path in ("family/nothing/", "channel/nothing/", f"compare/{ours}/nothing/"):
        assert desk.get(f"/desk/channels/{path}").status_code == 404, path
    assert desk.get(f"/desk/channels/compare/{ours}/{ours}/").headers["Location"] == f"/desk/channels/channel/{ours}/"
    for odd in ("open=nothing", "open=", "page=-1", f"open={ours}&open={ours}"):
        assert desk.get(f"/desk/channels/family/{ours}/?{odd}").status_code == 200
    for odd in ("page=0", "page=99999999999", "page=x", "channel=%00", "channel=" + "x" * 300):
        assert desk.get(f"/desk/channels/?{odd}").status_code == 200, odd
    for odd in ("days=0", "days=x", "days=999999", "days=-3"):
        assert desk.get(f"/desk/channels/radar/?{odd}").status_code == 200, odd
    assert desk.get(f"{SOURCES}99/withdraw/").status_code == 404


def test_reading_pages_take_no_forms_and_forms_are_no_pages(desk: Client, tmp_path: Path) -> None:
    family(tmp_path)
    for path in paths():
        if "withdraw" not in path:
            assert desk.post(path).status_code == 405, path
    one = flows.desk_channels().families[0].id
    for path in ("seen/", "judge/", "sources/file/", "sources/links/", f"family/{one}/file/"):
        assert desk.get(f"/desk/channels/{path}").status_code == 405, path


@pytest.mark.parametrize("kind", list(HandoutKind))
def test_a_file_is_a_download_with_a_plain_name(desk: Client, tmp_path: Path, kind: HandoutKind) -> None:
    family(tmp_path)
    path = f"/desk/channels/family/{flows.desk_channels().families[0].id}/file/"
    answer = desk.post(path, {"kind": kind.value, "tlp": "green"})
    assert answer.status_code == 200
    said = re.fullmatch(r'attachment; filename="([a-z0-9.-]+)"', answer.headers["Content-Disposition"])
    assert said is not None
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "html" not in answer.headers["Content-Type"]
    begins = {HandoutKind.ANNEX_PDF: b"%PDF-", HandoutKind.STIX: b"{", HandoutKind.GEXF: b"<?xml"}
    assert answer.content.startswith(begins.get(kind, b""))
    assert kind in (HandoutKind.ANNEX_PDF, HandoutKind.ANNEX_TEXT) or "green" in said[1]


@pytest.mark.parametrize(
    "form", [{}, {"kind": "exe", "tlp": "amber"}, {"kind": "stix"}, {"kind": "csv", "tlp": "none"}]
)
def test_a_file_of_a_kind_that_is_none_is_not_made(desk: Client, tmp_path: Path, form: dict[str, str]) -> None:
    family(tmp_path)
    before = flows.desk_audit()
    path = f"/desk/channels/family/{flows.desk_channels().families[0].id}/file/"
    assert desk.post(path, form).status_code == 404
    assert flows.desk_audit() == before


def test_a_saved_page_a_zip_a_table_and_links_are_imported_by_the_forms(desk: Client) -> None:
    page = parent().page()
    assert "Imported as source 1" in text_of(sent(desk, page, "Old harbour – Telegram.html"))
    assert "Imported as source 2" in text_of(sent(desk, archive(child(), stranger())))
    assert "Imported as source 3" in text_of(sent(desk, removed("old_harbour"), "gone.csv"))
    said = desk.post(f"{SOURCES}links/", {"links": "https://t.me/s/seen_elsewhere\nhello\n"}, follow=True)
    assert "Imported as source 4" in text_of(said.content)
    assert "lines that begin with no link and no @name: 1" in text_of(said.content)
    assert [source.label for source in flows.desk_sources()][-1] == "Old-harbour-Telegram.html"
    assert [one.size for one in flows.desk_channels().families] == [2]
    assert "nothing was added" in text_of(sent(desk, page, "again.html"))
    assert {line.actor for line in flows.desk_audit(limit=4)} == {"mara"}
    shown = text_of(desk.get("/desk/audit/").content)
    assert "imported a source of channels 4 1" in shown


class Unread(io.BytesIO):
    """A body that fails the test when anything of it is read."""

    def read(self, *_: object) -> bytes:
        raise AssertionError("the body was read")

    readline = read


def posted(client: Client, body: object, length: int) -> int:
    """Send a body as it is, which says that it is so long."""
    said: dict[str, Any] = {
        "wsgi.input": body,
        "CONTENT_LENGTH": str(length),
        "CONTENT_TYPE": "multipart/form-data; boundary=x",
    }
    return int(client.post(FILE, **said).status_code)


def test_not_a_byte_is_read_of_what_strangers_send(client: Client, newcomer: Client) -> None:
    for who in (client, newcomer):
        assert posted(who, Unread(), 1 << 20) == 302
        assert posted(who, Unread(), 1 << 30) == 302
    assert not (book_folder(hub_config()) / "uploads").exists()


def test_not_a_byte_is_read_of_what_says_that_it_is_too_large(desk: Client) -> None:
    assert posted(desk, Unread(), 1 << 30) == 413
    assert posted(desk, Unread(), MOST_BYTES + (1 << 17)) == 413
    assert standing() == []


def test_what_is_a_little_too_large_is_refused_and_gone(desk: Client) -> None:
    page = text_of(sent(desk, bytes(MOST_BYTES + 1)))
    assert "larger than what is read here" in page
    assert standing() == []


def bomb() -> bytes:
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made,
        made.open("page.html", "w", force_zip64=True) as one,
    ):
        for _ in range(1500):
            one.write(b"<p>" * 349_525)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("page.html", b""),
        ("page.html", b"\x89PNG\r\n\x1a\n" + bytes(200)),
        ("page.html", b"<html><script>alert(1)</script>" + b"<div>" * 100_000),
        ("pages.zip", b"PK\x03\x04 cut off"),
        ("result.json", b'{"name": "x", "type": "public_channel", "id": 1, "messages": [{"id": 1,'),
        ("result.json", b"[" * 1_000_000),
        ("list.csv", b"who,knows,what\n1,2,3\n"),
    ],
)
def test_what_is_no_source_is_refused_whole_with_a_sentence(desk: Client, name: str, data: bytes) -> None:
    answer = desk.post(FILE, {"source": SimpleUploadedFile(name, data)})
    assert answer.status_code in {413, 422}
    assert "Nothing of it was kept." in text_of(answer.content)
    assert standing() == []
    assert list((book_folder(hub_config()) / "uploads").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("page.html", b"", "The file is empty."),
        ("page.html", b"bplist00" + bytes(99), "Safari's web archive is not read: save the page as HTML."),
        ("pages.zip", b"PK\x03\x04 cut off", "The archive is damaged."),
        ("messages.html", b'<html><div class="page_wrap">', "export the chat again, as machine-readable JSON."),
        ("list.csv", b"channel,time,fact\n", "Nothing in this source is about a channel."),
        ("list.csv", b"who,knows\n1,2\n", "channel, time and fact, and perhaps value and post"),
    ],
)
def test_a_refusal_names_what_is_wrong_with_this_file(desk: Client, name: str, data: bytes, said: str) -> None:
    page = text_of(desk.post(FILE, {"source": SimpleUploadedFile(name, data)}).content)
    assert said in page
    assert "Nothing of it was kept." in page


def test_a_zip_that_unpacks_to_gigabytes_is_refused(desk: Client) -> None:
    page = text_of(sent(desk, bomb()))
    assert "Nothing of it was kept." in page
    assert standing() == []


def test_a_form_without_a_file_and_a_body_that_breaks_off_import_nothing(desk: Client) -> None:
    assert desk.post(FILE, {"other": "x"}).status_code == 422
    broken = b'--x\r\nContent-Disposition: form-data; name="source"; filename="a.html"\r\n\r\n<html>'
    assert posted(desk, FakePayload(broken), len(broken)) in {400, 422}
    assert list((book_folder(hub_config()) / "uploads").iterdir()) == []
    assert standing() == []


def test_more_links_than_a_form_may_hold_are_refused(desk: Client) -> None:
    for links, status in (("https://t.me/s/abcde\n" * 15_000, 422), ("x" * 2_000_000, 413), (" ", 422)):
        assert desk.post(f"{SOURCES}links/", {"links": links}).status_code == status
    assert standing() == []


def test_a_withdrawal_asks_for_the_number_and_takes_the_source_from_every_page(desk: Client, tmp_path: Path) -> None:
    pages, table = family(tmp_path)
    seen_before = paths()
    path = f"{SOURCES}{pages}/withdraw/"
    assert "Withdraw this source?" in text_of(desk.get(path).content)
    for typed in ("", str(table), "yes"):
        assert desk.post(path, {"number": typed}).status_code == 422
    assert standing() == [table, pages]
    assert desk.post(path, {"number": f" #{pages} "}).headers["Location"] == SOURCES
    assert desk.post(path, {"number": str(pages)}).status_code == 404
    for one in {*seen_before, *paths()}:
        html = desk.get(one).content.decode()
        assert not re.search("[Nn]ew.harbour|mountain|Old harbour", html), one
    assert "withdrew a source of channels" in text_of(desk.get("/desk/audit/").content)


def test_while_another_import_runs_the_page_says_so(desk: Client) -> None:
    with hub_book() as book, book.importing(SourceKind.SAVED_PAGES, "other", bytes(32), "shell"):
        answer = desk.post(FILE, {"source": SimpleUploadedFile("page.html", parent().page())})
    assert answer.status_code == 409
    assert "Another import or withdrawal is at work." in text_of(answer.content)


def test_a_book_that_cannot_be_read_is_said_to_be_so(desk: Client, tmp_path: Path) -> None:
    family(tmp_path)
    for left in book_folder(hub_config()).glob("book.db*"):
        left.write_bytes(b"no book at all" * 1000)
    answer = desk.get("/desk/channels/")
    assert answer.status_code == 500
    assert "cannot be read or written" in text_of(answer.content)


def test_channels_that_are_not_judged_are_said_and_judged_on_demand(desk: Client, tmp_path: Path) -> None:
    pages, _ = family(tmp_path)
    with hub_book() as book:
        book.withdraw(pages)
    assert "Judge all channels anew" in text_of(desk.get("/desk/channels/").content)
    assert desk.post("/desk/channels/judge/").headers["Location"] == "/desk/channels/"
    page = text_of(desk.get("/desk/channels/").content)
    assert "Judge all channels anew" not in page
    assert "All channels are judged anew." in page
