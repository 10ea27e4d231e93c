"""Of a browser's single file the page alone is read, whatever else is in it."""

import base64
import io
import quopri
import time
import zipfile
from pathlib import Path

import pytest
from lineage.readers.page_html import MARKER, NOW, message, page, read, saved

from notcontent.errors import LineageSizeError, LineageSourceError, LineageTruncatedError
from notcontent.lineage.observations import Fact, FactKind, Post
from notcontent.lineage.readers import web_archives
from notcontent.lineage.readers.detect import open_source
from notcontent.lineage.readers.markup import LARGEST_PAGE
from notcontent.lineage.readers.web_archives import LARGEST_ARCHIVE, page_of
from notcontent.lineage.report import Report, Skipped, SourceKind

PAGE = page(message("a_channel/7", text="Größer = besser, 2 > 1", data_view="x"))
WHERE = "https://t.me/s/a_channel"
EDGE = "----MultipartBoundary--abcdef----"
DATE = "Sun, 23 Nov 2025 10:00:00 -0000"
FIRST = f"From: <Saved by Blink>\r\nSnapshot-Content-Location: {WHERE}\r\nDate: {DATE}\r\nMIME-Version: 1.0\r\n"


def part(data: bytes = PAGE, *, kind: str = "text/html", where: str = WHERE, how: str = "quoted-printable") -> bytes:
    """One part, as Chrome writes it."""
    coded = {"quoted-printable": quopri.encodestring, "base64": base64.encodebytes}.get(how, bytes)(data)
    head = f"Content-Type: {kind}\r\nContent-ID: <frame-1@mhtml.blink>\r\nContent-Transfer-Encoding: {how}\r\n"
    return f"{head}Content-Location: {where}\r\n\r\n".encode() + coded.replace(b"\n", b"\r\n")


def archive(*parts: bytes, first: str = FIRST, edge: str = EDGE) -> bytes:
    """A single file of these parts."""
    head = f'{first}Content-Type: multipart/related;\r\n\ttype="text/html";\r\n\tboundary="{edge}"\r\n\r\n\r\n'
    return (
        head.encode() + b"".join(f"--{edge}\r\n".encode() + one + b"\r\n" for one in parts) + f"--{edge}--\r\n".encode()
    )


PICTURE = part(bytes(range(256)) * 40, kind="image/jpeg", where="https://cdn/x.jpg", how="base64")


@pytest.mark.parametrize("how", ["quoted-printable", "base64", "8bit", "binary"])
def test_a_single_file_says_what_its_page_says(tmp_path: Path, how: str) -> None:
    plain = read(saved(tmp_path, PAGE, "1.html"))
    path = saved(tmp_path, archive(part(how=how), PICTURE), "2.mhtml")
    assert [found for found in read(path) if isinstance(found, Post)] == [
        found for found in plain if isinstance(found, Post)
    ]
    kind, _ = open_source(path, MARKER, Report(), now=NOW)
    assert kind is SourceKind.SAVED_PAGES


def test_it_was_seen_when_its_head_says_that_it_was_saved(tmp_path: Path) -> None:
    def alive(first: str) -> list[int]:
        found = read(saved(tmp_path, archive(part(), first=first), "1.mhtml"))
        return [fact.time for fact in found if isinstance(fact, Fact) and fact.kind is FactKind.ALIVE]

    (newest,) = alive(FIRST.replace(DATE, "Sat, 1 Jan 2000 00:00:00 -0000"))
    assert newest == 1_763_632_800  # the newest post's
    assert alive(FIRST) == [1_763_892_000]
    for wrong in ("Fri, 32 Foo 99999999999 99:99:99 +9999999", "", "Sat, 1 Jan 2050 00:00:00 -0000"):
        assert alive(FIRST.replace(DATE, wrong)) == [newest]


def test_folders_and_zips_hold_them_beside_other_pages(tmp_path: Path) -> None:
    folder, other = tmp_path / "in", page(message("a_channel/8", text="two"))
    saved(folder, archive(part()), "1.mhtml")
    saved(folder, other, "2.html")
    saved(folder, archive(PICTURE), "3.mht")
    with zipfile.ZipFile(tmp_path / "pages.zip", "w") as packed:
        for file in sorted(folder.iterdir()):
            packed.write(file, file.name)
    for path in (folder, tmp_path / "pages.zip"):
        report = Report()
        assert [found.number for found in read(path, report) if isinstance(found, Post)] == [7, 8]
        assert report.skipped == {Skipped.BAD_PAGE: 1}


