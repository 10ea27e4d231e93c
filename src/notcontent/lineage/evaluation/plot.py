"""The calibration plot as SVG: stated probability against the share that was right, a panel a kind of evidence."""

from collections.abc import Iterator
from html import escape

from notcontent.lineage.evaluation.metrics import Bin
from notcontent.lineage.evaluation.tables import LEVELS, Row, Table
from notcontent.lineage.simulation import Level
from notcontent.lineage.words import many

_SIDE, _LEFT, _TOP, _GAP = 300, 62, 54, 64
_LEAST_COUNT = 10
"""Tenths with fewer channels are drawn faint: they say little."""
_STYLES = {
    Level.FULL: ("#1b5e9e", "circle"),
    Level.POSTS: ("#b3541e", "square"),
    Level.CHANNELS: ("#3c7a3c", "diamond"),
    Level.BOTH: ("#7a3c78", "triangle"),
}


def calibration_plot(table: Table) -> str:
    """Draw the rows of the table that give probabilities. Colour is never the only sign: each level has its shape."""
    panels = [(media, [row for row in table.rows if row.bins and row.media is media]) for media in (True, False)]
    panels = [(media, rows) for media, rows in panels if rows]
    width, height = _LEFT + len(panels) * (_SIDE + _GAP), _TOP + _SIDE + 130
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    look = 'font-family="sans-serif" font-size="12" role="img" aria-labelledby="title desc"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {look}>',
        '<title id="title">How far stated probabilities can be believed</title>',
        f'<desc id="desc">{escape(_said(panels))}</desc>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for place, (media, rows) in enumerate(panels):
        left = _LEFT + place * (_SIDE + _GAP)
        parts += [f'<g transform="translate({left},{_TOP})">', *_frame("media hashed" if media else "JSON only")]
        for row in rows:
            parts += _curve(row)
        parts.append("</g>")
    parts += [*_legend(_TOP + _SIDE + 70), "</svg>"]
    return "\n".join(parts) + "\n"


def _said(panels: list[tuple[bool, list[Row]]]) -> str:
    """Say the plot in words, for who cannot see it."""
    sentences = []
    for media, rows in panels:
        for row in rows:
            error = row.metrics["calibration_error"].value
            kind = "media hashed" if media else "JSON only"
            sentences.append(f"{kind}, {LEVELS[row.level]}: the mean gap to the diagonal is {error:.3f}.")
    return " ".join(sentences)


def _frame(title: str) -> Iterator[str]:
    yield f'<text x="{_SIDE / 2}" y="-16" text-anchor="middle" font-size="14">{title}</text>'
    yield f'<rect width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#444"/>'
    yield f'<path d="M0 {_SIDE}L{_SIDE} 0" stroke="#888" stroke-dasharray="5 4"/>'
    for tick in range(0, 11, 2):
        at = tick * _SIDE / 10
        yield f'<path d="M{at} {_SIDE}v5M0 {_SIDE - at}h-5" stroke="#444"/>'
        yield f'<text x="{at}" y="{_SIDE + 18}" text-anchor="middle">{tick / 10:g}</text>'
        yield f'<text x="-9" y="{_SIDE - at + 4}" text-anchor="end">{tick / 10:g}</text>'
    yield f'<text x="{_SIDE / 2}" y="{_SIDE + 38}" text-anchor="middle">stated probability of the best candidate</text>'
    yield f'<text transform="translate(-38,{_SIDE / 2}) rotate(-90)" text-anchor="middle">share that was right</text>'


def _curve(row: Row) -> Iterator[str]:
    colour, shape = _STYLES[row.level]
    points = [(each.stated * _SIDE, (1 - each.right) * _SIDE, each) for each in row.bins if each.count]
    line = "L".join(f"{x:.1f} {y:.1f}" for x, y, each in points if each.count >= _LEAST_COUNT)
    if line:
        yield f'<path d="M{line}" fill="none" stroke="{colour}"/>'
    for x, y, each in points:
        yield _sign(shape, x, y, colour, each)


def _sign(shape: str, x: float, y: float, colour: str, each: Bin | None = None) -> str:
    faint = ' fill-opacity="0.25"' if each is not None and each.count < _LEAST_COUNT else ""
    told = (
        ""
        if each is None
        else f"<title>{many(each.count, 'channel')}: {each.stated:.2f} stated, {each.right:.2f} right</title>"
    )
    marks = {
        "circle": "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0",
        "square": "M-4.5 -4.5h9v9h-9z",
        "diamond": "M0 -6L6 0L0 6L-6 0z",
        "triangle": "M0 -6L6 5L-6 5z",
    }
    path = f'<path transform="translate({x:.1f},{y:.1f})" d="{marks[shape]}" fill="{colour}"{faint}>'
    return f"{path}{told}</path>"


def _legend(top: float) -> Iterator[str]:
    for place, (level, (colour, shape)) in enumerate(_STYLES.items()):
        x, y = _LEFT + (place % 2) * 190, top + (place // 2) * 24
        yield _sign(shape, x, y, colour)
        yield f'<text x="{x + 12}" y="{y + 4}">{escape(LEVELS[level])}</text>'
