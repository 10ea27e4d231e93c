"""Two channels side by side: the rare contents that both showed, as counts by week, and who showed each first.

Above the middle line stands what the one channel showed, below it the other. Filled: it showed the content first;
only outlined: the other had it before. Counts alone: nothing of any content is drawn. What is rare can be told only
where the evidence holds other channels too: with these two alone every shared content counts, and none is called rare.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

import numpy as np

from notcontent.lineage.drawing.axis import Axis, axis_over
from notcontent.lineage.drawing.signs import Key, Mark, draw_key, draw_standing
from notcontent.lineage.drawing.svg import NARROW, PHONE, Drawn, Pen, cut, draw_lines, wrapped
from notcontent.lineage.drawing.tree import WIDE
from notcontent.lineage.evidence import Evidence
from notcontent.lineage.portrait import Standing
from notcontent.lineage.portrait.contents import common
from notcontent.lineage.portrait.days import DAY, WEEK, day
from notcontent.lineage.portrait.members import standing_of
from notcontent.lineage.portrait.names import handle_of, isolated, skeleton, title_of
from notcontent.lineage.words import grouped, many

TALL = 70.0
FIRST, LATER = Mark("M-5-5h10v10h-10Z"), Mark("M-5-5h10v10h-10Z", filled=False)


@dataclass(frozen=True, slots=True)
class Tally:
    """What two channels share, counted: who was first, and by how many days in the middle.

    `weeks`: for each channel (start of a week, shown first here, shown first by the other), without empty weeks.
    `spans`: for each when it showed the first and the last of them.
    """

    total: int
    left_out: int
    rare: int | None
    firsts: tuple[int, int]
    together: int
    median_days: float | None
    weeks: tuple[tuple[tuple[int, int, int], ...], tuple[tuple[int, int, int], ...]]
    spans: tuple[tuple[int, int] | None, tuple[int, int] | None]


def tally(evidence: Evidence, one: int, other: int, rare: int | None = None) -> Tally:
    """Count the rare contents that two channels share. `rare`: shown by at most so many channels."""
    both = common(evidence, one, other, rare)
    ahead, behind = both.one < both.other, both.one > both.other
    lags = np.abs(both.one - both.other)
    return Tally(
        total=len(both.one),
        left_out=both.left_out,
        rare=both.rare if len(evidence.channels) > 2 else None,
        firsts=(int(ahead.sum()), int(behind.sum())),
        together=int((both.one == both.other).sum()),
        median_days=float(np.median(lags) / DAY) if len(lags) else None,
        weeks=(_weeks(both.one, ahead), _weeks(both.other, behind)),
        spans=(_span(both.one), _span(both.other)),
    )


def _span(times: np.ndarray) -> tuple[int, int] | None:
    return (int(times.min()), int(times.max())) if len(times) else None


def _weeks(times: np.ndarray, first: np.ndarray) -> tuple[tuple[int, int, int], ...]:
    found = []
    for week in np.unique(times // WEEK):
        here = times // WEEK == week
        found.append((int(week) * WEEK, int((here & first).sum()), int((here & ~first).sum())))
    return tuple(found)


def _titles(evidence: Evidence, one: int, other: int) -> list[str]:
    """Give both titles; where they look alike, with handles."""
    both = [evidence.channels[place] for place in (one, other)]
    titles = [title_of(facts) for facts in both]
    if skeleton(titles[0]) == skeleton(titles[1]):
        return [f"{title} ({handle_of(facts)})" for title, facts in zip(titles, both, strict=True)]
    return titles


def tell_shared(evidence: Evidence, one: int, other: int, *, rare: int | None = None) -> str:
    """Say in words what `draw_shared` draws."""
    names = [isolated(title) for title in _titles(evidence, one, other)]
    return "\n".join([*_sentences(tally(evidence, one, other, rare), names)]) + "\n"


def _sentences(counts: Tally, names: list[str]) -> Iterable[str]:
    content = "content" if counts.rare is None else "rare content"
    if not counts.total:
        yield f"{names[0]} and {names[1]} share no {content}s."
    else:
        first, second = map(grouped, counts.firsts)
        yield (
            f"{many(counts.total, content)} {_are(counts.total)} in both: {first} came first in {names[0]}, "
            f"{second} in {names[1]}, {grouped(counts.together)} at the same second."
        )
        yield f"The median delay is {counts.median_days:.1f} days."
    if counts.rare is not None:
        more = f"{many(counts.left_out, 'shared content')} {_are(counts.left_out)} more common and not counted."
        yield f"Rare: shown by at most {many(counts.rare, 'channel')}. {more}"
    for name, weeks, span in zip(names, counts.weeks, counts.spans, strict=True):
        if span:
            yield f"{name}: from {day(span[0])} to {day(span[1])}, in {many(len(weeks), 'week')}."


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def draw_shared(
    evidence: Evidence,
    one: int,
    other: int,
    *,
    rare: int | None = None,
    width: int = WIDE,
    standalone: bool = False,
) -> str:
    """Draw what two channels (places) share. Raises ValueError for a channel beside itself."""
    if one == other:
        raise ValueError("two different channels are compared")
    counts = tally(evidence, one, other, rare)
    titles = _titles(evidence, one, other)
    standings = [standing_of(evidence.channels[place])[0] for place in (one, other)]
    whole = _drawn(counts, titles, standings, width)
    twin = _drawn(counts, titles, standings, PHONE) if standalone else None
    name = f"lineage-shared-{one}-{other}-{'wide' if width >= NARROW else 'narrow'}"
    told = tell_shared(evidence, one, other, rare=rare)
    title = f"What {isolated(titles[0])} and {isolated(titles[1])} share"
    return whole.sheet(name=name, title=title, told=told, twin=twin)


def _drawn(counts: Tally, titles: list[str], standings: list[Standing], width: int) -> Drawn:
    pen = Pen()
    pen.write(12, 20, cut("What two channels share", width - 24, 16), font_size=16)
    lines = [line for said in list(_sentences(counts, [isolated(title) for title in titles]))[:3] for line in
             wrapped(said, width - 24, 11.5)]  # fmt: skip
    draw_lines(pen, 38, lines)
    top = 38 + 15 * len(lines) + 34
    middle = top + TALL + 26
    times = [time for weeks in counts.weeks for week, _, _ in weeks for time in (week, week + WEEK)]
    axis = axis_over(times, 14.0, width - 14.0)
    if axis:
        axis.draw(pen, top - 8, middle + TALL + 26)
        _sides(pen, axis, counts, middle)
    for standing, title, y in zip(standings, titles, (top + 10, middle + TALL + 20), strict=True):
        draw_standing(pen, 18, y - 4.5, standing)
        pen.write(30, y, isolated(cut(title, width - 50, 14)), class_="title", font_weight=600)
    most = _most(counts)
    key: list[Key] = [("it showed the content first", FIRST), ("the other had it before", LATER)]
    if most:
        key.append((f"height: contents in a week, at most {most}", None))
    return Drawn(pen, width, draw_key(pen, middle + TALL + 40, width, key))


def _most(counts: Tally) -> int:
    return max((first + later for weeks in counts.weeks for _, first, later in weeks), default=0)


def _sides(pen: Pen, axis: Axis, counts: Tally, middle: float) -> None:
    most = _most(counts)
    for weeks, way in zip(counts.weeks, (-1, 1), strict=True):
        base = middle + way
        for week, first, later in weeks:
            left, right = axis.x(week) + 0.5, max(axis.x(week + WEEK) - 0.5, axis.x(week) + 1.5)
            whole = TALL * sqrt((first + later) / most)
            filled = whole * first / (first + later)
            pen.begin("g", class_="week")
            pen.tip(f"week from {day(week)}: {first} first here, {later} after the other")
            if first:
                path = f"M{left:.1f} {base:.1f}v{way * filled:.1f}H{right:.1f}V{base:.1f}Z"
                pen.draw("path", d=path, class_="busy")
            if later:
                inner, outer = base + way * filled, base + way * whole
                path = f"M{left:.1f} {inner:.1f}V{outer:.1f}H{right:.1f}V{inner:.1f}"
                pen.draw("path", d=path, class_="later", fill="none", stroke="currentColor", stroke_width=1.2)
            pen.end("g")
    pen.draw("path", d=f"M10 {middle:.1f}H{axis.right + 4:.1f}", class_="rule", stroke="currentColor")
