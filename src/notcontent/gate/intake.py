"""Taking in a request's body: bounded in bytes, in time, and in what all requests of a worker hold together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import ClientDisconnect, Request

from notcontent.errors import BodyTimeoutError, BodyTooLargeError, OverloadedError, RequestFormatError


class Intake:
    """Counts what is being handled, and refuses what would be too much. One for each HTTP worker."""

    def __init__(self, *, concurrency: int, max_buffered_bytes: int, timeout_s: float) -> None:
        """Take the bounds."""
        self._concurrency = concurrency
        self._max_buffered = max_buffered_bytes
        self._timeout_s = timeout_s
        self._running = 0
        self._buffered = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold one of the places. Raises OverloadedError when all are taken; there is no queue for them."""
        if self._running >= self._concurrency:
            raise OverloadedError
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1

    @asynccontextmanager
    async def body(self, request: Request, limit: int) -> AsyncIterator[bytes]:
        """Read a body of at most `limit` bytes, and count its memory until the block ends.

        Content-Length is believed when it says too much, never when it says little. Raises BodyTooLargeError as soon
        as the limit is passed (the rest is not read), BodyTimeoutError, OverloadedError when all bodies together
        would be too much, RequestFormatError when the caller went away.
        """
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > limit:
            raise BodyTooLargeError
        held = 0
        chunks: list[bytes] = []
        try:
            try:
                async with asyncio.timeout(self._timeout_s):
                    async for chunk in request.stream():
                        held += len(chunk)
                        self._buffered += len(chunk)
                        if held > limit:
                            raise BodyTooLargeError
                        if self._buffered > self._max_buffered:
                            raise OverloadedError
                        chunks.append(chunk)
            except TimeoutError:
                raise BodyTimeoutError from None
            except ClientDisconnect:
                raise RequestFormatError("The caller went away before the request was whole.") from None
            whole = b"".join(chunks)
            chunks.clear()
            yield whole
        finally:
            self._buffered -= held
