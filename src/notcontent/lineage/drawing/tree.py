"""The family tree: one row a channel, children below their parent in order of birth, each with its facts.

An indented tree stays readable where a spreading one does not: at 300 channels, on a telephone, on paper. Every edge
has a line and a number; a parent that is open is dotted and says so; what was taken from further parents is a thin
second line at the side and stands in words. Channels bear numbers by birth, so that words can point at them.
"""

from collections.abc import Set as AbstractSet

from notcontent.lineage.drawing.axis import Axis, axis_over
from notcontent.lineage.drawing.folding import Row, fold, sizes_of, summed
from notcontent.lineage.drawing.lanes import Lane, lay_lanes
from notcontent.lineage.drawing.signs import (
    FIRM,
    FOLDED,
    LIKELY_STROKE,
    OPEN,
    RAIL,
    WEAK,
    Joint,
    Key,
    draw_key,
    draw_standing,
    draw_stroke,
    stroke_of,
)
from notcontent.lineage.drawing.svg import NARROW, PHONE, Drawn, Goal, Links, Pen, cut, draw_lines, wrapped
from notcontent.lineage.drawing.telling import facts_of, notes_of, standing_words, summary, tree_in_words
from notcontent.lineage.evidence import Evidence
from notcontent.lineage.family import Lineage
from notcontent.lineage.portrait import Member, Portrait, Standing, portray
from notcontent.lineage.portrait.days import day
from notcontent.lineage.portrait.members import ended
from notcontent.lineage.portrait.names import isolated
from notcontent.lineage.words import chance, grouped, many, percent

WIDE = 1100
WORTH_FOLDING = 3
"""Channels below one that can be folded: with fewer the row that says how many takes nearly the same room."""


def draw_tree(  # noqa: PLR0913 - all that a page can ask of it
    evidence: Evidence,
    lineage: Lineage,
    family: int,
    *,
    now: int,
    collapsed: AbstractSet[int] = frozenset(),
    opened: AbstractSet[int] = frozenset(),
    links: Links | None = None,
    width: int = WIDE,
    standalone: bool = False,
) -> str:
    """Draw one family. `collapsed`, `opened`: places of channels. `standalone`: a file with its own style.

    `links` gives paths on the same host, or None. Raises LineageFamilyNotFoundError; ValueError for a foreign link.
    """
    portrait = portray(evidence, lineage, family)
    rows = fold(portrait, collapsed, opened)

    def drawn(wide: int) -> Drawn:
        sheet, pen = _Sheet(portrait, rows, wide, now), Pen(links)
        sheet.draw(pen)
        return Drawn(pen, wide, sheet.bottom)

    whole, twin = drawn(width), drawn(PHONE) if standalone else None
    told = tree_in_words(portrait, rows, now)
    title = f"Family tree of {isolated(portrait.root.title)}"
    name = f"lineage-tree-{family}-{'wide' if width >= NARROW else 'narrow'}"
    return whole.sheet(name=name, title=title, told=told, twin=twin)


