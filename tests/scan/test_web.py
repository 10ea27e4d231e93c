"""Addresses in lists: whoever serves them, a scan holds no more than the limit, waits no longer, and follows nobody."""

import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from scan_stage import ScanIt, jpeg, rows_of

from notcontent.errors import (
    ImageTooLargeError,
    ObjectAddressError,
    ObjectRedirectError,
    ObjectTimeError,
    ObjectUnreadableError,
    VideoNotScannedError,
)
from notcontent.scan.objects import StoreOptions, read_object
from notcontent.scan.stage import Screening
from notcontent.scan.web import may_be_read
from notcontent.signals.worker import WorkerLimits

MOST = 50_000_000
PATIENCE_S = 1.5
Answer = Callable[[socket.socket, str], None]


class Host:
    """A host that answers as it likes, and remembers what it was asked."""

    def __init__(self, answer: Answer) -> None:
        self.asked: list[tuple[str, bytes]] = []
        self._answer = answer
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    def close(self) -> None:
        self._server.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._one, args=(self._server.accept()[0],), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            data = b""
            while b"\r\n\r\n" not in data:
                data += connection.recv(65536)
            path = data.split(b" ")[1].decode().lstrip("/")
            self.asked.append((path, data))
            self._answer(connection, path)


@contextmanager
def host(answer: Answer) -> Iterator[Host]:
    made = Host(answer)
    try:
        yield made
    finally:
        made.close()


def head(*lines: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", "Connection: close", *lines, "", ""]).encode()


def hostile(connection: socket.socket, path: str) -> None:  # noqa: C901, PLR0912 - one case a trick
    match path:
        case "lying":  # says ten bytes when asked for its size, and sends three gigabytes
            connection.sendall(head("Content-Range: bytes 0-9/10"))
            for _ in range(3000):
                connection.sendall(bytes(1_000_000))
        case "honest":
            connection.sendall(head("Content-Length: 3000000000"))
            time.sleep(30)
        case "film":  # larger than any picture, and the rest never comes
            connection.sendall(head("Content-Length: 3000000000") + b"\0\0\0\x18ftypisom" + bytes(2000))
            time.sleep(30)
        case "swelling":
            connection.sendall(head("Content-Encoding: gzip", "Content-Length: 4") + b"\x1f\x8b\x08\x00")
        case "silent":
            time.sleep(30)
        case "dripping":
            connection.sendall(head("Content-Length: 100000"))
            drip(connection)
        case "dripping-headers":
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            drip(connection)
        case "continuing":
            while True:
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                time.sleep(0.05)
        case "headers":
            for _ in range(100_000):
                connection.sendall(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000)
        case _:
            connection.sendall(b"\x00\xff no http")


def drip(connection: socket.socket) -> None:
    for _ in range(300):
        connection.sendall(b"x")
        time.sleep(0.1)


@pytest.fixture(scope="module")
def enemy() -> Iterator[Host]:
    with host(hostile) as made:
        yield made


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("lying", ImageTooLargeError),
        ("honest", ImageTooLargeError),
        ("film", VideoNotScannedError),
        ("silent", ObjectTimeError),
        ("dripping", ObjectTimeError),
        ("dripping-headers", ObjectTimeError),
        ("continuing", ObjectTimeError),
        ("headers", ObjectUnreadableError),
        ("no-http", ObjectUnreadableError),
    ],
)
def test_no_host_makes_a_scan_hold_more_or_wait_longer_than_the_limit(
    enemy: Host, path: str, error: type[Exception]
) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    with pytest.raises(error) as caught:
        read_object(enemy.url(path), MOST, StoreOptions(fetch_s=PATIENCE_S))
    assert type(caught.value) is error
    assert time.monotonic() - began < PATIENCE_S + 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4 * MOST // 1024
    assert b"Accept-Encoding: identity" in enemy.asked[-1][1]


