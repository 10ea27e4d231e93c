"""Parts of pictures, turned pictures and fractions of pictures hash as the full-size, truly turned crop does."""

from collections.abc import Callable

import linear_pdq
import numpy as np
import photo_sets
import pytest
from hash_distance import Tally, distance, reference
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from notcontent.signals import TURNS, Hashed, Luma, Raster, Rect, _pdq, hash_region, hash_turns, pdq
from notcontent.signals.raster import Turns, coefficients_of

ROUNDING = 1e-9


def luma_of(image: Image.Image) -> Luma:
    return np.asarray(image.convert("L"))


def whole(luma: Luma) -> Raster:
    return Raster(luma, *luma.shape)


def means(luma: Luma, scale: int) -> Raster:
    """Read a picture at a fraction, by its definition."""
    height, width = luma.shape
    rows = np.add.reduceat(luma.astype(np.float64), np.arange(0, height, scale), axis=0)
    sums = np.add.reduceat(rows, np.arange(0, width, scale), axis=1)
    tall = np.diff(np.append(np.arange(0, height, scale), height))
    wide = np.diff(np.append(np.arange(0, width, scale), width))
    return Raster(np.rint(sums / np.outer(tall, wide)).astype(np.uint8), height, width, scale)


def turned(luma: Luma, way: int) -> Luma:
    """Show a picture as its file would with EXIF orientation way + 1."""
    operations = Image.Transpose
    by_orientation = (
        None,
        operations.FLIP_LEFT_RIGHT,
        operations.ROTATE_180,
        operations.FLIP_TOP_BOTTOM,
        operations.TRANSPOSE,
        operations.ROTATE_270,  # Pillow counts against the clock
        operations.TRANSVERSE,
        operations.ROTATE_90,
    )
    operation = by_orientation[way]
    return luma if operation is None else np.asarray(Image.fromarray(luma).transpose(operation))


@st.composite
def parts(draw: st.DrawFn) -> tuple[int, int, int, int]:
    """Draw the length of an axis, a part of it and a scale."""
    pixels = draw(st.integers(1, 900))
    first = draw(st.integers(0, pixels - 1))
    return pixels, first, draw(st.integers(first + 1, pixels)), draw(st.sampled_from([1, 2, 4, 8]))


