"""A simulated world: what readers would give of it, and the truth that they do not see."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.marks import KEY_BYTES, Marker, MarkKind
from notcontent.lineage.observations import (
    Fact,
    FactKind,
    Handle,
    HandleKind,
    Observation,
    Post,
    SameChannel,
)
from notcontent.lineage.simulation.announcing import announcements
from notcontent.lineage.simulation.contents import Rows
from notcontent.lineage.simulation.hashing import Hashes
from notcontent.lineage.simulation.marking import Marking
from notcontent.lineage.simulation.planning import Channel, plan
from notcontent.lineage.simulation.posting import Posting, Posts
from notcontent.lineage.simulation.seeing import Seen, add_spam, see
from notcontent.lineage.simulation.settings import Settings
from notcontent.lineage.simulation.truth import Truth
from notcontent.lineage.simulation.wording import Wording


def simulate(settings: Settings) -> "World":
    """Make a world. Worlds that differ in level and media alone have the same channels, posts and truth."""
    channels = plan(settings, _stream(settings, 1))
    posting = Posting(channels, _stream(settings, 2))
    posting.fill()
    posts = add_spam(posting, posting.whole(announcements(posting)), settings.level)
    posts = number(posts, len(channels), _stream(settings, 3))
    seen = see(channels, posts, settings.level, _stream(settings, 7))
    return World(settings, channels, posts, posting.contents.rows.copy(), posting.wording, seen)


def number(posts: Posts, channels: int, chance: np.random.Generator) -> Posts:
    """Sort posts by channel and time and number them as Telegram does. Deleted messages leave gaps."""
    posts = posts[np.lexsort((posts["time"], posts["channel"]))]
    steps = 2 + (chance.random(len(posts)) < 0.1)  # a service message fits before each
    running = np.cumsum(steps)
    first = np.searchsorted(posts["channel"], np.arange(channels))
    before = np.concatenate([[0], running])[first]
    posts["number"] = 1 + running - before[posts["channel"]]
    return posts


def _stream(settings: Settings, which: int) -> np.random.Generator:
    """Give one of several independent sources of chance, so that one change does not shift everything."""
    return np.random.Generator(np.random.PCG64([settings.seed, which]))


@dataclass(frozen=True, slots=True)
class Service:
    """What Telegram itself wrote into a channel."""

    number: int
    time: int
    action: str
    title: str


def photo_shape(photo: int) -> tuple[int, int, int]:
    """Give a profile photo's width, height and size in bytes."""
    return 640, 640, 50_000 + photo


def kind_of(channel: Channel) -> str:
    """Give what an export calls a channel."""
    return "private_channel" if channel.username is None else "public_channel"


