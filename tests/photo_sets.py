"""Sets of large pictures, to see how a fraction of a picture hashes: photos, photos laid side by side, drawn scenes."""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice

import numpy as np
from PIL import Image
from skimage import data

from notcontent.signals import Luma
from notcontent.signals.drawing import draw_picture

PHOTOS = (
    *("brick", "camera", "cell", "chelsea", "coffee", "coins", "grass", "gravel", "hubble_deep_field"),
    *("moon", "page", "retina", "rocket", "text"),
)
"""What scikit-image ships: 300 to 1,400 pixels a side."""


def photo(name: str) -> Image.Image:
    """Give a photo in colour."""
    return Image.fromarray(getattr(data, name)()).convert("RGB")


def photos(side: int) -> Iterator[Image.Image]:
    """Give each photo, enlarged so that its shorter side is at least so long: soft at full size."""
    for name in PHOTOS:
        image = photo(name)
        factor = max(1.0, side / min(image.size))
        yield image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.BICUBIC)


def mosaics(side: int, count: int = 10) -> Iterator[Image.Image]:
    """Give photos laid side by side at their own size: sharp at full size."""
    sources = [photo(name) for name in PHOTOS]
    for number in range(count):
        chance = np.random.Generator(np.random.PCG64(number))
        canvas = Image.new("RGB", (side + int(chance.integers(0, side // 3)), side))
        top = 0
        while top < canvas.height:
            left, tallest = 0, 1
            while left < canvas.width:
                tile = sources[int(chance.integers(len(sources)))]
                canvas.paste(tile, (left, top))
                left, tallest = left + tile.width, max(tallest, tile.height)
            top += tallest
        yield canvas


def drawings(side: int, count: int = 5) -> Iterator[Image.Image]:
    """Give drawn scenes: fine grain at full size."""
    for seed in range(count):
        yield draw_picture(seed, side + 31, side + seed)


SETS: dict[str, Callable[[int], Iterator[Image.Image]]] = {"photos": photos, "mosaics": mosaics, "drawings": drawings}


@cache
def lumas(name: str, side: int) -> list[Luma]:
    """Give the luma of a set's pictures, kept for the next test."""
    return [np.asarray(image.convert("L")) for image in SETS[name](side)]


@cache
def small_set(name: str, side: int, count: int) -> list[Image.Image]:
    """Give the first pictures of a set, in colour, kept for the next test."""
    return list(islice(SETS[name](side), count))
