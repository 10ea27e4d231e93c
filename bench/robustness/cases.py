"""What is done to every test picture: 102 fixed edits in groups, and edits with parameters drawn by chance ("X")."""

import math
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageFilter

from bench.robustness import edits as e
from bench.robustness import screens
from bench.robustness.edits import BLACK, WHITE

Flip = Image.Transpose


class Case(NamedTuple):
    """One edited copy: its group, what was done, and the copy."""

    group: str
    name: str
    image: Image.Image


def fixed(image: Image.Image, others: list[Image.Image], chance: Generator) -> Iterator[Case]:
    """Make the 102 fixed edits of a picture; `others` are at least three unrelated ones of its collages."""
    for part in (_saved, _filtered, _moved, _framed, _covered):
        yield from part(image, chance)
    for name, dark in (("viewer black", True), ("viewer white", False)):
        yield Case("screenshot", name, screens.viewer(image, dark=dark))
    for name, dark in (("chat dark", True), ("chat light", False)):
        yield Case("screenshot", name, screens.chat(image, chance, dark=dark))
    yield Case("screenshot", "feed post", screens.feed(image, chance))
    for layout in ("2x1", "1x2", "2x2"):
        yield Case("collage", layout, screens.collage(image, others, layout))
    for jitter in (0.02, 0.04):
        yield Case("perspective", f"{jitter:.0%}, filled", e.photographed(image, chance, jitter, screen=False))
    yield Case("perspective", "photo of a screen", e.photographed(image, chance, 0.025, screen=True))
    yield from _combined(image, chance)
    yield Case("identity", "as it was", image)


def _saved(image: Image.Image, _chance: Generator) -> Iterator[Case]:
    for quality in (20, 50, 80, 95):
        yield Case("recompress", f"JPEG {quality}", e.resaved(image, quality))
    yield Case("recompress", "WebP 30", e.resaved(image, 30, "WEBP"))
    for factor in (0.25, 0.5, 2.0):
        yield Case("resize", f"x {factor}", e.scaled(image, factor, factor))
    yield Case("squeeze", "width x 0.8", e.scaled(image, 0.8, 1.0))


def _filtered(image: Image.Image, chance: Generator) -> Iterator[Case]:
    make = partial(Case, "filter")
    yield make("blur 2", image.filter(ImageFilter.GaussianBlur(2)))
    yield make("noise 15", e.noisy(image, 15, chance))
    yield make("brighter", e.levels(image, lambda x: x + 40))
    yield make("darker", e.levels(image, lambda x: x - 40))
    yield make("contrast 0.6", e.levels(image, lambda x: (x - 128) * 0.6 + 128))
    yield make("contrast 1.5", e.levels(image, lambda x: (x - 128) * 1.5 + 128))
    yield make("gamma 0.6", e.levels(image, lambda x: 255 * (x / 255) ** 0.6))
    yield make("gamma 1.7", e.levels(image, lambda x: 255 * (x / 255) ** 1.7))
    yield make("grey", image.convert("L").convert("RGB"))
    yield make("old print", e.tinted(image))


def _moved(image: Image.Image, chance: Generator) -> Iterator[Case]:
    yield Case("turn", "mirror", e.mirrored(image))
    yield Case("turn", "upside down mirror", image.transpose(Flip.FLIP_TOP_BOTTOM))
    for name, turn in (("90", Flip.ROTATE_90), ("180", Flip.ROTATE_180), ("270", Flip.ROTATE_270)):
        yield Case("turn", name, image.transpose(turn))
    for degrees in (1, 2, 3, 5, 7, 10):
        angle = degrees * float(chance.choice((-1, 1)))
        yield Case("rotation, inscribed", f"{degrees} degrees", e.rotated(image, angle, inscribed=True))
        yield Case("rotation, black corners", f"{degrees} degrees", e.rotated(image, angle, inscribed=False))
    for share in (95, 90, 80, 70, 60, 50):
        yield Case("crop, centre", f"{share} %", e.crop_area(image, share / 100))
        yield Case("crop, anywhere", f"{share} %", e.crop_area(image, share / 100, chance))
    for most in (0.08, 0.15):
        left, top, right, bottom = chance.uniform(0, most, 4).tolist()
        yield Case("crop, edges", f"four up to {most:.0%}", e.cropped(image, left, top, 1 - right, 1 - bottom))
    sides = [0.0, 0.0, 1.0, 1.0]
    side, cut = int(chance.integers(4)), float(chance.uniform(0.03, 0.3))
    sides[side] = cut if side < 2 else 1 - cut
    yield Case("crop, edges", "one of 3 to 30 %", e.cropped(image, *sides))
    for name, shape in (("1:1", 1.0), ("4:5", 0.8), ("16:9", 16 / 9)):
        yield Case("crop, shape", name, e.crop_shape(image, shape))
    yield Case("crop, shape", "1:1 anywhere", e.crop_shape(image, 1.0, float(chance.random())))


