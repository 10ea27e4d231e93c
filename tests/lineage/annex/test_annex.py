"""Annexes name every channel that is not known to be removed, and only those; titles stay text on paper too."""

import re
from functools import cache
from io import BytesIO

import pypdf
import pytest
from lineage_stage import DAY, NOW, SECRETS, START, Stage, a_family, facts, live_places

from notcontent.errors import LineageFamilyNotFoundError
from notcontent.lineage.annex import annex_pdf, annex_text
from notcontent.lineage.annex.entries import annex, likely
from notcontent.lineage.annex.pdf import missing_fonts
from notcontent.lineage.evidence import StatusFact
from notcontent.lineage.family import Family, Line
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
def test_the_text_holds_every_live_members_link_and_no_removed_one(size: int) -> None:
    live, gone = links(size)
    lines = {line.strip() for line in annex_text(*a_family(size), 5, now=NOW).splitlines()}
    assert live
    assert live <= lines
    assert not gone & lines


def test_the_pdf_holds_every_live_members_link_and_no_removed_one() -> None:
    live, gone = links(40)
    found = set(re.findall(r"https://t\.me/[\w+-]+", words_of(40)))
    assert found == live
    assert not found & gone


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
    assert re.fullmatch(r"alive on \d{4}-\d\d-\d\d \d\d:\d\d, says \u2068partner \d+ alive\u2069", alive.statuses[0])


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
    assert "belongs to this family: more likely than not (55 %)" in told


def test_a_probability_is_never_called_certain() -> None:
    assert [likely(sure) for sure in (1.0, 0.989, 0.984, 0.7, 0.5, 0.2)] == [
        "almost certain (99 %)",
        "almost certain (99 %)",
        "very likely (98 %)",
        "likely (70 %)",
        "more likely than not (50 %)",
        "possible (20 %)",
    ]


def test_missing_fonts_are_named() -> None:
    assert missing_fonts("Архив Zürich", set()) == ()
    assert missing_fonts("档案 أرشيف", set()) == ("fonts-noto-core", "fonts-noto-cjk")
    assert missing_fonts("档案 أرشيف", {"Noto Sans CJK SC", "Noto Sans Arabic"}) == ()


def test_an_annex_of_no_family_is_refused() -> None:
    for write in (annex_text, annex_pdf):
        with pytest.raises(LineageFamilyNotFoundError):
            write(*a_family(3), 99, now=NOW)
