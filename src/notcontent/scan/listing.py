"""Sources -> units of the plan, as they are found. Listing streams; only lists' metadata is read here."""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from notcontent.errors import SourceError
from notcontent.scan import lists, walk
from notcontent.scan.objects import StoreOptions, list_store
from notcontent.scan.plan import Unit, UnitKind
from notcontent.scan.sources import Source, SourceKind


def units_of(sources: tuple[Source, ...], out: Path, options: StoreOptions) -> Iterator[Unit]:
    """List everything there is to do. The results' own folder is left out.

    Raises SourceError for a store that cannot be listed or a list that cannot be read.
    """
    passed_over = os.fsencode(out.resolve())
    for source in sources:
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
    found = False
    for listed in walk.walk(source, passed_over):
        found = True
        if listed.error is not None:
            yield Unit(UnitKind.REFUSED.value, listed.path, error=listed.error)
        else:
            yield Unit(UnitKind.FILE.value, listed.path, root)
    if not found and source.kind is SourceKind.GLOB:
        raise SourceError("No file fits this pattern.")


def state_of_lists(sources: tuple[Source, ...]) -> list[str]:
    """Describe local lists by size and time of change, so that going on with others is noticed."""
    found = []
    for source in sources:
        if source.kind is SourceKind.LIST and not source.remote:
            for path in lists.local_lists(source):
                status = path.stat()
                found.append(
                    msgspec.json.encode([str(path), status.st_size, status.st_mtime_ns]).decode("utf-8", "replace")
                )
    return found
