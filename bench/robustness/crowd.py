"""A crowd of unrelated pictures, for strangers' distances: what packages ship, what the project draws, and montages.

A montage lays cut-outs of one to three other pictures over a part of another, in another light. It shares what it is
made of with other montages, so every picture says which packages and which pictures are in it: pairs that have any of
them in common are no strangers. The judging packages are left out, so that measures may be chosen on a crowd.
"""

import math
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from bench.robustness.pictures import DEVELOPMENT, DISTRACTORS, STRANGERS, Picture, load
from notcontent.signals.drawing import draw_picture

LONGEST = 320
DRAWN_SHARE = 0.1
_SETS = tuple(name for name in (*DEVELOPMENT, *DISTRACTORS, *STRANGERS) if not name.startswith("drawn"))
SAME = ("earth", "world")
"""Several packages show the Earth: names that have one of these words share a bit as if they were of one package."""
_FIRST_DRAWN = 10_000_000
_SHAPES = ((256, 192), (192, 256), (256, 256), (256, 144))
_INSIDE = 6
"""So many drawn pictures for each thousand of the crowd serve as parts of montages."""


@dataclass(frozen=True, slots=True, eq=False)
class Shipped:
    """A package's picture, as a file in memory, for a crowd would not fit otherwise."""

    name: str
    package: int
    """The package's bit, and that of what other packages show too."""
    data: bytes

    @property
    def image(self) -> Image.Image:
        """Open it."""
        return Image.open(BytesIO(self.data)).convert("RGB")


