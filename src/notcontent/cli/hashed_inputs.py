"""What `match` and `bank` are given: pictures to hash, hashes on the command line, lists of hashes.

A picture that fails is an input with an error, never the end of the run. A malformed hash or list is a usage error:
it ends the run before anything was done.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from notcontent.errors import FileUnreadableError, HashFormatError, NotContentError, QualityTooLowError
from notcontent.matching.hashes import parse_hash

if TYPE_CHECKING:
    from notcontent.signals import Look

MIN_QUALITY = 50  # PDQ's own advice: below it, a picture is too plain for its hash to mean anything
_LABEL_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Input:
    """One thing to look up or to bank: a hash, or the reason why there is none.

    `name` is what the answer calls it: a picture's path, "hash 2" for the second --hash, "line 7" of a list. `label`
    is what a bank would call it.
    """

    name: str
    label: str = field(repr=False)
    value: bytes | None = field(default=None, repr=False)
    looks: "tuple[Look, ...]" = ()
    """All looks at a picture that are not too plain; the first gave `value`. None for a hash that was given."""
    error: NotContentError | None = None


def shown(text: str, most: int | None = None) -> str:
    """Make a name safe to print: what could play tricks on a terminal becomes a question mark."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)[:most]


def from_pictures(paths: Sequence[Path], min_quality: int, budget: int = 1) -> Iterator[Input]:
    """Look at pictures one after the other, at most `budget` times each; looks below `min_quality` are left out.

    When none is left, the input carries QualityTooLowError.
    """
    from notcontent.signals import DEFAULT_LIMITS
    from notcontent.signals import looks as look_at

    for path in paths:
        name, label = str(path), shown(path.name, _LABEL_LENGTH) or "picture"
        try:
            try:
                with path.open("rb") as file:
                    data = file.read(DEFAULT_LIMITS.max_bytes + 1)
            except (OSError, ValueError) as error:  # ValueError: a name that no file can have
                raise FileUnreadableError from error
            found = tuple(look for look in look_at(data, budget) if look.quality >= min_quality)
            if not found:
                raise QualityTooLowError
        except NotContentError as error:
            yield Input(name, label, error=error)
        else:
            yield Input(name, label, found[0].value, found)


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
        raise FileUnreadableError("The list of hashes cannot be read.") from error
    inputs = []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        try:
            read = (
                _from_object(stripped, number, min_quality)
                if stripped.startswith("{")
                else _from_line(stripped, number)
            )
        except (HashFormatError, KeyError, TypeError, ValueError) as error:
            raise HashFormatError(f"Line {number} of the list does not begin with a hash.") from error
        inputs.append(read)
    return inputs


def _from_line(line: str, number: int) -> Input:
    """Read "HASH", "HASH,label" or "HASH label"."""
    value, rest = parse_hash(line[:64]), line[64:]
    if rest and rest[0] not in ", \t":
        raise HashFormatError
    name = f"line {number}"
    return Input(name, shown(rest.strip(", \t"), _LABEL_LENGTH) or name, value)


def _from_object(line: str, number: int, min_quality: int) -> Input:
    """Read what `notcontent hash --json` printed; its errors stay errors."""
    answer = json.loads(line)
    path = str(answer["path"])
    label = shown(Path(path).name, _LABEL_LENGTH) or f"line {number}"
    if "error" in answer:
        return Input(path, label, error=FileUnreadableError("The list says that this picture has no hash."))
    value = parse_hash(answer["hash"])
    if int(answer["quality"]) < min_quality:
        return Input(path, label, error=QualityTooLowError())
    return Input(path, label, value)


@contextmanager
def progress_of(inputs: Iterator[Input], total: int, talk: str) -> Iterator[Iterator[Input]]:
    """Show a progress bar on stderr while `inputs` are taken, when stderr is a terminal and there are several."""
    if total < 2 or not sys.stderr.isatty():
        yield inputs
        return
    from rich.console import Console
    from rich.progress import Progress

    # Without redirect_stdout=False the bar would draw the answers to itself, away from a pipe.
    with Progress(console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        yield iter(bar.track(inputs, total=total, description=talk))
