"""The book: whole sources stand, half ones wait unseen, withdrawn ones leave nothing, hashes lie sealed."""

import sqlite3
import stat
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notcontent.errors import (
    LineageAuthorityError,
    LineageBookBusyError,
    LineageBookError,
    LineageBookVersionError,
    LineageSourceNotFoundError,
    LineageTruncatedError,
)
from notcontent.lineage.book import Authority, Book, SourceKind, SourceState, open_book
from notcontent.lineage.book.writing import Importing
from notcontent.lineage.evidence import Evidence
from notcontent.lineage.gathering import gather
from notcontent.lineage.marks import MarkKind
from notcontent.lineage.observations import (
    Fact,
    FactKind,
    Handle,
    HandleKind,
    Link,
    MediaHash,
    Observation,
    Post,
    SameChannel,
)
from notcontent.lineage.report import Report, Skipped

START = 1_700_000_000
VALUE = bytes(range(32))
LIST = SourceKind.CHANNEL_LIST


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return open_book(tmp_path / "book", make=True)


def number(value: int) -> Handle:
    return Handle(HandleKind.NUMBER, str(value))


def take(book: Book, digest: bytes, observations: list[Observation], kind: SourceKind = LIST) -> int | None:
    with book.importing(kind, "a list", digest, "tester") as importing:
        if importing is None:
            return None
        for observation in observations:
            importing.add(observation)
        importing.finish(Report(posts=len(observations)))
        return importing.source


def posts(book: Book, channel: int, names: str, first: int = 1) -> list[Observation]:
    return [
        Post(number(channel), first + at, START + 60 * channel + at, (book.marker.mark(MarkKind.PHOTO, name),))
        for at, name in enumerate(names)
    ]


def same(one: Evidence, other: Evidence) -> bool:
    columns = ("channel", "content", "time", "kind")
    pointers = ("by", "to", "count", "first")
    return (
        one.channels == other.channels
        and all(np.array_equal(getattr(one.shown, name), getattr(other.shown, name)) for name in columns)
        and all(np.array_equal(getattr(one.people, name), getattr(other.people, name)) for name in columns)
        and all(np.array_equal(getattr(one.links, name), getattr(other.links, name)) for name in pointers)
        and all(np.array_equal(getattr(one.forwards, name), getattr(other.forwards, name)) for name in pointers)
        and all(np.array_equal(getattr(one.named, name), getattr(other.named, name)) for name in pointers)
        and np.array_equal(one.hours, other.hours)
    )


def test_importing_the_same_bytes_twice_changes_nothing(book: Book) -> None:
    assert take(book, b"1", posts(book, 1, "abc")) is not None
    before = book.evidence()
    assert take(book, b"1", posts(book, 1, "abc")) is None
    assert same(book.evidence(), before)
    assert len(book.sources()) == 1


def test_overlapping_sources_merge_and_withdrawing_one_leaves_what_the_other_shows(book: Book) -> None:
    first = take(book, b"1", posts(book, 1, "abc"))
    take(book, b"2", posts(book, 1, "abcd"))
    assert book.evidence().channels[0].posts == 4
    assert first is not None
    book.withdraw(first)
    assert same(book.evidence(), gather(posts(book, 1, "abcd"), book.marker))


def test_a_withdrawn_source_leaves_its_line_and_not_one_byte_of_what_it_said(book: Book) -> None:
    title = "A TITLE THAT NOBODY ELSE HAS"
    said: list[Observation] = [
        *posts(book, 1, "ab"),
        Fact(number(1), FactKind.TITLE, title, START),
        SameChannel(number(1), Handle(HandleKind.USERNAME, "unheard_of_name")),
        Post(number(1), 9, START, links=(Link(Handle(HandleKind.INVITE, "Xyzzy0123456789")),)),
    ]
    source = take(book, b"1", said)
    assert title in "".join(fact.value for fact in book.evidence().channels[0].titles)
    assert source is not None
    line = book.withdraw(source)
    assert line.state is SourceState.WITHDRAWN
    assert book.evidence().channels == ()
    book.close()
    stored = b"".join(path.read_bytes() for path in book.folder.iterdir())
    for word in (title.encode(), b"unheard_of_name", b"Xyzzy0123456789"):
        assert word not in stored
    with pytest.raises(LineageSourceNotFoundError):
        open_book(book.folder).withdraw(source)


def test_a_source_that_turns_out_bad_is_taken_out_again_whole(book: Book) -> None:
    many = [Post(number(1), at, START + at) for at in range(1, 50_000)]

    def fail_in_the_middle() -> None:
        with book.importing(LIST, "a list", b"1", "tester") as importing:
            assert importing is not None
            for observation in many:
                importing.add(observation)
            raise LineageTruncatedError

    with pytest.raises(LineageTruncatedError):
        fail_in_the_middle()
    assert book.sources() == []
    assert book.evidence().channels == ()
    (left,) = sqlite3.connect(book.folder / "book.db").execute("SELECT count(*) FROM post").fetchone()
    assert left == 0


