"""Which parts of an upload are sketched for estimates: what its first looks show, and it with the paint filled in."""

from collections.abc import Iterator, Sequence
from itertools import islice

from notcontent.signals.estimates import Sketch, covered, sketch
from notcontent.signals.looks import WHOLE, Seen, family
from notcontent.signals.raster import Raster
from notcontent.signals.views.masks import find_masks
from notcontent.signals.views.sheet import make_sheet

MOST_TRIMS, MOST_MASKS = 3, 2
MOST_SKETCHES = 1 + MOST_TRIMS + MOST_MASKS


def sketches_of(raster: Raster, seen: Sequence[Seen]) -> list[Sketch]:
    """Sketch the whole upload, its first trims among the looks `seen`, and it without what is painted over."""
    sheet, n = make_sheet(raster.luma)
    found = []
    for one in islice(_parts(seen), 1 + MOST_TRIMS):
        height, width = sheet.samples.shape
        top, left, bottom, right = (side / (raster.scale * n) for side in one.rect)
        end = min(bottom, height), min(right, width)
        if end[0] - top > 1 and end[1] - left > 1:
            found.append(sketch(one.look.kind, sheet.samples, (top, left), end, one.look.quality))
    if not found or found[0].kind != WHOLE:
        return found
    filled = (
        covered(found[0], mask, f"covered:{number}") for number, mask in enumerate(find_masks(sheet)[:MOST_MASKS], 1)
    )
    return [*found, *(one for one in filled if one is not None)]


def _parts(seen: Sequence[Seen]) -> Iterator[Seen]:
    """Give the upload and its trims, as they are."""
    return (one for one in seen if one.turn == 0 and family(one.look.kind) in {WHOLE, "trim"})
