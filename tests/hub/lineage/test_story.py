"""Sources go in and out of the hub's book whole, each act is recorded, and the book shares nothing with the cases."""

import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from channel_stage import CANARIES, archive, child, families, family, hidden_values, imported, parent, removed, stranger
from desk_stage import every_stored_text
from django.db import DatabaseError
from hub_stage import member, opened

from notcontent.errors import (
    LineageBookBusyError,
    LineageChannelNotFoundError,
    LineageFamilyNotFoundError,
    LineageSourceError,
    LineageSourceNotFoundError,
)
from notcontent.hub import flows
from notcontent.hub.audit import services as audit
from notcontent.hub.channel_answers import HandoutKind
from notcontent.hub.config import hub_config
from notcontent.hub.lineage import services
from notcontent.hub.lineage.place import book_folder, book_key, hub_book
from notcontent.hub.lineage.reading import read
from notcontent.hub.lineage.showing import name_of
from notcontent.lineage.book import Book, SourceKind, SourceState
from notcontent.lineage.drawing import Goal
from notcontent.lineage.exports import Tlp
from notcontent.lineage.judging import Judged, judged
from notcontent.lineage.portrait import Standing

pytestmark = pytest.mark.django_db

NAMES = ("harbour", "mountain", "Harbour", "Mountain")


def no_link(_goal: Goal, _channel: str) -> str | None:
    return None


def records() -> list[tuple[str, str, str, int]]:
    lines = [(line.actor, line.verb, line.subject, line.count) for line in reversed(flows.desk_audit())]
    return [line for line in lines if line[1].startswith("lineage-")]


def told() -> str:
    """Give everything that the pages would be made of."""
    shown = flows.desk_channels()
    families = [flows.desk_family(one.id, (), no_link) for one in shown.families]
    channels = {one.channel.name.id for each in families for one in each.members}
    return repr((shown, families, [flows.desk_channel(one) for one in channels], flows.desk_radar(365)))


def refuse(*_: object, **__: object) -> None:
    raise DatabaseError


def test_a_channel_that_went_on_under_another_name_is_found(tmp_path: Path) -> None:
    family(tmp_path)
    shown = flows.desk_channels()
    assert [(one.root.title, one.size, one.alive, one.removed) for one in shown.families] == [("Old harbour", 2, 1, 1)]
    assert (shown.channels, shown.alone, shown.unjudged) == (3, 1, 0)
    (new,) = shown.queue
    assert (new.name.title, new.kin.name.title, new.kin.stated) == ("New harbour", "Old harbour", True)
    assert new.kin.probability > 0.8
    assert new.family == shown.families[0].id


def test_a_channel_is_shown_with_what_each_source_said(tmp_path: Path) -> None:
    pages, table = family(tmp_path)
    old = flows.desk_channel(flows.find_channel("@old_harbour"))
    assert old.line.standing is Standing.REMOVED
    assert old.links == ("hxxps://t[.]me/old_harbour",)
    assert [one.title for one in old.children] == ["New harbour"]
    assert {(kind, source) for source, kind in old.sources} == {
        (SourceKind.SAVED_PAGES, pages),
        (SourceKind.CHANNEL_LIST, table),
    }
    assert {(fact.kind.value, fact.source) for fact in old.facts} >= {("removed", table), ("members", pages)}


@pytest.mark.parametrize(
    "typed", ["@new_harbour", "https://t.me/s/new_harbour", "hxxps://t[.]me/new_harbour", " New_Harbour "]
)
def test_a_channel_is_found_however_it_is_written(tmp_path: Path, typed: str) -> None:
    family(tmp_path)
    assert flows.desk_channel(flows.find_channel(typed)).line.name.title == "New harbour"


def test_a_channel_or_family_that_is_none_is_refused(tmp_path: Path) -> None:
    family(tmp_path)
    shown = flows.desk_channels()
    ours, theirs = shown.families[0].id, shown.queue[0].name.id
    with pytest.raises(LineageChannelNotFoundError):
        flows.find_channel("@no_such_harbour")
    with pytest.raises(LineageChannelNotFoundError):
        flows.desk_channel("0" * 16)
    with pytest.raises(LineageChannelNotFoundError):
        flows.desk_comparison(theirs, theirs)
    for none in ("0" * 16, theirs):  # a member that is not the root is no family's name
        with pytest.raises(LineageFamilyNotFoundError):
            flows.desk_family(none, (), no_link)
    assert flows.desk_family(ours, (), no_link).line.size == 2


