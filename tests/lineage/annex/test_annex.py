"""Annexes list the channels not known to be removed, and those removed apart; titles stay text on paper too."""

import re
from dataclasses import replace
from functools import cache
from io import BytesIO

import pypdf
import pytest
from lineage_stage import DAY, NOW, SECRETS, START, Stage, a_family, facts, live_places

from notcontent.errors import LineageFamilyNotFoundError
from notcontent.lineage.annex import annex_pdf, annex_text
from notcontent.lineage.annex.entries import GONE_HEADING, annex, likely
from notcontent.lineage.annex.pdf import data_of, missing_fonts
from notcontent.lineage.evidence import Dated, Evidence, StatusFact
from notcontent.lineage.family import Candidate, Family, Line, Lineage, Reason, ReasonKind
from notcontent.lineage.observations import FactKind
from notcontent.lineage.portrait.names import links_of


def told_by(place: int, fact: StatusFact) -> str:
    return f"partner {place} \u202e{fact.kind.value}"


@cache
def printed(size: int) -> pypdf.PdfReader:
    return pypdf.PdfReader(BytesIO(annex_pdf(*a_family(size), 5, now=NOW, told_by=told_by)))


@cache
def words_of(size: int) -> str:
    return "\n".join(page.extract_text() for page in printed(size).pages)


def links(size: int) -> tuple[set[str], set[str]]:
    """The links of live and of removed members."""
    evidence, _ = a_family(size)
    live = live_places(evidence, size)
    every = {place: links_of(evidence.channels[place]) for place in range(size)}
    return (
        {link for place in live for link in every[place]},
        {link for place in every if place not in live for link in every[place]},
    )


@pytest.mark.parametrize("size", [40, 300])
def test_the_text_holds_live_members_links_above_and_those_of_removed_ones_only_below(size: int) -> None:
    live, gone = links(size)
    above, below = annex_text(*a_family(size), 5, now=NOW).split(GONE_HEADING + "\n")
    assert live
    assert gone
    assert {line.strip() for line in above.splitlines() if "https://t.me" in line} == live
    assert {line.strip() for line in below.splitlines() if "https://t.me" in line} == gone


def test_the_pdf_holds_live_members_links_above_and_those_of_removed_ones_only_below() -> None:
    live, gone = links(40)
    above, below = words_of(40).split(GONE_HEADING + "\n")
    assert set(re.findall(r"https://t\.me/[\w+-]+", above)) == live
    assert set(re.findall(r"https://t\.me/[\w+-]+", below)) == gone


def test_a_removed_channel_is_listed_with_its_number_its_links_the_day_and_who_said_so() -> None:
    evidence, lineage = a_family(40)
    told = annex_text(evidence, lineage, 5, now=NOW, told_by=told_by)
    assert (
        "No. 1  Night archive, removed\n    https://t.me/night_0\n"
        '    called before: "an older name"\n    removed on 2025-05-10 00:00, says partner 0 removed\n'
    ) in told
    assert re.search(r"continues no\. 1, Night archive, removed: ", " ".join(told.split()))
    alone = Stage([facts(3, "number only", START, removed=START + DAY)], [Line(0, (), None, 0)])
    alone.families = [Family(1, 0, (0,))]
    said = annex_text(alone.evidence(), alone.lineage(), 1, now=NOW)
    assert "removed\n    no public link is known; Telegram's number of it is 1000000003\n    called before: " in said


def test_the_last_titles_that_a_channel_bore_before_are_given_on_paper_and_as_text() -> None:
    renamed = facts(0, "now", START)
    for count, said in ((0, ""), (1, 'called before: "T0"'), (6, 'called before: "T2", "T3", "T4", "T5", and 2 more')):
        older = tuple(Dated(f"T{at}", at) for at in range(count))
        stage = Stage([replace(renamed, titles=(*older, Dated("now", 9)))], [Line(0, (), None, 0)])
        stage.families = [Family(1, 0, (0,))]
        given = (stage.evidence(), stage.lineage(), 1)
        pages = pypdf.PdfReader(BytesIO(annex_pdf(*given, now=NOW))).pages
        for told in (annex_text(*given, now=NOW), "\n".join(page.extract_text() for page in pages)):
            assert re.findall(r"called before: .*", told) == [said] * bool(said)


