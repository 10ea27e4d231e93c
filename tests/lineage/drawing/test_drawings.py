"""Drawings of families: safe to put into a strict page, whole, foldable, and the same in words."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lineage_stage import DAY, NAMES, NOW, SECRETS, START, Stage, a_family, facts

from notcontent.errors import LineageFamilyNotFoundError
from notcontent.lineage.drawing import (
    Goal,
    draw_shared,
    draw_timeline,
    draw_tree,
    tell_shared,
    tell_timeline,
    tell_tree,
)
from notcontent.lineage.drawing.axis import Axis
from notcontent.lineage.drawing.folding import ROOM, fold
from notcontent.lineage.drawing.grouping import bars
from notcontent.lineage.drawing.signs import draw_standing
from notcontent.lineage.drawing.svg import Drawn, Pen, cut, escaped, width_of
from notcontent.lineage.evidence import ChannelFacts, Evidence, StatusFact
from notcontent.lineage.family import Candidate, Family, Line, Lineage
from notcontent.lineage.observations import FactKind
from notcontent.lineage.portrait import Portrait, Standing, portray
from notcontent.lineage.portrait.names import columns, number_of

SVG = "{http://www.w3.org/2000/svg}"
SIZES, WIDTHS = (3, 40, 300), (358, 1100)


@cache
def portrait_of(size: int) -> Portrait:
    return portray(*a_family(size), 5)


@cache
def drawn(size: int, width: int, *, standalone: bool = False) -> list[str]:
    evidence, lineage = a_family(size)
    both = [
        draw(evidence, lineage, 5, now=NOW, width=width, standalone=standalone) for draw in (draw_tree, draw_timeline)
    ]
    return [*both, draw_shared(evidence, 0, 2, width=width, standalone=standalone)]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("size", SIZES)
def test_a_drawing_is_well_formed_and_brings_no_script_no_style_and_no_foreign_address(size: int, width: int) -> None:
    for svg in drawn(size, width):
        root = ET.fromstring(svg)  # noqa: S314 - our own
        for element in root.iter():
            assert element.tag.removeprefix(SVG) in {
                "svg", "title", "desc", "g", "path", "circle", "rect", "text", "a",
            }  # fmt: skip
            assert not any(name == "style" or name.startswith("on") for name in element.attrib)
        assert "://" not in re.sub(r'(?s)xmlns="[^"]*"|<(title|desc|text)\b.*?</\1>', "", svg)


def test_only_a_drawing_of_its_own_brings_the_stylesheet() -> None:
    for alone, inline in zip(drawn(3, 1100, standalone=True), drawn(3, 1100), strict=True):
        assert alone.count("<style>") == 1
        assert "prefers-color-scheme: dark" in alone
        assert "url(" not in alone
        assert "@import" not in alone
        assert "<style" not in inline


@pytest.mark.parametrize("width", WIDTHS)
def test_hostile_names_stay_text_and_turn_nothing_around(width: int) -> None:
    for svg in drawn(40, width):
        for element in ET.fromstring(svg).iter():  # noqa: S314
            text = element.text or ""
            assert not set(text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\x1b\x00")
            assert text.count("\u2068") == text.count("\u2069")
    assert any("<script>" in name for name in NAMES)


def test_nothing_that_is_secret_or_of_another_family_is_drawn_or_told() -> None:
    evidence, lineage = a_family(40)
    told = [*drawn(40, 1100), tell_tree(evidence, lineage, 5, now=NOW), tell_timeline(evidence, lineage, 5, now=NOW)]
    for each in told:
        assert "CANARY" not in each
        assert not any(secret in each for secret in SECRETS)


def test_the_same_family_gives_the_same_bytes() -> None:
    first = drawn(40, 1100)
    a_family.cache_clear()
    drawn.cache_clear()
    assert drawn(40, 1100) == first


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("size", SIZES)
def test_no_line_of_text_leaves_the_sheet(size: int, width: int) -> None:
    for svg in drawn(size, width):
        for group in ET.fromstring(svg).iter():  # noqa: S314
            for text in group.findall(f"{SVG}text"):
                fontsize = float(text.get("font-size") or group.get("font-size") or 13)
                anchor = text.get("text-anchor") or group.get("text-anchor") or "start"
                wide = width_of(text.text or "", fontsize) * {"start": 1, "middle": 0.5, "end": 0}[anchor]
                assert float(text.get("x", 0)) + wide * 0.9 <= width, text.text


def test_a_small_family_is_drawn_whole_and_says_everything_of_each_channel() -> None:
    evidence, lineage = a_family(40)
    svg = draw_tree(evidence, lineage, 5, now=NOW)
    tips = [title.text or "" for title in ET.fromstring(svg).iter(f"{SVG}title")][1:]  # noqa: S314
    assert len(tips) == 40
    assert tips[0] == (
        "#1 Night archive. since 10 Jan 2025. removed 10 May 2025. 2\u202f343 posts, reach 30\u202f459. "
        "\u2248 named like #6"
    )
    assert any("parent open, best guess" in tip for tip in tips)
    assert any("also from" in tip for tip in tips)
    assert any("of its contents were in" in tip for tip in tips)
    assert svg.count('class="edge open"') == sum(line.abstained for line in lineage.lines) + 1  # and in the legend


def test_a_drawing_says_in_words_what_it_shows() -> None:
    evidence, lineage = a_family(40)
    root = ET.fromstring(draw_tree(evidence, lineage, 5, now=NOW))  # noqa: S314
    named = root.get("aria-labelledby", "").split()
    assert [element.get("id") for element in root[:2]] == named
    assert root[1].text == tell_tree(evidence, lineage, 5, now=NOW)


def test_every_standing_has_a_shape_of_its_own() -> None:
    shapes = set()
    for standing in Standing:
        pen = Pen()
        draw_standing(pen, 0, 0, standing)
        bare = re.sub(r'class="[^"]*"', "", Drawn(pen, 9, 9).sheet(name="", title="", told=""))
        shapes.add(bare)
    assert len(shapes) == len(Standing)


@settings(max_examples=40, deadline=None)
@given(st.sets(st.integers(0, 320), max_size=12), st.sets(st.integers(0, 320), max_size=12), st.sampled_from(SIZES))
def test_folding_counts_every_member_once(collapsed: set[int], opened: set[int], size: int) -> None:
    portrait = portrait_of(size)
    rows = fold(portrait, collapsed, opened)
    shown = [row.place for row in rows if not row.hidden]
    assert len(shown) == len(set(shown))
    assert len(shown) + sum(row.hidden for row in rows) == size
    standings = [portrait.members[place].standing for place in shown]
    live = standings.count(Standing.ALIVE) + sum(row.live for row in rows)
    assert live == portrait.count(Standing.ALIVE)
    assert standings.count(Standing.REMOVED) + sum(row.gone for row in rows) == portrait.count(Standing.REMOVED)
    for place in opened - collapsed:
        if place in shown:
            assert set(portrait.children.get(place, ())) <= set(shown)
    for place in collapsed:
        assert not set(portrait.children.get(place, ())) & set(shown)


def test_three_hundred_channels_fit_into_sixty_rows_until_somebody_opens_more() -> None:
    evidence, lineage = a_family(300)
    portrait = portray(evidence, lineage, 5)
    rows = fold(portrait)
    assert ROOM - 12 <= len(rows) <= ROOM
    assert len(bars(portrait)) <= ROOM
    assert len([row for row in fold(portrait, opened=set(range(300))) if not row.hidden]) == 300
    svg = draw_tree(evidence, lineage, 5, now=NOW, links=lambda goal, place: f"?{goal.value}={place}")
    folded = next(row for row in rows if row.hidden)
    assert f'href="?open={folded.place}"' in svg
    assert re.search(r"and \d+ more, \d+ live", svg)


def test_a_chain_of_two_thousand_channels_is_drawn() -> None:
    stage = Stage(channels=[facts(place, f"c{place}", START + place * DAY) for place in range(2000)])
    stage.lines = [
        Line(0, (), None, 0),
        *(Line(at, (Candidate(at - 1, 0.9, ()),), at - 1, 0.9) for at in range(1, 2000)),
    ]
    stage.families = [Family(1, 0, tuple(range(2000)))]
    svg = draw_tree(stage.evidence(), stage.lineage(), 1, now=START + 2001 * DAY, width=358)
    assert "and 1941 more" in svg
    assert len(svg) < 200_000


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil", "data:,x"]
)
def test_a_link_to_another_host_is_refused(target: str) -> None:
    def links(goal: Goal, place: int) -> str:
        assert place >= 0
        return target if goal is Goal.CHANNEL else "#"

    with pytest.raises(ValueError, match="own host"):
        draw_tree(*a_family(3), 5, now=NOW, links=links)


def test_the_text_tree_keeps_to_the_columns_of_the_terminal() -> None:
    evidence, lineage = a_family(40)
    for width in (60, 80, 99, 100, 140):
        told = tell_tree(evidence, lineage, 5, now=NOW, width=width).splitlines()
        heads = [
            line for line in told[3:] if re.search(r"#\d+ ", line) and not re.search("best guess|named|also", line)
        ]
        assert len(heads) == 40
        assert max(columns(line) for line in heads) <= width


def test_a_deep_family_keeps_its_columns_in_the_terminal() -> None:
    stage = Stage(channels=[facts(place, f"c{place}", START + place * DAY) for place in range(30)])
    stage.lines = [Line(0, (), None, 0), *(Line(at, (Candidate(at - 1, 0.9, ()),), at - 1, 0.9) for at in range(1, 30))]
    stage.families = [Family(1, 0, tuple(range(30)))]
    told = tell_tree(stage.evidence(), stage.lineage(), 1, now=NOW).splitlines()[3:]
    assert [line.index("\u2514") for line in told[1:22]] == list(range(21))
    assert (
        len({line.index("unknown, last") if "unknown, last" in line else line.index("status unk") for line in told})
        == 1
    )


def plain_pair() -> tuple[Evidence, Lineage, int]:
    said = (StatusFact(FactKind.PREVIEW_UNAVAILABLE, START + 250 * DAY),)
    stage = Stage([facts(0, "Night archive", START, said=said), facts(3, "Night archive 2", START + DAY)])
    stage.lines = [Line(0, (), None, 0), Line(1, (Candidate(0, 0.999, ()),), 0, 0.999)]
    stage.families = [Family(1, 0, (0, 1))]
    return stage.evidence(), stage.lineage(), 1


def test_at_eighty_columns_the_tree_tells_keys_and_whole_dates_and_only_the_numbers_go() -> None:
    lines = tell_tree(*plain_pair(), now=NOW, width=80).splitlines()
    assert [re.split(r"  +", line) for line in lines[2:]] == [
        ["channel", "key", "status"],
        ["#1 Night archive", "n:1000000000 preview unavailable 17 Sep 2025"],
        ["\u2514 >\u202f99\u202f% #2 Night archive 2 n:1000000003 status unknown"],
    ]
    assert "key" not in tell_tree(*plain_pair(), now=NOW, width=79)
    assert "posts    reach" not in tell_tree(*plain_pair(), now=NOW, width=99)
    assert "posts    reach" in tell_tree(*plain_pair(), now=NOW, width=100)


def test_every_channel_of_a_tree_can_be_typed_if_it_has_a_name_at_all() -> None:
    evidence, lineage = a_family(40)
    for width in (80, 100):
        told = tell_tree(evidence, lineage, 5, now=NOW, width=width)
        for place in range(40):
            number = number_of(evidence.channels[place])
            assert not number or f" n:{number} " in told
    long = "+" + "x" * 40
    stage = Stage([facts(0, "named", START, key="u:night_0"), ChannelFacts("i:x", invites=(long[1:],))])
    stage.lines = [Line(0, (), None, 0), Line(1, (), None, 0.5)]
    stage.families = [Family(1, 0, (0, 1))]
    told = tell_tree(stage.evidence(), stage.lineage(), 1, now=NOW, width=80)
    assert " @night_0 " in told
    assert f"    key {long}\n" in told


@pytest.mark.parametrize("title", ["Night archive, the second channel of three", "Night"])
def test_a_long_invitation_is_cut_in_its_middle_where_a_title_would_be_cut_for_it(title: str) -> None:
    invitation = "+AbCdEfGhIjKlMnOpQrStUv"
    stage = Stage([facts(0, title, START), ChannelFacts("i:x", invites=(invitation[1:],))])
    stage.lines = [Line(0, (), None, 0), Line(1, (), None, 0.5)]
    stage.families = [Family(1, 0, (0, 1))]
    told = tell_tree(stage.evidence(), stage.lineage(), 1, now=NOW, width=80)
    squeezed = len(title) > 20
    assert (f"#1 {title} " in told, " +AbCdEf\u2026QrStUv " in told) == (True, squeezed)
    assert (f"    key {invitation}\n" in told) == squeezed, "what is cut can be typed nevertheless"


def test_only_branches_with_three_channels_below_can_be_folded() -> None:
    stage = Stage([facts(place, f"c{place}", START + place * DAY) for place in range(8)])
    under = {1: 0, 2: 1, 3: 1, 4: 0, 5: 4, 6: 4, 7: 4}
    stage.lines = [Line(0, (), None, 0)]
    stage.lines += [Line(at, (Candidate(to, 0.9, ()),), to, 0.9) for at, to in under.items()]
    stage.families = [Family(1, 0, tuple(range(8)))]
    svg = draw_tree(stage.evidence(), stage.lineage(), 1, now=NOW, links=lambda goal, place: f"?{goal.value}={place}")
    assert re.findall(r'href="\?close=(\d+)"', svg) == ["4"]


@pytest.mark.parametrize("years", [1.6, 2, 3, 4, 5, 7, 11])
@pytest.mark.parametrize("room", [190.0, 330.0, 690.0])
def test_an_axis_over_years_has_several_ticks_with_labels(years: float, room: float) -> None:
    for start in range(START, START + 700 * DAY, 61 * DAY):
        ticks = Axis(start, start + int(years * 365 * DAY), 0.0, room).ticks()
        assert len(ticks) >= 2
        pen = Pen()
        Axis(start, start + int(years * 365 * DAY), 0.0, room).draw(pen, 0, 9)
        drawn = Drawn(pen, 9, 9).sheet(name="", title="", told="")
        assert drawn.count("<text") >= 2
        assert any(label.isdigit() or label[-4:].isdigit() for _, label in ticks)


def test_a_tree_says_what_reach_and_inherited_mean() -> None:
    for width in WIDTHS:
        svg = draw_tree(*a_family(3), 5, now=NOW, width=width)
        assert "reach: the most views of one post" in svg
        assert "inherited: what its parent showed before it" in svg


def test_the_legend_says_what_a_second_line_is_where_one_is_drawn() -> None:
    evidence, lineage = a_family(40)
    for width in WIDTHS:
        with_lines = draw_tree(evidence, lineage, 5, now=NOW, width=width)
        lines, legend = with_lines.count('class="merge"'), "also from: ring at the parent, arrow at the child"
        assert (lines > 1, with_lines.count(legend)) == (True, 1)
        without = draw_tree(*plain_pair(), now=NOW, width=width)
        assert (without.count('class="merge"'), legend in without) == (0, False)


def test_channels_named_alike_are_compared_under_their_handles() -> None:
    stage = Stage(channels=[facts(place, name, START) for place, name in enumerate(("Night", "N\u0456ght"))])
    told = tell_shared(stage.evidence(), 0, 1)
    assert "Night (@night_0)" in told
    assert "(@night_1)" in told


def test_the_time_line_has_a_row_for_every_channel_and_tells_births_after_a_removal() -> None:
    evidence, lineage = a_family(40)
    told = tell_timeline(evidence, lineage, 5, now=NOW)
    assert len(told.splitlines()) == 42
    assert "after its parent's removal" in told
    portrait = portray(*a_family(300), 5)
    rows = bars(portrait)
    grouped = sum(int(row.label.split()[0]) for row in rows if row.member is None)
    assert grouped + sum(row.member is not None for row in rows) == 300


def test_channels_without_any_date_are_shown_too() -> None:
    stage = Stage(channels=[facts(0, "dated", START, removed=START), facts(1, "undated", None)])
    stage.lines = [Line(0, (), None, 0), Line(1, (), None, 0.5)]
    stage.families = [Family(1, 0, (0, 1))]
    given = (stage.evidence(), stage.lineage(), 1)
    assert "undated" in draw_tree(*given, now=NOW)
    assert "undated" in draw_timeline(*given, now=NOW)
    assert "no date is known" in tell_timeline(*given, now=NOW)
    bare = Stage(channels=[facts(1, "undated", None)], lines=[Line(0, (), None, 0)], families=[Family(1, 0, (0,))])
    assert "undated" in draw_tree(bare.evidence(), bare.lineage(), 1, now=NOW)
    assert "undated" in draw_timeline(bare.evidence(), bare.lineage(), 1, now=NOW)


def test_two_channels_side_by_side_are_counts_and_say_who_was_first() -> None:
    stage = Stage(channels=[facts(place, name, START) for place, name in enumerate(("one", "other", "third"))])
    for at in range(5):
        content = stage.content()
        stage.show(0, content, START + at * DAY)
        stage.show(1, content, START + at * DAY + (2 * DAY if at < 4 else -DAY))
    told = tell_shared(stage.evidence(), 0, 1)
    assert "5 rare contents are in both: 4 came first in one, 1 in other" in told
    assert "median delay is 2.0 days" in told
    assert "one: from 10 Jan 2025 to 14 Jan 2025, in " in told
    assert "other: from 12 Jan 2025 to 15 Jan 2025, in " in told
    svg = draw_shared(stage.evidence(), 0, 1)
    assert told.replace("\n", "") in ET.fromstring(svg)[1].text.replace("\n", "")  # type: ignore[union-attr]  # noqa: S314
    lone = Stage(channels=stage.channels)
    assert "share no rare content" in draw_shared(lone.evidence(), 0, 1)
    alone = Stage(stage.channels[:2], rows=stage.rows, kinds=stage.kinds).evidence()
    assert "5 contents are in both" in tell_shared(alone, 0, 1)  # with nobody beside them nothing is rare or common
    assert "rare" not in tell_shared(alone, 0, 1).lower() + draw_shared(alone, 0, 1).lower()
    with pytest.raises(ValueError, match="different"):
        draw_shared(stage.evidence(), 1, 1)


@pytest.mark.parametrize("draw", [draw_tree, draw_timeline, tell_tree, tell_timeline])
def test_a_family_that_is_none_is_not_drawn(draw: Callable[..., str]) -> None:
    with pytest.raises(LineageFamilyNotFoundError):
        draw(*a_family(3), 99, now=NOW)


@given(st.text(), st.floats(5, 300))
def test_a_cut_text_fits_and_escaped_text_is_xml(text: str, limit: float) -> None:
    assert width_of(cut(text, limit, 13), 13) <= max(limit, width_of("…", 13))
    told = ET.fromstring(f'<a b="{escaped(text)}">{escaped(text)}</a>')  # noqa: S314
    assert told.text or not text


def test_every_standing_of_the_stage_occurs() -> None:
    evidence, lineage = a_family(40)
    portrait = portray(evidence, lineage, 5)
    assert all(portrait.count(standing) for standing in Standing)
    assert {fact.kind for channel in evidence.channels for fact in channel.statuses} >= {
        FactKind.REMOVED,
        FactKind.ALIVE,
    }
