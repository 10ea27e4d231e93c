"""The pen: SVG elements as text, everything from outside escaped, and widths of text as far as a server can know them.

No script, no style attribute, no address of another host: a drawing may stand in a page whose policy forbids all three.
Without any stylesheet it is drawn in the text's own colour; with `static/lineage/drawing.css` in the desk's colours.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from importlib.resources import files
from xml.sax.saxutils import escape

FONT = "system-ui, 'Noto Sans', 'Noto Sans CJK SC', 'Noto Naskh Arabic', sans-serif"
NARROW, PHONE = 620, 358
"""Drawings narrower than this put their words below each other: for phones, in so many pixels."""
LEAST_SCALE, WIDEST_NARROW = 0.85, 480
"""How far a wide drawing in a file of its own is shrunk to fit a window; pixels up to which a narrow one grows."""


class Goal(Enum):
    """What a link in a drawing is for."""

    CHANNEL = "channel"  # the channel's own page
    OPEN = "open"  # the same drawing with everything below this channel shown
    CLOSE = "close"  # the same drawing with what is below this channel folded


Links = Callable[[Goal, int], str | None]
"""Gives a path on the same host for a goal and a channel's place, or None for no link."""


def escaped(text: str) -> str:
    """Escape for text and attributes alike; signs that XML forbids, and lone surrogates, become U+FFFD."""
    allowed = "".join(sign if _allowed(ord(sign)) else "\ufffd" for sign in text)
    return escape(allowed, {'"': "&quot;", "'": "&#39;"})


def _allowed(code: int) -> bool:
    return code in {9, 10, 13} or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def attributes(values: dict[str, object]) -> str:
    """Write attributes: `class_` is class, underscores are hyphens, None is left out, numbers have one decimal."""
    written = []
    for name, value in values.items():
        if value is None:
            continue
        shown = f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
        written.append(f' {name.rstrip("_").replace("_", "-")}="{escaped(shown)}"')
    return "".join(written)


class Pen:
    """Collects elements of one drawing."""

    def __init__(self, links: Links | None = None) -> None:
        """Take what gives links, or None: a drawing without any."""
        self._parts: list[str] = []
        self._links = links
        self.rows: list[float] = []

    @property
    def linked(self) -> bool:
        """Tell a drawing that has links."""
        return self._links is not None

    def row(self, top: float) -> None:
        """Say that a row begins here: between rows a printer may cut."""
        self.rows.append(top)

    def draw(self, element: str, text: str | None = None, **values: object) -> None:
        """Add one element, with text in it or empty."""
        inside = "/>" if text is None else f">{escaped(text)}</{element}>"
        self._parts.append(f"<{element}{attributes(values)}{inside}")

    def begin(self, element: str, **values: object) -> None:
        """Open an element that others go into."""
        self._parts.append(f"<{element}{attributes(values)}>")

    def end(self, element: str) -> None:
        """Close it."""
        self._parts.append(f"</{element}>")

    def write(self, x: float, y: float, text: str, **values: object) -> None:
        """Write text at its base line, left to right as a whole, whatever it says."""
        self.draw("text", text, x=float(x), y=float(y), direction="ltr", **values)

    def tip(self, text: str) -> None:
        """Say what the open element is: readers of screens and pointers get it."""
        self.draw("title", text)

    def link(self, goal: Goal, place: int) -> bool:
        """Open a link, if there is one. Refuses with ValueError what leads to another host or runs as a script."""
        target = self._links(goal, place) if self._links else None
        if target is None:
            return False
        inside = target.startswith(("/", "?", "#")) and not target.startswith("//") and "\\" not in target
        if not inside:
            raise ValueError("a drawing links to paths of its own host only")
        self.begin("a", href=target, class_=f"to-{goal.value}")
        return True

    def body(self, *first: str, **values: object) -> str:
        """Give what was drawn, in one group with a font of its own: pieces for a printer show it elsewhere."""
        drawn = values | {"font_family": FONT, "font_size": 13, "fill": "currentColor"}
        return "\n".join([f"<g{attributes(drawn)}>", *first, *self._parts, "</g>\n"])


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a pen drew, and how large it became."""

    pen: Pen
    width: int
    height: float

    def sheet(self, *, name: str, title: str, told: str, twin: "Drawn | None" = None) -> str:
        """Give the whole drawing. `name` makes its ids differ from others' in one page.

        `twin`: the same for a phone, which makes it a file of its own that shows what fits its window.
        """
        high = _whole(self.height)
        root = {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "lineage",
            "id": name,
            "width": self.width,
            "height": high,
            "viewBox": f"0 0 {self.width} {high}",
            "role": "group" if self.pen.linked else "img",
            "aria-labelledby": f"{name}-title {name}-told",
            "data-rows": " ".join(f"{top:g}" for top in self.pen.rows),
        }
        head = f'<title id="{name}-title">{escaped(title)}</title><desc id="{name}-told">{escaped(told)}</desc>'
        if twin is None:
            return f"<svg{attributes(dict(root))}>{head}\n{self.pen.body(id=f'{name}-body')}</svg>\n"
        wide = self.pen.body(self.ground(), id=f"{name}-body", class_="alone-wide")
        # Hidden without a style too: a program that knows no media queries shows the wide one.
        scale = f"scale({self.width / twin.width:.5f})"
        narrow = twin.pen.body(twin.ground(), class_="alone-narrow", display="none", transform=scale)
        style = f"<style>{sheet_of_styles()}{_fitting(self, twin)}</style>"
        root["preserveAspectRatio"] = "xMinYMin"
        return f"<svg{attributes(dict(root))}>{head}{style}\n{wide}{narrow}</svg>\n"

    def ground(self) -> str:
        """Give the paper that it lies on."""
        return f'<rect class="ground" width="{self.width}" height="{_whole(self.height)}" fill="none"/>'


def _whole(height: float) -> int:
    return int(height + 0.999)


def _fitting(drawn: Drawn, twin: Drawn) -> str:
    """Give the style by which a file of its own fits its window, and its paper.

    It shrinks as far as its words can be read; below that its twin is shown, as wide as the window. A printer gets one
    page of the drawing's own size, fits that to its paper and cuts nothing. A telephone's window says that it is as
    wide as a desk's, and is shrunk: there the device's own width counts.
    """
    return f"""@page {{ size: {drawn.width}px {_whole(drawn.height)}px; margin: 0; }}
