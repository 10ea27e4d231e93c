"""A decoded picture and the hashes of its regions and turns: luma in, hashes out."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from notcontent.signals.luma import Luma
from notcontent.signals.pdq import Floats, Hashed, _bits, _quality, _taps, _transform, pdq


class Rect(NamedTuple):
    """A region in the picture's own pixels; bottom and right are one past the last."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Raster:
    """An upright picture: sample (i, j) of `luma` u8[h, w] is the mean of scale x scale pixels."""

    luma: Luma
    height: int
    width: int
    scale: int = 1


def hash_region(raster: Raster, rect: Rect | None = None) -> Hashed:
    """Hash the picture, or a region of it."""
    part = _part(raster, rect)
    if part.size > 400_000:
        return pdq(part)
    small = _dense(part.shape[0]) @ part.astype(np.float32) @ _dense(part.shape[1]).T
    return Hashed(_bits(_transform(small)), _quality(small))


def hash_turns(raster: Raster, rect: Rect | None = None) -> list[Hashed]:
    """Hash all eight turns of the picture or a region: identity first, then 90, 180, 270 degrees, then mirrored ones."""
    part = _part(raster, rect).astype(np.float32)
    v, h = _dense(part.shape[0]), _dense(part.shape[1])
    rows, sideways = np.vstack([v, v[:, ::-1]]), np.vstack([h, h[:, ::-1]])
    four = rows @ part @ sideways.T
    a, b, c, d = four[:64, :64], four[:64, 64:], four[64:, :64], four[64:, 64:]
    smalls = (a, b.T, d, c.T, b, a.T, c, d.T)
    return [Hashed(_bits(_transform(one)), _quality(one)) for one in map(np.ascontiguousarray, smalls)]


@lru_cache(maxsize=512)
def _dense(n: int) -> Floats:
    taps = np.zeros((64, n), np.float32)
    for k, tap in enumerate(_taps(n)):
        taps[k, tap.start : tap.start + len(tap.weights)] = tap.weights
    return taps


def _part(raster: Raster, rect: Rect | None) -> Luma:
    if rect is None:
        return raster.luma
    k = raster.scale
    top, left = round(rect.top / k), round(rect.left / k)
    return raster.luma[top : max(top + 1, round(rect.bottom / k)), left : max(left + 1, round(rect.right / k))]
