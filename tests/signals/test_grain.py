"""Grain: hashes that one pattern explains are told from those of ordinary pictures, and are not looked with."""

import numpy as np
import pytest
from picture_files import saved
from PIL import Image

from notcontent.signals import looks, pdq
from notcontent.signals.drawing import draw_picture
from notcontent.signals.grain import MOST_GRAIN, grain, grains


def signs_to_bytes(signs: np.ndarray) -> bytes:
    return np.packbits((signs > 0).ravel()).tobytes()


@pytest.mark.parametrize("seed", range(5))
def test_one_pattern_has_all_the_grain_and_a_random_hash_next_to_none(seed: int) -> None:
    chance = np.random.default_rng(seed)
    row, column = chance.choice((-1, 1), 16), chance.choice((-1, 1), 16)
    assert grain(signs_to_bytes(np.outer(column, row))) == 1.0
    assert 1 / 16 <= grain(chance.bytes(32)) < 0.16


def test_grain_is_the_sum_of_the_fourth_powers_of_the_singular_values() -> None:
    values = np.random.default_rng(1).integers(0, 256, (40, 32), dtype=np.uint8)
    values[20:] &= 0xF0
    signs = np.unpackbits(values, axis=1).reshape(-1, 16, 16) * 2.0 - 1
    powers = (np.linalg.svd(signs, compute_uv=False) ** 4).sum(axis=1) / 16**4
    assert np.allclose(grains(values), powers, rtol=1e-6)
    assert np.array_equal(grains(values[::2]), grains(values)[::2])
    assert [grain(value.tobytes()) for value in values] == grains(values).tolist()
    with pytest.raises(ValueError, match="no such hash"):
        grain(bytes(31))


def test_drawn_pictures_are_far_below_the_limit_and_wood_is_above_it() -> None:
    assert max(grain(pdq(np.asarray(draw_picture(seed, 320, 240).convert("L"))).value) for seed in range(24)) < 0.33
    assert grain(pdq(wood(1)).value) > MOST_GRAIN


def wood(seed: int) -> np.ndarray:
    """Grain along one direction that fades across it."""
    chance = np.random.default_rng(seed)
    line = np.interp(np.arange(600), np.arange(0, 601, 12), chance.uniform(40, 215, 51))
    return (line[None, :] * (0.2 + 0.8 * np.linspace(0, 1, 400) ** 3)[:, None]).astype(np.uint8)


def test_of_wood_only_the_whole_is_looked_at() -> None:
    found = looks(saved(Image.fromarray(wood(2)), "PNG"), 48)
    assert found[0].kind == "whole"
    assert grain(found[0].value) > MOST_GRAIN
    assert all(grain(look.value) <= MOST_GRAIN for look in found[1:])
