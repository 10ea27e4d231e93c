"""The cutter of huge JSON: the same parts as a decoder of the whole gives, wherever the chunks end."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notcontent.errors import LineageDepthError, LineageSizeError, LineageSourceError, LineageTruncatedError
from notcontent.lineage.readers.json_slices import Slices, repaired

_TEXT = st.text(alphabet=st.sampled_from('a\\"{}[]:,/ \n\té世\x0b'), max_size=8) | st.text(max_size=4)
_PLAIN = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False) | _TEXT
_JSON = st.recursive(
    _PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4), max_leaves=20
)
_INDENT = st.sampled_from([None, 0, 1, 3])
_CHUNK = st.integers(1, 40)


def _slices(text: str | bytes, *, chunk: int = 64, longest: int = 1 << 20) -> Slices:
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return Slices(io.BytesIO(data), chunk=chunk, longest=longest)


def _all_of(slices: Slices) -> Any:
    """Take a whole document apart at its first level: members with their elements, or elements."""
    if slices.begin() == ord("["):
        found: Any = [json.loads(element) for element in slices.elements(1)]
    else:
        found = {}
        plain: dict[str, object] = {}
        for key, bracket in slices.members(1, plain):
            if bracket == ord("["):
                found[key] = [json.loads(element) for element in slices.elements(2)]
            else:
                inner: dict[str, object] = {}
                found[key] = {name: ... for name, _bracket in slices.members(2, inner)} | inner
        found |= plain
    slices.end()
    return found


def _expected(value: Any) -> Any:
    def element(one: Any) -> Any:
        return one if isinstance(one, dict | list) else None

    def member(one: Any) -> Any:
        if isinstance(one, list):
            return [element(inner) for inner in one]
        if isinstance(one, dict):
            return {key: ... if isinstance(inner, dict | list) else inner for key, inner in one.items()}
        return one

    if isinstance(value, list):
        return [element(one) for one in value]
    return {key: member(one) for key, one in value.items()}


@given(st.lists(_JSON, max_size=6) | st.dictionaries(_TEXT, _JSON, max_size=6), _CHUNK, _INDENT, st.booleans())
def test_a_document_cut_at_any_place_gives_what_a_decoder_of_the_whole_gives(
    value: Any, chunk: int, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(value, indent=indent)
    assert _all_of(_slices(text, chunk=chunk)) == _expected(value)


@given(st.lists(_JSON, min_size=1, max_size=4), _CHUNK, st.data())
def test_a_document_that_is_cut_off_is_never_taken_for_whole(value: Any, chunk: int, data: st.DataObject) -> None:
    text = json.dumps(value).encode()
    end = data.draw(st.integers(1, len(text) - 1))
    with pytest.raises(LineageTruncatedError):
        _all_of(_slices(text[:end], chunk=chunk))


@given(st.binary(max_size=60), _CHUNK)
def test_any_bytes_are_read_or_refused(data: bytes, chunk: int) -> None:
    try:
        _all_of(_slices(data, chunk=chunk))
    except (LineageSourceError, ValueError):  # ValueError: a part that was cut out is decoded by the test
        return
    json.loads(data)  # what was read is JSON


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "hello",
        '"text"',
        "12",
        "{]",
        '{"a":[}]',
        "{}{}",
        "{} x",
        "[1 2]",
        "[{} {}]",
        '{"a" 1}',
        '{"a":{} "b":1}',
    ],
)
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(LineageSourceError):
        _all_of(_slices(text))


@pytest.mark.parametrize("deep", ["[" * 10**6, '{"a":' * 10**6, "[" * 10**6 + "]" * 10**6, '{"a":[' + "[" * 10**6])
def test_a_million_open_brackets_are_refused(deep: str) -> None:
    with pytest.raises(LineageDepthError):
        _all_of(_slices(deep))


class _Endless(io.RawIOBase):
    """A file of a gigabyte, made while it is read: a beginning, then one letter."""

    def __init__(self, beginning: bytes) -> None:
        self.left, self.beginning = 1 << 30, beginning
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        part = self.beginning[:size] or b"a" * min(size, self.left)
        self.beginning = self.beginning[len(part) :]
        self.given += len(part)
        self.left -= len(part)
        return part


@pytest.mark.parametrize(
    "beginning", [b'["', b'[{"a":"', b'{"a":[{"b":"', b'{"', b'{"a":"', b'{"a":[1,"', b" ", b'{"a":[],"']
)
def test_a_text_of_a_gigabyte_is_refused_before_it_is_held(beginning: bytes) -> None:
    file = _Endless(beginning)
    if beginning == b" ":
        file.beginning = b" " * (6 << 20)
    with pytest.raises(LineageSizeError if beginning != b" " else LineageSourceError):
        _all_of(Slices(file))  # type: ignore[arg-type]
    assert file.given < 8 << 20


def test_a_text_of_any_length_is_passed_over_where_nobody_asked_for_it() -> None:
    slices = _slices('{"private":[{"text":"' + "a" * 5000 + '"}],"id":5}', chunk=64, longest=500)
    slices.begin()
    plain: dict[str, object] = {}
    assert [key for key, _bracket in slices.members(1, plain)] == ["private"]
    slices.end()
    assert plain == {"id": 5}


def test_values_that_stand_before_a_part_are_known_when_it_is_given() -> None:
    slices = _slices('{"name":"a{\\"","id":5,"messages":[{}],"type":"x"}')
    slices.begin()
    plain: dict[str, object] = {}
    seen = [(key, dict(plain)) for key, _bracket in slices.members(1, plain)]
    assert seen == [("messages", {"name": 'a{"', "id": 5})]
    assert plain == {"name": 'a{"', "id": 5, "type": "x"}


def test_one_can_go_back_to_a_part_that_was_passed_over() -> None:
    slices = _slices('{"messages":[{"a":1},{"a":2}],"type":"x"}', chunk=5)
    slices.begin()
    plain: dict[str, object] = {}
    places = [slices.place() for _member in slices.members(1, plain)]
    end = slices.place()
    slices.go(places[0])
    assert list(slices.elements(2)) == [b'{"a":1}', b'{"a":2}']
    slices.go(end)
    slices.end()


def test_elements_that_are_left_in_the_middle_are_passed_over() -> None:
    slices = _slices('{"a":[[1],[2],[3]],"b":[[4]]}', chunk=3)
    slices.begin()
    found = [next(slices.elements(2)) for _member in slices.members(1, {})]
    slices.end()
    assert found == [b"[1]", b"[4]"]


def test_lists_inside_lists_are_walked_one_by_one() -> None:
    slices = _slices('[{"id":1}, 7, {"id":2}, "{"]')
    slices.begin()
    found = []
    for _bracket in slices.entered(1):
        plain: dict[str, object] = {}
        assert list(slices.members(2, plain)) == []
        found.append(plain)
    slices.end()
    assert found == [{"id": 1}, {"id": 2}]


def test_a_byte_order_mark_and_carriage_returns_are_no_hindrance() -> None:
    text = b'\xef\xbb\xbf \r\n{\r\n"a":\r\n[\r\n{}\r\n]\r\n}\r\n'
    assert _all_of(_slices(text, chunk=2)) == {"a": [{}]}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (rb'"a\x0Bb"', "a\x0bb"),
        (rb'"\\x0B"', r"\x0B"),
        (rb'"\\\x1F\""', '\\\x1f"'),
        (rb'"\u0041\n"', "A\n"),
    ],
)
def test_escapes_that_json_does_not_know_are_repaired_and_others_stay(written: bytes, meant: str) -> None:
    assert json.loads(repaired(written)) == meant


def test_progress_tells_the_bytes_that_were_read() -> None:
    told: list[int] = []
    tell: Callable[[int], None] = told.append
    slices = Slices(io.BytesIO(b'{"a":[1,2,3]}'), tell, chunk=5)
    slices.begin()
    assert [key for key, _bracket in slices.members(1, {})] == ["a"]
    slices.end()
    assert told == [5, 10, 13]
