"""Masks: what was painted over a picture is covered, the rest is left, and a bare picture mostly has none."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from picture_files import saved
from PIL import Image, ImageDraw, ImageFont
from plain_masks import plain_masks

from notcontent.signals import _pdq
from notcontent.signals.drawing import draw_picture
from notcontent.signals.looks import decoded
from notcontent.signals.views.masks import COVERED, GRID, MOST_CELLS, Mask, find_masks
from notcontent.signals.views.sheet import Box, make_sheet

SEEDS = (1, 2, 3, 4)


@cache
def drawn(seed: int) -> Image.Image:
    return draw_picture(seed, 640, 480)


def masks_of(image: Image.Image) -> tuple[Mask, ...]:
    """Find masks on the picture as it is uploaded: saved as JPEG."""
    return find_masks(make_sheet(decoded(saved(image, "JPEG")).luma)[0])


def cells(changed: np.ndarray) -> np.ndarray:
    """Give the share of each cell of the grid that was changed."""
    grid = Image.fromarray((changed * 255).astype(np.uint8)).resize((GRID, GRID), Image.Resampling.BOX)
    return np.asarray(grid, float) / 255


def compared(before: Image.Image, after: Image.Image) -> tuple[float, float]:
    """Compare the first mask with what was changed.

    Gives the share of the cells changed by a tenth that it has, and of the cells not beside any change that it has.
    """
    truth = cells(np.abs(np.asarray(before, int) - np.asarray(after, int)).max(axis=2) > 0)
    beside = np.pad(truth > 0, 1)
    for axis in (0, 1):
        beside = beside | np.roll(beside, 1, axis) | np.roll(beside, -1, axis)
    mask = masks_of(after)[0]
    return float(mask[truth > 0.1].mean()), float(mask[~beside[1:-1, 1:-1]].mean())


def face(image: Image.Image, radius: int, at: tuple[int, int]) -> Image.Image:
    done = image.copy()
    brush = ImageDraw.Draw(done)
    x, y = at
    brush.ellipse((x - radius, y - radius, x + radius, y + radius), (250, 205, 40))
    for side in (-1, 1):
        brush.ellipse((x + side * radius // 3 - 9, y - 30, x + side * radius // 3 + 9, y - 12), (60, 40, 30))
    brush.arc((x - radius // 2, y - 10, x + radius // 2, y + radius // 2), 20, 160, (60, 40, 30), 8)
    return done


@pytest.mark.parametrize("at", [(320, 240), (150, 330), (500, 120)])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_face_is_covered_and_little_else(seed: int, at: tuple[int, int]) -> None:
    picture = drawn(seed)
    covered, wrong = compared(picture, face(picture, 100, at))
    assert covered >= 0.9
    assert wrong <= 0.15


@pytest.mark.parametrize(("ground", "ink"), [("white", "black"), ("black", "white"), ("#2b6cb0", "white")])
@pytest.mark.parametrize("top", [0, 140, 400])
def test_a_bar_with_words_is_covered_with_its_words(ground: str, ink: str, top: int) -> None:
    for seed in SEEDS:
        picture = drawn(seed)
        done = picture.copy()
        brush = ImageDraw.Draw(done)
        brush.rectangle((0, top, 640, top + 79), ground)
        brush.text((20, top + 40), "nobody should pass this on", ink, ImageFont.load_default(44), anchor="lm")
        covered, wrong = compared(picture, done)
        assert covered >= 0.95
        assert wrong <= 0.15


def test_outlined_words_are_covered_line_by_line() -> None:
    for seed in SEEDS:
        picture = drawn(seed)
        done = picture.copy()
        brush, font = ImageDraw.Draw(done), ImageFont.load_default(64)
        for y, words in ((50, "WHEN YOU SEE IT"), (430, "YOU KNOW IT")):
            brush.text((40, y), words, "white", font, anchor="lm", stroke_width=3, stroke_fill="black")
        covered, wrong = compared(picture, done)
        assert covered >= 0.9
        assert wrong <= 0.15
        assert masks_of(done)[0][8:16].mean() <= 0.2  # between the lines


def test_paint_and_words_are_masked_together_first_then_each_alone() -> None:
    done = face(drawn(3), 90, (320, 200))
    font = ImageFont.load_default(60)
    ImageDraw.Draw(done).text(
        (40, 430), "TRUST NOBODY", "white", font, anchor="lm", stroke_width=3, stroke_fill="black"
    )
    both, paint, words = masks_of(done)
    assert (both == paint | words).all()
    assert paint[10, 12]
    assert not words[10, 12]
    assert words[21, 6]
    assert not paint[21, 6]


def test_a_mask_within_a_box_is_of_that_box() -> None:
    picture = face(drawn(3), 90, (320, 240))
    page = Image.new("RGB", (640, 960), "black")
    page.paste(picture, (0, 240))
    sheet, n = make_sheet(decoded(saved(page, "JPEG")).luma)
    (mask,) = find_masks(sheet, Box(240 // n, 0, 720 // n, 640 // n))
    (alone,) = masks_of(picture)
    assert (mask != alone).mean() <= 0.05


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_empty_page_has_no_mask(level: int) -> None:
    assert masks_of(Image.new("RGB", (500, 400), (level,) * 3)) == ()


def test_bare_pictures_have_small_masks_or_none() -> None:
    """Their suns and windows are drawn in one level; nothing else of them is masked."""
    shares = [max((mask.mean() for mask in masks_of(drawn(seed))), default=0) for seed in range(12)]
    assert np.mean(shares) <= 0.03
    assert max(shares) <= 0.15


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 450), st.integers(1, 450), st.integers(0, 2**32 - 1))
def test_whatever_the_pixels_masks_are_few_and_leave_enough(height: int, width: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    luma = chance.integers(0, 256, (height, width), dtype=np.uint8)
    for _ in range(int(chance.integers(0, 6))):
        top, left = chance.integers(0, height), chance.integers(0, width)
        luma[top : top + height // 2, left : left + width // 2] = chance.integers(0, 256)
    masks = find_masks(make_sheet(luma)[0])
    assert len(masks) in {0, 1, 2, 3}
    for mask in masks:
        assert mask.shape == (GRID, GRID)
        assert 0 < mask.mean() <= MOST_CELLS


def assert_same(found: tuple[Mask, ...], plain: tuple[Mask, ...]) -> None:
    assert len(found) == len(plain)
    for one, other in zip(found, plain, strict=True):
        assert np.array_equal(one, other)


@settings(max_examples=150, deadline=None)
@given(st.integers(2 * GRID, 420), st.integers(2 * GRID, 420), st.integers(0, 2**32 - 1))
def test_masks_are_those_of_the_plain_steps(height: int, width: int, seed: int) -> None:
    """Shapes of one level, stark strokes and skies, over noise of a few levels."""
    chance = np.random.default_rng(seed)
    samples = np.add.outer(np.linspace(0, chance.uniform(0, 90), height), np.full(width, chance.uniform(0, 160)))
    samples += chance.normal(0, chance.choice([0.3, 1.5, 9]), samples.shape)
    image = Image.fromarray(samples.clip(0, 255).astype(np.uint8))
    brush = ImageDraw.Draw(image)
    for _ in range(int(chance.integers(0, 9))):
        corners = (chance.random((4, 2)) * (width, height)).astype(int).tolist()
        brush.polygon([tuple(corner) for corner in corners], int(chance.integers(0, 256)))
    for _ in range(int(chance.integers(0, 30))):
        y, length = int(chance.integers(0, height)), int(chance.integers(2, 40))
        x = int(chance.integers(0, width))
        brush.line((x, y, x + length, y), int(chance.choice([5, 250])), int(chance.integers(1, 6)))
    luma = np.asarray(image).astype(np.float32) + np.float32(chance.choice([0, 0.25, 0.5]))
    assert_same(tuple(_pdq.masks(luma.clip(0, 255), COVERED, MOST_CELLS)), plain_masks(luma.clip(0, 255)))


@pytest.mark.parametrize("seed", SEEDS)
def test_masks_of_painted_pictures_are_those_of_the_plain_steps(seed: int) -> None:
    for image in (drawn(seed), face(drawn(seed), 70 + 20 * seed, (200, 200))):
        done = image.copy()
        font = ImageFont.load_default(50)
        ImageDraw.Draw(done).text((30, 420), "KEEP IT", "white", font, stroke_width=3, stroke_fill="black")
        sheet, _ = make_sheet(decoded(saved(done, "JPEG")).luma)
        assert_same(find_masks(sheet), plain_masks(sheet.samples))


def test_a_plane_with_fewer_samples_than_cells_is_refused_and_wild_samples_are_not() -> None:
    with pytest.raises(ValueError, match="2 x 2"):
        _pdq.masks(np.zeros((2 * GRID - 1, 200), np.float32), COVERED, MOST_CELLS)
    with pytest.raises(ValueError, match="so large"):
        _pdq.masks(np.zeros((2049, 2048), np.float32), COVERED, MOST_CELLS)
    with pytest.raises(TypeError):
        _pdq.masks(np.zeros((99, 99), np.uint8), COVERED, MOST_CELLS)
    wild = np.array([np.nan, np.inf, -np.inf, 1e30, -5], np.float32)
    assert len(_pdq.masks(np.resize(wild, (60, 70)), COVERED, MOST_CELLS)) <= 3