class _Sheet:
    """Where things stand on one drawing of a tree."""

    def __init__(self, portrait: Portrait, rows: list[Row], width: int, now: int) -> None:
        self.portrait, self.rows, self.width, self.now = portrait, rows, width, now
        self.wide = width >= NARROW
        self.sizes = sizes_of(portrait)
        deepest = max(row.depth for row in rows)
        # Deep families get narrow steps: a title needs its room more than a step does.
        self.step = min(26.0 if self.wide else 16.0, (width * (0.14 if self.wide else 0.25)) / max(1, deepest))
        self.names_end = width * 0.385 if self.wide else width - 30.0
        self.lane_left = self.names_end + 6
        # Where the columns begin (words) or end (numbers): since, status, posts, reach, inherited, and the lives.
        self.since, self.status = self.names_end + 44, self.names_end + 122
        self.numbers = [self.status + room for room in (222.0, 278.0, 334.0)]
        self.told = wrapped(summary(portrait, now), width - 24, 11.5)
        self.top = (51.0 if self.wide else 46.0) + 15.0 * len(self.told)
        self.heights = [self._height(row) for row in rows]
        self.tops: list[float] = []
        y = self.top
        for height in self.heights:
            self.tops.append(y)
            y += height
        self.bottom = y

    def _height(self, row: Row) -> float:
        if row.hidden:
            return 24.0 if self.wide else 28.0
        lines = len(notes_of(self.portrait, self.portrait.members[row.place]))
        if self.wide:
            return 26.0 + 15.0 * lines
        return 62.0 + 15.0 * lines

    def _base(self, at: int) -> float:
        """Give the base line of a row's title."""
        return self.tops[at] + (17.0 if self.wide else 18.0)

    def _x(self, depth: int) -> float:
        return 14.0 + depth * self.step

    def draw(self, pen: Pen) -> None:
        pen.write(12, 20, cut(f"Family of {isolated(self.portrait.root.title)}", self.width - 24, 16), font_size=16)
        draw_lines(pen, 38, self.told)
        axis = self._heads(pen) if self.wide else None
        self._edges(pen)
        lanes = self._lanes()
        for lane in lanes:
            lane.draw(pen)
        for at, row in enumerate(self.rows):
            pen.row(self.tops[at])
            self._row(pen, at, row, axis)
        self.bottom = draw_key(pen, self.bottom + 14, self.width, self._key(joined=bool(lanes)))

    def _heads(self, pen: Pen) -> Axis | None:
        base = self.top - 8
        pen.begin("g", class_="head", font_size=11)
        pen.write(14, base, "channel, and how sure its parent is")
        pen.write(self.since, base, "since")
        pen.write(self.status, base, "status")
        for x, words in zip(self.numbers, ("posts", "reach", "inherited"), strict=True):
            pen.write(x, base, words, text_anchor="end")
        pen.end("g")
        pen.draw("path", d=f"M8 {self.top - 2:.1f}H{self.width - 8}", class_="rule", stroke="currentColor")
        shown = [self.portrait.members[row.place].facts for row in self.rows]
        times = [time for facts in shown for time in (facts.began, ended(facts)) if time is not None]
        axis = axis_over(times, self.numbers[2] + 18, self.width - 12.0)
        if axis:
            axis.draw(pen, self.top - 3, self.bottom)
        return axis

    def _edges(self, pen: Pen) -> None:
        """Draw for every row its elbow, and the rails of the levels above it."""
        middles = [self._base(at) - 4.5 for at in range(len(self.rows))]
        over: dict[int, float] = {0: middles[0] + 8}
        for at, row in enumerate(self.rows):
            if row.depth:
                x, y = self._x(row.depth - 1), middles[at]
                stroke = FOLDED if row.hidden else stroke_of(self.portrait.members[row.place])
                rail, elbow = f"M{x:.1f} {over[row.depth - 1]:.1f}V{y:.1f}", f"H{self._x(row.depth) - 8:.1f}"
                if self.step < 16:  # too short to show what kind of line it is: the rail shows it too
                    draw_stroke(pen, rail + elbow, stroke)
                else:
                    draw_stroke(pen, rail, RAIL)
                    draw_stroke(pen, f"M{x:.1f} {y:.1f}{elbow}", stroke)
                over[row.depth - 1] = y
            over[row.depth] = middles[at] + 8

    def _lanes(self) -> list[Lane]:
        at = {row.place: self._base(number) - 4.5 for number, row in enumerate(self.rows) if not row.hidden}
        pairs = [
            (at[other], at[member.place])
            for member in self.portrait.members.values()
            if member.place in at
            for other in member.also_from
            if other in at
        ]
        return lay_lanes(pairs, self.lane_left, 5 if self.wide else 3)

    def _row(self, pen: Pen, at: int, row: Row, axis: Axis | None) -> None:
        if row.hidden:
            x = self._x(row.depth)
            linked = pen.link(Goal.OPEN, row.place)
            pen.write(x - 2, self._base(at), summed(row), font_size=12, class_="rest", font_style="italic")
            if linked:
                pen.end("a")
            return
        member = self.portrait.members[row.place]
        pen.begin("g", class_=f"channel {member.bond.value}")
        pen.tip(". ".join(facts_of(self.portrait, member)))
        self._name(pen, at, row, member)
        if self.wide:
            self._columns(pen, at, member, axis)
        else:
            self._below(pen, at, row, member)
        pen.end("g")

    def _name(self, pen: Pen, at: int, row: Row, member: Member) -> None:
        x, y = self._x(row.depth), self._base(at)
        draw_standing(pen, x, y - 4.5, member.standing)
        x += 11
        sure = "open" if member.bond.value == "open" else chance(member.probability)
        if row.depth:
            class_ = "sure openly" if sure == "open" else "sure"
            pen.write(x, y, sure, font_size=11.5, class_=class_)
            x += 39
        folds = row.opened and row.depth > 0 and self.sizes[row.place] > WORTH_FOLDING
        room = self.names_end - x - (38 if folds and pen.linked else 0)
        linked = pen.link(Goal.CHANNEL, member.place)
        title = cut(member.title, room - 19 - 8 * len(str(member.number)), 13.8)  # bold
        pen.write(x, y, f"#{member.number}\u2002{isolated(title)}", class_="title", font_weight=600)
        if linked:
            pen.end("a")
        if folds and pen.link(Goal.CLOSE, member.place):
            pen.write(self.names_end - 2, y, "fold", font_size=11, text_anchor="end")
            pen.end("a")
        for line, note in enumerate(notes_of(self.portrait, member)):
            below = y + 15 * (line + 1 + (0 if self.wide else 2))
            pen.write(x if self.wide else self._x(row.depth) + 11, below, cut(note, self.names_end - x, 11.5),
                      font_size=11.5, class_="soft note")  # fmt: skip

    def _columns(self, pen: Pen, at: int, member: Member, axis: Axis | None) -> None:
        y = self._base(at)
        began, end = member.facts.began, ended(member.facts)
        pen.begin("g", font_size=12)
        pen.write(self.since, y, day(began) if began is not None else "no date")
        pen.write(self.status, y, standing_words(member), font_size=11.5)
        reach = grouped(member.facts.views) if member.facts.views else ""  # no source that shows views
        numbers = (grouped(member.facts.posts), reach, percent(member.inherited))
        for x, words in zip(self.numbers, numbers, strict=True):
            pen.write(x, y, words, text_anchor="end")
        pen.end("g")
        if axis is None or began is None or end is None:
            return
        draw_life(pen, axis, y - 4.5, began, end, member.standing)

    def _below(self, pen: Pen, at: int, row: Row, member: Member) -> None:
        x, y = self._x(row.depth) + 11, self._base(at)
        began = f"since {day(member.facts.began)}, " if member.facts.began is not None else "no date, "
        numbers = [many(member.facts.posts, "post")]
        if member.facts.views:
            numbers.append(f"reach {grouped(member.facts.views)}")
        if member.inherited is not None:
            numbers.append(f"{percent(member.inherited)} inherited")
        pen.begin("g", font_size=11.5)
        pen.write(x, y + 15, cut(began + standing_words(member), self.width - x - 6, 11.5))
        pen.write(x, y + 30, cut(" · ".join(numbers), self.width - x - 6, 11.5), class_="soft")
        pen.end("g")

    def _key(self, *, joined: bool) -> list[Key]:
        members = self.portrait.members.values()
        known = {member.standing for member in members}
        strokes = {stroke_of(member).words for member in members if member.under is not None}
        key: list[Key] = [(each.value, each) for each in Standing if each in known]
        key += [(f"parent {each.words}" if each is not OPEN else each.words, each)
                for each in (FIRM, LIKELY_STROKE, WEAK, OPEN) if each.words in strokes]  # fmt: skip
        if joined:
            key.append(("also from: ring at the parent, arrow at the child", Joint()))
        if any(member.facts.views for member in members):
            key.append(("reach: the most views of one post", None))
        if any(member.inherited is not None for member in members):
            key.append(("inherited: what its parent showed before it", None))
        return key


def draw_life(pen: Pen, axis: Axis, y: float, began: int, end: int, standing: Standing) -> None:
    """Draw a life as a line: a bar at its birth, a cross at its removal, else a stop at the last that is known."""
    left, right = axis.x(began), max(axis.x(end), axis.x(began) + 2)
    pen.begin("g", class_="life", stroke="currentColor", fill="none")
    pen.draw("path", d=f"M{left:.1f} {y - 5:.1f}v10M{left:.1f} {y:.1f}H{right:.1f}", stroke_width=2)
    if standing is not Standing.REMOVED:
        pen.draw("path", d=f"M{right:.1f} {y - 3:.1f}v6", stroke_width=1.4)
    pen.end("g")
    if standing is Standing.REMOVED:
        draw_standing(pen, right, y, standing)
