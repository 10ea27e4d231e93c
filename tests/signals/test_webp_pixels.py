"""WebP weighed where libwebp's wrapper gives it: what Pillow's plugin makes of the same file, and the same refusals."""

import random
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from picture_files import drawn, exif, outcome, saved
from PIL import Image

from notcontent.signals import _pdq
from notcontent.signals.containers.container import Container
from notcontent.signals.luma import Luma, luma_over_white

DECODE = sys.modules["notcontent.signals.decode"]  # the name in the package is the function's
MUTANTS = 1000


def by_plugin(data: bytes) -> bytes | str:
    def refuse(_: Container) -> Luma:
        raise AttributeError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DECODE, "luma_of_webp", refuse)
        return outcome(data)


def by_wrapper_alone(data: bytes) -> bytes | str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DECODE, "_open", None)
        return outcome(data)


@cache
def kinds() -> list[bytes]:
    """Give WebPs lossy and lossless, with alpha and without, still and moving, and turned."""
    image, second = drawn(1, 90, 61), drawn(2, 90, 61)
    clear = image.convert("RGBA")
    clear.putalpha(Image.effect_noise(image.size, 90))
    files = [saved(one, "WEBP", lossless=lossless) for one in (image, clear) for lossless in (False, True)]
    files += [saved(image.convert("L"), "WEBP"), saved(image.resize((1, 1)), "WEBP")]
    files += [saved(one, "WEBP", save_all=True, append_images=[second]) for one in (image, clear)]
    files += [saved(image, "WEBP", exif=exif(orientation)) for orientation in range(1, 9)]
    return files


def test_every_kind_gives_what_the_plugin_gives() -> None:
    found = [by_wrapper_alone(data) for data in kinds()]
    assert found == [by_plugin(data) for data in kinds()]
    assert all(isinstance(one, bytes) for one in found)


def test_damaged_files_end_as_by_the_plugin() -> None:
    chance = random.Random(20261130)  # noqa: S311 - chance that can be repeated
    read = 0
    for _ in range(MUTANTS):
        data = bytearray(chance.choice(kinds()))
        for _ in range(chance.randrange(1, 5)):
            at = chance.randrange(min(len(data), chance.choice((60, 1 << 30))))
            data[at] = chance.choice((data[at] ^ 1 << chance.randrange(8), chance.randrange(256)))
        found = outcome(bytes(data))
        assert found == by_plugin(bytes(data))
        read += isinstance(found, bytes)
    assert MUTANTS // 10 < read < MUTANTS - MUTANTS // 10


@pytest.mark.parametrize("given", [None, (b"", 0), (bytes(9), 0), "RGBA"])
def test_a_wrapper_that_gives_something_else_is_gone_without(monkeypatch: pytest.MonkeyPatch, given: object) -> None:
    data = kinds()[0]
    expected = outcome(data)

    class Other:
        def __init__(self, _: bytes) -> None: ...

        def get_info(self) -> tuple[tuple[int, int], int, int, int, str]:
            return (90, 61), 0, 0, 1, "RGBX"

        def get_next(self) -> object:
            return given

    monkeypatch.setattr("notcontent.signals.webp_pixels._webp", type("Wrapper", (), {"WebPAnimDecoder": Other}))
    assert outcome(data) == expected


def test_a_pillow_without_its_wrapper_is_gone_without() -> None:
    program = (
        "import sys; sys.modules['PIL._webp'] = None\nfrom notcontent.signals.webp_pixels import _webp; print(_webp)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=True, capture_output=True).stdout == b"None\n"


@pytest.mark.parametrize("count", [1, 7, 1023, 1024, 1025, 3000])
def test_every_instruction_set_weighs_as_the_definition(count: int) -> None:
    pixels = np.random.Generator(np.random.PCG64(count)).integers(0, 256, (1, count, 4), dtype=np.uint8)
    pixels[:, : count // 2, 3] = 255  # some stretches have nothing that is transparent
    over, plain = luma_over_white(pixels), luma_over_white(np.where([0, 0, 0, 1], 255, pixels).astype(np.uint8))
    for name in _pdq.instruction_sets():
        for alpha, expected in ((True, over), (False, plain)):
            luma = np.zeros((1, count), np.uint8)
            _pdq.weigh_rgba(pixels.ravel(), alpha, luma, name)
            assert (luma == expected).all()


def test_the_core_takes_no_other_number_of_pixels() -> None:
    luma = np.zeros((2, 3), np.uint8)
    for size in (0, 23, 25, 24 * 4):
        with pytest.raises(ValueError, match="pixels"):
            _pdq.weigh_rgba(np.zeros(size, np.uint8), alpha=True, luma=luma)
