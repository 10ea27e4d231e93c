"""Signs: each standing has a shape of its own, each edge a line of its own. None is told apart by its colour alone."""

from dataclasses import dataclass

from notcontent.lineage.drawing.svg import Pen, width_of
from notcontent.lineage.portrait import Bond, Member, Standing

SURE, LIKELY = 0.9, 0.7

CLASSES = {
    Standing.ALIVE: "alive",
    Standing.REMOVED: "removed",
    Standing.RESTRICTED: "restricted",
    Standing.NO_PREVIEW: "no-preview",
    Standing.UNKNOWN: "unknown",
}


def draw_standing(pen: Pen, x: float, y: float, standing: Standing) -> None:
    """Draw the shape of a standing, 12 units wide, around a point."""
    line: dict[str, object] = {"stroke": "currentColor", "stroke_width": 1.6, "fill": "none"}
    pen.begin("g", class_=f"sign {CLASSES[standing]}", transform=f"translate({x:.1f} {y:.1f})", **line)
    match standing:
        case Standing.ALIVE:
            pen.draw("circle", r=5, fill="currentColor")
        case Standing.REMOVED:
            pen.draw("path", d="M-4.5-4.5 4.5 4.5M4.5-4.5-4.5 4.5", stroke_width=2.4)
        case Standing.RESTRICTED:
            pen.draw("path", d="M0-5.5 5.5 4.5H-5.5Z")
        case Standing.NO_PREVIEW:
            pen.draw("path", d="M0-6 6 0 0 6-6 0Z")
        case Standing.UNKNOWN:
            pen.draw("circle", r=5, stroke_dasharray="2.2 2")
    pen.end("g")


@dataclass(frozen=True, slots=True)
class Stroke:
    """How an edge is drawn: its dashes, its width, and the words that stand for both."""

    dashes: str | None
    width: float
    words: str
    class_: str


FIRM = Stroke(None, 2.2, "90 % and more", "firm")
LIKELY_STROKE = Stroke("9 3", 1.6, "70 to 89 %", "likely")
WEAK = Stroke("5 4", 1.2, "below 70 %", "weak")
OPEN = Stroke("1.5 4", 1.6, "parent open", "open")

RAIL = Stroke(None, 1, "", "rail")
FOLDED = Stroke(None, 0.8, "folded", "folded")


def stroke_of(member: Member) -> Stroke:
    """Choose the line to a member's parent."""
    if member.bond is Bond.OPEN:
        return OPEN
    sure = member.probability or 0.0
    return FIRM if sure >= SURE else LIKELY_STROKE if sure >= LIKELY else WEAK


@dataclass(frozen=True, slots=True)
class Mark:
    """A small shape of its own for a legend: its path around a point, filled or only outlined."""

    path: str
    filled: bool = True


@dataclass(frozen=True, slots=True)
class Joint:
    """A second line, from a ring to an arrow, as a legend shows it."""


Key = tuple[str, Standing | Stroke | Mark | Joint | None]
"""Words of a legend and the sign that they explain."""


def draw_key(pen: Pen, top: float, width: int, entries: list[Key]) -> float:
    """Draw a legend from left to right, broken into lines; give where it ends. An entry: its words and its sign."""
    x, y = 14.0, top + 8
    pen.begin("g", class_="key", font_size=11)
    for words, sign in entries:
        room = 26 if isinstance(sign, Stroke | Joint) else 14 if sign else 0
        needed = room + width_of(words, 11) + 16
        if x + needed > width and x > 14:
            x, y = 14.0, y + 18
        if isinstance(sign, Standing):
            draw_standing(pen, x, y - 4, sign)
        elif isinstance(sign, Stroke):
            draw_stroke(pen, f"M{x - 6:.1f} {y - 4:.1f}h24", sign)
        elif isinstance(sign, Mark):
            draw_mark(pen, x, y - 4, sign)
        elif isinstance(sign, Joint):
            arrow = f"M{x + 14:.1f} {y - 7:.1f}l4 3-4 3"
            draw_joint(pen, f"M{x - 2:.1f} {y - 4:.1f}H{x + 18:.1f}", (x - 4, y - 4), arrow)
        pen.write(x + room - 4, y, words)
        x += needed
    pen.end("g")
    return y + 10


def draw_mark(pen: Pen, x: float, y: float, mark: Mark) -> None:
    """Draw a shape."""
    pen.draw(
        "path",
        d=mark.path,
        class_="mark" if mark.filled else "later",
        transform=f"translate({x:.1f} {y:.1f})",
        fill=None if mark.filled else "none",
        stroke=None if mark.filled else "currentColor",
    )


def draw_joint(pen: Pen, path: str, ring: tuple[float, float], arrow: str) -> None:
    """Draw a second line: its path, a ring at the further parent, an arrow at the child."""
    pen.begin("g", class_="merge", stroke="currentColor", fill="none", stroke_width=1)
    pen.draw("path", d=path, stroke_dasharray="3 2")
    pen.draw("path", d=arrow)
    pen.draw("circle", cx=ring[0], cy=ring[1], r=2)
    pen.end("g")


def draw_stroke(pen: Pen, path: str, stroke: Stroke) -> None:
    """Draw an edge."""
    pen.draw(
        "path",
        d=path,
        class_=f"edge {stroke.class_}",
        fill="none",
        stroke="currentColor",
        stroke_width=stroke.width,
        stroke_dasharray=stroke.dashes,
    )
