"""Marks: digests that books keep, so that what is imported today meets what was imported years ago."""

import hashlib

import pytest

from notcontent.lineage.marks import Marker, MarkKind

KEY = bytes(range(32))


def keyed(*parts: str) -> str:
    return hashlib.blake2b("\x00".join(parts).encode("utf-8", "surrogatepass"), digest_size=8, key=KEY).hexdigest()


@pytest.mark.parametrize("kind", list(MarkKind))
def test_a_mark_is_the_keyed_digest_of_its_kind_and_its_parts(kind: MarkKind) -> None:
    mark = Marker(KEY).mark(kind, 1280, "\ud800 lone", 5)
    assert (mark.kind, f"{mark.digest:016x}") == (kind, keyed(f"mark {int(kind)}", "1280", "\ud800 lone", "5"))


def test_names_and_titles_are_digests_of_one_form() -> None:
    marker = Marker(KEY)
    assert marker.hidden("@Some_Name") == marker.hidden("some_name") == keyed("name", "some_name")
    assert marker.title("  A   Title ") == keyed("title", "a title")


def test_a_mark_shows_nothing_of_its_digest() -> None:
    mark = Marker(KEY).mark(MarkKind.TEXT, "words")
    assert repr(mark) == "<Mark text redacted>"
    assert str(mark) == "<Mark text redacted>"


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Marker(b"short")
