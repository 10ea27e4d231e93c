"""Hashes as text, bytes and rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notcontent.errors import HashFormatError
from notcontent.matching import format_hash, hashes_from_rows, parse_hash, rows_from_hashes

GOOD = "0123456789abcdef" * 4
values = st.binary(min_size=32, max_size=32)


@given(values)
def test_text_and_bytes_are_each_other_s_inverse(value: bytes) -> None:
    assert parse_hash(format_hash(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        GOOD[:-1],
        GOOD + "0",
        GOOD.upper(),
        " " + GOOD,
        GOOD + "\n",
        GOOD[:-1] + "g",
        GOOD[:-2] + "²³",
        "0x" + GOOD[2:],
    ],
)
def test_anything_but_64_lower_case_digits_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(HashFormatError) as caught:
        parse_hash(text)
    assert not text or text not in str(caught.value)


def test_the_published_order_of_digits_is_the_order_of_bytes() -> None:
    assert parse_hash(GOOD)[:3] == b"\x01\x23\x45"


@given(st.lists(values, max_size=30))
def test_rows_keep_every_hash_and_its_place(hashes: list[bytes]) -> None:
    rows = rows_from_hashes(hashes)
    assert rows.shape == (len(hashes), 32)
    assert hashes_from_rows(rows) == hashes


def test_hashes_of_a_wrong_length_are_refused() -> None:
    for refused in ([b"x" * 31], [b"x" * 32, b"x" * 33]):
        with pytest.raises(HashFormatError):
            rows_from_hashes(refused)
    with pytest.raises(HashFormatError):
        hashes_from_rows(np.zeros((3, 31), np.uint8))
    with pytest.raises(HashFormatError):
        format_hash(b"short")