def test_a_link_in_a_title_is_none_of_ours_and_what_shows_nothing_is_no_title() -> None:
    stranger = "x" * 60 + " https://t.me/innocent_channel"
    older = (Dated(stranger, 1), Dated("\u3164\u200d", 2), Dated("t.me/innocent_channel", 3))
    named = replace(
        facts(0, "Also on t.me/innocent_channel", START), titles=(*older, Dated("see t.me/innocent_channel", 4))
    )
    stage = Stage([named], [Line(0, (), None, 0)])
    stage.families = [Family(1, 0, (0,))]
    given = (stage.evidence(), stage.lineage(), 1)
    page = "".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(annex_pdf(*given, now=NOW))).pages)
    for told in (annex_text(*given, now=NOW), page):
        assert "t.me/innocent" not in told
        assert "https://t.me/night_0" in told
        assert "see t[.]me/innocent_channel" in told
        assert "\u3164" not in told


def test_a_family_without_removed_channels_has_no_list_of_them() -> None:
    given = two_channels(posts=9, reasons=())
    assert GONE_HEADING + "\n" not in annex_text(*given, 1, now=NOW)
    page = pypdf.PdfReader(BytesIO(annex_pdf(*given, 1, now=NOW))).pages[-1].extract_text()
    assert GONE_HEADING + "\n" not in page


def two_channels(*, posts: int, reasons: tuple[Reason, ...]) -> tuple[Evidence, Lineage]:
    stage = Stage([facts(0, "first", START), facts(1, "second", START + DAY, posts=posts)])
    stage.lines = [Line(0, (), None, 0), Line(1, (Candidate(0, 0.999, reasons),), 0, 0.999)]
    stage.families = [Family(1, 0, (0, 1))]
    return stage.evidence(), stage.lineage()


def test_of_a_channel_of_which_nothing_was_seen_no_more_is_said_than_possible() -> None:
    unseen = annex(*two_channels(posts=0, reasons=()), 1, now=NOW).entries[1]
    assert unseen.size == "only linked to or reported; nothing of it was seen"
    assert (unseen.belongs, unseen.continues) == (
        "belongs to this family: possible",
        "continues no. 1, first: possible",
    )
    seen = annex(*two_channels(posts=1, reasons=()), 1, now=NOW).entries[1]
    assert (seen.size, seen.continues) == (
        "1 post seen; the most views of one post: 1\u202f000",
        "continues no. 1, first: almost certain (>\u202f99\u202f%)",
    )


def test_an_annex_gives_the_four_strongest_reasons_and_leaves_general_ones_out() -> None:
    weights = {
        ReasonKind.PRIOR: 9.0, ReasonKind.OTHERS_FIT: 8.0, ReasonKind.AGE: 7.0, ReasonKind.PHOTO: 1.0,
        ReasonKind.NAME: 2.0, ReasonKind.CADENCE: -0.9, ReasonKind.AFTER_REMOVAL: -3.0, ReasonKind.FORWARDS: 4.0,
        ReasonKind.ANNOUNCED: 0.5,
    }  # fmt: skip
    numbers = {"count": 2, "percent": 80, "days": 3}
    given = two_channels(posts=9, reasons=tuple(Reason(kind, weight, numbers) for kind, weight in weights.items()))
    assert annex(*given, 1, now=NOW).entries[1].reasons == (
        "2 posts of this one are forwarded from it",
        "This one began 3 days after its last post that was seen (speaks against)",
        "Their names are 80\u202f% alike, read across scripts",
        "They bear the same profile photo",
    )
    weak = tuple(Reason(kind, weight, numbers) for kind, weight in ((ReasonKind.NAME, 0.5), (ReasonKind.PHOTO, 0.49)))
    assert annex(*two_channels(posts=9, reasons=weak), 1, now=NOW).entries[1].reasons == (
        "Their names are 80\u202f% alike, read across scripts",
    )
    general = (Reason(ReasonKind.AGE, 0.2, numbers), Reason(ReasonKind.CADENCE, -0.4, numbers))
    assert annex(*two_channels(posts=9, reasons=general), 1, now=NOW).entries[1].reasons == (
        "Their hours of posting are 80\u202f% alike (speaks against)",
        "It began 3 days earlier",
    )


def test_a_channel_of_which_no_source_tells_the_status_says_so() -> None:
    told = annex_text(*two_channels(posts=9, reasons=()), 1, now=NOW)
    assert told.count("    Status:\n    - status unknown\n") == 2


