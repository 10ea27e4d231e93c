"""Drawn pictures are like photographs to PDQ, and no two are alike."""

import itertools

import numpy as np
import pytest
from picture_files import saved

from notcontent.signals import hash_image, pdq
from notcontent.signals.drawing import draw_picture, picture_bytes


def test_drawn_pictures_have_high_quality_and_hashes_far_apart() -> None:
    hashes = [pdq(np.asarray(draw_picture(seed, 320, 240).convert("L"))) for seed in range(24)]
    assert min(hashed.quality for hashed in hashes) >= 80
    values = [int.from_bytes(hashed.value) for hashed in hashes]
    assert min((one ^ other).bit_count() for one, other in itertools.combinations(values, 2)) > 62


def test_equal_seeds_draw_equal_pictures() -> None:
    assert draw_picture(3, 200, 150).tobytes() == draw_picture(3, 200, 150).tobytes()
    assert draw_picture(3, 200, 150).tobytes() != draw_picture(7, 200, 150).tobytes()


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_drawn_picture_comes_as_a_file_of_any_format(file_format: str) -> None:
    assert hash_image(picture_bytes(1, 200, 150, file_format)).quality > 50


def test_a_recompressed_and_resized_copy_stays_close() -> None:
    whole = draw_picture(5, 800, 600)
    copy = saved(whole.resize((500, 375)), "JPEG", quality=40)
    one, other = hash_image(saved(whole, "PNG")).value, hash_image(copy).value
    assert (int.from_bytes(one) ^ int.from_bytes(other)).bit_count() <= 20
