"""Quadrilaterals: found where they are, laid flat, and met by the hash of what they hold."""

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from picture_files import saved
from PIL import Image
from plain_masks import on_grid

from notcontent.signals import hash_image, looks
from notcontent.signals.drawing import draw_picture
from notcontent.signals.levels import Levels
from notcontent.signals.looks import DEFAULT_BUDGET
from notcontent.signals.raster import Raster, Rect
from notcontent.signals.views import find_views
from notcontent.signals.views.masks import GRID
from notcontent.signals.views.quads import RECTIFIED, Quad, find_quad, rectify
from notcontent.signals.views.sheet import make_sheet

RADIUS = 31
SLANTED = (
    Quad((0.08, 0.05), (0.93, 0.09), (0.95, 0.91), (0.04, 0.94)),
    Quad((0.1, 0.12), (0.97, 0.03), (0.9, 0.96), (0.06, 0.88)),
    Quad((0.2, 0.1), (0.85, 0.16), (0.9, 0.95), (0.12, 0.85)),
)


@cache
def drawn(seed: int) -> Image.Image:
    return draw_picture(seed, 640, 480)


def distance(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def slanted(picture: Image.Image, quad: Quad, ground: str) -> Image.Image:
    """Show a picture in a quadrilateral of a page of its own size."""
    width, height = picture.size
    rows, wanted = [], []
    for (x, y), (u, v) in zip(((0, 0), (width, 0), (width, height), (0, height)), quad, strict=True):
        a, b = u * width, v * height
        rows += [[a, b, 1, 0, 0, 0, -x * a, -x * b], [0, 0, 0, a, b, 1, -y * a, -y * b]]
        wanted += [x, y]
    solved = np.linalg.solve(np.array(rows, float), np.array(wanted, float)).tolist()
    return picture.transform(
        picture.size, Image.Transform.PERSPECTIVE, solved, Image.Resampling.BICUBIC, fillcolor=ground
    )


def turned(width: int, height: int, degrees: float) -> Quad:
    """Give where the corners of a picture go when it is turned against the clock within its own frame."""
    angle = math.radians(degrees)
    sine, cosine = math.sin(angle), math.cos(angle)
    corners = ((-width, -height), (width, -height), (width, height), (-width, height))
    return Quad(
        *((0.5 + (x * cosine + y * sine) / 2 / width, 0.5 + (y * cosine - x * sine) / 2 / height) for x, y in corners)
    )


def raster_of(image: Image.Image) -> Raster:
    luma = np.asarray(image.convert("L"))
    return Raster(luma, *luma.shape)


def quad_of(image: Image.Image) -> Quad | None:
    return find_quad(make_sheet(np.asarray(image.convert("L")))[0])


def off_by(found: Quad | None, wanted: Quad) -> float:
    """How far the worst corner is away, in shares of the sides."""
    assert found is not None
    return float(np.abs(np.array(found) - np.array(wanted)).max())


@pytest.mark.parametrize("quad", SLANTED)
@pytest.mark.parametrize("ground", ["black", "#1e1e23", "white"])
def test_a_picture_at_a_slant_before_a_plain_ground_is_found_and_met(quad: Quad, ground: str) -> None:
    for seed in (3, 5):
        copy = slanted(drawn(seed), quad, ground)
        assert off_by(quad_of(copy), quad) <= 0.012
        banked = hash_image(saved(drawn(seed), "PNG")).value
        (look,) = [look for look in looks(saved(copy, "JPEG"), 9) if look.kind == "quad:1"]
        assert distance(look.value, banked) <= RADIUS


@pytest.mark.parametrize("degrees", [-10, -4, -2, 2, 4, 7, 10])
def test_a_picture_turned_in_its_frame_is_found_with_the_corners_that_were_cut_off(degrees: int) -> None:
    for seed in (3, 5):
        copy = drawn(seed).rotate(degrees, Image.Resampling.BICUBIC)
        assert off_by(quad_of(copy), turned(640, 480, degrees)) <= 0.012


@pytest.mark.parametrize("degrees", [-5, -3, 2, 4])
def test_a_turned_picture_is_met_by_the_look_that_lays_it_flat(degrees: int) -> None:
    for seed in (3, 5):
        banked = hash_image(saved(drawn(seed), "PNG")).value
        copy = saved(drawn(seed).rotate(degrees, Image.Resampling.BICUBIC), "JPEG")
        (look,) = [look for look in looks(copy, 9) if look.kind == "quad:1"]
        assert distance(look.value, banked) <= RADIUS


@pytest.mark.parametrize("degrees", [-8, 5])
def test_what_was_cut_off_of_a_turned_picture_is_outside(degrees: int) -> None:
    raster = raster_of(drawn(3).rotate(degrees, Image.Resampling.BICUBIC))
    (quad,) = find_views(raster).quads
    flat, outside = Levels(raster).laid_flat(quad, raster.whole)
    assert (flat.height, flat.width) == (2 * RECTIFIED, 2 * RECTIFIED)
    # The four triangles have an eighth of the sides' squares times the tangent each: w·w/8·tan and h·h/8·tan, twice.
    area = math.tan(math.radians(abs(degrees))) * (640**2 + 480**2) / 4 / (640 * 480)
    assert outside.mean() == pytest.approx(area, rel=0.2)
    assert not on_grid(outside)[8:16, 8:16].any()
    corners = on_grid(outside)[:: GRID - 1, :: GRID - 1]
    assert corners.any()


def test_a_mirrored_picture_on_a_photographed_screen_is_met() -> None:
    mirrored = drawn(3).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    seen = looks(saved(slanted(mirrored, SLANTED[0], "black"), "JPEG"), DEFAULT_BUDGET)
    banked = hash_image(saved(drawn(3), "PNG")).value
    assert "quad:1+mirror" in {look.kind for look in seen if distance(look.value, banked) <= RADIUS}


def test_a_fraction_of_the_pixels_finds_the_same_corners() -> None:
    copy = slanted(draw_picture(3, 1283, 962), SLANTED[0], "black")
    luma = np.asarray(copy.convert("L"))
    small = luma[:962, :1282].reshape(481, 2, 641, 2).mean(axis=(1, 3)).astype(np.uint8)
    (whole,) = find_views(Raster(luma, *luma.shape)).quads
    (half,) = find_views(Raster(small, 962, 1282, 2)).quads
    assert off_by(whole, SLANTED[0]) <= 0.006
    assert off_by(half, SLANTED[0]) <= 0.006


@pytest.mark.parametrize("size", [(900, 640), (640, 900), (700, 540)])
def test_an_upright_picture_in_margins_is_no_quadrilateral(size: tuple[int, int]) -> None:
    for seed in (3, 5):
        page = Image.new("RGB", size, "black")
        page.paste(drawn(seed), ((size[0] - 640) // 2, (size[1] - 480) // 2))
        assert quad_of(page) is None


def test_few_bare_pictures_have_one() -> None:
    """Where a sky pales upwards its level ends along what looks like a line, but not at once."""
    assert sum(quad_of(drawn(seed)) is not None for seed in range(8)) <= 1


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_empty_page_has_none(level: int) -> None:
    assert quad_of(Image.new("L", (500, 400), level)) is None


def test_laying_flat_takes_each_sample_from_where_the_homography_says() -> None:
    """On a slope from left to right, whose levels say where a sample was taken."""
    luma = np.tile(np.arange(256, dtype=np.uint8), (200, 1))
    flat, outside = rectify(luma, Quad((0.25, 0), (0.75, 0), (0.75, 1), (0.25, 1)))
    assert not outside.any()
    wanted = 64 + 128 * (np.arange(RECTIFIED) + 0.5) / RECTIFIED - 0.5
    assert np.abs(flat - wanted).max() <= 0.51
    wide, outside = rectify(luma, Quad((-0.25, 0), (1, 0), (1, 1), (-0.25, 1)))
    shares = -0.25 + 1.25 * (np.arange(RECTIFIED) + 0.5) / RECTIFIED
    assert (outside == (shares < 0)).all()
    assert (wide[outside] == 0).all()


def test_the_middle_of_a_slanted_screen_is_where_its_diagonals_cross() -> None:
    quad = Quad((0.1, 0.2), (0.9, 0.05), (0.8, 0.9), (0.2, 0.7))
    luma = np.tile(np.arange(256, dtype=np.uint8), (256, 1))
    across, down = rectify(luma, quad)[0], rectify(luma.T.copy(), quad)[0]
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = quad
    one, other = np.linalg.solve([[x2 - x0, x1 - x3], [y2 - y0, y1 - y3]], [x1 - x0, y1 - y0])
    assert 0 < other < 1
    middle = (x0 + one * (x2 - x0), y0 + one * (y2 - y0))
    centre = slice(RECTIFIED // 2 - 1, RECTIFIED // 2 + 1)
    assert abs(across[centre, centre].mean() - (middle[0] * 256 - 0.5)) <= 1
    assert abs(down[centre, centre].mean() - (middle[1] * 256 - 0.5)) <= 1


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 400), st.integers(1, 400), st.integers(0, 2**32 - 1))
def test_whatever_the_pixels_a_quadrilateral_is_convex_and_can_be_hashed(height: int, width: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    luma = np.full((height, width), chance.integers(0, 256), np.uint8)
    y, x = np.mgrid[:height, :width]
    for lean, into in zip(chance.uniform(-0.4, 0.4, 4), chance.uniform(-0.1, 0.4, 4), strict=True):
        inside = (x - lean * y > into * width) if chance.random() < 0.5 else (y - lean * x > into * height)
        luma[inside] = chance.integers(0, 256, int(inside.sum()))
    quad = find_quad(make_sheet(luma)[0])
    if quad is None:
        return
    corners = np.array(quad)
    along = np.roll(corners, -1, axis=0) - corners
    after = np.roll(along, -1, axis=0)
    assert (along[:, 0] * after[:, 1] - along[:, 1] * after[:, 0] > 0).all()
    turns = Levels(Raster(luma, height, width)).flat(quad, Rect(0, 0, height, width))
    assert all(len(turns[way].value) == 32 for way in range(8))