def test_two_channels_are_compared_by_counts(tmp_path: Path) -> None:
    family(tmp_path)
    shown = flows.desk_channels()
    compared = flows.desk_comparison(shown.families[0].id, shown.queue[0].name.id)
    assert compared.whole
    assert "40 rare contents" in compared.drawing.told
    assert compared.one.name.title == "Old harbour"


def test_the_radar_shows_what_came_back_in_the_days_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    family(tmp_path)
    assert [(line.line.name.title, line.born) for line in flows.desk_radar(7).lines] == [("New harbour", True)]
    assert [(line.line.name.title, line.born) for line in flows.desk_radar(2).lines] == [("New harbour", False)]
    assert flows.desk_radar(-5).lines
    assert flows.desk_radar(10**9).lines
    assert flows.desk_radar(7).further == 0
    monkeypatch.setattr("notcontent.hub.channel_flows.MOST_ON_THE_RADAR", 0)
    assert (flows.desk_radar(7).lines, flows.desk_radar(7).further) == ((), 1)


def test_a_line_of_the_queue_tells_when_it_was_found_from_when_the_channel_began(tmp_path: Path) -> None:
    family(tmp_path)
    (new,) = flows.desk_channels().queue
    assert new.began == flows.desk_channel(new.name.id).line.began
    assert new.began is not None
    assert (new.found - new.began).days in {4, 5}


def test_views_that_no_source_shows_are_not_known_and_not_zero(tmp_path: Path) -> None:
    imported(tmp_path, archive(replace(parent(), viewed=False), replace(child(), viewed=False)))
    (one,) = flows.desk_channels().families
    assert (one.size, one.reach) == (2, None)
    assert flows.desk_channel(one.id).line.reach is None
    imported(tmp_path, archive(child()), "viewed.zip")
    (one,) = flows.desk_channels().families
    assert one.reach == 4100
    assert flows.desk_channel(one.id).line.reach is None


@pytest.mark.parametrize("new", ["Old harbour", "OLD HARB\u041eUR!", "0ld h\u00e4rbour"])
def test_channels_whose_titles_look_alike_are_told_apart_by_their_links(tmp_path: Path, new: str) -> None:
    family(tmp_path, new=new)
    (line,) = flows.desk_channels().queue
    assert (line.name.apart, line.kin.name.apart) == ("hxxps://t[.]me/new_harbour", "hxxps://t[.]me/old_harbour")
    (radar,) = flows.desk_radar(7).lines
    assert radar.line.name.apart == "hxxps://t[.]me/new_harbour"
    assert flows.desk_channels().families[0].root.apart == "hxxps://t[.]me/old_harbour"


def test_a_title_that_no_other_looks_like_needs_nothing_beside_it(tmp_path: Path) -> None:
    family(tmp_path)
    (line,) = flows.desk_channels().queue
    assert (line.name.apart, line.kin.name.apart) == ("", "")


def test_channels_that_look_alike_and_have_no_link_are_told_apart_by_their_number(tmp_path: Path) -> None:
    table = "channel,time,fact,value\n" + "".join(f"n:110000030{at},2026-01-02,title,Same\n" for at in (1, 2))
    imported(tmp_path, table.encode(), "list.csv")
    reading = read()
    assert {name_of(facts, reading.alike).apart for facts in reading.judgement.channels} == {
        "n:1100000301",
        "n:1100000302",
    }


def test_the_queue_says_how_many_follow_the_eight_that_it_lists(tmp_path: Path) -> None:
    families(tmp_path, 9)
    shown = flows.desk_channels()
    assert (len(shown.queue), shown.waiting, shown.further) == (8, 9, 1)
    flows.mark_channels_seen("mara", [one.name.id for one in shown.queue])
    shown = flows.desk_channels()
    assert (len(shown.queue), shown.waiting, shown.further) == (1, 1, 0)


