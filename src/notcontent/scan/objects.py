"""Object stores that speak S3, and addresses in lists: listing and bounded reading, both through Daft.

Credentials come from the environment of the machine that reads (AWS_ACCESS_KEY_ID and the like), never from here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from notcontent.errors import ImageTooLargeError, ObjectUnreadableError, SourceError
from notcontent.scan.runtime import daft
from notcontent.scan.sources import Source, is_pattern

_TRIES = 4
_SCHEMES = ("s3://", "http://", "https://")


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """How to reach a store: its endpoint (empty: Amazon's), whether without credentials, its region."""

    endpoint: str = ""
    anonymous: bool = False
    region: str = ""

    def config(self) -> Any:  # noqa: ANN401 - Daft's own type
        """Give what Daft takes."""
        store = daft.io.S3Config(
            endpoint_url=self.endpoint or None,
            region_name=self.region or ("us-east-1" if self.endpoint else None),
            anonymous=self.anonymous,
            num_tries=_TRIES,
        )
        web = daft.io.HTTPConfig(num_tries=_TRIES)
        return daft.io.IOConfig(s3=store, http=web)


@dataclass(frozen=True, slots=True)
class ListedObject:
    """One object that a listing names."""

    url: str
    size: int


def list_store(source: Source, options: StoreOptions) -> Iterator[ListedObject]:
    """List a prefix or a pattern, as the store's pages come. Raises SourceError when nothing is there."""
    found = False
    for listed in _glob(_pattern(source.place), options):
        found = True
        yield listed
    if not found and not is_pattern(source.place):
        for listed in _glob(source.place, options):
            found = True
            yield listed
    if not found:
        raise SourceError("There is nothing at this address, or it may not be listed.")


def list_lists(source: Source, options: StoreOptions) -> list[ListedObject]:
    """List the Parquet or CSV objects that an address names. Raises SourceError when there is none."""
    found = list(_glob(source.place, options))
    if not found:
        raise SourceError("There is no list at this address, or it may not be read.")
    return found


def _pattern(place: str) -> str:
    return place if is_pattern(place) else place.rstrip("/") + "/**"


def _glob(pattern: str, options: StoreOptions) -> Iterator[ListedObject]:
    try:
        for batch in daft.from_glob_path(pattern, io_config=options.config()).to_arrow_iter():
            columns = batch.select(["path", "size"]).to_pydict()
            for url, size in zip(columns["path"], columns["size"], strict=True):
                yield ListedObject(url, -1 if size is None else size)
    except (FileNotFoundError, daft.exceptions.DaftCoreException, OSError) as error:
        raise SourceError("The object store cannot be listed.") from error


def read_object(url: str, most: int, options: StoreOptions) -> bytes:
    """Read an object of at most `most` bytes: asked for its size first, then for no more than that.

    Raises ImageTooLargeError, ObjectUnreadableError.
    """
    if not url.startswith(_SCHEMES):
        raise ObjectUnreadableError
    try:
        file = daft.File(url, io_config=options.config())
        size = file.size()
        with file.open() as opened:
            data = bytes(opened.read(most + 1)) if size <= most else b""
    except Exception as error:
        raise ObjectUnreadableError from error
    if max(size, len(data)) > most:
        raise ImageTooLargeError
    return data
