"""A refusal goes out before the rest of the body is dropped, and only then does the connection end."""

import asyncio

import pytest

from notcontent.gate import lingering
from notcontent.gate.connection import App, Message, Receive, Scope, Send
from notcontent.gate.lingering import Lingering

PART = 1024 * 1024


def answering(status: int, *, reading: bool = False) -> App:
    """An application that refuses, before or after it has read the body."""

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        while reading and (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"no"})

    return app


def spoken(app: App, parts: int, *headers: tuple[bytes, bytes]) -> list[str]:
    """Run one request whose body has so many parts; give what happened, in order. After the parts nothing comes."""
    happened: list[str] = []
    left = parts

    async def receive() -> Message:
        nonlocal left
        if not left:
            await asyncio.Event().wait()
        left -= 1
        happened.append("read")
        return {"type": "http.request", "body": bytes(PART), "more_body": left > 0 or parts > 50}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            happened.append("close" if (b"connection", b"close") in message["headers"] else "keep")
        else:
            happened.append("part" if message.get("more_body") else "end")

    scope = {"type": "http", "headers": [(b"content-length", b"9"), *headers]}
    asyncio.run(Lingering(app)(scope, receive, send))
    return happened


def test_the_answer_goes_out_before_the_rest_is_read_and_dropped() -> None:
    assert spoken(answering(413), 3) == ["close", "part", "read", "read", "read", "end"]


def test_a_body_that_was_read_whole_keeps_its_connection() -> None:
    assert spoken(answering(422, reading=True), 2) == ["read", "read", "keep", "end"]


def test_dropping_ends_after_16_mebibytes_and_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    assert spoken(answering(413), 100) == ["close", "part", *["read"] * 16, "end"]
    monkeypatch.setattr(lingering, "_LONGEST_S", 0.01)
    assert spoken(answering(413), 0) == ["close", "part", "end"]


def test_who_waits_for_our_word_or_was_too_slow_is_not_waited_for() -> None:
    assert spoken(answering(413), 3, (b"expect", b"100-continue")) == ["close", "part", "end"]
    assert spoken(answering(408), 3) == ["close", "part", "end"]
