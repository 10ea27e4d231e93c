"""A path becomes a source: recognised, read whole or not at all, media only under an authority."""

import json
import os
import re
from datetime import date
from pathlib import Path

import pytest
from lineage.readers.export_files import NOW, chat, export, message
from lineage.readers.page_html import NOW as PAGES_NOW
from lineage.readers.page_html import message as page_message
from lineage.readers.page_html import page

from notcontent.errors import LineageAuthorityError, LineageSizeError, LineageSourceError, LineageTruncatedError
from notcontent.lineage.book import Authority, Book, SourceKind, open_book
from notcontent.lineage.importing import digest_of, import_path
from notcontent.lineage.marks import MarkKind
from notcontent.lineage.report import Skipped
from notcontent.lineage.words import LEFT_OUT
from notcontent.signals.drawing import draw_picture

AUTHORITY = Authority("Prosecutor, file 12", "Section 94", date(2099, 1, 1))


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return open_book(tmp_path / "book", make=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give an export of one channel with a drawn picture."""
    made = tmp_path / "export"
    (made / "photos").mkdir(parents=True)
    draw_picture(1).save(made / "photos" / "photo_1.jpg", quality=90)
    photo = {"photo": "photos/photo_1.jpg", "photo_file_size": 4711, "width": 640, "height": 360}
    return export(made, chat(message(5, **photo), message(6, text="a word")))


def kinds(book: Book) -> set[int]:
    return set(book.evidence().shown.kind.tolist())


def test_an_export_is_taken_once_and_its_media_are_not_opened(book: Book, folder: Path) -> None:
    (folder / "photos" / "photo_1.jpg").unlink()
    (folder / "photos" / "photo_1.jpg").symlink_to("/nowhere")
    done = import_path(book, folder, by="tester", now=NOW)
    assert (done.already, done.report.posts, done.report.channels, done.report.media_hashed) == (False, 2, 1, 0)
    assert MarkKind.PHOTO in kinds(book)
    assert MarkKind.PICTURE not in kinds(book)
    again = import_path(book, folder / "result.json", by="tester", now=NOW)
    assert (again.already, again.source) == (True, None)
    assert len(book.sources()) == 1


def test_media_are_read_under_an_authority_that_stands_in_the_book(book: Book, folder: Path) -> None:
    done = import_path(book, folder, by="tester", now=NOW, authority=AUTHORITY)
    assert done.report.media_hashed == 1
    assert MarkKind.PICTURE in kinds(book)
    (line,) = book.sources()
    assert (line.kind, line.authority) == (SourceKind.TELEGRAM_MEDIA, AUTHORITY)
    assert "photo_1" not in "".join(path.read_bytes().decode("latin-1") for path in book.folder.iterdir())


def test_no_media_without_an_authority_that_lasts(book: Book, folder: Path) -> None:
    over = Authority("Prosecutor, file 12", "Section 94", date(2020, 1, 1))
    with pytest.raises(LineageAuthorityError):
        import_path(book, folder, by="tester", now=NOW, authority=over)
    assert book.sources() == []


def test_an_authority_is_refused_for_what_has_no_media(book: Book, tmp_path: Path) -> None:
    links = tmp_path / "links.txt"
    links.write_text("https://t.me/s/some_channel\n")
    with pytest.raises(LineageAuthorityError):
        import_path(book, links, by="tester", now=NOW, authority=AUTHORITY)
    assert import_path(book, links, by="tester", now=NOW).report.channels == 1


def test_what_turns_out_to_be_cut_off_leaves_nothing(book: Book, folder: Path) -> None:
    data = (folder / "result.json").read_bytes()
    (folder / "result.json").write_bytes(data[:-3])
    with pytest.raises(LineageTruncatedError):
        import_path(book, folder, by="tester", now=NOW)
    assert book.sources() == []
    assert book.evidence().channels == ()


def test_a_source_is_known_again_by_its_bytes_and_not_by_its_name(folder: Path, tmp_path: Path) -> None:
    other = export(tmp_path / "other", json.loads((folder / "result.json").read_bytes()))
    assert digest_of(other) == digest_of(folder)
    pages = [tmp_path / name for name in ("one", "two")]
    for made in pages:
        made.mkdir()
        (made / "a.html").write_text("<p>a</p>")
    assert digest_of(pages[0]) == digest_of(pages[1])
    (pages[1] / "b.html").symlink_to(pages[1] / "a.html")
    assert digest_of(pages[0]) == digest_of(pages[1])
    (pages[1] / "b.html").unlink()
    (pages[1] / "b.html").write_text("<p>a</p>")
    assert digest_of(pages[0]) != digest_of(pages[1])
    with pytest.raises(LineageSourceError):
        digest_of(tmp_path / "gone.txt" / "result.json")


def test_what_lies_beside_pages_is_not_read_to_know_a_source_again(book: Book, tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "a.html").write_bytes(page(page_message("a_channel/7")))
    known = digest_of(folder)
    for name in ("blob.bin", "large.html"):
        with (folder / name).open("wb") as sparse:
            sparse.write(b"<html>" + b" " * 70_000)
            sparse.truncate(2**40)
    os.mkfifo(folder / "pipe")
    assert digest_of(folder) == known
    done = import_path(book, folder, by="tester", now=PAGES_NOW)
    assert (done.report.posts, done.report.skipped) == (1, {Skipped.TOO_LARGE: 1})
    assert import_path(book, folder, by="tester", now=PAGES_NOW).already
    with pytest.raises(LineageSizeError):
        digest_of(folder / "large.html")


@pytest.mark.parametrize(
    ("name", "label"),
    [
        (b"\xff\xfe.txt", "??.txt"),
        (b"x\x1b]0;y\x07\x1b[31m\n.txt", "x?]0;y??[31m?.txt"),
        ("a\u202egnp\u2066\u200b.txt".encode(), "a?gnp??.txt"),
        ("канал 加入.txt".encode(), "канал 加入.txt"),
        (b"a" * 250, "a" * 200),
    ],
)
def test_a_files_name_is_kept_as_a_text_that_can_be_shown(book: Book, tmp_path: Path, name: bytes, label: str) -> None:
    links = tmp_path / os.fsdecode(name)
    links.write_text("https://t.me/s/some_channel\n")
    import_path(book, links, by="tester", now=NOW)
    assert [line.label for line in book.sources()] == [label]


def test_every_word_for_what_is_left_out_is_explained() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/lineage-sources.md").read_text(encoding="utf-8")
    part = page.partition("## What is left out, and why")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)) == {why.value for why in Skipped}
    told = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", part, re.MULTILINE))
    assert told == {why.value: words for why, words in LEFT_OUT.items()}
    manual = (Path(__file__).parents[2] / "docs/how-to/read-a-telegram-export.md").read_text(encoding="utf-8")
    part = manual.partition("## What the report says")[2].partition("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith("| ")]
    quoted = re.findall(r"(?:^\| |; )([^|;(]+) \(`(\w+)`\)", "\n".join(rows), re.MULTILINE)
    assert len(quoted) == 11
    assert all(words == LEFT_OUT[Skipped(word)] for words, word in quoted)


def test_a_refused_source_uses_no_number_up(book: Book, folder: Path, tmp_path: Path) -> None:
    links = tmp_path / "links.txt"
    links.write_text("https://example.org/\n")
    for _ in range(2):
        with pytest.raises(LineageSourceError, match="None of the links"):
            import_path(book, links, by="tester", now=NOW)
    assert import_path(book, folder, by="tester", now=NOW).source == 1
    book.withdraw(1)
    with pytest.raises(LineageSourceError, match="None of the links"):
        import_path(book, links, by="tester", now=NOW)
    assert import_path(book, folder, by="tester", now=NOW).source == 2  # what stood keeps its number
