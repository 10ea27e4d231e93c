"""An ordinary PNG's deflated rows -> luma, band after band: no picture in colour is ever held.

isal inflates, a bounded piece at a time, where the platform has it, in half of the time that Python's zlib takes. But
zlib alone refuses: what isal does not read to the end zlib reads anew, so that every platform takes the same files and
gives the same errors. The native core undoes the rows' filters and weighs them (_pdq).
"""

import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Protocol

import numpy as np

from notcontent.errors import ImageError, ImageTruncatedError
from notcontent.signals import _pdq
from notcontent.signals.containers.container import Container
from notcontent.signals.luma import Luma

try:
    from isal import isal_zlib
except ImportError:  # pyproject.toml says where there is one
    isal_zlib = None  # type: ignore[assignment]

_PIECE = 1 << 16
"""Bytes that are inflated at once: what is not taken of them is copied."""
_BAND = 1 << 19
"""Bytes that may come of it at once."""
_LARGEST_WINDOW = b"\x78"
"""How a stream begins whose window is the largest there is. isal does not mind what lies above; zlib does."""


class _Inflating(Protocol):
    """A stream that is being inflated, by either of the two."""

    @property
    def eof(self) -> bool: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes | memoryview, max_length: int, /) -> bytes: ...


def luma_of_rows(container: Container) -> Luma:
    """Give luma as stored, uint8 of shape (height, width), over white.

    Raises ImageTruncatedError when there are too few rows, ImageError for what cannot be inflated or unfiltered. What
    comes behind the last row is not looked at.
    """
    if isal_zlib is not None and container.pixels[:1] <= _LARGEST_WINDOW:
        with suppress(Exception):  # zlib says what is wrong, if anything is
            return _read(container, isal_zlib.decompressobj())
    try:
        return _read(container, zlib.decompressobj())
    except zlib.error:
        raise ImageError from None


def _read(container: Container, inflating: _Inflating) -> Luma:
    """Inflate, undo and weigh. Raises ImageTruncatedError, ImageError for a filter that PNG has not, and zlib.error."""
    luma: Luma = np.empty((container.height, container.width), np.uint8)
    above = np.zeros(container.samples * container.width, np.uint8)
    done, rest = 0, b""
    for band in _bands(container.pixels, inflating):
        rest += band
        count = min(len(rest) // (len(above) + 1), len(luma) - done)
        if count:
            used = count * (len(above) + 1)
            try:
                filtered = np.frombuffer(rest, np.uint8, used)
                _pdq.png_rows(filtered, container.samples, above, luma[done : done + count])
            except ValueError:
                raise ImageError from None
            done, rest = done + count, rest[used:]
        if done == len(luma):
            return luma
    raise ImageTruncatedError


def _bands(deflated: bytes, inflating: _Inflating) -> Iterator[bytes]:
    """Inflate bit by bit."""
    view = memoryview(deflated)
    for start in range(0, len(view), _PIECE):
        given: bytes | memoryview = view[start : start + _PIECE]
        while True:
            band = inflating.decompress(given, _BAND)
            yield band
            if len(band) < _BAND or inflating.eof:
                break
            given = inflating.unconsumed_tail
        if inflating.eof:
            return
