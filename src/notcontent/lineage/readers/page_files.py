"""A path -> the saved pages in it: one file, a folder, or a zip. Nothing outside it is read, and no name in it is used.

A zip's members are never written anywhere. What it says of their sizes is checked before a byte of them is inflated.
"""

import calendar
import io
import os
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from notcontent.errors import LineageSizeError, LineageSourceError
from notcontent.lineage.readers.markup import LARGEST_PAGE
from notcontent.lineage.readers.opening import open_file
from notcontent.lineage.readers.web_archives import Archived, is_web_archive, page_of
from notcontent.lineage.report import Report, Skipped

MOST_PAGES = 20_000
"""Pages in one folder or zip."""
LARGEST_TOTAL = 4 * 2**30
"""Bytes of all pages of one zip, inflated."""
MOST_TIMES = 200
"""How many times their size a member and all members may inflate to. Saved pages inflate to 5 to 20 times."""
DEEPEST_FOLDER = 32
_LARGEST_DIRECTORY = 8 * 2**20
_SMALL = 2**20
"""Bytes of a member up to which its own ratio is not looked at: a short page of one word can inflate a lot."""
_OTHER_SOURCES = (".json", ".csv", ".zip")
_SYMLINK = 0o120000
_PEEKED = 64


@dataclass(frozen=True, slots=True, repr=False)
class PageFile:
    """One page's bytes, when its file was last changed, and whether it is the source itself."""

    data: bytes
    changed: int | None
    """UTC seconds. A zip's clock has no zone: it is taken for UTC's."""
    alone: bool = False
    saved: int | None = None
    """UTC seconds at which a web archive says that it was made."""


def page_files(path: Path, report: Report) -> Iterator[PageFile]:
    """Give the pages of a path, in the order of their names.

    A page over the limit, or a web archive (.mhtml) without a page, is an error where it is all there is, and a skipped
    line in a folder or zip. Raises LineageSourceError for what cannot be read, LineageSizeError for what is too large
    or a bomb.
    """
    if path.is_dir():
        yield from _in_folder(path, report)
        return
    with _Careful(open_file(path)) as opened:
        if is_zip(opened.read(4)):
            opened.seek(0)
            yield from _in_zip(opened, report)
        else:
            opened.seek(0)
            page = _read(opened, alone=True)
            if page is None:
                raise LineageSizeError
            yield page


def is_zip(head: bytes) -> bool:
    """Tell a zip by its first four bytes."""
    return head in (b"PK\x03\x04", b"PK\x05\x06")


def is_page(name: str) -> bool:
    """Tell a page by its file's name."""
    return name.lower().endswith((".html", ".htm", ".mhtml", ".mht"))


def _read(opened: "_Careful", *, alone: bool = False) -> PageFile | None:
    """Read a page's file, or give None of one over the limit. Raises as `page_of` does for a web archive."""
    found = os.fstat(opened.fileno())
    if is_web_archive(opened.peek(_PEEKED)[:_PEEKED]):
        page = page_of(opened)
        return PageFile(page.data, int(found.st_mtime), alone, page.saved)
    data = opened.read(LARGEST_PAGE + 1) if found.st_size <= LARGEST_PAGE else None
    return None if data is None or len(data) > LARGEST_PAGE else PageFile(data, int(found.st_mtime), alone)


def _in_folder(path: Path, report: Report) -> Iterator[PageFile]:
    pages = 0
    for folder, folders, names in os.walk(path, followlinks=False):
        if len(Path(folder).relative_to(path).parts) >= DEEPEST_FOLDER and folders:
            report.skip(Skipped.TOO_DEEP, len(folders))
            folders.clear()
        folders.sort()
        for name in sorted(names):
            file = Path(folder, name)
            if not is_page(name):
                if name.lower().endswith(_OTHER_SOURCES):
                    report.skip(Skipped.OTHER_SOURCE)
                continue
            if file.is_symlink():
                report.skip(Skipped.MEDIA_OUTSIDE)
                continue
            pages += 1
            if pages > MOST_PAGES:
                raise LineageSizeError("The folder holds more pages than can be read at once.")
            try:
                with _Careful(open_file(file, links=False)) as opened:
                    page = _read(opened)
            except LineageSourceError as error:
                report.skip(Skipped.TOO_LARGE if isinstance(error, LineageSizeError) else Skipped.BAD_PAGE)
                continue
            if page is None:
                report.skip(Skipped.TOO_LARGE)
            else:
                yield page


class _Careful(io.BufferedReader):
    """A file of which no single read takes more than any page or list of members has: zipfile reads what a zip says."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, or refuse."""
        if size is None or size < 0:
            size = max(0, os.fstat(self.fileno()).st_size - self.tell())
        if size > max(_LARGEST_DIRECTORY, LARGEST_PAGE + 1):
            raise LineageSizeError("The archive's list of files is longer than any real one.")
        return super().read(size)


def _in_zip(opened: _Careful, report: Report) -> Iterator[PageFile]:
    try:
        archive = zipfile.ZipFile(opened)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise LineageSourceError("The archive is damaged.") from error
    with archive:
        members = _checked(archive, os.fstat(opened.fileno()).st_size, report)
        for member in members:
            try:
                with archive.open(member) as inflating:
                    data = inflating.read(LARGEST_PAGE + 1)
                page = page_of(io.BytesIO(data)) if is_web_archive(data) else Archived(data, None)
            except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError, LineageSourceError):
                report.skip(Skipped.BAD_PAGE)
                continue
            yield PageFile(page.data, _changed(member), saved=page.saved)


def _checked(archive: zipfile.ZipFile, size: int, report: Report) -> list[zipfile.ZipInfo]:
    """Give the members that are pages, by their names' order, or refuse the archive: not a byte was inflated yet."""
    members = []
    for member in archive.infolist():
        if member.file_size > _SMALL and member.file_size > MOST_TIMES * member.compress_size:
            raise LineageSizeError("The archive inflates to more than any real one does.")
        if member.is_dir() or not is_page(member.filename):
            continue
        if member.external_attr >> 16 & 0o170000 == _SYMLINK:
            report.skip(Skipped.MEDIA_OUTSIDE)
        elif member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            report.skip(Skipped.BAD_PAGE)
        elif member.file_size > LARGEST_PAGE:
            report.skip(Skipped.TOO_LARGE)
        else:
            members.append(member)
    inflated, packed = sum(member.file_size for member in members), sum(member.compress_size for member in members)
    if len(members) > MOST_PAGES or inflated > LARGEST_TOTAL:
        raise LineageSizeError("The archive holds more pages than can be read at once.")
    if inflated > max(LARGEST_PAGE, MOST_TIMES * packed):
        raise LineageSizeError("The archive inflates to more than any real one does.")
    if packed > size:  # members that share their bytes: a bomb without ratios
        raise LineageSizeError("The archive's files lie over each other.")
    return sorted(members, key=lambda member: member.filename)


def _changed(member: zipfile.ZipInfo) -> int | None:
    """Give a member's time as if its clock had been UTC's, or None for no date at all."""
    year, month, day, *clock = member.date_time
    if not (year >= 1980 and 1 <= month <= 12 and 1 <= day <= 31):
        return None
    return calendar.timegm((year, month, day, *clock))
