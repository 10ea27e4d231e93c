"""What the verbs of `notcontent lineage` share: where the book lies, how a time is told."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notcontent.cli.called import is_called
from notcontent.errors import LineageChannelAmbiguousError, StorageError
from notcontent.lineage.words import grouped, many

if TYPE_CHECKING:
    from notcontent.lineage.book import Book
    from notcontent.lineage.judging import Judged

BookOption = Annotated[
    Path,
    typer.Option(
        "--book", readable=False, help="The book's folder.", envvar="NOTCONTENT_LINEAGE_BOOK", show_default=True
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer as one JSON object.")]
ChannelArgument = Annotated[
    str,
    typer.Argument(
        help="A channel: @name, its t.me link, its key, its title; 3, or F2#3, as `tree` numbers it.",
        metavar="CHANNEL",
        show_default=False,
    ),
]
HubOption = Annotated[
    Path | None,
    typer.Option("--hub", readable=False, help="A hub's hub.toml: its book, on its machine.", show_default=False),
]
DEFAULT_BOOK = Path("lineage-book")
_UNWRITTEN = "{} cannot be written: is its folder there, and yours?"


@contextmanager
def opened(folder: Path, hub: Path | None = None, *, make: bool = False) -> Iterator["Book"]:
    """Open a book for one verb, or a hub's for reading. Raises LineageBookError, ConfigError."""
    from notcontent.lineage.book import open_book

    if hub is None:
        book = open_book(folder, make=make)
    else:
        from notcontent.hub.config import read_config
        from notcontent.hub.lineage.place import book_folder, book_key

        config = read_config(hub)
        book = open_book(book_folder(config), key=book_key(config))
    try:
        yield book
    finally:
        book.close()


def judgement_of(book: "Book") -> "Judged":
    """Read what the book says, and warn on stderr of channels of which nothing is said. Raises LineageBookError."""
    from notcontent.lineage.judging import judged, unjudged

    if waiting := unjudged(book):
        print(
            f"Of {many(waiting, 'channel')} nothing is said yet: an import was stopped before families were looked for."
            " Import any source again, and they are.",
            file=sys.stderr,
        )
    return judged(book)


def place_of(judgement: "Judged", typed: str) -> int:
    """Find the channel that was typed; list on stderr those to choose from, where several go by it.

    Raises LineageChannelNotFoundError, LineageChannelAmbiguousError.
    """
    try:
        return judgement.place(typed)
    except LineageChannelAmbiguousError as error:
        from notcontent.cli.hashed_inputs import shown
        from notcontent.lineage.finding import MOST_LISTED
        from notcontent.lineage.portrait.names import title_of

        for place in error.places[:MOST_LISTED]:
            names = ", ".join(judgement.ways(place)) or "cannot be named alone"
            # Names first: a title could say whatever stands behind it.
            print(f"  {names}  {shown(title_of(judgement.channels[place]), 40)}", file=sys.stderr)
        if len(error.places) > MOST_LISTED:
            print(f"  and {grouped(len(error.places) - MOST_LISTED)} more", file=sys.stderr)
        raise


def refuse_early(path: Path | None, what: str = "The drawing") -> None:
    """Refuse a drawing's path before anything is read or printed. Raises StorageError, typer.BadParameter.

    Only what is called an SVG, also where a link leads, may be written over: a slip must not cost a picture.
    """
    try:
        if path is not None and not is_called(path, ".svg"):
            raise typer.BadParameter("SVG is drawn: give the file a name that ends in .svg.")
        fit = path is None or (path.absolute().parent.is_dir() and (path.is_file() or not path.exists()))
    except OSError:  # a name that is too long, say
        fit = False
    if not fit:
        raise StorageError(_UNWRITTEN.format(what))


def save_drawing(path: Path, text: str) -> None:
    """Write a drawing whole or not at all, in the place of one that is there. Raises StorageError."""
    from notcontent.matching.atomicfile import write_atomically

    try:
        write_atomically(Path(os.path.realpath(path)), [text.encode("utf-8")])
    except StorageError as error:
        raise StorageError(_UNWRITTEN.format("The drawing")) from error


def now() -> int:
    """Give the time, UTC seconds."""
    return int(time.time())


def day(seconds: int) -> str:
    """Tell a day, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
