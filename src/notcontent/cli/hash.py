"""`notcontent hash`: turn pictures and videos into PDQ hashes, on this machine alone."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notcontent.errors import FileUnreadableError, ImageEmptyError, ImageFormatError, NotContentError

if TYPE_CHECKING:
    from notcontent.cli.videos import ReadVideo, Teller
    from notcontent.signals import Hashed

_HELP = """Turn pictures and videos into PDQ hashes, on this machine alone.

JPEG, PNG, WebP, GIF, AVIF; HEIC (needs the extra `heic`); MP4, MOV, WebM, Matroska, AVI and MPEG-TS (these need the \
extra `video`); known by their content and not by their name. Answers one line a picture: the hash (64 hexadecimal \
digits), the quality (0 to 100; below 50 the picture is too plain to be told from others) and the path. Of a video, \
and of a GIF, WebP or AVIF that moves, one line for each frame that shows something new, with its time. A hash can be \
turned back into a rough picture: treat it like the picture.

Exit code: 0 when all were hashed, 1 when some failed (each says why on a line of its own).

For example:

  notcontent hash photo.jpg

  notcontent hash --json photos/*.jpg

  notcontent hash --recursive photos

  notcontent hash --json clip.mp4

  cat photo.jpg | notcontent hash -
"""

_SOME_FAILED = 1
_STDIN = "-"


@dataclass(frozen=True, slots=True)
class _Answer:
    """What became of one file."""

    path: str
    hashed: "Hashed | None" = field(default=None, repr=False)
    video: "ReadVideo | None" = field(default=None, repr=False)
    error: NotContentError | None = None


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("hash", help=_HELP)(hash_files)


def hash_files(
    files: Annotated[list[str], typer.Argument(help="Pictures and videos, or - for stdin.", metavar="FILE...")],
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help='One object a line: {"path", "type", "hash", "quality"}, or {"path", "error"}. '
            'Frames of videos also have "kind" and "t_ms"; a line of type "video" follows them.',
        ),
    ] = False,
    recursive: Annotated[
        bool,
        typer.Option(
            "--recursive", "-r", help="Take the pictures and videos inside folders; other files are passed over."
        ),
    ] = False,
) -> None:
    """Run the verb."""
    from notcontent.cli.videos import Teller, progress_of

    failed = False
    sources = list(_sources(files, recursive=recursive))
    teller = Teller()
    with progress_of(_answers(sources, teller), len(sources), "Hashing", teller) as answers:
        for answer in answers:
            failed = failed or answer.error is not None
            (_show_json if as_json else _show_text)(answer)
    raise typer.Exit(_SOME_FAILED if failed else 0)


def _sources(files: Iterable[str], *, recursive: bool) -> Iterator[tuple[str, bool]]:
    """Give each file's path, and whether it was found in a folder rather than named."""
    for file in files:
        if recursive and file != _STDIN and os.path.isdir(file):  # noqa: PTH112 - never raises, for any name
            yield from _inside(file)
        else:
            yield file, False


def _inside(folder: str) -> Iterator[tuple[str, bool]]:
    """Give the files of a folder, in order. A folder in it that may not be listed stands as one that was named."""
    closed: list[str] = []
    walked = os.walk(folder, onerror=lambda error: closed.append(error.filename))
    found = [Path(inner, name) for inner, _, names in walked for name in names]
    yield from ((str(path), True) for path in sorted(found) if os.path.isfile(path))  # noqa: PTH113
    yield from ((path, False) for path in closed)


def _answers(sources: Sequence[tuple[str, bool]], teller: "Teller") -> Iterator[_Answer]:
    """Hash one file after the other. What is neither picture nor video is an error where it was named, else nothing."""
    for path, found in sources:
        try:
            yield _answer(path, teller)
        except (ImageFormatError, ImageEmptyError) as error:
            if not found:
                yield _Answer(path, error=error)
        except NotContentError as error:
            yield _Answer(path, error=error)


def _answer(path: str, teller: "Teller") -> _Answer:
    """Hash one file. Raises what is wrong with it."""
    from notcontent.cli.videos import opened_video, read_video, video_of_stdin
    from notcontent.signals import hash_image
    from notcontent.signals.video import is_video

    with opened_video(path) as video:
        if video is not None:
            return _Answer(path, video=read_video(video, path, teller))
    data = _read(path)
    if path == _STDIN and is_video(BytesIO(data)):
        with video_of_stdin(data) as video:
            return _Answer(path, video=read_video(video, path, teller))
    return _Answer(path, hash_image(data))


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
        raise FileUnreadableError.of(error) from error


def _show_json(answer: _Answer) -> None:
    """Print one object, or one for each frame and one for the video. What is not UTF-8 in a path is escaped."""
    for shown in _objects(answer):
        sys.stdout.write(json.dumps({"path": answer.path} | shown) + "\n")
    sys.stdout.flush()


def _objects(answer: _Answer) -> Iterator[dict[str, object]]:
    if answer.hashed is not None:
        yield {"type": "pdq", "hash": answer.hashed.hex, "quality": answer.hashed.quality}
    elif answer.video is not None:
        for frame in answer.video.frames:
            hashed: dict[str, object] = {"type": "pdq", "hash": frame.value.hex(), "quality": frame.quality}
            yield hashed | {"kind": "frame", "t_ms": frame.t_ms}
        end = answer.video.end
        counts: dict[str, object] = {
            "frames": len(answer.video.frames),
            "seen": end.seen,
            "duration_ms": end.duration_ms,
        }
        yield {"type": "video", "sha256": end.sha256, "md5": end.md5} | counts | {"full": end.full}
    elif answer.error is not None:
        yield {"error": answer.error.code}


def _show_text(answer: _Answer) -> None:
    """Print the hashes on stdout, or the error on stderr."""
    from notcontent.cli.hashed_inputs import shown
    from notcontent.cli.videos import shown_time

    path = shown(answer.path)
    if answer.error is not None:
        sys.stderr.write(f"{path}: {answer.error.code}: {answer.error}\n")
    if answer.hashed is not None:
        sys.stdout.write(f"{answer.hashed.hex}  {answer.hashed.quality:>3}  {path}\n")
    if answer.video is not None:
        for frame in answer.video.frames:
            sys.stdout.write(f"{frame.value.hex()}  {frame.quality:>3}  {path}  {shown_time(frame.t_ms)}\n")
        if answer.video.end.full:
            sys.stderr.write(f"{path}: more frames differ than are kept; these are the first of them.\n")
    sys.stdout.flush()
