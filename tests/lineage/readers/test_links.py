"""Links to chats: what they name, and what must not become a name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notcontent.lineage.marks import Marker
from notcontent.lineage.observations import Handle, HandleKind
from notcontent.lineage.readers.links import RESERVED, channel_number, read_link

MARKER = Marker(b"k" * 32)


def _hidden(name: str) -> Handle:
    return Handle(HandleKind.HIDDEN, MARKER.hidden(name))


@pytest.mark.parametrize(
    "link",
    [
        *(
            "t.me/c/1234567890/5",
            "https://t.me/c/1234567890",
            "http://www.t.me/c/1234567890/5/7?single",
            "T.ME/c/1234567890/1",
        ),
        *(
            "t.me/c/-1001234567890/5",
            "tg://privatepost?channel=1234567890&post=5",
            "https://telegram.dog/c/1234567890/5",
        ),
    ],
)
def test_a_private_posts_link_names_the_channel_by_number(link: str) -> None:
    assert read_link(link, MARKER) == Handle(HandleKind.NUMBER, "1234567890")


@pytest.mark.parametrize(
    "link",
    [
        *(
            "t.me/s/Some_name",
            "t.me/some_name/5",
            "https://telegram.me/SOME_NAME/5?single#x",
            "//t.me/s/some_name?before=9",
        ),
        *(
            "tg://resolve?domain=some_name&post=5",
            "tg:resolve?post=5&domain=some_name",
            "some_name.t.me/5",
            "t.me\\some_name\\5",
        ),
        *(
            "ｔ．ｍｅ/some_name/5",
            "t。me/some_name/5",
            "t.me/some%5Fname/5",
            "https://t.me:443/some_name/5",
            "t.me/@some_name/5",
        ),
        *("t.me/some_name/5/7", "t.me/some_name?livestream=1", "t.\u200bme/some_\u00adname/5", " t.me/some_name/5 "),
    ],
)
def test_what_only_a_chat_has_gives_its_public_name(link: str) -> None:
    assert read_link(link, MARKER) == Handle(HandleKind.USERNAME, "some_name")


@pytest.mark.parametrize(
    "link",
    [
        *("@some_name", "@Some_Name", "t.me/some_name", "https://some_name.t.me", "tg://resolve?domain=some_name"),
        *(
            "t.me/some_name?start=abc",
            "https://user@t.me/some_name",
            "t.me/some_name/s/4",
            "t.me/some_name/",
            "t.me/some_name#5",
        ),
    ],
)
def test_a_name_alone_may_be_a_persons_and_becomes_a_digest(link: str) -> None:
    found = read_link(link, MARKER)
    assert found == _hidden("some_name")
    assert "some_name" not in repr(found)


@pytest.mark.parametrize(
    "link",
    [
        *("t.me/+AbCdEfGhIjKlMnOp", "https://t.me/joinchat/AbCdEfGhIjKlMnOp", "tg://join?invite=AbCdEfGhIjKlMnOp"),
        *("t.me/%2BAbCdEfGhIjKlMnOp", "telegram.me/joinchat/AbCdEfGhIjKlMnOp?x=1", "tg:join?invite=AbCdEfGhIjKlMnOp"),
    ],
)
def test_an_invitation_keeps_its_case(link: str) -> None:
    assert read_link(link, MARKER) == Handle(HandleKind.INVITE, "AbCdEfGhIjKlMnOp")


@pytest.mark.parametrize("number", ["491701234567", "15551234567"])
def test_a_telephone_number_is_no_invitation(number: str) -> None:
    assert read_link(f"t.me/+{number}", MARKER) is None
    assert read_link(f"tg://resolve?phone={number}", MARKER) is None


@pytest.mark.parametrize(
    "link",
    [
        *("t.me/+49-170-1234567", "t.me/+49_170_7654321", "tg://join?invite=49-170-8888888", "t.me/+491701234567x"),
        *("t.me/joinchat/0049-171-2222222", "t.me/+4-9--1_7-0_1-2_3-4", "t.me/+tel-49-170-1234567-mobile"),
        *("t.me/+１５５５１２３４５６７", "t.me/+%34%39-170-1234567", "t.me/+49a170b123c4567", "t.me/+----------"),
    ],
)
def test_a_telephone_number_cut_by_signs_or_beside_letters_is_no_invitation(link: str) -> None:
    assert read_link(link, MARKER) is None


@pytest.mark.parametrize(
    "invite", ["aBc-1234567dEf9_", "12-34_567aBcD890", "AAAAAE0123456z_-789Xyz", "1a2b3c4d5e6f7g8h"]
)
def test_an_invitation_with_many_digits_stays_one(invite: str) -> None:
    assert read_link(f"t.me/+{invite}", MARKER) == Handle(HandleKind.INVITE, invite)


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_reserved_paths_are_no_chats(word: str) -> None:
    assert read_link(f"t.me/{word}", MARKER) is None
    assert read_link(f"https://t.me/{word}/Some_set", MARKER) is None
    assert read_link(f"https://t.me/{word}?url=x", MARKER) is None


@pytest.mark.parametrize(
    "link",
    [
        *(
            "",
            "@",
            "t.me",
            "t.me/",
            "https://t.me/s/",
            "t.me/c/",
            "t.me/c/0/1",
            "t.me/c/abc/1",
            "t.me/c/99999999999999999999/1",
        ),
        *(
            "t.me/abc",
            "t.me/1name",
            "t.me/na__me",
            "t.me/name_",
            "t.me/" + "a" * 33,
            "@имя_имя",
            "t.me/name/app",
            "t.me/$invoice",
        ),
        *(
            "t.me.evil.example/name",
            "https://t.me@evil.example/name",
            "https://evil.example/t.me/name",
            "at.me/some_name",
        ),
        *(
            "javascript:t.me/some_name",
            "ftp://t.me/some_name",
            "tg://user?id=5",
            "tg://join?invite=short",
            "xn--t-me.me/name",
        ),
        *("t.me/some_name" + "/" * 3000, "https:t.me/some_name", "t.me/iv?url=https://x.example", "t.me/+ab"),
    ],
)
def test_what_leads_to_no_chat_gives_nothing(link: str) -> None:
    assert read_link(link, MARKER) is None


@given(st.text(max_size=80) | st.text("t.me/@+cs:%2Bjoinchat?=&\\tg0123456789abc_", max_size=60))
def test_any_text_is_a_handle_of_its_kind_or_nothing(text: str) -> None:
    found = read_link(text, MARKER)
    assert found is None or (found.value and found.value.isascii() and "/" not in found.value)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (5, 5),
        (-1001234567890, 1234567890),
        (0x200000000 + 1234567890, 1234567890),
        (0, None),
        (-5, None),
        (10**13, None),
    ],
)
def test_a_channels_number_is_one_however_it_is_written(written: int, meant: int | None) -> None:
    assert channel_number(written) == meant