@dataclass(frozen=True, slots=True, eq=False)
class Stranger:
    """One of the crowd: its picture, the bits of all packages in it, and the numbers of what it is made of."""

    name: str
    image: Image.Image
    packages: int
    made_of: frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """So many strangers, made when they are asked for: equal seeds give equal pictures."""

    shipped: tuple[Shipped, ...]
    told: tuple[str, ...]
    count: int
    seed: int

    def member(self, number: int) -> Stranger:
        """Give a stranger: first those that are shipped, then drawn ones and montages by chance."""
        if number < len(self.shipped):
            one = self.shipped[number]
            return Stranger(one.name, one.image, one.package, frozenset({number}))
        chance = np.random.default_rng([self.seed, number])
        if chance.random() < DRAWN_SHARE:
            return self._drawn(number)
        return self._montage(number, chance)

    def others(self, number: int, count: int) -> tuple[list[Stranger], Generator]:
        """Give strangers to show beside a picture, of one package; and the chance to go on with."""
        chance = np.random.default_rng([self.seed, number, 1])
        if not self.shipped:
            return [self._drawn(int(chance.integers(self.count))) for _ in range(count)], chance
        first = self.shipped[int(chance.integers(len(self.shipped)))]
        same = [place for place, one in enumerate(self.shipped) if one.package == first.package]
        return [self.member(int(chance.choice(same))) for _ in range(count)], chance

    def _drawn(self, number: int) -> Stranger:
        seed = _FIRST_DRAWN + self.seed * 1_000_000 + number
        image = _drawing(seed) if number < 0 else draw_picture(seed, *_SHAPES[seed % 4])
        return Stranger(f"drawn {seed}", image, 0, frozenset({seed}))

    def _part(self, chance: Generator) -> Stranger:
        if self.shipped and chance.random() < 0.85:
            return self.member(int(chance.integers(len(self.shipped))))
        return self._drawn(-1 - int(chance.integers(max(8, self.count * _INSIDE // 1000))))

    def _montage(self, number: int, chance: Generator) -> Stranger:
        """Lay cut-outs over a part of another picture."""
        ground = self._part(chance)
        parts = [self._part(chance) for _ in range(int(chance.integers(1, 4)))]
        page = _cut(ground.image, chance, 0.35, 1.0).resize(_SHAPES[int(chance.integers(4))])
        for part in parts:
            cutting = _cut(part.image, chance, 0.3, 1.0)
            across = round(page.width * float(chance.uniform(0.25, 0.8)))
            down = round(page.height * float(chance.uniform(0.25, 0.8)))
            left = int(chance.integers(-across // 4, page.width - across // 2))
            top = int(chance.integers(-down // 4, page.height - down // 2))
            page.paste(cutting.resize((across, down)), (left, top), _mask((across, down), chance))
        every = [ground, *parts]
        packages = 0
        for one in every:
            packages |= one.packages
        return Stranger(
            f"montage {number}", _lit(page, chance), packages, frozenset().union(*(one.made_of for one in every))
        )


@lru_cache(256)
def _drawing(seed: int) -> Image.Image:
    """Draw a part of montages, which comes again and again."""
    return draw_picture(seed, *_SHAPES[seed % 4])


def gather(count: int, seed: int, processes: int) -> Crowd:
    """Read what packages ship; the rest of the crowd is made as it is asked for."""
    shipped: list[Shipped] = []
    told: list[str] = []
    with ProcessPoolExecutor(processes) as pool:
        for place, (found, said) in enumerate(pool.map(_read, _SETS)):
            package = _SETS[place].partition(":")[0]
            bit = 1 << [name.partition(":")[0] for name in _SETS].index(package)
            shipped += [Shipped(name, bit | _shown(name), data) for name, data in found]
            told.append(said)
    return Crowd(tuple(shipped[:count]), tuple(told), count, seed)


def _shown(name: str) -> int:
    """Give a bit to what several packages show."""
    return 1 << len(_SETS) if any(word in name.lower() for word in SAME) else 0


def _read(name: str) -> tuple[list[tuple[str, bytes]], str]:
    pictures, told = load((name,), apart=1, longest=LONGEST)
    return [(picture.name, _file(picture)) for picture in pictures], told[0]


def _file(picture: Picture) -> bytes:
    sink = BytesIO()
    picture.image.save(sink, "JPEG", quality=95)
    return sink.getvalue()


def _cut(image: Image.Image, chance: Generator, low: float, high: float) -> Image.Image:
    """Cut a rectangle out whose sides are these shares of the picture's."""
    across, down = (float(chance.uniform(low, high)) for _ in range(2))
    left, top = (float(chance.uniform(0, 1 - share)) for share in (across, down))
    width, height = image.size
    box = (left * width, top * height, (left + across) * width, (top + down) * height)
    return image.crop(tuple(round(side) for side in box))  # type: ignore[arg-type]


def _mask(size: tuple[int, int], chance: Generator) -> Image.Image:
    """Draw a cut-out's outline: a blob, a polygon or a rectangle, its edge soft or not."""
    mask = Image.new("L", size, 0)
    brush = ImageDraw.Draw(mask)
    corners = int(chance.integers(4, 24))
    reach = chance.uniform(0.55, 1.0, corners)
    points = [
        (
            size[0] / 2 * (1 + reach[n] * math.cos(2 * math.pi * n / corners)),
            size[1] / 2 * (1 + reach[n] * math.sin(2 * math.pi * n / corners)),
        )
        for n in range(corners)
    ]
    if chance.random() < 0.2:
        brush.rectangle((0, 0, *size), fill=255)
    else:
        brush.polygon(points, fill=255)
    soft = float(chance.choice((0.0, 1.0, 4.0)))
    return mask.filter(ImageFilter.GaussianBlur(soft)) if soft else mask


def _lit(image: Image.Image, chance: Generator) -> Image.Image:
    """Change the light: a gamma, and corners that are darker than others, by up to half."""
    gamma = float(chance.uniform(0.7, 1.4))
    curve = [round(255 * (level / 255) ** gamma) for level in range(256)]
    corners = Image.fromarray(chance.integers(128, 256, (2, 2)).astype(np.uint8))
    light = corners.resize(image.size, Image.Resampling.BILINEAR)
    return ImageChops.multiply(image.point(curve * 3), Image.merge("RGB", (light,) * 3))


def numbers(crowd: Crowd) -> Iterator[int]:
    """Give the numbers of all members, in an order that mixes the kinds, so that progress is even."""
    order = np.random.default_rng([crowd.seed, 2]).permutation(crowd.count)
    yield from order.tolist()
