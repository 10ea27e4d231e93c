"""Object stores that speak S3: listing, through Daft, and bounded reading. Addresses in lists go to `web.py`.

Credentials come from the environment of the machine that reads (AWS_ACCESS_KEY_ID and the like), never from here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from pyarrow import fs

from notcontent.errors import ObjectUnreadableError, SourceError
from notcontent.scan.films import HEAD_BYTES, refusal_of
from notcontent.scan.runtime import daft
from notcontent.scan.sources import Source, is_pattern
from notcontent.scan.web import SCHEMES, read_web

_TRIES = 4
_S3 = "s3://"


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """How to reach a store: its endpoint (empty: Amazon's), whether without credentials, its region."""

    endpoint: str = ""
    anonymous: bool = False
    region: str = ""
    fetch_s: float = 30.0
    """The most that one picture from http(s) may take, from the first knock to the last byte."""
    silence_s: float = 10.0
    """How long a store may stay silent before a try is over."""

    def config(self) -> Any:  # noqa: ANN401 - Daft's own type
        """Give what Daft takes."""
        store = daft.io.S3Config(
            endpoint_url=self.endpoint or None,
            region_name=self.region or ("us-east-1" if self.endpoint else None),
            anonymous=self.anonymous,
            num_tries=_TRIES,
            connect_timeout_ms=int(self.silence_s * 1000),
            read_timeout_ms=int(self.silence_s * 1000),
        )
        return daft.io.IOConfig(s3=store)


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


def read_object(url: str, most: int, options: StoreOptions, listed: int = -1) -> bytes:
    """Read an object of at most `most` bytes, and hold no more than that whatever the host says or sends.

    `listed` is the size that a listing told.

    Raises VideoNotScannedError for a larger film, else ImageTooLargeError; ObjectUnreadableError and what
    `web.read_web` raises.
    """
    if url.startswith(SCHEMES):
        return read_web(url, most, options.fetch_s)
    try:
        with open_object(url, options) as opened:
            size = opened.size()
            if max(size, listed) > most:
                raise refusal_of(bytes(opened.read_at(HEAD_BYTES, 0)))
            return bytes(opened.read_at(size, 0))
    except (OSError, ValueError) as error:  # PyArrow's own are both
        raise ObjectUnreadableError from error


def open_object(url: str, options: StoreOptions) -> Any:  # noqa: ANN401 - PyArrow has no types
    """Open an object of a store, to read any part of it. Raises ObjectUnreadableError, OSError, ValueError.

    Not Daft: it would take whatever a store sends, beyond the range that was asked for.
    """
    bucket, _, key = url.removeprefix(_S3).partition("/")
    if not (url.startswith(_S3) and bucket and key):
        raise ObjectUnreadableError
    return _store(options, bucket).open_input_file(f"{bucket}/{key}")


@cache
def _store(options: StoreOptions, bucket: str) -> Any:  # noqa: ANN401 - PyArrow has no types
    """Make this process's connections to a store."""
    address = urlsplit(options.endpoint)
    region = options.region or ("us-east-1" if options.endpoint else fs.resolve_s3_region(bucket))
    return fs.S3FileSystem(
        anonymous=options.anonymous,
        region=region,
        endpoint_override=(address.netloc + address.path).rstrip("/") or None,
        scheme=address.scheme or "https",
        connect_timeout=options.silence_s,
        request_timeout=options.silence_s,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=_TRIES),
    )
