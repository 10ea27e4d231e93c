"""Screens and collages that a picture is shown in: a full-screen viewer, a chat, a feed, tiles beside others."""

from itertools import pairwise

from numpy.random import Generator
from PIL import Image, ImageDraw

from bench.robustness.edits import BLACK, WHITE, Rgb, write

PHONE = (540, 1170)


def _page(ground: Rgb, *, dark: bool) -> tuple[Image.Image, ImageDraw.ImageDraw, Rgb]:
    page = Image.new("RGB", PHONE, ground)
    return page, ImageDraw.Draw(page), WHITE if dark else BLACK


def _status(page: Image.Image, ink: Rgb) -> None:
    """Write the clock and draw the battery."""
    write(page, "12:41", (40, 36), 22, ink)
    ImageDraw.Draw(page).rectangle((450, 26, 500, 46), outline=ink, width=2)


def viewer(image: Image.Image, *, dark: bool) -> Image.Image:
    """Show it as large as fits on a phone, with a viewer's signs above and below."""
    page, brush, ink = _page(BLACK if dark else WHITE, dark=dark)
    shown = _fitted(image, PHONE)
    page.paste(shown, ((PHONE[0] - shown.width) // 2, (PHONE[1] - shown.height) // 2))
    _status(page, ink)
    write(page, "<  Alex", (20, 92), 24, ink)
    for place in range(4):
        x = 70 + 130 * place
        brush.ellipse((x - 16, 1094, x + 16, 1126), outline=ink, width=2)
    return page


def chat(image: Image.Image, chance: Generator, *, dark: bool, rounded: int = 0) -> Image.Image:
    """Show it as a message among messages, left or right, its corners rounded by so many pixels."""
    level = int(chance.integers(10, 45) if dark else chance.integers(225, 256))
    page, brush, ink = _page((level, level, level), dark=dark)
    bubble = (60, 60, 60) if dark else (215, 240, 220)
    width = chance.uniform(0.6, 0.95) * PHONE[0]
    shown = _fitted(image, (int(width), int(0.72 * PHONE[1])))
    left = 20 if chance.random() < 0.5 else PHONE[0] - 20 - shown.width
    top = int(chance.uniform(110, max(111, PHONE[1] - 100 - shown.height)))
    y = 120
    while y < PHONE[1] - 120:
        across = int(chance.integers(120, 330))
        x = 20 if chance.random() < 0.5 else PHONE[0] - 20 - across
        if y + 60 < top or y > top + shown.height + 10:
            brush.rounded_rectangle((x, y, x + across, y + 50), min(25, rounded), bubble)
            write(page, "hey did you see this"[: across // 12], (x + 10, y + 25), 18, ink)
        y += int(chance.integers(65, 110))
    mask = Image.new("L", shown.size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, shown.width - 1, shown.height - 1), rounded, 255)
    page.paste(shown, (max(0, left), top), mask)
    head = 35 if dark else 245
    brush.rectangle((0, 0, PHONE[0], 95), (head, head, head))
    _status(page, ink)
    write(page, "< Alex", (30, 76), 24, ink)
    brush.rectangle((20, PHONE[1] - 80, PHONE[0] - 80, PHONE[1] - 30), bubble)
    return page


def feed(image: Image.Image, chance: Generator, *, dark: bool = False) -> Image.Image:
    """Show it as a post: as wide as the phone, a name above, signs below; a very tall one is cut at 700 pixels."""
    page, brush, ink = _page((18, 18, 20) if dark else WHITE, dark=dark)
    shown = image.resize((PHONE[0], round(image.height * PHONE[0] / image.width)), Image.Resampling.LANCZOS)
    shown = shown.crop((0, 0, PHONE[0], min(700, shown.height)))
    top = int(chance.uniform(150, max(151, PHONE[1] - 200 - shown.height)))
    page.paste(shown, (0, top))
    brush.ellipse((18, top - 57, 62, top - 13), (200, 100, 150))
    write(page, "some_user", (75, top - 35), 20, ink)
    signs = min(PHONE[1] - 20, top + shown.height + 35)
    for place in range(3):
        brush.ellipse((21 + 60 * place, signs - 14, 49 + 60 * place, signs + 14), outline=ink, width=2)
    _status(page, ink)
    return page


def _fitted(image: Image.Image, most: tuple[int, int]) -> Image.Image:
    share = min(most[0] / image.width, most[1] / image.height)
    return image.resize((int(image.width * share), int(image.height * share)), Image.Resampling.LANCZOS)


def collage(image: Image.Image, others: list[Image.Image], layout: str) -> Image.Image:
    """Lay it beside, below or among others of its own size, edge to edge."""
    width, height = image.size
    beside = [other.resize((width, height), Image.Resampling.LANCZOS) for other in others[:3]]
    tiles = {
        "2x1": [(image, 0, 0), (beside[0], 1, 0)],
        "1x2": [(beside[0], 0, 0), (image, 0, 1)],
        "2x2": [(beside[0], 0, 0), (image, 1, 0), (beside[1], 0, 1), (beside[2], 1, 1)],
    }[layout]
    paper = Image.new("RGB", (width * (1 + max(t[1] for t in tiles)), height * (1 + max(t[2] for t in tiles))))
    for tile, column, row in tiles:
        paper.paste(tile, (column * width, row * height))
    return paper


def mosaic(image: Image.Image, others: list[Image.Image], chance: Generator, columns: int, rows: int) -> Image.Image:
    """Lay it into a cell of an uneven grid, gutters of 0 to 12 pixels of any grey; pictures are stretched to fit."""
    gutter, level = int(chance.integers(0, 13)), int(chance.integers(0, 256))
    width, height = 360 * columns, 300 * rows
    across = _uneven(columns, width, gutter, chance)
    down = _uneven(rows, height, gutter, chance)
    own = (int(chance.integers(columns)), int(chance.integers(rows)))
    paper = Image.new("RGB", (width, height), (level, level, level))
    used = 0
    for column, (left, right) in enumerate(across):
        for row, (top, bottom) in enumerate(down):
            tile = image if (column, row) == own else others[used % len(others)]
            used += (column, row) != own
            paper.paste(tile.resize((right - left, bottom - top), Image.Resampling.LANCZOS), (left, top))
    return paper


def _uneven(count: int, length: int, gutter: int, chance: Generator) -> list[tuple[int, int]]:
    """Cut a length into parts, each up to a fifth longer or shorter than the others, with gutters between."""
    shares = chance.uniform(0.8, 1.2, count)
    cuts = [0, *(round(float(x)) for x in shares.cumsum()[:-1] / shares.sum() * length), length]
    return [(a + (gutter // 2 if a else 0), b - ((gutter + 1) // 2 if b < length else 0)) for a, b in pairwise(cuts)]
