"""A path -> which reader takes it, by what is in it. What no reader takes is refused with a sentence that says why."""

import os
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from notcontent.errors import LineageSourceError
from notcontent.lineage.marks import Marker, new_key
from notcontent.lineage.observations import Reader
from notcontent.lineage.readers.lists import ChannelList, header_of
from notcontent.lineage.readers.naming import channel_named, why_none
from notcontent.lineage.readers.opening import encoding_of, open_file
from notcontent.lineage.readers.page_files import DEEPEST_FOLDER, is_page, is_zip
from notcontent.lineage.readers.pages import SavedPages
from notcontent.lineage.readers.reported import ReportedLinks
from notcontent.lineage.readers.telegram import FILE, Media, TelegramExport
from notcontent.lineage.readers.web_archives import is_web_archive
from notcontent.lineage.report import Report, Skipped, SourceKind

_HEAD = 65_536
_MOST_FOLDERS = 1_000
_MOST_LINES = 100
_AS_HTML = "This is an export as HTML: export the chat again, as machine-readable JSON."
_PACKED = (b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\xfd7zXZ", b"BZh", b"\x28\xb5\x2f\xfd")


def open_source(
    path: Path,
    marker: Marker,
    report: Report,
    *,
    now: int,
    media: Media | None = None,
    progress: Callable[[int], None] | None = None,
) -> tuple[SourceKind, Reader]:
    """Give what kind of source a path is, and its reader, of which nothing was read yet.

    `media` is for exports alone. Raises LineageSourceError for what no reader takes.
    """
    kind = kind_of(path)
    if kind is SourceKind.TELEGRAM_EXPORT:
        return kind, TelegramExport(path, marker, report, now=now, media=media, progress=progress)
    if kind is SourceKind.SAVED_PAGES:
        return kind, SavedPages(path, marker, report, now=now, progress=progress)
    if kind is SourceKind.CHANNEL_LIST:
        return kind, ChannelList(path, marker, report, now=now, progress=progress)
    return kind, ReportedLinks(path, marker, report, now=now, progress=progress)


def kind_of(path: Path) -> SourceKind:
    """Tell a source's kind by its content. Raises LineageSourceError for none."""
    if path.is_dir():
        return _of_folder(path)
    with open_file(path) as opened:
        head = opened.read(_HEAD)
    if is_zip(head[:4]) or is_web_archive(head):
        return SourceKind.SAVED_PAGES
    if head.startswith(_PACKED):
        raise LineageSourceError("This archive is not read: unpack it, or pack saved pages as .zip.")
    if head.startswith(b"bplist"):
        raise LineageSourceError("Safari's web archive is not read: save the page as HTML.")
    encoding = encoding_of(head[:4])
    if b"\0" in head and encoding == "utf-8":
        raise LineageSourceError("This is no export, saved page or list: it is not a text.")
    return _of_text(head.decode(encoding, "replace").lstrip())


def _of_folder(path: Path) -> SourceKind:
    """Tell an export from a folder of saved pages."""
    if (path / FILE).is_file():
        return SourceKind.TELEGRAM_EXPORT
    if (path / "messages.html").is_file() or (path / "export_results.html").is_file():
        raise LineageSourceError(_AS_HTML)
    exports = False
    for folder, folders, names in islice(os.walk(path, followlinks=False), _MOST_FOLDERS):
        if any(map(is_page, names)):
            return SourceKind.SAVED_PAGES
        exports = exports or (FILE in names and Path(folder).parent == path)
        if len(Path(folder).relative_to(path).parts) >= DEEPEST_FOLDER:
            folders.clear()
    if exports:
        raise LineageSourceError("This is a folder of exports: take each, by `lineage import FOLDER/*`.")
    raise LineageSourceError("The folder holds no export (result.json) and no saved pages (.html, .mhtml).")


def _of_text(text: str) -> SourceKind:
    begin = text[:64].lower()
    if not text:
        raise LineageSourceError("The file is empty.")
    if begin.startswith(("{", "[")):
        return SourceKind.TELEGRAM_EXPORT
    if begin.startswith("<"):
        if 'class="page_wrap"' in text:
            raise LineageSourceError(_AS_HTML)
        return SourceKind.SAVED_PAGES
    lines = text.splitlines()
    if header_of(lines[0]) is not None:
        return SourceKind.CHANNEL_LIST
    marker = Marker(new_key())  # its digests are thrown away
    words = [word for line in lines[:_MOST_LINES] for word in line.split(maxsplit=1)[:1] if not word.startswith("#")]
    if any(channel_named(word, marker) is not None for word in words):
        return SourceKind.REPORTED_LINKS
    unfit = sum(why_none(word) is not Skipped.BAD_LINK for word in words)
    if unfit * 2 > len(words):  # links all the same: their reader says why none fits
        return SourceKind.REPORTED_LINKS
    if any(sign in lines[0] for sign in ",;\t"):
        raise LineageSourceError(
            "This is no export, saved page or list of links, nor a list whose first line names its columns:"
            " channel, time and fact, and perhaps value and post, in any order and no others."
        )
    raise LineageSourceError("This is no export, saved page, list with its columns named, or list of links.")
