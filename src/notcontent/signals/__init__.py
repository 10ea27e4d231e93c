"""Picture -> hash. Pure: numpy and Pillow alone, no network, nothing kept, nothing logged."""

from notcontent.signals.pdq import Hashed, Luma, pdq

__all__ = ["Hashed", "Luma", "pdq"]
