"""Sources -> units of the plan, as they are found. Listing streams; only lists' metadata is read here."""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from notcontent.errors import SourceError
from notcontent.scan import lists, walk
from notcontent.scan.objects import StoreOptions, list_store
from notcontent.scan.plan import Unit, UnitKind
from notcontent.scan.sources import Source, SourceKind, naming

_NOTHING = {
    SourceKind.FOLDER: "No file lies in this folder: is what should be there mounted?",
    SourceKind.GLOB: "No file fits this pattern.",
}
"""An archive that is not there must not look like one in which nothing was found. Stores are seen to
where they are listed; a list without rows is one all the same."""


def units_of(sources: tuple[Source, ...], out: Path, options: StoreOptions) -> Iterator[Unit]:
    """List everything there is to do. The results' own folder is left out.

    Raises SourceError for a folder or a pattern without files, and a store or a list that cannot be read.
    """
    passed_over = os.fsencode(out.resolve())
    for place, source in enumerate(sources):
        with naming(place, len(sources)):
            found = False
            for unit in _units(source, passed_over, options):
                found = True
                yield unit
            if not found and source.kind in _NOTHING:
                raise SourceError(_NOTHING[source.kind])


def _units(source: Source, passed_over: bytes, options: StoreOptions) -> Iterator[Unit]:
    """List one source."""
    match source.kind:
        case SourceKind.STORE:
            for found in list_store(source, options):
                yield Unit(UnitKind.OBJECT.value, found.url.encode(), size=found.size)
        case SourceKind.LIST:
            yield from lists.units_of_list(source, options)
        case _:
            yield from _files(source, passed_over)


def _files(source: Source, passed_over: bytes) -> Iterator[Unit]:
    """List a folder, a pattern, or one file."""
    root = os.fsencode(source.root)
    for listed in walk.walk(source, passed_over):
        if listed.error is not None:
            yield Unit(UnitKind.REFUSED.value, listed.path, error=listed.error)
        else:
            yield Unit(UnitKind.FILE.value, listed.path, root)


def state_of_lists(sources: tuple[Source, ...]) -> list[str]:
    """Describe local lists by size and time of change, so that going on with others is noticed."""
    found = []
    for place, source in enumerate(sources):
        if source.kind is SourceKind.LIST and not source.remote:
            with naming(place, len(sources)):
                paths = lists.local_lists(source)
            for path in paths:
                status = path.stat()
                found.append(
                    msgspec.json.encode([str(path), status.st_size, status.st_mtime_ns]).decode("utf-8", "replace")
                )
    return found
