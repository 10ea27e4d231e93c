"""How near looks at one picture come to the hashes of others: the tail that decides what may block.

Every picture of a crowd (`crowd`) is banked with parts of it; some are uploaded too, each in one of fourteen ways: as
they are, framed, in screens, in collages, cut, seen at a slant. Every look of every upload is compared with every
entry. Pairs that have a package or a part in common are left out: packages hold the same scene twice.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.robustness import edits as e
from bench.robustness import screens
from bench.robustness.crowd import Crowd, Stranger, numbers
from bench.robustness.pictures import LEAST_QUALITY
from bench.robustness.recall import upload
from notcontent.matching import BruteIndex
from notcontent.signals import looks, pdq
from notcontent.signals.looks import DEFAULT_BUDGET, family

FAMILIES = ("whole", "turn", "quad", "trim", "tile")
REACH = 63
_BATCH = 8192
_Part = tuple[float, float, float, float]
_PARTS: tuple[_Part, ...] = (
    *((0, 0, 1, 1), (0.2, 0.2, 0.8, 0.8)),
    *((x, y, x + 0.6, y + 0.6) for x in (0, 0.4) for y in (0, 0.4)),
    *((0, 0, 0.5, 1), (0.5, 0, 1, 1), (0, 0, 1, 0.5), (0, 0.5, 1, 1)),
)
"""What is banked of a picture: it whole, its middle, its corners, its halves."""

Values = NDArray[np.uint8]
Way = Callable[[Image.Image, list[Image.Image], np.random.Generator], Image.Image]

WAYS: dict[str, Way] = {
    "as it is": lambda image, _others, _chance: image,
    "letterbox": lambda image, _others, _chance: e.letterboxed(image, 9 / 16, e.BLACK),
    "blurred bars": lambda image, _others, _chance: e.letterboxed(image, 1.0, "blur"),
    "border": lambda image, _others, _chance: e.bordered(image, 0.06, e.WHITE),
    "caption": lambda image, _others, chance: e.captioned(
        image, float(chance.uniform(0.08, 0.3)), e.WHITE, on_top=bool(chance.random() < 0.5)
    ),
    "viewer": lambda image, _others, _chance: screens.viewer(image, dark=True),
    "chat": lambda image, _others, chance: screens.chat(image, chance, dark=bool(chance.random() < 0.5)),
    "feed": lambda image, _others, chance: screens.feed(image, chance),
    "collage": lambda image, others, _chance: screens.collage(image, others, "2x2"),
    "mosaic": lambda image, others, chance: screens.mosaic(image, others, chance, 3, 2),
    "half": lambda image, _others, chance: e.crop_area(image, 0.5, chance),
    "strip": lambda image, _others, chance: e.crop_shape(image, 2.2, float(chance.random())),
    "photo of a screen": lambda image, _others, chance: e.photographed(image, chance, 0.025, screen=True),
    "turned, black corners": lambda image, _others, chance: e.rotated(
        image, float(chance.uniform(2, 9)), inscribed=False
    ),
}
_BESIDE = ("collage", "mosaic")


@dataclass(frozen=True, slots=True, eq=False)
class Banked:
    """One member's entries."""

    name: str
    packages: int
    made_of: frozenset[int]
    values: Values


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """The looks at one upload of a member that are not too plain; and all that is in it, pictures beside it too."""

    member: int
    way: str
    packages: int
    made_of: frozenset[int]
    families: NDArray[np.int8]
    values: Values


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """What was compared, and every pair of strangers within reach, as arrays of one length."""

    banked: tuple[Banked, ...]
    uploads: tuple[Looked, ...]
    pairs: NDArray[np.int64]
    """By family."""
    families: NDArray[np.int8]
    bits: NDArray[np.uint8]
    looker: NDArray[np.int64]
    """Of each pair: the upload, a place in `uploads`."""
    look: NDArray[np.int64]
    """... the look, a place in that upload's `values`."""
    owner: NDArray[np.int64]
    """... the entry's member, a place in `banked` ..."""
    entry: NDArray[np.int64]
    """... and which of its values."""

    def looks(self) -> NDArray[np.int64]:
        """Count looks by family."""
        every = np.concatenate([one.families for one in self.uploads])
        return np.bincount(every, minlength=len(FAMILIES))


def _hashes(image: Image.Image) -> Iterator[tuple[int, bytes]]:
    """Hash a picture and its parts where they are not too plain; gives each with its place."""
    luma = np.asarray(image.convert("L"))
    height, width = luma.shape
    for place, (left, top, right, bottom) in enumerate(_PARTS):
        hashed = pdq(luma[int(top * height) : int(bottom * height), int(left * width) : int(right * width)])
        if hashed.quality >= LEAST_QUALITY:
            yield place, hashed.value


