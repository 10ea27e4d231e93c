"""Looks: the hashes of one upload, and of what it may have been cut from.

Today there is one look, the whole picture as it is. Mirrors, turns, borders and crops are not looked for yet, and
nothing here pretends otherwise: docs/explanation/hashing.md says what that misses.
"""

from dataclasses import dataclass

from notcontent.errors import ImageTooSmallError
from notcontent.signals.decode import decode
from notcontent.signals.limits import DEFAULT_LIMITS, Limits
from notcontent.signals.pdq import MIN_SIDE, Hashed
from notcontent.signals.raster import hash_region

WHOLE = "whole"


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


def hash_image(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Hashed:
    """Hash a whole picture from its file's bytes.

    Raises ImageError or a subclass; a side shorter than 5 pixels is refused (ImageTooSmallError), because every such
    picture would get the same hash.
    """
    raster = decode(data, limits)
    if min(raster.height, raster.width) < MIN_SIDE:
        raise ImageTooSmallError
    return hash_region(raster)


def looks(data: bytes, budget: int = 1, limits: Limits = DEFAULT_LIMITS) -> list[Look]:
    """Look at an upload in at most `budget` ways, the likeliest first: so far in one. Raises as `hash_image` does."""
    if budget < 1:
        return []
    hashed = hash_image(data, limits)
    return [Look(WHOLE, hashed.value, hashed.quality)]
