"""What the bank refuses: hashes of nothing, and of no picture."""

import pytest
from skimage import data

from notcontent.errors import HashFormatError, NotContentError, QualityTooLowError
from notcontent.hub.answers import NewItem
from notcontent.hub.bank.checks import FEWEST_BITS, MOST_BITS, check_item


def bits(count: int) -> bytes:
    return ((1 << count) - 1).to_bytes(32)


@pytest.mark.parametrize("count", [FEWEST_BITS, 128, MOST_BITS])
def test_about_half_of_the_bits_is_a_pictures_hash(count: int) -> None:
    check_item(NewItem(bits(count), 50), 50)


@pytest.mark.parametrize("count", [0, FEWEST_BITS - 1, MOST_BITS + 1, 256])
def test_far_from_half_of_the_bits_is_none(count: int) -> None:
    with pytest.raises(QualityTooLowError):
        check_item(NewItem(bits(count), 100), 50)


@pytest.mark.parametrize("quality", [-1, 0, 49, 101])
def test_the_quality_must_reach_the_floor(quality: int) -> None:
    with pytest.raises(QualityTooLowError):
        check_item(NewItem(bits(128), quality), 50)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_hash_has_32_bytes(length: int) -> None:
    with pytest.raises(HashFormatError):
        check_item(NewItem(b"\x55" * length, 100), 50)


def test_real_photographs_pass() -> None:
    from notcontent.signals import pdq

    for name in ("camera", "coins", "moon", "page", "brick", "grass", "gravel"):
        hashed = pdq(getattr(data, name)())
        check_item(NewItem(hashed.value, max(hashed.quality, 50)), 50)


def test_no_error_or_repr_shows_the_hash() -> None:
    item = NewItem(b"\xab" * 31, 100)
    with pytest.raises(NotContentError) as caught:
        check_item(item, 50)
    assert "ab" * 4 not in f"{caught.value}{item!r}"
