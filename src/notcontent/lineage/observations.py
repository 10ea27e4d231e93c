"""What a reader gives, one value after the other: posts and facts of channels; nothing in them names a person.

A handle names a channel: its number, its public name, an invitation. Names that may be a person's (a bare t.me/name,
the name over a forward) become a keyed digest before they leave the reader (`marks.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol

from notcontent.lineage.marks import Mark


class HandleKind(Enum):
    """How a channel is named. The value is the letter that the book keeps."""

    NUMBER = "n"
    """Telegram's number of a channel or group, bare and positive, in decimal: `1234567890`."""
    USERNAME = "u"
    """A public name known to be a channel's, lower case, without @: of a saved page, of t.me/s/name or t.me/name/5."""
    INVITE = "i"
    """What follows t.me/+ or t.me/joinchat/. Only chats have invitations. Case counts."""
    HIDDEN = "h"
    """16 hex digits: the keyed digest of a public name that may be a person's. It equals a channel's when it is one."""
    TITLE = "t"
    """16 hex digits: the keyed digest of a name over a forward, which may be a person's or a channel's title."""

    __hash__ = object.__hash__  # each is there once; an enum's own is a call of Python for every handle


class Handle(NamedTuple):
    """One name of a channel. Equal handles mean one channel, but for TITLE, which many may bear."""

    kind: HandleKind
    value: str

    def __str__(self) -> str:
        """Show it as operators write it: n:123, @name, +invite, and what is hidden as hidden."""
        return {HandleKind.NUMBER: "n:", HandleKind.USERNAME: "@", HandleKind.INVITE: "+"}.get(self.kind, "hidden:") + (
            self.value if self.kind in (HandleKind.NUMBER, HandleKind.USERNAME, HandleKind.INVITE) else ""
        )


class FactKind(Enum):
    """What is known of a channel besides its posts, each with a date and a source, never guessed."""

    TITLE = "title"
    CREATED = "created"  # a service message says so; value empty
    MEMBERS = "members"  # value: a decimal count
    PHOTO = "photo"  # value: 16 hex digits, the digest of the profile photo's shape or hash
    ALIVE = "alive"  # somebody saw it; value empty
    REMOVED = "removed"  # Telegram says that it is gone
    RESTRICTED = "restricted"  # shown in some places or to some people only
    PREVIEW_UNAVAILABLE = "preview_unavailable"  # t.me/s redirects: says nothing about life or death
    REPORTED = "reported"  # somebody named it to the operator; value empty
    KIND = "kind"  # value: public_channel, private_supergroup, ...
    MIGRATED = "migrated"  # value: the title of the group that it grew from; a TITLE digest in hex


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of one channel at one time (UTC seconds)."""

    channel: Handle
    kind: FactKind
    value: str
    time: int


@dataclass(frozen=True, slots=True)
class SameChannel:
    """Two handles are one channel, says this source: a page that shows both its number and its name."""

    one: Handle
    other: Handle


@dataclass(frozen=True, slots=True)
class Link:
    """A post points to a chat. `button`: in a button below the post, as announcements of a new channel often are."""

    to: Handle
    button: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class MediaHash:
    """A picture's hash, or one frame's of a video: 32 bytes, quality 0..100. Sealed in the book, never shown."""

    value: bytes
    quality: int

    def __repr__(self) -> str:
        """Show nothing of it."""
        return "<MediaHash redacted>"


@dataclass(frozen=True, slots=True)
class Post:
    """One post of one channel: when, what marks its content bears, where it was forwarded from, where it points."""

    channel: Handle
    number: int
    """Telegram's number of the message in its channel, > 0: with the channel it names the post in every source.

    `ABOUT`, 0: no post, but what the channel says of itself, its description. It counts for what it shows and where it
    points, and for nothing else."""
    time: int
    """UTC seconds, within `EARLIEST` and the time of import plus a day."""
    marks: tuple[Mark, ...] = ()
    """Digests of media, text, author, payment. No two equal."""
    forward: Handle | None = None
    links: tuple[Link, ...] = ()
    views: int | None = None
    hashes: tuple[MediaHash, ...] = ()
    """Only in media mode: one of a photo, several of a video."""


Observation = Post | Fact | SameChannel

ABOUT = 0
"""The number under which a channel's description stands."""

EARLIEST = 1_376_438_400  # 2013-08-14, when Telegram began: no post is older


class Reader(Protocol):
    """What every reader is: a closed source's observations, in the order of the source, in bounded memory."""

    def __iter__(self) -> Iterator[Observation]:
        """Give one observation after the other. Raises SourceFormatError and its kin; nothing is kept then."""
        ...
