"""Which parts of an upload are sketched for estimates: what its first looks show, and it with the paint filled in."""

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from notcontent.signals.estimates import Mask, Sketch, covered, sketch
from notcontent.signals.estimates.prior import CELLS
from notcontent.signals.levels import Levels
from notcontent.signals.looks import WHOLE, Seen, family
from notcontent.signals.raster import Raster
from notcontent.signals.views.masks import COVERED, find_masks
from notcontent.signals.views.sheet import Made, make_sheet

MOST_TRIMS, MOST_MASKS = 3, 2


def sketches_of(raster: Raster, seen: Sequence[Seen], made: Made | None = None) -> list[Sketch]:
    """Sketch the whole upload, its first trims among the looks `seen`, what was laid flat, and it without paint.

    `made` is the raster's sheet, where there is one already.
    """
    sheet, n = made or make_sheet(raster.luma)
    height, width = sheet.samples.shape
    found = []
    for one in islice(_parts(seen), 1 + MOST_TRIMS):
        top, left, bottom, right = (side / (raster.scale * n) for side in one.rect)
        end = min(bottom, height), min(right, width)
        if end[0] - top > 1 and end[1] - left > 1:
            found.append(sketch(one.look.kind, sheet.samples, (top, left), end, one.look.quality))
    if not found or found[0].kind != WHOLE:
        return found
    masks = find_masks(sheet)[:MOST_MASKS]
    filled = (covered(found[0], mask, f"covered:{number}") for number, mask in enumerate(masks, 1))
    return [*found, *_flat(raster, seen), *(one for one in filled if one is not None)]


def _parts(seen: Sequence[Seen]) -> Iterator[Seen]:
    """Give the upload and its trims, as they are."""
    return (one for one in seen if one.turn == 0 and family(one.look.kind) in {WHOLE, "trim"})


def _flat(raster: Raster, seen: Sequence[Seen]) -> Iterator[Sketch]:
    """Sketch what was laid flat; what of it the upload does not show is filled in."""
    levels = Levels(raster)
    for one in seen:
        if one.quad is None or one.turn != 0:
            continue
        flat, outside = levels.laid_flat(one.quad, one.rect)
        whole = sketch(one.look.kind, flat.luma, (0, 0), flat.luma.shape, one.look.quality)
        yield covered(whole, _on_cells(outside), one.look.kind) or whole


def _on_cells(outside: Mask) -> Mask:
    """Mark the cells of which some part lies outside."""
    side = len(outside) // CELLS
    shares = outside.reshape(CELLS, side, CELLS, side).mean(axis=(1, 3))
    marked: Mask = np.asarray(shares > COVERED)
    return marked
