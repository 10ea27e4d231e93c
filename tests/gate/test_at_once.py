"""A small lookup that comes whole is answered where it was read: just as it would be by a task of its own."""

import asyncio
import hashlib
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
import uvicorn
from feed_server import Feed, serve
from gate_process import LOOKUP_KEY, STAFF_KEY, UPLOAD_KEY, RunningGate, running_gate, write_config
from uvicorn.server import ServerState

from notcontent.gate import http
from notcontent.gate.connection import MOST_KNOWN_BYTES, Connection, bounded
from notcontent.gate.door import Answer, Ask, Door, Route

BANKED = bytes(range(32))
SLOW_KEY = "ncg_slow-canary-9e21"


@dataclass(frozen=True)
class Reply:
    status: bytes
    headers: dict[bytes, bytes]
    body: bytes


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGate]:
    feed = Feed()
    feed.add(BANKED)
    digest = hashlib.sha256(SLOW_KEY.encode()).hexdigest()
    tables = (
        '[policy]\nmode = "enforce"\n'
        f'[[callers]]\nname = "slow"\nrole = "lookup"\nkey_sha256 = "{digest}"\nrate = 0.001\nburst = 1000\n'
    )
    with (
        serve(feed) as address,
        running_gate(write_config(tmp_path_factory.mktemp("at-once"), feed, address, tables=tables)) as running,
    ):
        yield running


def connect(gate: RunningGate) -> socket.socket:
    host, _, port = gate.url.removeprefix("http://").rpartition(":")
    connection = socket.create_connection((host, int(port)), timeout=20)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def request(body: bytes, key: str, *more: str, method: str = "POST") -> tuple[bytes, bytes]:
    lines = [f"{method} /v1/lookup HTTP/1.1", "Host: gate", f"Content-Length: {len(body)}", *more]
    if key:
        lines.append(f"Authorization: Bearer {key}")
    return "\r\n".join([*lines, "", ""]).encode(), body


def hashes(*values: bytes) -> bytes:
    return json.dumps({"hashes": [{"value": value.hex()} for value in values]}).encode()


def read_reply(stream: "socket.SocketIO") -> Reply:
    status = stream.readline().rstrip()
    headers = {}
    while line := stream.readline().rstrip():
        name, _, value = line.partition(b": ")
        headers[name.lower()] = value
    return Reply(status, headers, stream.read(int(headers[b"content-length"])))


def asked(gate: RunningGate, head: bytes, body: bytes, *, whole: bool) -> Reply:
    with connect(gate) as connection:
        if whole:
            connection.sendall(head + body)
        else:
            connection.sendall(head)
            time.sleep(0.05)  # so that they are read apart; if not, both sides of the comparison are the same one
            connection.sendall(body)
        with connection.makefile("rb") as stream:
            return read_reply(stream)  # type: ignore[arg-type]


CASES = {
    "a match, for staff": request(hashes(BANKED, os.urandom(32)), STAFF_KEY),
    "a match, for a lookup caller": request(hashes(BANKED), LOOKUP_KEY),
    "an upload key": request(hashes(BANKED), UPLOAD_KEY),
    "no key": request(hashes(BANKED), ""),
    "a wrong key": request(hashes(BANKED), "ncg_nobody"),
    "a malformed hash": request(hashes(BANKED[:31]), STAFF_KEY),
    "no JSON": request(b"{", STAFF_KEY),
    "no hashes": request(b'{"hashes": []}', STAFF_KEY),
    "an unknown name": request(b'{"hashes": [], "x": 1}', STAFF_KEY),
    "deep nesting": request(b"[" * 2000, STAFF_KEY),
    "not text": request(b"\xff\xfe", STAFF_KEY),
    "another method": request(hashes(BANKED), STAFF_KEY, method="PUT"),
}


