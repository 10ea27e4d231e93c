"""Codes: drawn from 2,048 words, read back however they were typed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mnemonic import Mnemonic

from notcontent.hub.cases.codes import CASE_WORDS, TAKE_BACK_WORDS, new_alias, new_code, normal_code

WORDS = Mnemonic("english").wordlist
codes = st.lists(st.sampled_from(WORDS), min_size=CASE_WORDS, max_size=CASE_WORDS).map(" ".join)


def test_a_case_code_has_88_bits_and_a_take_back_code_44() -> None:
    assert len(WORDS) == len({word[:4] for word in WORDS}) == 2**11
    assert (11 * CASE_WORDS, 11 * TAKE_BACK_WORDS) == (88, 44)


def test_codes_are_words_of_the_list_and_differ() -> None:
    drawn = {new_code(CASE_WORDS) for _ in range(50)}
    assert len(drawn) == 50
    assert all(len(code.split()) == CASE_WORDS and set(code.split()) <= set(WORDS) for code in drawn)
    assert all(len(new_alias().split("-")) == 2 for _ in range(10))


@settings(deadline=None)
@given(codes)
def test_a_code_is_its_own_normal_form(code: str) -> None:
    assert normal_code(code) == code


@settings(deadline=None)
@given(
    codes, st.sampled_from([" ", "  ", ", ", "-", " - ", "\n", "\t", ". ", "\u00a0", "\u3000", " 1) "]), st.booleans()
)
def test_separators_and_capitals_do_not_matter(code: str, between: str, upper: bool) -> None:
    typed = between.join(code.split())
    assert normal_code(f"  {typed.upper() if upper else typed}, ") == code


@settings(deadline=None)
@given(codes)
def test_the_first_four_letters_of_each_word_are_enough(code: str) -> None:
    assert normal_code(" ".join(word[:4] for word in code.split())) == code


@settings(deadline=None)
@given(codes)
def test_full_width_letters_are_read(code: str) -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter != " " else "\u3000" for letter in code)
    assert normal_code(wide) == code


@settings(deadline=None)
@given(st.text(max_size=2000))
def test_anything_may_be_typed(typed: str) -> None:
    assert len(normal_code(typed)) < 8000


@pytest.mark.parametrize("typed", ["", "   ", "xyzzy", "ab", "12345678"])
def test_what_is_no_word_stays_what_it_is(typed: str) -> None:
    assert set(normal_code(typed).split()) & set(WORDS) == set()
