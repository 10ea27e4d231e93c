"""A web archive (.mhtml, a browser's "single file") -> the page in it. What lies beside the page is passed over unread.

A web archive is built like a mail. Python's mail parser reads the heads of its parts, each of a bounded length, and
nothing else: of a whole mail it would keep every part, and follow parts in parts as deep as they go.
"""

import binascii
import io
import quopri
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import mktime_tz, parsedate_tz
from urllib.parse import urlsplit

from notcontent.errors import LineageSizeError, LineageSourceError, LineageTruncatedError
from notcontent.lineage.readers.markup import LARGEST_PAGE

LARGEST_ARCHIVE = 4 * LARGEST_PAGE
"""Bytes of an archive up to its page's end. Browsers write the page first; encoded it is up to three times as long."""
LONGEST_HEAD = 65_536
MOST_PARTS = 1_000
"""Parts before the page's end."""
_BEGINS = (b"mime-version:", b"from: <saved by", b'from: "saved by')
_HOSTS = frozenset({"t.me", "telegram.me", "telegram.dog"})
_LONGEST_BOUNDARY = 200
_CHUNK = 65_536


@dataclass(frozen=True, slots=True, repr=False)
class Archived:
    """The page of a web archive."""

    data: bytes
    saved: int | None
    """UTC seconds at which the browser says that it saved it; None where it says nothing."""


def is_web_archive(head: bytes) -> bool:
    """Tell a web archive by its first bytes."""
    return head[:16].lower().startswith(_BEGINS)


def page_of(archive: io.BufferedIOBase) -> Archived:
    """Give the page that was saved: the first part of HTML, where it comes from t.me.

    Raises LineageSourceError for an archive without one, LineageTruncatedError where it ends too early,
    LineageSizeError over the limits.
    """
    try:
        return _page_of(archive)
    except (ValueError, LookupError) as error:  # of the mail parser and of `urlsplit`, for what is written wrongly
        raise LineageSourceError("The web archive is written in a way that is not read.") from error


def _page_of(archive: io.BufferedIOBase) -> Archived:
    lines = _lines(archive)
    head = _head(lines)
    boundary = head.get_boundary() if head.get_content_maintype() == "multipart" else None
    if boundary is None or not 0 < len(boundary) <= _LONGEST_BOUNDARY or not boundary.isascii():
        raise LineageSourceError("The web archive has no page of t.me in it.")
    delimiter = b"--" + boundary.encode("ascii")
    ended = _pass_over(lines, delimiter)
    for _ in range(MOST_PARTS):
        if ended:
            raise LineageSourceError("The web archive has no page of t.me in it.")
        part = _head(lines)
        if part.get_content_type() == "text/html":
            return Archived(_page(part, lines, delimiter), _time(head))
        ended = _pass_over(lines, delimiter)
    raise LineageSizeError("The web archive has more parts than any page has.")


def _lines(archive: io.BufferedIOBase) -> Iterator[bytes]:
    """Give an archive's lines with their ends; one without end comes in pieces."""
    taken = 0
    while line := archive.readline(_CHUNK):
        taken += len(line)
        if taken > LARGEST_ARCHIVE:
            raise LineageSizeError("The web archive is larger than any page is.")
        yield line
    raise LineageTruncatedError("The web archive is cut off.")


def _head(lines: Iterator[bytes]) -> Message:
    """Read a head, up to the empty line behind it."""
    taken = bytearray()
    for line in lines:
        if not line.strip():
            break
        taken += line
        if len(taken) > LONGEST_HEAD:
            raise LineageSizeError("A head in the web archive is longer than any is.")
    return BytesHeaderParser().parsebytes(bytes(taken))


def _pass_over(lines: Iterator[bytes], delimiter: bytes, kept: bytearray | None = None) -> bool:
    """Go to the next line that parts the archive, keeping what stands before it; tell whether that is the last."""
    whole = True
    for line in lines:
        if whole and line.startswith(delimiter):
            rest = line[len(delimiter) :].strip()
            if rest in (b"", b"--"):
                return rest == b"--"
        whole = line.endswith(b"\n")
        if kept is not None:
            kept += line
    raise AssertionError  # the lines end with an error


def _page(part: Message, lines: Iterator[bytes], delimiter: bytes) -> bytes:
    """Read the part that is the page."""
    address = urlsplit(str(part.get("content-location", "")).strip())
    if address.scheme not in ("http", "https") or address.hostname not in _HOSTS:
        raise LineageSourceError("The page in the web archive is none of t.me.")
    if str(part.get_content_charset("utf-8")) not in ("utf-8", "us-ascii"):
        raise LineageSourceError("The page in the web archive is not written in UTF-8.")
    encoded = bytearray()
    _pass_over(lines, delimiter, encoded)
    page = _decoded(bytes(encoded), str(part.get("content-transfer-encoding", "")).strip().lower())
    if len(page) > LARGEST_PAGE:
        raise LineageSizeError
    return page


def _decoded(encoded: bytes, encoding: str) -> bytes:
    match encoding:
        case "" | "7bit" | "8bit" | "binary":
            return encoded
        case "quoted-printable":
            return quopri.decodestring(encoded)
        case "base64":
            try:
                return binascii.a2b_base64(encoded)
            except binascii.Error as error:
                raise LineageSourceError("The page in the web archive is damaged.") from error
    raise LineageSourceError("The page in the web archive is packed in a way that is not read.")


def _time(head: Message) -> int | None:
    """Give the time of an archive's head."""
    try:
        when = parsedate_tz(str(head.get("date", "")))
        return None if when is None else int(mktime_tz(when))
    except (ValueError, OverflowError, TypeError):
        return None
