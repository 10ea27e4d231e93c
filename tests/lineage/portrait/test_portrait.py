"""What every showing of a family has in common: harmless names, standings, places under parents, counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lineage_stage import DAY, START, Stage, a_family, facts

from notcontent.errors import LineageFamilyNotFoundError
from notcontent.lineage.evidence import ChannelFacts, Dated, StatusFact
from notcontent.lineage.family import Candidate, Family, Line
from notcontent.lineage.marks import MarkKind
from notcontent.lineage.observations import FactKind
from notcontent.lineage.portrait import Bond, Standing, portray
from notcontent.lineage.portrait.contents import common, inherited, part_of, weeks
from notcontent.lineage.portrait.members import standing_of
from notcontent.lineage.portrait.names import clean, columns, defanged, fitted, isolated, links_of, skeleton, title_of


@given(st.text())
def test_a_cleaned_name_is_one_short_line_without_a_sign_that_turns_or_hides(text: str) -> None:
    shown = clean(text)
    assert len(shown) <= 256
    assert shown.isprintable() or "\u200d" in shown or "\u200c" in shown
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\x1b\x00\n\r")
    shown.encode()
    assert clean(shown) == shown


def test_letters_of_every_script_and_joined_emoji_stay_as_they_are() -> None:
    for name in ("أرشيف الليل!", "קבוצה 7", "夜间档案馆", "Архив", "👩‍👩‍👧", "می‌خواهم", "Zürich"):
        assert clean(name) == name


def test_a_title_that_shows_nothing_gives_way_to_the_handle() -> None:
    assert title_of(ChannelFacts("n:5", titles=(Dated("\u202e\u2066 ", 1),))) == "n:5"
    assert title_of(ChannelFacts("h:0123456789abcdef")) == "no public name"
    assert title_of(ChannelFacts("n:5", titles=(Dated("new", 9), Dated("old", 1)))) == "new"


def test_names_in_alphabets_that_look_alike_have_one_skeleton() -> None:
    assert skeleton("Night archive") == skeleton("Night \u0430rchive") == skeleton("NIGHT  ARCH1VE!")
    assert skeleton("Night archive 2") != skeleton("Night archive 3")
    assert skeleton("🔥") == "🔥"


def test_a_handle_cannot_lead_out_of_its_link() -> None:
    hostile = ChannelFacts("u:x", usernames=("a/../../b?c#d", "x@evil.example"), invites=("A b\n",))
    assert links_of(hostile) == (
        "https://t.me/a%2F..%2F..%2Fb%3Fc%23d",
        "https://t.me/x%40evil.example",
        "https://t.me/+A%20b%0A",
    )
    assert defanged("https://t.me/night_5") == "hxxps://t[.]me/night_5"


def test_only_a_title_that_reads_from_right_to_left_is_set_apart() -> None:
    assert [isolated(title) for title in ("Night archive 2", "Архив", "夜间档案馆", "🔥 backup")] == [
        "Night archive 2", "Архив", "夜间档案馆", "🔥 backup",
    ]  # fmt: skip
    assert [isolated(title) for title in ("أرشيف!", "no. קבוצה 7", "٧")] == [
        "\u2068أرشيف!\u2069", "\u2068no. קבוצה 7\u2069", "\u2068٧\u2069",
    ]  # fmt: skip


@given(st.text(), st.integers(1, 40))
def test_a_fitted_name_takes_exactly_its_columns(text: str, limit: int) -> None:
    shown = clean(text)
    assert columns(fitted(shown, limit)) == limit


@pytest.mark.parametrize(
    ("said", "last_post", "standing"),
    [
        ((), None, Standing.UNKNOWN),
        (((FactKind.ALIVE, 5),), None, Standing.ALIVE),
        (((FactKind.ALIVE, 5), (FactKind.REMOVED, 9)), None, Standing.REMOVED),
        (((FactKind.REMOVED, 5), (FactKind.ALIVE, 9)), None, Standing.ALIVE),
        (((FactKind.REMOVED, 5),), 9, Standing.UNKNOWN),
        (((FactKind.ALIVE, 5), (FactKind.PREVIEW_UNAVAILABLE, 9)), None, Standing.NO_PREVIEW),
        (((FactKind.RESTRICTED, 9), (FactKind.ALIVE, 5)), None, Standing.RESTRICTED),
    ],
)
def test_the_latest_statement_stands_and_a_removal_falls_to_what_was_seen_later(
    said: tuple[tuple[FactKind, int], ...], last_post: int | None, standing: Standing
) -> None:
    statuses = tuple(StatusFact(kind, time) for kind, time in said)
    assert standing_of(ChannelFacts("n:1", last_post=last_post, statuses=statuses))[0] is standing


def test_every_member_hangs_under_an_earlier_one_and_stated_parents_are_kept() -> None:
    evidence, lineage = a_family(300)
    portrait = portray(evidence, lineage, 5)
    assert set(portrait.members) == set(range(300))
    for place, member in portrait.members.items():
        stated = lineage.lines[place].stated
        if member.bond is Bond.STATED:
            assert member.under == stated
        else:
            assert stated is None
        if member.under is not None:
            assert portrait.members[member.under].number < member.number
            assert place in portrait.children[member.under]
    assert sum(member.bond is Bond.ROOT for member in portrait.members.values()) == 1


def test_lines_that_form_a_circle_end_at_the_root() -> None:
    stage = Stage(channels=[facts(place, f"c{place}", START + place * DAY) for place in range(3)])
    stage.lines = [Line(0, (), None, 0), *(Line(a, (Candidate(b, 0.9, ()),), b, 0.9) for a, b in ((1, 2), (2, 1)))]
    stage.families = [Family(1, 0, (0, 1, 2))]
    members = portray(stage.evidence(), stage.lineage(), 1).members
    assert [members[place].under for place in range(3)] == [None, 0, 1]
    assert members[1].bond is Bond.OPEN


def test_a_family_that_is_none_is_refused() -> None:
    with pytest.raises(LineageFamilyNotFoundError):
        portray(*a_family(3), 99)


def two_channels() -> Stage:
    return Stage(channels=[facts(place, f"c{place}", START) for place in range(2)])


def test_the_inherited_share_counts_what_the_parent_showed_before_and_no_mark_twice() -> None:
    stage = two_channels()
    for at in range(4):
        photo, shape = stage.content(), stage.content(MarkKind.PHOTO_SHAPE)
        for content in (photo, shape):
            stage.show(1, content, START + 100)
            if at < 2:
                stage.show(0, content, START + (50 if at == 0 else 150))
    part = part_of(stage.evidence().shown, (0, 1))
    assert inherited(part, 1, 0) == 0.25
    assert sum(count for _, count in weeks(part, 1)) == 4


def test_pictures_count_by_their_look_only_where_both_channels_have_it() -> None:
    stage = two_channels()
    photo, look, text = stage.content(), stage.content(MarkKind.PICTURE), stage.content(MarkKind.TEXT)
    for content in (photo, look, text):
        stage.show(1, content, START + 100)
    for content in (photo, text):
        stage.show(0, content, START)
    part = part_of(stage.evidence().shown, (0, 1))
    assert inherited(part, 1, 0) == 1.0  # photo and text; its look is not counted
    stage.show(0, look, START + 900)
    part = part_of(stage.evidence().shown, (0, 1))
    assert inherited(part, 1, 0) == 0.5  # look and text; the photo is not counted


def test_what_two_channels_share_equals_brute_force() -> None:
    evidence, _ = a_family(40)
    shown = evidence.shown
    seen: dict[int, dict[int, int]] = {}
    for channel, content, time in zip(shown.channel, shown.content, shown.time, strict=True):
        seen.setdefault(int(content), {})[int(channel)] = int(time)
    both = [times for times in seen.values() if 2 in times and 12 in times]
    assert both
    rare = [times for times in both if len(times) <= 10]
    found = common(evidence, 2, 12)
    assert sorted(found.one) == sorted(times[2] for times in rare)
    assert sorted(zip(found.one, found.other, strict=True)) == sorted((times[2], times[12]) for times in rare)
    assert found.left_out == len(both) - len(rare)
    assert len(common(evidence, 2, 12, rare=1000).one) == len(both)


def test_channels_that_showed_nothing_share_nothing() -> None:
    evidence = two_channels().evidence()
    assert len(common(evidence, 0, 1).one) == 0
    assert inherited(part_of(evidence.shown, (0, 1)), 1, 0) is None
    assert np.array_equal(evidence.shown.channel, [])
