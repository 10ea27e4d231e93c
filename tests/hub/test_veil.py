"""No code of the hub learns who calls."""

import ipaddress
from typing import Any

import pytest

from notcontent.hub.veil import veiled

CANARY = "203.0.113.7"


def seen(environ: dict[str, str]) -> dict[str, Any]:
    kept: dict[str, Any] = {}

    def application(inner: dict[str, Any], _: object) -> list[bytes]:
        kept.update(inner)
        return []

    veiled(application, 0)(dict(environ), None)
    return kept


def test_address_agent_and_what_proxies_say_of_the_caller_are_taken_away() -> None:
    headers = (
        "HTTP_X_FORWARDED_FOR",
        "HTTP_X_REAL_IP",
        "HTTP_FORWARDED",
        "HTTP_USER_AGENT",
        "HTTP_CF_CONNECTING_IP",
        "HTTP_TRUE_CLIENT_IP",
        "REMOTE_ADDR",
        "REMOTE_HOST",
        "REMOTE_PORT",
        "gunicorn.socket",
    )
    kept = seen({"PATH_INFO": "/", **dict.fromkeys(headers, CANARY)})
    assert CANARY not in repr(kept)
    assert kept["PATH_INFO"] == "/"


def names(application_calls: list[dict[str, str]], trusted_proxies: int = 0) -> list[str]:
    """Give the names under which callers appear to one process."""
    found: list[str] = []

    def application(environ: dict[str, Any], _: object) -> list[bytes]:
        found.append(environ["REMOTE_ADDR"])
        return []

    app = veiled(application, trusted_proxies)
    for call in application_calls:
        app(dict(call), None)
    return found


def test_within_a_process_a_caller_keeps_a_name_and_two_callers_have_two() -> None:
    first, again, other = names(
        [{"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "192.0.2.2"}]
    )
    assert first == again != other
    assert ipaddress.ip_address(first).is_private


def test_one_line_has_one_name_however_many_ipv6_addresses_it_has() -> None:
    first, same, other, plain, mapped = names(
        [
            {"REMOTE_ADDR": each}
            for each in ("2001:db8::1", "2001:db8::ffff:0:0:2", "2001:db8:0:1::1", "192.0.2.1", "::ffff:192.0.2.1")
        ]
    )
    assert first == same != other
    assert plain == mapped


def test_another_process_knows_other_names() -> None:
    assert names([{"REMOTE_ADDR": "192.0.2.1"}]) != names([{"REMOTE_ADDR": "192.0.2.1"}])


@pytest.mark.parametrize(
    ("trusted", "forwarded", "same_as"),
    [
        (0, "192.0.2.9", {"REMOTE_ADDR": "127.0.0.1"}),
        (1, "192.0.2.9", {"REMOTE_ADDR": "192.0.2.9"}),
        (1, "6.6.6.6, 192.0.2.9", {"REMOTE_ADDR": "192.0.2.9"}),
        (2, "192.0.2.9, 10.0.0.1", {"REMOTE_ADDR": "192.0.2.9"}),
        (2, "192.0.2.9", {"REMOTE_ADDR": "127.0.0.1"}),
    ],
)
def test_only_as_many_proxies_as_configured_are_believed(trusted: int, forwarded: str, same_as: dict[str, str]) -> None:
    asked = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": forwarded}
    one, two = names([asked, same_as], trusted)
    assert one == two
