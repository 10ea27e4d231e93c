"""A path -> a source in the book: recognised, read to its end, kept whole or not at all."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from notcontent.errors import LineageAuthorityError, LineageSourceError
from notcontent.lineage.book import Authority, Book, Importing, SourceKind
from notcontent.lineage.observations import ABOUT, Fact, Handle, HandleKind, Observation, Post, Reader, SameChannel
from notcontent.lineage.readers.detect import kind_of, open_source
from notcontent.lineage.readers.media import MediaReader
from notcontent.lineage.readers.page_files import page_files
from notcontent.lineage.readers.telegram import FILE
from notcontent.lineage.report import Report

Progress = Callable[[int], None]

_CHUNK = 1 << 20
_LONGEST_LABEL = 200


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one path. `source`: its number in the book; `already`: the same bytes stood there before."""

    source: int | None
    already: bool
    report: Report


def import_path(
    book: Book,
    path: Path,
    *,
    by: str,
    now: int,
    authority: Authority | None = None,
    progress: Progress | None = None,
    empty: bool = True,
) -> Imported:
    """Take one export, page, folder, archive or list into the book.

    Media are read only with an `authority` that is not over. `progress` is told the bytes done. Without `empty`, what
    shows nothing of any channel is refused. Raises LineageSourceError and its kin (then nothing is kept),
    LineageAuthorityError, LineageBookError.
    """
    report = Report()
    if authority is not None:
        authority.check(datetime.fromtimestamp(now, UTC).date())
    kind, reader = open_source(path, book.marker, report, now=now, progress=progress)
    if authority is not None and kind is not SourceKind.TELEGRAM_EXPORT:
        raise LineageAuthorityError("Only a Telegram export has media to read: leave the authority out.")
    kept = kind if authority is None else SourceKind.TELEGRAM_MEDIA
    with book.importing(kept, label_of(path), digest_of(path), by, authority) as importing, ExitStack() as closing:
        if importing is None:
            return Imported(None, already=True, report=report)
        if authority is not None:
            media = closing.enter_context(MediaReader(_folder(path), report, skip=_skip(importing)))
            _, reader = open_source(path, book.marker, report, now=now, media=media, progress=progress)
        for observation in counted(reader, report):
            importing.add(observation)
        if not report.channels and not empty:
            raise LineageSourceError("Nothing in this source is about a channel.")
        importing.finish(report)
        return Imported(importing.source, already=False, report=report)


def _skip(importing: Importing) -> Callable[[int, int], bool]:
    """Give what tells the media of which post an earlier run has hashed."""
    return lambda channel, number: importing.has_hashed(Handle(HandleKind.NUMBER, str(channel)), number)


def counted(reader: Reader, report: Report) -> Iterator[Observation]:
    """Pass observations on and count them in the report: the one place where that is done."""
    channels: set[Handle] = set()
    last: Handle | None = None
    for observation in reader:
        if isinstance(observation, Post):
            report.posts += observation.number != ABOUT
        elif isinstance(observation, Fact):
            report.facts += 1
        if not isinstance(observation, SameChannel) and observation.channel is not last:
            last = observation.channel
            channels.add(last)
            report.channels = len(channels)
        yield observation


def label_of(path: Path) -> str:
    """Give a path's name as the book keeps it: bytes that are no text, and signs that nobody sees, become ?."""
    return "".join(sign if sign.isprintable() else "?" for sign in path.name[:_LONGEST_LABEL])


def digest_of(path: Path) -> bytes:
    """Give SHA-256 of what is read of a path: an export's result.json, a list, or the digests of all its pages.

    What lies beside pages is not opened. Raises LineageSourceError and its kin, as the readers do.
    """
    if kind_of(path) is not SourceKind.SAVED_PAGES:
        return _digest(path / FILE if path.is_dir() else path)
    whole = hashlib.sha256()
    for page in page_files(path, Report()):
        whole.update(hashlib.sha256(page.data).digest())
    return whole.digest()


def _digest(file: Path) -> bytes:
    digest = hashlib.sha256()
    try:
        with file.open("rb") as opened:
            while chunk := opened.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise LineageSourceError("The source cannot be read.") from error
    return digest.digest()


def _folder(path: Path) -> Path:
    return path if path.is_dir() else path.parent