def test_a_large_import_goes_without_its_index_and_makes_it_anew_whatever_becomes_of_it(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notcontent.lineage.book.writing._BATCH", 10)
    file = sqlite3.connect(book.folder / "book.db")

    def indexed() -> bool:
        return bool(file.execute("SELECT count(*) FROM sqlite_master WHERE name = 'mark_digest'").fetchone()[0])

    many = [Post(number(1), at, START + at, (book.marker.mark(MarkKind.PHOTO, at % 7, 1, 1),)) for at in range(1, 500)]
    seen: list[bool] = []

    def take_many(digest: bytes, *, fail: bool) -> None:
        with book.importing(LIST, "a list", digest, "tester") as importing:
            assert importing is not None
            for observation in many:
                importing.add(observation)
            seen.append(indexed())
            if fail:
                raise LineageTruncatedError
            importing.finish(Report())

    with pytest.raises(LineageTruncatedError):
        take_many(b"1", fail=True)
    assert indexed()
    take_many(b"2", fail=False)
    assert indexed()
    assert seen == [False, False]
    assert same(book.evidence(), gather(many, book.marker))


def test_an_import_that_was_interrupted_is_unseen_and_goes_on_where_it_was(book: Book) -> None:
    hashed = [Post(number(1), at, START + at, hashes=(MediaHash(VALUE, 90),)) for at in range(1, 5)]

    def interrupt() -> None:
        with book.importing(LIST, "a list", b"1", "tester") as importing:
            assert importing is not None
            for observation in hashed[:2]:
                importing.add(observation)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert [line.state for line in book.sources()] == [SourceState.PENDING]
    assert book.evidence().channels == ()
    with book.importing(LIST, "a list", b"1", "tester") as importing:
        assert importing is not None
        assert importing.resumed
        done = [importing.has_hashed(number(1), post.number) for post in hashed]
        assert done == [True, True, False, False]
        for post, known in zip(hashed, done, strict=True):
            importing.add(replace(post, hashes=()) if known else post)
        importing.finish(Report())
    assert same(book.evidence(), gather(hashed, book.marker))


def test_what_is_interrupted_in_the_middle_of_a_batch_stops_and_is_read_again(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = [Post(number(1), at, START + at, hashes=(MediaHash(VALUE, 90),)) for at in range(1, 5)]
    add = Importing._add_post

    def stopped(self: Importing, post: Post) -> None:
        add(self, post)
        raise KeyboardInterrupt

    def take() -> None:
        with book.importing(LIST, "a list", b"1", "tester") as importing:
            assert importing is not None
            for observation in hashed:
                importing.add(observation)
            importing.finish(Report())

    with monkeypatch.context() as patched:
        patched.setattr(Importing, "_add_post", stopped)
        with pytest.raises(KeyboardInterrupt):
            take()
    assert [line.state for line in book.sources()] == [SourceState.PENDING]
    take()
    assert same(book.evidence(), gather(hashed, book.marker))


def test_two_imports_at_once_are_refused(book: Book) -> None:
    with book.importing(LIST, "a list", b"1", "tester") as importing:
        assert importing is not None
        with pytest.raises(LineageBookBusyError), open_book(book.folder).importing(LIST, "b", b"2", "tester"):
            pass
        importing.finish(Report())


def test_media_hashes_lie_sealed_and_open_only_where_they_were_put(book: Book) -> None:
    take(book, b"1", [Post(number(n), 1, START + n, hashes=(MediaHash(VALUE, 90),)) for n in (1, 2)])
    assert book.evidence().shown.kind.tolist() == [MarkKind.PICTURE]
    book.close()
    for path in book.folder.iterdir():
        assert VALUE not in path.read_bytes()
    database = sqlite3.connect(book.folder / "book.db", isolation_level=None)
    database.execute("UPDATE hash SET sealed = (SELECT sealed FROM hash LIMIT 1)")
    database.close()
    with pytest.raises(LineageBookError):
        open_book(book.folder).evidence()


def test_book_and_key_are_for_their_owner_alone(book: Book) -> None:
    assert stat.S_IMODE(book.folder.stat().st_mode) == 0o700
    for name in ("book.db", "book.key"):
        assert stat.S_IMODE((book.folder / name).stat().st_mode) == 0o600


def test_what_is_no_book_or_of_another_version_or_without_its_key_is_refused(book: Book, tmp_path: Path) -> None:
    book.close()
    database = sqlite3.connect(book.folder / "book.db", isolation_level=None)
    database.execute("PRAGMA user_version = 9")
    with pytest.raises(LineageBookVersionError):
        open_book(book.folder)
    database.execute("PRAGMA user_version = 1")
    database.close()
    (book.folder / "book.key").unlink()
    with pytest.raises(LineageBookError, match="key"):
        open_book(book.folder, make=True)
    (tmp_path / "other").mkdir()
    sqlite3.connect(tmp_path / "other" / "book.db").execute("CREATE TABLE other (a)").connection.close()
    with pytest.raises(LineageBookError):
        open_book(tmp_path / "other")
    (tmp_path / "other" / "book.db").write_bytes(b"no database" * 100)
    with pytest.raises(LineageBookError):
        open_book(tmp_path / "other")
    with pytest.raises(LineageBookError):
        open_book(tmp_path / "nowhere")


def test_the_key_of_another_book_is_refused(book: Book, tmp_path: Path) -> None:
    book.close()
    other = open_book(tmp_path / "other", make=True)
    other.close()
    (book.folder / "book.key").write_bytes((other.folder / "book.key").read_bytes())
    with pytest.raises(LineageBookError, match="another"):
        open_book(book.folder)


def test_a_book_that_was_begun_and_not_made_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "book"
    folder.mkdir()
    (folder / "book.db").touch()
    assert open_book(folder, make=True).evidence().channels == ()


def test_many_channels_of_one_title_cost_no_more_than_others(book: Book) -> None:
    title = Handle(HandleKind.TITLE, book.marker.title("the same"))
    said: list[Observation] = [Fact(number(n), FactKind.TITLE, "the same", START) for n in range(1, 20_000)]
    said += [Post(number(n), 1, START, forward=title) for n in range(1, 20_000)]
    assert len(gather(said, book.marker).named) == 0


def test_an_authority_that_is_over_or_says_nothing_is_refused(book: Book) -> None:
    good = Authority("Prosecutor, file 12", "Section 94", date(2026, 12, 31))
    good.check(date(2026, 12, 31))
    for bad in (replace(good, until=date(2026, 12, 30)), replace(good, who=" "), replace(good, law="")):
        with pytest.raises(LineageAuthorityError):
            bad.check(date(2026, 12, 31))
    with book.importing(SourceKind.TELEGRAM_MEDIA, "x", b"1", "tester", good) as importing:
        assert importing is not None
        report = Report()
        report.skip(Skipped.MEDIA_MISSING, 3)
        importing.finish(report)
    assert book.sources()[0].authority == good
    assert book.sources()[0].report["skipped_media_missing"] == 3


def test_chats_that_are_announced_and_not_in_the_book_are_listed(book: Book) -> None:
    invite = Handle(HandleKind.INVITE, "AbCdEf")
    known = Handle(HandleKind.NUMBER, "2")
    take(book, b"1", [Post(number(1), 1, START, links=(Link(invite), Link(known))), *posts(book, 2, "a")])
    assert book.announced() == (1, 1, [("i:AbCdEf", "n:1", 1, START)])
    assert book.announced(0) == (1, 1, [])


def test_a_link_that_several_sources_show_in_one_channel_is_listed_once(book: Book) -> None:
    link = Link(Handle(HandleKind.INVITE, "AbCdEf"))
    take(book, b"1", [Post(number(1), 1, START, links=(link,)), Post(number(1), 2, START + 5, links=(link,))])
    take(book, b"2", [Post(number(1), 2, START + 5, links=(link,)), *posts(book, 2, "a")])
    assert book.announced() == (1, 1, [("i:AbCdEf", "n:1", 2, START)])


_PARTS = st.lists(
    st.tuples(st.integers(1, 8), st.text("abcdefgh", max_size=4), st.integers(0, 8), st.integers(0, 8)), max_size=12
)


@given(_PARTS)
@settings(deadline=None, max_examples=40)
def test_a_book_gives_what_its_observations_give_and_a_part_holds_all_that_touches(
    tmp_path_factory: pytest.TempPathFactory, parts: list[tuple[int, str, int, int]]
) -> None:
    book = open_book(tmp_path_factory.mktemp("book"), make=True)
    everything: list[Observation] = []
    source = None
    for at, (channel, names, link, forward) in enumerate(parts):
        said = posts(book, channel, names, 1 + 10 * at)
        said.append(
            Post(
                number(channel),
                9 + 10 * at,
                START + at,
                forward=number(forward) if forward else None,
                links=(Link(number(link)),) if link else (),
            )
        )
        everything += said
        source = take(book, bytes([at]), said)
    whole = book.evidence()
    assert same(whole, gather(everything, book.marker))
    if source is None:
        return
    part, keys = book.evidence_around([source])
    held = {channel.key for channel in part.channels}
    assert f"n:{parts[-1][0]}" in keys
    assert set(keys) <= held
    assert set(part.channels) <= set(whole.channels)
    assert _neighbours(whole, set(keys)) <= held
    book.close()


def _neighbours(evidence: Evidence, keys: set[str]) -> set[str]:
    """Give the keys of channels that share a content with these."""
    names = [channel.key for channel in evidence.channels]
    holders: dict[int, set[str]] = {}
    for channel, content in zip(evidence.shown.channel.tolist(), evidence.shown.content.tolist(), strict=True):
        holders.setdefault(content, set()).add(names[channel])
    return {key for held in holders.values() if held & keys for key in held}
