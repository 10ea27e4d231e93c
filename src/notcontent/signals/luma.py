"""Colour -> luma, the one definition; spec/vectors/luma.json holds it to account, here and in the browser."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]

WHITE = 255


def luma_over_white(rgba: NDArray[np.uint8]) -> Luma:
    """Weigh RGBA pixels of shape (..., 4), laid over white; gives shape (...).

    Each channel is rounded to the nearest integer over white; then luma = (19595 R + 38470 G + 7471 B + 32768) >> 16.
    """
    wide = rgba.astype(np.uint32)
    alpha = wide[..., 3:]
    over = (wide[..., :3] * alpha + WHITE * (255 - alpha) + 127) // 255
    weighed = over @ np.array([19595, 38470, 7471], dtype=np.uint32)
    luma: Luma = ((weighed + 32768) >> 16).astype(np.uint8)
    return luma


def luma_from_16_bit(samples: NDArray[Any]) -> Luma:
    """Scale grey samples 0..65535 to 0..255, rounded to the nearest."""
    luma: Luma = ((samples.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
    return luma
