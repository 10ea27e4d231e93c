"""Reading what a hub answered: verified whole or refused whole. Pure: bytes in, values out.

A page is good when the hub named in the configuration signed it, for this member, as the answer to this very
request (the nonce), and when its events run on from the cursor without a gap.
"""

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from notcontent.errors import FeedForeignError, FeedOrderError, FeedReplayError, FeedTooLargeError, FeedTornError
from notcontent.exchange.changes import Entry, parse_entry
from notcontent.exchange.signing import PAGE_CONTEXT, SNAPSHOT_CONTEXT, open_document
from notcontent.exchange.videos import MAX_FRAMES
from notcontent.exchange.wire import Event, Op, Page, SnapshotEnd, decode

MAX_LINE = 8 * 1024 + 100 * MAX_FRAMES
"""Bytes of one event: a video's frame takes up to 90."""
MAX_ENTRIES = 10_000_000
"""Hashes that a snapshot may hold unless the client says otherwise: nobody's signature is known before its end.

A video counts as many as it has frames."""
_MEAN_LINE = 1024
_CHUNK = 1024 * 1024
_BATCH = 5000


@dataclass(frozen=True, slots=True)
class Expected:
    """Whom an answer must come from and be meant for."""

    public_key: Ed25519PublicKey
    origin: str
    member: str


def read_page(document: bytes, expected: Expected, *, nonce: str, after: int) -> Page:
    """Verify one page of the feed. Raises a FeedError; see errors/exchange.py for which."""
    payload = open_document(expected.public_key, PAGE_CONTEXT, document)
    page = decode(payload, Page, FeedTornError)
    _check_addressee(page, expected, nonce)
    if page.after != after:
        raise FeedReplayError
    if page.next != after + len(page.events):
        raise FeedOrderError
    if any(event.seq != after + place for place, event in enumerate(page.events, 1)):
        raise FeedOrderError
    if page.more and not page.events:
        raise FeedOrderError
    return page


def _check_addressee(answer: Page | SnapshotEnd, expected: Expected, nonce: str) -> None:
    """Refuse an answer of another version, another hub, another member or another request."""
    if answer.v != 1:
        raise FeedTornError("The feed speaks another version.")
    if answer.origin != expected.origin or answer.member != expected.member:
        raise FeedForeignError
    if answer.nonce != nonce:
        raise FeedReplayError


class SnapshotReader:
    """A snapshot as it arrives: iterate for batches of entries, then ask for `end`.

    Nothing may be kept before the iteration has ended without an error: the signature is on the last line.
    Memory is bounded by a batch; a line over MAX_LINE, compressed bytes that swell into one, and more hashes than
    `max_entries` are refused, the latter before a forger can fill a disk.
    """

    def __init__(
        self, chunks: Iterator[bytes], expected: Expected, nonce: str, *, max_entries: int = MAX_ENTRIES
    ) -> None:
        """Take the gzip body's chunks and what its end must say."""
        self._max_entries = max_entries
        self._chunks = chunks
        self._expected = expected
        self._nonce = nonce
        self._end: SnapshotEnd | None = None

    @property
    def end(self) -> SnapshotEnd:
        """The verified last line. Raises FeedTornError before the iteration has ended."""
        if self._end is None:
            raise FeedTornError
        return self._end

    def __iter__(self) -> Iterator[list[Entry]]:
        """Give the entries in batches; raises, at the latest before the last batch, when anything is wrong."""
        batch: list[Entry] = []
        rows = 0
        for event in self._events():
            entry = parse_entry(event)
            if entry is not None:
                batch.append(entry)
                rows += entry.rows
            if rows >= _BATCH:
                yield batch
                batch, rows = [], 0
        if batch:
            yield batch

    def _events(self) -> Iterator[Event]:
        """Give every line but the last as an event; then check count, digest and the signature on the last."""
        digest, count, hashes, last_seq = hashlib.sha256(), 0, 0, 0
        line = None
        for following in self._lines():
            if line is not None:
                event = _snapshot_event(line)
                if event.seq <= last_seq:
                    raise FeedOrderError
                last_seq, count = event.seq, count + 1
                hashes += len(event.frames or ()) or 1
                if hashes > self._max_entries:
                    raise FeedTooLargeError
                digest.update(line + b"\n")
                yield event
            line = following
        end = self._read_end(line or b"")
        if end.count != count or end.sha256 != digest.hexdigest():
            raise FeedTornError
        if last_seq > end.cursor:
            raise FeedOrderError
        self._end = end

    def _read_end(self, line: bytes) -> SnapshotEnd:
        payload = open_document(self._expected.public_key, SNAPSHOT_CONTEXT, line)
        end = decode(payload, SnapshotEnd, FeedTornError)
        _check_addressee(end, self._expected, self._nonce)
        return end

    def _lines(self) -> Iterator[bytes]:
        rest, taken, most = b"", 0, (self._max_entries + 8) * _MEAN_LINE
        for piece in _inflate(self._chunks):
            taken += len(piece)
            if taken > most:
                raise FeedTooLargeError
            *lines, rest = (rest + piece).split(b"\n")
            yield from lines
            if len(rest) > MAX_LINE:
                raise FeedTornError
        if rest:
            # The last line ends with a newline too: what follows it, or stops before it, is torn.
            raise FeedTornError


def _snapshot_event(line: bytes) -> Event:
    if len(line) > MAX_LINE:
        raise FeedTornError
    event = decode(line, Event, FeedTornError)
    if event.op != Op.ADD.value:
        raise FeedTornError
    return event


def _inflate(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Gunzip piece by piece, at most 1 MiB at a time, so that a bomb is met line by line and refused."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        for chunk in chunks:
            if inflater.eof:
                raise FeedTornError
            data = chunk
            while data:
                yield inflater.decompress(data, _CHUNK)
                data = inflater.unconsumed_tail
    except zlib.error:
        raise FeedTornError from None
    if not inflater.eof or inflater.unused_data:
        raise FeedTornError
