"""What `match` and `bank` are given: pictures and videos to hash, hashes on the command line, lists of hashes.

A file that fails is an input with an error, never the end of the run. A malformed hash or list is a usage error:
it ends the run before anything was done.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from notcontent.errors import FileUnreadableError, HashFormatError, NotContentError, QualityTooLowError
from notcontent.matching.hashes import parse_hash

if TYPE_CHECKING:
    from notcontent.cli.videos import Teller
    from notcontent.signals import Look
    from notcontent.signals.estimates import Sketch
    from notcontent.signals.video import Frame
    from notcontent.signals.video.sampling import Sketched

MIN_QUALITY = 50  # PDQ's own advice: below it, a picture is too plain for its hash to mean anything
_LABEL_LENGTH = 200
_LONGEST_MS = 2**53


@dataclass(frozen=True, slots=True)
class InputFrame:
    """One frame of a video that is looked up or banked."""

    t_ms: int
    value: bytes = field(repr=False)
    looks: "tuple[Look, ...]" = ()
    """Further looks at the frame, where it is looked up."""


@dataclass(frozen=True, slots=True)
class Input:
    """One thing to look up or to bank: a hash, a video's frames, or the reason why there is neither.

    `name` is what the answer calls it: a file's path, "hash 2" for the second --hash, "line 7" of a list. `label` is
    what a bank would call it.
    """

    name: str
    label: str = field(repr=False)
    value: bytes | None = field(default=None, repr=False)
    looks: "tuple[Look, ...]" = ()
    """All looks at a picture that are not too plain; the first gave `value`. None for a hash that was given."""
    sketches: "tuple[Sketch, ...]" = ()
    """What a picture is estimated from, where that was asked for."""
    frames: tuple[InputFrame, ...] = field(default=(), repr=False)
    """A video's frames that are not too plain."""
    sketched: "tuple[Sketched, ...]" = ()
    """Some of them, sketched, where that was asked for."""
    error: NotContentError | None = None


def shown(text: str, most: int | None = None) -> str:
    """Make a name safe to print: what could play tricks on a terminal becomes a question mark."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)[:most]


def from_files(
    paths: Sequence[Path], min_quality: int, teller: "Teller", budget: int = 1, *, sketches: bool = False
) -> Iterator[Input]:
    """Look at pictures, and at videos' frames, one after the other, at most `budget` times each.

    Looks and frames below `min_quality` are left out. When none is left, the input carries QualityTooLowError. With
    `sketches` pictures are also sketched, for estimates, and some frames of videos.
    """
    from notcontent.cli.videos import opened_video, read_video
    from notcontent.matching.clip_estimating import DEFAULT_FRAMES
    from notcontent.signals.worker import WorkerLimits, sight_of

    limits = WorkerLimits(budget=budget, sketches=sketches)
    for path in paths:
        name, label = str(path), shown(path.name, _LABEL_LENGTH) or "picture"
        try:
            with opened_video(name) as video:
                if video is not None:
                    most = DEFAULT_FRAMES if sketches else 0
                    read = read_video(video, shown(name), teller, budget=budget, sketched=most)
                    frames = tuple(_frame(one, min_quality) for one in read.frames if one.quality >= min_quality)
                    if not frames:
                        raise QualityTooLowError("No frame of the video can be told from others.")
                    yield Input(name, label, frames=frames, sketched=read.sketched)
                    continue
            sight = sight_of(_picture(path), limits)
            found = tuple(look for look in sight.looks if look.quality >= min_quality)
            if not found:
                raise QualityTooLowError
        except NotContentError as error:
            yield Input(name, label, error=error)
        else:
            yield Input(name, label, found[0].value, found, tuple(sight.sketches))


def _frame(frame: "Frame", min_quality: int) -> InputFrame:
    return InputFrame(frame.t_ms, frame.value, tuple(look for look in frame.looks if look.quality >= min_quality))


def _picture(path: Path) -> bytes:
    """Read a picture's file, or one byte more than the limit."""
    from notcontent.signals import DEFAULT_LIMITS

    try:
        with path.open("rb") as file:
            return file.read(DEFAULT_LIMITS.max_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise FileUnreadableError.of(error) from error


def from_arguments(hashes: Sequence[str]) -> list[Input]:
    """Read hashes given as --hash. Raises HashFormatError."""
    return [Input(f"hash {n}", f"hash {n}", parse_hash(text)) for n, text in enumerate(hashes, 1)]


def from_list(source: Path | None, min_quality: int) -> list[Input]:
    """Read a list of hashes; "-" is stdin. Raises HashFormatError with the line's number, FileUnreadableError.

    A line is a hash, then optionally a comma or space and a label; or one object as `notcontent hash --json` prints
    it. Empty lines and those that begin with # are passed over.
    """
    if source is None:
        return []
    try:
        text = sys.stdin.read() if str(source) == "-" else source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadableError.of(error, "The list of hashes") from error
    inputs: list[Input] = []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        try:
            if not stripped.startswith("{"):
                inputs.append(_from_line(stripped, number))
            elif (read := _from_object(stripped, number, min_quality)) is not None:
                _put(read, inputs)
        except (HashFormatError, KeyError, TypeError, ValueError) as error:
            raise HashFormatError(f"Line {number} of the list does not begin with a hash.") from error
    return inputs


def _put(read: Input, inputs: list[Input]) -> None:
    """Add one more input; a frame goes to the frame of the same file before it, a video's last line to its frames."""
    if read.value is None and not read.frames and read.error is None:
        if not (inputs and inputs[-1].name == read.name):
            inputs.append(replace(read, error=QualityTooLowError("No frame of the video can be told from others.")))
    elif read.frames and inputs and inputs[-1].frames and inputs[-1].name == read.name:
        inputs[-1] = replace(read, frames=inputs[-1].frames + read.frames)
    else:
        inputs.append(read)


def _from_line(line: str, number: int) -> Input:
    """Read "HASH", "HASH,label" or "HASH label"."""
    value, rest = parse_hash(line[:64]), line[64:]
    if rest and rest[0] not in ", \t":
        raise HashFormatError
    name = f"line {number}"
    return Input(name, shown(rest.strip(", \t"), _LABEL_LENGTH) or name, value)


def _from_object(line: str, number: int, min_quality: int) -> Input | None:
    """Read what `notcontent hash --json` printed; its errors stay errors. What is no PDQ hash is passed over."""
    answer = json.loads(line)
    path = str(answer["path"])
    label = shown(Path(path).name, _LABEL_LENGTH) or f"line {number}"
    if "error" in answer:
        return Input(path, label, error=FileUnreadableError("The list says that this file has no hash."))
    if answer.get("type", "pdq") != "pdq":
        return Input(path, label) if answer["type"] == "video" else None
    value = parse_hash(answer["hash"])
    if answer.get("kind") == "frame":
        # A frame too plain to compare is left out of its video, as `hash` would have.
        t_ms = int(answer["t_ms"])
        if not 0 <= t_ms < _LONGEST_MS:
            raise HashFormatError
        return Input(path, label, frames=(InputFrame(t_ms, value),)) if int(answer["quality"]) >= min_quality else None
    if int(answer["quality"]) < min_quality:
        return Input(path, label, error=QualityTooLowError())
    return Input(path, label, value)
