"""Looks: the hashes of one upload, and of what it may have been made from.

A bank holds one hash of a picture. So the edits are undone here, on the upload: it is hashed as it is, in its other
seven turns, laid flat where it was seen at a slant, without what may have been put around it (`views`: borders, bars,
captions, screens), and as the parts of a collage. docs/reference/words.md lists the kinds,
docs/explanation/robustness.md what each finds.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from notcontent.errors import ImageTooSmallError
from notcontent.signals.decode import decode
from notcontent.signals.grain import MOST_GRAIN, grain
from notcontent.signals.levels import Levels
from notcontent.signals.limits import DEFAULT_LIMITS, Limits
from notcontent.signals.pdq import MIN_SIDE, Hashed
from notcontent.signals.raster import Raster, Rect, Turns, hash_region
from notcontent.signals.views import Views, find_views
from notcontent.signals.views.quads import Quad
from notcontent.signals.views.sheet import Made

WHOLE = "whole"
TURN_WORDS = ("", "mirror", "180", "flip", "transpose", "right", "transverse", "left")
"""How a look was turned before it was hashed, in the order of `hash_turns`: mirror is left for right, flip upside down
for upright; right and left are quarter turns with and against the clock; transpose and transverse are those, mirrored.
"""
_MIRROR = 1
_LATER_TURNS = (5, 7, 2, 3, 4, 6)
DEFAULT_BUDGET = 48
MOST_BUDGET = 255
"""The worker's protocol counts looks in one byte."""
_FIRST_TRIMS, _FIRST_TILES, _MIRRORED_TILES = 6, 10, 4


@dataclass(frozen=True, slots=True, repr=False)
class Look:
    """One hash of an upload, with what of it was hashed."""

    kind: str
    value: bytes
    """32 bytes, "bit 255 first"."""
    quality: int
    """0..100."""

    def __repr__(self) -> str:
        """Show the kind alone."""
        return f"<Look {self.kind} redacted>"


def family(kind: str) -> str:
    """Give what a kind belongs to: "whole", "turn", "quad", "trim" or "tile"."""
    return kind.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Seen:
    """A look, where in the upload it was taken, and how it was turned (an index into TURN_WORDS)."""

    look: Look
    rect: Rect
    turn: int
    quad: Quad | None = None
    """What was laid flat for it; `rect` then is the upright rectangle around that."""


def hash_image(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Hashed:
    """Hash a whole picture from its file's bytes.

    Raises ImageError or a subclass; a side shorter than 5 pixels is refused (ImageTooSmallError), because every such
    picture would get the same hash.
    """
    return hash_region(decoded(data, limits))


def looks(data: bytes, budget: int = 1, limits: Limits = DEFAULT_LIMITS) -> list[Look]:
    """Look at an upload in at most `budget` ways, the likeliest first. Raises as `hash_image` does."""
    return [one.look for one in see(decoded(data, limits), budget)] if budget > 0 else []


def see(raster: Raster, budget: int, made: Made | None = None) -> list[Seen]:
    """Take at most `budget` looks at a decoded picture, the likeliest first; none has the value of one before it.

    Of turns and parts, those whose hash a single pattern explains are passed over: too many strangers have such hashes.
    `made` is the raster's sheet, where there is one already.
    """
    seen: list[Seen] = []
    values: set[bytes] = set()
    if budget > 0:
        for kind, rect, turn, hashed, quad in _ranked(raster, budget, made):
            if hashed.value in values or (values and grain(hashed.value) > MOST_GRAIN):
                continue
            values.add(hashed.value)
            seen.append(Seen(Look(kind, hashed.value, hashed.quality), rect, turn, quad))
            if len(seen) == min(budget, MOST_BUDGET):
                break
    return seen


def decoded(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Raster:
    """Decode. Raises ImageError or a subclass."""
    raster = decode(data, limits)
    if min(raster.height, raster.width) < MIN_SIDE:
        raise ImageTooSmallError
    return raster


_Hash = tuple[str, Rect, int, Hashed, Quad | None]


def _ranked(raster: Raster, budget: int, made: Made | None) -> Iterator[_Hash]:
    """Hash by what a look finds for its price; nothing is computed beyond what is taken."""
    whole = Rect(0, 0, raster.height, raster.width)
    yield WHOLE, whole, 0, hash_region(raster), None
    if budget == 1:
        return
    levels = Levels(raster)
    turns = levels.turns(whole)
    for turn in range(1, len(TURN_WORDS)):
        yield f"turn:{TURN_WORDS[turn]}", whole, turn, turns[turn], None
    if budget <= len(TURN_WORDS):
        return
    yield from _of_parts(levels, find_views(raster, made), whole)


def _of_parts(levels: Levels, views: Views, whole: Rect) -> Iterator[_Hash]:
    """Hash what the views show, the likeliest first, and then its turns."""
    trims = [(f"trim:{number}", rect) for number, rect in enumerate(views.trims, 1)]
    tiles = [(f"tile:{number}", rect) for number, rect in enumerate(views.tiles, 1)]
    quads = list(_laid_flat(levels, views.quads, whole))
    first: list[_Turned] = [(kind, rect, levels.turns(rect), None) for kind, rect in trims[:_FIRST_TRIMS]]
    for kind, rect, hashes, quad in quads + first:
        yield kind, rect, 0, hashes[0], quad
    for kind, rect in tiles[:_FIRST_TILES]:
        yield kind, rect, 0, levels.whole(rect), None
    turned = first + quads
    for kind, rect, hashes, quad in turned:
        yield f"{kind}+mirror", rect, _MIRROR, hashes[_MIRROR], quad
    for kind, rect in trims[_FIRST_TRIMS:] + tiles[_FIRST_TILES:]:
        yield kind, rect, 0, levels.whole(rect), None
    for kind, rect, hashes, quad in turned:
        for turn in _LATER_TURNS:
            yield f"{kind}+{TURN_WORDS[turn]}", rect, turn, hashes[turn], quad
    for kind, rect in tiles[:_MIRRORED_TILES]:
        yield f"{kind}+mirror", rect, _MIRROR, levels.mirrored(rect), None


_Turned = tuple[str, Rect, Turns, Quad | None]


def _laid_flat(levels: Levels, quads: tuple[Quad, ...], whole: Rect) -> Iterator[_Turned]:
    """Hash quadrilaterals in their eight turns; the rectangle is the upright one around each, inside the picture."""
    for number, quad in enumerate(quads, 1):
        xs, ys = ([min(max(0.0, share), 1.0) for share in shares] for shares in zip(*quad, strict=True))
        rect = Rect(
            int(min(ys) * whole.bottom),
            int(min(xs) * whole.right),
            math.ceil(max(ys) * whole.bottom),
            math.ceil(max(xs) * whole.right),
        )
        yield f"quad:{number}", rect, levels.flat(quad, rect), quad