@dataclass(frozen=True, eq=False)
class World:
    """Channels, what they posted, and what of it was seen."""

    settings: Settings
    channels: tuple[Channel, ...]
    posts: Posts
    files: Rows
    wording: Wording
    seen: Seen

    @cached_property
    def marker(self) -> Marker:
        """The marker under the world's own key: the one to gather its observations with."""
        return Marker(self.settings.seed.to_bytes(KEY_BYTES, "big"))

    @cached_property
    def truth(self) -> Truth:
        """Who came from whom, and what of that can be known from what was seen."""
        return Truth.of(self.channels, self.seen.channels, self._names)

    @cached_property
    def _names(self) -> Mapping[str, int]:
        names = {}
        for channel in self.channels:
            for handle in self.handles(channel):
                names[f"{handle.kind.value}:{handle.value}"] = channel.place
        return names

    @cached_property
    def with_ids(self) -> NDArray[np.bool_]:
        """Tell, by channel, whether its export names the origin of forwards by number."""
        chance = _stream(self.settings, 5)
        return np.array([chance.random() < channel.habits.forward_ids for channel in self.channels], bool)

    @cached_property
    def file_there(self) -> NDArray[np.bool_]:
        """Tell, by post, whether its export has the file. Half of the exports lack their larger videos."""
        chance = _stream(self.settings, 6)
        missing = np.array([channel.habits.missing for channel in self.channels])
        capped = chance.random(len(self.channels)) < 0.5
        there = chance.random(len(self.posts)) >= missing[self.posts["channel"]]
        filed = self.posts["variant"] >= 0
        large = filed & (self.files["size"][self.posts["variant"]] > 8 * 2**20)
        return np.asarray(there & filed & ~(large & capped[self.posts["channel"]]))

    def handles(self, channel: Channel) -> tuple[Handle, ...]:
        """Give every name of a channel."""
        number_and_invite = Handle(HandleKind.NUMBER, str(channel.number)), Handle(HandleKind.INVITE, channel.invite)
        if channel.username is None:
            return number_and_invite
        hidden = Handle(HandleKind.HIDDEN, self.marker.hidden(channel.username))
        return (*number_and_invite, Handle(HandleKind.USERNAME, channel.username), hidden)

    def handle(self, place: int) -> Handle:
        """Give the name under which a channel's export shows it."""
        return Handle(HandleKind.NUMBER, str(self.channels[place].number))

    def rows(self, channel: Channel) -> NDArray[np.int64]:
        """Give the rows of `posts` that were seen of a channel, in time."""
        first, last = np.searchsorted(self.posts["channel"], (channel.place, channel.place + 1))
        return np.arange(first, last)[self.seen.posts[first:last]]

    def services(self, channel: Channel) -> tuple[Service, ...]:
        """Give the service messages that its source shows, in time: made, renamed, given a photo."""
        rows = self.rows(channel)
        if not len(rows):
            return ()
        chance = np.random.Generator(np.random.PCG64([self.settings.seed, 9, channel.place]))
        first = int(np.searchsorted(self.posts["channel"], channel.place))
        found: dict[int, Service] = {}
        if rows[0] == first:
            found[1] = Service(1, channel.born, "create_channel", channel.titles[0][1])
        times, numbers = self.posts["time"][rows], self.posts["number"][rows]
        events = [(time, "edit_group_title", title) for time, title in channel.titles[1:]]
        if chance.random() < 0.6:
            events.append((int(times[0]), "edit_group_photo", ""))
        for time, action, title in events:
            at = int(np.searchsorted(times, time))
            if times[0] <= time <= times[-1]:
                # Every post leaves the number before it free.
                found.setdefault(int(numbers[at]) - 1, Service(int(numbers[at]) - 1, time, action, title))
        return tuple(found[each] for each in sorted(found))

    @cached_property
    def removals(self) -> tuple[tuple[int, int], ...]:
        """Give (place, time) of what a list of removed channels says: most of those read, some that never were."""
        chance = _stream(self.settings, 8)
        found = []
        for channel in self.channels:
            listed, late = chance.random(2)
            if channel.removed and listed < (0.8 if self.seen.channels[channel.place] else 0.3):
                found.append((channel.place, channel.end + int(late * 3 * 86_400)))
        return tuple(found)

    @cached_property
    def joined(self) -> tuple[tuple[Handle, Handle], ...]:
        """Give the pairs of names that somebody knows to be one channel: all public names, half of the invitations."""
        chance = _stream(self.settings, 10)
        pairs = []
        for channel in self.channels:
            invited = chance.random() < 0.5
            if self.seen.channels[channel.place]:
                number, invite, *public = self.handles(channel)
                pairs += [(number, public[0])] if public else []
                pairs += [(number, invite)] if invited else []
        return tuple(pairs)

    def observations(self) -> Iterator[Observation]:
        """Give what readers would give: the exports one after the other, then a list of removals and names."""
        marking = Marking(self.marker, self.files, self.wording)
        hashes = Hashes(self.files, self.settings.seed) if self.settings.media else None
        for channel in self.channels:
            rows = self.rows(channel)
            if len(rows):
                yield from self._posts(channel, rows, marking, hashes)
                yield from self._facts(channel, rows)
        for place, time in self.removals:
            yield Fact(self.handle(place), FactKind.REMOVED, "", time)
        yield from (SameChannel(one, other) for one, other in self.joined)

    def _facts(self, channel: Channel, rows: NDArray[np.int64]) -> Iterator[Fact]:
        """Give what an export says of its channel besides its posts."""
        main, last = self.handle(channel.place), int(self.posts["time"][rows[-1]])
        for service in self.services(channel):
            last = max(last, service.time)
            if service.action == "create_channel":
                yield Fact(main, FactKind.CREATED, "", service.time)
            if service.title:
                yield Fact(main, FactKind.TITLE, service.title, service.time)
            else:
                digest = self.marker.mark(MarkKind.PHOTO, "profile", *photo_shape(channel.photo)).digest
                yield Fact(main, FactKind.PHOTO, f"{digest:016x}", service.time)
        yield Fact(main, FactKind.TITLE, channel.titles[-1][1], last)
        yield Fact(main, FactKind.KIND, kind_of(channel), last)

    def _posts(
        self, channel: Channel, rows: NDArray[np.int64], marking: Marking, hashes: Hashes | None
    ) -> Iterator[Post | Fact]:
        main, there, told = self.handle(channel.place), self.file_there, set[tuple[int, str]]()
        columns = ["number", "time", "variant", "text", "ending", "author", "origin", "button"]
        for row, values in zip(rows.tolist(), self.posts[columns][rows].tolist(), strict=True):
            number, time, variant, text, ending, author, origin, button = values
            marks, links = marking.text(text, ending, button=button) if text >= 0 or ending >= 0 else ((), ())
            if author >= 0:
                marks = (*marks, *marking.author(author))
            if variant >= 0:
                marks = (*marks, *marking.variant(variant))
            forward = None if origin < 0 else self._forward(channel, origin, time)
            hashed = () if variant < 0 or hashes is None or not there[row] else hashes.of(variant)
            yield Post(main, number, time, marks, forward, links, hashes=hashed)
            if forward is not None and forward.kind is HandleKind.NUMBER:
                title = self.channels[origin].title_at(time)
                if (origin, title) not in told:
                    told.add((origin, title))
                    yield Fact(forward, FactKind.TITLE, title, time)

    def _forward(self, channel: Channel, origin: int, time: int) -> Handle:
        """Give how the source names a forward's origin."""
        if self.with_ids[channel.place]:
            return Handle(HandleKind.NUMBER, str(self.channels[origin].number))
        return Handle(HandleKind.TITLE, self.marker.title(self.channels[origin].title_at(time)))
