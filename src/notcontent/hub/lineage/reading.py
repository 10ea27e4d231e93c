"""What the hub's book says, read once for every state of the book and kept in memory until it changes."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from notcontent.errors import LineageChannelNotFoundError, LineageFamilyNotFoundError
from notcontent.hub.keys import hub_ring
from notcontent.hub.lineage.place import book_stamp, hub_book
from notcontent.lineage.book import Announced
from notcontent.lineage.evidence import ChannelFacts
from notcontent.lineage.family import Family
from notcontent.lineage.judging import Judged, judged
from notcontent.lineage.portrait.names import skeleton, title_of

_ANNOUNCED = 50


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A book's channels with what is said of them. `ids`: each channel's name in the desk's paths, by place.

    `families`: those of two and more. `family_at`: a family by the places of its members. `children`: by stated parent.
    `unjudged`: channels of standing sources of which nothing is said, and lines of which no source stands any more.
    `announced`: chats that posts point to and no source shows, as the book tells them, the newest 50.
    `alike`: what is left of titles that look alike, where more than one channel bears such a title.
    """

    judgement: Judged
    ids: tuple[str, ...]
    places: Mapping[str, int]
    families: tuple[Family, ...]
    family_at: Mapping[int, Family]
    children: Mapping[int, tuple[int, ...]]
    unjudged: int
    announced: Announced
    alike: frozenset[str]

    def place(self, id_: str) -> int:
        """Find a channel by its id. Raises LineageChannelNotFoundError."""
        try:
            return self.places[id_]
        except KeyError:
            raise LineageChannelNotFoundError from None

    def family(self, id_: str) -> Family:
        """Find a family by the id of its root. Raises LineageFamilyNotFoundError."""
        place = self.places.get(id_)
        family = self.family_at.get(place) if place is not None else None
        if family is None or family.root != place:
            raise LineageFamilyNotFoundError
        return family


def read() -> Reading:
    """Read the hub's book, or give what was read when it has not changed since. Raises LineageBookError."""
    with hub_book():  # what is missing is made before the stamp is taken
        return _read(book_stamp())


def channel_id(key: str) -> str:
    """Give the 16 hex digits that stand for a channel in paths."""
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8, key=_naming()).hexdigest()


@lru_cache(maxsize=1)
def _read(_stamp: tuple[int, ...]) -> Reading:
    with hub_book() as book:
        judgement, held, announced = judged(book), set(book.rows().keys), book.announced(_ANNOUNCED)
    ids = tuple(channel_id(channel.key) for channel in judgement.channels)
    families = tuple(family for family in judgement.lineage.families if len(family.members) > 1)
    children: dict[int, list[int]] = defaultdict(list)
    for line in judgement.lineage.lines:
        if line.stated is not None:
            children[line.stated].append(line.channel)
    return Reading(
        judgement,
        ids,
        {id_: place for place, id_ in enumerate(ids)},
        families,
        {member: family for family in families for member in family.members},
        {parent: tuple(below) for parent, below in children.items()},
        len(held ^ {channel.key for channel in judgement.channels}),
        announced,
        _alike(judgement.channels),
    )


def _alike(channels: Iterable[ChannelFacts]) -> frozenset[str]:
    borne = Counter(skeleton(title_of(channel)) for channel in channels)
    return frozenset(left for left, count in borne.items() if count > 1)


@lru_cache(maxsize=1)
def _naming() -> bytes:
    return hub_ring().derive("lineage-paths")
