"""The door's frame: which question a request is, and how an answer, or a refusal, becomes HTTP. No web framework.

Four paths need no framework, and a lookup's way through one cost more than its search. This is plain ASGI over uvicorn,
and for small questions (`connection.py`) not even that. Either way errors become answers here, and answers are counted
and timed here.
"""

import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

import msgspec

from notcontent.errors import (
    KeyRefusedError,
    MethodRefusedError,
    NotContentError,
    OverloadedError,
    PathNotFoundError,
    RateLimitedError,
)
from notcontent.exchange.wire import ErrorAnswer
from notcontent.gate import log, metrics
from notcontent.gate.connection import CAREFUL_HEADERS, Headers, Message, Receive, Scope, Send
from notcontent.gate.metrics import Tally

JSON = b"application/json"
_RETRY_AFTER_S = 1
_CAREFUL = tuple((name.lower().encode(), value.encode()) for name, value in CAREFUL_HEADERS.items())
_STATUS_LINES = {int(one): f"HTTP/1.1 {one.value} {one.phrase}\r\n".encode() for one in HTTPStatus}
_encode = msgspec.json.Encoder().encode


class Ask:
    """One request as an endpoint sees it: its headers, who sends it, and its body's parts when they are asked for."""

    __slots__ = ("_headers", "client", "receive")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        """Take what the server gives. `client` is the sender's address, or None."""
        self._headers: Headers = scope["headers"]
        client = scope.get("client")
        self.client: str | None = client[0] if client else None
        self.receive = receive

    def header(self, name: bytes) -> str:
        """Give a header by its name in small letters; "" when there is none, the first when there are several."""
        return header(self._headers, name)


async def _nothing_more() -> Message:
    return {"type": "http.disconnect"}


def header(headers: Headers, name: bytes) -> str:
    """Give the first header of this name (in small letters); "" when there is none."""
    for one, value in headers:
        if one == name:
            return value.decode("latin-1")
    return ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a body whole in memory, a status, and headers beside the usual ones."""

    body: bytes
    status: int = HTTPStatus.OK
    headers: tuple[tuple[bytes, bytes], ...] = ()
    media_type: bytes = JSON


def json_answer(answer: msgspec.Struct, status: int = HTTPStatus.OK) -> Answer:
    """Answer with one of the wire's structs."""
    return Answer(_encode(answer), status)


@dataclass(frozen=True, slots=True)
class Route:
    """One path: its name in the counters, the methods it takes, what answers, and whether its time is counted.

    `at_once` answers bodies of at most `at_once_bytes` without waiting for anything, as `endpoint` would.
    """

    name: str
    methods: tuple[str, ...]
    endpoint: Callable[[Ask], Awaitable[Answer]]
    timed: bool = False
    at_once: Callable[[Ask, bytes], Answer] | None = None
    at_once_bytes: int = 0


class Door:
    """The ASGI application: routes, refusals, headers, counts."""

    def __init__(self, routes: Mapping[str, Route], tally: Tally) -> None:
        """Take the routes by their paths."""
        self._routes = routes
        self._tally = tally
        self._server_headers: Headers | None = None
        self._plain = b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Whatever happens, there is an answer."""
        route = self._routes.get(scope["path"])
        if route is None:
            answer = self._refused_unasked(PathNotFoundError())
        elif scope["method"] not in route.methods:
            answer = self._refused_unasked(MethodRefusedError(), (b"allow", ", ".join(route.methods).encode()))
        else:
            began = time.perf_counter()
            try:
                answer, code = await route.endpoint(Ask(scope, receive)), metrics.OK
            except Exception as error:  # noqa: BLE001 (the edge, see _excused)
                answer, code = _excused(error)
            self._count(route, code, began)
        await send({"type": "http.response.start", "status": answer.status, "headers": [*_head(answer)]})
        await send({"type": "http.response.body", "body": answer.body})

    def at_once(self, scope: Scope, body: bytes, headers: Headers, keep: bool) -> bytes | None:
        """Answer a small whole request where it was read; see `connection.AtOnce`."""
        route = self._routes.get(scope["path"])
        if route is None or route.at_once is None or len(body) > route.at_once_bytes:
            return None
        if scope["method"] not in route.methods:
            return None
        began = time.perf_counter()
        try:
            answer, code = route.at_once(Ask(scope, _nothing_more), body), metrics.OK
        except Exception as error:  # noqa: BLE001 (the edge, see _excused)
            answer, code = _excused(error)
        self._count(route, code, began)
        plain = keep and answer.status == HTTPStatus.OK and answer.media_type is JSON and not answer.headers
        begin = self._plain_head(headers) if plain else _head_bytes(answer, headers, keep=keep)
        return b"%bcontent-length: %d\r\n\r\n%b" % (begin, len(answer.body), answer.body)

    def _plain_head(self, headers: Headers) -> bytes:
        """Give what nearly every answer begins with: it changes when the server makes new headers, once a second."""
        if self._server_headers is not headers:
            self._server_headers = headers
            self._plain = _head_bytes(Answer(b""), headers, keep=True)
        return self._plain

    def _count(self, route: Route, code: str, began: float) -> None:
        self._tally.add(("answers", route.name, code))
        if route.timed:
            self._tally.observe(route.name, time.perf_counter() - began)

    def _refused_unasked(self, error: NotContentError, *headers: tuple[bytes, bytes]) -> Answer:
        self._tally.add(("answers", "other", error.code))
        return refusal(error, *headers)


def refusal(error: NotContentError, *headers: tuple[bytes, bytes]) -> Answer:
    """Say no. `Lingering` closes the connection when a body may still be on its way."""
    if isinstance(error, RateLimitedError):
        headers += ((b"retry-after", str(max(1, math.ceil(error.retry_after_s))).encode()),)
    elif isinstance(error, OverloadedError) or error.http_status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers += ((b"retry-after", str(_RETRY_AFTER_S).encode()),)
    if isinstance(error, KeyRefusedError):
        headers += ((b"www-authenticate", b"Bearer"),)
    return Answer(_encode(ErrorAnswer(error.code, str(error))), error.http_status, headers)


def _excused(error: Exception) -> tuple[Answer, str]:
    """Make an answer and its code of an error. Of an unforeseen one the caller gets a code, the log gets a place."""
    if isinstance(error, NotContentError):
        return refusal(error), error.code
    log.write_internal(error)
    return refusal(NotContentError()), NotContentError.code


def _head_bytes(answer: Answer, server: Headers, *, keep: bool) -> bytes:
    """Write an answer's head, but for its length and its end."""
    close = () if keep else ((b"connection", b"close"),)
    lines = (*server, (b"content-type", answer.media_type), *_CAREFUL, *answer.headers, *close)
    return _STATUS_LINES[answer.status] + b"".join([b"%b: %b\r\n" % line for line in lines])


def _head(answer: Answer) -> tuple[tuple[bytes, bytes], ...]:
    length = (b"content-length", b"%d" % len(answer.body))
    return (length, (b"content-type", answer.media_type), *_CAREFUL, *answer.headers)