@pytest.mark.parametrize("case", CASES)
def test_whole_and_in_two_pieces_a_request_gets_the_same_answer(gate: RunningGate, case: str) -> None:
    head, body = CASES[case]
    whole, apart = asked(gate, head, body, whole=True), asked(gate, head, body, whole=False)
    assert (whole.status, whole.body) == (apart.status, apart.body)
    # A refusal before the body's end says that it closes; one that has the whole body keeps the connection.
    unlike = {b"connection"}
    assert {k: v for k, v in whole.headers.items() if k not in unlike} == {
        k: v for k, v in apart.headers.items() if k not in unlike
    }


def test_requests_in_one_piece_are_answered_in_their_order(gate: RunningGate) -> None:
    bodies = [hashes(BANKED), hashes(os.urandom(32)), b"{", hashes(*[BANKED] * 40), hashes(os.urandom(32))]
    with connect(gate) as connection:
        connection.sendall(b"".join(b"".join(request(body, STAFF_KEY)) for body in bodies))
        with connection.makefile("rb") as stream:
            replies = [json.loads(read_reply(stream).body) for _ in bodies]  # type: ignore[arg-type]
    actions = [
        [one["action"] for one in reply["results"]] if "results" in reply else reply["error"] for reply in replies
    ]
    assert actions == [["block"], ["allow"], "request_format", ["block"] * 40, ["allow"]]


def test_a_kept_connection_is_kept_and_one_that_asks_to_be_closed_is_closed(gate: RunningGate) -> None:
    with connect(gate) as connection, connection.makefile("rb") as stream:
        for _ in range(5):
            connection.sendall(b"".join(request(hashes(BANKED), LOOKUP_KEY)))
            assert read_reply(stream).status == b"HTTP/1.1 200 OK"  # type: ignore[arg-type]
        connection.sendall(b"".join(request(hashes(BANKED), LOOKUP_KEY, "Connection: close")))
        assert read_reply(stream).headers[b"connection"] == b"close"  # type: ignore[arg-type]
        assert stream.read() == b""


def test_the_rate_of_a_caller_holds_here_as_well(gate: RunningGate) -> None:
    def small() -> Reply:
        return asked(gate, *request(hashes(BANKED), SLOW_KEY), whole=True)

    assert small().status == b"HTTP/1.1 200 OK"
    assert asked(gate, *request(hashes(*[BANKED] * 999), SLOW_KEY), whole=True).status == b"HTTP/1.1 200 OK"
    refused = small()
    assert refused.status == b"HTTP/1.1 429 Too Many Requests"
    assert int(refused.headers[b"retry-after"]) > 0


def test_a_head_that_came_before_is_not_read_again_and_answers_stay_the_same(gate: RunningGate) -> None:
    other = os.urandom(32)
    bodies = [hashes(BANKED), hashes(other), hashes(BANKED), hashes(BANKED, other), hashes(other), b"{" * 80]
    bodies += [b"{" * len(hashes(BANKED)), hashes(BANKED)]
    fresh = [asked(gate, *request(body, STAFF_KEY), whole=True) for body in bodies]
    with connect(gate) as connection, connection.makefile("rb") as stream:
        for body, alone in zip(bodies, fresh, strict=True):
            connection.sendall(b"".join(request(body, STAFF_KEY)))
            reply = read_reply(stream)  # type: ignore[arg-type]
            assert (reply.status, reply.body) == (alone.status, alone.body)
            assert reply.headers.keys() == alone.headers.keys()


def test_one_connection_may_carry_several_callers_and_each_is_asked_for_its_key(gate: RunningGate) -> None:
    body = hashes(BANKED)
    keys = [LOOKUP_KEY, LOOKUP_KEY, STAFF_KEY, LOOKUP_KEY[:-1] + "!", LOOKUP_KEY, UPLOAD_KEY, STAFF_KEY, STAFF_KEY]
    with connect(gate) as connection, connection.makefile("rb") as stream:
        seen = []
        for key in keys:
            connection.sendall(b"".join(request(body, key)))
            reply = read_reply(stream)  # type: ignore[arg-type]
            results = json.loads(reply.body).get("results", [{}])
            seen.append((int(reply.status.split()[1]), results[0].get("matches") is not None))
    assert seen == [
        *[(200, False), (200, False), (200, True), (401, False), (200, False), (403, False)],
        *[(200, True), (200, True)],
    ]