def test_what_was_looked_at_leaves_the_queue_and_comes_back_when_something_else_is_said(tmp_path: Path) -> None:
    pages, _ = family(tmp_path)
    (new,) = flows.desk_channels().queue
    assert flows.mark_channels_seen("mara", [new.name.id, new.name.id]) == 1
    assert flows.mark_channels_seen("mara", []) == 0
    assert flows.desk_channels().waiting == 0
    assert flows.desk_channel(new.name.id).seen
    imported(tmp_path, archive(stranger()), "again.zip")
    assert flows.desk_channels().waiting == 0
    flows.withdraw_source("mara", pages)
    imported(tmp_path, archive(parent(), child()), "anew.zip")
    assert flows.desk_channels().waiting == 1
    with pytest.raises(LineageChannelNotFoundError):
        flows.mark_channels_seen("mara", ["0" * 16])


def test_every_act_is_recorded_by_number_and_count_and_without_a_name(tmp_path: Path) -> None:
    pages, table = family(tmp_path)
    shown = flows.desk_channels()
    flows.mark_channels_seen("mara", [shown.queue[0].name.id])
    flows.hand_out_family("mara", shown.families[0].id, HandoutKind.STIX, Tlp.AMBER)
    flows.hand_out_family("mara", shown.families[0].id, HandoutKind.ANNEX_TEXT, Tlp.AMBER)
    flows.judge_channels("mara")
    flows.withdraw_source("mara", table)
    posts = flows.desk_sources()[-1].report["posts"] + flows.desk_sources()[-1].report["facts"]
    assert records() == [
        ("mara", "lineage-imported", str(pages), posts),
        ("mara", "lineage-imported", str(table), 1),
        ("mara", "lineage-seen", "", 1),
        ("mara", "lineage-exported", "stix amber", 2),
        ("mara", "lineage-annex-made", "annex-text amber", 2),
        ("mara", "lineage-judged", "", 3),
        ("mara", "lineage-withdrawn", str(table), 0),
    ]
    assert flows.desk_audit_check().holds


def test_reading_is_no_act(tmp_path: Path) -> None:
    family(tmp_path)
    before = records()
    told()
    assert records() == before


def test_the_same_bytes_again_add_nothing_and_are_not_recorded(tmp_path: Path) -> None:
    pages = imported(tmp_path, archive(parent()))
    taken = flows.import_source("jo", tmp_path / "pages.zip")
    assert (taken.already, taken.source) == (True, None)
    assert [source.id for source in flows.desk_sources()] == [pages]
    assert len(records()) == 1


def test_a_withdrawn_source_takes_everything_with_it(tmp_path: Path) -> None:
    pages, table = family(tmp_path)
    flows.withdraw_source("mara", pages)
    rest = told()
    assert "Old harbour" not in rest
    assert "ew harbour" not in rest
    assert "mountain" not in rest
    flows.withdraw_source("mara", table)
    assert not any(name in told() for name in NAMES)
    assert [(source.id, source.state) for source in flows.desk_sources()] == [
        (table, SourceState.WITHDRAWN),
        (pages, SourceState.WITHDRAWN),
    ]
    for source in (pages, 99):
        with pytest.raises(LineageSourceNotFoundError):
            flows.withdraw_source("mara", source)
    kept = b"".join(path.read_bytes() for path in book_folder(hub_config()).iterdir() if path.is_file())
    assert b"harbour" not in kept
    assert flows.desk_channels().channels == 0


def test_what_another_source_shows_too_stays(tmp_path: Path) -> None:
    pages, _ = family(tmp_path)
    imported(tmp_path, archive(parent(), child()), "second.zip")
    flows.withdraw_source("mara", pages)
    shown = flows.desk_channels()
    assert [(one.root.title, one.size, one.removed) for one in shown.families] == [("Old harbour", 2, 1)]
    assert "mountain" not in told()


@pytest.mark.parametrize("text", ["good morning", "https://example.org/\n"])
def test_a_source_that_is_about_no_channel_leaves_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "list.txt"
    path.write_text(text)
    with pytest.raises(LineageSourceError):
        flows.import_source("mara", path)
    assert not any(source.state is SourceState.STANDING for source in flows.desk_sources())
    assert records() == []


def test_an_import_that_cannot_be_recorded_is_taken_out_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "record", refuse)
    with pytest.raises(DatabaseError):
        imported(tmp_path, archive(parent(), child()))
    assert not any(name in told() for name in NAMES)


def test_an_import_that_cannot_be_judged_is_taken_out_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(services, "judge", refuse)
        with pytest.raises(DatabaseError):
            imported(tmp_path, archive(parent(), child()))
    flows.judge_channels("mara")
    assert not any(name in told() for name in NAMES)
    assert [line[1] for line in records()] == ["lineage-judged"]


