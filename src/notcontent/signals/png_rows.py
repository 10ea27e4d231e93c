"""An ordinary PNG's deflated rows -> luma, band after band: no picture in colour is ever held.

Python's zlib inflates, a bounded piece at a time; the native core undoes the rows' filters and weighs them (_pdq).
"""

import zlib
from collections.abc import Iterator

import numpy as np

from notcontent.errors import ImageError, ImageTruncatedError
from notcontent.signals import _pdq
from notcontent.signals.containers.container import Container
from notcontent.signals.luma import Luma

_PIECE = 1 << 16
"""Bytes that are given to zlib at once: what it does not take is copied."""
_BAND = 1 << 19
"""Bytes that it may give back at once."""


def luma_of_rows(container: Container) -> Luma:
    """Give luma as stored, uint8 of shape (height, width), over white.

    Raises ImageTruncatedError when there are too few rows, ImageError for what cannot be inflated or unfiltered. What
    comes behind the last row is not looked at.
    """
    luma: Luma = np.empty((container.height, container.width), np.uint8)
    above = np.zeros(container.samples * container.width, np.uint8)
    done, rest = 0, b""
    for band in _bands(container.pixels):
        rest += band
        count = min(len(rest) // (len(above) + 1), len(luma) - done)
        if count:
            used = count * (len(above) + 1)
            try:
                _pdq.png_rows(rest[:used], container.samples, above, luma[done : done + count])
            except ValueError:
                raise ImageError from None
            done, rest = done + count, rest[used:]
        if done == len(luma):
            return luma
    raise ImageTruncatedError


def _bands(deflated: bytes) -> Iterator[bytes]:
    """Inflate bit by bit. Raises ImageError."""
    inflate = zlib.decompressobj()
    view = memoryview(deflated)
    try:
        for start in range(0, len(view), _PIECE):
            given: bytes | memoryview = view[start : start + _PIECE]
            while True:
                band = inflate.decompress(given, _BAND)
                yield band
                if len(band) < _BAND or inflate.eof:
                    break
                given = inflate.unconsumed_tail
            if inflate.eof:
                return
    except zlib.error:
        raise ImageError from None
