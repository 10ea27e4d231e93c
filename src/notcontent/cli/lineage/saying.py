"""How the verbs of `notcontent lineage` name channels, and how their lines fit a terminal."""

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from notcontent.errors import LineageChannelNotFoundError

if TYPE_CHECKING:
    from notcontent.lineage.judging import Judged


def say(text: str, lead: str = "", indent: str = "", file: TextIO | None = None) -> None:
    """Print a sentence behind its `lead`, broken between words and indented, as the terminal or COLUMNS is wide.

    A pipe gets it in one line. `file`: stdout where it is None.
    """
    width = shutil.get_terminal_size(fallback=(0, 0)).columns
    if not width:
        print(lead + text, file=file)
        return
    for line in broken(text, lead, indent, max(40, width)):
        print(line, file=file)


def broken(text: str, lead: str, indent: str, width: int) -> Iterator[str]:
    """Give the lines of `say`. A word that is wider than a line stays whole."""
    from notcontent.lineage.portrait.names import columns

    line, bare = lead, True
    for word in text.split(" "):
        if not bare and columns(line) + 1 + columns(word) > width:
            yield line
            line, bare = indent, True
        line, bare = (line if bare else line + " ") + word, False
    yield line


def title(judgement: "Judged", place: int) -> str:
    """Name a channel by its latest title and its key."""
    channel = judgement.channels[place]
    titles = channel.titles
    return f"{shown(titles[-1].value)} ({shown(channel.key)})" if titles else shown(channel.key)


def name(judgement: "Judged", typed: str) -> str:
    """Give a channel's title; the name itself where nothing is said of it yet."""
    try:
        return title(judgement, judgement.place(typed))
    except LineageChannelNotFoundError:
        return shown(typed)


def defanged(handle: str) -> str:
    """Write a handle as a link that nothing opens by mistake."""
    kind, _, value = handle.partition(":")
    return f"number {value}" if kind == "n" else f"t[.]me/{'+' if kind == 'i' else ''}{shown(value)}"


def shown(text: str) -> str:
    """Make a text from a source safe to print, and short."""
    from notcontent.cli import hashed_inputs

    return hashed_inputs.shown(text, 80)
