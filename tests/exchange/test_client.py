"""The client follows a feed over real HTTP, and refuses whole whatever is not the feed."""

import gzip
import os
from collections.abc import Sequence

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from feed_server import MEMBER, ORIGIN, Feed, add_event, renumber, serve

from notcontent.errors import (
    FeedCursorError,
    FeedError,
    FeedForeignError,
    FeedOrderError,
    FeedReplayError,
    FeedSignatureError,
    FeedTooLargeError,
    FeedTornError,
    FeedUnknownOpError,
    HubUnreachableError,
    KeyRefusedError,
    NotContentError,
    RequestFormatError,
    ScopeError,
)
from notcontent.exchange.changes import Add, Change
from notcontent.exchange.client import FeedClient, Retry, Step, sync
from notcontent.exchange.pages import SnapshotReader
from notcontent.exchange.signing import PAGE_CONTEXT, seal_document
from notcontent.exchange.wire import Event, Page


class MemoryStore:
    """A store that keeps its promise: what raises leaves it as it was."""

    def __init__(self, cursor: int | None = None) -> None:
        self.position = cursor
        self.entries: dict[str, bytes] = {}
        self.contacts = 0

    def cursor(self) -> int | None:
        return self.position

    def apply(self, changes: Sequence[Change], step: Step) -> None:
        assert step.after == self.position
        for change in changes:
            if isinstance(change, Add):
                self.entries[change.entry.alias] = change.entry.value
            else:
                self.entries.pop(change.alias, None)
        self.position = step.next
        self.contacts += 1

    def replace(self, snapshot: SnapshotReader) -> None:
        entries = {entry.alias: entry.value for batch in snapshot for entry in batch}
        self.position, self.entries = snapshot.end.cursor, entries


def follow(feed: Feed, store: MemoryStore, address: str, *, tries: int = 1, limit: int = 3) -> list[float]:
    """Sync once; give the pauses that were made."""
    pauses: list[float] = []
    retry = Retry(tries=tries, sleep=pauses.append)
    with FeedClient(address, feed.key, feed.expected(), retry=retry) as client:
        sync(client, store, limit)
    return pauses


def test_a_new_client_takes_the_snapshot_and_then_only_what_follows() -> None:
    feed, store = Feed(), MemoryStore()
    aliases = [feed.add(os.urandom(32)) for _ in range(8)]
    feed.withdraw(aliases[2])
    with serve(feed) as address:
        follow(feed, store, address)
        assert store.position == 9
        assert set(store.entries) == set(aliases) - {aliases[2]}
        later = feed.add(os.urandom(32))
        feed.withdraw(aliases[0])
        follow(feed, store, address)
    assert set(store.entries) == {*aliases, later} - {aliases[0], aliases[2]}
    assert feed.requests.count("/v1/feed/snapshot") == 1


def test_a_client_that_reads_from_the_start_ends_where_the_snapshot_ends() -> None:
    feed = Feed()
    aliases = [feed.add(os.urandom(32)) for _ in range(10)]
    for alias in aliases[::3]:
        feed.withdraw(alias)
    by_pages, by_snapshot = MemoryStore(cursor=0), MemoryStore()
    with serve(feed) as address:
        follow(feed, by_pages, address)
        follow(feed, by_snapshot, address)
    assert by_pages.entries == by_snapshot.entries
    assert by_pages.position == by_snapshot.position


def test_a_poll_without_news_is_still_contact() -> None:
    feed, store = Feed(), MemoryStore(cursor=0)
    with serve(feed) as address:
        follow(feed, store, address)
    assert store.contacts == 1


def swapped(page: Page) -> Page:
    events = list(page.events)
    events[0], events[1] = events[1], events[0]
    return renumber(page, events=events)


def forged(document: bytes) -> bytes:
    payload = bytes(msgspec.json.decode(document, type=dict[str, msgspec.Raw])["payload"])
    return seal_document(Ed25519PrivateKey.generate(), PAGE_CONTEXT, payload)


def altered(document: bytes) -> bytes:
    return document.replace(b'"op":"add"', b'"op":"gone"', 1)


def critical(page: Page) -> Page:
    first = page.events[0]
    strange = Event(seq=first.seq, op="rekey", alias=first.alias, day=first.day, epoch=1, critical=True)
    return renumber(page, events=[strange, *page.events[1:]])