def test_the_pdf_says_what_it_is_on_numbered_pages_and_nothing_can_be_clicked() -> None:
    pages = printed(40).pages
    for number, page in enumerate(pages, 1):
        words = page.extract_text()
        assert f"page {number} of {len(pages)}" in words
        assert "printed on 2 Sep 2026" in words
        assert "/Annots" not in page
    assert "A probability is not proof" in words_of(40)
    assert "No picture is included" in words_of(40)


def test_typst_markup_in_a_title_stays_text() -> None:
    stage = Stage()
    hostile = ('#read("/etc/passwd")', "*x* _y_ $z$", "#panic()", "= Heading \\ @ref <label>", "]#sys.inputs[")
    stage.channels = [facts(place, title, START + place * DAY) for place, title in enumerate(hostile)]
    stage.lines = [Line(place, (), None, 0.9) for place in range(len(hostile))]
    stage.families = [Family(1, 0, tuple(range(len(hostile))))]
    written = annex_pdf(stage.evidence(), stage.lineage(), 1, now=NOW)
    words = "\n".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(written)).pages)
    for title in hostile:
        assert title in words
    assert "root:" not in words


def test_the_same_family_gives_the_same_pdf() -> None:
    given = a_family(3)
    assert annex_pdf(*given, 5, now=NOW) == annex_pdf(*given, 5, now=NOW)


def test_nothing_secret_or_of_another_family_stands_in_an_annex() -> None:
    for told in (annex_text(*a_family(40), 5, now=NOW), words_of(40)):
        assert "CANARY" not in told
        assert not any(secret in told for secret in SECRETS)


def test_who_stated_a_status_and_when_stands_beside_it() -> None:
    evidence, lineage = a_family(40)
    told = annex(evidence, lineage, 5, now=NOW, told_by=told_by)
    alive = next(entry for entry in told.entries if entry.statuses and entry.statuses[0].startswith("alive"))
    assert re.fullmatch(r"alive on \d{4}-\d\d-\d\d \d\d:\d\d, says partner \d+ alive", alive.statuses[0])


def test_a_channel_without_a_link_says_so_and_one_reappeared_is_listed() -> None:
    stage = Stage()
    back = (StatusFact(FactKind.REMOVED, START + DAY), StatusFact(FactKind.ALIVE, START + 2 * DAY))
    stage.channels = [facts(3, "number only", START), facts(0, "back again", START, said=back)]
    stage.lines = [Line(0, (), None, 0), Line(1, (), None, 0.55)]
    stage.families = [Family(1, 0, (0, 1))]
    told = annex_text(stage.evidence(), stage.lineage(), 1, now=NOW)
    assert "no public link is known; Telegram's number of it is 1000000003" in told
    assert "back again" in told
    assert "removed on 2025-01-11" in told
    assert GONE_HEADING + "\n" not in told
    assert "belongs to this family: more likely than not (55\u202f%)" in told


def test_a_probability_is_never_called_certain() -> None:
    assert [likely(sure) for sure in (1.0, 0.989, 0.984, 0.7, 0.5, 0.2)] == [
        "almost certain (>\u202f99\u202f%)",
        "almost certain (99\u202f%)",
        "very likely (98\u202f%)",
        "likely (70\u202f%)",
        "more likely than not (50\u202f%)",
        "possible (20\u202f%)",
    ]


def test_fonts_that_a_former_title_needs_are_named_too() -> None:
    stage = Stage([replace(facts(0, "now", START), titles=(Dated("夜間", 1), Dated("now", 2)))], [Line(0, (), None, 0)])
    stage.families = [Family(1, 0, (0,))]
    told = annex(stage.evidence(), stage.lineage(), 1, now=NOW)
    assert "fonts-noto-cjk" in str(data_of(told, {"Libertinus Serif"})["cautions"])
    assert "fonts-noto-cjk" not in str(data_of(told, {"Libertinus Serif", "Noto Sans CJK SC"})["cautions"])


def test_missing_fonts_are_named() -> None:
    assert missing_fonts("Архив Zürich", set()) == ()
    assert missing_fonts("档案 أرشيف", set()) == ("fonts-noto-core", "fonts-noto-cjk")
    assert missing_fonts("档案 أرشيف", {"Noto Sans CJK SC", "Noto Sans Arabic"}) == ()


def test_an_annex_of_no_family_is_refused() -> None:
    for write in (annex_text, annex_pdf):
        with pytest.raises(LineageFamilyNotFoundError):
            write(*a_family(3), 99, now=NOW)
