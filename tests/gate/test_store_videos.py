"""gate.db holds a video as rows that come, stay and go together."""

import os
import sqlite3
from pathlib import Path

import pytest
from feed_server import MEMBER, ORIGIN, Feed, add_event, serve, video_event
from gate_parts import SetClock, Site, open_holder, served, stored

from notcontent.errors import FeedOrderError
from notcontent.exchange.client import FeedClient, sync
from notcontent.gate.sealing import Sealer
from notcontent.gate.store import GateStore


def open_store(folder: Path, clock: SetClock) -> GateStore:
    return GateStore(folder / "gate.db", Sealer(folder), clock, origin=ORIGIN, member=MEMBER)


def follow(feed: Feed, store: GateStore, address: str) -> None:
    with FeedClient(address, feed.key, feed.expected()) as client:
        sync(client, store)


def held(store: GateStore) -> list[bytes]:
    rows, _ = store.values(0, store.last_slot())
    return [row.tobytes() for row in rows]


def clip(count: int) -> list[tuple[int, bytes]]:
    return [(at * 100, os.urandom(32)) for at in range(count)]


def test_a_video_comes_by_page_and_by_snapshot_and_goes_with_one_event(tmp_path: Path, clock: SetClock) -> None:
    feed, first, second, picture = Feed(), clip(300), clip(3), os.urandom(32)
    store = open_store(tmp_path, clock)
    with serve(feed) as address:
        alias = feed.add_video(first)
        follow(feed, store, address)
        feed.add(picture)
        other = feed.add_video(second)
        follow(feed, store, address)
        assert held(store) == [value for _, value in first] + [picture] + [value for _, value in second]
        assert store.slots_of([alias, other]) == [*range(1, 301), 302, 303, 304]
        feed.withdraw(alias)
        follow(feed, store, address)
    assert held(store) == [picture] + [value for _, value in second]
    assert store.take_removed() == list(range(1, 301))
    assert store.slots_of([alias]) == []
    content = b"".join(path.read_bytes() for path in tmp_path.glob("gate.db*"))
    assert not any(value in content for _, value in first + second)


def test_a_new_snapshot_keeps_the_slots_of_what_stays_and_replaces_what_changed(
    tmp_path: Path, clock: SetClock
) -> None:
    feed, stays, changes, goes = Feed(), clip(4), clip(5), clip(2)
    store = open_store(tmp_path, clock)
    with serve(feed) as address:
        aliases = [feed.add_video(one) for one in (stays, changes, goes)]
        follow(feed, store, address)
        feed.events = [feed.events[0], video_event(2, changes[:3], alias=aliases[1])]
        store.forget_cursor()
        follow(feed, store, address)
    assert store.slots_of(aliases[:1]) == [1, 2, 3, 4]
    assert held(store) == [value for _, value in stays + changes[:3]]
    assert store.slots_of(aliases[1:]) == [12, 13, 14]
    assert sorted(store.take_removed()) == list(range(5, 12))


@pytest.mark.parametrize("filled", [False, True])
@pytest.mark.parametrize("picture_first", [False, True])
def test_an_alias_that_is_a_picture_and_a_video_refuses_the_snapshot(
    tmp_path: Path, clock: SetClock, *, filled: bool, picture_first: bool
) -> None:
    feed, store = Feed(), open_store(tmp_path, clock)
    with serve(feed) as address:
        before = []
        if filled:
            before = [os.urandom(32)]
            feed.add(before[0])
            follow(feed, store, address)
            store.forget_cursor()
        alias = "ab" * 16
        first, second = (2, 3) if picture_first else (3, 2)
        feed.events = [add_event(1, os.urandom(32))]
        feed.events += sorted(
            (add_event(first, os.urandom(32), alias=alias), video_event(second, clip(3), alias=alias)),
            key=lambda event: event.seq,
        )
        with pytest.raises(FeedOrderError):
            follow(feed, store, address)
    assert held(store) == before


def test_on_a_page_the_later_of_one_alias_stands_whatever_it_is(tmp_path: Path, clock: SetClock) -> None:
    feed, store, alias, value = Feed(), open_store(tmp_path, clock), "cd" * 16, os.urandom(32)
    with serve(feed) as address:
        follow(feed, store, address)
        feed.add_video(clip(5), alias=alias)
        feed.add_video(clip(2), alias=alias)
        feed.events.append(add_event(3, value, alias=alias))
        follow(feed, store, address)
        assert held(store) == [value]
        feed.withdraw(alias)
        follow(feed, store, address)
    assert held(store) == []


def test_entries_are_pictures_and_videos_and_frames_are_counted_beside(site: Site) -> None:
    site.feed.add(os.urandom(32))
    alias = site.feed.add_video(clip(3))
    site.feed.add_video(clip(5))
    site.follow()
    manifest = open_holder(site).manifest
    assert manifest is not None
    assert (manifest.entries, manifest.frames, manifest.rows) == (3, 8, 9)
    site.feed.withdraw(alias)
    site.follow()
    manifest = open_holder(site).manifest
    assert manifest is not None
    assert (manifest.entries, manifest.frames, manifest.rows) == (2, 5, 6)


def test_a_file_from_before_videos_is_served_and_then_brought_up_to_date_by_a_snapshot(site: Site) -> None:
    picture, shown = os.urandom(32), clip(3)
    site.feed.add(picture)
    alias = site.feed.add_video(shown)
    kept = site.feed.events.pop()
    site.follow()
    site.syncer.store.close()
    # As a gate from before videos left it: its cursor lies behind a video that it had passed over.
    with sqlite3.connect(site.syncer.config.database) as db:
        db.execute("ALTER TABLE state DROP COLUMN reads")
        db.execute("UPDATE state SET cursor = 2")
        db.execute("PRAGMA user_version = 1")
    db.close()
    site.feed.events.append(kept)
    site.reopen()
    assert site.syncer.store.cursor() is None
    site.syncer.publish("ok")
    assert open_holder(site).bank().snapshot.rows == 1, "what is held is served meanwhile"
    site.feed.status = [503, 503]
    assert site.follow() != "ok"
    assert open_holder(site).bank().snapshot.rows == 1
    assert site.follow() == "ok"
    assert site.syncer.store.cursor() == 2
    assert stored(site) == [1, 2, 3, 4]
    assert served(open_holder(site).bank().snapshot) == [1, 2, 3, 4]
    assert site.syncer.store.slots_of([alias]) == [2, 3, 4]
    assert site.feed.requests.count("/v1/feed/snapshot") >= 2
    site.reopen()
    assert site.syncer.store.cursor() == 2, "once is enough"
