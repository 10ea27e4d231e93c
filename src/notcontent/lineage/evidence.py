"""What inference reads: every channel's contents by first time, in columns, so that ten million fit into memory."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.observations import FactKind


@dataclass(frozen=True, slots=True)
class Dated:
    """A value that a source gave at a time (UTC seconds)."""

    value: str
    time: int


@dataclass(frozen=True, slots=True)
class StatusFact:
    """Alive, removed, restricted, preview unavailable: what a source said, and when."""

    kind: FactKind
    time: int


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """One channel as all standing sources together show it."""

    key: str
    """Stable name: its lowest handle as the book writes it, `n:123` before `u:name` before `i:AbC`."""
    titles: tuple[Dated, ...] = ()
    usernames: tuple[str, ...] = ()
    invites: tuple[str, ...] = ()
    kind: str = ""
    """public_channel and so on, or empty."""
    born: int | None = None
    """When a source says that it was created. None: no source says so; its first post is the latest it can be."""
    first_post: int | None = None
    last_post: int | None = None
    posts: int = 0
    views: int = 0
    """The most views that one post was seen with: what it reached at least."""
    members: tuple[Dated, ...] = ()
    statuses: tuple[StatusFact, ...] = ()
    photos: tuple[str, ...] = ()
    migrated_from: tuple[str, ...] = ()
    """Digests of titles."""
    title_digests: frozenset[str] = field(default_factory=frozenset)
    first_number: int = 0
    """Telegram's number of the earliest post that was seen; 0: no post. A large one says that its beginning was not."""

    @property
    def began(self) -> int | None:
        """Give its birth, or its first post where no source tells."""
        return self.born if self.born is not None else self.first_post

    @property
    def removed(self) -> int | None:
        """Give when it was last said to be removed, unless it was seen alive after that."""
        removed = [fact.time for fact in self.statuses if fact.kind is FactKind.REMOVED]
        alive = [fact.time for fact in self.statuses if fact.kind is FactKind.ALIVE]
        if not removed or max([*alive, self.last_post or 0]) > max(removed):
            return None
        return max(removed)


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """Which channel first showed which content when: arrays sorted by (content, time, channel), no pair twice.

    `channel` u32[m]; `content` u32[m], dense 0..k-1; `time` i64[m], UTC seconds; `kind` u8[k], a MarkKind by content.
    """

    channel: NDArray[np.uint32]
    content: NDArray[np.uint32]
    time: NDArray[np.int64]
    kind: NDArray[np.uint8]

    def __len__(self) -> int:
        """Count pairs of a channel and a content."""
        return len(self.channel)


@dataclass(frozen=True, slots=True, eq=False)
class Pointers:
    """Channel points to channel: `by`, `to`, `count` u32[m], `first` i64[m]. Sorted by (by, to), each pair once."""

    by: NDArray[np.uint32]
    to: NDArray[np.uint32]
    count: NDArray[np.uint32]
    first: NDArray[np.int64]

    def __len__(self) -> int:
        """Count pairs."""
        return len(self.by)


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """All that is known, by place. `shown` holds media and text, `people` who runs channels (its kinds are people's).

    `forwards`: `by` forwarded posts of `to` and named it by number or public name; `named`: by a displayed name that
    is a title of `to` (others may bear it too). `links`: posts of `by` link to `to`; `buttons`: those in buttons.
    `hours` u32[n, 24]: posts by hour of the day, UTC.
    """

    channels: tuple[ChannelFacts, ...]
    shown: Shown
    people: Shown
    forwards: Pointers
    named: Pointers
    links: Pointers
    buttons: Pointers
    hours: NDArray[np.uint32]
