"""The feed's client: fetch, verify, apply. What a gate runs, and the SDK for anyone who follows a hub.

Nothing is applied that was not verified whole; the store's cursor moves with what it describes, in the
store's own transaction. Failures that pass are retried with growing pauses; the others are raised at once.
"""

import random
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Protocol, Self, TypeVar

import httpx

from notcontent.errors import (
    FeedCursorError,
    FeedTooLargeError,
    FeedTornError,
    HubUnreachableError,
    KeyRefusedError,
    RequestFormatError,
    ScopeError,
)
from notcontent.exchange.changes import Add, Change, parse_events
from notcontent.exchange.pages import MAX_ENTRIES, Expected, SnapshotReader, read_page
from notcontent.exchange.wire import ErrorAnswer, Lease, Page, decode

MAX_PAGE_BYTES = 8 * 1024 * 1024
MAX_PAGES = 1000
_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_PAUSE = 60.0
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Step:
    """One verified page's place in the feed, and the lease that comes with it."""

    after: int
    next: int
    lease: Lease


class FeedStore(Protocol):
    """Where a client keeps what it was sent. Both writers are one transaction each: all of it or nothing."""

    def cursor(self) -> int | None:
        """How far the feed was read; None before the first snapshot."""
        ...

    def apply(self, changes: Sequence[Change], step: Step) -> None:
        """Apply a page and move the cursor from `step.after` to `step.next`; also called with no changes.

        Every call is proof of contact with the hub: the lease begins anew.
        """
        ...

    def replace(self, snapshot: SnapshotReader) -> None:
        """Empty the store and take the snapshot in; when its iteration raises, everything stays as it was."""
        ...


@dataclass(frozen=True, slots=True)
class Synced:
    """What one sync did."""

    cursor: int
    added: int
    withdrawn: int
    pages: int
    from_snapshot: bool


@dataclass(frozen=True, slots=True)
class Retry:
    """How patiently to ask: tries, and the first pause in seconds, doubled each time and jittered."""

    tries: int = 4
    first_pause_s: float = 0.5
    sleep: Callable[[float], None] = time.sleep


