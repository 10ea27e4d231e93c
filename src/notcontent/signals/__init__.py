"""Picture -> hash, and `video` beside. Pure: numpy, Pillow, sums in C++ (films: PyAV); no network, nothing is kept."""

from notcontent.signals.decode import decode, decode_luma
from notcontent.signals.limits import DEFAULT_LIMITS, Limits
from notcontent.signals.looks import Look, hash_image, looks
from notcontent.signals.luma import Luma
from notcontent.signals.pdq import Hashed, pdq
from notcontent.signals.raster import TURNS, Raster, Rect, hash_region, hash_turns

__all__ = [
    "DEFAULT_LIMITS",
    "TURNS",
    "Hashed",
    "Limits",
    "Look",
    "Luma",
    "Raster",
    "Rect",
    "decode",
    "decode_luma",
    "hash_image",
    "hash_region",
    "hash_turns",
    "looks",
    "pdq",
]
