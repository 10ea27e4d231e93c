"""One HTTP connection of a worker, bounded before a request is one: who only opens, drips or floods gets no memory.

uvicorn bounds neither the number of connections, nor the time that headers take, nor how many there are; and any byte
after an answer, even a bare line end, ends its keep-alive timer for good. All that is kept here.

A small question that came whole is answered where its bytes were read, without a task of its own: for a lookup of one
hash everything else that a task costs is more than the answer. Whoever asks often sends the same head each time: one
that came before, byte for byte, is not read again.
"""

import asyncio
import hmac
from asyncio.events import TimerHandle
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from notcontent.errors import HeadersTooLargeError, NotContentError, UpgradeRefusedError
from notcontent.exchange.wire import ErrorAnswer

MAX_HEAD_BYTES = 32 * 1024
MAX_FIELDS = 100
MAX_PIPELINED = 16
MOST_KNOWN_BYTES = 2048
"""A longer head is read each time: what is kept of a connection stays small."""
_END_OF_HEAD = b"\r\n\r\n"
CAREFUL_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""On every answer of the gate."""
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]
AtOnce = Callable[[Scope, bytes, Headers, bool], bytes | None]
"""From a request's scope and whole body, the server's own headers, and whether the connection is kept, to all bytes of
the answer; None when this request takes its time."""


@dataclass(frozen=True, slots=True)
class KnownHead:
    """The head of a request that was answered at once, what it says, and how long it is with its body."""

    head: bytes
    length: int
    scope: Scope


class Connection(HttpToolsProtocol):
    """uvicorn's connection with bounds: on connections, on headers and trailers, and on idling.

    A head of more than 32 KiB or 100 fields is answered 431. So is whatever else is not body and goes on as long:
    trailers, chunk extensions. A connection without a request under way is closed when the headers of the next one
    do not come in time; between an answer and the next byte uvicorn's own, longer, timer runs.
    """

    header_timeout_s: ClassVar[float] = 10.0
    max_connections: ClassVar[int] = 1024
    _timer: TimerHandle | None = None
    _refused: type[NotContentError] | None = None
    _mid_message = False
    _in_head = False
    _head_bytes = 0
    _fields = 0
    _without_body = 0
    _saw_body = False
    _reading = False
    _fresh: tuple[RequestResponseCycle, Any] | None = None
    _known: KnownHead | None = None
    _between = _began_before = False
    _answered_s = float("-inf")

    def answer_at_once(self, _scope: Scope, _body: bytes, _headers: Headers, _keep: bool, /) -> bytes | None:
        """Answer a request whose body is whole, or leave it to the application. See `AtOnce`."""
        return None

    def count_refusal(self, code: str) -> None:
        """Be told of a refusal that no route sees."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, or close at once when there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self.max_connections:
            transport.abort()
            return
        self._arm()

    def data_received(self, data: bytes) -> None:
        """Take bytes in, count those that are no body, and never be left without a timer."""
        if self._between and self._answered_again(data):
            return
        self._saw_body = self._between = False
        self._began_before = self._mid_message
        self._reading = True
        try:
            super().data_received(data)
            self._check_flood(data)
        finally:
            self._reading = False
            self._begin_fresh(data)

    def _answered_again(self, data: bytes) -> bool:
        """Answer a request whose head came before, byte for byte, on this connection; say whether that was done.

        The parser, which stands between two messages, would say of these bytes what it said then, with another body
        of the same length. So it is not asked, and goes on standing there.
        """
        known = self._known
        if known is None or len(data) != known.length:
            return False
        head, body = data[: len(known.head)], data[len(known.head) :]
        # In constant time: a proxy may send several callers' requests over one connection, and the head has their key.
        if not hmac.compare_digest(head, known.head):
            return False
        if not self.cycle.response_complete or self.pipeline or self.flow.write_paused or self.transport.is_closing():
            return False
        answer = self.answer_at_once(known.scope, body, self.server_state.default_headers, self.cycle.keep_alive)
        if answer is None:
            return False
        self.transport.write(answer)
        self.server_state.total_requests += 1
        self._answered_s = self.loop.time()
        return True

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection on which nothing came, unless something was answered since this timer was set."""
        left = self._answered_s + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self.timeout_keep_alive_task = self.loop.call_later(left, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()

    def _check_flood(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        # A value that never ends reaches no callback, only the parser's memory: so bytes are counted here as well.
        self._without_body = self._without_body + len(data) if self._mid_message and not self._saw_body else 0
        if self._without_body > MAX_HEAD_BYTES:
            self._refused = HeadersTooLargeError
            self.send_400_response("")
        elif self.cycle is None or self.cycle.response_complete:
            self._arm()

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser refused; what is refused here gets an answer of its own."""
        if self._refused is None:
            super().send_400_response(msg)
            return
        self._disarm()
        self.count_refusal(self._refused.code)
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(_refusal(self._refused))
            self.transport.close()
        else:
            self.transport.abort()

    def on_message_begin(self) -> None:
        """Meet the first byte of a request on a kept connection."""
        super().on_message_begin()
        self._mid_message = self._in_head = True
        self._between = False
        self._head_bytes = self._fields = self._without_body = 0
        self._arm()

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one field of the head. A trailer comes when the request is under way, and says nothing here."""
        self._fields += 1
        self._count(len(name) + len(value) + len(b": \r\n"))
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Have all headers in time; one caller's requests wait in line, but not in any number.

        To the parser nothing that follows an Upgrade is a body. It would be taken for the next request, so whoever
        chose the body would choose what somebody else's request on the same connection is answered.
        """
        self._in_head = False
        if self.parser.should_upgrade():
            self._refused = UpgradeRefusedError
            raise UpgradeRefusedError
        if len(self.pipeline) >= MAX_PIPELINED:
            self.transport.abort()
            return
        self._disarm()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._saw_body = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Have the whole request."""
        self._mid_message = False
        self._between = True
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._disarm()
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:  # noqa: ANN401 (passed on)
        """Hold a request back until the bytes at hand are read: its body may be among them.

        This is uvicorn's own, not its interface; where it is not called, every request gets its task as usual.
        """
        if self.transport.is_closing():
            return  # there is nobody to answer
        if self._reading and self._fresh is None:
            self._fresh = (cycle, app)
        else:
            super()._start_asgi_task(cycle, app)

    def _begin_fresh(self, data: bytes) -> None:
        # After a message only line ends reach no callback, and with one of them the parser may wait for another.
        self._between = self._between and data[-1:] not in {b"\r", b"\n"}
        if self._fresh is None:
            return
        (cycle, app), self._fresh = self._fresh, None
        if self.transport.is_closing():
            return
        answer = None
        # Who does not read its answers gets no more of them this way: a task waits for room to write.
        if not cycle.more_body and not self.flow.write_paused:
            scope: Any = cycle.scope
            defaults = self.server_state.default_headers
            answer = self.answer_at_once(scope, bytes(cycle.body), defaults, cycle.keep_alive)
        if answer is None:
            super()._start_asgi_task(cycle, app)
            return
        cycle.response_started = cycle.response_complete = True
        self.transport.write(answer)
        if not cycle.keep_alive:
            self.transport.close()
        elif self._between and not self._began_before:
            self._remember(data, len(cycle.body), scope)
        self.on_response_complete()

    def _remember(self, data: bytes, body: int, scope: Scope) -> None:
        """Keep the head of what was just answered, if these bytes, in which it began, were one request and no more."""
        head = data[: data.find(_END_OF_HEAD) + len(_END_OF_HEAD)]
        if len(head) + body == len(data) and len(head) <= MOST_KNOWN_BYTES:
            self._known = KnownHead(head, len(data), scope)

    def _count(self, size: int) -> None:
        """Stop the parser when there is too much: what a callback raises ends as `send_400_response`."""
        self._head_bytes += size
        if self._head_bytes > MAX_HEAD_BYTES or self._fields > MAX_FIELDS:
            self._refused = HeadersTooLargeError
            raise HeadersTooLargeError

    def _arm(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self.header_timeout_s, self.transport.abort)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def bounded(
    *, header_timeout_s: float, max_connections: int, count_refusal: Callable[[str], None], at_once: AtOnce
) -> type[Connection]:
    """Make the connections of one worker. `count_refusal` is told the code of each refusal that no route sees."""
    bounds = {
        "header_timeout_s": header_timeout_s,
        "max_connections": max_connections,
        "count_refusal": lambda _self, code: count_refusal(code),
        "answer_at_once": staticmethod(at_once),
    }
    return type("BoundedConnection", (Connection,), bounds)


def _refusal(error: type[NotContentError]) -> bytes:
    """Write the answer by hand: there is no request to answer yet."""
    status = HTTPStatus(error.http_status)
    body = msgspec.json.encode(ErrorAnswer(error.code, error.message))
    headers = {
        **CAREFUL_HEADERS,
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body
