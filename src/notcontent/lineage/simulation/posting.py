"""What each channel posts and when: its own, what it takes from others at once, later, or all in the first days."""

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.simulation.contents import Contents, Edit, Kind, edit_weights
from notcontent.lineage.simulation.planning import DAY, Channel, Role
from notcontent.lineage.simulation.wording import Wording

POST = np.dtype(
    [
        ("channel", "i4"),
        ("number", "i4"),
        ("time", "i8"),
        ("variant", "i4"),  # -1: no file
        ("text", "i4"),  # -1: none
        ("ending", "i4"),  # what is written below the text; -1: nothing
        ("author", "i4"),  # -1: not signed
        ("source", "i4"),  # from which channel it was taken; -1: from none
        ("origin", "i4"),  # of a forward: who posted it first, as far as Telegram knows; -1: no forward
        ("target", "i4"),  # which channel it links to; -1: none
        ("button", "?"),
        ("spam", "?"),
    ]
)
Posts = NDArray[np.void]

SPAM_ITEMS = 80
COMMON_ITEMS = 3000


class Posting:
    """Fills a world's channels, in order of birth, so that what is taken is there."""

    def __init__(self, channels: tuple[Channel, ...], chance: np.random.Generator) -> None:
        """Make the pools that everybody draws from; the channels are empty until `fill`."""
        self.channels, self.chance = channels, chance
        self.contents, self.wording = Contents(chance), Wording(chance)
        self.by_channel: list[Posts] = []
        self._spam = self._pool(SPAM_ITEMS, 0.7)
        self._common = self._pool(COMMON_ITEMS, 0.3)
        ranks = np.arange(1, COMMON_ITEMS + 1)
        self._popular = (1 / ranks) / (1 / ranks).sum()

    def _pool(self, count: int, captioned: float) -> Posts:
        """Make contents that anybody posts."""
        kinds = np.where(self.chance.random(count) < 0.8, Kind.PHOTO, Kind.VIDEO).astype(np.uint8)
        pool = blank_posts(count)
        pool["variant"] = self.contents.make(kinds)
        with_text = np.flatnonzero(self.chance.random(count) < captioned)
        pool["text"][with_text] = self.wording.make(len(with_text), int(self.chance.integers(3)))
        return pool

    def spam(self, count: int) -> Posts:
        """Give posts from the pool of spam, some of them coded anew."""
        posts = self._spam[self.chance.integers(0, SPAM_ITEMS, count)].copy()
        posts["spam"] = True
        return self._touched(posts, 0.2)

    def _touched(self, posts: Posts, share: float) -> Posts:
        edits = np.where(self.chance.random(len(posts)) < share, Edit.RECODE, Edit.NONE).astype(np.int64)
        posts["variant"] = self.contents.edit(posts["variant"].astype(np.int64), edits)
        return posts

    def fill(self) -> None:
        """Fill every channel with what it makes and takes from older ones."""
        for channel in self.channels:
            self.by_channel.append(self._fill(channel))

    def whole(self, pointing: Posts) -> Posts:
        """Give all posts, by channel and time: with those that point to channels."""
        back = [self._take_back(channel) for channel in self.channels]
        whole = []
        for place, both in enumerate(zip(self.by_channel, back, strict=True)):
            posts = _in_time(np.concatenate([*both, pointing[pointing["channel"] == place]]))
            posts["channel"] = place
            whole.append(posts)
        return np.concatenate(whole)

    def _fill(self, channel: Channel) -> Posts:
        habits, chance = channel.habits, self.chance
        if channel.role is Role.SPAMMER:
            posts = self.spam(channel.posts)
            posts["time"] = self.times(channel, channel.posts)
            return _in_time(posts)
        parts = []
        from_pool = {"spam": habits.spam, "common": habits.common}
        own = 1.0 if channel.parent is None else habits.own
        rest = channel.posts * (1 - sum(from_pool.values()))
        if channel.like is not None:
            parts.append(self._take(channel, channel.like, int(rest * chance.uniform(0, 0.05)), forwards=False))
        parts.append(self._make(channel, int(rest * own)))
        copies = int(rest * (1 - own))
        parts.extend(self._take(channel, source, count) for source, count in self._sources(channel, copies))
        parts.append(self._pooled(channel, self.spam(int(channel.posts * from_pool["spam"]))))
        picked = chance.choice(COMMON_ITEMS, int(channel.posts * from_pool["common"]), p=self._popular)
        parts.append(self._pooled(channel, self._touched(self._common[picked].copy(), 0.4)))
        strange = self._stranger_than(channel)
        if strange is not None:
            parts.append(self._take(channel, strange, int(rest * habits.leak)))
        posts = np.concatenate(parts)
        self._sign(channel, posts)
        return _in_time(posts)

    def _stranger_than(self, channel: Channel) -> int | None:
        """Pick an older channel of another family."""
        if not self.by_channel:
            return None
        place = int(self.chance.integers(len(self.by_channel)))
        return place if self.channels[place].family != channel.family else None

    def _pooled(self, channel: Channel, posts: Posts) -> Posts:
        posts["time"] = self.times(channel, len(posts))
        return posts

    def times(self, channel: Channel, count: int, since: int | None = None) -> NDArray[np.int64]:
        """Draw times in a channel's life: some days many, at its own hours, never in its sleep."""
        first = channel.born if since is None else since
        days = max(1, (channel.end - first) // DAY)
        busy = self.chance.gamma(0.5, 1.0, min(days, 4000)) + 0.02
        day = self.chance.choice(len(busy), count, p=busy / busy.sum())
        hour = self.chance.choice(24, count, p=channel.hours)
        midnight = first - first % DAY
        times = midnight + day * DAY + hour * 3600 + self.chance.integers(0, 3600, count)
        return self._awake(channel, np.clip(times, first, channel.end - 1))

    def _awake(self, channel: Channel, times: NDArray[np.int64]) -> NDArray[np.int64]:
        """Move what falls into its sleep before it."""
        if channel.asleep is None:
            return times
        since, until = channel.asleep
        asleep = (times >= since) & (times < until)
        room = max(1, since - channel.born)
        return np.where(asleep, channel.born + (times - since) % room, times)

    def _make(self, channel: Channel, count: int) -> Posts:
        """Make posts of its own."""
        habits, chance = channel.habits, self.chance
        weights = np.array([habits.photos, habits.videos, habits.files, habits.audio, habits.texts])
        kinds = chance.choice(5, count, p=weights / weights.sum())
        posts = blank_posts(count)
        filed = np.flatnonzero(kinds < 4)
        posts["variant"][filed] = self.contents.make(kinds[filed].astype(np.uint8))
        worded = np.flatnonzero((kinds == 4) | (chance.random(count) < habits.captions))
        posts["text"][worded] = self.wording.make(len(worded), channel.script)
        posts["time"] = self.times(channel, count)
        return posts

    def _sources(self, channel: Channel, copies: int) -> list[tuple[int, int]]:
        """Share the copies out among parent, grandparents, siblings and further parents."""
        if channel.parent is None:
            return []
        habits, chance = channel.habits, self.chance
        shares: dict[int, float] = {channel.parent: habits.loyalty}
        above = self._above(channel.parent)
        beside = [
            each.place
            for each in self.channels[: channel.place]
            if each.family == channel.family and each.parent == channel.parent
        ]
        for group, share in ((above, habits.older), (beside, 1 - habits.older)):
            picked = [group[int(each)] for each in chance.integers(0, len(group), 3)] if group else []
            for place in picked:
                shares[place] = shares.get(place, 0) + (1 - habits.loyalty) * share / 3
        for place in channel.merged:
            shares[place] = shares.get(place, 0) + habits.loyalty * chance.uniform(0.3, 0.9)
        total = sum(shares.values())
        return [(place, int(copies * share / total)) for place, share in shares.items()]

    def _above(self, place: int) -> list[int]:
        """Give the ancestors of a channel, nearest first."""
        above = []
        parent = self.channels[place].parent
        while parent is not None:
            above.append(parent)
            parent = self.channels[parent].parent
        return above

    def _take(self, channel: Channel, source: int, count: int, *, forwards: bool = True) -> Posts:
        """Copy posts of an older channel: its past in a burst or over time, its present as it comes."""
        habits, chance = channel.habits, self.chance
        there = self.by_channel[source]
        there = there[~there["spam"] | (chance.random(len(there)) < 0.2)]
        past = np.flatnonzero(there["time"] < channel.born)
        present = np.flatnonzero((there["time"] >= channel.born) & (there["time"] < channel.end - 60))
        live = min(len(present), int(count * habits.live) if len(past) else count)
        old = min(len(past), count - live)
        live = min(len(present), count - old)
        burst = int(old * habits.backlog)
        picked = np.concatenate(
            [np.sort(chance.permutation(past)[:old]), np.sort(chance.permutation(present)[:live])]
        ).astype(np.int64)
        lag = habits.lag_hours * 3600 * chance.lognormal(0, 1.0, live)
        times = np.concatenate([
            np.sort(channel.born + chance.exponential(habits.burst_days * DAY / 3, burst).astype(np.int64)),
            self.times(channel, old - burst),
            there["time"][picked[old:]] + lag.astype(np.int64) + 5,
        ])  # fmt: skip
        if chance.random() < 0.5:  # in the old order, or in none
            chance.shuffle(times[:old])
        inside_life = times < channel.end
        picked, times = picked[inside_life], times[inside_life]
        if channel.asleep is not None:
            awake = (times < channel.asleep[0]) | (times >= channel.asleep[1])
            picked, times = picked[awake], times[awake]
        return self._copy(channel, source, there[picked], times, forwards=forwards)

    def _copy(self, channel: Channel, source: int, there: Posts, times: NDArray[np.int64], *, forwards: bool) -> Posts:
        """Post again what was there: forwarded, sent on within Telegram, or uploaded anew with an edit."""
        habits, chance, count = channel.habits, self.chance, len(there)
        posts = there.copy()
        posts["time"], posts["source"] = times, source
        posts["author"] = posts["target"] = posts["origin"] = -1
        posts["button"] = False
        alive = times < self.channels[source].end
        share = habits.forwards if forwards else 0.0
        forwarded = alive & (chance.random(count) < share)
        posts["origin"][forwarded] = np.where(there["origin"][forwarded] >= 0, there["origin"][forwarded], source)
        inside = forwarded | (chance.random(count) < np.where(alive, habits.inside, habits.inside * 0.4))
        edits = np.where(inside, Edit.NONE, 1 + chance.choice(6, count, p=edit_weights(habits))).astype(np.int64)
        filed = np.flatnonzero(posts["variant"] >= 0)
        posts["variant"][filed] = self.contents.edit(posts["variant"][filed].astype(np.int64), edits[filed])
        lost = (posts["variant"] >= 0) & ~forwarded & (chance.random(count) >= habits.keeps_caption)
        posts["text"][lost] = -1
        posts["ending"][~forwarded & (lost | (chance.random(count) < 0.8))] = -1
        return posts

    def _take_back(self, channel: Channel) -> Posts:
        """Copy from younger relatives: siblings and children feed each other, whatever the tree says."""
        if channel.stranger:
            return blank_posts(0)
        younger = [
            each.place
            for each in self.channels[channel.place + 1 :]
            if each.family == channel.family
            and each.born < channel.end
            and channel.place in (each.parent, *self._kin(each))
        ]
        if not younger:
            return blank_posts(0)
        source = younger[int(self.chance.integers(len(younger)))]
        return self._take(channel, source, int(len(self.by_channel[channel.place]) * channel.habits.back))

    def _kin(self, other: Channel) -> list[int]:
        """Give the siblings of a channel."""
        return [
            each.place
            for each in self.channels
            if each.parent is not None and each.parent == other.parent and each.family == other.family
        ]

    def _sign(self, channel: Channel, posts: Posts) -> None:
        """Put signatures, payment addresses and contacts on posts that were not forwarded."""
        habits, chance = channel.habits, self.chance
        own = posts["origin"] < 0
        signed = own & (chance.random(len(posts)) < habits.signed)
        posts["author"][signed] = chance.choice(np.array(channel.admins), int(signed.sum()))
        for share, text in ((habits.pays, f"USDT: {wallet_of(channel)}"), (habits.contacts, f"@{contact_of(channel)}")):
            posts["ending"][own & (chance.random(len(posts)) < share)] = self.wording.ending(text)


def wallet_of(channel: Channel) -> str:
    """Give a payment address that looks like a wallet's."""
    digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    chance = np.random.Generator(np.random.PCG64([channel.wallet + 100, 5]))
    return "T" + "".join(digits[int(each)] for each in chance.integers(0, len(digits), 33))


def contact_of(channel: Channel) -> str:
    """Give the name of a bot that takes questions."""
    return f"ask_{channel.contact + 100:06d}_bot"


def blank_posts(count: int) -> Posts:
    """Give rows with nothing in them."""
    posts = np.zeros(count, POST)
    for name in ("variant", "text", "ending", "author", "source", "origin", "target"):
        posts[name] = -1
    return posts


def _in_time(posts: Posts) -> Posts:
    return posts[np.argsort(posts["time"], kind="stable")]
