"""A JPEG's plane of luma at a fraction of its size, by Pillow's wrapper of libjpeg alone.

Pillow's plugin reads the header once more, in Python, and copies the samples from a picture of its own: a fifth of what
a small JPEG costs. Here the same wrapper is handed the file that `containers` wrote and an array to decode into. Before
Pillow 13 it believes the size that it is told, whatever the file says: `containers` keeps one frame header, where
libjpeg must find it. The wrapper is no part of what Pillow promises: whoever calls this must be able to go on without.
"""

import numpy as np

from notcontent.errors import ImageError, ImageMemoryError, ImageTruncatedError
from notcontent.signals.containers.container import Container
from notcontent.signals.luma import Luma

try:
    from PIL import _imaging
except ImportError:  # a Pillow that keeps its wrappers elsewhere
    _imaging = None  # type: ignore[assignment]

_ROWS = ("L", 0, 1)
"""How the array's samples lie: a byte each, row after row, from the top."""
_NO_MEMORY = -9
"""Pillow's number for it, `IMAGING_CODEC_MEMORY`."""


def luma_of_jpeg(container: Container, scale: int) -> Luma:
    """Give luma as stored, uint8 of shape (ceil(height / scale), ceil(width / scale)).

    For a container with `luma_alone`; `scale` is 1, 2, 4 or 8. Raises ImageError or a subclass where the file is at
    fault, and anything else where the wrapper is not as it was.
    """
    height, width = -(-container.height // scale), -(-container.width // scale)
    luma: Luma = np.empty((height, width), np.uint8)
    canvas = _imaging.map_buffer(luma, (width, height), "raw", 0, _ROWS)
    decoder = _imaging.jpeg_decoder("L", "L", "", scale, 0)  # grey from what the file itself says it is
    decoder.setimage(canvas, (0, 0, width, height))
    consumed, fault = decoder.decode(container.pixels)
    if consumed >= 0:  # it wants more than there is
        raise ImageTruncatedError
    if fault:
        raise ImageMemoryError if fault == _NO_MEMORY else ImageError
    return luma
