"""The self-test's constants mean what they say: Python reads the same pictures and gets the same answers."""

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from notcontent.signals import hash_image
from notcontent.signals.decode import decode_luma

KNOWN = Path(__file__).parents[2] / "src/notcontent/hub/portal/static/portal/known.js"


def constant(name: str) -> str:
    found = re.search(rf'export const {name} =\s+"([^"]+)"', KNOWN.read_text(encoding="utf-8"))
    assert found is not None
    return found[1]


def test_every_pixel_of_the_png_is_as_the_formula_says() -> None:
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(constant("KNOWN_PNG")))))
    y, x = np.mgrid[0:16, 0:16]
    assert (pixels == np.stack([16 * x, 16 * y, 16 * (x ^ y)], axis=-1)).all()


@pytest.mark.parametrize("name", ["KNOWN_JPEG", "KNOWN_WEBP"])
def test_a_photo_has_the_hash_that_is_written_beside_it(name: str) -> None:
    assert hash_image(base64.b64decode(constant(name))).hex == constant(f"{name}_HASH")


def test_the_jpeg_lies_on_its_side_so_that_ignoring_exif_is_noticed() -> None:
    picture = Image.open(io.BytesIO(base64.b64decode(constant("KNOWN_JPEG"))))
    assert picture.getexif()[0x0112] == 6
    out = io.BytesIO()
    picture.convert("L").save(out, "PNG")
    as_it_lies = int(hash_image(out.getvalue()).hex, 16)
    assert (as_it_lies ^ int(constant("KNOWN_JPEG_HASH"), 16)).bit_count() > 60


def test_the_avif_lies_on_its_side_too() -> None:
    luma = decode_luma(base64.b64decode(constant("KNOWN_AVIF")))
    assert luma.shape == (32, 16)
    assert "export const KNOWN_AVIF_SIZE = [16, 32];" in KNOWN.read_text(encoding="utf-8")