class FeedClient:
    """One member's connection to one hub. Not shared between threads."""

    def __init__(
        self,
        url: str,
        key: str,
        expected: Expected,
        *,
        retry: Retry | None = None,
        timeout_s: float = 20.0,
        max_entries: int = MAX_ENTRIES,
    ) -> None:
        """Take the hub's address, this member's key and whom answers must come from. No request is made yet.

        `timeout_s` bounds each wait for bytes, and ten times as much a whole page; a snapshot may take longer, but
        hold no more than `max_entries`.
        """
        self._expected = expected
        self._retry = retry or Retry()
        self._page_deadline_s = 10 * timeout_s
        self._max_entries = max_entries
        self._http = httpx.Client(
            base_url=url.rstrip("/"),
            # Bytes as they are: a compressed answer could swell to anything before its size is seen.
            headers={"Authorization": f"Bearer {key}", "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(timeout_s),
            follow_redirects=False,
            # None is kept: nobody signs them, and whoever answers could send more each time, for ever.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )

    def __enter__(self) -> Self:
        """Use as a context: the connection closes at its end."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def page(self, after: int, limit: int = 1000) -> Page:
        """Fetch and verify the events after a cursor.

        Raises a FeedError when the answer is refused, KeyRefusedError, ScopeError or HubUnreachableError.
        """
        nonce = secrets.token_hex(16)
        query: dict[str, str | int] = {"after": after, "limit": limit, "nonce": nonce}
        document = self._retried(lambda: self._fetch("/v1/feed", query))
        return read_page(document, self._expected, nonce=nonce, after=after)

    @contextmanager
    def snapshot(self) -> Iterator[SnapshotReader]:
        """Open a snapshot to read from. Only opening it is retried; a break while reading is FeedTornError."""
        nonce = secrets.token_hex(16)
        request = self._http.build_request("GET", "/v1/feed/snapshot", params={"nonce": nonce})
        response = self._retried(lambda: self._open(request))
        try:
            yield SnapshotReader(_raw_chunks(response), self._expected, nonce, max_entries=self._max_entries)
        finally:
            response.close()

    def _open(self, request: httpx.Request) -> httpx.Response:
        response = self._http.send(request, stream=True)
        if response.status_code != 200:
            try:
                _raise_for(response.status_code, _bounded(response, 64 * 1024, self._page_deadline_s), response.headers)
            finally:
                response.close()
        return response

    def _fetch(self, path: str, query: dict[str, str | int]) -> bytes:
        with self._http.stream("GET", path, params=query) as response:
            body = _bounded(response, MAX_PAGE_BYTES, self._page_deadline_s)
            if response.status_code != 200:
                _raise_for(response.status_code, body, response.headers)
            return body

    def _retried(self, ask: Callable[[], _Answer]) -> _Answer:
        pause = self._retry.first_pause_s
        for left in range(self._retry.tries - 1, -1, -1):
            asked_to_wait = 0.0
            try:
                return ask()
            except _PassingError as error:
                asked_to_wait = error.retry_after_s
            except httpx.TransportError:
                # Broken or refused connections, time-outs: all may pass.
                pass
            if left:
                wait = max(asked_to_wait, pause * random.uniform(0.5, 1.5))  # noqa: S311 (jitter, not a secret)
                self._retry.sleep(min(wait, _LONGEST_PAUSE))
                pause *= 2
        raise HubUnreachableError


class _PassingError(Exception):
    """The hub asks to come back later."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s


def _raise_for(status: int, body: bytes, headers: httpx.Headers) -> None:
    if status in _RETRIED:
        asked = headers.get("Retry-After", "")
        raise _PassingError(float(asked) if asked.isdecimal() else 0.0)
    if status == 401:
        raise KeyRefusedError
    if status == 403:
        raise ScopeError
    if status == 409 and _error_code(body) == FeedCursorError.code:
        raise FeedCursorError
    if status in {400, 404, 405, 422}:
        raise RequestFormatError("The hub did not understand the request: is the address right?")
    raise FeedTornError


def _error_code(body: bytes) -> str:
    try:
        return decode(body, ErrorAnswer, FeedTornError).error
    except FeedTornError:
        return ""


def _bounded(response: httpx.Response, limit: int, seconds: float) -> bytes:
    """Read a body as it came over the wire, up to so many bytes and seconds."""
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise FeedTornError
    body, deadline = bytearray(), time.monotonic() + seconds
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > limit or time.monotonic() > deadline:
            raise FeedTooLargeError
    return bytes(body)


def _raw_chunks(response: httpx.Response) -> Iterator[bytes]:
    try:
        yield from response.iter_raw()
    except httpx.TransportError:
        raise FeedTornError from None


def sync(client: FeedClient, store: FeedStore, limit: int = 1000, *, max_pages: int = MAX_PAGES) -> Synced:
    """Bring the store up to the feed's end: a snapshot when it is new, then pages from the cursor on.

    What was applied stays applied when a later page fails; the next sync goes on from there, as it does after
    `max_pages`, so that no hub can keep a caller here for ever. A hub whose feed
    ends before the store's cursor raises FeedCursorError and is not followed: it has forgotten withdrawals.
    """
    added = withdrawn = pages = 0
    cursor = store.cursor()
    from_snapshot = cursor is None
    if cursor is None:
        with client.snapshot() as snapshot:
            store.replace(snapshot)
        cursor, added = snapshot.end.cursor, snapshot.end.count
    more = True
    while more and pages < max_pages:
        page = client.page(cursor, limit)
        changes = parse_events(page.events)
        store.apply(changes, Step(page.after, page.next, page.lease))
        arrivals = sum(isinstance(change, Add) for change in changes)
        added, withdrawn, pages = added + arrivals, withdrawn + len(changes) - arrivals, pages + 1
        cursor, more = page.next, page.more
    return Synced(cursor, added, withdrawn, pages, from_snapshot)
