"""The pen: SVG elements as text, everything from outside escaped, and widths of text as far as a server can know them.

No script, no style attribute, no address of another host: a drawing may stand in a page whose policy forbids all three.
Without any stylesheet it is drawn in the text's own colour; with `static/lineage/drawing.css` in the desk's colours.
"""

import unicodedata
from collections.abc import Callable
from enum import Enum
from importlib.resources import files
from xml.sax.saxutils import escape

FONT = "system-ui, 'Noto Sans', 'Noto Sans CJK SC', 'Noto Naskh Arabic', sans-serif"
NARROW = 620
"""Drawings narrower than this put their words below each other: for phones."""


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
        self._rows: list[float] = []

    @property
    def linked(self) -> bool:
        """Tell a drawing that has links."""
        return self._links is not None

    def row(self, top: float) -> None:
        """Say that a row begins here: between rows a printer may cut."""
        self._rows.append(top)

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

    def sheet(self, width: int, height: float, *, name: str, title: str, told: str, standalone: bool) -> str:
        """Give the whole drawing. `name` makes its ids differ from others' in one page."""
        root = {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "lineage",
            "id": name,
            "width": width,
            "height": int(height + 0.999),
            "viewBox": f"0 0 {width} {int(height + 0.999)}",
            "role": "group" if self._links else "img",
            "aria-labelledby": f"{name}-title {name}-told",
            "data-rows": " ".join(f"{top:g}" for top in self._rows),
        }
        # A file of its own is printed on one page of its own size: a printer fits that to its paper and cuts nothing.
        page = f"@page {{ size: {width}px {root['height']}px; margin: 0; }}\n"
        style = f"<style>{sheet_of_styles()}{page}</style>" if standalone else ""
        ground = '<rect class="ground" width="100%" height="100%" fill="none"/>' if standalone else ""
        head = f'<title id="{name}-title">{escaped(title)}</title><desc id="{name}-told">{escaped(told)}</desc>'
        drawn = {"id": f"{name}-body", "font_family": FONT, "font_size": 13, "fill": "currentColor"}
        body = f"<g{attributes(dict(drawn))}>"  # its own font: pieces for a printer show it elsewhere
        return f"<svg{attributes(dict(root))}>{head}{style}{ground}\n" + "\n".join(
            [body, *self._parts, "</g>\n</svg>\n"]
        )


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
