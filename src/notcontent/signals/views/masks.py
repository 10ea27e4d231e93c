"""Masks: what of an upload was probably painted over the picture, so that an estimate can do without it.

Two things give paint away in luma alone. A sticker, a logo, a bar has areas of one level, exactly: a scene's flattest
sky wanders by more than a level, paint does not, even after JPEG. And words that must be read on any picture are bright
strokes with a dark outline. A sticker cut out of a photo is neither, and is not found. The native core (`_pdq`, its
source transform/masks.cpp) looks; tests/plain_masks.py is the same in NumPy, a line for a step.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from notcontent.signals import _pdq
from notcontent.signals.views.sheet import Box, Sheet

GRID: Final = 24
"""Cells of a mask along each axis, whatever the picture's shape."""
COVERED = 0.04
"""A cell is masked when more than this share of it is covered."""
MOST_CELLS = 0.6
"""A mask of more says too little about what is left."""

Mask = NDArray[np.bool_]


def find_masks(sheet: Sheet, within: Box | None = None) -> tuple[Mask, ...]:
    """Give the likely masks of a sheet or a box of it, the likeliest first; none where nothing looks painted.

    Each is bool[24, 24] over all of that box, True where the picture is covered. At most three: paint and words
    together, and, where there are both, each alone.
    """
    box = within or sheet.whole
    if min(box.height, box.width) < 2 * GRID:
        return ()
    return tuple(_pdq.masks(sheet.samples[box.top : box.bottom, box.left : box.right], COVERED, MOST_CELLS))
