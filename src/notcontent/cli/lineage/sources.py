"""What a book was made from: import, sources, withdraw."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notcontent.cli.interrupt import INTERRUPTED
from notcontent.cli.lineage.opening import DEFAULT_BOOK, BookOption, HubOption, JsonOption, day, now, opened
from notcontent.cli.lineage.saying import say
from notcontent.cli.waiting import waiting
from notcontent.errors import LineageSourceError, NotContentError
from notcontent.lineage.words import LEFT_OUT, grouped, many

if TYPE_CHECKING:
    from notcontent.lineage.book import Authority
    from notcontent.lineage.importing import Imported
    from notcontent.lineage.report import Report

_Progress = Callable[[int], None]
_Take = Callable[[Path, _Progress | None], "Imported"]

_SOME_FAILED = 1
_MEDIA = "Reading pictures and videos"
_BY = "shell"

_IMPORT = """Take material into the book: exports of Telegram Desktop (a folder with result.json, or that file), saved \
pages of t.me/s (a page, a folder, a zip), CSV lists, and text files with one link a line.

Only what the files say is read: sizes, dimensions, durations, times, forwards, links. Each import is a source of \
its own, which `withdraw` takes out again with everything that it said. Importing twice changes nothing; an import \
that was stopped goes on when it is started again.

With --authority, --law and --until the pictures and videos of an export are opened too, hashed, and forgotten. Read \
docs/how-to/read-a-telegram-export.md first: it says when that is lawful, and when to stop.

Exit code: 1 when one of several could not be taken.

