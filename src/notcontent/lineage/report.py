"""What an import read, what it left out and why: counts under stable words, never a name, a path or a line of it."""

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum

MOST_ROWS = 10


class SourceKind(Enum):
    """What kind of material a source was."""

    TELEGRAM_EXPORT = "telegram_export"
    TELEGRAM_MEDIA = "telegram_media"  # an export whose pictures and films were hashed, under an authority
    SAVED_PAGES = "saved_pages"
    CHANNEL_LIST = "channel_list"
    REPORTED_LINKS = "reported_links"


class Skipped(Enum):
    """Why something was left out."""

    BAD_TIME = "bad_time"  # no time, before Telegram, or after tomorrow
    BAD_NUMBER = "bad_number"  # no number, not positive, or too large
    BAD_MESSAGE = "bad_message"  # not what a message looks like
    BAD_CHANNEL = "bad_channel"  # a chat without a number, a page without a name
    DUPLICATE = "duplicate"  # the same number twice in one source
    PRIVATE_CHAT = "private_chat"  # talks between people, contacts, sessions: not read
    PERSON = "person"  # a name, number or address of a person, dropped or kept as a digest
    MEDIA_MISSING = "media_missing"  # the export does not include the file
    MEDIA_UNREADABLE = "media_unreadable"  # the file is no picture or film that can be read
    MEDIA_OUTSIDE = "media_outside"  # its path leads out of the folder, or through a link
    VIDEO_UNREAD = "video_unread"  # a film, and the extra `video` is not installed here
    BAD_LINK = "bad_link"  # a line that begins with no link and no @name
    LINK_ELSEWHERE = "link_elsewhere"  # a link to another site
    LINK_NO_CHAT = "link_no_chat"  # a link of Telegram that leads to no chat, or may lead to a person
    BAD_ROW = "bad_row"  # a line of a list without what it needs
    BAD_PAGE = "bad_page"  # a file that is no saved page of a channel
    OTHER_SOURCE = "other_source"  # an export or a list in a folder of pages: to be read by itself
    TOO_LARGE = "too_large"  # a text, a page or a file over the limit
    TOO_DEEP = "too_deep"


@dataclass(slots=True)
class Report:
    """Counts of one import, filled while it runs."""

    posts: int = 0
    channels: int = 0
    facts: int = 0
    media_hashed: int = 0
    bytes_read: int = 0
    skipped: Counter[Skipped] = field(default_factory=Counter)
    rows: list[int] = field(default_factory=list)
    """Where the first lines of a list stand that were left out, from 1: for who mends it."""

    def skip(self, why: Skipped, count: int = 1, *, row: int | None = None) -> None:
        """Count what was left out; of a list's line, note where it stands."""
        self.skipped[why] += count
        if row is not None and len(self.rows) < MOST_ROWS:
            self.rows.append(row)
