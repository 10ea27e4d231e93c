"""Addresses and agents stop here, before Django sees the request.

A WSGI layer under everything else. The address is replaced by a name that only this process can make and that
ends with it (HMAC under a random key, written as a private IPv6 address, so that limits in memory can still
tell callers apart). Of an IPv6 address the first half counts: one line has all of the rest. The agent and every
header a proxy may add about the caller are taken away. What no code sees, no code can store.
"""

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

Environ: TypeAlias = dict[str, Any]
WSGIApp: TypeAlias = Callable[[Environ, Any], Iterable[bytes]]

_TAKEN_AWAY = (
    "HTTP_CF_CONNECTING_IP",
    "HTTP_CLIENT_IP",
    "HTTP_FORWARDED",
    "HTTP_TRUE_CLIENT_IP",
    "HTTP_USER_AGENT",
    "HTTP_X_CLIENT_IP",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_REAL_IP",
    "REMOTE_HOST",
    "REMOTE_PORT",
)


def veiled(application: WSGIApp, trusted_proxies: int) -> WSGIApp:
    """Wrap a WSGI application so that it never learns who calls.

    Behind `trusted_proxies` proxies the caller is the one that the outermost of them has put into X-Forwarded-For.
    """
    key = secrets.token_bytes(32)

    def veil(environ: Environ, start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 (the server's own callable)
        environ["REMOTE_ADDR"] = _name(key, _peer(environ, trusted_proxies))
        for header in _TAKEN_AWAY:
            environ.pop(header, None)
        # gunicorn keeps the raw connection here.
        environ.pop("gunicorn.socket", None)
        return application(environ, start_response)

    return veil


def _peer(environ: Environ, trusted_proxies: int) -> str:
    """Give the caller's address; what callers themselves put before the proxies' words is not believed."""
    words = [word.strip() for word in str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",") if word.strip()]
    if 0 < trusted_proxies <= len(words):
        return words[-trusted_proxies]
    return str(environ.get("REMOTE_ADDR", ""))


def _line(address: str) -> str:
    """Give what stands for one caller: an IPv4 address, or the /64 that an IPv6 address is in."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed.packed[:8] + bytes(8), 64)))


def _name(key: bytes, address: str) -> str:
    digest = hmac.digest(key, _line(address).encode(), hashlib.sha256)
    return str(ipaddress.IPv6Address(b"\xfd" + digest[:15]))
