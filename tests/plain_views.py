"""Which regions of an upload are worth a look, in Python, a line for a step: what the native core is held to."""

from collections.abc import Iterable

from notcontent.signals import _pdq
from notcontent.signals.raster import Raster, Rect
from notcontent.signals.views.find import LEAST_SIDE, SAME
from notcontent.signals.views.sheet import CLIP, Box


def distinct(proposed: Iterable[Box], raster: Raster, n: int, share: float, most: int, seen: list[Rect]) -> list[Rect]:
    """Make proposals exact and keep those that are large enough and unlike all before; `seen` grows by them."""
    kept: list[Rect] = []
    tried: set[Box] = set()
    for box in proposed:
        if box in tried or min(box.height, box.width) < 2:
            continue
        tried.add(box)
        fine, k = Box(*_pdq.exact(raster.luma, *box, n, int(CLIP))), raster.scale
        bottom = raster.height if fine.bottom == raster.luma.shape[0] else fine.bottom * k
        right = raster.width if fine.right == raster.luma.shape[1] else fine.right * k
        rect = Rect(fine.top * k, fine.left * k, bottom, right)
        height, width = rect.bottom - rect.top, rect.right - rect.left
        if min(height, width) < LEAST_SIDE or height * width < share * raster.height * raster.width:
            continue
        if any(_alike(rect, other) for other in seen):
            continue
        kept.append(rect)
        seen.append(rect)
        if len(kept) == most:
            break
    return kept


def _alike(one: Rect, other: Rect) -> bool:
    """Whether all sides lie within SAME of each other, by the larger one's height and width."""
    height = SAME * max(one.bottom - one.top, other.bottom - other.top)
    width = SAME * max(one.right - one.left, other.right - other.left)
    return all(abs(a - b) <= side for a, b, side in zip(one, other, (height, width) * 2, strict=True))