def test_a_redirect_is_not_followed(out: Path, tmp_path: Path, scan_it: ScanIt) -> None:
    with host(lambda connection, _: connection.sendall(head("Content-Length: 0"))) as secret:

        def lead(connection: socket.socket, path: str) -> None:
            connection.sendall(head(f"Location: {secret.url('metadata')}", "Content-Length: 0", status=f"{path} On"))

        with host(lead) as leading:
            codes = ("301", "302", "303", "307", "308")
            (tmp_path / "list.csv").write_text("url\n" + "".join(leading.url(code) + "\n" for code in codes))
            scan_it(tmp_path / "list.csv")
            assert [row["error"] for row in rows_of(out)] == ["object_redirect"] * 5
            assert len(leading.asked) == 5
        assert secret.asked == []
    with pytest.raises(ObjectRedirectError), host(lead) as leading:
        read_object(leading.url("302"), MOST, StoreOptions())


def test_addresses_where_credentials_lie_are_refused_whatever_name_leads_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for address in ("169.254.169.254", "fe80::1%eth0", "fe80::1", "::ffff:169.254.169.254", "100.100.100.200",
                    "fd00:ec2::254", "224.0.0.1", "ff02::1", "2002:a9fe:a9fe::"):  # fmt: skip
        assert not may_be_read(address)
    for address in ("127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "fd00::1", "192.0.2.1", "2001:db8::1"):
        assert may_be_read(address)
    for url in ("http://169.254.169.254/latest", "http://0xa9fea9fe/", "http://2852039166/", "http://[fe80::1]/"):
        with pytest.raises(ObjectAddressError):
            read_object(url, MOST, StoreOptions(fetch_s=PATIENCE_S))
    lookup = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _host, *rest, **more: lookup("169.254.169.254", *rest, **more))
    with pytest.raises(ObjectAddressError):
        read_object("http://archive.example.org/1.jpg", MOST, StoreOptions(fetch_s=PATIENCE_S))


def test_pictures_at_addresses_are_read_and_asked_for_again_when_the_host_is_busy(
    out: Path, tmp_path: Path, scan_it: ScanIt
) -> None:
    moods = iter(["503 Busy", "200 OK", "404 Not Here", "200 OK"])

    def serve(connection: socket.socket, _: str) -> None:
        status = next(moods)
        data = jpeg(3) if status == "200 OK" else b""
        connection.sendall(head(f"Content-Length: {len(data)}", status=status) + data)

    with host(serve) as archive:
        names = [archive.url(name) for name in ("3.jpg", "4.jpg", "ü%20x.jpg?a=b")]
        names += ["http://", "https://a b/", "ftp://a/b"]
        (tmp_path / "list.csv").write_text("url\n" + "".join(name + "\n" for name in names))
        scan_it(tmp_path / "list.csv", screening=Screening(WorkerLimits(memory_mb=512), 60.0, StoreOptions()))
        rows = rows_of(out)
        assert sorted(row["verdict"] for row in rows[:3]) == ["error", "match", "match"]
        assert [row["error"] for row in rows[3:]] == ["object_unreadable"] * 3
        assert "%C3%BC%20x.jpg?a=b" in [path for path, _ in archive.asked]
        assert not any(b"authorization" in data.lower() for _, data in archive.asked)


def test_a_name_in_the_address_is_sent_as_the_host_wants_it() -> None:
    with host(lambda connection, _: connection.sendall(head("Content-Length: 1") + b"x")) as archive:
        url = archive.url("a").replace("127.0.0.1", "me:p%40ss@127.0.0.1")
        assert read_object(url, MOST, StoreOptions()) == b"x"
        assert b"Authorization: Basic bWU6cEBzcw==\r\n" in archive.asked[0][1]


def test_a_store_that_lies_about_a_size_sends_no_more_than_it_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")

    def lie(connection: socket.socket, path: str) -> None:
        if len(store.asked) == 1:
            assert store.asked[0][1].startswith(b"HEAD ")
            connection.sendall(head("Content-Length: 10"))
            return
        hostile(connection, "silent" if "silent" in path else "lying")

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name in ("lying.jpg", "silent.jpg"):
        with host(lie) as store, pytest.raises(ObjectUnreadableError):
            read_object(f"s3://bucket/{name}", MOST, StoreOptions(f"http://127.0.0.1:{store.port}", silence_s=1.0))
        assert any(b"range: bytes=0-9\r\n" in data.lower() for _, data in store.asked[1:])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4 * MOST // 1024
