"""A world written as files and read back by the real readers says what the world itself says."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from notcontent.lineage.evidence import Evidence
from notcontent.lineage.gathering import gather
from notcontent.lineage.observations import FactKind, Observation, Post
from notcontent.lineage.readers.lists import ChannelList
from notcontent.lineage.readers.media import MediaReader
from notcontent.lineage.readers.pages import SavedPages
from notcontent.lineage.readers.telegram import TelegramExport
from notcontent.lineage.report import Report
from notcontent.lineage.simulation import Level, Ranges, Settings, Span, World, simulate
from notcontent.lineage.simulation.planning import WORLD_ENDS
from notcontent.lineage.simulation.writing import write_world

NOW = WORLD_ENDS + 86_400
SETTINGS = Settings(
    seed=21, families=4, level=Level.CHANNELS, media=False, ranges=Ranges(channels=Span(3, 7), posts=Span(40, 90))
)


@cache
def world() -> World:
    return simulate(SETTINGS)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated") / "world"
    assert write_world(world(), folder) == sum(bool(len(world().rows(each))) for each in world().channels)
    return folder


def exports_and_list(folder: Path, report: Report) -> list[Observation]:
    found: list[Observation] = []
    for export in sorted((folder / "exports").iterdir()):
        found += TelegramExport(export, world().marker, report, now=NOW)
    found += ChannelList(folder / "channels.csv", world().marker, report, now=NOW)
    return found


def assert_equal(one: Evidence, other: Evidence) -> None:
    assert one.channels == other.channels
    for name in ("shown", "people"):
        for column in ("channel", "content", "time", "kind"):
            # Contents are numbered by their digests: equal digests, equal numbers.
            assert np.array_equal(getattr(getattr(one, name), column), getattr(getattr(other, name), column)), name
    for name in ("forwards", "named", "links", "buttons"):
        for column in ("by", "to", "count", "first"):
            assert np.array_equal(getattr(getattr(one, name), column), getattr(getattr(other, name), column)), name
    assert np.array_equal(one.hours, other.hours)


def test_exports_and_the_list_read_back_give_equal_evidence(written: Path) -> None:
    report = Report()
    read = gather(exports_and_list(written, report), world().marker)
    assert_equal(read, gather(world().observations(), world().marker))
    assert len(read.shown) > 500
    assert {why.value for why in report.skipped} == {"person"}


def test_exports_hold_the_traps_of_real_ones(written: Path) -> None:
    texts = [path.read_text("utf-8") for path in (written / "exports").glob("*/result.json")]
    whole = "".join(texts)
    assert "\\x0B" in whole
    assert '"text": [' in whole
    assert "(File not included." in whole
    assert any('"forwarded_from"' in text and '"forwarded_from_id"' not in text for text in texts)
    assert '"inline_bot_buttons"' in whole


def test_saved_pages_read_back_name_their_channels_and_their_newest_posts(written: Path) -> None:
    read = list(SavedPages(written / "pages", world().marker, Report(), now=NOW))
    posts = {(each.channel.value, each.number): each for each in read if isinstance(each, Post)}
    pages = list((written / "pages").glob("*.html"))
    assert len(pages) > 1
    assert {name for name, _ in posts} == {page.stem for page in pages}
    channels = {channel.username: channel for channel in world().channels}
    for (name, number), post in posts.items():
        row = np.flatnonzero((world().posts["channel"] == channels[name].place) & (world().posts["number"] == number))
        assert world().posts["time"][row].tolist() == [post.time]
    kinds = {each.kind for each in read if not isinstance(each, Post) and hasattr(each, "kind")}
    assert {FactKind.TITLE, FactKind.MEMBERS, FactKind.ALIVE, FactKind.KIND} <= kinds


def test_a_page_shows_the_texts_of_the_export(written: Path) -> None:
    report = Report()
    marks = {
        (each.channel.value, each.number): {mark for mark in each.marks if mark.kind.name in ("TEXT", "AUTHOR")}
        for each in exports_and_list(written, report)
        if isinstance(each, Post)
    }
    numbers = {channel.username: str(channel.number) for channel in world().channels}
    pages = [each for each in SavedPages(written / "pages", world().marker, report, now=NOW) if isinstance(each, Post)]
    assert any(mark.kind.name == "TEXT" for each in pages for mark in each.marks)
    for each in pages:
        shown = {mark for mark in each.marks if mark.kind.name in ("TEXT", "AUTHOR")}
        assert shown == marks[numbers[each.channel.value], each.number]


def test_the_truth_beside_it_names_every_channel_and_its_parents(written: Path) -> None:
    truth = json.loads((written / "truth.json").read_text("utf-8"))
    by_number = {each["number"]: each for each in truth["channels"]}
    assert len(by_number) == len(world().channels)
    for channel in world().channels:
        said = by_number[channel.number]
        parent = channel.parent
        assert said["parent"] == (None if parent is None else world().channels[parent].number)
        assert said["read"] == bool(world().seen.channels[channel.place])


def test_a_folder_that_is_there_is_not_written_into(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        write_world(world(), tmp_path)


def test_drawn_pictures_are_read_in_media_mode_and_copies_hash_alike(tmp_path: Path) -> None:
    small = replace(SETTINGS, families=1, level=Level.FULL, spammers=0, lookalikes=0, loners=0)
    made = simulate(replace(small, ranges=Ranges(channels=Span(2, 2), posts=Span(30, 31), inside=Span(0.8, 0.9))))
    write_world(made, tmp_path / "world", pictures=True)
    hashed: dict[int, set[bytes]] = {}
    report = Report()
    for channel in made.channels:
        folder = tmp_path / "world" / "exports" / str(channel.number)
        rows = {int(made.posts["number"][row]): int(made.posts["variant"][row]) for row in made.rows(channel)}
        with MediaReader(folder, report) as media:
            for each in TelegramExport(folder, made.marker, report, now=NOW, media=media):
                if isinstance(each, Post) and each.hashes:
                    hashed.setdefault(rows[each.number], set()).add(each.hashes[0].value)
    photos = [variant for variant in hashed if made.files["kind"][variant] == 0]
    assert len(photos) > 10
    assert all(len(values) == 1 for values in hashed.values())
