"""What a simulated world is made of: its size, what of it was seen, and the ranges from which habits are drawn."""

from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Self

import numpy as np


class Level(Enum):
    """How much of a world its readers saw."""

    FULL = "full"
    """Every channel and every post."""
    POSTS = "posts"
    """40 % of the posts: some at random, some channels only in a range of dates."""
    CHANNELS = "channels"
    """20 % of the channels were never read."""
    BOTH = "both"
    """40 % of the posts of 80 % of the channels, and 40 % of what was read is spam that everyone shares."""


@dataclass(frozen=True, slots=True)
class Span:
    """A range from which a value is drawn: evenly, or evenly in its logarithm."""

    low: float
    high: float
    log: bool = False

    def draw(self, chance: np.random.Generator) -> float:
        """Draw one value."""
        if self.log:
            return float(np.exp(chance.uniform(np.log(self.low), np.log(self.high))))
        return float(chance.uniform(self.low, self.high))


@dataclass(frozen=True, slots=True)
class Ranges:
    """What families differ in. Each draws its own. docs/explanation/lineage-simulation.md gives the reasons."""

    channels: Span = Span(2, 60, log=True)
    posts: Span = Span(30, 2000, log=True)
    own: Span = Span(0.03, 0.6)  # of a child's posts, what it made itself
    loyalty: Span = Span(0.4, 0.95)  # of its copies, what it took from its parent
    older: Span = Span(0.2, 0.8)  # of the other copies, from grandparents; the rest from siblings
    back: Span = Span(0.0, 0.15)  # posts that an older channel takes from younger ones, as a share of its own
    merges: Span = Span(0.0, 0.15)  # children with a second parent
    backlog: Span = Span(0.1, 0.9)  # of the copies of older posts, those that come in the first days
    burst_days: Span = Span(0.1, 5.0, log=True)
    lag_hours: Span = Span(0.05, 120.0, log=True)  # median delay of a mirror
    live: Span = Span(0.1, 0.9)  # of the copies, those of posts that are younger than the copier, where there are any
    chain: Span = Span(0.0, 0.8)  # children of the latest channel
    star: Span = Span(0.0, 0.6)  # children of the first channel
    removal: Span = Span(0.4, 0.95)  # channels that are removed some day
    life_days: Span = Span(20, 400, log=True)  # median until then
    prepared: Span = Span(0.0, 0.4)  # of the successors, those begun before the removal
    mirrors: Span = Span(0.05, 0.5)  # children begun in the parent's life with no removal near
    sleep: Span = Span(0.0, 0.35)  # channels that fall silent for weeks or months
    inside: Span = Span(0.1, 0.9)  # copies within Telegram: the same file
    recode: Span = Span(0.2, 1.0)  # weights of the edits of the other copies
    resize: Span = Span(0.0, 0.4)
    crop: Span = Span(0.0, 0.4)
    watermark: Span = Span(0.0, 0.6)
    stamp: Span = Span(0.0, 0.2)
    banner: Span = Span(0.0, 0.2)
    forwards: Span = Span(0.0, 0.4)  # copies by forwarding, where it is possible
    forward_ids: Span = Span(0.3, 1.0)  # exports that name a forward's origin by its number
    announce: Span = Span(0.0, 0.6)  # children that the parent, if it lives, links to
    links_back: Span = Span(0.0, 0.4)  # children that link to the parent
    cross_links: Span = Span(0.0, 0.01)  # posts with a link to any relative
    signed: Span = Span(-0.5, 0.6)  # signed posts; below 0: none
    pays: Span = Span(-0.02, 0.04)  # posts with a payment address
    contacts: Span = Span(-0.02, 0.05)  # posts with a bare @name
    same_people: Span = Span(0.3, 0.9)  # children run by people of the parent
    same_photo: Span = Span(0.1, 0.7)
    same_title: Span = Span(0.2, 0.95)  # children whose title is made from the parent's
    renames: Span = Span(0.0, 0.4)
    public: Span = Span(0.1, 0.9)
    captions: Span = Span(0.1, 0.7)
    keeps_caption: Span = Span(0.2, 0.9)
    photos: Span = Span(0.3, 0.8)  # weights of what own posts are
    videos: Span = Span(0.05, 0.5)
    files: Span = Span(0.0, 0.15)
    audio: Span = Span(0.0, 0.08)
    texts: Span = Span(0.05, 0.4)
    spam: Span = Span(0.0, 0.12)  # posts from the pool of spam
    common: Span = Span(0.0, 0.12)  # posts that circulate everywhere
    leak: Span = Span(0.0, 0.04)  # copies from channels of other families
    missing: Span = Span(0.0, 0.3)  # files that exports lack


SMALL = Ranges(channels=Span(4, 14, log=True), posts=Span(30, 120, log=True))
"""For worlds that are drawn and looked at."""


@dataclass(frozen=True, slots=True)
class Habits:
    """One family's values; the fields are those of `Ranges`."""

    channels: float
    posts: float
    own: float
    loyalty: float
    older: float
    back: float
    merges: float
    backlog: float
    burst_days: float
    lag_hours: float
    live: float
    chain: float
    star: float
    removal: float
    life_days: float
    prepared: float
    mirrors: float
    sleep: float
    inside: float
    recode: float
    resize: float
    crop: float
    watermark: float
    stamp: float
    banner: float
    forwards: float
    forward_ids: float
    announce: float
    links_back: float
    cross_links: float
    signed: float
    pays: float
    contacts: float
    same_people: float
    same_photo: float
    same_title: float
    renames: float
    public: float
    captions: float
    keeps_caption: float
    photos: float
    videos: float
    files: float
    audio: float
    texts: float
    spam: float
    common: float
    leak: float
    missing: float

    @classmethod
    def draw(cls, ranges: Ranges, chance: np.random.Generator) -> Self:
        """Draw each value on its own."""
        return cls(**{each.name: getattr(ranges, each.name).draw(chance) for each in fields(Ranges)})


@dataclass(frozen=True, slots=True)
class Settings:
    """A world. Equal settings give equal worlds; worlds that differ in `level` and `media` alone have one truth.

    Seeds below 1,000,000 are for developing and training, those from there on for evaluation (`EVALUATION_SEEDS`).
    """

    seed: int
    families: int = 20
    level: Level = Level.FULL
    media: bool = True
    """Whether readers hashed the media, or saw JSON alone."""
    spammers: float = 0.3
    """Channels of nothing but shared spam, for each family."""
    lookalikes: float = 0.4
    """Channels that bear a family's name and are not of it, for each family."""
    loners: float = 0.5
    """Channels of their own, for each family."""
    ranges: Ranges = field(default_factory=Ranges)

    def __post_init__(self) -> None:
        """Refuse a world without a family, and a seed that is none."""
        if self.families < 1 or self.seed < 0:
            raise ValueError("a world has a family or more, and a seed of 0 or more")


EVALUATION_SEEDS = range(1_000_000, 2_000_000)
"""Seeds that no training and no development may use."""
