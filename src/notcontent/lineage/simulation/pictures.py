"""Drawn pictures for simulated files: landscapes that nobody is in, and what each edit makes of them.

A file is drawn smaller than the export says it is: worlds hold thousands, and a hash does not need more.
"""

import io
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from notcontent.lineage.simulation.contents import Edit, Rows
from notcontent.signals.drawing import draw_picture

LONGER_SIDE = 192
_ORIGINALS_KEPT = 256
_FILES_KEPT = 2048


class Pictures:
    """Draws the picture of a photo's variant, or the thumbnail of a film's. Equal variants, equal bytes."""

    def __init__(self, rows: Rows, seed: int) -> None:
        """Take the world's files."""
        self._rows, self._seed = rows, seed
        self._original: Callable[[int], Image.Image] = lru_cache(_ORIGINALS_KEPT)(self._draw)
        self.jpeg: Callable[[int], bytes] = lru_cache(_FILES_KEPT)(self._jpeg)
        """Give a variant's JPEG file."""

    def _jpeg(self, variant: int) -> bytes:
        sink = io.BytesIO()
        self._picture(variant).save(sink, "JPEG", quality=72 + variant % 20)
        return sink.getvalue()

    def _picture(self, variant: int) -> Image.Image:
        origin = int(self._rows["origin"][variant])
        return self._original(variant) if origin < 0 else self._edited(self._picture(origin), variant)

    def _draw(self, variant: int) -> Image.Image:
        width, height = (int(self._rows[name][variant]) for name in ("width", "height"))
        scale = LONGER_SIDE / max(width, height)
        return draw_picture(self._seed * 1_000_003 + variant, max(48, int(width * scale)), max(48, int(height * scale)))

    def _edited(self, picture: Image.Image, variant: int) -> Image.Image:
        chance = np.random.Generator(np.random.PCG64([self._seed, variant, 11]))
        edit = _EDITS.get(Edit(int(self._rows["edit"][variant])))
        return picture if edit is None else edit(picture, chance)


def _resized(picture: Image.Image, _chance: np.random.Generator) -> Image.Image:
    return picture.resize((picture.width * 3 // 4, picture.height * 3 // 4), Image.Resampling.BILINEAR)


def _cropped(picture: Image.Image, chance: np.random.Generator) -> Image.Image:
    left, upper, right, lower = chance.uniform(0.0, 0.14, 4)
    width, height = picture.size
    box = (int(width * left), int(height * upper), int(width * (1 - right)), int(height * (1 - lower)))
    return picture.crop(box)


def _watermarked(picture: Image.Image, _chance: np.random.Generator) -> Image.Image:
    """Lay faint words over all of it."""
    layer = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    brush = ImageDraw.Draw(layer)
    for y in range(8, picture.height, 44):
        for x in range(4, picture.width, 96):
            brush.text((x, y), "t.me/again", (255, 255, 255, 70), font_size=13)
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


def _alike(picture: Image.Image, chance: np.random.Generator) -> Image.Image:
    """Make another picture of the same template: a small sign is not the same."""
    return _stamped(picture, chance, 0.08, 0.12)


def _stamped(picture: Image.Image, chance: np.random.Generator, least: float = 0.25, most: float = 0.4) -> Image.Image:
    """Paint an opaque sign over a part of it."""
    stamped = picture.copy()
    side = min(picture.size) * chance.uniform(least, most)
    x, y = chance.uniform(0, picture.width - side), chance.uniform(0, picture.height - side)
    ImageDraw.Draw(stamped).rounded_rectangle((x, y, x + side, y + side), side / 5, fill=(240, 240, 60))
    return stamped


def _with_banner(picture: Image.Image, chance: np.random.Generator) -> Image.Image:
    """Add a strip with words below it."""
    strip = int(picture.height * chance.uniform(0.1, 0.25))
    sheet = Image.new("RGB", (picture.width, picture.height + strip), (20, 20, 24))
    sheet.paste(picture)
    ImageDraw.Draw(sheet).text((6, picture.height + 4), "join us again", "white", font_size=max(9, strip // 2))
    return sheet


# What is not here is only saved anew.
_EDITS: dict[Edit, Callable[[Image.Image, np.random.Generator], Image.Image]] = {
    Edit.RESIZE: _resized,
    Edit.CROP: _cropped,
    Edit.WATERMARK: _watermarked,
    Edit.STAMP: _stamped,
    Edit.BANNER: _with_banner,
    Edit.TEMPLATE: _alike,
}
