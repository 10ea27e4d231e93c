"""How near looks at one picture come to the hashes of others: the tail that decides what may block.

Uploads are the test pictures as they are, framed, in screens and in collages; the bank is other packages' pictures and
parts of them. Every look of every upload is compared with every entry. What lies within 63 bits is counted by family
of looks; the tail down to the radius is an exponential fitted to those counts, and its uncertainty comes from drawing
the uploads' pictures anew (bootstrap): pairs that share a picture are not independent.
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.robustness import edits as e
from bench.robustness import screens
from bench.robustness.pictures import LEAST_QUALITY, Picture
from bench.robustness.recall import upload
from notcontent.matching import BruteIndex
from notcontent.signals import looks, pdq
from notcontent.signals.looks import MOST_BUDGET

FAMILIES = ("whole", "turn", "quad", "trim", "tile")
REACH = 63
BINS = REACH + 1
_FIT_FROM = 5
"""The fit begins at the first distance up to which this many pairs were counted ..."""
_FIT_TO = 62
_DRAWS = 400


@dataclass(frozen=True, slots=True, eq=False)
class Tail:
    """One family's pairs: how many were compared, and how many lay at each distance, by the upload's picture."""

    looks: int
    pairs: int
    counts: NDArray[np.int64]
    """i64[pictures, BINS]."""
    nearest: tuple[tuple[int, str, str], ...]
    """The nearest ten: (bits, look, of which pictures)."""

    @property
    def total(self) -> NDArray[np.int64]:
        """Pairs by distance, over all pictures."""
        total: NDArray[np.int64] = self.counts.sum(axis=0)
        return total

    def share_within(self, radius: int) -> tuple[float, float]:
        """Estimate the share of pairs within a radius by the fitted tail, and its upper 95 % bound."""
        chance = np.random.default_rng(7)
        rows = len(self.counts)
        drawn = [self.counts[chance.integers(rows, size=rows)].sum(axis=0) for _ in range(_DRAWS)]
        estimates = sorted(_fitted(counts, self.pairs, radius) for counts in drawn)
        return _fitted(self.total, self.pairs, radius), estimates[int(0.95 * _DRAWS)]


def _fitted(counts: NDArray[np.int64], pairs: int, radius: int) -> float:
    """Fit log P(distance <= t) as a line in t, weighted by the counts, and read it at the radius."""
    within = counts.cumsum()
    places = np.flatnonzero(within >= _FIT_FROM)
    places = places[places <= _FIT_TO]
    if len(places) < 4:
        return 3 / pairs  # nothing to fit: the bound that no pair at all gives
    weights = np.sqrt(np.minimum(within[places], 1000))
    slope, base = np.polyfit(places, np.log(within[places] / pairs), 1, w=weights)
    return float(math.exp(base + slope * radius))


def bank_of(pictures: list[Picture]) -> tuple[NDArray[np.uint8], list[str]]:
    """Hash pictures and their parts: the middle, four corners and four halves. Gives rows u8[n, 32], and names."""
    rows, names = [], []
    parts = ((0, 0, 1, 1), (0.2, 0.2, 0.8, 0.8), *((x, y, x + 0.6, y + 0.6) for x in (0, 0.4) for y in (0, 0.4)))
    parts += ((0, 0, 0.5, 1), (0.5, 0, 1, 1), (0, 0, 1, 0.5), (0, 0.5, 1, 1))
    for picture in pictures:
        luma = np.asarray(picture.image.convert("L"))
        height, width = luma.shape
        for left, top, right, bottom in parts:
            hashed = pdq(luma[int(top * height) : int(bottom * height), int(left * width) : int(right * width)])
            if hashed.quality >= LEAST_QUALITY:
                rows.append(np.frombuffer(hashed.value, np.uint8))
                names.append(picture.name if (left, top, right, bottom) == parts[0] else f"part of {picture.name}")
    return np.stack(rows), names


def uploads_of(image: Image.Image, others: list[Image.Image], seed: int) -> Iterator[Image.Image]:
    """Give the uploads that a picture makes: as it is, framed, captioned, in screens, in collages, in parts."""
    chance = np.random.default_rng(seed)
    yield image
    yield e.letterboxed(image, 9 / 16, e.BLACK)
    yield e.letterboxed(image, 1.0, "blur")
    yield e.bordered(image, 0.06, e.WHITE)
    yield e.captioned(image, float(chance.uniform(0.08, 0.3)), e.WHITE, on_top=bool(chance.random() < 0.5))
    yield screens.viewer(image, dark=True)
    yield screens.chat(image, chance, dark=bool(chance.random() < 0.5))
    yield screens.feed(image, chance)
    yield screens.collage(image, others, "2x2")
    yield screens.mosaic(image, others, chance, 3, 2)
    yield e.crop_area(image, 0.5, chance)
    yield e.crop_shape(image, 2.2, float(chance.random()))


def tails(
    pictures: list[Picture], bank: NDArray[np.uint8], names: list[str], seed: int, processes: int
) -> dict[str, Tail]:
    """Compare every look of every upload with every entry of the bank."""
    index = BruteIndex()
    index.add(bank)
    jobs = [
        (picture.image, [pictures[(place + step) % len(pictures)].image for step in range(1, 9)], seed + place)
        for place, picture in enumerate(pictures)
    ]
    counts = {family: np.zeros((len(pictures), BINS), np.int64) for family in FAMILIES}
    number: dict[str, int] = defaultdict(int)
    nearest: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    with ProcessPoolExecutor(processes) as pool:
        for place, found in enumerate(pool.map(_looked, jobs)):
            by_family: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
            for kind, value in found:
                by_family[kind.partition(":")[0]].append((kind, value))
            for family, listed in by_family.items():
                number[family] += len(listed)
                queries = np.frombuffer(b"".join(value for _, value in listed), np.uint8).reshape(-1, 32)
                hits = index.search(queries, REACH)
                counts[family][place] += np.bincount(hits.distances, minlength=BINS)[:BINS]
                for query, (kind, _) in enumerate(listed):
                    ids, bits = hits.of(query)
                    if len(ids):
                        pair = f"{pictures[place].name} / {names[int(ids[0])]}"
                        nearest[family].append((int(bits[0]), kind, pair))
                nearest[family] = sorted(nearest[family])[:10]
    return {
        family: Tail(number[family], number[family] * len(bank), counts[family], tuple(nearest[family]))
        for family in FAMILIES
    }


def _looked(job: tuple[Image.Image, list[Image.Image], int]) -> list[tuple[str, bytes]]:
    """Give the looks at all uploads of one picture that are not too plain."""
    image, others, seed = job
    found = []
    for copy in uploads_of(image, others, seed):
        kept = (look for look in looks(upload(copy), MOST_BUDGET) if look.quality >= LEAST_QUALITY)
        found += [(look.kind, look.value) for look in kept]
    return found
