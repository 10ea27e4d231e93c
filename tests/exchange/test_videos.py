"""A video on the wire: all of its frames under one alias, or none of it."""

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from feed_server import Feed, add_event, serve, video_event

from notcontent.errors import FeedTooLargeError, FeedTornError, FeedUnknownOpError
from notcontent.exchange import pages
from notcontent.exchange.changes import Add, Entry, parse_entry, parse_events
from notcontent.exchange.client import FeedClient
from notcontent.exchange.pages import MAX_LINE
from notcontent.exchange.videos import (
    MAX_FRAMES,
    MAX_T_MS,
    BankedFrame,
    count_packed,
    is_video,
    pack_frames,
    unpack_frames,
    video_digest,
)
from notcontent.exchange.wire import Event, EventFrame


def frames(count: int, step_ms: int = 40) -> list[BankedFrame]:
    return [BankedFrame(at * step_ms, 90, os.urandom(32)) for at in range(count)]


def sent(shown: list[BankedFrame]) -> Event:
    return video_event(1, [(one.t_ms, one.value) for one in shown])


@pytest.mark.parametrize("count", [1, 2, MAX_FRAMES])
def test_frames_come_back_from_their_packing_and_their_event(count: int) -> None:
    shown = [replace(one, quality=100) for one in frames(count)]
    packed = pack_frames(shown)
    assert list(unpack_frames(packed)) == shown
    assert count_packed(packed) == count
    assert is_video(shown)
    entry = parse_entry(msgspec.json.decode(msgspec.json.encode(sent(shown)), type=Event))
    assert isinstance(entry, Entry)
    assert list(entry.frames) == shown
    assert (entry.value, entry.rows) == (video_digest(packed), count)


@pytest.mark.parametrize("packed", [b"", bytes(40), bytes(42)])
def test_what_is_no_packing_is_refused(packed: bytes) -> None:
    with pytest.raises(ValueError, match="packed"):
        unpack_frames(packed)


def test_what_cannot_be_one_video() -> None:
    some = frames(3)
    for wrong in (
        [],
        frames(MAX_FRAMES + 1),
        [*some, some[0]],
        some[::-1],
        [*some, replace(some[0], value=some[0].value, t_ms=9999)],
        [replace(some[0], value=b"short"), *some[1:]],
        [replace(some[0], quality=101)],
        [replace(some[0], t_ms=-1)],
        [replace(some[0], t_ms=MAX_T_MS + 1)],
    ):
        assert not is_video(wrong)
    assert is_video([replace(some[0], t_ms=7), replace(some[1], t_ms=7)]), "two frames within a millisecond"


def test_no_repr_shows_a_frames_hash() -> None:
    one = BankedFrame(5, 90, b"\xab" * 32)
    assert "abab" not in repr(one) + repr(EventFrame(5, 90, "ab" * 32)) + repr(sent([one]))


Shown = list[EventFrame]


def changed(event: Event, change: Callable[[Shown], Shown | None]) -> Event:
    return msgspec.structs.replace(event, frames=change(list(event.frames or ())))


