"""Taking in a request's body: bounded in bytes, in time, and in what all requests of a worker hold together."""

import asyncio
from collections.abc import Callable
from types import TracebackType

from notcontent.errors import BodyTimeoutError, BodyTooLargeError, OverloadedError, RequestFormatError
from notcontent.gate.door import Ask
from notcontent.signals.video.formats import HEAD_BYTES


class Intake:
    """Counts what is being handled, and refuses what would be too much. One for each HTTP worker."""

    def __init__(self, *, concurrency: int, max_buffered_bytes: int, timeout_s: float) -> None:
        """Take the bounds."""
        self._concurrency = concurrency
        self._max_buffered = max_buffered_bytes
        self._timeout_s = timeout_s
        self._running = 0
        self._buffered = 0

    def place(self) -> "_Place":
        """Take one of the places until the block ends. Raises OverloadedError when none is free; nobody queues."""
        if self._running >= self._concurrency:
            raise OverloadedError
        self._running += 1
        return _Place(self)

    async def body(self, ask: Ask, limit: int, limit_of: Callable[[bytes], int] | None = None) -> "_Body":
        """Read a body of at most `limit` bytes, and count its memory until the block ends.

        `limit_of` may say less once the first HEAD_BYTES are there.

        Content-Length is believed when it says too much, never when it says little. Raises BodyTooLargeError as soon
        as the limit is passed (the rest is not read), BodyTimeoutError, OverloadedError when all bodies together
        would be too much, RequestFormatError when the caller went away.
        """
        announced = ask.header(b"content-length")
        if announced.isdecimal() and int(announced) > limit:
            raise BodyTooLargeError
        body = _Body(self)
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._read(ask, limit, limit_of, int(announced) if announced.isdecimal() else 0, body)
        except TimeoutError:
            body.release()
            raise BodyTimeoutError from None
        except BaseException:
            body.release()
            raise
        return body

    async def _read(
        self, ask: Ask, limit: int, limit_of: Callable[[bytes], int] | None, announced: int, body: "_Body"
    ) -> None:
        more = True
        while more:
            message = await ask.receive()
            if message["type"] == "http.disconnect":
                raise RequestFormatError("The caller went away before the request was whole.")
            body.hold(message.get("body", b""))
            more = message.get("more_body", False)
            if limit_of is not None and (body.held >= HEAD_BYTES or not more):
                limit, limit_of = min(limit, limit_of(body.head())), None
            if max(body.held, announced) > limit:
                raise BodyTooLargeError
            if self._buffered > self._max_buffered:
                raise OverloadedError

    def change(self, *, running: int = 0, buffered: int = 0) -> None:
        """Count up or down."""
        self._running += running
        self._buffered += buffered


class _Place:
    """A place among the requests that are handled; given back when the block ends."""

    __slots__ = ("_intake",)

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._intake.change(running=-1)


class _Body:
    """A body in parts, counted while it is held; as a block it gives the whole."""

    __slots__ = ("_intake", "_parts", "held")

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._parts: list[bytes] = []
        self.held = 0

    def hold(self, part: bytes) -> None:
        self._parts.append(part)
        self.held += len(part)
        self._intake.change(buffered=len(part))

    def head(self) -> bytes:
        """Give the first HEAD_BYTES, or all there is."""
        return b"".join(self._parts[:HEAD_BYTES])[:HEAD_BYTES]

    def release(self) -> None:
        self._intake.change(buffered=-self.held)
        self.held = 0
        self._parts.clear()

    def __enter__(self) -> bytes:
        whole = b"".join(self._parts)
        self._parts.clear()
        return whole

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.release()
