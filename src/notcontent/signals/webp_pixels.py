"""A WebP's first frame -> luma, without Pillow's two copies of it in colour.

Pillow's plugin asks its own wrapper of libwebp for the pixels, unpacks them into a picture, and that is cut into strips
and weighed. Here the same wrapper is asked, and the native core weighs what it gives where it lies. The wrapper is no
part of what Pillow promises: whoever calls this must be able to go on without it.
"""

import numpy as np

from notcontent.errors import ImageError
from notcontent.signals import _pdq
from notcontent.signals.containers.container import Container
from notcontent.signals.luma import Luma

try:
    from PIL import _webp
except ImportError:  # a Pillow without libwebp, or one that keeps its wrapper elsewhere
    _webp = None  # type: ignore[assignment]

_ALPHA = {"RGBA": True, "RGBX": False}
"""The ways in which four bytes a pixel are given: whether the fourth counts."""


def luma_of_webp(container: Container) -> Luma:
    """Give luma as stored, uint8 of shape (height, width), over white. Raises anything where that cannot be done."""
    decoder = _webp.WebPAnimDecoder(container.pixels)
    size, _, _, _, mode = decoder.get_info()
    if size != (container.width, container.height):
        raise ImageError
    pixels, _ = decoder.get_next()
    luma: Luma = np.empty((container.height, container.width), np.uint8)
    _pdq.weigh_rgba(np.frombuffer(pixels, np.uint8), _ALPHA[mode], luma)
    return luma
