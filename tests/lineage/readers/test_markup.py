"""Markup becomes a tree in one pass, whatever it is."""

import time

import pytest

from notcontent.errors import LineageDepthError, LineageSizeError
from notcontent.lineage.readers import markup
from notcontent.lineage.readers.markup import DEEPEST, Element, read_markup


def only(page: str) -> Element:
    (found,) = (part for part in read_markup(page.encode()).parts if isinstance(part, Element))
    return found


def test_an_element_has_its_classes_addresses_and_text_and_nothing_else() -> None:
    found = only("""<A CLASS='x  y' onclick="steal()" href="?a=1&amp;b=2" href="twice">one<br>two &lt;3</A>""")
    assert (found.name, found.attributes) == ("a", {"class": "x  y", "href": "?a=1&b=2"})
    assert found.has("x")
    assert found.has("y")
    assert not found.has("x  y")
    assert found.text() == "one\ntwo <3"


@pytest.mark.parametrize("name", ["script", "style", "template", "textarea", "svg", "iframe", "noscript", "title"])
def test_what_a_browser_does_not_show_is_not_read(name: str) -> None:
    found = only(f'<div>a<{name} x="</{name}>"><b class="hit">no</b></{name}>b</div>')
    assert found.text() == "ab"
    assert found.first("hit") is None


def test_a_comment_is_passed_over_with_the_tags_in_it() -> None:
    assert only('<div>a<!-- </div><i class="hit"> -->b<!-->c<!--->d</div>').text() == "abcd"


def test_an_end_tag_closes_the_nearest_of_its_name_and_a_stray_one_nothing() -> None:
    found = only('<div class="a"></p><span>x<b>y</span><i class="z">z</i></div>')
    assert found.text() == "xyz"
    assert [part.name for part in found.parts if isinstance(part, Element)] == ["span", "i"]


def test_elements_of_a_class_can_be_left_out_with_all_that_is_in_them() -> None:
    tree = read_markup(b'<p class="reply"><b class="t">quoted</b></p><b class="t">own</b>')
    found = tree.first("t", without=frozenset({"reply"}))
    assert found is not None
    assert found.text() == "own"


def test_nesting_deeper_than_any_page_is_refused() -> None:
    read_markup(b"<div>" * (DEEPEST - 1))
    with pytest.raises(LineageDepthError):
        read_markup(b"<div>" * 100_000)


def test_a_page_over_the_limits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markup, "MOST_ELEMENTS", 1_000)
    read_markup(b"<br>" * 1_000)
    with pytest.raises(LineageSizeError):
        read_markup(b"<br>" * 1_001)
    monkeypatch.setattr(markup, "LARGEST_PAGE", 100)
    with pytest.raises(LineageSizeError):
        read_markup(b"x" * 101)


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<a ",
        '<a b="',
        "<!--",
        "<a =",
        "<a\t",
        "&",
        "&#9",
        "</div>",
        "<script></scrip ",
        "<a /",
        "<a b='c' ",
        "<?",
        "&a",
    ],
)
def test_a_page_that_repeats_what_is_never_closed_is_read_in_time(piece: str) -> None:
    page = piece.encode() * (300_000 // len(piece))
    began = time.process_time()
    read_markup(page)
    assert time.process_time() - began < 5  # it is 0.2 s; a search from each piece to the end would take an hour


def test_many_open_elements_are_not_copied_into_each_other() -> None:
    tree = read_markup(
        b"<p>" + b"".join(b"<b id=%d>" % number for number in range(500)) + b"</p>" + b"<p>x</p>" * 4_000
    )
    assert sum(isinstance(part, Element) for part in tree.walk()) == 501 + 4_000


def test_bytes_that_are_no_text_are_a_page_without_elements() -> None:
    assert not any(isinstance(part, Element) for part in read_markup(bytes(range(256)).replace(b"<", b"")).walk())