class _Wire(asyncio.Transport):
    """What the connection writes, kept."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


def _connected(loop: asyncio.AbstractEventLoop) -> tuple[Connection, _Wire]:
    """A connection that answers every request with its path and its body."""
    config = uvicorn.Config(_later, ws="none", lifespan="off", log_config=None)
    config.load()
    kind = bounded(
        header_timeout_s=10,
        max_connections=2,
        count_refusal=lambda _code: None,
        at_once=lambda scope, body, _headers, _keep: b"%s %b;" % (scope["path"].encode(), body),
    )
    connection, transport = kind(config, ServerState(), {}, loop), _Wire()
    connection.connection_made(transport)
    return connection, transport


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    yield made
    made.close()


@pytest.fixture
def wire(loop: asyncio.AbstractEventLoop) -> Iterator[tuple[Connection, _Wire, list[bytes]]]:
    """The same, and what its parser is fed."""
    connection, transport = _connected(loop)
    fed: list[bytes] = []
    connection.parser = _Noting(connection.parser, fed)  # type: ignore[assignment]
    yield connection, transport, fed
    connection.connection_lost(None)


async def _later(scope: Any, receive: Any, send: Any) -> None:
    """Answer what did not come whole: with its path and its body too."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%b %b;" % (scope["path"].encode(), body)})


class _Noting:
    def __init__(self, parser: object, fed: list[bytes]) -> None:
        self._parser, self._fed = parser, fed

    def feed_data(self, data: bytes) -> None:
        self._fed.append(data)
        self._parser.feed_data(data)  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> object:
        return getattr(self._parser, name)


def _post(body: bytes, path: str = "/a", more: bytes = b"") -> bytes:
    return b"POST %s HTTP/1.1\r\nContent-Length: %d\r\n%s\r\n%s" % (path.encode(), len(body), more, body)


Wired = tuple[Connection, _Wire, list[bytes]]


def test_only_a_whole_request_with_the_same_head_passes_the_parser_by(wire: Wired) -> None:
    connection, transport, fed = wire
    sent = [_post(b"one"), _post(b"two"), _post(b"four"), _post(b"six"), _post(b"ten"), _post(b"six", "/b")]
    for one in sent:
        connection.data_received(one)
    assert transport.written == b"/a one;/a two;/a four;/a six;/a ten;/b six;"
    assert fed == [sent[0], sent[2], sent[3], sent[5]]


@pytest.mark.parametrize("rest", [b"\r", b"\r\n", b"P", b"POST /c HTTP/1.1\r\n"])
def test_a_parser_in_the_middle_of_something_is_never_passed_by(wire: Wired, rest: bytes) -> None:
    connection, _, fed = wire
    one, two = _post(b"one"), _post(b"two")
    connection.data_received(one)
    connection.data_received(one + rest)
    connection.data_received(two)
    assert fed == [one, one + rest, two]
    connection.data_received(one)
    connection.data_received(rest)
    before = len(fed)
    connection.data_received(two)
    assert len(fed) == before + 1


def test_the_end_of_a_head_that_was_cut_is_no_head_to_be_known_again(wire: Wired) -> None:
    connection, transport, fed = wire
    begun, one = b"POST /b HTTP/1.1\r\nX: ", _post(b"one")
    for piece in (begun, one, one, one):
        connection.data_received(piece)
    assert fed[:3] == [begun, one, one]  # the second is read, as a request of its own
    assert transport.written == b"/b one;/a one;/a one;"


