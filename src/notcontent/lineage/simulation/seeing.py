"""What readers saw of a world: which channels, which posts, and how much spam lay among them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.simulation.planning import Channel
from notcontent.lineage.simulation.posting import Posting, Posts
from notcontent.lineage.simulation.settings import Level

SEEN_POSTS = 0.4
UNSEEN_CHANNELS = 0.2
SPAM_AMONG_SEEN = 0.4


@dataclass(frozen=True, slots=True)
class Seen:
    """`channels` bool[n]: read at all; `posts` bool[m]: read."""

    channels: NDArray[np.bool_]
    posts: NDArray[np.bool_]


def add_spam(posting: Posting, posts: Posts, level: Level) -> Posts:
    """Bring spam to 40 % of all posts, 20 % to 60 % by channel, where the level asks for it."""
    if level is not Level.BOTH:
        return posts
    whole, chance = [], posting.chance
    for channel, own in zip(posting.channels, _by_channel(posts, len(posting.channels)), strict=True):
        share = chance.uniform(SPAM_AMONG_SEEN - 0.2, SPAM_AMONG_SEEN + 0.2)
        honest = int((~own["spam"]).sum())
        wanted = int(honest * share / (1 - share)) - (len(own) - honest)
        spam = posting.spam(max(0, wanted))
        spam["channel"], spam["time"] = channel.place, posting.times(channel, len(spam))
        whole.append(np.concatenate([own, spam]))
    return np.concatenate(whole)


def see(channels: tuple[Channel, ...], posts: Posts, level: Level, chance: np.random.Generator) -> Seen:
    """Draw what was seen."""
    seen = np.ones(len(channels), bool)
    if level in (Level.CHANNELS, Level.BOTH):
        seen = chance.random(len(channels)) >= UNSEEN_CHANNELS
    kept = seen[posts["channel"]]
    if level in (Level.POSTS, Level.BOTH):
        parts = _by_channel(posts, len(channels))
        kept &= np.concatenate([_part_of(own, chance) for own in parts])
    return Seen(seen, kept)


def _part_of(posts: Posts, chance: np.random.Generator) -> NDArray[np.bool_]:
    """Keep 40 % of a channel's posts: at random, or at random within a range of dates."""
    count = len(posts)
    kept = np.ones(count, bool)
    share = SEEN_POSTS
    if chance.random() < 0.5:
        width = float(chance.uniform(SEEN_POSTS, 1))
        since = int(chance.uniform(0, 1 - width) * count)
        kept[:since] = kept[since + int(np.ceil(width * count)) :] = False
        share = SEEN_POSTS / width
    return kept & (chance.random(count) < share)


def _by_channel(posts: Posts, channels: int) -> list[Posts]:
    return np.split(posts, np.searchsorted(posts["channel"], np.arange(1, channels)))
