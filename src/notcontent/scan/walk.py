"""Folders and patterns -> file names, one after the other: never more in memory than the folders still to be read.

Links to folders are not walked into, so a circle of links ends nowhere. Whatever else has a name is listed: what it is
shows when it is read.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

from notcontent.errors import FileUnreadableError, SourceError
from notcontent.scan.sources import Source, SourceKind, fixed_part


@dataclass(frozen=True, slots=True)
class Listed:
    """One file that was found, or a folder that could not be read (then with the error's code)."""

    path: bytes
    error: str | None = None


def walk(source: Source, passed_over: bytes = b"") -> Iterator[Listed]:
    """List the files of a folder or a pattern. The folder `passed_over`, where the results go, is left out."""
    if source.kind is SourceKind.FILE:
        yield Listed(os.fsencode(source.place))
        return
    if source.kind is SourceKind.FOLDER:
        yield from _walk(os.fsencode(source.place), passed_over, None)
        return
    top = fixed_part(source.place)
    rest = source.place[len(top) :].lstrip("/")
    try:
        wanted = re.compile(_expression(rest), re.DOTALL)
    except re.error as error:
        raise SourceError("This pattern cannot be understood.") from error
    deepest = None if "**" in rest.split("/") else rest.count("/")
    start = len(os.fsencode(top).rstrip(b"/")) + 1
    for listed in _walk(os.fsencode(top), passed_over, deepest):
        if listed.error or wanted.fullmatch(os.fsdecode(listed.path[start:])):
            yield listed


def _walk(top: bytes, passed_over: bytes, deepest: int | None) -> Iterator[Listed]:
    """List all files under a folder, down to `deepest` folders below it."""
    folders = [(top, 0)]
    while folders:
        folder, depth = folders.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if not entry.is_dir(follow_symlinks=False):
                        if not _is_link_to_listed_folder(entry, top):
                            yield Listed(entry.path)
                    elif (deepest is None or depth < deepest) and entry.path != passed_over:
                        folders.append((entry.path, depth + 1))
        except OSError:
            yield Listed(folder, FileUnreadableError.code)


def _is_link_to_listed_folder(entry: os.DirEntry[bytes], top: bytes) -> bool:
    """Say whether this is a link to a folder below the top, whose files are listed where they lie."""
    try:
        if not (entry.is_symlink() and entry.is_dir()):
            return False
        target, real_top = os.path.realpath(entry.path), os.path.realpath(top)
        return target == real_top or target.startswith(real_top.rstrip(b"/") + b"/")
    except OSError:
        return False


def _expression(pattern: str) -> str:
    """Turn a pattern into a regular expression: ** is any folders, * and ? and [..] never cross a slash."""
    parts = pattern.split("/")
    expression = ""
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        if part == "**":
            expression += ".*" if last else "(?:[^/]+/)*"
        else:
            expression += "".join(_sign(token) for token in _TOKENS.findall(part)) + ("" if last else "/")
    return expression


_TOKENS = re.compile(r"\[!?\]?[^\]]*\]|.", re.DOTALL)


def _sign(sign: str) -> str:
    """Translate one sign of a pattern, or one set in brackets."""
    if sign == "*":
        return "[^/]*"
    if sign == "?":
        return "[^/]"
    if len(sign) > 1:
        negated = sign.startswith("[!")
        body = re.sub(r"([\\\[\]^&~|])", r"\\\1", sign[2 if negated else 1 : -1])
        return f"(?!/)[{'^' if negated else ''}{body}]"
    return re.escape(sign)
