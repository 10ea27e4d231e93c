"""What speaks for an edge besides contents: forwards, links, names, photos, people, dates, hours of posting."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.evidence import Evidence, Pointers
from notcontent.lineage.inference.contents import DAY
from notcontent.lineage.inference.holdings import FULL, Holdings, Places, spans
from notcontent.lineage.inference.names import alike, name_table, skeletons
from notcontent.lineage.inference.witnesses import Floats
from notcontent.lineage.marks import MarkKind

MOST = 32
"""Of the channels that point to one, or that one points to, at most so many become candidates: the earliest."""
AT_BIRTH = 14 * DAY
"""A link from the parent so near to the child's birth announces it."""
_NO_TIME = np.iinfo(np.int64).min


class Hints:
    """Tables over the whole evidence, asked for pairs of places."""

    def __init__(self, evidence: Evidence, began: NDArray[np.int64]) -> None:
        """Index the evidence. Takes a few dozen microseconds a channel, most of it for its names."""
        self._count = len(evidence.channels)
        self._began = began
        self._forwards = _Table(evidence.forwards, self._count)
        self._named = _Table(evidence.named, self._count)
        self._links = _Table(evidence.links, self._count)
        self._buttons = _Table(evidence.buttons, self._count)
        facts = evidence.channels
        titles = [tuple(title.value for title in each.titles) for each in facts]
        self._names = name_table(
            (*dict.fromkeys((*each[-1:], *each[:1])), *facts[place].usernames[:1]) for place, each in enumerate(titles)
        )
        self._titles = self._alike({skeletons(name)[1] for name in each} for each in titles)
        self._photos = self._alike(each.photos for each in facts)
        self._title_keys, self._photo_keys = _keys(self._titles), _keys(self._photos)
        people = evidence.people
        self._people = Holdings.of(people.channel, people.content, people.time, len(people.kind), self._count)
        self._people_keys = _keys(self._people)
        self._people_kind = people.kind
        self._migrated = self._migrations(evidence)
        self._removed = np.array([_NO_TIME if each.removed is None else each.removed for each in facts], np.int64)
        self._birth_seen = np.array([each.born is not None for each in facts], bool)
        self._last = np.array([_NO_TIME if each.last_post is None else each.last_post for each in facts], np.int64)
        self._posts = np.array([each.posts for each in facts], np.int64)
        hours = evidence.hours.astype(np.float64)
        self._hours_seen = hours.sum(1)
        smooth = hours + np.roll(hours, 1, 1) + np.roll(hours, -1, 1)
        smooth -= smooth.mean(1, keepdims=True)
        self._hours = smooth / np.maximum(np.linalg.norm(smooth, axis=1, keepdims=True), 1e-9)

    def _alike(self, values: Iterable[Iterable[str]]) -> Holdings:
        """Index channels that bear an equal value, in order of their births."""
        numbers: dict[str, int] = {}
        channels, contents = [], []
        for place, each in enumerate(values):
            for value in each:
                if value:
                    channels.append(place)
                    contents.append(numbers.setdefault(value, len(numbers)))
        channel, content = np.array(channels, np.uint32), np.array(contents, np.uint32)
        order = np.lexsort((channel, self._began[channel], content))
        channel, content = channel[order], content[order]
        return Holdings.of(channel, content, self._began[channel], len(numbers), self._count)

    def _migrations(self, evidence: Evidence) -> NDArray[np.int64]:
        """Give sorted keys (child, parent) of groups whose title a service message of the child names."""
        holders: dict[str, list[int]] = {}
        wanted = {digest for facts in evidence.channels for digest in facts.migrated_from}
        if wanted:
            for place, facts in enumerate(evidence.channels):
                for digest in facts.title_digests & wanted:
                    holders.setdefault(digest, []).append(place)
        keys = [
            child * self._count + parent
            for child, facts in enumerate(evidence.channels)
            for digest in facts.migrated_from
            for parent in holders.get(digest, ())[:MOST]
            if parent != child
        ]
        return np.unique(np.array(keys, np.int64))

    def pairs(self, channels: Places) -> tuple[Places, Places]:
        """Give pairs (place in `channels`, other) that pointers, people or migrations bring together; some twice.

        An equal title or photo brings nobody together: anybody can bear it. It counts where there is more.
        """
        found: list[tuple[Places, Places]] = []
        for table in (self._forwards, self._named, self._links, self._buttons):
            found += [table.pointed(channels), table.pointing(channels)]
        rows, child = self._people.rows_of(channels)
        row, other = self._people.others(rows)
        found.append((child[row], self._people.channel[other].astype(np.int64)))
        low = np.searchsorted(self._migrated, channels * self._count)
        counts = np.searchsorted(self._migrated, (channels + 1) * self._count) - low
        found.append((np.repeat(np.arange(len(channels)), counts), self._migrated[spans(low, counts)] % self._count))
        child, other = (np.concatenate(column) for column in zip(*found, strict=True))
        differ = channels[child] != other
        return child[differ], other[differ]

    def pointing(self, child: Places, other: Places) -> dict[str, Floats]:
        """Put what points from the one to the other of pairs of places, and people in common, in figures."""
        forwards, _ = self._forwards.find(child, other)
        named, _ = self._named.find(child, other)
        links, first_link = self._links.find(other, child)
        buttons, first_button = self._buttons.find(other, child)
        back, _ = self._links.find(child, other)
        back_buttons, _ = self._buttons.find(child, other)
        first = np.minimum(first_link, first_button)
        born = self._began[child]
        at_birth = (links + buttons > 0) & (np.abs(first - born) <= AT_BIRTH)
        people, payments, people_count = self._shared_people(child, other)
        return {
            "forwards": forwards,
            "forward_share": forwards / np.maximum(self._forwards.total(child), 1),
            "forwarded_back": self._forwards.find(other, child)[0],
            "named": named,
            "announced": np.where(at_birth, links + buttons, 0),
            "buttons": buttons,
            "linked": links + buttons,
            "links_back": back + back_buttons,
            "migrated": _found(self._migrated, child * self._count + other).astype(float),
            "people": people,
            "payments": payments,
            "people_count": people_count,
        }

    def likeness(self, child: Places, other: Places) -> dict[str, Floats]:
        """Put how alike pairs of places are in themselves, and how they lie in time, in figures."""
        born = self._began[child]
        end = np.where(self._last[other] != _NO_TIME, self._last[other], self._removed[other])
        known = (end != _NO_TIME) & (born < np.iinfo(np.int64).max)
        enough = np.minimum(self._hours_seen[child], self._hours_seen[other])
        gone = (self._removed[other] != _NO_TIME) & (born < np.iinfo(np.int64).max)
        return {
            "name": alike(self._names, child, other),
            "same_title": self._same(self._titles, self._title_keys, child, other),
            "photo": self._same(self._photos, self._photo_keys, child, other),
            "gap": np.where(known, (born - end) / DAY, np.nan),
            "gone": np.where(gone, (born - self._removed[other]) / DAY, np.nan),
            "birth_seen": self._birth_seen[child].astype(float),
            "removed": (self._removed[other] != _NO_TIME).astype(float),
            "turned": (born < self._began[other]).astype(float),
            "age": np.where(known, (born - self._began[other]) / DAY, np.nan),
            "silent": (self._posts[child] == 0).astype(float),
            "cadence": (self._hours[child] * self._hours[other]).sum(1) * (enough / (enough + 50)),
        }

    def _shared_people(self, child: Places, other: Places) -> tuple[Floats, Floats, Floats]:
        """Sum marks of people in common, each by how few bear it: signatures and contacts, payments; count both."""
        rows, pair = self._people.rows_of(child)
        rows, pair = rows[self._people.holders(rows) <= FULL], pair[self._people.holders(rows) <= FULL]
        content = self._people.content[rows].astype(np.int64)
        both = _found(self._people_keys, content * self._count + other[pair])
        weight = 1 / np.maximum(self._people.holders(rows) - 1, 1) * both
        pays = self._people_kind[content] == MarkKind.PAYMENT
        size = len(child)
        people, payments, count = (
            np.bincount(pair, each, minlength=size).astype(float) for each in (weight * ~pays, weight * pays, both)
        )
        return people, payments, count

    def _same(self, holdings: Holdings, keys: NDArray[np.int64], child: Places, other: Places) -> Floats:
        """Tell pairs with an equal value; the more bear it the less it counts: 1 for two, 1/9 for ten."""
        rows, pair = holdings.rows_of(child)
        both = _found(keys, holdings.content[rows].astype(np.int64) * self._count + other[pair])
        best = np.zeros(len(child))
        np.maximum.at(best, pair, both / np.maximum(holdings.holders(rows) - 1, 1))
        return best