NESTED = archive(part(), first="", edge="inner")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (archive(PICTURE), "no page of t.me in it"),
        (archive(), "no page of t.me in it"),
        (archive(part(where="https://example.org/s/a_channel"), part()), "none of t.me"),
        (archive(part(where="https://t.me.example.org/s/a")), "none of t.me"),
        (archive(part(where="file:///t.me/s/a")), "none of t.me"),
        (archive(part(where="")), "none of t.me"),
        (archive(NESTED), "no page of t.me in it"),
        (archive(part(NESTED, kind="message/rfc822", how="8bit")), "no page of t.me in it"),
        (archive(part(kind='text/html; charset="windows-1251"')), "not written in UTF-8"),
        (archive(part(kind='text/html; charset="unicode_escape"')), "not written in UTF-8"),
        (archive(part(how="x-uuencode")), "packed in a way"),
        (archive(part(b"x", how="8bit").replace(b"8bit", b"base64")), "damaged"),
        (FIRST.encode() + b"\r\nno parts\r\n", "no page of t.me in it"),
        (FIRST.encode() + b"Content-Type: multipart/related; boundary=" + b"x" * 300 + b"\r\n\r\n", "no page of t.me"),
    ],
)
def test_what_is_no_page_of_telegrams_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(LineageSourceError, match=said):
        read(saved(tmp_path, data, "page.mhtml"))


def test_one_that_is_cut_off_anywhere_is_refused() -> None:
    whole = archive(part())
    for end in range(0, len(whole) - len(EDGE) - 8, 97):
        with pytest.raises((LineageTruncatedError, LineageSourceError)):
            page_of(io.BytesIO(whole[:end]))
    with pytest.raises(LineageTruncatedError):
        page_of(io.BytesIO(whole[: len(whole) // 2]))


def test_nothing_is_read_behind_the_page() -> None:
    behind = io.BytesIO(archive(part()) + b"\r\n" * 100_000)
    page_of(behind)
    assert behind.tell() < len(archive(part())) + 10


@pytest.mark.parametrize(
    "data",
    [
        archive(part(b"x" * (LARGEST_PAGE + 1), how="8bit")),
        archive(part(b"x" * LARGEST_ARCHIVE, kind="image/jpeg", how="8bit"), part()),
        FIRST.encode() + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
        FIRST.encode() + b"X: y\r\n" * 20_000 + b"\r\n\r\n",
        archive(*[b"\r\n"] * 2_000, part()),
        archive(b"Content-Type: text/plain\r\n" * 10_000 + b"\r\n", part()),
    ],
    ids=["page", "before the page", "long header", "many headers", "many parts", "long head of a part"],
)
def test_one_larger_than_any_is_refused_soon(data: bytes) -> None:
    began = time.process_time()
    with pytest.raises(LineageSizeError):
        page_of(io.BytesIO(data))
    assert time.process_time() - began < 5


def test_parts_in_parts_cost_no_more_than_their_bytes() -> None:
    deep = b"".join(f"--{n}\r\nContent-Type: multipart/mixed; boundary={n + 1}\r\n\r\n".encode() for n in range(20_000))
    began = time.process_time()
    with pytest.raises(LineageSourceError):
        page_of(io.BytesIO(archive(b"Content-Type: multipart/mixed; boundary=0\r\n\r\n" + deep)))
    assert time.process_time() - began < 5


def test_a_large_one_among_others_is_a_line_of_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_archives, "LARGEST_ARCHIVE", len(archive(part())))
    saved(tmp_path, archive(part()), "1.mhtml")
    saved(tmp_path, archive(PICTURE, part()), "2.mhtml")
    report = Report()
    assert [found.number for found in read(tmp_path, report) if isinstance(found, Post)] == [7]
    assert report.skipped == {Skipped.TOO_LARGE: 1}


@pytest.mark.parametrize(
    ("where", "kind"),
    [
        ("http://[t.me/x", "text/html"),
        (WHERE, "text/html; charset*=a\0b''utf-8"),
    ],
)
def test_a_head_that_the_mail_parser_trips_over_is_a_bad_page(where: str, kind: str) -> None:
    with pytest.raises(LineageSourceError):
        page_of(io.BytesIO(archive(part(where=where, kind=kind))))


@pytest.mark.parametrize("boundary", ["boundary*" + "9" * 5000 + "=E", "boundary*=undefined''E", "boundary*=idna''.E."])
def test_a_boundary_that_it_trips_over_is_one_too(boundary: str) -> None:
    head = f"{FIRST}Content-Type: multipart/related; {boundary}\r\n\r\n"
    with pytest.raises(LineageSourceError):
        page_of(io.BytesIO(head.encode() + b"--E\r\n" + part() + b"\r\n--E--\r\n"))
