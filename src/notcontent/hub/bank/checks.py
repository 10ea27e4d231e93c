"""What the bank does not take: hashes of nothing, or of no picture at all. Pure.

PDQ sets a bit where a coefficient lies above the median of all 256, so half of the bits of a picture's hash are
set, save for ties. A hash far from that was not made from a picture; it would match what it pleases.
"""

from notcontent.errors import HashFormatError, QualityTooLowError, TooManyFramesError
from notcontent.exchange.videos import is_video
from notcontent.hub.answers import NewItem, NewVideo

VALUE_BYTES = 32
FEWEST_BITS = 96
MOST_BITS = 160


def check_video(video: NewVideo, min_quality: int, most: int) -> None:
    """Raise what `check_item` does for any of its frames, TooManyFramesError for more than `most`.

    HashFormatError also for a video without frames, with times that run backwards, or with the same hash twice.
    """
    if video.frames > most:
        raise TooManyFramesError
    if not is_video(video.shown):
        raise HashFormatError
    for one in video.shown:
        check_item(NewItem(one.value, one.quality), min_quality)


def check_item(item: NewItem, min_quality: int) -> None:
    """Raise HashFormatError for a wrong length, QualityTooLowError for a picture too plain or no picture's hash."""
    if len(item.value) != VALUE_BYTES:
        raise HashFormatError
    bits = int.from_bytes(item.value).bit_count()
    if not min_quality <= item.quality <= 100 or not FEWEST_BITS <= bits <= MOST_BITS:
        raise QualityTooLowError