HOSTILE: dict[str, Callable[[Event], Event]] = {
    "one frame fewer": lambda event: changed(event, lambda shown: shown[:-1]),
    "one frame more": lambda event: changed(event, lambda shown: [*shown, EventFrame(9999, 100, "ab" * 32)]),
    "a frame twice": lambda event: changed(event, lambda shown: [*shown, shown[-1]]),
    "another frame": lambda event: changed(event, lambda shown: [EventFrame(0, 100, "ab" * 32), *shown[1:]]),
    "another time": lambda event: changed(event, lambda shown: [EventFrame(1, 100, shown[0].value), *shown[1:]]),
    "another quality": lambda event: changed(event, lambda shown: [EventFrame(0, 99, shown[0].value), *shown[1:]]),
    "another order": lambda event: changed(event, lambda shown: shown[::-1]),
    "no frames": lambda event: changed(event, lambda _: None),
    "frames that are none": lambda event: changed(event, lambda _: []),
    "too many frames": lambda _: sent(frames(MAX_FRAMES + 1)),
    "honest about a wrong order": lambda _: sent(frames(4)[::-1]),
    "honest about a frame twice": lambda _: sent([BankedFrame(n, 100, bytes(32)) for n in range(2)]),
    "a hash that is none": lambda event: changed(event, lambda shown: [EventFrame(0, 100, "zz" * 32), *shown[1:]]),
    "a time that no database holds": lambda event: changed(event, lambda _: [EventFrame(2**63, 100, "ab" * 32)]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_video_that_is_not_what_it_says_refuses_the_whole_answer(name: str) -> None:
    feed = Feed()
    feed.add(os.urandom(32))
    feed.events.append(msgspec.structs.replace(HOSTILE[name](sent(frames(4))), seq=2))
    with serve(feed) as address, FeedClient(address, feed.key, feed.expected()) as client:
        with pytest.raises(FeedTornError):
            parse_events(client.page(0).events)
        with pytest.raises(FeedTornError), client.snapshot() as snapshot:
            list(snapshot)


def test_a_frame_alone_and_a_kind_to_come_are_passed_over_unless_critical() -> None:
    for kind in ("frame", "hologram"):
        alone = msgspec.structs.replace(add_event(1, os.urandom(32)), kind=kind)
        assert parse_events([alone]) == []
        with pytest.raises(FeedUnknownOpError):
            parse_events([msgspec.structs.replace(alone, critical=True)])


def test_a_reader_from_before_videos_passes_them_over() -> None:
    """Such a reader knows an event by these keys alone; a kind that it does not know is no error to it."""

    class EventBefore(msgspec.Struct):
        seq: int
        op: str
        alias: str
        type: str | None = None
        value: str | None = None
        kind: str | None = None
        quality: int | None = None
        critical: bool = False

    old = msgspec.json.decode(msgspec.json.encode(sent(frames(3))), type=EventBefore)
    assert (old.op, old.type, old.kind, old.critical) == ("add", "pdq", "video", False)
    assert old.value is not None
    assert old.quality is not None
    assert len(bytes.fromhex(old.value)) == 32


def test_the_longest_video_fits_a_snapshots_line_and_a_page() -> None:
    feed = Feed()
    last = MAX_T_MS - MAX_FRAMES
    longest = feed.add_video((last + at, os.urandom(32)) for at in range(MAX_FRAMES))
    assert len(msgspec.json.encode(feed.events[0])) < MAX_LINE
    with serve(feed) as address, FeedClient(address, feed.key, feed.expected()) as client:
        (change,) = parse_events(client.page(0).events)
        with client.snapshot() as snapshot:
            ((entry,),) = list(snapshot)
    assert isinstance(change, Add)
    assert change.entry == entry
    assert entry.alias == longest


def test_a_snapshot_counts_frames_against_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    feed = Feed()
    for _ in range(3):
        feed.add_video((at, os.urandom(32)) for at in range(40))
    monkeypatch.setattr(pages, "_BATCH", 50)
    with serve(feed) as address:
        with FeedClient(address, feed.key, feed.expected(), max_entries=120) as client, client.snapshot() as snapshot:
            assert [len(batch) for batch in snapshot] == [2, 1], "a batch is bounded by its frames"
        with (
            FeedClient(address, feed.key, feed.expected(), max_entries=119) as client,
            client.snapshot() as snapshot,
            pytest.raises(FeedTooLargeError),
        ):
            list(snapshot)


def test_frames_ignore_what_a_later_version_adds_to_them() -> None:
    event = msgspec.json.decode(msgspec.json.encode(sent(frames(2))), type=dict[str, Any])
    event["frames"] = [[*frame, "later"] for frame in event["frames"]]
    read = msgspec.json.decode(msgspec.json.encode(event), type=Event)
    assert parse_entry(read) is not None
