"""What the bank does not take: hashes of nothing, or of no picture at all. Pure.

PDQ sets a bit where a coefficient lies above the median of all 256, so half of the bits of a picture's hash are
set, save for ties. A hash far from that was not made from a picture; it would match what it pleases.
"""

from notcontent.errors import HashFormatError, QualityTooLowError
from notcontent.hub.answers import NewItem

VALUE_BYTES = 32
FEWEST_BITS = 96
MOST_BITS = 160


def check_item(item: NewItem, min_quality: int) -> None:
    """Raise HashFormatError for a wrong length, QualityTooLowError for a picture too plain or no picture's hash."""
    if len(item.value) != VALUE_BYTES:
        raise HashFormatError
    bits = int.from_bytes(item.value).bit_count()
    if not min_quality <= item.quality <= 100 or not FEWEST_BITS <= bits <= MOST_BITS:
        raise QualityTooLowError
