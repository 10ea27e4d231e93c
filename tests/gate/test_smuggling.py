"""On a connection that a platform's proxy keeps for many callers, one caller's bytes are never another's request."""

import json
import socket
import time
from collections.abc import Iterator

import pytest
from feed_server import Feed, serve
from gate_process import LOOKUP_KEY, UPLOAD_KEY, RunningGate, running_gate, write_config

HEALTH = b"GET /v1/health HTTP/1.1\r\nHost: gate\r\n\r\n"


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGate]:
    feed = Feed()
    with (
        serve(feed) as address,
        running_gate(write_config(tmp_path_factory.mktemp("smuggling"), feed, address)) as running,
    ):
        yield running


def spoken(gate: RunningGate, *pieces: bytes) -> bytes:
    """Send pieces, each in a packet of its own, and read until the gate closes or falls silent."""
    host, _, port = gate.url.removeprefix("http://").rpartition(":")
    answer = b""
    with socket.create_connection((host, int(port)), timeout=2) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(0.2)
            while part := connection.recv(65536):
                answer += part
        except (TimeoutError, ConnectionError):
            pass
    return answer


@pytest.mark.parametrize("path", ["/v1/screen", "/v1/lookup"])
@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
def test_a_body_after_an_upgrade_is_never_taken_for_a_request(gate: RunningGate, path: str, protocol: str) -> None:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer {UPLOAD_KEY}\r\n"
        f"Connection: Upgrade\r\nUpgrade: {protocol}\r\nContent-Length: {len(HEALTH)}\r\n\r\n"
    )
    answer = spoken(gate, head.encode(), HEALTH)
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b'"error":"upgrade_refused"' in answer
    assert answer.count(b"HTTP/1.1 ") == 1


def test_to_connect_is_refused_as_well(gate: RunningGate) -> None:
    answer = spoken(gate, b"CONNECT gate:80 HTTP/1.1\r\nHost: gate\r\n\r\n", HEALTH)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b'"error":"upgrade_refused"' in answer


def test_a_key_in_a_trailer_opens_nothing(gate: RunningGate) -> None:
    head = b"POST /v1/lookup HTTP/1.1\r\nHost: gate\r\nTransfer-Encoding: chunked\r\n"
    body = b'{"hashes": [{"value": "' + b"00" * 32 + b'"}]}'
    chunk = b"%x\r\n%b\r\n0\r\n" % (len(body), body)
    key = f"Authorization: Bearer {LOOKUP_KEY}\r\n".encode()
    in_the_head = spoken(gate, head + key + b"Connection: close\r\n\r\n" + chunk + b"\r\n")
    assert in_the_head.startswith(b"HTTP/1.1 200 OK\r\n")
    in_a_trailer = spoken(gate, head + b"Connection: close\r\n\r\n" + chunk + key + b"\r\n")
    assert in_a_trailer.startswith(b"HTTP/1.1 401 Unauthorized\r\n")


def test_a_flood_of_requests_sent_ahead_leaves_no_line_in_the_log(gate: RunningGate) -> None:
    before = gate.log.count("\n")
    for _ in range(5):
        spoken(gate, HEALTH * 60)
    assert gate.health()["status"]
    assert gate.log.count("\n") == before


def test_all_that_a_gate_says_until_it_has_stopped_is_one_json_object_a_line(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    feed = Feed()
    feed.add(bytes(range(32)))
    with serve(feed) as address, running_gate(write_config(tmp_path_factory.mktemp("said"), feed, address)) as gate:
        assert gate.health()["status"]
        assert gate.stop() == 0
        said = gate.log
    assert [json.loads(line)["event"] for line in said.splitlines()][-1] == "gate_stopped"
