"""Pictures at addresses of the web, which a list may name and a stranger may serve: read under bounds.

- No more than the limit is ever held, whatever the answer says of its size.
- One deadline for all of it: connecting, TLS, every header and every byte. Looking a name up takes the resolver's time.
- A redirect is not followed. No proxy is used, and nothing is sent but the request: no credential of this machine.
- Private and loopback addresses are read, since archives lie there. Link-local ones, where machines in a cloud find
  their own credentials, are not; it is the address connected to that counts, whatever name led there.
"""

import base64
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from typing import Any
from urllib.parse import unquote_to_bytes

import httpcore
import httpx

from notcontent.errors import (
    ObjectAddressError,
    ObjectRedirectError,
    ObjectTimeError,
    ObjectUnreadableError,
)
from notcontent.scan.films import HEAD_BYTES, refusal_of

SCHEMES = ("http://", "https://")
_TRIES = 3
_FIRST_PAUSE_S = 0.25
_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_MOST_CONNECTIONS = 256
_METADATA = frozenset({ipaddress.ip_address("100.100.100.200"), ipaddress.ip_address("fd00:ec2::254")})
"""Where two clouds keep a machine's credentials outside of the link-local range (Alibaba's, Amazon's by IPv6)."""
_Option = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


class _Deadline(threading.local):
    """When the request that this thread makes must be over."""

    at = 0.0

    def left(self, error: type[Exception]) -> float:
        """Give the seconds that are left, or raise `error`."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise error
        return left


_deadline = _Deadline()


class _Stream(httpcore.NetworkStream):
    """A connection on which every wait ends at the deadline."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the deadline is tighter
        return self._inner.read(max_bytes, _deadline.left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._inner.write(buffer, _deadline.left(httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        left = _deadline.left(httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as httpcore has it
        return self._inner.get_extra_info(info)


class _Backend(httpcore.SyncBackend):
    """Connects within the deadline, and only to addresses that may be read."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002
        local_address: str | None = None,
        socket_options: Iterable[_Option] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError from error
        addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
        if not all(may_be_read(address) for address in addresses):
            raise ObjectAddressError
        for place, address in enumerate(addresses):
            left = _deadline.left(httpcore.ConnectTimeout) / (len(addresses) - place)
            try:
                return _Stream(super().connect_tcp(address, port, left, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if place == len(addresses) - 1:
                    raise
        raise httpcore.ConnectError


def may_be_read(address: str) -> bool:
    """Say whether an IP address may hold an archive. Link-local, multicast and clouds' metadata may not."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    inner = (parsed.ipv4_mapped or parsed.sixtofour) if isinstance(parsed, ipaddress.IPv6Address) else None
    return not any(each.is_link_local or each.is_multicast or each in _METADATA for each in (parsed, inner or parsed))


@cache
def _pool() -> httpcore.ConnectionPool:
    """Make this process's connections."""
    return httpcore.ConnectionPool(
        httpx.create_ssl_context(),
        max_connections=_MOST_CONNECTIONS,
        keepalive_expiry=5.0,
        network_backend=_Backend(),
    )


def read_web(url: str, most: int, seconds: float) -> bytes:
    """Read a picture of at most `most` bytes from http(s), within so many seconds in all.

    Raises VideoNotScannedError for a larger film, ImageTooLargeError for what else is larger; ObjectRedirectError,
    ObjectTimeError, ObjectAddressError, else ObjectUnreadableError.
    """
    _deadline.at = time.monotonic() + seconds
    pause = _FIRST_PAUSE_S
    for left in range(_TRIES - 1, -1, -1):
        try:
            data = _asked(url, most)
        except httpcore.TimeoutException as error:
            raise ObjectTimeError from error
        except (httpcore.NetworkError, httpcore.RemoteProtocolError) as error:
            if not left:
                raise ObjectUnreadableError from error
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol, httpx.InvalidURL, ValueError) as error:
            raise ObjectUnreadableError from error
        else:
            if data is not None:
                return data
        if left:
            time.sleep(min(pause, _deadline.left(ObjectTimeError)))
            pause *= 2
    raise ObjectUnreadableError


def _asked(url: str, most: int) -> bytes | None:
    """Ask once; None when the host asks to come back."""
    address = httpx.URL(url)
    # Bytes as they are: a compressed answer could swell to anything before its size is seen.
    headers: dict[bytes | str, bytes | str] = {
        "Host": address.netloc,
        "User-Agent": "notcontent",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
    }
    if address.userinfo:
        headers["Authorization"] = "Basic " + base64.b64encode(unquote_to_bytes(address.userinfo)).decode()
    target = httpcore.URL(scheme=address.raw_scheme, host=address.raw_host, port=address.port, target=address.raw_path)
    waits = {"timeout": {"pool": _deadline.left(httpcore.PoolTimeout)}}
    with _pool().stream("GET", target, headers=headers, extensions=waits) as response:
        if response.status in _RETRIED:
            return None
        if 300 <= response.status < 400:
            raise ObjectRedirectError
        if response.status != 200:
            raise ObjectUnreadableError
        told = next((value for name, value in response.headers if name.lower() == b"content-length"), b"0")
        if int(told) > most:
            raise refusal_of(_beginning(response))
        return _bounded(response, most)


def _beginning(response: httpcore.Response) -> bytes:
    """Read as much of a body as tells a film; less where the host does not send it."""
    data = bytearray()
    with suppress(httpcore.TimeoutException, httpcore.NetworkError, httpcore.RemoteProtocolError):
        for chunk in response.iter_stream():
            data += chunk
            if len(data) >= HEAD_BYTES:
                break
    return bytes(data)


def _bounded(response: httpcore.Response, most: int) -> bytes:
    """Read the body up to the limit; what comes after it is not waited for."""
    data = bytearray()
    for chunk in response.iter_stream():
        data += chunk
        if len(data) > most:
            raise refusal_of(bytes(data))
    return bytes(data)
