"""Views: what an upload may hold is found where it is, to the pixel, and nothing is found where nothing can be."""

import numpy as np
import plain_views as plain
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from notcontent.signals.drawing import draw_picture
from notcontent.signals.raster import Raster, Rect
from notcontent.signals.views import find_views
from notcontent.signals.views.find import LEAST_SIDE, LEAST_TILE, LEAST_TRIM, MOST_TILES, MOST_TRIMS, _distinct
from notcontent.signals.views.sheet import Box


def raster_of(image: Image.Image) -> Raster:
    luma = np.asarray(image.convert("L"))
    return Raster(luma, *luma.shape)


def off_by(found: tuple[Rect, ...], wanted: Rect) -> int:
    """How many pixels the worst side of the best view is away."""
    return min((max(abs(a - b) for a, b in zip(rect, wanted, strict=True)) for rect in found), default=10_000)


def framed(seed: int, page: tuple[int, int], at: tuple[int, int], ground: str) -> tuple[Image.Image, Rect]:
    picture = draw_picture(seed, 640, 480)
    paper = Image.new("RGB", page, ground)
    paper.paste(picture, at)
    return paper, Rect(at[1], at[0], at[1] + 480, at[0] + 640)


@pytest.mark.parametrize(
    ("page", "at"),
    [
        ((640, 900), (0, 210)),  # letterbox
        ((640, 900), (0, 40)),  # bars of unequal height
        ((1100, 480), (230, 0)),  # pillarbox
        ((700, 540), (30, 30)),  # border
        ((680, 480), (40, 0)),  # one side
        ((760, 700), (15, 190)),  # four unequal sides
    ],
)
@pytest.mark.parametrize("ground", ["black", "white", "#3a7d5c"])
def test_a_picture_in_plain_margins_of_any_colour_is_the_first_trim_to_the_pixel(
    page: tuple[int, int], at: tuple[int, int], ground: str
) -> None:
    for seed in (1, 2, 3):
        paper, wanted = framed(seed, page, at, ground)
        assert off_by(find_views(raster_of(paper)).trims[:1], wanted) <= 1


def test_a_picture_over_its_own_blur_is_found() -> None:
    picture = draw_picture(3, 640, 480)
    paper = picture.resize((1200, 900)).crop((280, 0, 920, 900)).filter(ImageFilter.GaussianBlur(20))
    paper.paste(picture, (0, 210))
    assert off_by(find_views(raster_of(paper)).trims, Rect(210, 0, 690, 640)) <= 1


def test_a_caption_bar_with_text_is_cut_off() -> None:
    paper, wanted = framed(3, (640, 640), (0, 160), "white")
    brush = ImageDraw.Draw(paper)
    for line in range(3):
        brush.text((20, 20 + 45 * line), "nobody should pass this on", "black", font_size=36)
    assert off_by(find_views(raster_of(paper)).trims, wanted) <= 1


def test_a_picture_among_messages_is_found() -> None:
    paper, wanted = framed(2, (760, 1500), (80, 500), "#101418")
    brush = ImageDraw.Draw(paper)
    brush.rectangle((0, 0, 760, 120), "#2a2e33")
    for top in (160, 260, 380, 1040, 1150, 1300):
        brush.rounded_rectangle((40, top, 430, top + 70), 25, "#35503f")
        brush.text((60, top + 20), "did you see this", "white", font_size=26)
    assert off_by(find_views(raster_of(paper)).trims, wanted) <= 1


@pytest.mark.parametrize("gutter", [0, 2, 10])
def test_tiles_of_an_uneven_collage_are_found(gutter: int) -> None:
    paper = Image.new("RGB", (1000, 720), "white")
    boxes = [(0, 0, 380, 300), (380 + gutter, 0, 1000, 300), (0, 300 + gutter, 380, 720)]
    boxes.append((380 + gutter, 300 + gutter, 1000, 720))
    for seed, box in enumerate(boxes, 1):
        paper.paste(draw_picture(seed, box[2] - box[0], box[3] - box[1]), box[:2])
    views = find_views(raster_of(paper))
    for left, top, right, bottom in boxes:
        assert off_by(views.tiles + views.trims, Rect(top, left, bottom, right)) <= 3


def test_a_fraction_of_the_pixels_finds_the_same_place() -> None:
    paper, wanted = framed(3, (1040, 1200), (200, 360), "black")
    luma = np.asarray(paper.convert("L"))
    small = luma.reshape(600, 2, 520, 2).mean(axis=(1, 3)).astype(np.uint8)
    assert off_by(find_views(Raster(small, 1200, 1040, 2)).trims[:1], wanted) <= 2


@pytest.mark.parametrize("level", [0, 128, 255])
def test_nothing_is_found_on_an_empty_page(level: int) -> None:
    assert find_views(raster_of(Image.new("L", (500, 400), level))).trims == ()


def test_a_small_picture_has_no_views() -> None:
    views = find_views(raster_of(draw_picture(1, 63, 200)))
    assert (views.trims, views.tiles) == ((), ())


@settings(max_examples=60, deadline=None)
@given(st.integers(5, 500), st.integers(5, 500), st.integers(0, 2**32 - 1), st.sampled_from((1, 2, 4, 8)))
def test_whatever_the_pixels_views_lie_inside_are_large_enough_and_few(
    height: int, width: int, seed: int, scale: int
) -> None:
    chance = np.random.default_rng(seed)
    luma = chance.integers(0, 256, (-(-height // scale), -(-width // scale)), dtype=np.uint8)
    for _ in range(int(chance.integers(0, 4))):  # flat areas, which is what the search cuts at
        top, left = chance.integers(0, luma.shape[0]), chance.integers(0, luma.shape[1])
        luma[top : top + height // 3, left : left + width // 2] = chance.integers(0, 256)
    views = find_views(Raster(luma, height, width, scale))
    assert len(views.trims) <= MOST_TRIMS
    assert len(views.tiles) <= MOST_TILES
    for rect, share in [(rect, LEAST_TRIM) for rect in views.trims] + [(rect, LEAST_TILE) for rect in views.tiles]:
        assert 0 <= rect.top < rect.bottom <= height
        assert 0 <= rect.left < rect.right <= width
        assert min(rect.bottom - rect.top, rect.right - rect.left) >= LEAST_SIDE
        assert (rect.bottom - rect.top) * (rect.right - rect.left) >= share * height * width
    assert len(set(views.trims + views.tiles)) == len(views.trims + views.tiles)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("scale", [1, 2])
def test_regions_worth_a_look_are_those_of_plain_python(seed: int, scale: int) -> None:
    """Exact, large enough, each unlike all before; of many that are nearly the same, empty, or come twice."""
    chance = np.random.default_rng(seed)
    luma = np.asarray(draw_picture(seed, 641, 403).convert("L"))
    raster = Raster(luma, 403 * scale - scale // 2, 641 * scale, scale)
    n = int(chance.integers(1, 5))
    height, width = 403 // n, 641 // n
    corners = chance.integers(0, 7, (60, 4)) * np.array([height, width, height, width]) // 6
    proposed = [Box(*one) for one in (corners + chance.integers(-1, 2, (60, 4)).clip(-corners, 0)).tolist()]
    proposed += proposed[:9]
    for most in (3, 60):
        seen, right = [raster.whole], [raster.whole]
        found = _distinct(proposed, raster, n, LEAST_TILE, most, seen)
        assert found == plain.distinct(proposed, raster, n, LEAST_TILE, most, right)
        assert seen == right
    assert 3 < len(found) < 40
