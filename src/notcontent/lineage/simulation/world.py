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
    MediaHash,
    Observation,
    Post,
    SameChannel,
)
from notcontent.lineage.simulation.announcing import announcements
from notcontent.lineage.simulation.contents import Kind, Rows
from notcontent.lineage.simulation.hashing import FRAMES, hash_variants
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
    chance = _stream(settings, 3)
    posts = number(posts, len(channels), chance)
    seen = see(channels, posts, settings.level, chance)
    return World(settings, channels, posts, posting.contents.rows.copy(), posting.wording, seen)


def number(posts: Posts, channels: int, chance: np.random.Generator) -> Posts:
    """Sort posts by channel and time and number them as Telegram does. Deleted messages leave gaps."""
    posts = posts[np.lexsort((posts["time"], posts["channel"]))]
    steps = 1 + (chance.random(len(posts)) < 0.1)
    running = np.cumsum(steps)
    first = np.searchsorted(posts["channel"], np.arange(channels))
    before = np.concatenate([[0], running])[first]
    # 1 is the service message that created the channel.
    posts["number"] = 1 + running - before[posts["channel"]]
    return posts


def _stream(settings: Settings, which: int) -> np.random.Generator:
    """Give one of several independent sources of chance, so that one change does not shift everything."""
    return np.random.Generator(np.random.PCG64([settings.seed, which]))


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
    def _as_page(self) -> NDArray[np.bool_]:
        chance = _stream(self.settings, 4)
        public = np.array([channel.username is not None for channel in self.channels], bool)
        return public & (chance.random(len(self.channels)) < self.settings.pages)

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
        """Give the name under which a channel's source shows it: its number, or on a saved page its public name."""
        channel = self.channels[place]
        if self._as_page[place] and channel.username is not None:
            return Handle(HandleKind.USERNAME, channel.username)
        return Handle(HandleKind.NUMBER, str(channel.number))

    def is_page(self, place: int) -> bool:
        """Tell whether a channel was read from a saved page."""
        return bool(self._as_page[place])

    def observations(self) -> Iterator[Observation]:
        """Give what readers would give, channel after channel."""
        marking = Marking(self.marker, self.files, self.wording)
        hashes = hash_variants(self.files, self.settings.seed) if self.settings.media else None
        first = np.searchsorted(self.posts["channel"], np.arange(len(self.channels) + 1))
        chance = _stream(self.settings, 8)
        for channel in self.channels:
            rows = np.arange(first[channel.place], first[channel.place + 1])
            rows = rows[self.seen.posts[rows]]
            yield from self._facts(channel, rows, chance)
            yield from self._posts(channel, rows, marking, hashes)

    def _facts(self, channel: Channel, rows: NDArray[np.int64], chance: np.random.Generator) -> Iterator[Observation]:
        """Give what sources say of a channel besides its posts. Every channel draws equally often."""
        listed, invited, begun, asked = chance.random(4)
        main = self.handle(channel.place)
        read = bool(self.seen.channels[channel.place])
        if channel.removed and listed < (0.8 if read else 0.3):
            yield Fact(main, FactKind.REMOVED, "", channel.end + int(asked * 3 * 86_400))
        if not read:
            return
        others = [each for each in self.handles(channel) if each.kind is not HandleKind.HIDDEN and each != main]
        yield from (SameChannel(main, each) for each in others if each.kind is not HandleKind.INVITE or invited < 0.5)
        if not len(rows):
            return
        since, until = int(self.posts["time"][rows[0]]), int(self.posts["time"][rows[-1]])
        # Renamings show where the range of dates was read; the last title is on the export itself.
        titles = [each for each in channel.titles if since <= each[0] <= until] or [channel.titles[0]]
        yield from (Fact(main, FactKind.TITLE, title, max(time, since)) for time, title in titles)
        yield Fact(main, FactKind.TITLE, channel.titles[-1][1], max(until, channel.titles[-1][0]))
        if rows[0] == np.searchsorted(self.posts["channel"], channel.place) and begun < 0.7:
            yield Fact(main, FactKind.CREATED, "", channel.born)
        if begun < 0.6:
            yield Fact(main, FactKind.PHOTO, self._photo(channel.photo), until)

    def _photo(self, photo: int) -> str:
        return f"{self.marker.mark(MarkKind.PHOTO, 640, 640, 50_000 + photo).digest:016x}"

    def _posts(
        self, channel: Channel, rows: NDArray[np.int64], marking: Marking, hashes: NDArray[np.uint8] | None
    ) -> Iterator[Post]:
        main, there = self.handle(channel.place), self.file_there
        columns = ("number", "time", "variant", "text", "ending", "author", "origin", "button")
        for row, values in zip(rows.tolist(), self.posts[list(columns)][rows].tolist(), strict=True):
            number, time, variant, text, ending, author, origin, button = values
            marks = marking.variant(variant) if variant >= 0 else ()
            links = marking.button(ending) if button else ()
            if text >= 0 or (ending >= 0 and not button):
                worded, named = marking.text(text, -1 if button else ending)
                marks, links = (*marks, *worded), (*links, *named)
            if author >= 0:
                marks = (*marks, marking.author(author))
            hashed = variant >= 0 and hashes is not None and there[row]
            yield Post(
                main,
                number,
                time,
                marks,
                None if origin < 0 else self._forward(channel, origin, time),
                links,
                hashes=self._hashes(variant, hashes) if hashed and hashes is not None else (),
            )

    def _forward(self, channel: Channel, origin: int, time: int) -> Handle:
        """Give how the source names a forward's origin."""
        if self.with_ids[channel.place]:
            return Handle(HandleKind.NUMBER, str(self.channels[origin].number))
        return Handle(HandleKind.TITLE, self.marker.title(self.channels[origin].title_at(time)))

    def _hashes(self, variant: int, hashes: NDArray[np.uint8]) -> tuple[MediaHash, ...]:
        row = self.files[variant]
        if row["kind"] > Kind.VIDEO:
            return ()
        frames = FRAMES if row["kind"] == Kind.VIDEO else 1
        quality = int(row["quality"])
        return tuple(MediaHash(hashes[variant, frame].tobytes(), quality) for frame in range(frames))
