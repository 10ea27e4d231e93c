"""A video at the hub: one item, one entry, one place in the feed; all of it goes out, and all of it is taken back."""

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hub_stage import Gate, item, member, opened, token, value, video

from notcontent.errors import DailyLimitError, HashFormatError, NotContentError, QualityTooLowError, TooManyFramesError
from notcontent.exchange.changes import parse_entry
from notcontent.exchange.commitment import commitment
from notcontent.exchange.videos import MAX_FRAMES, BankedFrame, pack_frames, video_digest
from notcontent.exchange.wire import VIDEO_KIND
from notcontent.hub import flows
from notcontent.hub.answers import ItemState
from notcontent.hub.bank.models import Entry
from notcontent.hub.cases.models import Item
from notcontent.hub.config import HubConfig
from notcontent.hub.feed import reading
from notcontent.hub.feed.models import Event

pytestmark = pytest.mark.django_db
CLIP = video(*range(100, 140))


def test_a_video_is_one_item_one_entry_and_one_event_with_all_frames_under_one_alias() -> None:
    alpha, beta = member("alpha"), member("beta")
    case = opened(item(1), CLIP, members=("alpha", "beta"))
    assert (case.count, Entry.objects.count(), Item.objects.count()) == (2, 2, 2)
    assert [one.frames for one in flows.view_case(case.case_id).items] == [0, 40]
    (shown,) = [event for event in alpha.page().events if event.kind == VIDEO_KIND]
    entry = parse_entry(shown)
    assert entry is not None
    assert entry.frames == CLIP.shown
    (other,) = [event for event in beta.page().events if event.kind == VIDEO_KIND]
    assert other.alias != shown.alias
    assert other.frames == shown.frames
    held = Gate("alpha", alpha.key).snapshot()
    assert held.held == alpha.sync().held
    assert video_digest(CLIP.value) in held.values()


def test_its_commitment_opens_with_its_salt_and_the_digest_of_its_frames() -> None:
    alpha = member()
    opened(CLIP)
    (event,) = alpha.page().events
    assert event.salt is not None
    assert event.value == video_digest(pack_frames(CLIP.shown)).hex()
    assert bytes(Event.objects.get().commitment) == commitment(
        bytes.fromhex(event.salt), op="add", signal_type="pdq", value=event.value, kind="video", day=event.day
    )


def test_it_is_withdrawn_by_one_event_restored_under_another_alias_and_erased_whole() -> None:
    alpha = member()
    case = opened(CLIP, item(1))
    first = set(alpha.sync().held)
    stopped = flows.withdraw(case.case_id, [1])
    assert [event.op for event in alpha.page().events] == ["withdraw"]
    assert alpha.sync().values() == [value(1)]
    assert [event.op for event in Gate("alpha", alpha.key).page().events].count("gone") == 1
    assert flows.take_back(case.case_id, stopped.take_back_code) == 1
    assert video_digest(CLIP.value) in alpha.sync().values()
    assert len(set(alpha.held) & first) == 1, "the picture alone has its old name"
    assert flows.erase(case.case_id, [1]) == 1
    assert alpha.sync().values() == [value(1)]
    (left,) = Entry.objects.exclude(state=ItemState.ERASED.value)
    assert left.kind == "whole"
    gone = flows.view_case(case.case_id).items[0]
    assert (gone.state, gone.frames) == (ItemState.ERASED, 1), "how many frames it had is forgotten too"


def test_the_14_days_end_a_withdrawn_video() -> None:
    member()
    case = opened(CLIP, item(1))
    flows.withdraw(case.case_id, [1])
    assert flows.tick(timezone.now() + timedelta(days=20)).erased == 1
    assert flows.view_case(case.case_id).items[0].frames == 1


def test_the_same_video_counts_once_and_another_cut_of_it_is_another() -> None:
    member()
    case = opened(CLIP, CLIP)
    assert (case.count, case.already_there) == (1, 1)
    assert flows.add_items(case.case_id, [CLIP], token()) == flows.Added(0, 1)
    assert flows.add_items(case.case_id, [flows.NewVideo(CLIP.shown[:-1])], token()) == flows.Added(1, 0)


def test_its_frames_lie_sealed() -> None:
    member()
    opened(CLIP)
    (row,) = Entry.objects.all()
    sealed = bytes(row.value_sealed or b"")
    assert len(sealed) > len(CLIP.value)
    if connection.vendor == "sqlite":
        cursor: sqlite3.Cursor = connection.cursor().connection.cursor()
        for (name,) in cursor.execute("select name from sqlite_master where type = 'table'").fetchall():
            for found in cursor.execute(f"select * from {name}").fetchall():  # noqa: S608 (our own tables)
                assert not any(isinstance(field, bytes) and CLIP.shown[7].value in field for field in found)


Changed = Callable[..., HubConfig]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (flows.NewVideo(()), HashFormatError),
        (flows.NewVideo((CLIP.shown[0], CLIP.shown[0])), HashFormatError),
        (flows.NewVideo(CLIP.shown[::-1]), HashFormatError),
        (flows.NewVideo((BankedFrame(0, 100, b"short"),)), HashFormatError),
        (flows.NewVideo((*CLIP.shown, BankedFrame(99_000, 49, value(1)))), QualityTooLowError),
        (flows.NewVideo((*CLIP.shown, BankedFrame(99_000, 100, bytes(32)))), QualityTooLowError),
        (video(*range(MAX_FRAMES + 1)), TooManyFramesError),
    ],
)
def test_one_bad_frame_refuses_the_form(wrong: flows.NewVideo, error: type[NotContentError]) -> None:
    member()
    with pytest.raises(error):
        opened(item(1), wrong)
    assert (Item.objects.count(), Entry.objects.count()) == (0, 0)


def test_frames_are_bounded_by_video_by_case_and_by_day(with_config: Changed) -> None:
    member()
    with_config(max_frames_a_video=39)
    with pytest.raises(TooManyFramesError):
        opened(CLIP)
    with_config(max_frames_a_case=79)
    case = opened(CLIP)
    with pytest.raises(TooManyFramesError):
        flows.add_items(case.case_id, [video(*range(200, 240))], token())
    with_config(max_frames_a_day=79)
    opened(item(2))
    with pytest.raises(DailyLimitError):
        opened(video(*range(200, 240)))


def test_a_page_ends_where_its_frames_are_many_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "FRAMES_A_PAGE", 100)
    monkeypatch.setattr(reading, "_OPENED_AT_ONCE", 3)
    monkeypatch.setattr(reading, "_LINES_AT_ONCE", 5000)
    alpha = member()
    large = video(*range(1000, 1150))
    opened(*(video(*range(n * 40, n * 40 + 40)) for n in range(7)), large, *(item(5000 + n) for n in range(5)))
    sizes: list[Any] = []
    more = True
    while more:
        page = alpha.page()
        sizes.append(sum(len(event.frames or ()) for event in page.events))
        alpha.cursor, more = page.next, page.more
    assert sum(sizes) == 7 * 40 + 150
    assert all(size <= 100 or size == 150 for size in sizes)
    fresh = Gate("alpha", alpha.key).sync()
    assert len(fresh.held) == 13
    assert Gate("alpha", alpha.key).snapshot().held == fresh.held


def test_desk_sees_that_it_is_a_video_and_no_hash() -> None:
    member()
    opened(CLIP)
    (line,) = flows.desk_cases().cases
    (shown,) = flows.desk_case(line.alias).items
    assert (shown.frames, shown.quality) == (40, 100)
