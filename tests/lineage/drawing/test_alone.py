"""A drawing in a file of its own fits the window it is opened in, and its words can be read there."""

from collections.abc import Callable
from pathlib import Path

import pytest
from lineage_stage import NOW, a_family
from playwright.sync_api import Browser

from notcontent.lineage.drawing import draw_shared, draw_timeline, draw_tree

LEAST = 8.4
"""Pixels of the smallest words in the narrowest window that shows the wide drawing."""
SEEN = """() => [...document.querySelectorAll("text")].filter(text => text.getClientRects().length).map(text => {
  const box = text.getBoundingClientRect(), scale = text.getScreenCTM().a * visualViewport.scale;
  return [box.left, box.right, parseFloat(getComputedStyle(text).fontSize) * scale, text.textContent];
})"""
DRAWN: dict[str, Callable[[], str]] = {
    "tree": lambda: draw_tree(*a_family(40), 5, now=NOW, standalone=True),
    "time": lambda: draw_timeline(*a_family(40), 5, now=NOW, standalone=True),
    "shared": lambda: draw_shared(a_family(40)[0], 0, 2, standalone=True),
}
pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "telephone"), [(390, False), (390, True), (768, False), (940, False), (1280, False)])
@pytest.mark.parametrize("name", DRAWN)
def test_no_word_is_cut_or_too_small_to_read(
    name: str, width: int, telephone: bool, chromium: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "drawing.svg"
    file.write_text(DRAWN[name](), encoding="utf-8", errors="replace")
    page = chromium.new_page(viewport={"width": width, "height": 800}, is_mobile=telephone)
    page.goto(file.as_uri())
    window, seen = page.evaluate("innerWidth"), page.evaluate(SEEN)
    page.close()
    assert min(left for left, _, _, _ in seen) >= 0
    assert max(right for _, right, _, _ in seen) <= window
    assert min(size for _, _, size, _ in seen) >= LEAST
    heads = [text for _, _, _, text in seen if "amil" in text or "What two" in text]
    assert len(heads) == 1, "one of the two is shown, never both"


@pytest.mark.parametrize("name", DRAWN)
def test_where_a_style_is_not_read_one_drawing_is_shown(name: str) -> None:
    svg = DRAWN[name]()
    assert svg.count('class="alone-narrow" display="none"') == 1
    assert svg.count('class="alone-wide"') == 1
    assert "display" not in svg.split('class="alone-wide"')[1].split(">")[0]
