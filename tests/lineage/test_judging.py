"""What is said of a book: kept by channel, renewed where something changed, the same as if judged whole."""

import time
from pathlib import Path

import pytest

from notcontent.errors import LineageChannelNotFoundError
from notcontent.lineage.book import Book, SourceKind, open_book
from notcontent.lineage.evidence import Evidence
from notcontent.lineage.family import Lineage
from notcontent.lineage.inference import infer
from notcontent.lineage.judging import Judged, family_evidence, judge, judged, unjudged
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


def kin(said: Judged) -> dict[tuple[str, str], float]:
    names = [each.key for each in said.channels]
    return {(names[line.channel], names[at]): shared for line in said.lineage.lines for at, shared in line.kin}


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
    assert kin(part) == kin(whole)
    assert {("n:1", "n:4"), ("n:4", "n:1")} <= kin(whole).keys()
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


def page(book: Book, name: str, value: int, contents: range) -> int:
    """Take a saved page: posts under a public name, and the number that it bears."""
    public = Handle(HandleKind.USERNAME, name)
    posts: list[Observation] = [
        Post(public, 2 + at, START + 3600 * at + value, (book.marker.mark(MarkKind.TEXT, content),))
        for at, content in enumerate(contents)
    ]
    return take(book, f"page {value}", [*posts, SameChannel(public, number(value))])


def test_a_name_that_changed_hands_leaves_two_channels_and_is_judged_part_by_part(book: Book) -> None:
    for value, contents in ((111, range(30)), (222, range(500, 530)), (333, range(900, 930))):
        source = page(book, "velvet_room" if value < 300 else "other", value, contents)
        judge(book, [source])
    said = judged(book)
    assert [each.key for each in said.channels] == ["n:111", "n:222", "n:333"]
    assert [each.posts for each in said.channels] == [30, 30, 30]
    assert not said.lineage.families
    part = probabilities(said)
    judge(book)
    assert probabilities(judged(book)) == part


def test_what_was_killed_before_it_was_judged_is_judged_with_the_next(book: Book) -> None:
    parent, child, stranger = two_generations(book)
    judge(book, [stranger])
    assert edges(judged(book)) == {"n:1": None, "n:2": "n:1", "n:3": None}
    take(book, "killed", channel(book, 5, 60, range(100, 100 + POSTS), "Red kite three"))
    assert unjudged(book) == 1
    judge(book, [])
    assert edges(judged(book))["n:5"] is not None
    assert unjudged(book) == 0
    assert parent != child


def test_a_withdrawal_takes_what_was_said_with_it_before_anything_is_judged_anew(book: Book) -> None:
    parent, _, _ = two_generations(book)
    judge(book)
    book.mark_seen("n:3")
    book.withdraw(parent)
    assert judged(book).channels == ()
    stored = b"".join(path.read_bytes() for path in book.folder.iterdir())
    assert b"Red kite" not in stored.replace(b"Red kite two", b"")
    judge(book)
    said = judged(book)
    assert edges(said) == {"n:2": None, "n:3": None}
    assert said.seen[said.place("n:3")]


def test_what_changes_while_it_is_judged_is_judged_again(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    parent, child, _ = two_generations(book)
    took: list[int] = []

    def withdraw_meanwhile(evidence: Evidence, **_options: object) -> Lineage:
        if not took:
            took.append(open_book(book.folder).withdraw(parent).id)
        return infer(evidence)

    monkeypatch.setattr("notcontent.lineage.judging.infer", withdraw_meanwhile)
    judge(book)
    assert set(edges(judged(book))) == {"n:2", "n:3"}
    assert child


def test_who_reads_waits_for_no_import(book: Book) -> None:
    two_generations(book)
    judge(book)
    with book.importing(SourceKind.CHANNEL_LIST, "slow", b"slow", "tester") as importing:
        assert importing is not None
        for observation in channel(book, 7, 5, range(200, 230)):
            importing.add(observation)
        began = time.monotonic()
        other = open_book(book.folder)
        assert set(edges(judged(other))) == {"n:1", "n:2", "n:3"}
        assert time.monotonic() - began < 10  # a lock would be waited for 30 seconds
        other.close()
        importing.finish(Report())
