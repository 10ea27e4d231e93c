"""What inference is worth: simulated worlds with known truth, as files to import and as a table."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notcontent.cli.lineage.opening import JsonOption, refuse_early, save_drawing
from notcontent.cli.waiting import stoppable, waiting
from notcontent.errors import FileExistsAlreadyError, StorageError
from notcontent.lineage.words import many

if TYPE_CHECKING:
    from notcontent.lineage.evaluation.tables import Grid


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


_WIDE = 110
"""Columns of a terminal that has room for a table with all metrics beside each other."""
_METRICS_SAY = """\
Parent: of channels that continue another that was seen, how many are stated to continue the nearest one. Precision: \
of stated parents, how many are right. Abstained: of channels with a parent, for how many none is stated. Family, \
root: how many are in the right family, and in one that begins where theirs does. Ancestors F1: how far all \
ancestors agree. Strangers apart: of channels that belong to no family (spammers, look-alikes, loners), how many are \
in one with nobody: what is missing to 1 would be named wrongly. Calibration error: how far stated probabilities are \
from what came true."""

_EVALUATE = f"""Judge the inference on simulated families whose truth is known, beside three simple ways.

100 families on all levels take some minutes. On a terminal the tables are drawn; a pipe gets Markdown. Each figure \
has the interval in which 95 of 100 draws of families lie.

{_METRICS_SAY}

For example:

  notcontent lineage evaluate --families 20 --level full
"""


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command()(simulate)
    app.command(help=_EVALUATE)(evaluate)


def simulate(
    folder: Annotated[
        Path, typer.Argument(readable=False, help="A new folder for it.", metavar="DIR", show_default=False)
    ],
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

    For example:

      notcontent lineage simulate channels --families 1 --seed 12
    """
    if folder.exists():
        raise FileExistsAlreadyError("There is a file or folder of this name already: name a new one.")
    with waiting("Making channels up"):
        from notcontent.lineage.simulation import SMALL, Level, Ranges, Settings
        from notcontent.lineage.simulation import simulate as run
        from notcontent.lineage.simulation.writing import write_world

        ranges = SMALL if pictures else Ranges()  # thousands of pictures would take an hour
        world = run(Settings(seed, families, Level(level.value), media=pictures, ranges=ranges))
    try:
        with waiting("Drawing and writing" if pictures else "Writing"):
            written = write_world(world, folder, pictures=pictures)
    except OSError as error:
        raise StorageError("The world cannot be written there.") from error
    if as_json:
        print(json.dumps({"channels": written}))
    else:
        print(f"{many(written, 'channel')} written into {folder}; who comes from whom stands in truth.json there.")


def evaluate(
    families: Annotated[int, typer.Option(min=2, max=100_000, help="Families to judge by.")] = 100,
    seed: Annotated[int | None, typer.Option(help="First seed; one of those kept for evaluation if left out.")] = None,
    level: Annotated[
        list[Seen] | None,
        typer.Option(
            metavar="<level>", help="full, posts, channels or both, as of `simulate`; repeatable. All four if left out."
        ),
    ] = None,
    small: Annotated[
        bool,
        typer.Option("--small", help="One family and five strangers in each world, not twenty families."),
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(readable=False, help="Draw how far probabilities can be believed, as SVG.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run the verb."""
    refuse_early(plot)
    with waiting("Loading"):
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
        save_drawing(plot, calibration_plot(table))
    if as_json:
        print(json.dumps({"rows": table.values()}))
    elif sys.stdout.isatty():
        draw_tables(table.grids())
    else:
        print(table.markdown())


def draw_tables(grids: "Iterable[Grid]") -> None:
    """Show the grids on a terminal, on a narrow one with the levels beside each other; a pipe gets Markdown."""
    from rich.console import Console
    from rich.table import Table as Drawn

    console = Console()
    for grid in grids:
        drawn = Drawn(box=None, header_style="bold", title=grid.title, title_justify="left", title_style="bold")
        rows = [tuple(grid.heads), *(tuple(cells) for cells in grid.cells)]
        if console.width < _WIDE:
            drawn.padding = (0, 1, 0, 0)
            rows = [tuple(cell.replace("1.00", "1.0") for cell in cells) for cells in zip(*rows, strict=True)]
        for place, head in enumerate(rows[0]):
            drawn.add_column(head, justify="right" if place else "left")
        for cells in rows[1:]:
            drawn.add_row(*cells)
        console.print(drawn, "")
    console.print(_METRICS_SAY, highlight=False)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Show how far it is, on a terminal. Raises KeyboardInterrupt at the next step for a Ctrl-C that was lost."""
    with stoppable() as go_on:
        if not sys.stderr.isatty():
            yield lambda _done, _total: go_on()
            return
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
            task = bar.add_task("Judging worlds", total=None)

            def step(done: int, total: int) -> None:
                go_on()
                bar.update(task, completed=done, total=total)

            yield step
