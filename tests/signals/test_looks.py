"""Looks: in order, distinct, within the budget, and each finds the edit that it is named for."""

import numpy as np
import pytest
from picture_files import saved
from PIL import Image

from notcontent.signals import hash_image, looks
from notcontent.signals.drawing import draw_picture
from notcontent.signals.levels import Levels
from notcontent.signals.looks import DEFAULT_BUDGET, MOST_BUDGET, Look, family
from notcontent.signals.raster import Raster, Rect, hash_region
from notcontent.signals.worker import Sight, decode_answer, encode_answer

Flip = Image.Transpose


def distance(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def framed(picture: Image.Image) -> Image.Image:
    paper = Image.new("RGB", (picture.width + 100, picture.height + 300), "black")
    paper.paste(picture, (50, 150))
    return paper


def test_one_look_is_the_whole_picture_as_it_is() -> None:
    data = saved(draw_picture(3, 500, 400), "JPEG")
    (look,) = looks(data)
    hashed = hash_image(data)
    assert (look.kind, look.value, look.quality) == ("whole", hashed.value, hashed.quality)
    assert looks(data, 0) == []


def test_a_smaller_budget_takes_the_first_looks_of_a_larger_one_and_all_are_distinct() -> None:
    data = saved(framed(draw_picture(5, 640, 480)), "PNG")
    most = looks(data, MOST_BUDGET)
    assert len({look.kind for look in most}) == len({look.value for look in most}) == len(most) <= MOST_BUDGET
    assert {family(look.kind) for look in most} == {"whole", "turn", "trim", "tile"}
    for budget in (1, 2, 7, 8, 9, 20, DEFAULT_BUDGET):
        assert looks(data, budget) == most[:budget]


@pytest.mark.parametrize(
    ("turned", "kind"),
    [
        (Flip.FLIP_LEFT_RIGHT, "mirror"),
        (Flip.ROTATE_180, "180"),
        (Flip.FLIP_TOP_BOTTOM, "flip"),
        (Flip.TRANSPOSE, "transpose"),
        (Flip.TRANSVERSE, "transverse"),
        (Flip.ROTATE_90, "right"),  # against the clock: to be turned back to the right
        (Flip.ROTATE_270, "left"),
    ],
)
def test_a_turned_copy_is_met_by_the_look_that_turns_it_back(turned: Flip, kind: str) -> None:
    picture = draw_picture(4, 640, 480)
    banked = hash_image(saved(picture, "PNG")).value
    copy = picture.transpose(turned)
    met = {look.kind for look in looks(saved(copy, "PNG"), 8) if distance(look.value, banked) <= 6}
    assert met == {f"turn:{kind}"}
    inside = {
        look.kind for look in looks(saved(framed(copy), "PNG"), DEFAULT_BUDGET) if distance(look.value, banked) <= 10
    }
    assert inside == {f"trim:1+{kind}"}


def test_a_picture_that_looks_the_same_when_turned_has_fewer_looks() -> None:
    quarter = np.asarray(draw_picture(2, 128, 128).convert("L"))
    half = np.hstack([quarter, quarter[:, ::-1]])
    image = Image.fromarray(np.vstack([half, half[::-1]]))
    found = looks(saved(image, "PNG"), 8)
    assert len({look.value for look in found}) == len(found)


def test_the_largest_answer_goes_over_the_workers_protocol() -> None:
    answer = [Look(f"tile:{n}+mirror", bytes([n]) * 32, n % 101) for n in range(MOST_BUDGET)]
    assert decode_answer(encode_answer(Sight(answer, []))).looks == answer
    assert len(encode_answer(Sight(answer, []))) < 64 * 1024  # what their owners take


@pytest.mark.parametrize("seed", [2, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (0, 1, 3, 4, 5))])
def test_a_look_at_a_smaller_copy_is_within_a_few_bits_of_the_part_itself(seed: int) -> None:
    luma = np.asarray(draw_picture(seed, 2400, 1800).convert("L"))
    raster = Raster(luma, *luma.shape)
    for rect in (raster.whole, Rect(100, 301, 1703, 2199), Rect(900, 0, 1800, 1200)):
        part = np.ascontiguousarray(raster.luma[rect.top : rect.bottom, rect.left : rect.right])
        wanted = hash_region(Raster(part, *part.shape))
        assert distance(Levels(raster).whole(rect).value, wanted.value) <= 6
        assert distance(Levels(raster).turns(rect)[0].value, wanted.value) <= 6


def test_no_repr_shows_a_hash() -> None:
    shown = repr(looks(saved(draw_picture(3, 300, 200), "PNG"), 4))
    assert shown.startswith("[<Look whole redacted>, <Look turn:mirror redacted>")
