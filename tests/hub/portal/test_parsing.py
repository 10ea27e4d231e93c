"""Forms are read strictly: what is not of the documented shape is refused whole."""

import pytest
from django.http import QueryDict

from notcontent.errors import (
    HashFormatError,
    ItemNotFoundError,
    NotContentError,
    RequestFormatError,
    TooManyItemsError,
    UnderageError,
)
from notcontent.hub.answers import Claim
from notcontent.hub.portal import parsing

HASH = "5a" * 32
GOOD = f"adults=yes&claim=made&members=a&members=b&members=a&token={'ab' * 16}&items={HASH}:77+{HASH[::-1]}:100"


def form(text: str) -> QueryDict:
    return QueryDict(text)


def test_a_whole_intake_is_read() -> None:
    opening = parsing.opening_of(form(GOOD))
    assert opening.adults_only
    assert opening.claim is Claim.MADE
    assert opening.members == ("a", "b")
    assert [(item.value.hex(), item.quality) for item in opening.items] == [(HASH, 77), (HASH[::-1], 100)]
    assert opening.token == bytes.fromhex("ab" * 16)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (("adults=yes", "adults=no"), UnderageError),
        (("adults=yes", "adults=unsure"), UnderageError),
        (("adults=yes&", ""), UnderageError),
        (("claim=made", "claim=other"), RequestFormatError),
        (("token=ab", "token="), RequestFormatError),
        (("token=ab", "token=AB"), RequestFormatError),
        ((":77", ":101"), HashFormatError),
        ((":77", ":-1"), HashFormatError),
        ((":77", ":077"), HashFormatError),
        ((":77", ""), HashFormatError),
        (("5a5a", "5A5A"), HashFormatError),
        (("5a5a", "5a5"), HashFormatError),
        (("5a5a", "zz5a"), HashFormatError),
    ],
)
def test_one_thing_out_of_shape_refuses_the_form(change: tuple[str, str], error: type[NotContentError]) -> None:
    with pytest.raises(error) as refused:
        parsing.opening_of(form(GOOD.replace(*change)))
    assert HASH[:8] not in str(refused.value)


def test_two_hundred_pictures_are_too_many() -> None:
    with pytest.raises(TooManyItemsError):
        parsing.items_of(form("items=" + "+".join([f"{HASH}:90"] * 200)))


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "one", "1234567", "٣"])
def test_a_number_that_is_none_is_no_picture(text: str) -> None:
    with pytest.raises(ItemNotFoundError):
        parsing.number_of(form(f"number={text}"))
    assert parsing.number_of(form("number=all")) is None
    assert parsing.number_of(form("number=12")) == 12


def test_an_unknown_act_is_refused() -> None:
    with pytest.raises(RequestFormatError):
        parsing.act_of(form("action=publish"))


def test_an_endless_code_is_refused() -> None:
    with pytest.raises(RequestFormatError):
        parsing.code_of(form("code=" + "a" * 401))
