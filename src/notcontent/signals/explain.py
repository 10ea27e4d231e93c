"""Which look at one picture meets another's hash, and how near: what a verdict rests on, for an engineer to see."""

from dataclasses import dataclass

import numpy as np

from notcontent.signals.looks import DEFAULT_BUDGET, TURN_WORDS, Seen, decoded, see
from notcontent.signals.raster import Rect, hash_region

BITS = 256


@dataclass(frozen=True, slots=True)
class Met:
    """One look at the second picture, and how many bits it is from the hash of the first, whole."""

    kind: str
    distance: int
    quality: int
    rect: Rect
    """Where the look was taken, in the second picture's upright pixels."""
    turn: str
    """How it was turned: "" for not at all, otherwise one of TURN_WORDS."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The first picture's quality, both sizes (width, height), upright, and all looks, the nearest first."""

    quality: int
    first: tuple[int, int]
    second: tuple[int, int]
    looks: tuple[Met, ...]


def explain(first: bytes, second: bytes, budget: int = DEFAULT_BUDGET) -> Explanation:
    """Compare a picture, as a bank would hold it, with the looks at another. Raises ImageError or a subclass.

    Looks whose quality is too low to be compared are there too: it is for the caller to say what counts.
    """
    banked = decoded(first)
    hashed = hash_region(banked)
    raster = decoded(second)
    value = np.frombuffer(hashed.value, np.uint8)
    met = [_met(one, value) for one in see(raster, budget)]
    return Explanation(
        hashed.quality,
        (banked.width, banked.height),
        (raster.width, raster.height),
        tuple(sorted(met, key=lambda each: each.distance)),
    )


def _met(one: Seen, value: np.ndarray) -> Met:
    bits = int(np.bitwise_count(value ^ np.frombuffer(one.look.value, np.uint8)).sum())
    return Met(one.look.kind, bits, one.look.quality, one.rect, TURN_WORDS[one.turn])
