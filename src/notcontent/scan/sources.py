"""What to scan, as it was said on the command line: parsed once into a `Source`, or refused."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from urllib.parse import urlsplit

from notcontent.errors import FileUnreadableError, SourceError

_MAGIC = re.compile(r"[*?\[]")
_LISTS = (".parquet", ".pq", ".csv")
_STORES = frozenset({"s3"})


class SourceKind(Enum):
    """How the files of a source are found."""

    FOLDER = "folder"
    GLOB = "glob"
    FILE = "file"
    LIST = "list"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Source:
    """One source. `place` is an absolute path or a URL; of a glob, the whole pattern."""

    kind: SourceKind
    place: str

    @property
    def remote(self) -> bool:
        """Whether it lies in an object store."""
        return "://" in self.place

    @property
    def root(self) -> str:
        """The folder that links must not lead out of: real, without links. Empty when files were named one by one."""
        if self.remote or self.kind in {SourceKind.FILE, SourceKind.LIST}:
            return ""
        return os.path.realpath(fixed_part(self.place) if self.kind is SourceKind.GLOB else self.place)


def is_pattern(text: str) -> bool:
    """Say whether a name holds one of * ? [."""
    return _MAGIC.search(text) is not None


def is_list(name: str) -> bool:
    """Say whether a file's name is that of a list: Parquet or CSV."""
    return name.lower().endswith(_LISTS)


def fixed_part(pattern: str) -> str:
    """Give the folder that a pattern begins at: everything before its first component with a sign that matches."""
    fixed = []
    for part in pattern.split("/")[:-1]:
        if is_pattern(part):
            break
        fixed.append(part)
    return "/".join(fixed) or "/"


def parse_source(text: str) -> Source:
    """Read one SRC. Raises SourceError when nothing has this name, or it cannot be scanned; FileUnreadableError."""
    if "://" in text:
        return _parse_remote(text)
    place = os.path.abspath(text)  # noqa: PTH100 - a path that keeps its links, and may hold a pattern
    try:
        exists, is_folder = os.path.lexists(place), Path(place).is_dir()
    except ValueError as error:  # a zero byte
        raise SourceError from error
    except OSError as error:  # it lies in a folder that may not be entered, or its name is too long
        raise FileUnreadableError.of(error, "The source") from error
    if is_folder:
        return Source(SourceKind.FOLDER, place)
    if exists:
        return Source(SourceKind.LIST if is_list(place) else SourceKind.FILE, place)
    if is_pattern(place) and Path(fixed_part(place)).is_dir():
        return Source(SourceKind.LIST if is_list(place) else SourceKind.GLOB, place)
    raise SourceError("There is no source of this name: no file, and no folder.")


def _parse_remote(text: str) -> Source:
    """Read an address of an object store."""
    address = urlsplit(text)
    if address.scheme not in _STORES or not address.netloc:
        raise SourceError("An object store is given as s3://bucket/prefix.")
    if address.query or address.fragment or address.username:
        raise SourceError("An object store's address is s3://bucket/prefix and nothing more.")
    return Source(SourceKind.LIST if is_list(text) else SourceKind.STORE, text)


def parse_sources(texts: list[str]) -> tuple[Source, ...]:
    """Read all SRC. Raises SourceError also when one lies inside another: its files would be done twice."""
    sources = tuple(_parsed(texts))
    folders = [(source, source.place.rstrip("/") + "/") for source in sources if source.kind is SourceKind.FOLDER]
    for place, source in enumerate(sources):
        with naming(place, len(sources)):
            if source in sources[:place]:
                raise SourceError("It is given twice.")
            inside = (folder for other, folder in folders if other != source)
            if any((source.place + "/").startswith(folder) for folder in inside):
                raise SourceError("It lies inside another; give the outer one alone.")
    return sources


def _parsed(texts: list[str]) -> Iterator[Source]:
    for place, text in enumerate(texts):
        with naming(place, len(texts)):
            yield parse_source(text)


@contextmanager
def naming(place: int, count: int) -> Iterator[None]:
    """Say of which source an error is: by its number, since a name has no place in an error."""
    try:
        yield
    except (SourceError, FileUnreadableError) as error:
        if count == 1:
            raise
        raise type(error)(f"Source {place + 1} of {count}: {error}") from error