def _framed(image: Image.Image, chance: Generator) -> Iterator[Case]:
    for name, shape in (("1:1", 1.0), ("9:16", 9 / 16), ("9:19.5", 9 / 19.5), ("16:9", 16 / 9)):
        yield Case("letterbox", f"{name} black", e.letterboxed(image, shape, BLACK))
    yield Case("letterbox", "1:1 white", e.letterboxed(image, 1.0, WHITE))
    yield Case("letterbox", "9:16 blurred", e.letterboxed(image, 9 / 16, "blur"))
    yield Case("letterbox", "1:1 blurred", e.letterboxed(image, 1.0, "blur"))
    for share in (0.03, 0.05, 0.1, 0.15):
        yield Case("border", f"{share:.0%} white", e.bordered(image, share, WHITE))
        yield Case("border", f"{share:.0%} black", e.bordered(image, share, BLACK))
    for share in (0.1, 0.2, 0.3):
        yield Case("caption", f"above {share:.0%} white", e.captioned(image, share, WHITE, on_top=True))
        yield Case("caption", f"below {share:.0%} black", e.captioned(image, share, BLACK, on_top=False))
    share = float(chance.uniform(0.08, 0.3))
    yield Case("caption", "8 to 30 % white", e.captioned(image, share, WHITE, on_top=chance.random() < 0.5))


def _covered(image: Image.Image, chance: Generator) -> Iterator[Case]:
    yield Case("overlay", "meme text", e.meme(image))
    yield Case("overlay", "tiled watermark", e.watermarked(image))
    yield Case("overlay", "logo", e.stamped(image))
    for share in (0.05, 0.15):
        yield Case("overlay", f"emoji {share:.0%}", e.with_emoji(image, share, chance))


def _combined(image: Image.Image, chance: Generator) -> Iterator[Case]:
    make = partial(Case, "combination")
    mirror = e.mirrored(image)
    yield make("crop 80, mirror, JPEG 50", e.resaved(e.mirrored(e.crop_area(image, 0.8, chance)), 50))
    yield make("crop 90, caption", e.captioned(e.crop_area(image, 0.9, chance), 0.2, WHITE, on_top=True))
    yield make("mirror, viewer", screens.viewer(mirror, dark=True))
    yield make("border, watermark, JPEG 40", e.resaved(e.watermarked(e.bordered(image, 0.05, WHITE)), 40))
    turned = e.rotated(image, 2, inscribed=True)
    yield make("rotation 2, crop 90, JPEG 50", e.resaved(e.crop_area(turned, 0.9, chance), 50))
    yield make("mirror, letterbox 9:16", e.letterboxed(mirror, 9 / 16, BLACK))
    left, top, right, bottom = chance.uniform(0, 0.08, 4).tolist()
    cut = e.cropped(image, left, top, 1 - right, 1 - bottom)
    yield make("edges, brighter, squeezed", e.scaled(e.levels(cut, lambda x: x + 25), 0.85, 1.0))
    marked = e.with_emoji(mirror, 0.05, chance)
    yield make("mirror, emoji, filter", e.levels(marked, lambda x: (x - 128) * 1.25 + 135))


