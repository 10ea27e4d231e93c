"""PDQ against the reference: equal luma gives equal bits, unless rounding decides a bit."""

from collections.abc import Callable

import linear_pdq
import numpy as np
import pdqhash
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from notcontent.signals import _pdq, pdq
from notcontent.signals.pdq import REFERENCE_ROUNDING, Hashed, axis, coefficients, margin, quality, spread

PHOTOS = ("brick", "chelsea", "coffee", "coins", "hubble_deep_field", "moon", "page", "rocket")
KINDS = ("noise", "smooth", "gradient", "sparse", "stripes", "flat")

Luma = NDArray[np.uint8]


def photo(name: str) -> Image.Image:
    """Give the luma of a photo that scikit-image ships."""
    return Image.fromarray(getattr(data, name)()).convert("L")


def reference(luma: Luma) -> tuple[bytes, int]:
    colour = np.ascontiguousarray(np.repeat(luma[:, :, None], 3, axis=2))
    vector, quality = pdqhash.compute(colour)
    return np.packbits(vector.astype(np.uint8)).tobytes(), quality


def differing(one: bytes, other: bytes) -> NDArray[np.bool_]:
    """Mark the coefficients whose bits differ, as a 16x16 array."""
    bits = np.unpackbits(np.frombuffer(one, np.uint8) ^ np.frombuffer(other, np.uint8))
    return bits[::-1].reshape(16, 16).astype(bool)


@st.composite
def pictures(draw: st.DrawFn) -> Luma:
    height, width = draw(st.integers(5, 700)), draw(st.integers(5, 700))
    chance = np.random.Generator(np.random.PCG64(draw(st.integers(0, 2**32))))
    match draw(st.sampled_from(KINDS)):
        case "noise":
            return chance.integers(0, 256, (height, width), dtype=np.uint8)
        case "smooth":
            blobs = Image.fromarray(chance.integers(0, 256, (9, 9), dtype=np.uint8))
            return np.asarray(blobs.resize((width, height), Image.Resampling.BICUBIC))
        case "gradient":
            down, right = np.linspace(0, chance.uniform(0, 128), height), np.linspace(0, chance.uniform(0, 127), width)
            return np.add.outer(down, right).astype(np.uint8)
        case "sparse":
            luma = np.zeros((height, width), np.uint8)
            luma[chance.integers(0, height, 4), chance.integers(0, width, 4)] = 255
            return luma
        case "stripes":
            return np.tile(chance.integers(0, 256, width, dtype=np.uint8), (height, 1))
        case _:
            return np.full((height, width), chance.integers(0, 256), np.uint8)


@settings(max_examples=150, deadline=None)
@given(pictures())
def test_bits_differ_from_the_reference_only_where_rounding_decides_them(luma: Luma) -> None:
    value, quality = reference(luma)
    ours = pdq(luma)
    values = coefficients(luma)
    away = np.abs(values - np.partition(values.ravel(), 127)[127])
    assert not differing(ours.value, value)[away > REFERENCE_ROUNDING].any()
    assert abs(ours.quality - quality) <= 1


@settings(max_examples=80, deadline=None)
@given(pictures())
def test_a_margin_above_the_rounding_settles_every_bit(luma: Luma) -> None:
    if margin(luma) > 2 * REFERENCE_ROUNDING:
        assert pdq(luma).value == reference(luma)[0]