def test_nothing_is_handed_out_that_cannot_be_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    family(tmp_path)
    one = flows.desk_channels().families[0].id
    monkeypatch.setattr(audit, "record", refuse)
    with pytest.raises(DatabaseError):
        flows.hand_out_family("mara", one, HandoutKind.CSV, Tlp.AMBER)


def test_a_withdrawal_that_was_killed_before_judging_is_said_and_made_good(tmp_path: Path) -> None:
    pages, _ = family(tmp_path)
    one = flows.desk_channels().families[0].id
    with hub_book() as book:
        book.withdraw(pages)
    shown = flows.desk_channels()
    assert (shown.unjudged > 0, shown.families, shown.queue) == (True, (), ())
    assert "ew harbour" not in told()
    with pytest.raises(LineageFamilyNotFoundError):
        flows.desk_family(one, (), no_link)
    with pytest.raises(LineageChannelNotFoundError):
        flows.desk_channel(one)
    flows.judge_channels("mara")
    assert flows.desk_channels().unjudged == 0
    assert "ew harbour" not in told()


def test_two_imports_at_a_time_are_one_too_many(tmp_path: Path) -> None:
    with hub_book() as book, book.importing(SourceKind.SAVED_PAGES, "other", bytes(32), "shell") as taking:
        assert taking is not None
        with pytest.raises(LineageBookBusyError):
            imported(tmp_path, archive(parent()))
    assert flows.desk_sources() == ()


@pytest.mark.parametrize("kind", [kind for kind in HandoutKind if kind is not HandoutKind.ANNEX_PDF])  # packed
def test_no_file_that_is_handed_out_holds_a_person_a_text_or_a_digest(tmp_path: Path, kind: HandoutKind) -> None:
    family(tmp_path)
    made = flows.hand_out_family("mara", flows.desk_channels().families[0].id, kind, Tlp.AMBER)
    text = made.body.decode("latin-1")
    assert len(text) > 500
    assert made.name.isascii()
    assert "harbour" not in made.name
    assert [kept for kept in (*CANARIES, *hidden_values()) if kept in text] == []


def test_the_book_lies_apart_from_the_hubs_database_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    member()
    opened()
    alias = flows.desk_cases().cases[0].alias
    family(tmp_path)
    folder, key = book_folder(hub_config()), book_key(hub_config())
    assert not any(name in every_stored_text() for name in (*NAMES, *CANARIES))
    assert alias.encode() not in b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
    assert key.parent == Path(hub_config().data_dir) / "keys"
    assert not (folder / "book.key").exists()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(key.stat().st_mode) == stat.S_IMODE((folder / "book.db").stat().st_mode) == 0o600


def test_no_path_of_the_desk_says_which_channel_it_is_about(tmp_path: Path) -> None:
    family(tmp_path)
    shown = flows.desk_channels()
    with hub_book() as book:
        keys = book.rows().keys
    for id_ in (shown.families[0].id, shown.queue[0].name.id):
        assert len(id_) == 16
        assert not any(part in id_ for key in keys for part in (key, key[2:]))


def test_the_read_of_a_book_is_kept_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from notcontent.hub.lineage import reading

    family(tmp_path)
    flows.desk_channels()
    count = [0]

    def counted(book: Book) -> Judged:
        count[0] += 1
        return judged(book)

    monkeypatch.setattr(reading, "judged", counted)
    again: Callable[[], object] = flows.desk_channels
    again()
    again()
    assert count == [0]
    flows.mark_channels_seen("mara", [flows.desk_channels().queue[0].name.id])
    assert flows.desk_channels().waiting == 0
    assert count == [1]


def test_a_removal_that_a_table_tells_changes_what_is_shown(tmp_path: Path) -> None:
    imported(tmp_path, archive(parent(), child()))
    assert flows.desk_channels().families[0].removed == 0
    imported(tmp_path, removed("old_harbour"), "gone.csv")
    assert flows.desk_channels().families[0].removed == 1


def test_an_annex_names_the_source_of_what_it_says_of_a_channels_life(tmp_path: Path) -> None:
    pages, _ = family(tmp_path)
    made = flows.hand_out_family("mara", flows.desk_channels().families[0].id, HandoutKind.ANNEX_TEXT, Tlp.AMBER)
    text = " ".join(made.body.decode().split())
    assert f"says source {pages} (saved pages)" in text
    assert "https://t.me/new_harbour" in text
