"""A time axis: from seconds to places on the sheet, with as many month or year lines as can be read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from notcontent.lineage.drawing.svg import Pen
from notcontent.lineage.portrait.days import DAY, day, month

MONTHS_A_STEP = (1, 2, 3, 6)
LONG_STEPS = (6, 12, 24, 36, 60)
"""Months between labels that say the year alone, or Jul between two years."""
BETWEEN, BETWEEN_SHORT = 54.0, 34.0
"""The least distance of two labels, and of two short ones."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Times from `start` to `end` lie between `left` and `right`. Never empty: `end` is after `start`."""

    start: int
    end: int
    left: float
    right: float

    def x(self, time: int) -> float:
        """Give the place of a time; what lies outside lies at the edge."""
        share = (min(max(time, self.start), self.end) - self.start) / (self.end - self.start)
        return self.left + share * (self.right - self.left)

    def ticks(self) -> list[tuple[int, str]]:
        """Give the times that get a line, and their labels: days, else firsts of months or years."""
        most = max(2, int((self.right - self.left) / BETWEEN))
        days = (self.end - self.start) / DAY
        if days <= 45:
            step = next((step for step in (1, 2, 5, 7, 14) if days / step <= most), 21)
            first = -(-self.start // DAY) * DAY
            return [(time, day(time).rsplit(" ", 1)[0]) for time in range(first, self.end, step * DAY)]
        months, many = days / 30.4, (self.right - self.left) / BETWEEN_SHORT
        close = [step for step in MONTHS_A_STEP if months / step <= most]
        far = [step for step in LONG_STEPS if months / step <= many]
        step, short = [*close, *far, 120][0], not close
        began = datetime.fromtimestamp(self.start, UTC)
        count = began.year * 12 + began.month - 1
        found: list[tuple[int, str]] = []
        while True:
            count += 1
            if count % step:
                continue
            time = int(datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC).timestamp())
            if time > self.end:
                return found
            label = month(time)
            if short:
                label = label.rsplit(" ", 1)[count % 12 == 0]
            found.append((time, label))

    def draw(self, pen: Pen, top: float, bottom: float) -> None:
        """Draw the lines from top to bottom, and the labels over them."""
        pen.begin("g", class_="grid", stroke="currentColor", stroke_opacity=0.55)
        for time, _ in self.ticks():
            x = self.x(time)
            pen.draw("path", d=f"M{x:.1f} {top:.1f}V{bottom:.1f}", stroke_dasharray="1 3")
        pen.end("g")
        pen.begin("g", class_="head", font_size=11)
        free = 0.0
        for time, label in self.ticks():
            x = self.x(time)
            if x < free:
                continue
            between = BETWEEN if len(label) > 4 else BETWEEN_SHORT
            free = x + (between * 1.4 if x < self.left + 20 else between * 0.9)
            anchor = "start" if x < self.left + 20 else "end" if x > self.right - 20 else "middle"
            pen.write(x, top - 5, label, text_anchor=anchor)
        pen.end("g")


def axis_over(times: Iterable[int], left: float, right: float) -> Axis | None:
    """Give the axis that holds these times with a little air; None where there are none."""
    known = list(times)
    if not known:
        return None
    start, end = min(known), max(known)
    air = max(DAY, (end - start) // 50)
    return Axis(start - air, end + air, left, right)