def by_chance(image: Image.Image, others: list[Image.Image], chance: Generator) -> Iterator[Case]:
    """Edit with parameters drawn by chance. The groups' names begin with X."""
    for degrees in chance.uniform(1, 10, 2).tolist():
        yield Case("X rotation, inscribed", f"{degrees:.1f} degrees", e.rotated(image, degrees, inscribed=True))
        yield Case("X rotation, black corners", f"{degrees:.1f} degrees", e.rotated(image, -degrees, inscribed=False))
    for low, high in ((0.9, 0.98), (0.75, 0.9), (0.5, 0.75)):
        sides = _rectangle(chance, low, high)
        yield Case(f"X crop {low:.0%}-{high:.0%}", "any rectangle", e.cropped(image, *sides))
    yield Case("X perspective 3 %", "filled", e.photographed(image, chance, 0.03, screen=False))
    yield Case("X photo of a screen", "2.5 %", e.photographed(image, chance, 0.025, screen=True))
    for share in chance.uniform(0.05, 0.2, 2).tolist():
        yield Case("X sticker 5-20 %", f"{share:.0%}", e.with_sticker(image, others[0], share, chance))
        yield Case("X emoji 5-20 %", f"{share:.0%}", e.with_emoji(image, share, chance))
    yield Case("X mirror and crop 75-90 %", "", e.mirrored(e.cropped(image, *_rectangle(chance, 0.75, 0.9))))
    slight = e.cropped(image, *_rectangle(chance, 0.9, 0.98))
    yield Case("X crop 90-98 % in a screen", "viewer", screens.viewer(slight, dark=True))
    yield Case("X crop 90-98 % in a screen", "chat", screens.chat(slight, chance, dark=True))
    yield from _framed_by_chance(image, chance)
    yield from _shown_by_chance(image, others, chance)


def _framed_by_chance(image: Image.Image, chance: Generator) -> Iterator[Case]:
    for _ in range(2):
        shape = image.width / image.height * math.exp(float(chance.choice((-1, 1)) * chance.uniform(0.12, 0.8)))
        place = float(chance.choice((0.5, chance.uniform(0, 1))))
        yield Case("X letterbox", "any colour", e.letterboxed(image, shape, _colour(chance), place))
        yield Case("X letterbox, blurred", "", e.letterboxed(image, shape, "blur"))
        sides = chance.uniform(0.01, 0.15, 4) * (chance.random(4) < 0.8) * min(image.size)
        top, right, bottom, left = (int(side) for side in sides)
        yield Case("X border", "uneven", e.padded(image, (top, right, bottom, left), _colour(chance)))
        share, lines = float(chance.uniform(0.08, 0.3)), int(chance.integers(1, 4))
        on_top = bool(chance.random() < 0.5)
        yield Case(
            "X caption", f"{lines} lines", e.captioned(image, share, _colour(chance), on_top=on_top, lines=lines)
        )
    turn = (Flip.ROTATE_90, Flip.ROTATE_180, Flip.ROTATE_270, Flip.FLIP_LEFT_RIGHT, Flip.TRANSPOSE)[
        int(chance.integers(5))
    ]
    small = e.scaled(image, *[float(chance.uniform(0.4, 1))] * 2)
    yield Case("X turn, smaller, JPEG", "", e.resaved(small.transpose(turn), int(chance.integers(30, 90))))
    boxed = e.letterboxed(image.transpose(turn), float(chance.uniform(0.45, 2)), BLACK)
    yield Case("X turn in a letterbox", "", e.resaved(boxed, int(chance.integers(30, 90))))


def _shown_by_chance(image: Image.Image, others: list[Image.Image], chance: Generator) -> Iterator[Case]:
    for dark in (False, True):
        rounded = int(chance.integers(0, 28))
        yield Case("X screenshot", "chat", screens.chat(image, chance, dark=dark, rounded=rounded))
        yield Case("X screenshot", "feed", screens.feed(image, chance, dark=dark))
    blurred = e.resaved(screens.viewer(image, dark=bool(chance.random() < 0.5)), int(chance.integers(30, 90)))
    yield Case("X screenshot", "viewer, JPEG", blurred)
    for columns, rows in ((2, 1), (1, 2), (2, 2), (3, 1), (3, 2), (3, 3)):
        copy = screens.mosaic(image, others, chance, columns, rows)
        yield Case("X collage", f"{columns}x{rows}", e.resaved(copy, int(chance.integers(50, 95))))


def _colour(chance: Generator) -> e.Rgb:
    """Draw a colour: black and white half of the time."""
    if (pick := chance.random()) < 0.5:
        return BLACK if pick < 0.25 else WHITE
    red, green, blue = chance.integers(0, 256, 3).tolist()
    return red, green, blue


def _rectangle(chance: Generator, low: float, high: float) -> tuple[float, float, float, float]:
    """Draw a rectangle that keeps this share of the area, anywhere, up to a third longer or shorter in shape."""
    area = float(chance.uniform(low, high))
    stretch = math.exp(float(chance.uniform(-1, 1)) * min(0.3, 1 - area))
    width = min(1.0, math.sqrt(area * stretch))
    height = min(1.0, area / width)
    left, top = (float(x) for x in np.array([1 - width, 1 - height]) * chance.random(2))
    return left, top, left + width, top + height