.lineage:root {{ max-width: 100%; height: auto; background: var(--paper, #ffffff); }}
@media screen and (max-width: {int(drawn.width * LEAST_SCALE)}px), screen and (max-device-width: {WIDEST_NARROW}px) {{
  .lineage:root {{ width: 100%; aspect-ratio: {twin.width} / {_whole(twin.height)}; }}
  .alone-wide {{ display: none; }}
  .alone-narrow {{ display: inline; }}
}}
@media screen and (min-device-width: {WIDEST_NARROW + 1}px) and (max-width: {int(drawn.width * LEAST_SCALE)}px) {{
  .lineage:root {{ max-width: {WIDEST_NARROW}px; }}
}}
"""


def sheet_of_styles() -> str:
    """Give the stylesheet of all drawings, as the file beside this room has it."""
    return files(__package__).joinpath("static/lineage/drawing.css").read_text("utf-8")


def draw_lines(pen: Pen, y: float, lines: list[str]) -> None:
    """Write small soft lines below each other."""
    for at, line in enumerate(lines):
        pen.write(12, y + at * 15, line, font_size=11.5, class_="soft")


_THIN_SIGNS = frozenset(" iIjl.,:;'|!\u202f")
_NARROW_SIGNS = frozenset("ftr()[]/-·")
_WIDE_SIGNS = frozenset("mwMWGOQ@%&–—…")


def width_of(text: str, size: float) -> float:
    """Guess how wide a text will be, on the large side: a server has no fonts."""
    return sum(_ems(sign) for sign in text) * size


def cut(text: str, limit: float, size: float) -> str:
    """Shorten a text to this width, with a sign that it was."""
    if width_of(text, size) <= limit:
        return text
    room, kept = limit - width_of("…", size), 0
    for sign in text:
        room -= _ems(sign) * size
        if room < 0:
            break
        kept += 1
    while kept and (unicodedata.category(text[kept])[0] == "M" or text[kept - 1] == "\u200d"):
        kept -= 1
    return text[:kept].rstrip() + "…"


def wrapped(text: str, limit: float, size: float) -> list[str]:
    """Break a text into lines of this width, between words."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and width_of(f"{lines[-1]} {word}", size) <= limit:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return [cut(line, limit, size) for line in lines]


def _ems(sign: str) -> float:
    kind = unicodedata.category(sign)
    if kind in {"Mn", "Me", "Cf"}:
        return 0.0
    if unicodedata.east_asian_width(sign) in "WF":
        return 1.25 if kind == "So" else 1.02
    if sign in _THIN_SIGNS:
        return 0.29
    if sign in _NARROW_SIGNS:
        return 0.38
    if sign in _WIDE_SIGNS:
        return 0.9
    return 0.7 if kind == "Lu" else 0.64 if ord(sign) > 0x24F else 0.575
