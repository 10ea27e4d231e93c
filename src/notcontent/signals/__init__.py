"""Picture -> hash, and `video` beside. Pure: numpy, Pillow (films: PyAV), no network, nothing kept, nothing logged."""

from notcontent.signals.decode import decode_luma
from notcontent.signals.limits import DEFAULT_LIMITS, Limits
from notcontent.signals.looks import Look, hash_image, looks
from notcontent.signals.luma import Luma
from notcontent.signals.pdq import Hashed, pdq

__all__ = ["DEFAULT_LIMITS", "Hashed", "Limits", "Look", "Luma", "decode_luma", "hash_image", "looks", "pdq"]
