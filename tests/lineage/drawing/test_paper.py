"""Drawings on paper: nothing is cut, neither at the side nor where a page ends."""

import html
import io
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pypdf
import pytest
from lineage_stage import NOW, a_family
from playwright.sync_api import Browser

import notcontent.hub.desk
import notcontent.lineage.drawing
from notcontent.lineage.drawing import draw_timeline, draw_tree, on_paper

SHEETS = (
    *(Path(notcontent.hub.desk.__file__).parent / "static/desk" / name for name in ("desk.css", "channels.css")),
    Path(notcontent.lineage.drawing.__file__).parent / "static/lineage/drawing.css",
)
BOTH = (draw_tree, draw_timeline)
pytestmark = pytest.mark.browser


def drawings(size: int) -> list[str]:
    return [draw(*a_family(size), 5, now=NOW) for draw in BOTH]


def numbers_drawn(svg: str) -> list[str]:
    """The numbers of the channels that have a row, as they stand before its title."""
    return re.findall(r'class="title"[^>]*>#(\d+)\u2002', svg)


def numbers_told(svg: str) -> list[str]:
    """Every number of a channel that stands in a drawing, also in notes."""
    shown = "\n".join(html.unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg))
    return re.findall(r"#(\d+)", shown)


def page_of(size: int) -> str:
    styles = "".join(sheet.read_text("utf-8") for sheet in SHEETS)
    shown = "".join(
        f'<section><h2>A drawing</h2><div class="drawing lineage-both"><div class="lineage-wide">{svg}</div></div>'
        f'<div class="lineage-paper" aria-hidden="true">{on_paper(svg)}</div></section>'
        for svg in drawings(size)
    )
    page = f'<!doctype html><meta charset="utf-8"><style>{styles}</style><body><main>{shown}</main></body>'
    return page.encode(errors="replace").decode()


@pytest.mark.parametrize("size", [3, 40, 300])
def test_the_pieces_of_a_drawing_are_the_whole_of_it_and_each_begins_with_a_row(size: int) -> None:
    for svg in drawings(size):
        boxes = [tuple(map(float, box.split())) for box in re.findall(r'viewBox="([^"]+)"', on_paper(svg))]
        whole = re.findall(r'viewBox="([^"]+)"', svg)
        assert boxes[0][1] == 0
        for above, below in pairwise(boxes):
            assert above[1] + above[3] == pytest.approx(below[1], abs=0.2)
        assert boxes[-1][1] + boxes[-1][3] == pytest.approx(float(whole[0].split()[3]), abs=0.2)
        rows = [float(top) for top in re.findall(r'data-rows="([^"]+)"', svg)[0].split()]
        assert {box[1] for box in boxes[1:]} <= set(rows)
        assert max(box[3] for box in boxes) < 400


def test_what_is_no_drawing_has_no_pieces() -> None:
    with pytest.raises(ValueError, match="no drawing"):
        on_paper('<svg xmlns="http://www.w3.org/2000/svg"></svg>')


@pytest.mark.parametrize("size", [3, 30, pytest.param(300, marks=pytest.mark.slow)])
def test_a_printed_page_shows_every_row_once_and_none_is_cut(size: int, chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content(page_of(size))
    printed = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1032, "height": 700})  # an A4 page, landscape, within its margins
    ends = page.eval_on_selector_all(".lineage-paper svg", "all => all.map(one => one.getBoundingClientRect().right)")
    page.close()
    assert max(ends) <= 1032
    # A row that a page's end cuts is drawn on both pages, and its words are then there twice.
    told = "\n".join(sheet.extract_text() for sheet in printed.pages)
    assert Counter(re.findall(r"#(\d+)", told)) == Counter(
        number for svg in drawings(size) for number in numbers_told(svg)
    )
    assert len(printed.pages[0].extract_text()) > 100  # and the heading is not alone on the first page


@pytest.mark.parametrize("size", [3, 300])
def test_a_drawing_of_its_own_is_printed_on_one_page(size: int, chromium: Browser, tmp_path: Path) -> None:
    for draw in BOTH:
        svg = draw(*a_family(size), 5, now=NOW, standalone=True)
        file = tmp_path / "drawing.svg"
        file.write_text(svg, encoding="utf-8", errors="replace")
        page = chromium.new_page()
        page.goto(file.as_uri())
        printed = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
        page.close()
        assert len(printed.pages) == 1
        told = printed.pages[0].extract_text()
        assert all(f"#{number}" in told for number in numbers_drawn(svg))