@settings(max_examples=200, deadline=None)
@given(parts(), parts(), st.booleans(), st.booleans(), st.integers(0, 2**32))
def test_the_core_is_the_product_of_matrices_on_every_instruction_set(
    down: tuple[int, int, int, int], across: tuple[int, int, int, int], flip: bool, flop: bool, seed: int
) -> None:
    height, width = -(-down[0] // down[3]), -(-across[0] // across[3])
    samples = np.random.Generator(np.random.PCG64(seed)).integers(0, 256, (height, width), dtype=np.uint8)
    small = linear_pdq.axis(*down, mirrored=flip) @ samples @ linear_pdq.axis(*across, mirrored=flop).T
    values = linear_pdq.transform(small)
    rows, columns = _pdq.Axis(*down, flip), _pdq.Axis(*across, flop)
    found = [_pdq.coefficients(samples, rows, columns, name) for name in _pdq.instruction_sets()]
    assert np.abs(found[0] - values).max() < ROUNDING
    assert all((each == found[0]).all() for each in found)
    quick = [_pdq.coefficients(samples, rows, columns, name, by_halves=True) for name in _pdq.instruction_sets()]
    assert np.abs(quick[0] - found[0]).max() < ROUNDING
    assert all((each == quick[0]).all() for each in quick)
    hashes = {_pdq.hash(samples, rows, columns, name) for name in _pdq.instruction_sets()}
    hashes.add(_pdq.hash(samples, rows, columns, may_be_quick=False))
    assert len(hashes) == 1
    ordered = np.sort(values.ravel())
    if ordered[128] - ordered[127] > 2 * ROUNDING:
        (value, _) = hashes.pop()
        assert value == linear_pdq.bits(values)


@pytest.mark.parametrize("name", photo_sets.PHOTOS)
def test_a_part_at_full_size_hashes_as_the_cropped_picture(name: str) -> None:
    luma = luma_of(photo_sets.photo(name))
    chance = np.random.Generator(np.random.PCG64(1))
    for _ in range(6):
        top, left = (int(n) for n in chance.integers(0, 60, 2))
        bottom, right = luma.shape[0] - int(chance.integers(0, 60)), luma.shape[1] - int(chance.integers(0, 60))
        crop = luma[top:bottom, left:right]
        hashed = hash_region(whole(luma), Rect(top, left, bottom, right))
        assert hashed == pdq(crop)
        assert (hashed.value, hashed.quality) == reference(crop)


@pytest.mark.parametrize("name", photo_sets.PHOTOS)
def test_eight_turns_are_those_of_truly_turned_pixels(name: str) -> None:
    luma = luma_of(photo_sets.photo(name))
    for rect in (None, Rect(3, 10, luma.shape[0] - 5, luma.shape[1] - 22)):
        crop = luma if rect is None else luma[rect.top : rect.bottom, rect.left : rect.right]
        ways = hash_turns(whole(luma), rect)
        assert len(ways) == len(TURNS) == 8
        assert ways[0] == hash_region(whole(luma), rect)
        assert [(each.value, each.quality) for each in ways] == [reference(turned(crop, way)) for way in range(8)]


def test_a_way_is_the_same_whichever_is_asked_for_first() -> None:
    raster, rect = means(luma_of(photo_sets.photo("coffee")), 2), Rect(5, 9, 290, 400)
    ways = hash_turns(raster, rect)
    assert [Turns(raster, rect)[way] for way in range(8)] == ways
    assert hash_region(raster, rect, mirrored=True) == ways[1]
    for way in (-1, 8):
        with pytest.raises(IndexError, match="eight"):
            Turns(raster, rect)[way]


def photo_sets_at(scale: int) -> list[tuple[str, list[Luma]]]:
    """Give pictures whose shorter side is some 260 samples at this scale: as few as `decode` allows."""
    return [(name, photo_sets.lumas(name, 260 * scale)) for name in photo_sets.SETS]


SLOW_AT_8 = pytest.mark.parametrize("scale", [2, 4, pytest.param(8, marks=pytest.mark.slow)])


@SLOW_AT_8
def test_a_fraction_hashes_as_the_reference_does_at_full_size(scale: int) -> None:
    """Print the distribution for each set: `pytest -s -k fraction`."""
    tally = Tally("whole", scale)
    for name, pictures in photo_sets_at(scale):
        tally.add(name, ((hash_region(means(luma, scale)), reference(luma)) for luma in pictures))
    tally.close()


@SLOW_AT_8
def test_a_part_of_a_fraction_hashes_as_the_crop_does_wherever_its_edges_lie(scale: int) -> None:
    tally = Tally("parts", scale)
    for name, pictures in photo_sets_at(scale):
        chance = np.random.Generator(np.random.PCG64(scale))
        pairs = []
        for luma in pictures:
            top, left, below, beside = (int(n) for n in chance.integers(1, 12 * scale, 4))
            rect = Rect(top, left, luma.shape[0] - below, luma.shape[1] - beside)
            crop = np.ascontiguousarray(luma[top : rect.bottom, left : rect.right])
            pairs.append((hash_region(means(luma, scale), rect), reference(crop)))
        tally.add(name, pairs)
    tally.close()


@SLOW_AT_8
def test_a_fraction_turned_hashes_as_truly_turned_pixels_do(scale: int) -> None:
    tally = Tally("turned", scale)
    for name, pictures in photo_sets_at(scale):
        pairs = []
        for luma in pictures[::4]:
            ways = hash_turns(means(luma, scale))
            pairs += [(hashed, reference(turned(luma, way))) for way, hashed in enumerate(ways)]
        tally.add(name, pairs)
    tally.close()


def test_without_the_phase_of_its_edges_a_part_of_a_fraction_would_hash_otherwise() -> None:
    luma = luma_of(photo_sets.photo("retina"))
    raster, rect = means(luma, 4), Rect(2, 2, 1398, 1398)
    value, _ = reference(np.ascontiguousarray(luma[2:1398, 2:1398]))
    careless = Raster(raster.luma[:349, :349], 1396, 1396, 4)  # as if the part began where a sample does
    assert distance(hash_region(raster, rect).value, value) < distance(hash_region(careless).value, value)


@pytest.mark.parametrize("rect", [Rect(0, 0, 4, 100), Rect(90, 50, 100, 54)])
def test_a_part_with_a_side_below_five_gives_the_zero_hash(rect: Rect) -> None:
    raster = whole(np.full((100, 100), 9, np.uint8))
    assert hash_region(raster, rect) == Hashed(bytes(32), 0)
    assert hash_turns(raster, rect) == [Hashed(bytes(32), 0)] * 8
    with pytest.raises(ValueError, match="no coefficients"):
        coefficients_of(raster, rect)


@pytest.mark.parametrize("rect", [Rect(0, 0, 0, 9), Rect(-1, 0, 9, 9), Rect(0, 0, 101, 100), Rect(0, 60, 100, 50)])
def test_a_part_that_is_empty_or_outside_is_refused(rect: Rect) -> None:
    raster = whole(np.full((100, 100), 9, np.uint8))
    calls: tuple[Callable[[Raster, Rect], object], ...] = (hash_region, hash_turns, coefficients_of)
    for call in calls:
        with pytest.raises(ValueError, match="beyond"):
            call(raster, rect)


def test_a_raster_that_contradicts_itself_is_refused() -> None:
    luma: NDArray[np.uint8] = np.zeros((10, 10), np.uint8)
    assert Raster(luma, 73, 80, 8).whole == Rect(0, 0, 73, 80)
    for height, width, scale in ((72, 80, 8), (80, 81, 8), (30, 30, 3), (10, 11, 1)):
        with pytest.raises(ValueError, match=r"scale|samples"):
            Raster(luma, height, width, scale)
    assert repr(Raster(luma, 73, 80, 8)) == "<Raster 80x73, 1/8>"


def test_the_core_itself_refuses_what_its_face_would_refuse() -> None:
    axis = _pdq.Axis(10, 0, 10, 1)
    luma: NDArray[np.uint8] = np.zeros((10, 10), np.uint8)
    wide: NDArray[np.uint8] = np.zeros((10, 20), np.uint8)
    refused: tuple[Callable[[], object], ...] = (
        lambda: _pdq.Axis(0, 0, 0, 1),
        lambda: _pdq.Axis(10, 5, 5, 1),
        lambda: _pdq.Axis(10, -1, 5, 1),
        lambda: _pdq.Axis(10, 0, 11, 1),
        lambda: _pdq.Axis(10, 0, 10, 3),
        lambda: _pdq.Axis(10, 0, 10, 0),
        lambda: _pdq.Axis(1 << 40, 0, 10, 1),
        lambda: _pdq.hash(luma[1:], axis, axis),
        lambda: _pdq.hash(wide, axis, axis),
        lambda: _pdq.hash(wide[:, ::2], axis, axis),
        lambda: _pdq.hash(luma, axis, axis, "none such"),
        lambda: _pdq.hash_ways(luma, axis, axis, _pdq.Axis(11, 0, 11, 1)),
        lambda: _pdq.coefficients(luma, axis, _pdq.Axis(9, 0, 9, 1)),
    )
    for call in refused:
        with pytest.raises(ValueError, match=r"."):
            call()
    for samples in (luma.astype(np.float32), luma[0], luma[None]):
        with pytest.raises(TypeError):
            _pdq.hash(samples, axis, axis)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        _pdq.Axis("10", 0, 10, 1)  # type: ignore[arg-type]
