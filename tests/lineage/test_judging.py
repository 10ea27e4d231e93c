"""What is said of a book: kept by channel, renewed where something changed, the same as if judged whole."""

from pathlib import Path

import pytest

from notcontent.errors import LineageChannelNotFoundError
from notcontent.lineage.book import Book, SourceKind, open_book
from notcontent.lineage.family import Lineage
from notcontent.lineage.judging import Judged, family_evidence, judge, judged
from notcontent.lineage.marks import MarkKind
from notcontent.lineage.observations import Fact, FactKind, Handle, HandleKind, Observation, Post, SameChannel
from notcontent.lineage.report import Report

START, DAY = 1_700_000_000, 86_400
POSTS = 40


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return open_book(tmp_path / "book", make=True)


def number(value: int) -> Handle:
    return Handle(HandleKind.NUMBER, str(value))


def take(book: Book, name: str, observations: list[Observation]) -> int:
    with book.importing(SourceKind.TELEGRAM_EXPORT, name, name.encode(), "tester") as importing:
        assert importing is not None
        for observation in observations:
            importing.add(observation)
        importing.finish(Report())
        return importing.source


def channel(book: Book, value: int, day: int, contents: range, title: str = "") -> list[Observation]:
    """Give a channel that was born on a day and shows these contents, one an hour."""
    begin = START + day * DAY
    return [
        Fact(number(value), FactKind.CREATED, "", begin),
        Fact(number(value), FactKind.TITLE, title or f"Channel {value}", begin),
        *(
            Post(number(value), 2 + at, begin + 3600 * (1 + at), (book.marker.mark(MarkKind.PHOTO, content),))
            for at, content in enumerate(contents)
        ),
    ]


def two_generations(book: Book) -> list[int]:
    """Take a parent, its child, and a stranger."""
    return [
        take(book, "parent", channel(book, 1, 0, range(100, 100 + POSTS), "Red kite")),
        take(book, "child", channel(book, 2, 30, range(100, 100 + POSTS), "Red kite two")),
        take(book, "stranger", channel(book, 3, 10, range(900, 900 + POSTS), "Potatoes")),
    ]


def edges(said: Judged) -> dict[str, str | None]:
    names = [each.key for each in said.channels]
    return {names[line.channel]: None if line.stated is None else names[line.stated] for line in said.lineage.lines}


def probabilities(said: Judged) -> dict[tuple[str, str], float]:
    names = [each.key for each in said.channels]
    return {
        (names[line.channel], names[each.parent]): round(each.probability, 6)
        for line in said.lineage.lines
        for each in line.candidates
    }


def test_a_child_is_stated_and_a_stranger_is_none(book: Book) -> None:
    two_generations(book)
    judge(book)
    said = judged(book)
    assert edges(said) == {"n:1": None, "n:2": "n:1", "n:3": None}
    (family,) = said.lineage.families
    assert {said.channels[member].key for member in family.members} == {"n:1", "n:2"}
    assert said.channels[family.root].key == "n:1"


def test_judging_what_a_source_touches_says_what_judging_all_says(book: Book) -> None:
    two_generations(book)
    judge(book)
    source = take(book, "grandchild", channel(book, 4, 60, range(110, 110 + POSTS), "Red kite three"))
    judge(book, [source])
    part = judged(book)
    judge(book)
    whole = judged(book)
    assert edges(part) == edges(whole)
    assert probabilities(part) == probabilities(whole)
    assert edges(whole)["n:4"] is not None


def test_what_is_said_is_new_until_it_is_seen_and_again_when_it_changes(book: Book) -> None:
    two_generations(book)
    judge(book)
    book.mark_seen("n:2")
    judge(book)
    said = judged(book)
    assert said.seen[said.place("n:2")]
    nearer = [*channel(book, 5, 15, range(100, 100 + POSTS), "Red kite one and a half")]
    source = take(book, "nearer", nearer)
    judge(book, [source])
    changed = judged(book)
    assert changed.seen[changed.place("n:2")] == (edges(changed)["n:2"] == "n:1")
    with pytest.raises(LineageChannelNotFoundError):
        book.mark_seen("n:99")


def test_withdrawing_the_parent_leaves_no_edge_to_it(book: Book) -> None:
    parent, _, _ = two_generations(book)
    judge(book)
    book.withdraw(parent)
    judge(book)
    assert edges(judged(book)) == {"n:2": None, "n:3": None}


def test_two_channels_that_turn_out_to_be_one_are_judged_as_one(book: Book) -> None:
    two_generations(book)
    name = Handle(HandleKind.USERNAME, "red_kite")
    take(book, "page", [Post(name, 3, START + DAY)])
    judge(book)
    source = take(book, "joined", [SameChannel(name, number(1))])
    judge(book, [source])
    said = judged(book)
    assert set(edges(said)) == {"n:1", "n:2", "n:3"}
    assert said.place("@red_kite") == said.place("https://t.me/s/red_kite") == said.place("1") == said.place("n:1")


def test_a_family_is_read_alone(book: Book) -> None:
    two_generations(book)
    judge(book)
    said = judged(book)
    evidence, part = family_evidence(book, said, said.lineage.families[0])
    assert [each.key for each in evidence.channels] == ["n:1", "n:2"]
    assert edges(part) == {"n:1": None, "n:2": "n:1"}
    assert isinstance(part.lineage, Lineage)
