"""What inference is worth: simulated worlds with known truth, as files to import and as a table."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from notcontent.cli.lineage.opening import JsonOption
from notcontent.errors import FileUnreadableError


class Seen(Enum):
    """How much of a world was seen."""

    FULL = "full"
    POSTS = "posts"
    CHANNELS = "channels"
    BOTH = "both"


SeenOption = Annotated[
    Seen,
    typer.Option(
        "--level", help="full; posts: 40 % of them; channels: 20 % of them unseen; both, and 40 % of it spam."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command()(simulate)
    app.command()(evaluate)


def simulate(
    folder: Annotated[Path, typer.Argument(help="A new folder for it.", metavar="DIR", show_default=False)],
    families: Annotated[int, typer.Option(min=1, max=1000, help="Families of channels.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds give equal worlds.")] = 1,
    level: SeenOption = Seen.FULL,
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Draw the pictures too, for media mode; the world is then a small one.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a world of made-up channels as files to import: exports, saved pages, a list of removals; and the truth.

    Nothing in it is real: names are put together from lists of words, pictures are drawn.
    """
    from notcontent.lineage.simulation import SMALL, Level, Ranges, Settings
    from notcontent.lineage.simulation import simulate as run
    from notcontent.lineage.simulation.writing import write_world

    if folder.exists():
        raise FileUnreadableError("The folder exists: name a new one.")
    ranges = SMALL if pictures else Ranges()  # thousands of pictures would take an hour
    world = run(Settings(seed, families, Level(level.value), media=pictures, ranges=ranges))
    written = write_world(world, folder, pictures=pictures)
    if as_json:
        print(json.dumps({"channels": written}))
    else:
        print(f"{written} channels written into {folder}; who comes from whom stands in truth.json there.")


def evaluate(
    families: Annotated[int, typer.Option(min=2, max=100_000, help="Families to judge by.")] = 100,
    seed: Annotated[int | None, typer.Option(help="First seed; one of those kept for evaluation if left out.")] = None,
    level: Annotated[list[Seen] | None, typer.Option(help="One level, repeatable; all four if left out.")] = None,
    small: Annotated[
        bool,
        typer.Option("--small", help="One family and five strangers in each world, not twenty families."),
    ] = False,
    plot: Annotated[
        Path | None, typer.Option(help="Draw how far probabilities can be believed, as SVG.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Judge the inference on simulated families whose truth is known, beside three simple ways, with intervals.

    100 families on all levels take some minutes.
    """
    from dataclasses import replace

    from notcontent.lineage.evaluation import LARGE_BOOKS, SMALL_BOOKS, calibration_plot
    from notcontent.lineage.evaluation import evaluate as run
    from notcontent.lineage.inference import infer
    from notcontent.lineage.simulation import Level

    worlds = SMALL_BOOKS if small else LARGE_BOOKS
    levels = [Level(each.value) for each in level or list(Seen)]
    with _progress() as progress:
        table = run(
            infer,
            families=families,
            worlds=worlds if seed is None else replace(worlds, seed=seed),
            levels=levels,
            progress=progress,
        )
    if plot is not None:
        plot.write_text(calibration_plot(table), encoding="utf-8")
    print(json.dumps({"rows": table.values()}) if as_json else table.markdown())


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("Judging worlds", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