For example:

  notcontent lineage import ChatExport_2026-11-01 pages/*.html
"""


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("import", help=_IMPORT)(import_)
    app.command()(sources)
    app.command()(withdraw)


def import_(
    paths: Annotated[
        list[Path], typer.Argument(readable=False, help="What to read.", metavar="PATH...", show_default=False)
    ],
    book: BookOption = DEFAULT_BOOK,
    hub: HubOption = None,
    authority: Annotated[
        str | None, typer.Option(help="Who ordered or allowed to open them.", rich_help_panel=_MEDIA)
    ] = None,
    law: Annotated[str | None, typer.Option(help="By which law.", rich_help_panel=_MEDIA)] = None,
    until: Annotated[
        datetime | None, typer.Option(help="Until which day.", formats=["%Y-%m-%d"], rich_help_panel=_MEDIA)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run the verb."""
    from notcontent.cli.hashed_inputs import shown

    under = _authority(authority, law, until)
    told: list[dict[str, object]] = []
    if not any(path.exists() for path in paths):  # said before a book is made for nothing
        raise LineageSourceError("The source does not exist." if len(paths) == 1 else "None of the sources exists.")
    with _taking(book, hub, under) as take:
        for path in paths:
            try:
                with _progress(path) as progress:
                    done = take(path, progress)
            except NotContentError as error:
                if len(paths) == 1:
                    raise
                told.append({"path": str(path), "error": error.code})
                print(f"{shown(path.name)}: {error.code}: {error}", file=sys.stderr)
                continue
            except KeyboardInterrupt:  # said before what stands is judged, which may take minutes
                _tell_stopped(path, told, as_json)
                raise typer.Exit(INTERRUPTED) from None
            told.append({"path": str(path), **_object(done)})
            for sentence, lead in _sentences(path, done):
                say(sentence, lead, "    ", sys.stderr if as_json else None)
    if as_json:
        print(json.dumps({"sources": told}))
    raise typer.Exit(_SOME_FAILED if any("error" in each for each in told) else 0)


def _tell_stopped(path: Path, told: list[dict[str, object]], as_json: bool) -> None:
    from notcontent.cli.hashed_inputs import shown

    message = "Stopped: what was read of it is not seen, and goes on when it is imported again."
    if as_json:
        told.append({"path": str(path), "error": "interrupted"})
        print(json.dumps({"sources": told, "error": "interrupted", "message": message}), flush=True)
    else:
        print(f"{shown(path.name)}: interrupted: {message}", file=sys.stderr)


@contextmanager
def _taking(folder: Path, hub: Path | None, authority: "Authority | None") -> Iterator[_Take]:
    """Give what takes a path into a book of one's own, or into a hub's, where it is audited. Judged at the end."""
    if hub is not None:
        from notcontent.hub.boot import boot, check_ready

        boot(hub)
        check_ready()
        from notcontent.hub import flows

        with flows.importing_sources(_BY, authority) as take:
            yield take
        return
    from notcontent.lineage.importing import import_path
    from notcontent.lineage.judging import judge, unjudged

    fresh: list[int] = []
    with opened(folder, make=True) as taking:

        def take(path: Path, progress: _Progress | None) -> "Imported":
            done = import_path(taking, path, by=_BY, now=now(), authority=authority, progress=progress)
            fresh.extend([] if done.source is None else [done.source])
            return done

        try:
            yield take
        finally:
            if fresh or unjudged(taking):
                with waiting("Looking for families"):
                    judge(taking, fresh)


def sources(book: BookOption = DEFAULT_BOOK, hub: HubOption = None, as_json: JsonOption = False) -> None:
    """List what the book was made from, the newest first.

    For example:

      notcontent lineage sources
    """
    with opened(book, hub) as reading:
        lines = reading.sources()
    if as_json:
        told = [
            {
                "source": line.id,
                "kind": line.kind.value,
                "label": line.label,
                "imported": day(line.imported),
                "by": line.imported_by,
                "state": line.state.value,
                "authority": None if line.authority is None else str(line.authority),
                "report": dict(line.report),
            }
            for line in lines
        ]
        print(json.dumps({"sources": told}))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from notcontent.cli.hashed_inputs import shown

    table = Table(box=None, header_style="bold")
    for column in ("no.", "kind", "what", "imported", "state", "posts", "skipped"):
        table.add_column(column, justify="right" if column in {"no.", "posts", "skipped"} else "left")
    for line in lines:
        skipped = sum(count for name, count in line.report.items() if name.startswith("skipped_"))
        cells = (str(line.id), line.kind.value, shown(line.label, 60), day(line.imported), line.state.value)
        table.add_row(*(Text(cell) for cell in cells), grouped(line.report.get("posts", 0)), grouped(skipped))
    Console().print(table)


def withdraw(
    source: Annotated[int, typer.Argument(help="The source's number, as `sources` lists it.", show_default=False)],
    book: BookOption = DEFAULT_BOOK,
    hub: HubOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a source out of the book, with everything that it said. Its line in `sources` stays.

    For example:

      notcontent lineage withdraw 1
    """
    with waiting("Looking for families anew"):
        if hub is not None:
            from notcontent.hub.boot import boot, check_ready

            boot(hub)
            check_ready()
            from notcontent.hub import flows

            flows.withdraw_source(_BY, source)
        else:
            from notcontent.lineage.judging import judge

            with opened(book) as taking:
                taking.withdraw(source)
                judge(taking)
    if as_json:
        print(json.dumps({"withdrawn": source}))
    else:
        print(f"Source {source} is withdrawn, with everything that it said.")


def _authority(who: str | None, law: str | None, until: datetime | None) -> "Authority | None":
    from notcontent.lineage.book import Authority

    if who is None and law is None and until is None:
        return None
    if who is None or law is None or until is None:
        raise typer.BadParameter("An authority needs all of --authority, --law and --until.")
    return Authority(who, law, until.date())


def _object(done: "Imported") -> dict[str, object]:
    report = done.report
    return {
        "source": done.source,
        "already": done.already,
        "posts": report.posts,
        "channels": report.channels,
        "media_hashed": report.media_hashed,
        "skipped_lines": report.rows,
        "skipped": {why.value: count for why, count in sorted(report.skipped.items(), key=lambda item: item[0].value)},
    }


def _sentences(path: Path, done: "Imported") -> Iterator[tuple[str, str]]:
    """Give the sentences of an import's report, each with what stands before it."""
    from notcontent.cli.hashed_inputs import shown
    from notcontent.lineage.report import MOST_ROWS

    if done.already:
        yield f"{shown(path.name)}: is in the book already.", ""
        return
    report: Report = done.report
    read = f"{shown(path.name)}: {many(report.posts, 'post')} of {many(report.channels, 'channel')}"
    if report.media_hashed:
        read += f", {grouped(report.media_hashed)} media hashed and forgotten"
    yield f"{read}; source {done.source}.", ""
    for why, count in report.skipped.most_common():
        yield f"skipped {grouped(count)}: {LEFT_OUT[why]}", "  "
    if report.rows:
        more = ", and more" if len(report.rows) == MOST_ROWS else ""
        yield f"these stand in line{'s' * (len(report.rows) > 1)} {', '.join(map(str, report.rows))}{more}", "  "


@contextmanager
def _progress(path: Path) -> Iterator[Callable[[int], None] | None]:
    """Show a bar over the bytes of a file on stderr, when that is a terminal."""
    size = _size(path)
    if not sys.stderr.isatty() or not size:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    columns = ("Reading", BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("Reading", total=size)
        yield lambda done: bar.update(task, completed=done)


def _size(path: Path) -> int:
    """Give the bytes to read of a path, 0 where that is not known beforehand."""
    for file in (path, path / "result.json"):
        if file.is_file():
            return file.stat().st_size
    return 0
