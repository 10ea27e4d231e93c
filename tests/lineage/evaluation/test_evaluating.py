"""The evaluation as a whole: the same worlds for every method, tables that can be read."""

import json
from dataclasses import replace
from functools import cache
from xml.etree.ElementTree import fromstring

import numpy as np
import pytest

from notcontent.cli.lineage.proving import draw_tables
from notcontent.lineage.evaluation import SMALL_BOOKS, Table, evaluate
from notcontent.lineage.evaluation.baselines import BASELINES, forwards_only, most_recent_poster, plain_jaccard
from notcontent.lineage.evaluation.metrics import Measured
from notcontent.lineage.evaluation.plot import calibration_plot
from notcontent.lineage.evaluation.tables import Grid, cell
from notcontent.lineage.gathering import gather
from notcontent.lineage.simulation import Level, Ranges, Settings, Span, simulate


@cache
def table() -> Table:
    told: list[tuple[int, int]] = []
    made = evaluate(
        plain_jaccard,
        families=3,
        worlds=Settings(40, ranges=Ranges(channels=Span(3, 8), posts=Span(30, 60))),
        levels=[Level.FULL, Level.BOTH],
        media=[False],
        baselines={"plain Jaccard": plain_jaccard, "forwards only": forwards_only},
        progress=lambda done, whole: told.append((done, whole)),
    )
    assert told == [(0, 2), (1, 2), (2, 2)]
    return made


def test_a_terminal_gets_the_same_cells_as_the_docs(capsys: pytest.CaptureFixture[str]) -> None:
    draw_tables(table().grids())
    drawn = capsys.readouterr().out
    assert "|" not in drawn
    assert "Strangers apart: of channels that belong to no family" in " ".join(drawn.split())
    markdown = table().markdown()
    for grid in table().grids():
        assert grid.title in drawn
        assert f"**{grid.title}**" in markdown
        assert all("| " + " | ".join(cells) + " |" in markdown for cells in grid.cells)


def test_at_eighty_columns_no_interval_is_broken(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    heads = ["Evidence", "parent", "calibration error"]
    names = ("full", "40 % of posts", "20 % of channels unseen", "both, and 40 % spam")
    draw_tables([Grid("Inference", heads, [[name, "1.00 (1.00–1.00)", ".98 (.96–1.00)"] for name in names])])
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("parent") and line.count("1.0 (1.0–1.0)") == 4 for line in lines)
    assert any(line.startswith("calibration") and line.count(".98 (.96–1.0)") == 4 for line in lines)


def test_every_method_is_judged_on_the_same_evidence() -> None:
    ours, same, forwards = (row for row in table().rows if row.level is Level.FULL)
    assert ours.metrics == same.metrics
    assert (ours.channels, forwards.channels) == (same.channels, same.channels)
    assert forwards.metrics != same.metrics


def test_small_books_hold_one_family_and_five_strangers_each() -> None:
    told: list[tuple[int, int]] = []
    (row,) = evaluate(
        plain_jaccard,
        families=2,
        worlds=replace(SMALL_BOOKS, seed=40, ranges=Ranges(channels=Span(3, 3), posts=Span(30, 60))),
        levels=[Level.FULL],
        media=[False],
        baselines={},
        progress=lambda done, whole: told.append((done, whole)),
    ).rows
    assert told == [(0, 2), (1, 2), (2, 2)]
    assert row.channels == 2 * (3 + 5)


def test_only_what_gives_probabilities_is_asked_for_calibration() -> None:
    assert [bool(row.bins) for row in table().rows] == [True, False, False, True, False, False]


def test_a_table_is_written_as_markdown_and_as_json() -> None:
    text = table().markdown()
    assert "**Inference, JSON only**" in text
    assert text.count("| both, and 40 % spam |") == 3
    assert len(json.loads(json.dumps(table().values()))) == 6


@pytest.mark.parametrize(
    ("measured", "text"),
    [
        (Measured(0.931, 0.9, 1.0), ".93 (.90–1.00)"),
        (Measured(float("nan"), 0, 0), "–"),
        (Measured(0, 0, 0.004), ".00 (.00–.00)"),
    ],
)
def test_a_cell_is_short(measured: Measured, text: str) -> None:
    assert cell(measured) == text


def test_baselines_state_only_channels_that_began_before() -> None:
    world = simulate(Settings(seed=41, families=3, media=False, ranges=Ranges(channels=Span(3, 8), posts=Span(30, 60))))
    evidence = gather(world.observations(), world.marker)
    for method in BASELINES.values():
        lineage = method(evidence)
        stated = [(line.channel, line.stated) for line in lineage.lines if line.stated is not None]
        began = [channel.began or 0 for channel in evidence.channels]
        assert stated
        assert all(began[parent] < began[child] for child, parent in stated)
        members = np.concatenate([np.array(family.members) for family in lineage.families])
        assert sorted(members.tolist()) == list(range(len(evidence.channels)))


def test_the_most_recent_poster_is_the_last_before_and_not_the_first() -> None:
    world = simulate(Settings(seed=42, families=3, media=False, ranges=Ranges(channels=Span(3, 8), posts=Span(30, 60))))
    evidence = gather(world.observations(), world.marker)
    recent = [line.stated for line in most_recent_poster(evidence).lines]
    alike = [line.stated for line in plain_jaccard(evidence).lines]
    assert recent != alike


def test_the_calibration_plot_is_drawn_with_shapes_and_said_in_words() -> None:
    drawn = calibration_plot(table())
    root = fromstring(drawn)  # noqa: S314 - our own drawing
    name = "{http://www.w3.org/2000/svg}"
    description = root.find(f"{name}desc")
    assert description is not None
    assert "JSON only, full: the mean gap to the diagonal is 0." in (description.text or "")
    counted = sum(each.count for row in table().rows for each in row.bins)
    told = [each.text or "" for each in root.iter(f"{name}title")][1:]
    assert sum(int(each.split()[0]) for each in told) == counted
    assert len(drawn) < 100_000
