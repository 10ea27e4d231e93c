"""`notcontent hash`: turn pictures into PDQ hashes, on this machine alone."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from notcontent.errors import FileUnreadableError, ImageEmptyError, ImageFormatError, NotContentError

_HELP = """Turn pictures into PDQ hashes, on this machine alone.

JPEG, PNG, WebP and GIF, known by their content and not by their name; of an animation the first frame. \
Answers one line a picture: the hash (64 hexadecimal digits), the quality (0 to 100; below 50 the picture \
is too plain to be told from others) and the path. A hash can be turned back into a rough picture: treat \
it like the picture.

Exit code: 0 when all were hashed, 1 when some failed (each says why on a line of its own).

For example:

  notcontent hash photo.jpg

  notcontent hash --json photos/*.jpg

  notcontent hash --recursive photos

  cat photo.jpg | notcontent hash -
"""

_SOME_FAILED = 1
_STDIN = "-"


@dataclass(frozen=True, slots=True)
class _Answer:
    """What became of one file."""

    path: str
    value: str = field(default="", repr=False)
    quality: int = 0
    error: NotContentError | None = None


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("hash", help=_HELP)(hash_files)


def hash_files(
    files: Annotated[list[str], typer.Argument(help="Pictures, or - for stdin.", metavar="FILE...")],
    as_json: Annotated[
        bool,
        typer.Option("--json", help='One object a line: {"path", "type", "hash", "quality"}, or {"path", "error"}.'),
    ] = False,
    recursive: Annotated[
        bool,
        typer.Option("--recursive", "-r", help="Take the pictures inside folders; other files there are passed over."),
    ] = False,
) -> None:
    """Run the verb."""
    failed = False
    sources = list(_sources(files, recursive=recursive))
    with _progress(_answers(sources), len(sources)) as answers:
        for answer in answers:
            failed = failed or answer.error is not None
            (_show_json if as_json else _show_text)(answer)
    raise typer.Exit(_SOME_FAILED if failed else 0)


def _sources(files: Iterable[str], *, recursive: bool) -> Iterator[tuple[str, bool]]:
    """Give each file's path, and whether it was found in a folder rather than named."""
    for file in files:
        if recursive and file != _STDIN and Path(file).is_dir():
            inside = sorted(path for path in Path(file).rglob("*") if path.is_file())
            yield from ((str(path), True) for path in inside)
        else:
            yield file, False


def _answers(sources: Sequence[tuple[str, bool]]) -> Iterator[_Answer]:
    """Hash one file after the other. What is no picture is an error where it was named, and nothing inside a folder."""
    from notcontent.signals import hash_image

    for path, found in sources:
        try:
            hashed = hash_image(_read(path))
        except (ImageFormatError, ImageEmptyError) as error:
            if not found:
                yield _Answer(path, error=error)
        except NotContentError as error:
            yield _Answer(path, error=error)
        else:
            yield _Answer(path, hashed.hex, hashed.quality)


def _read(path: str) -> bytes:
    """Read one byte more than the limit at most, so that a huge file is refused without being held."""
    from notcontent.signals import DEFAULT_LIMITS

    most = DEFAULT_LIMITS.max_bytes + 1
    if path == _STDIN:
        return sys.stdin.buffer.read(most)
    try:
        with Path(path).open("rb") as file:
            return file.read(most)
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise FileUnreadableError from error


def _show_json(answer: _Answer) -> None:
    """Print one object. What is not UTF-8 in a path is escaped."""
    if answer.error is not None:
        shown: dict[str, object] = {"path": answer.path, "error": answer.error.code}
    else:
        shown = {"path": answer.path, "type": "pdq", "hash": answer.value, "quality": answer.quality}
    sys.stdout.write(json.dumps(shown) + "\n")
    sys.stdout.flush()


def _show_text(answer: _Answer) -> None:
    """Print the hash on stdout, or the error on stderr."""
    from notcontent.cli.hashed_inputs import shown

    if answer.error is not None:
        sys.stderr.write(f"{shown(answer.path)}: {answer.error.code}: {answer.error}\n")
    else:
        sys.stdout.write(f"{answer.value}  {answer.quality:>3}  {shown(answer.path)}\n")
        sys.stdout.flush()


@contextmanager
def _progress(answers: Iterator[_Answer], total: int) -> Iterator[Iterable[_Answer]]:
    """Show a bar on stderr while answers are taken, when that is a terminal and there are several files."""
    if total < 2 or not sys.stderr.isatty():
        yield answers
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        yield bar.track(answers, total=total, description="Hashing")
