"""The table of an evaluation: as Markdown for the docs, as values for `--json`."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from notcontent.lineage.evaluation.metrics import METRICS, Bin, Measured
from notcontent.lineage.simulation import Level

LEVELS: Mapping[Level, str] = {
    Level.FULL: "full",
    Level.POSTS: "40 % of posts",
    Level.CHANNELS: "20 % of channels unseen",
    Level.BOTH: "both, and 40 % spam",
}
HEADS = ("parent", "precision", "abstained", "family", "root", "ancestors F1", "strangers apart", "calibration error")


@dataclass(frozen=True, slots=True)
class Row:
    """One method on one level, with media hashed or not."""

    method: str
    level: Level
    media: bool
    families: int
    channels: int
    seconds: float
    """Of the inference alone."""
    metrics: Mapping[str, Measured]
    bins: tuple[Bin, ...]
    """Empty for a method that gives no probabilities."""


@dataclass(frozen=True, slots=True)
class Grid:
    """One method on one kind of evidence, in words: a row of cells for each level."""

    title: str
    heads: list[str]
    cells: list[list[str]]


@dataclass(frozen=True, slots=True)
class Table:
    """All rows of one evaluation."""

    rows: tuple[Row, ...]

    def grids(self) -> list[Grid]:
        """Give it as people read it: a grid for each method and kind of evidence."""
        given = []
        for method in dict.fromkeys(row.method for row in self.rows):
            for media in (True, False):
                rows = [row for row in self.rows if row.method == method and row.media is media]
                if rows:
                    names = METRICS if any(row.bins for row in rows) else METRICS[:-1]
                    cells = [[LEVELS[row.level], *(cell(row.metrics[name]) for name in names)] for row in rows]
                    title = f"{method[:1].upper() + method[1:]}, {'media hashed' if media else 'JSON only'}"
                    given.append(Grid(title, ["Evidence", *HEADS[: len(names)]], cells))
        return given

    def markdown(self) -> str:
        """Write it as Markdown tables, one for each method and kind of evidence."""
        parts = []
        for grid in self.grids():
            rules = ["---"] * len(grid.heads)
            lines = ["| " + " | ".join(grid.heads) + " |", "|" + "|".join(rules) + "|"]
            lines += ["| " + " | ".join(cells) + " |" for cells in grid.cells]
            parts.append(f"**{grid.title}**\n\n" + "\n".join(lines))
        return "\n\n".join(parts) + "\n"

    def values(self) -> list[dict[str, object]]:
        """Give rows that JSON can hold: a metric as [value, low, high], a bin as [count, stated, right]."""
        return [
            {
                "method": row.method,
                "level": row.level.value,
                "media": row.media,
                "families": row.families,
                "channels": row.channels,
                "seconds": round(row.seconds, 2),
                "metrics": {name: _numbers(one) for name, one in row.metrics.items()},
                "bins": [[each.count, round(each.stated, 4), round(each.right, 4)] for each in row.bins],
            }
            for row in self.rows
        ]


def cell(measured: Measured) -> str:
    """Write a metric with its interval: `.93 (.91–.95)`."""
    if math.isnan(measured.value):
        return "–"
    value, low, high = (f"{each:.2f}" for each in (measured.value, measured.low, measured.high))
    return f"{value} ({low}–{high})".replace("0.", ".")


def _numbers(measured: Measured) -> list[float] | None:
    if math.isnan(measured.value):
        return None
    return [round(each, 4) for each in (measured.value, measured.low, measured.high)]
