"""Draw latency against bank size, from the records of a run.

    .venv/bin/python -m bench.search.plot [RECORDS] [PICTURE]

Both axes are logarithmic. Each series has a shape and a dash of its own and its name at its end, so that colour is
never the only sign; hollow shapes miss rows. The picture brings its background, light or dark as the reader's system.
"""

import math
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from bench.search.records import BoundRecord, EngineRecord, Record, read_records
from bench.search.report import figure

WIDTH, PANEL, TOP, BOTTOM = 960, 430, 74, 34
LEFT, RIGHT = 72, 322
"""Room for the numbers at the left and the names at the right."""
LABEL_GAP = 16.0
MOST_BYTES = 100_000

_BOUND = "bound set by memory"
_COLOURS = ("c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9")
_POLYGONS = ((3, 0, 1), (4, 0, 1), (3, 60, 1), (5, 0, 1), (6, 0, 1), (8, 0, 0.45), (10, 0, 0.45), (12, 0, 0.3))
"""Corners, turn in degrees, and how far every second corner lies out."""
_DASHES = ("", "7 3", "2 3", "9 3 2 3", "5 5")
_STYLE = """
svg{--ground:#fff;--ink:#1b1f24;--soft:#5c6670;--line:#d8dde2;
--c0:#0b57d0;--c1:#b3261e;--c2:#7a4b00;--c3:#6a1b9a;--c4:#00695c;--c5:#ad1457;--c6:#455a64;--c7:#33691e;--c8:#4e342e;--c9:#37474f}
@media (prefers-color-scheme:dark){svg{--ground:#14181d;--ink:#eef1f4;--soft:#a9b3bd;--line:#343c45;
--c0:#8ab4f8;--c1:#f28b82;--c2:#fdd663;--c3:#d7aefb;--c4:#78d9c5;--c5:#ff8bcb;--c6:#b0bec5;--c7:#aed581;--c8:#d7b9a8;--c9:#cfd8dc}}
text.halo{stroke:var(--ground);stroke-width:5px;stroke-linejoin:round;paint-order:stroke}
text{font:13px system-ui,"Segoe UI","Noto Sans","DejaVu Sans",sans-serif;fill:var(--ink)}
.soft{fill:var(--soft)}.title{font-size:17px;font-weight:600}.panel{font-size:14px;font-weight:600}
.grid{stroke:var(--line);stroke-width:1}.lead{stroke:var(--soft);stroke-width:.8;fill:none}
path.s{fill:none;stroke-width:1.8}.ours{font-weight:700}path.ours{stroke-width:3.4}
"""


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a panel: microseconds by number of rows."""

    key: str
    label: str
    points: tuple[tuple[int, float], ...]
    hollow: bool


@dataclass(frozen=True, slots=True)
class Scales:
    """Where sizes and times lie, in pixels."""

    sizes: tuple[int, ...]
    decades: tuple[int, int]
    top: float

    def x(self, rows: float) -> float:
        low, high = math.log10(self.sizes[0]), math.log10(self.sizes[-1])
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(rows) - low) / max(1e-9, high - low)

    def y(self, microseconds: float) -> float:
        low, high = self.decades
        return self.top + PANEL - BOTTOM - (PANEL - BOTTOM) * (math.log10(microseconds) - low) / (high - low)


def series_of(records: Sequence[Record], kind: str) -> list[Series]:
    """Gather the lines of one kind of bank: ours, the peers in their order, the bound."""
    engines = [one for one in records if isinstance(one, EngineRecord) and one.kind == kind]
    groups = defaultdict[str, list[EngineRecord]](list)
    for one in sorted(engines, key=lambda one: one.rows):
        groups[one.key].append(one)
    made = []
    for key, group in groups.items():
        last = group[-1]
        label = f"{last.name}, {_time(last.one_cpu.p50)}"
        hollow = any(one.recall < 1 for one in group)
        if hollow:
            label += f", recall {math.floor(100 * min(one.recall for one in group)) / 100:.2f}"
        made.append(Series(key, label, tuple((one.rows, one.one_cpu.p50) for one in group), hollow))
    bounds = [one for one in records if isinstance(one, BoundRecord) and one.kind == kind]
    if bounds:
        points = tuple((one.rows, one.bound) for one in sorted(bounds, key=lambda one: one.rows))
        made.append(Series("bound", f"{_BOUND}, {_time(points[-1][1])}", points, hollow=False))
    return made


def _time(microseconds: float) -> str:
    return f"{figure(microseconds / 1000)} ms" if microseconds >= 1000 else f"{figure(microseconds)} µs"


def draw(records: Sequence[Record]) -> str:
    """Draw one panel for each kind of bank, one below the other."""
    kinds = list(dict.fromkeys(one.kind for one in records if isinstance(one, EngineRecord)))
    panels = {kind: series_of(records, kind) for kind in kinds}
    points = [point for panel in panels.values() for series in panel for point in series.points]
    if not points:
        raise SystemExit("no engine in these records")
    sizes = tuple(sorted({rows for rows, _ in points}))
    times = [time for _, time in points]
    decades = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))
    styles = _styles([series.key for panel in panels.values() for series in panel])
    height = TOP + len(panels) * (PANEL + 40)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        "<title>Time of one exact search against the number of rows, for notcontent and its peers</title>",
        f"<style>{_STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}" rx="8" fill="var(--ground)"/>',
        '<text class="title" x="20" y="30">One query, all rows within 31 of 256 bits: median CPU time</text>',
        '<text class="soft" x="20" y="50">One thread. Hollow shapes miss rows. A name gives the time at its end</text>',
    ]
    for number, (kind, panel) in enumerate(panels.items()):
        scales = Scales(sizes, decades, TOP + 26 + number * (PANEL + 40))
        parts += [*_axes(scales, kind), *_lines(panel, scales, styles)]
    return "\n".join([*parts, "</svg>", ""])


def _styles(keys: Sequence[str]) -> dict[str, tuple[str, str, int]]:
    """Give each key a colour, a dash and a shape."""
    known = dict.fromkeys(key for key in keys if key != "bound")
    given = {
        key: (_COLOURS[place % len(_COLOURS)], _DASHES[place % len(_DASHES)] if place else "", place)
        for place, key in enumerate(known)
    }
    return given | {"bound": ("ink", "1 4", -1)}


def _axes(scales: Scales, kind: str) -> list[str]:
    """Draw the grid and its numbers."""
    right, floor = WIDTH - RIGHT, scales.y(10 ** scales.decades[0])
    parts = [f'<text class="panel" x="20" y="{scales.top - 10:.0f}">{escape(kind)} bank</text>']
    for decade in range(scales.decades[0], scales.decades[1] + 1):
        y = scales.y(10**decade)
        unit = f"{10 ** (decade % 3)} {('µs', 'ms', 's')[decade // 3]}"
        parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{right}"/>')
        parts.append(f'<text class="soft" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{unit}</text>')
    for rows in scales.sizes:
        x = scales.x(rows)
        named = f"{rows // 1_000_000}M" if rows >= 1_000_000 else f"{rows // 1000}k"
        parts.append(f'<path class="grid" d="M{x:.1f} {scales.top:.1f}V{floor:.1f}"/>')
        parts.append(f'<text class="soft" x="{x:.1f}" y="{floor + 20:.1f}" text-anchor="middle">{named} rows</text>')
    return parts


def _lines(panel: Sequence[Series], scales: Scales, styles: dict[str, tuple[str, str, int]]) -> list[str]:
    """Draw lines and shapes, then the names over them.

    Names of lines that reach the right edge stand beside it; a line that ends before has its name below its end.
    """
    lines, names = list[str](), list[str]()
    heights = dict[Series, float]()
    for size in scales.sizes:
        ending = [series for series in panel if series.points[-1][0] == size]
        below = 0 if size == scales.sizes[-1] else 13
        ends = [scales.y(series.points[-1][1]) + below for series in ending]
        placed = spread_out(ends, scales.top + 6, scales.y(10 ** scales.decades[0]))
        heights |= dict(zip(ending, placed, strict=True))
    for series in panel:
        colour, dash, shape = styles[series.key]
        at = [(scales.x(rows), scales.y(time)) for rows, time in series.points]
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in at)
        emphasis = " ours" if series.key == "ours" else ""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        lines.append(f'<path class="s{emphasis}" d="{path}" stroke="var(--{colour})"{dashed}/>')
        fill = "var(--ground)" if series.hollow else f"var(--{colour})"
        if shape >= 0:
            lines += [_shape(shape, x, y, f'fill="{fill}" stroke="var(--{colour})" stroke-width="1.6"') for x, y in at]
        (x, end_y), y, start = at[-1], heights[series], WIDTH - RIGHT + 26
        if series.points[-1][0] == scales.sizes[-1]:
            lines.append(f'<path class="lead" d="M{x + 7:.1f} {end_y:.1f}L{start - 4} {y:.1f}"/>')
        else:
            start = round(x + 10)
        text = f'<text class="halo{emphasis}" x="{start}" y="{y + 4:.1f}" style="fill:var(--{colour})">'
        names.append(f"{text}{escape(series.label)}</text>")
    return lines + names


def spread_out(wanted: Sequence[float], top: float, bottom: float) -> list[float]:
    """Move heights apart to at least `LABEL_GAP`, between top and bottom, keeping their order."""
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    heights = [wanted[place] for place in order]
    for place in range(len(heights)):
        least = top if place == 0 else heights[place - 1] + LABEL_GAP
        heights[place] = max(heights[place], least)
    for place in reversed(range(len(heights))):
        most = bottom if place == len(heights) - 1 else heights[place + 1] - LABEL_GAP
        heights[place] = min(heights[place], most)
    placed = dict(zip(order, heights, strict=True))
    return [placed[place] for place in range(len(wanted))]


def _shape(number: int, x: float, y: float, paint: str) -> str:
    """Draw one of ten shapes around a point."""
    size = 4.6
    if number % 10 == 0:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" {paint}/>'
    if number % 10 == 1:
        return f'<rect x="{x - size:.1f}" y="{y - size:.1f}" width="{2 * size:.1f}" height="{2 * size:.1f}" {paint}/>'
    corners, turn, dent = _POLYGONS[number % 10 - 2]
    points = []
    for corner in range(corners):
        angle = math.radians(turn - 90 + 360 * corner / corners)
        reach = 1.3 * size * (dent if corner % 2 else 1)
        points.append(f"{x + reach * math.cos(angle):.1f},{y + reach * math.sin(angle):.1f}")
    return f'<polygon points="{" ".join(points)}" {paint}/>'


def main() -> None:
    words = sys.argv[1:]
    source = Path(words[0] if words else "var/search-bench.jsonl")
    target = Path(words[1] if len(words) > 1 else "docs/explanation/search-latency.svg")
    picture = draw(read_records(source))
    if len(picture.encode()) >= MOST_BYTES:
        raise SystemExit("the picture is too large")
    target.write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