def _keys(holdings: Holdings) -> NDArray[np.int64]:
    """Give sorted keys (content, channel)."""
    return np.sort(holdings.content.astype(np.int64) * (len(holdings.channel_starts) - 1) + holdings.channel)


def _found(keys: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which are among sorted keys."""
    if not len(keys):
        return np.zeros(len(wanted), bool)
    return np.asarray(keys[np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)] == wanted, bool)


class _Table:
    """Pointers from channel to channel, found by pair, by who points, and by who is pointed to."""

    def __init__(self, pointers: Pointers, channels: int) -> None:
        by, to = pointers.by.astype(np.int64), pointers.to.astype(np.int64)
        self._channels = channels
        self._keys = by * channels + to
        self._count, self._first = pointers.count.astype(float), pointers.first
        self._totals = np.bincount(by, self._count, minlength=channels).astype(float)
        self._out = _Runs.of(by, to, self._first, channels)
        self._in = _Runs.of(to, by, self._first, channels)

    def find(self, by: Places, to: Places) -> tuple[Floats, NDArray[np.int64]]:
        """Give for each pair how often the one points to the other and when first (far in the future: never)."""
        never = np.iinfo(np.int64).max // 2
        if not len(self._keys):
            return np.zeros(len(by)), np.full(len(by), never)
        wanted = by * self._channels + to
        at = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        hit = self._keys[at] == wanted
        return np.where(hit, self._count[at], 0), np.where(hit, self._first[at], never)

    def total(self, by: Places) -> Floats:
        """Count all posts of these channels that point anywhere."""
        return self._totals[by]

    def pointed(self, channels: Places) -> tuple[Places, Places]:
        """Give (place in `channels`, other) that these channels point to, the earliest few."""
        return self._out.of_channels(channels)

    def pointing(self, channels: Places) -> tuple[Places, Places]:
        """Give (place in `channels`, other) that point to these channels, the earliest few."""
        return self._in.of_channels(channels)


class _Runs:
    """For each channel its others, the earliest first."""

    def __init__(self, starts: Places, others: Places) -> None:
        self._starts, self._others = starts, others

    @classmethod
    def of(cls, one: Places, other: Places, first: NDArray[np.int64], channels: int) -> "_Runs":
        order = np.lexsort((other, first, one))
        starts = np.zeros(channels + 1, np.int64)
        np.cumsum(np.bincount(one, minlength=channels), out=starts[1:])
        return cls(starts, other[order])

    def of_channels(self, channels: Places) -> tuple[Places, Places]:
        counts = np.minimum(self._starts[channels + 1] - self._starts[channels], MOST)
        return np.repeat(np.arange(len(channels)), counts), self._others[spans(self._starts[channels], counts)]
