"""Videos for the verbs that take pictures: hashed in a process of their own, with talk for those that take long."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

from notcontent.errors import FileUnreadableError
from notcontent.signals.video import DEFAULT_VIDEO_LIMITS, Frame, is_video
from notcontent.signals.video.sampling import Sketched
from notcontent.signals.video.worker import End, VideoWorkerLimits

LONGEST_S = 6 * 3600.0
"""Seconds that one video may take here; one that stands still is given up after a minute."""
_CHUNK = 1 << 20

_Each = TypeVar("_Each")


@dataclass(frozen=True, slots=True, repr=False)
class ReadVideo:
    """A video that was read to its end."""

    frames: tuple[Frame, ...]
    end: End
    sketched: tuple[Sketched, ...] = ()


class Teller:
    """Says how far a long video is, to whoever shows progress at the moment."""

    def __init__(self) -> None:
        """Nobody listens yet."""
        self.say: Callable[[str], None] = lambda _text: None


@contextmanager
def opened_video(path: str) -> Iterator[BinaryIO | None]:
    """Open a file if it is a video, and give None if it is not; "-" is none. Raises FileUnreadableError."""
    if path == "-":
        yield None
        return
    try:
        file = Path(path).open("rb")  # noqa: SIM115 - closed below
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise FileUnreadableError.of(error) from error
    with file:
        try:
            found = file.seekable() and is_video(file)
        except OSError as error:
            raise FileUnreadableError.of(error) from error
        yield file if found else None


@contextmanager
def video_of_stdin(head: bytes) -> Iterator[BinaryIO]:
    """Take a video from stdin into memory, never onto a disk; `head` was read already."""
    with os.fdopen(os.memfd_create("video"), "w+b") as held:
        held.write(head)
        most = DEFAULT_VIDEO_LIMITS.max_bytes + 1 - len(head)
        while most > 0 and (part := sys.stdin.buffer.read(min(_CHUNK, most))):
            held.write(part)
            most -= len(part)
        held.flush()
        yield held


def read_video(file: BinaryIO, name: str, teller: Teller, *, budget: int = 1, sketched: int = 0) -> ReadVideo:
    """Hash an open video, and sketch at most so many of its kept frames.

    Raises VideoError, ImageError or a subclass, ExtraMissingError, DecoderStartError.
    """
    from notcontent.signals.video.process import watch_process

    frames: list[Frame] = []
    sketches: list[Sketched] = []
    limits = VideoWorkerLimits(budget=budget, sketched=sketched)
    for record in watch_process(file, limits, timeout_s=LONGEST_S):
        if isinstance(record, Frame):
            frames.append(record)
        elif isinstance(record, Sketched):
            sketches.append(record)
        elif isinstance(record, End):
            return ReadVideo(tuple(frames), record, tuple(sketches))
        else:
            teller.say(f"{name}: {shown_time(record.at_ms)} looked at, {len(frames)} frames kept")
    raise AssertionError  # the last record is an End


def shown_time(t_ms: int) -> str:
    """Write a time for people: 0:01:02.500."""
    seconds, thousandths = divmod(t_ms, 1000)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}.{thousandths:03}"


@contextmanager
def progress_of(
    inputs: Iterator[_Each], total: int, talk: str, teller: Teller | None = None
) -> Iterator[Iterator[_Each]]:
    """Show a bar on stderr while `inputs` are taken, when that is a terminal: for several, or for one long video."""
    if not total or not sys.stderr.isatty():
        yield inputs
        return
    from rich.console import Console
    from rich.progress import Progress

    # Without redirect_stdout=False the bar would draw the answers to itself, away from a pipe.
    bar = Progress(console=Console(stderr=True), transient=True, redirect_stdout=False)
    task = bar.add_task(talk, total=total)

    def say(text: str) -> None:
        bar.start()
        bar.update(task, description=text)

    if teller is not None:
        teller.say = say
    try:
        if total > 1:
            bar.start()
        yield iter(bar.track(inputs, total=total, task_id=task))
    finally:
        bar.stop()
