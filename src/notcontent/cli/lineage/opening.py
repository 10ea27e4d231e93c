"""What the verbs of `notcontent lineage` share: where the book lies, how a time is told."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from notcontent.lineage.book import Book

BookOption = Annotated[
    Path,
    typer.Option("--book", help="The book's folder.", envvar="NOTCONTENT_LINEAGE_BOOK", show_default=True),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer as one JSON object.")]
ChannelArgument = Annotated[
    str, typer.Argument(help="A channel: @name, its number, its t.me link.", metavar="CHANNEL", show_default=False)
]
DEFAULT_BOOK = Path("lineage-book")


@contextmanager
def opened(folder: Path, *, make: bool = False) -> Iterator["Book"]:
    """Open a book for one verb. Raises LineageBookError."""
    from notcontent.lineage.book import open_book

    book = open_book(folder, make=make)
    try:
        yield book
    finally:
        book.close()


def now() -> int:
    """Give the time, UTC seconds."""
    return int(time.time())


def day(seconds: int) -> str:
    """Tell a day, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
