"""What is posted: files with their sizes and shapes, and what each edit does to them. Columns, so that it is quick.

A variant is one file. A copy within Telegram is the same variant; an edit makes a new one out of an older one.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.simulation.settings import Habits

Rows = NDArray[np.void]

VARIANT = np.dtype(
    [
        ("origin", "i4"),  # the variant that it was made from; -1: none
        ("edit", "u1"),
        ("kind", "u1"),
        ("width", "i4"),
        ("height", "i4"),
        ("size", "i8"),  # bytes
        ("seconds", "i4"),
        ("name", "i4"),  # which file name; -1: none
        ("quality", "u1"),
    ]
)


class Kind(IntEnum):
    """What sort of file."""

    PHOTO = 0
    VIDEO = 1
    FILE = 2
    AUDIO = 3


class Edit(IntEnum):
    """What was done to a file before it was posted again."""

    NONE = 0
    RECODE = 1  # other bytes, same shape, hash a few bits away
    RESIZE = 2  # other bytes and shape, hash a few bits away
    CROP = 3  # other shape, hash mostly beyond 31 bits
    WATERMARK = 4  # faint or tiled: same shape, other bytes, hash mostly within 31 bits
    STAMP = 5  # opaque logo or text: same shape, hash mostly beyond
    BANNER = 6  # a strip with a caption: other shape, hash beyond
    TEMPLATE = 7  # not an edit but another content that happens to look alike: a false hit


# (share within 31 bits, mean of those, least and most of the others): rounded from docs/explanation/robustness.md.
DISTANCES: dict[Edit, tuple[float, float, int, int]] = {
    Edit.RECODE: (0.97, 4, 32, 50),
    Edit.RESIZE: (0.97, 5, 32, 50),
    Edit.CROP: (0.10, 22, 36, 120),
    Edit.WATERMARK: (0.94, 14, 32, 70),
    Edit.STAMP: (0.17, 22, 34, 70),
    Edit.BANNER: (0.05, 24, 50, 120),
    Edit.TEMPLATE: (1.0, 20, 32, 40),
}

_RATIOS = np.array([3 / 4, 4 / 3, 9 / 16, 16 / 9, 1.0, 2 / 3, 3 / 2])
_LONG_SIDES = np.array([1280, 1280, 1280, 1280, 960, 800, 2560])
_FILMS = np.array([(1280, 720), (720, 1280), (640, 360), (480, 848), (1920, 1080), (576, 1024), (640, 480)])


class Contents:
    """Every file of a world. Grows; `rows` gives what there is."""

    def __init__(self, chance: np.random.Generator) -> None:
        """Begin with nothing."""
        self._chance = chance
        self._rows = np.zeros(4096, VARIANT)
        self._count = 0
        self._names = 0

    @property
    def rows(self) -> Rows:
        """All variants, an older one always before what was made from it."""
        return self._rows[: self._count]

    def _add(self, fresh: Rows) -> NDArray[np.int64]:
        while self._count + len(fresh) > len(self._rows):
            self._rows = np.concatenate([self._rows, np.zeros(len(self._rows), VARIANT)])
        first = self._count
        self._rows[first : first + len(fresh)] = fresh
        self._count += len(fresh)
        return np.arange(first, self._count)

    def make(self, kinds: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Make new files of these kinds. One picture in 250 looks like another: a template, a screenshot."""
        chance, count = self._chance, len(kinds)
        fresh = np.zeros(count, VARIANT)
        fresh["kind"], fresh["origin"], fresh["name"] = kinds, -1, -1
        long_side = chance.choice(_LONG_SIDES, count)
        ratio = np.where(chance.random(count) < 0.7, chance.choice(_RATIOS, count), chance.uniform(0.45, 2.0, count))
        fresh["width"] = np.where(ratio >= 1, long_side, (long_side * ratio).astype(int))
        fresh["height"] = np.where(ratio >= 1, (long_side / ratio).astype(int), long_side)
        fresh["size"] = fresh["width"].astype(np.int64) * fresh["height"] * chance.lognormal(-2.1, 0.45, count)
        fresh["quality"] = np.where(
            chance.random(count) < 0.93, chance.integers(60, 101, count), chance.integers(0, 50, count)
        )
        self._make_films(fresh, np.flatnonzero(kinds == Kind.VIDEO))
        other = np.flatnonzero(kinds >= Kind.FILE)
        fresh["width"][other] = fresh["height"][other] = 0
        fresh["size"][other] = chance.lognormal(15, 1.5, len(other)).astype(np.int64)
        named = np.flatnonzero(kinds == Kind.FILE)
        fresh["name"][named] = np.arange(self._names, self._names + len(named))
        self._names += len(named)
        heard = np.flatnonzero(kinds == Kind.AUDIO)
        fresh["seconds"][heard] = chance.lognormal(3.5, 1, len(heard)).astype(int) + 1
        fresh["size"][heard] = fresh["seconds"][heard] * chance.integers(3000, 16000, len(heard))
        alike = np.flatnonzero((kinds == Kind.PHOTO) & (chance.random(count) < 0.004))
        if self._count:
            model = chance.integers(0, self._count, len(alike))
            fitting = self._rows["kind"][model] == Kind.PHOTO
            fresh["origin"][alike[fitting]] = model[fitting]
            fresh["edit"][alike[fitting]] = Edit.TEMPLATE
        return self._add(fresh)

    def _make_films(self, fresh: Rows, films: NDArray[np.int64]) -> None:
        sizes = _FILMS[self._chance.integers(0, len(_FILMS), len(films))]
        fresh["width"][films], fresh["height"][films] = sizes[:, 0], sizes[:, 1]
        seconds = self._chance.lognormal(3.6, 1.1, len(films)).astype(int) + 2
        fresh["seconds"][films] = seconds
        fresh["size"][films] = seconds * self._chance.integers(40_000, 300_000, len(films))

    def edit(self, variants: NDArray[np.int64], edits: NDArray[np.int64]) -> NDArray[np.int64]:
        """Make new files out of these. `Edit.NONE` gives the file itself; documents know only other bytes or names."""
        changed = edits != Edit.NONE
        old = self._rows[variants[changed]]
        how = edits[changed]
        chance, count = self._chance, len(old)
        fresh = old.copy()
        fresh["origin"], fresh["edit"] = variants[changed], how
        fresh["size"] = np.maximum(1, fresh["size"] * chance.lognormal(-0.1, 0.25, count)).astype(np.int64)
        seen = old["kind"] <= Kind.VIDEO
        shrink = np.where(seen & (how == Edit.RESIZE), chance.choice([0.5, 0.625, 0.75], count), 1.0)
        narrow = np.where(seen & (how == Edit.CROP), chance.uniform(0.7, 1.0, count), 1.0)
        lower = np.where(seen & (how == Edit.CROP), chance.uniform(0.7, 0.98, count), 1.0)
        taller = np.where(seen & (how == Edit.BANNER), chance.uniform(1.06, 1.25, count), 1.0)
        fresh["width"] = fresh["width"] * shrink * narrow
        fresh["height"] = fresh["height"] * shrink * lower * taller
        # A document sent anew keeps its bytes and name, or is packed anew, or is named anew.
        packed = chance.random(count) < 0.3
        document = old["kind"] == Kind.FILE
        fresh["size"][document & ~packed] = old["size"][document & ~packed]
        renamed = np.flatnonzero(document & ~packed & (chance.random(count) < 0.4))
        fresh["name"][renamed] = np.arange(self._names, self._names + len(renamed))
        self._names += len(renamed)
        # A clip that is only sent anew, not edited, keeps its bytes half of the time: clients send films as they are.
        kept = (old["kind"] == Kind.VIDEO) & (how == Edit.RECODE) & (chance.random(count) < 0.5)
        kept |= old["kind"] == Kind.AUDIO
        result = variants.copy()
        made = np.flatnonzero(changed)[~kept]
        result[made] = self._add(fresh[~kept])
        return result


def edit_weights(habits: Habits) -> NDArray[np.float64]:
    """Give how often a family makes each edit, by `Edit.RECODE` to `Edit.BANNER`, of sum 1."""
    weights = np.array(
        [habits.recode, habits.resize, habits.crop, habits.watermark, habits.stamp, habits.banner], dtype=np.float64
    )
    return np.asarray(weights / weights.sum())
