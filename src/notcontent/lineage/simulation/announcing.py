"""Posts that point to channels: "we moved", "our old channel", paid mentions of strangers."""

import numpy as np

from notcontent.lineage.simulation.planning import DAY, Channel
from notcontent.lineage.simulation.posting import Posting, Posts, blank_posts

_MOVED = ("New channel, subscribe while it is open:", "Новый канал, подписывайтесь:", "新频道，请订阅：")
_OLD = ("Our archive is here:", "Наш архив здесь:", "我们的存档在这里：")
_PAID = ("Friends of ours, have a look:", "Наши друзья, загляните:", "朋友的频道：")


def announcements(posting: Posting) -> Posts:
    """Give every post that links to a channel."""
    return _Announcing(posting).run()


def address(channel: Channel, chance: np.random.Generator) -> str:
    """Write a link to a channel, in one of the ways that people write it."""
    if channel.username is None:
        return f"https://t.me/+{channel.invite}" if chance.random() < 0.8 else f"https://t.me/c/{channel.number}/5"
    ways = (f"https://t.me/{channel.username}", f"t.me/{channel.username}/7", f"https://t.me/s/{channel.username}")
    return str(ways[int(chance.choice(3, p=[0.7, 0.2, 0.1]))])


class _Announcing:
    def __init__(self, posting: Posting) -> None:
        self.posting, self.channels, self.chance = posting, posting.channels, posting.chance
        self.rows: list[tuple[int, int, int, int, int, bool]] = []  # by, time, text, ending, target, button
        wording = posting.wording
        self.phrases = {
            name: [wording.write(text) for text in texts]
            for name, texts in (("moved", _MOVED), ("old", _OLD), ("paid", _PAID))
        }

    def run(self) -> Posts:
        for channel in self.channels:
            if channel.parent is not None:
                self._of_child(channel, self.channels[channel.parent])
            self._cross(channel)
        posts = blank_posts(len(self.rows))
        if self.rows:
            columns = np.array(self.rows, dtype=np.int64).T
            for name, column in zip(("channel", "time", "text", "ending", "target", "button"), columns, strict=True):
                posts[name] = column
        return posts

    def _post(self, by: Channel, since: int, until: int, phrase: str, to: Channel) -> None:
        """Write one link at a time within a span in which its writer lives."""
        since, until = max(since, by.born), min(until, by.end)
        if since >= until:
            return
        ending = self.posting.wording.ending(address(to, self.chance))
        button = bool(self.chance.random() < 0.3)
        text = self.phrases[phrase][by.script]
        self.rows.append((by.place, int(self.chance.integers(since, until)), text, ending, to.place, button))

    def _of_child(self, child: Channel, parent: Channel) -> None:
        habits = child.habits
        if self.chance.random() < habits.announce:
            for _ in range(int(self.chance.integers(1, 6))):
                self._post(parent, child.born, child.born + 90 * DAY, "moved", child)
        if self.chance.random() < habits.links_back:
            for _ in range(int(self.chance.integers(1, 4))):
                self._post(child, child.born, child.born + 30 * DAY, "old", parent)

    def _cross(self, channel: Channel) -> None:
        """Link to any relative, and for money to anybody."""
        wanted = len(self.posting.by_channel[channel.place])
        kin = [each for each in self.channels if each.family == channel.family and each.place != channel.place]
        for _ in range(int(self.chance.poisson(wanted * channel.habits.cross_links)) if kin else 0):
            to = kin[int(self.chance.integers(len(kin)))]
            self._post(channel, max(channel.born, to.born), channel.end, "moved", to)
        for _ in range(int(self.chance.poisson(wanted * 0.003))):
            to = self.channels[int(self.chance.integers(len(self.channels)))]
            if to.place != channel.place:
                self._post(channel, max(channel.born, to.born), channel.end, "paid", to)
