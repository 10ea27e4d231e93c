"""A small signed feed over real HTTP on loopback, for tests of those who follow one. It can also misbehave.

It keeps a member's feed in memory and answers as the hub does. `spoil` takes a finished answer's bytes and
gives what is sent instead; `status` answers errors; `cut` breaks the connection after so many bytes.
"""

import gzip
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from notcontent.exchange.pages import Expected
from notcontent.exchange.signing import PAGE_CONTEXT, SNAPSHOT_CONTEXT, seal_document
from notcontent.exchange.videos import BankedFrame, pack_frames, video_digest
from notcontent.exchange.wire import ErrorAnswer, Event, EventFrame, Lease, Page, SnapshotEnd

ORIGIN = "hub.test"
MEMBER = "example"
KEY = "ncm_00000000_" + "feed-server" * 3 + "-test-key-"
DAY = "2026-11-01"


def add_event(seq: int, value: bytes, *, alias: str | None = None, quality: int = 100) -> Event:
    """An add of one whole picture's hash."""
    name = alias or hashlib.sha256(value + seq.to_bytes(8, "big")).hexdigest()[:32]
    return Event(
        seq=seq,
        op="add",
        alias=name,
        day=DAY,
        epoch=1,
        type="pdq",
        value=value.hex(),
        kind="whole",
        quality=quality,
        bank="main",
        salt=os.urandom(32).hex(),
    )


def video_event(seq: int, frames: Iterable[tuple[int, bytes]], *, alias: str | None = None) -> Event:
    """An add of one video, with its frames (time, hash)."""
    banked = [BankedFrame(t_ms, 100, value) for t_ms, value in frames]
    alone = add_event(seq, video_digest(pack_frames(banked)), alias=alias)
    shown = [EventFrame(one.t_ms, one.quality, one.value.hex()) for one in banked]
    return msgspec.structs.replace(alone, kind="video", frames=shown)


@dataclass
class Feed:
    """One member's feed and how it is to be served."""

    signing: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    origin: str = ORIGIN
    member: str = MEMBER
    key: str = KEY
    lease: Lease = field(default_factory=Lease)
    events: list[Event] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    status: list[int] = field(default_factory=list)
    retry_after: str | None = None
    cut: int | None = None
    encoding: str | None = None
    drip_s: float = 0.0
    set_cookie: str | None = None
    """A new one with each answer, by a number behind it."""
    cookies: list[str | None] = field(default_factory=list)
    """What came back, request by request."""
    asked_encodings: set[str | None] = field(default_factory=set)
    spoil_page: Callable[[Page], Page] = field(default=lambda page: page)
    spoil_document: Callable[[bytes], bytes] = field(default=lambda document: document)
    spoil_snapshot: Callable[[bytes], bytes] = field(default=lambda body: body)

    def expected(self) -> Expected:
        """What a client of this feed must be configured with."""
        return Expected(self.signing.public_key(), self.origin, self.member)

    def add(self, value: bytes, *, quality: int = 100) -> str:
        """Append an add; give its alias."""
        event = add_event(len(self.events) + 1, value, quality=quality)
        self.events.append(event)
        return event.alias

    def add_video(self, frames: Iterable[tuple[int, bytes]], *, alias: str | None = None) -> str:
        """Append the add of one video, with its frames (time, hash); give its alias."""
        event = video_event(len(self.events) + 1, frames, alias=alias)
        self.events.append(event)
        return event.alias

    def withdraw(self, alias: str) -> None:
        """Append a withdrawal; the add it ends is served as gone from now on."""
        for place, event in enumerate(self.events):
            if event.alias == alias and event.op == "add":
                self.events[place] = Event(seq=event.seq, op="gone", alias=alias, day=event.day, epoch=event.epoch)
        self.events.append(Event(seq=len(self.events) + 1, op="withdraw", alias=alias, day=DAY, epoch=1))

    def page(self, after: int, limit: int, nonce: str) -> bytes:
        """The signed answer to GET /v1/feed."""
        events = self.events[after : after + limit]
        page = Page(
            v=1,
            origin=self.origin,
            member=self.member,
            nonce=nonce,
            after=after,
            next=after + len(events),
            more=after + len(events) < len(self.events),
            lease=self.lease,
            events=events,
        )
        payload = msgspec.json.encode(self.spoil_page(page))
        return self.spoil_document(seal_document(self.signing, PAGE_CONTEXT, payload))

    def snapshot(self, nonce: str) -> bytes:
        """The gzip body that answers GET /v1/feed/snapshot."""
        live = [event for event in self.events if event.op == "add"]
        body = b"".join(msgspec.json.encode(event) + b"\n" for event in live)
        end = SnapshotEnd(
            v=1,
            origin=self.origin,
            member=self.member,
            nonce=nonce,
            cursor=len(self.events),
            count=len(live),
            sha256=hashlib.sha256(body).hexdigest(),
            lease=self.lease,
        )
        last = seal_document(self.signing, SNAPSHOT_CONTEXT, msgspec.json.encode(end)) + b"\n"
        return self.spoil_snapshot(gzip.compress(body + last))


class _Handler(BaseHTTPRequestHandler):
    feed: Feed

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        self.feed.requests.append(url.path)
        self.feed.asked_encodings.add(self.headers.get("Accept-Encoding"))
        self.feed.cookies.append(self.headers.get("Cookie"))
        if self.feed.status:
            return self._answer(self.feed.status.pop(0), b'{"error":"spoilt","message":""}')
        if self.headers.get("Authorization") != f"Bearer {self.feed.key}":
            return self._answer(401, msgspec.json.encode(ErrorAnswer("key_refused", "")))
        if url.path == "/v1/feed/snapshot":
            return self._answer(200, self.feed.snapshot(query["nonce"]))
        after = int(query["after"])
        if after > len(self.feed.events):
            return self._answer(409, msgspec.json.encode(ErrorAnswer("feed_cursor", "")))
        return self._answer(200, self.feed.page(after, int(query["limit"]), query["nonce"]))

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if self.feed.retry_after:
            self.send_header("Retry-After", self.feed.retry_after)
        if self.feed.set_cookie:
            self.send_header("Set-Cookie", f"{self.feed.set_cookie}{len(self.feed.cookies)}=1; Path=/")
        if self.feed.encoding:
            self.send_header("Content-Encoding", self.feed.encoding)
        self.end_headers()
        if self.feed.drip_s:
            self._drip(body)
            return
        self.wfile.write(body if self.feed.cut is None else body[: self.feed.cut])
        if self.feed.cut is not None:
            self.close_connection = True

    def _drip(self, body: bytes) -> None:
        """Send a byte at a time, until it is all there or nobody listens any more."""
        for byte in body:
            time.sleep(self.feed.drip_s)
            try:
                self.wfile.write(bytes([byte]))
            except OSError:
                return

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serve(feed: Feed, port: int = 0) -> Iterator[str]:
    """Serve a feed on loopback; give its address."""
    handler = type("Handler", (_Handler,), {"feed": feed})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def renumber(page: Page, **changes: object) -> Page:
    """The page with some fields changed."""
    return msgspec.structs.replace(page, **changes)


__all__ = ["DAY", "KEY", "MEMBER", "ORIGIN", "Feed", "add_event", "renumber", "serve", "video_event"]
