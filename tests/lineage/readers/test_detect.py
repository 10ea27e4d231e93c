"""A path's content says which reader takes it, whatever its name; what none takes is refused with the reason."""

import gzip
import os
import zipfile
from pathlib import Path

import pytest
from lineage.readers.export_files import chat, export, message, written
from lineage.readers.page_html import MARKER, NOW, doorstep, page, saved
from lineage.readers.page_html import message as shown

from notcontent.errors import LineageSourceError
from notcontent.lineage.readers.detect import open_source
from notcontent.lineage.readers.lists import ChannelList
from notcontent.lineage.readers.pages import SavedPages
from notcontent.lineage.readers.reported import ReportedLinks
from notcontent.lineage.readers.telegram import TelegramExport
from notcontent.lineage.report import Report, SourceKind

LIST = b"channel,time,fact\n@a_channel,2025-11-20,alive\n"


def kind_and_count(path: Path) -> tuple[SourceKind, str, int]:
    kind, reader = open_source(path, MARKER, Report(), now=NOW)
    return kind, type(reader).__name__, len(list(reader))


@pytest.mark.parametrize("name", ["list.csv", "page.html", "result.json", "links.txt", "noname"])
@pytest.mark.parametrize(
    ("data", "kind", "reader"),
    [
        (written(chat(message(1, text="x"))), SourceKind.TELEGRAM_EXPORT, TelegramExport),
        (page(shown("a_channel/7")), SourceKind.SAVED_PAGES, SavedPages),
        (b"\xef\xbb\xbf\n " + doorstep("5 subscribers"), SourceKind.SAVED_PAGES, SavedPages),
        (LIST, SourceKind.CHANNEL_LIST, ChannelList),
        (LIST.decode().encode("utf-16"), SourceKind.CHANNEL_LIST, ChannelList),
        (b"# from the form\n\nhttps://t.me/a_channel\n", SourceKind.REPORTED_LINKS, ReportedLinks),
        (b"https://example.org\n" * 100 + b"@a_channel\n", SourceKind.REPORTED_LINKS, ReportedLinks),
    ],
)
def test_a_file_is_taken_for_what_it_holds(
    tmp_path: Path, name: str, data: bytes, kind: SourceKind, reader: type
) -> None:
    found, class_name, count = kind_and_count(saved(tmp_path, data, name))
    assert (found, class_name) == (kind, reader.__name__)
    assert count > 0


def test_a_folder_with_an_export_is_an_export(tmp_path: Path) -> None:
    folder = export(tmp_path / "x", chat(message(1, text="x")))
    saved(folder, page(shown("a_channel/7")))
    assert kind_and_count(folder)[:2] == (SourceKind.TELEGRAM_EXPORT, "TelegramExport")


def test_a_folder_or_zip_with_pages_is_pages(tmp_path: Path) -> None:
    saved(tmp_path / "in", page(shown("a_channel/7")), "deep/er/1.htm")
    with zipfile.ZipFile(tmp_path / "pages.csv", "w") as archive:
        archive.writestr("1.html", page(shown("a_channel/7")))
    for path in (tmp_path / "in", tmp_path / "pages.csv"):
        assert kind_and_count(path)[:2] == (SourceKind.SAVED_PAGES, "SavedPages")


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (gzip.compress(LIST, mtime=0), "unpack"),
        (b'<!DOCTYPE html><body><div class="page_wrap">', "machine-readable JSON"),
        (b"bplist00\xd1", "web archive"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not a text"),
        (b"Dear Ada see you on Monday.\n", "columns named"),
        (b"channel,time,fact,person\n", "channel, time and fact"),
        (b"channel;date;fact\n", "channel, time and fact"),
    ],
)
def test_what_no_reader_takes_is_refused_with_the_reason(tmp_path: Path, data: bytes, word: str) -> None:
    with pytest.raises(LineageSourceError, match=word):
        open_source(saved(tmp_path, data, "source"), MARKER, Report(), now=NOW)


def test_folders_without_a_source_are_refused_with_the_reason(tmp_path: Path) -> None:
    saved(tmp_path / "empty", b"x", "x.js")
    saved(tmp_path / "html", b"<div class='page_wrap'>", "messages.html")
    with pytest.raises(LineageSourceError, match="holds no export"):
        open_source(tmp_path / "empty", MARKER, Report(), now=NOW)
    with pytest.raises(LineageSourceError, match="machine-readable JSON"):
        open_source(tmp_path / "html", MARKER, Report(), now=NOW)
    (tmp_path / "deep" / "exports").mkdir(parents=True)
    export(tmp_path / "deep" / "exports" / "one", chat(message(1, text="x")))
    with pytest.raises(LineageSourceError, match=r"a folder of exports: .* `lineage import FOLDER/\*`"):
        open_source(tmp_path / "deep" / "exports", MARKER, Report(), now=NOW)
    with pytest.raises(LineageSourceError, match="holds no export"):
        open_source(tmp_path / "deep", MARKER, Report(), now=NOW)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path / "none", Path("/dev/zero"), tmp_path / "a\0b"):
        with pytest.raises(LineageSourceError):
            open_source(path, MARKER, Report(), now=NOW)