def test_any_stream_however_cut_is_answered_as_the_parser_would(loop: asyncio.AbstractEventLoop) -> None:
    chance = Random(5)  # noqa: S311
    begun = b"POST /c HTTP/1.1\r\nX: "
    kinds = [*[_post(body) for body in (b"one", b"two", b"a\r\n", _post(b"x"))], _post(b"one", "/b"), b"\r\n", begun]
    kinds += [b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n", begun + _post(b"one")]
    answered = 0
    for _ in range(400):
        pieces = []
        for one in chance.choices(kinds, k=10):
            cut = chance.randrange(2 * len(one))
            pieces += [piece for piece in (one[:cut], one[cut:]) if piece]
        answers = []
        for fast in (True, False):
            connection, transport = _connected(loop)
            for piece in pieces:
                if not transport.closed:
                    connection.data_received(piece)
                    for _ in range(6):
                        loop.run_until_complete(asyncio.sleep(0))
                if not fast:
                    connection._known = None
            answers.append(transport.written)
            connection.connection_lost(None)
        assert answers[0] == answers[1]
        answered += answers[0].count(b";")
    assert answered > 1000


def test_a_body_that_ends_a_line_leaves_the_next_request_to_the_parser(wire: Wired) -> None:
    connection, transport, fed = wire
    for _ in range(3):
        connection.data_received(_post(b"a\r\n"))
    assert (transport.written, len(fed)) == (b"/a a\r\n;" * 3, 3)


def test_heads_that_are_long_or_leave_the_body_s_length_open_are_read_each_time(wire: Wired) -> None:
    connection, transport, fed = wire
    chunked = b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n"
    for one in (_post(b"one", more=b"X: " + b"x" * MOST_KNOWN_BYTES + b"\r\n"), chunked):
        fed.clear()
        for _ in range(3):
            connection.data_received(one)
        assert len(fed) == 3
    assert transport.written == b"/a one;" * 6


def test_an_answer_of_either_way_puts_off_the_end_of_a_kept_connection(wire: Wired) -> None:
    connection, transport, _ = wire
    connection.timeout_keep_alive = 0.2  # type: ignore[assignment]
    loop = connection.loop
    connection.data_received(_post(b"one"))
    loop.run_until_complete(asyncio.sleep(0.15))
    connection.data_received(_post(b"two"))
    loop.run_until_complete(asyncio.sleep(0.15))
    assert not transport.closed
    loop.run_until_complete(asyncio.sleep(0.25))
    assert transport.closed
    connection.data_received(_post(b"six"))
    assert transport.written == b"/a one;/a two;"


class _Counts:
    def add(self, _series: tuple[str, ...], _by: float = 1) -> None: ...

    def observe(self, _series: str, _seconds: float) -> None: ...


def test_only_small_questions_of_a_route_that_can_are_answered_at_once() -> None:
    async def slowly(_ask: Ask) -> Answer:
        return Answer(b"slowly")

    routes = {
        "/quick": Route("quick", ("POST",), slowly, at_once=lambda _ask, body: Answer(body), at_once_bytes=4),
        "/slow": Route("slow", ("POST",), slowly),
    }
    door = Door(routes, _Counts())  # type: ignore[arg-type]

    def at_once(path: str, body: bytes, method: str = "POST") -> bytes | None:
        return door.at_once({"path": path, "method": method, "headers": []}, body, [], keep=True)

    answer = at_once("/quick", b"four")
    assert answer is not None
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\nfour")
    for path, body, method in (
        ("/quick", b"fives", "POST"),
        ("/quick", b"", "GET"),
        ("/slow", b"", "POST"),
        ("/none", b"", "POST"),
    ):
        assert at_once(path, body, method) is None


def test_the_server_still_has_the_hook_that_this_hangs_on() -> None:
    # It is not uvicorn's interface. Without it answers stay right and get slower, which no other test would notice.
    assert hasattr(super(Connection, Connection), "_start_asgi_task")
    assert http.AT_ONCE_BYTES < 4096