def half_an_add(page: Page) -> Page:
    return renumber(page, events=[msgspec.structs.replace(page.events[0], value=None), *page.events[1:]])


def short_hash(page: Page) -> Page:
    return renumber(page, events=[msgspec.structs.replace(page.events[0], value="ab" * 31), *page.events[1:]])


def late(event: Event) -> Event:
    return msgspec.structs.replace(event, epoch=2**63)


BAD_PAGES = {
    "reordered": (swapped, None, FeedOrderError),
    "one event missing": (lambda p: renumber(p, events=p.events[:1] + p.events[2:]), None, FeedOrderError),
    "one event twice": (lambda p: renumber(p, events=[p.events[0], *p.events]), None, FeedOrderError),
    "cursor runs ahead": (lambda p: renumber(p, next=p.next + 1), None, FeedOrderError),
    "cursor stands still": (lambda p: renumber(p, next=p.after), None, FeedOrderError),
    "more, but nothing there": (lambda p: renumber(p, events=[], next=p.after, more=True), None, FeedOrderError),
    "another cursor's page": (lambda p: renumber(p, after=p.after + 1), None, FeedReplayError),
    "an old answer": (lambda p: renumber(p, nonce="0" * 32), None, FeedReplayError),
    "another member's": (lambda p: renumber(p, member="other"), None, FeedForeignError),
    "another hub's": (lambda p: renumber(p, origin="other.test"), None, FeedForeignError),
    "another version": (lambda p: renumber(p, v=2), None, FeedTornError),
    "an add without its hash": (half_an_add, None, FeedTornError),
    "a hash of the wrong length": (short_hash, None, FeedTornError),
    "a critical event of unknown meaning": (critical, None, FeedUnknownOpError),
    "forged": (None, forged, FeedSignatureError),
    "altered under its signature": (None, altered, FeedSignatureError),
    "cut off": (None, lambda document: document[: len(document) // 2], FeedTornError),
    "empty": (None, lambda _: b"", FeedTornError),
    "not JSON": (None, lambda _: b"<html>", FeedTornError),
    "a bare page without its envelope": (
        None,
        lambda d: bytes(msgspec.json.decode(d)["key_id"], "ascii"),
        FeedTornError,
    ),
    "not UTF-8": (None, lambda d: d.replace(b'"key_id":"', b'"key_id":"\xb5', 1), FeedTornError),
    "nested without end": (None, lambda _: b'{"payload":' + b"[" * 100_000, FeedTornError),
    "a number that no database holds": (lambda p: renumber(p, events=[late(e) for e in p.events]), None, FeedTornError),
    "endless": (None, lambda _: b"x" * (9 * 1024 * 1024), FeedTooLargeError),
}


@pytest.mark.parametrize("name", BAD_PAGES)
def test_a_bad_page_is_refused_whole_and_the_cursor_does_not_move(name: str) -> None:
    spoil_page, spoil_document, error = BAD_PAGES[name]
    feed, store = Feed(), MemoryStore(cursor=0)
    for _ in range(3):
        feed.add(os.urandom(32))
    with serve(feed) as address:
        follow(feed, store, address)
        before = dict(store.entries)
        for _ in range(3):
            feed.add(os.urandom(32))
        feed.spoil_page = spoil_page or feed.spoil_page
        feed.spoil_document = spoil_document or feed.spoil_document
        with pytest.raises(error):
            follow(feed, store, address)
        assert (store.position, store.entries) == (3, before)
        feed.spoil_page, feed.spoil_document = Feed().spoil_page, Feed().spoil_document
        follow(feed, store, address)
    assert store.position == 6


def test_what_came_before_a_bad_page_stays_and_the_next_sync_goes_on_there() -> None:
    feed, store = Feed(), MemoryStore(cursor=0)
    for _ in range(9):
        feed.add(os.urandom(32))
    feed.spoil_page = lambda page: swapped(page) if page.after == 3 else page
    with serve(feed) as address:
        with pytest.raises(FeedOrderError):
            follow(feed, store, address)
        assert store.position == 3
        feed.spoil_page = lambda page: page
        follow(feed, store, address)
    assert store.position == 9
    assert len(store.entries) == 9


def test_an_unknown_event_that_is_not_critical_is_passed_over_and_unknown_keys_are_ignored() -> None:
    feed, store = Feed(), MemoryStore(cursor=0)
    feed.events.append(Event(seq=1, op="greeting", alias="0" * 32, day="2026-11-01", epoch=1))
    feed.events.append(msgspec.structs.replace(add_event(2, os.urandom(32)), type="video-md5", value="ab" * 16))
    feed.add(os.urandom(32))
    feed.spoil_document = lambda document: seal_document(
        feed.signing,
        PAGE_CONTEXT,
        bytes(msgspec.json.decode(document, type=dict[str, msgspec.Raw])["payload"])[:-1] + b',"later":[1]}',
    )
    with serve(feed) as address:
        follow(feed, store, address)
    assert store.position == 3
    assert len(store.entries) == 1


def torn(body: bytes) -> bytes:
    return body[: len(body) // 2]


def without_end(body: bytes) -> bytes:
    return gzip.compress(b"".join(gzip.decompress(body).splitlines(keepends=True)[:-1]))


def one_line_less(body: bytes) -> bytes:
    return gzip.compress(b"".join(gzip.decompress(body).splitlines(keepends=True)[1:]))


def one_line_changed(body: bytes) -> bytes:
    lines = gzip.decompress(body).splitlines(keepends=True)
    lines[0] = msgspec.json.encode(add_event(1, bytes(32))) + b"\n"
    return gzip.compress(b"".join(lines))


def line_twice(body: bytes) -> bytes:
    lines = gzip.decompress(body).splitlines(keepends=True)
    return gzip.compress(b"".join([lines[0], *lines]))


BAD_SNAPSHOTS = {
    "torn": torn,
    "without its end": without_end,
    "one line less": one_line_less,
    "one line changed": one_line_changed,
    "one line twice": line_twice,
    "not gzip": lambda _: b"not gzip at all",
    "empty": lambda _: b"",
    "something after the end": lambda body: body + b"x",
    "no last newline": lambda body: gzip.compress(gzip.decompress(body)[:-1]),
    "a bomb of one line": lambda _: gzip.compress(b"0" * 50_000_000),
}


@pytest.mark.parametrize("name", BAD_SNAPSHOTS)
def test_a_bad_snapshot_leaves_the_store_as_it_was(name: str) -> None:
    feed, store = Feed(), MemoryStore()
    for _ in range(20):
        feed.add(os.urandom(32))
    feed.spoil_snapshot = BAD_SNAPSHOTS[name]
    with serve(feed) as address:
        with pytest.raises(FeedError):
            follow(feed, store, address)
        assert (store.position, store.entries) == (None, {})
        feed.spoil_snapshot = lambda body: body
        follow(feed, store, address)
    assert len(store.entries) == 20


def test_a_compressed_answer_is_refused_before_it_can_swell() -> None:
    feed, store = Feed(), MemoryStore(cursor=0)
    feed.spoil_document = lambda document: gzip.compress(document + b" " * 50_000_000)
    feed.encoding = "gzip"
    with serve(feed) as address, pytest.raises(FeedTornError):
        follow(feed, store, address)
    assert feed.asked_encodings == {"identity"}


@pytest.mark.parametrize("most", [19, 5])
def test_a_snapshot_of_more_entries_than_the_client_takes_is_refused(most: int) -> None:
    feed, store = Feed(), MemoryStore()
    for _ in range(20):
        feed.add(os.urandom(32))
    with serve(feed) as address:
        client = FeedClient(address, feed.key, feed.expected(), max_entries=most)
        with client, pytest.raises(FeedTooLargeError):
            sync(client, store)
    assert (store.position, store.entries) == (None, {})


def test_a_sync_ends_after_so_many_pages_and_the_next_goes_on() -> None:
    feed, store = Feed(), MemoryStore(cursor=0)
    for _ in range(9):
        feed.add(os.urandom(32))
    with serve(feed) as address, FeedClient(address, feed.key, feed.expected()) as client:
        sync(client, store, 2, max_pages=3)
        assert store.position == 6
        sync(client, store, 2, max_pages=3)
    assert store.position == 9


def test_an_answer_that_drips_is_given_up() -> None:
    feed, store = Feed(), MemoryStore(cursor=0)
    feed.drip_s = 0.02
    with serve(feed) as address:
        client = FeedClient(address, feed.key, feed.expected(), timeout_s=0.1)
        with client, pytest.raises(FeedTooLargeError):
            sync(client, store)
    assert store.position == 0


def test_a_snapshot_kept_from_an_earlier_request_is_refused() -> None:
    feed, store = Feed(), MemoryStore()
    feed.add(os.urandom(32))
    kept = feed.snapshot("1" * 32)
    feed.spoil_snapshot = lambda _: kept
    with serve(feed) as address, pytest.raises(FeedReplayError):
        follow(feed, store, address)
    assert store.position is None


def test_a_feed_that_ends_before_the_cursor_is_not_followed() -> None:
    feed, store = Feed(), MemoryStore(cursor=5)
    with serve(feed) as address, pytest.raises(FeedCursorError):
        follow(feed, store, address)
    assert store.position == 5


def test_a_busy_hub_is_asked_again_when_it_says() -> None:
    feed, store = Feed(), MemoryStore(cursor=0)
    feed.add(os.urandom(32))
    feed.status, feed.retry_after = [503, 429], "7"
    with serve(feed) as address:
        pauses = follow(feed, store, address, tries=3)
    assert store.position == 1
    assert pauses == [7.0, 7.0]


def test_a_hub_that_breaks_off_is_asked_again_with_growing_pauses_and_then_given_up() -> None:
    feed, store = Feed(), MemoryStore(cursor=0)
    feed.add(os.urandom(32))
    feed.cut = 10
    with serve(feed) as address:
        pauses: list[float] = []
        retry = Retry(tries=4, first_pause_s=1.0, sleep=pauses.append)
        with FeedClient(address, feed.key, feed.expected(), retry=retry) as client, pytest.raises(HubUnreachableError):
            sync(client, store)
    assert [low <= pause <= 3 * low for low, pause in zip((0.5, 1.0, 2.0), pauses, strict=True)] == [True] * 3
    assert store.position == 0


def test_no_cookie_of_a_hub_is_kept() -> None:
    """Nobody signs them: whoever answers could send more with every error, and all of them would come back."""
    feed, store = Feed(set_cookie="c", status=[503] * 3), MemoryStore()
    feed.add(os.urandom(32))
    with serve(feed) as address:
        follow(feed, store, address, tries=4)
    assert len(feed.cookies) > 4
    assert set(feed.cookies) == {None}


def test_a_dead_hub_is_unreachable() -> None:
    feed, store = Feed(), MemoryStore(cursor=0)
    with serve(feed) as address:
        pass
    with pytest.raises(HubUnreachableError):
        follow(feed, store, address)


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, KeyRefusedError), (403, ScopeError), (404, RequestFormatError), (302, FeedTornError), (418, FeedTornError)],
)
def test_answers_that_will_not_pass_are_not_asked_again(status: int, error: type[NotContentError]) -> None:
    feed, store = Feed(), MemoryStore(cursor=0)
    feed.status = [status]
    with serve(feed) as address, pytest.raises(error):
        follow(feed, store, address, tries=5)
    assert len(feed.requests) == 1


def test_a_key_revoked_in_the_middle_stops_the_sync_and_keeps_what_was_verified() -> None:
    feed, store = Feed(), MemoryStore(cursor=0)
    for _ in range(6):
        feed.add(os.urandom(32))

    def revoke(page: Page) -> Page:
        feed.key = "another"
        return page

    key, feed.spoil_page = feed.key, revoke
    with serve(feed) as address:  # noqa: SIM117 (one line would be too long)
        with FeedClient(address, key, feed.expected(), retry=Retry(tries=3)) as client, pytest.raises(KeyRefusedError):
            sync(client, store, 3)
    assert store.position == 3


def test_no_repr_on_the_way_shows_a_hash() -> None:
    value = os.urandom(32)
    feed = Feed()
    feed.add(value)
    page = Page(1, ORIGIN, MEMBER, "0" * 32, 0, 1, more=False, lease=feed.lease, events=feed.events)
    for thing in (page, feed.events[0], [feed.events[0]]):
        assert value.hex() not in repr(thing)
        assert value.hex() not in f"{thing}"