@pytest.mark.parametrize("name", PHOTOS)
def test_photos_hash_as_the_reference_does_at_every_scale_and_crop(name: str) -> None:
    whole = photo(name)
    for scale in (1.0, 0.6, 0.29):
        luma = np.asarray(whole.resize((int(whole.width * scale), int(whole.height * scale))))
        for part in (luma, luma[3:, : luma.shape[1] * 2 // 3], luma.T, luma[::-1, 5:]):
            ours = pdq(part)
            assert (ours.value, ours.quality) == reference(np.ascontiguousarray(part))


def test_a_tie_at_the_median_has_no_margin() -> None:
    chance = np.random.Generator(np.random.PCG64(1))
    stripes = np.tile(chance.integers(0, 256, 200, dtype=np.uint8), (150, 1))
    assert margin(stripes) < 1e-9
    assert margin(np.asarray(photo("coins"))) > 2 * REFERENCE_ROUNDING


def test_the_median_is_the_128th_smallest_so_half_of_the_bits_are_set() -> None:
    luma = np.asarray(photo("coffee"))
    assert int.from_bytes(pdq(luma).value).bit_count() == 128


@pytest.mark.parametrize("shape", [(1, 1), (4, 4), (4, 900), (900, 4)])
def test_a_side_below_five_gives_the_zero_hash_at_quality_zero(shape: tuple[int, int]) -> None:
    assert pdq(np.full(shape, 77, np.uint8)) == Hashed(bytes(32), 0)


@settings(max_examples=150, deadline=None)
@given(pictures())
def test_bits_are_those_of_the_plain_product_of_matrices_but_for_ties(luma: Luma) -> None:
    ours, (value, quality) = pdq(luma), linear_pdq.pdq(luma)
    values = linear_pdq.transform(linear_pdq.small_of(luma))
    assert np.abs(coefficients(luma) - values).max() < 1e-9
    away = np.abs(values - np.partition(values.ravel(), 127)[127])
    assert not differing(ours.value, value)[away > 1e-9].any()
    assert abs(ours.quality - quality) <= 1  # a step on a whole number


def assert_whole_numbers_settle_nothing_else(luma: Luma) -> None:
    """Compare with sums of doubles, on every instruction set: as it is, in its turns, and its quality alone."""
    rows, rows_mirrored, columns, columns_mirrored = (
        axis(side, 0, side, 1, mirrored=flip) for side in luma.shape for flip in (False, True)
    )
    for name in _pdq.instruction_sets():
        plain = _pdq.hash(luma, rows, columns, name, may_be_quick=False)
        assert _pdq.hash(luma, rows, columns, name) == plain
        assert _pdq.quality(luma, rows, columns, instruction_set=name) == plain[1]
        for down in (rows, rows_mirrored):
            ways = (luma, down, columns, columns_mirrored)
            assert _pdq.hash_ways(*ways, name) == _pdq.hash_ways(*ways, name, may_be_quick=False)


@settings(max_examples=80, deadline=None)
@given(pictures())
def test_sums_of_whole_numbers_give_the_bits_and_the_quality_that_sums_of_doubles_give(luma: Luma) -> None:
    assert_whole_numbers_settle_nothing_else(luma)


@pytest.mark.parametrize("shape", [(2049, 65), (2160, 3840), (4320, 320), (7, 8200), (16384, 64), (64, 16385)])
def test_sums_of_whole_numbers_hold_the_largest_samples_of_large_pictures(shape: tuple[int, int]) -> None:
    luma = np.random.Generator(np.random.PCG64(5)).integers(236, 256, shape, dtype=np.uint8)
    assert_whole_numbers_settle_nothing_else(luma)
    assert_whole_numbers_settle_nothing_else(np.full_like(luma, 255))


def test_the_range_of_video_is_spread_over_the_whole_to_the_nearest() -> None:
    every = np.arange(512).reshape(2, 256).astype(np.uint8)
    expected = np.clip(np.floor((every.astype(int) - 16) * 255 / 219 + 0.5), 0, 255)
    for name in _pdq.instruction_sets():
        assert (_pdq.spread(every, name) == expected).all()
    assert (spread(every[:, ::-1]) == expected[:, ::-1]).all()


@pytest.mark.parametrize("shape", [(2**60, 0), (0, 2**60), (2**27, 1), (1, 2**27), (2**16, 2**15)])
def test_a_view_larger_than_any_picture_is_refused_before_it_is_gone_along(shape: tuple[int, int]) -> None:
    bytes_ = as_strided(np.zeros(1, np.uint8), shape, (0, 1))  # of what it claims, one sample is there
    floats = as_strided(np.zeros(1, np.float32), shape, (0, 4))
    calls: list[Callable[[], object]] = [
        lambda: _pdq.spread(bytes_),
        lambda: _pdq.halved(bytes_),
        lambda: _pdq.sheet(bytes_, 1, 8.0),
        lambda: _pdq.plain_ends(floats, 1.0, 8.0),
        lambda: _pdq.filled_runs(floats, 1.0, 2),
        lambda: _pdq.seams(floats, 1.0, 3),
        lambda: _pdq.side(floats, 0.0, 14.0, 0.4, 1.0, 0.5, 0.1),
        lambda: _pdq.ground(floats, 1.0),
        lambda: _pdq.exact(bytes_, 0, 0, 2, 2, 1, 8),
        lambda: _pdq.distinct(bytes_, (9, 9, 1), [(0, 0, 2, 2)], 1, 8, 1, 0.0, 0.1, 9, []),
        lambda: _pdq.distinct(np.zeros((9, 9), np.uint8), (1 << 40, 9, 1), [(0, 0, 2, 2)], 1, 8, 1, 0.0, 0.1, 9, []),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="no picture is so large"):
            call()


@settings(max_examples=60, deadline=None)
@given(pictures())
def test_the_quality_of_video_is_that_of_its_samples_spread(luma: Luma) -> None:
    rows, columns = (axis(side, 0, side, 1) for side in luma.shape)
    for name in _pdq.instruction_sets():
        shown = _pdq.hash(spread(luma), rows, columns, name, may_be_quick=False)[1]
        assert _pdq.quality(luma, rows, columns, limited=True, instruction_set=name) == shown
    assert quality(luma, limited=True) == shown


def test_the_nearest_of_many_hashes_is_found() -> None:
    chance = np.random.Generator(np.random.PCG64(9))
    kept = chance.integers(0, 256, (300, 32), dtype=np.uint8)
    value = chance.integers(0, 256, 32, dtype=np.uint8)
    bits = np.bitwise_count(kept ^ value).sum(axis=1)
    for name in _pdq.instruction_sets():
        for count in (1, 7, 300):
            near = _pdq.nearest(kept, count, value.tobytes(), name)
            assert near == (bits[:count].argmin(), bits[:count].min())
        assert _pdq.nearest(kept, 0, value.tobytes(), name) == (0, 257)
    for count, wrong in ((301, value.tobytes()), (300, bytes(31))):
        with pytest.raises(ValueError, match="no such hashes"):
            _pdq.nearest(kept, count, wrong)


def test_views_hash_like_the_bytes_they_hold() -> None:
    luma = np.asarray(photo("rocket"))
    assert pdq(luma[::-1][::-1]) == pdq(luma)
    assert pdq(np.asfortranarray(luma)) == pdq(luma)


def test_a_hash_never_shows_in_its_repr() -> None:
    hashed = pdq(np.asarray(photo("coffee")))
    assert hashed.hex not in repr(hashed)
    assert str(hashed.value) not in f"{hashed} {hashed!r} {[hashed]}"
    assert len(hashed.hex) == 64
