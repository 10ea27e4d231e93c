"""All views of an upload, the likeliest first: what may be a whole picture inside it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from notcontent.signals import _pdq
from notcontent.signals.raster import Raster, Rect
from notcontent.signals.views import blocks, edges, margins
from notcontent.signals.views.quads import Quad, find_quad
from notcontent.signals.views.sheet import CLIP, Box, Made, Sheet, make_sheet

LEAST_SIDE = 64
"""Pixels: a view with a shorter side says too little; PDQ itself samples 64 x 64."""
LEAST_TRIM, LEAST_TILE = 0.05, 0.035
"""Shares of the upload's area below which a view is not looked at."""
SAME = 0.006
"""Two views whose sides all differ by less than this share of their length give nearly the same hash."""
MOST_TRIMS, MOST_TILES = 9, 24
_FREE = 5.0
"""How far the upload's own sides stand out, in the search for the best frame: so much a seam must offer to be taken."""


@dataclass(frozen=True, slots=True)
class Views:
    """Regions of an upload in its own pixels. No two are nearly the same, and none is nearly the whole.

    A trim may be the picture without what was put around it, a tile one picture of a collage, a quad the picture seen
    at a slant or turned a little.
    """

    trims: tuple[Rect, ...]
    tiles: tuple[Rect, ...]
    quads: tuple[Quad, ...] = ()


def find_views(raster: Raster, made: Made | None = None) -> Views:
    """Find the regions worth a look, the likeliest first. A picture of nothing but itself has tiles, and few trims.

    `made` is the raster's sheet, where there is one already.
    """
    height, width = raster.luma.shape
    if min(raster.height, raster.width) < LEAST_SIDE or min(height, width) < 2 * margins.LEAST:
        return Views((), ())
    sheet, n = made or make_sheet(raster.luma)
    if min(sheet.samples.shape) < 2 * margins.LEAST:  # a long strip: hardly a row of it is left
        return Views((), ())
    seen = [Rect(0, 0, raster.height, raster.width)]
    found = {
        spread: blocks.find_blocks(sheet, spread, int(LEAST_TILE * sheet.whole.area)) for spread in margins.SPREADS
    }
    trims = _distinct(_trims(sheet, found), raster, n, LEAST_TRIM, MOST_TRIMS, seen)
    tiles = _distinct(_tiles(sheet, found), raster, n, LEAST_TILE, MOST_TILES, seen)
    quad = find_quad(sheet)
    return Views(tuple(trims), tuple(tiles), (_in_all(quad, sheet, n, raster),) if quad else ())


def _in_all(quad: Quad, sheet: Sheet, n: int, raster: Raster) -> Quad:
    """Turn shares of a sheet into shares of the picture: a sheet leaves odd rows and columns."""
    down, across = (n * a / b for a, b in zip(sheet.samples.shape, raster.luma.shape, strict=True))
    return Quad(*((x * across, y * down) for x, y in quad))


def _trims(sheet: Sheet, found: dict[float, list[Box]]) -> Iterator[Box]:
    """Propose what may lie within margins, bars or a screen."""
    tight, loose = margins.SPREADS
    yield margins.plain_margins(sheet, tight)
    yield from found[tight][:1]
    yield margins.plain_margins(sheet, loose)
    yield from found[loose][:1]
    yield from margins.soft_margins(sheet)
    if (middle := edges.symmetric(sheet)) is not None:
        yield middle
    yield edges.framed(sheet, _FREE)
    yield from found[tight][1:2]


def _tiles(sheet: Sheet, found: dict[float, list[Box]]) -> Iterator[Box]:
    """Propose parts of a collage: what gutters and seams part, then halves, quarters and thirds."""
    assert sheet.across is not None  # noqa: S101 - of the upright sheet
    box = sheet.whole
    blocked = found[margins.SPREADS[1]]
    if len(blocked) > 1:
        yield from blocked[:9]
    rows = [line for _, line in edges.seams(sheet, box)[:2]]
    columns = [line for _, line in edges.seams(sheet.across, box.turned())[:2]]
    yield from _cells(box, rows[:1], [])
    yield from _cells(box, [], columns[:1])
    if rows and columns:
        yield from _cells(box, rows[:1], columns[:1])
    yield from _cells(box, [], [box.width // 2])
    yield from _cells(box, [box.height // 2], [])
    yield from _cells(box, [box.height // 2], [box.width // 2])
    if len(rows) + len(columns) > 2:
        yield from _cells(box, sorted(rows), sorted(columns))
    yield from _cells(box, sorted(rows), [])
    yield from _cells(box, [], sorted(columns))
    yield from _cells(box, [], [box.width // 3, 2 * box.width // 3])
    yield from _cells(box, [box.height // 3, 2 * box.height // 3], [])


def _cells(box: Box, rows: list[int], columns: list[int]) -> Iterator[Box]:
    """Cut a box along lines."""
    down, along = [box.top, *rows, box.bottom], [box.left, *columns, box.right]
    for top, bottom in pairwise(down):
        for left, right in pairwise(along):
            yield Box(top, left, bottom, right)


def _distinct(proposed: Iterable[Box], raster: Raster, n: int, share: float, most: int, seen: list[Rect]) -> list[Rect]:
    """Make proposals exact and keep those that are large enough and unlike all before; `seen` grows by them.

    Every side that is not the picture's own is moved to its sharpest line, by a sample of the sheet at most: PDQ
    forgives an edge that is off by one or two hundredths of the side, not more. Two are alike when all sides lie within
    SAME of each other, by the larger one's height and width.
    """
    picture = raster.height, raster.width, raster.scale
    least = share * raster.height * raster.width
    found = _pdq.distinct(raster.luma, picture, list(proposed), n, int(CLIP), LEAST_SIDE, least, SAME, most, seen)
    kept = [Rect(*corners) for corners in found]
    seen += kept
    return kept
