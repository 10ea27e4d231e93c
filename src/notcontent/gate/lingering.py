"""Refusing a body that is still on its way, so that the caller gets to read the refusal.

Closing a socket with unread bytes in it makes the kernel send a reset, and the caller may never see the answer.
So the answer goes out first, with `Connection: close`; then what still arrives is dropped for a moment, within
bounds; then the connection is closed.
"""

import asyncio
from contextlib import suppress
from http import HTTPStatus

from notcontent.gate.connection import App, Message, Receive, Scope, Send
from notcontent.gate.door import header

_MOST_BYTES = 16 * 1024 * 1024
_LONGEST_S = 2.0


class Lingering:
    """ASGI middleware: answers before the body's end close their connection, gently."""

    def __init__(self, app: App) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, watching where the body ends."""
        if scope["type"] != "http" or not _has_body(scope):
            await self._app(scope, receive, send)
            return
        ended = closing = patient = False

        async def watched_receive() -> Message:
            nonlocal ended
            message = await receive()
            ended = ended or message["type"] == "http.disconnect" or not message.get("more_body", False)
            return message

        async def lingering_send(message: Message) -> None:
            nonlocal closing, patient
            if message["type"] == "http.response.start" and not ended:
                closing, patient = True, message["status"] != HTTPStatus.REQUEST_TIMEOUT
                message = {**message, "headers": [*message.get("headers", []), (b"connection", b"close")]}
            elif message["type"] == "http.response.body" and closing and not message.get("more_body", False):
                await send({**message, "more_body": True})
                # Who waits for our word to go on sends nothing; who was too slow had time enough.
                if patient and header(scope["headers"], b"expect").lower() != "100-continue":
                    await _drop(receive)
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        await self._app(scope, watched_receive, lingering_send)


def _has_body(scope: Scope) -> bool:
    headers = scope["headers"]
    return header(headers, b"content-length") not in {"", "0"} or any(n == b"transfer-encoding" for n, _ in headers)


async def _drop(receive: Receive) -> None:
    """Read and forget, for two seconds and 16 MiB at most."""
    dropped = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(_LONGEST_S):
            while dropped < _MOST_BYTES:
                message = await receive()
                dropped += len(message.get("body", b""))
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
