"""Which look at one picture meets another's hash, and how near: what a verdict rests on, for an engineer to see."""

from dataclasses import dataclass

import numpy as np

from notcontent.errors import ImageError, ImageFormatError
from notcontent.signals.estimates import DEFAULT_BUDGET as DEFAULT_GUESSES
from notcontent.signals.estimates import Origin, estimates, plainest, settle
from notcontent.signals.estimates.looking import kind_of
from notcontent.signals.estimates.weighing import signs
from notcontent.signals.estimates.worth import evidence
from notcontent.signals.looks import DEFAULT_BUDGET, TURN_WORDS, Seen, decoded, see
from notcontent.signals.raster import Raster, Rect, hash_region
from notcontent.signals.sketching import sketches_of
from notcontent.signals.views.quads import Quad

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
    quad: Quad | None = None
    """What was laid flat for it, in shares of the second picture's sides; `rect` then is the upright one around it."""


@dataclass(frozen=True, slots=True)
class Guessed:
    """The best estimate of what the second picture was made from, if that was the first."""

    kind: str
    distance: int
    """Bits between the estimated hash and that of the first picture."""
    evidence: float
    """What speaks for it, after what the two hashes make it worth less; strangers seldom reach 8."""
    corners: tuple[tuple[float, float], ...]
    """Where the part that was estimated from lies on the first picture, in shares of its sides (x, y)."""
    rect: Rect
    """That part, in the second picture's upright pixels."""
    quad: Quad | None = None
    """What was laid flat for it, as of a look."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The first picture's quality, the second's size (width, height), upright, and all looks, the nearest first."""

    quality: int
    second: tuple[int, int]
    looks: tuple[Met, ...]
    guessed: Guessed | None = None
    """None when the second picture is too plain to estimate anything from."""


def explain(
    first: bytes, second: bytes, budget: int = DEFAULT_BUDGET, guesses: int = DEFAULT_GUESSES, min_quality: int = 50
) -> Explanation:
    """Compare a picture, as a bank would hold it, with the looks at another. Raises ImageError or a subclass.

    Looks whose quality is too low to be compared are there too: it is for the caller to say what counts.
    """
    banked = _named(first, "Picture A")
    hashed = hash_region(banked)
    raster = _named(second, "Picture B")
    value = np.frombuffer(hashed.value, np.uint8)
    seen = see(raster, budget)
    met = [_met(one, value) for one in seen]
    return Explanation(
        hashed.quality,
        (raster.width, raster.height),
        tuple(sorted(met, key=lambda each: each.distance)),
        _guessed(raster, seen, value, guesses, min_quality),
    )


def _named(data: bytes, what: str) -> Raster:
    """Decode a picture. Raises ImageError or a subclass, with a message that says which of the two it was."""
    try:
        return decoded(data)
    except ImageFormatError as error:
        raise ImageFormatError(
            f"{what} is no picture. Explain compares pictures alone; match takes videos too."
        ) from error
    except ImageError as error:
        raise type(error)(f"{what}: {error}") from error


def _guessed(raster: Raster, seen: list[Seen], value: np.ndarray, guesses: int, min_quality: int) -> Guessed | None:
    """Find the guess that fits the first picture's hash best."""
    found = estimates([one for one in sketches_of(raster, seen) if one.quality >= min_quality], guesses)
    if not len(found.values):
        return None
    scores = (found.weights[:, ::-1] * signs(found.values)) @ signs(value[None])[0]
    settled = settle(found.origins[int(scores.argmax())], value)
    bits = int(np.bitwise_count(settled.value ^ value).sum())
    origin: Origin = plainest(settled, value)
    whole: tuple[Rect, Quad | None] = (Rect(0, 0, raster.height, raster.width), None)
    rect, quad = next(((one.rect, one.quad) for one in seen if one.look.kind == origin.sketch.kind), whole)
    return Guessed(kind_of(origin), bits, evidence(settled, value), origin.guess.corners, rect, quad)


def _met(one: Seen, value: np.ndarray) -> Met:
    bits = int(np.bitwise_count(value ^ np.frombuffer(one.look.value, np.uint8)).sum())
    return Met(one.look.kind, bits, one.look.quality, one.rect, TURN_WORDS[one.turn], one.quad)
