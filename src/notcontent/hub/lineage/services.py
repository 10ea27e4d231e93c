"""Writing into the hub's book: sources in and out, what is said renewed, what was looked at.

A call ends when both have changed: what sources show, and what is said because of it. Until then pages tell what stood
before; a call that is killed leaves channels unjudged, which the pages say. Audited by the stories that call these.
"""

import time
from collections.abc import Sequence
from pathlib import Path

from notcontent.hub.lineage.place import hub_book
from notcontent.lineage.book import Authority, Book, SourceLine
from notcontent.lineage.importing import Imported, Progress, import_path
from notcontent.lineage.judging import judge


def sources() -> list[SourceLine]:
    """List every source that was ever imported, the newest first."""
    with hub_book() as book:
        return book.sources()


def import_source(
    path: Path, *, by: str, authority: Authority | None = None, progress: Progress | None = None
) -> Imported:
    """Take a path into the book and judge what it touches. Raises LineageSourceError and its kin, LineageBookError.

    An import that shows nothing of any channel is refused, as a source that stands for nothing.
    """
    with hub_book() as book:
        imported = _taken(book, path, by, authority, progress)
        if imported.source is not None:
            try:
                judge(book, [imported.source])
            except Exception:
                book.withdraw(imported.source)
                raise
        return imported


def take_source(
    path: Path, *, by: str, authority: Authority | None = None, progress: Progress | None = None
) -> Imported:
    """Take a path into the book, unjudged: `judge_touched` follows. Raises what `import_source` raises."""
    with hub_book() as book:
        return _taken(book, path, by, authority, progress)


def judge_touched(sources: Sequence[int]) -> None:
    """Judge what these sources touch."""
    with hub_book() as book:
        judge(book, sources)


def _taken(book: Book, path: Path, by: str, authority: Authority | None, progress: Progress | None) -> Imported:
    now = int(time.time())
    return import_path(book, path, by=by, now=now, authority=authority, progress=progress, empty=False)


def withdraw(source: int) -> SourceLine:
    """Take a source out with all that hung on it, and judge the book anew: minutes, when it holds millions of posts.

    Raises LineageSourceNotFoundError, LineageBookBusyError.
    """
    with hub_book() as book:
        line = book.withdraw(source)
        judge(book)
        return line


def judge_whole() -> int:
    """Judge the whole book and give the number of its channels."""
    with hub_book() as book:
        judge(book)
        return len(book.rows().keys)


def mark_seen(keys: Sequence[str]) -> None:
    """Note that somebody has looked at these channels. Raises LineageChannelNotFoundError."""
    with hub_book() as book:
        for key in keys:
            book.mark_seen(key)
