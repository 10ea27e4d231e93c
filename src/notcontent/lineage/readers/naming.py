"""How an operator names a channel in a list -> its handle. The operator vouches that it is a channel and no person."""

import re
from datetime import UTC, date, datetime

from notcontent.lineage.marks import Marker
from notcontent.lineage.observations import EARLIEST, Handle, HandleKind
from notcontent.lineage.readers.links import LONGEST_LINK, bare_name, channel_number, public_name, read_link, seen
from notcontent.lineage.readers.shown import DAY, moment_of
from notcontent.lineage.report import Skipped

_NUMBER = re.compile(r"n:(-?[0-9]{1,16})", re.ASCII)
_RESOLVE = re.compile(r"tg:(?://)?resolve/?\?domain=([A-Za-z0-9_]{4,32})", re.ASCII | re.IGNORECASE)
_SITE = re.compile(r"(?:https?://)?([A-Za-z0-9_]{4,32})\.t\.me/?", re.ASCII | re.IGNORECASE)
_TELEGRAM = re.compile(
    r"tg:|(?:https?://)?(?:[a-z0-9_-]+\.)?(?:t\.me|telegram\.me|telegram\.dog)(?:[/?#:]|$)", re.ASCII | re.IGNORECASE
)
_LINK = re.compile(r"[a-z][a-z0-9+.-]{0,15}://|www\.|[\w-]+(?:\.[\w-]+)+/", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def channel_named(text: str, marker: Marker) -> Handle | None:
    """Give the channel of a link, @name, n:123 or +invitation, or None for what names none.

    t.me/name alone may be a person's in a post, and is hidden there. Here somebody says that it is a channel's.
    """
    if len(text) > LONGEST_LINK:
        return None
    link = seen(text).strip()
    number = _NUMBER.fullmatch(link)
    if number is not None:
        bare = channel_number(int(number[1]))
        return None if bare is None else Handle(HandleKind.NUMBER, str(bare))
    if link.startswith("+"):
        return read_link(f"t.me/{link}", marker)
    spelt = _RESOLVE.fullmatch(link) or _SITE.fullmatch(link)
    name = bare_name(link) or (public_name(spelt[1]) if spelt else None)
    if name is not None:
        return Handle(HandleKind.USERNAME, name)
    handle = read_link(link, marker)
    return None if handle is None or handle.kind is HandleKind.HIDDEN else handle


def why_none(text: str) -> Skipped:
    """Tell why a text of which `channel_named` gives None names no channel."""
    link = seen(text[:LONGEST_LINK]).strip()
    if _TELEGRAM.match(link):
        return Skipped.LINK_NO_CHAT
    return Skipped.LINK_ELSEWHERE if _LINK.match(link) else Skipped.BAD_LINK


def time_named(text: str, now: int) -> int | None:
    """Give UTC seconds of a time with a zone, or of a date's first second in UTC, or None, as `moment_of` does."""
    if not _DATE.fullmatch(text):
        return moment_of(text, now)
    try:
        seconds = int(datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC).timestamp())
    except ValueError:
        return None
    return seconds if EARLIEST <= seconds <= now + DAY else None