def made(crowd: Crowd, uploads: int, processes: int) -> Iterator[tuple[Banked, Looked | None]]:
    """Make the crowd's entries, and the looks at one upload each of the first `uploads` members of a mixed order."""
    order = list(numbers(crowd))
    ways = [list(WAYS)[place % len(WAYS)] if place < uploads else "" for place in range(len(order))]
    with ProcessPoolExecutor(processes, initializer=_begin, initargs=(crowd,)) as pool:
        yield from pool.map(_made, order, ways, range(len(order)), chunksize=16)


_CROWD: list[Crowd] = []
"""In a worker: the crowd, sent once."""


def _begin(crowd: Crowd) -> None:
    _CROWD[:] = [crowd]


def _made(number: int, way: str, place: int) -> tuple[Banked, Looked | None]:
    crowd = _CROWD[0]
    member = crowd.member(number)
    values = _rows([value for _, value in _hashes(member.image)])
    banked = Banked(member.name, member.packages, member.made_of, values)
    return banked, _looked(crowd, number, place, member, way) if way else None


def _looked(crowd: Crowd, number: int, place: int, member: Stranger, way: str) -> Looked:
    others, chance = crowd.others(number, 5 if way in _BESIDE else 0)
    copy = WAYS[way](member.image, [other.image for other in others], chance)
    kept = [look for look in looks(upload(copy), DEFAULT_BUDGET) if look.quality >= LEAST_QUALITY]
    packages = member.packages
    for other in others:
        packages |= other.packages
    return Looked(
        place,
        way,
        packages,
        member.made_of.union(*(other.made_of for other in others)),
        np.array([FAMILIES.index(family(look.kind)) for look in kept], np.int8),
        _rows([look.value for look in kept]),
    )


def _rows(values: list[bytes]) -> Values:
    return np.frombuffer(b"".join(values), np.uint8).reshape(-1, 32)


def compare(banked: list[Banked], uploads: list[Looked], told: Callable[[float], None], threads: int = 1) -> Compared:
    """Compare all looks with all entries; `told` hears which share is done."""
    index = BruteIndex()
    index.add(np.concatenate([one.values for one in banked]))
    owner = np.repeat(np.arange(len(banked)), [len(one.values) for one in banked])
    first = np.cumsum([0, *(len(one.values) for one in banked)])
    looker = np.repeat(np.arange(len(uploads)), [len(one.values) for one in uploads])
    start = np.cumsum([0, *(len(one.values) for one in uploads)])
    every = np.concatenate([one.values for one in uploads])
    families = np.concatenate([one.families for one in uploads])
    kept: list[tuple[int, int, int, int, int, int]] = []
    for begin in range(0, len(every), _BATCH):
        found = index.search(every[begin : begin + _BATCH], REACH, threads)
        whose = np.repeat(np.arange(len(found.lims) - 1), np.diff(found.lims)) + begin
        for query, slot, bits in zip(whose.tolist(), found.ids.tolist(), found.distances.tolist(), strict=True):
            one, other = uploads[looker[query]], banked[owner[slot]]
            if not one.packages & other.packages and not one.made_of & other.made_of:
                upload_at, at = int(looker[query]), int(owner[slot])
                kept.append(
                    (int(families[query]), bits, upload_at, query - int(start[upload_at]), at, slot - int(first[at]))
                )
        told(min(1.0, (begin + _BATCH) / len(every)))
    columns = np.array(kept, np.int64).reshape(-1, 6).T
    return Compared(
        tuple(banked),
        tuple(uploads),
        _pairs(banked, uploads),
        columns[0].astype(np.int8),
        columns[1].astype(np.uint8),
        columns[2],
        columns[3],
        columns[4],
        columns[5],
    )


def _pairs(banked: list[Banked], uploads: list[Looked]) -> NDArray[np.int64]:
    """Count the pairs by family that have no package in common."""
    masks, place = np.unique([one.packages for one in banked], return_inverse=True)
    entries = np.bincount(place, weights=[len(one.values) for one in banked])
    pairs = np.zeros(len(FAMILIES), np.int64)
    for one in uploads:
        apart = int(entries[(masks & one.packages) == 0].sum())
        pairs += np.bincount(one.families, minlength=len(FAMILIES)) * apart
    return pairs


def few(found: Compared, most: int) -> Iterator[str]:
    """Name the nearest pairs of each family."""
    order = np.argsort(found.bits, kind="stable")
    for place, name in enumerate(FAMILIES):
        of_family = (at for at in order.tolist() if found.families[at] == place)
        listed = [
            f"{found.bits[at]} {found.banked[found.uploads[found.looker[at]].member].name}"
            f" ({found.uploads[found.looker[at]].way}) / {found.banked[found.owner[at]].name}"
            for at in islice(of_family, most)
        ]
        yield f"{name}: {'; '.join(listed) or 'none'}"
