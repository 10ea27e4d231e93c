"""The time line: one row a channel from its birth to its removal, with what it newly showed in each week as height.

Heights are square roots over the tallest week of the family, so that small channels are seen beside large ones. A
mark tells births after the parent's removal, with the days between. More than 60 channels: the busiest alone, the rest
by the months of their births.
"""

from math import sqrt

from notcontent.lineage.drawing.axis import Axis, axis_over
from notcontent.lineage.drawing.grouping import Bar, bars, said
from notcontent.lineage.drawing.signs import Key, Mark, draw_key, draw_mark, draw_standing
from notcontent.lineage.drawing.svg import NARROW, PHONE, Drawn, Goal, Links, Pen, cut, draw_lines, width_of, wrapped
from notcontent.lineage.drawing.telling import standing_words, summary, time_in_words
from notcontent.lineage.drawing.tree import WIDE
from notcontent.lineage.evidence import Evidence
from notcontent.lineage.family import Lineage
from notcontent.lineage.portrait import Portrait, Standing, portray
from notcontent.lineage.portrait.days import WEEK
from notcontent.lineage.portrait.names import isolated

TALLEST = 18.0
AFTER = Mark("M-4-4 4 0-4 4Z")
BIRTH = Mark("M-1-5h2v10h-2Z")


def draw_timeline(
    evidence: Evidence,
    lineage: Lineage,
    family: int,
    *,
    now: int,
    links: Links | None = None,
    width: int = WIDE,
    standalone: bool = False,
) -> str:
    """Draw one family's time line; arguments as for `draw_tree`. Raises LineageFamilyNotFoundError."""
    portrait = portray(evidence, lineage, family)
    rows = bars(portrait)

    def drawn(wide: int) -> Drawn:
        pen = Pen(links)
        return Drawn(pen, wide, _Sheet(portrait, rows, wide, now).draw(pen))

    whole, twin = drawn(width), drawn(PHONE) if standalone else None
    told = time_in_words(portrait, rows, now)
    title = f"Time line of the family of {isolated(portrait.root.title)}"
    name = f"lineage-time-{family}-{'wide' if width >= NARROW else 'narrow'}"
    return whole.sheet(name=name, title=title, told=told, twin=twin)


class _Sheet:
    """Where things stand on one time line."""

    def __init__(self, portrait: Portrait, rows: list[Bar], width: int, now: int) -> None:
        self.portrait, self.rows, self.width = portrait, rows, width
        self.wide = width >= NARROW
        self.told = wrapped(summary(portrait, now), width - 24, 11.5)
        self.top = 62.0 + 15.0 * len(self.told)
        self.height = 30.0 if self.wide else 50.0
        self.left = width * 0.36 if self.wide else 12.0
        times = [time for bar in rows for time in (bar.began, bar.ended) if time is not None]
        times += [week for bar in rows for week, _ in bar.weeks]
        self.axis = axis_over(times, self.left, width - 14.0)
        # Rows of several channels have a scale of their own: beside it those of one would be flat.
        self.most = {
            alone: max(
                (count for bar in rows if (bar.member is not None) == alone for _, count in bar.weeks), default=0
            )
            for alone in (True, False)
        }

    def draw(self, pen: Pen) -> float:
        bottom = self.top + self.height * len(self.rows)
        title = f"Time line of the family of {isolated(self.portrait.root.title)}"
        pen.write(12, 20, cut(title, self.width - 24, 16), font_size=16)
        draw_lines(pen, 38, self.told)
        if self.axis:
            self.axis.draw(pen, self.top - 4, bottom)
        for at, bar in enumerate(self.rows):
            pen.row(self.top + at * self.height)
            self._row(pen, self.top + at * self.height, bar, striped=bool(at % 2))
        shown = {bar.member.standing for bar in self.rows if bar.member}
        key: list[Key] = [(each.value, each) for each in Standing if each in shown]
        key.append(("birth", BIRTH))
        if any(bar.note for bar in self.rows):
            key.append(("birth after the parent's removal, days between", AFTER))
        for alone, words in ((True, "a channel's week"), (False, "the week of several")):
            if self.most[alone]:
                key.append((f"height: contents new there, {words} at most {self.most[alone]}", None))
        return draw_key(pen, bottom + 14, self.width, key)

    def _row(self, pen: Pen, top: float, bar: Bar, *, striped: bool) -> None:
        pen.begin("g", class_="channel" if bar.member else "several")
        pen.tip(f"{isolated(bar.label)}, {said(bar)}")
        if striped:
            pen.draw("rect", class_="stripe", x=4, y=top, width=self.width - 8, height=self.height, fill="none")
        self._label(pen, top, bar)
        base = top + self.height - 5
        if self.axis and bar.began is not None:
            self._life(pen, self.axis, base, bar, bar.began)
        pen.end("g")

    def _label(self, pen: Pen, top: float, bar: Bar) -> None:
        room = self.left - 24 if self.wide else self.width - 24.0
        member = bar.member
        if member is None:
            pen.write(
                12, top + 19 if self.wide else top + 15, cut(bar.label, room, 12), font_size=12, font_style="italic"
            )
            return
        y = top + (13 if self.wide else 15)
        draw_standing(pen, 16, y - 4.5, member.standing)
        after = standing_words(member)
        if not self.wide:
            room -= width_of(after, 11) + 6
        linked = pen.link(Goal.CHANNEL, member.place)
        title = cut(bar.label, room - 35 - 8 * len(str(member.number)), 13)
        pen.write(26, y, f"#{member.number}\u2002{isolated(title)}", class_="title", font_weight=600, font_size=12)
        if linked:
            pen.end("a")
        if self.wide:
            pen.write(26, y + 13, cut(after, room - 26, 11), font_size=11, class_="soft")
        else:
            pen.write(self.width - 12, y, after, font_size=11, class_="soft", text_anchor="end")

    def _life(self, pen: Pen, axis: Axis, base: float, bar: Bar, began: int) -> None:
        left = axis.x(began)
        right = max(left + 2, axis.x(bar.ended if bar.ended is not None else began))
        steps = _steps(axis, base - 1.5, self.most[bar.member is not None], bar)
        if steps:
            pen.draw("path", d=steps, class_="busy", fill_opacity=0.75)
        pen.draw("path", d=f"M{left:.1f} {base:.1f}H{right:.1f}", class_="life", stroke="currentColor", stroke_width=2)
        after = bool(bar.note)
        for birth in bar.births:
            draw_mark(pen, axis.x(birth), base, AFTER if after else BIRTH)
        if after:
            end = left < axis.left + 44
            pen.write(left + (7 if end else -7), base - (TALLEST if end else 0) + (4 if not end else 8), bar.note,
                      font_size=10, class_="soft", text_anchor="start" if end else "end")  # fmt: skip
        if bar.member and bar.member.standing is Standing.REMOVED:
            draw_standing(pen, right, base, Standing.REMOVED)


def _steps(axis: Axis, base: float, most: int, bar: Bar) -> str:
    """Give the outline of a row's weeks, one path however many there are. A first week begins with the birth."""
    parts = []
    for week, count in bar.weeks:
        left = axis.x(max(week, min(bar.began or week, week + WEEK - 1)))
        top = base - TALLEST * sqrt(count / most)
        parts.append(f"M{left:.1f} {base:.1f}V{top:.1f}H{axis.x(week + WEEK):.1f}V{base:.1f}Z")
    return "".join(parts)
