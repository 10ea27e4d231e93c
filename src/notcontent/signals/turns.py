"""The eight ways a picture can lie, turned by quarters and mirrored, hashed from one pass over its pixels.

PDQ is linear until the median, so a turned picture needs no turned pixels: its 64x64 samples come from the same
products with the operators flipped. Reading rows from above and from below, and columns from the left and from the
right, gives four sets of samples; the other four ways are those transposed.

The reference's library can also give eight hashes, by changing signs of the coefficients. Those are not the hashes of
turned pixels (its samples do not lie symmetrically), so they are not used here.
"""

import numpy as np
from numpy.typing import NDArray

from notcontent.signals.pdq import Hashed, hash_samples, mark_bits, shrink_columns, shrink_rows, transform

UPRIGHT, MIRROR = "upright", "mirror"
TURNS = (UPRIGHT, MIRROR, "turn-90", "turn-270", "turn-180", "flip", "mirror-turn-90", "mirror-turn-270")
"""What is done to the upload before it is hashed: turns are clockwise, `mirror` swaps left and right, `flip` swaps top
and bottom, `mirror-turn-90` mirrors first."""


def turn(pixels: NDArray[np.uint8], name: str) -> NDArray[np.uint8]:
    """Turn the pixels themselves: what the names mean, and what the hashes are tested against."""
    steps = {"90": -1, "180": 2, "270": 1}
    if name == "flip":
        return pixels[::-1]
    mirrored = pixels[:, ::-1] if name.startswith(MIRROR) else pixels
    return np.rot90(mirrored, steps.get(name.rsplit("-", 1)[-1], 0))


def pdq_turned(luma: NDArray[np.uint8]) -> dict[str, Hashed]:
    """Hash a luma picture in all eight ways, by the names in `TURNS`. No side may be shorter than 5 pixels.

    Bits are those of `pdq(turn(luma, name))`, but where rounding decides a tie at the median. Each way has a quality
    of its own; two that are transposed have the same.
    """
    down, up = shrink_rows(luma), shrink_rows(luma[::-1])
    both = np.vstack((down, up))
    plain, mirrored = shrink_columns(both), shrink_columns(np.ascontiguousarray(both[:, ::-1]))
    half = len(down)
    # Each set of samples is one way and, transposed, another.
    ways = {
        (UPRIGHT, "mirror-turn-270"): plain[:half],
        (MIRROR, "turn-270"): mirrored[:half],
        ("flip", "turn-90"): plain[half:],
        ("turn-180", "mirror-turn-90"): mirrored[half:],
    }
    found: dict[str, Hashed] = {}
    for (straight, across), small in ways.items():
        hashed = hash_samples(small)
        found[straight] = hashed
        found[across] = Hashed(mark_bits(transform(small).T), hashed.quality)
    return {name: found[name] for name in TURNS}
