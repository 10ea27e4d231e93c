"""Marks and links of a text: what makes two texts the same, what pays, whom they name, and that none takes long."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notcontent.lineage.marks import Mark, Marker, MarkKind
from notcontent.lineage.observations import Handle, HandleKind, Link
from notcontent.lineage.readers.payments import payments_in
from notcontent.lineage.readers.texts import LONGEST_TEXT, find_links, text_marks

MARKER = Marker(b"k" * 32)
LONG = "All that was here is now in the second archive, follow before it is gone"


def _of(kind: MarkKind, text: str) -> list[Mark]:
    return [mark for mark in text_marks(text, MARKER) if mark.kind is kind]


@pytest.mark.parametrize(
    "other",
    [
        LONG.upper(),
        LONG.replace(" ", "\n  "),
        LONG.replace(",", " 🔥 —"),
        f"{LONG} https://t.me/+AbCdEfGhIjKlMnOp",
        f"👉 {LONG}! @somebody t.me/somewhere",
        f"{LONG}  👁 12.5K",
        f"{LONG} 1,204 views",
        LONG.replace("archive", "ａｒｃｈｉｖｅ"),
        LONG.replace("second", "sec\u200bond"),
    ],
)
def test_a_text_is_the_same_whatever_decorates_it(other: str) -> None:
    assert _of(MarkKind.TEXT, other) == _of(MarkKind.TEXT, LONG) != []


def test_another_text_has_another_mark_and_a_short_one_none() -> None:
    assert _of(MarkKind.TEXT, LONG.replace("second", "third")) != _of(MarkKind.TEXT, LONG)
    assert _of(MarkKind.TEXT, "New photos today") == []
    assert _of(MarkKind.TEXT, "1234567890 " * 20) == []


def test_a_text_under_another_key_has_another_mark() -> None:
    assert text_marks(LONG, Marker(b"j" * 32)) != text_marks(LONG, MARKER)


@pytest.mark.parametrize(
    ("text", "sort", "value"),
    [
        ("send to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa now", "bitcoin", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
        ("(3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy)", "bitcoin", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"),
        ("BC1QAR0SRRR7XFKVY5L643LYDNW9RE59GTZZWF5MDQ", "bitcoin", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"),
        ("0xde0B295669a9FD93d5F28D9Ec85E40f4cb697BAe", "ethereum", "de0b295669a9fd93d5f28d9ec85e40f4cb697bae"),
        ("USDT TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "tron", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"),
        (
            "EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2N",
            "ton",
            "0083dfd552e63729b472fcbcc8c45ebcc6691702558b68ec7527e1ba403a0f31a8",
        ),
        ("4111-1111-1111-1111", "card", "4111111111111111"),
        ("карта 2200 0000 0000 0004.", "card", "2200000000000004"),
        ("378282246310005", "card", "378282246310005"),
        ("IBAN: GB82 WEST 1234 5698 7654 32 THANKS", "iban", "GB82WEST12345698765432"),
        ("https://www.paypal.me/Some.Body", "page", "paypal.me/some.body"),
        ("ko-fi.com/abc?x=1", "page", "ko-fi.com/abc"),
    ],
)
def test_what_pays_is_found_in_one_form(text: str, sort: str, value: str) -> None:
    assert list(payments_in(text)) == [(sort, value)]
    assert _of(MarkKind.PAYMENT, text) == [MARKER.mark(MarkKind.PAYMENT, sort, value)]


@pytest.mark.parametrize(
    "text",
    [
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",  # one sign wrong
        "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdp",
        "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u",
        "EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2M",
        "4111 1111 1111 1112",
        "0000 0000 0000 0000",
        "41111111111111111",  # one digit too many
        "GB82 WEST 1234 5698 7654 33",
        "0xde0B295669a9FD93d5F28D9Ec85E40f4cb697BA",
        "2023-11-14 22:13:20 1700000000",
        "notpaypal.me/abc",
    ],
)
def test_what_fails_its_checksum_is_no_payment(text: str) -> None:
    assert list(payments_in(text)) == []


def test_other_digits_are_digits() -> None:
    assert _of(MarkKind.PAYMENT, "٤١١١ ١١١١ ١١١١ ١١١١") == _of(MarkKind.PAYMENT, "4111111111111111") != []


def test_a_bare_name_is_a_contact_however_it_is_written_and_an_address_is_none() -> None:
    assert _of(MarkKind.CONTACT, "ask @Some_Body.") == _of(MarkKind.CONTACT, "https://t.me/some_body") != []
    assert _of(MarkKind.CONTACT, "write to somebody@example.org or t.me/some_body/5") == []


def test_marks_come_once() -> None:
    assert len(_of(MarkKind.CONTACT, "@some_body @SOME_BODY t.me/some_body")) == 1


def test_links_come_once_in_their_order() -> None:
    text = "加入t.me/+AbCdEfGhIjKlMnOp吧 (https://t.me/news/5), @some_body; T.ME/+AbCdEfGhIjKlMnOp! tg://resolve?domain=news&post=4"
    assert find_links(text, MARKER) == (
        Link(Handle(HandleKind.INVITE, "AbCdEfGhIjKlMnOp")),
        Link(Handle(HandleKind.USERNAME, "news"), button=False),
        Link(Handle(HandleKind.HIDDEN, MARKER.hidden("some_body"))),
    )


def test_addresses_that_only_look_like_telegrams_are_no_links() -> None:
    text = "at.me/abcdef t.me.example/abcdef x-t.me/abcdef pit.me/abcdef a@t.me.example someone@t.me/abcdef.x"
    assert find_links(text, MARKER) == ()


@pytest.mark.parametrize(
    "part",
    [
        *(
            "t.me/",
            "@",
            "@a",
            "1 ",
            "1",
            "a_",
            "\u0315\u0300",
            "\ufdfa",
            "AB12 ",
            "bc1",
            "tg:resolve?",
            "9., ",
            "👁1",
            "a.t.m",
        ),
        *(
            "https://",
            "1A",
            "a.t.me",
            "0x",
            "EQ",
            "%2",
            "4111 ",
            "t.me/+",
            "www.",
            "\u200b",
            "9 views",
            "paypal.me/",
            "-1:",
        ),
    ],
)
def test_no_text_takes_long(part: str) -> None:
    text = part * (1_000_000 // len(part))
    start = time.process_time()
    text_marks(text, MARKER)
    find_links(text, MARKER)
    assert time.process_time() - start < 2


@given(st.text(max_size=300))
def test_any_text_has_marks_that_differ_and_none_raises(text: str) -> None:
    marks, links = text_marks(text, MARKER), find_links(text, MARKER)
    assert len(set(marks)) == len(marks)
    assert len(set(links)) == len(links)


def test_what_lies_beyond_the_limit_is_passed_over() -> None:
    assert find_links("a " * LONGEST_TEXT + "@some_body", MARKER) == ()
