"""Processes that decode untrusted pictures for an HTTP worker. They may be killed; the request still gets its answer.

A picture that takes too long costs its decoder's life. A decoder that ends by itself, or is killed from outside
(by the kernel, when memory is short), is replaced and the picture tried once more on a fresh one.
"""

import asyncio
import signal
from asyncio.subprocess import Process
from collections.abc import Callable
from contextlib import suppress

from notcontent.errors import DecoderStartError, ImageError, ImageMemoryError, ImageTimeError, OverloadedError
from notcontent.gate.processes import EndedError, Kind, Processes
from notcontent.signals.worker import GREETING, Sight, WorkerLimits, decode_answer, encode_frame, worker_command

_LONGEST_ANSWER = 64 * 1024


class DecoderPool:
    """A fixed number of decoders and a bounded queue before them."""

    def __init__(
        self,
        limits: WorkerLimits,
        *,
        size: int,
        queue: int,
        timeout_s: float,
        on_end: Callable[[str], None] = lambda _reason: None,
    ) -> None:
        """Take the bounds; `on_end` is told why a decoder had to be replaced: "time", "killed" or "failed"."""
        kind = Kind(lambda: worker_command(limits), GREETING, _LONGEST_ANSWER)
        self._processes = Processes(kind, on_end)
        self._size = size
        self._queue = queue
        self._timeout_s = timeout_s
        self._free: asyncio.Queue[Process | None] = asyncio.Queue()
        self._waiting = 0
        self._closed = True
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def running(self) -> list[Process]:
        """The decoders that run, as far as is known."""
        return self._processes.running

    async def start(self) -> None:
        """Start the decoders. Raises DecoderStartError when one does not come up."""
        self._closed = False
        for decoder in await asyncio.gather(*(self._processes.start() for _ in range(self._size))):
            self._free.put_nowait(decoder)

    async def close(self) -> None:
        """End all decoders. Requests must have been finished before."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await self._processes.end_all()

    async def sight(self, data: bytes) -> Sight:
        """Read a picture. Raises an ImageError, or OverloadedError when the queue is full."""
        decoder = await self._take()
        try:
            decoder, answer = await self._tried_twice(decoder, data)
        except BaseException:
            # Timed out, dead, or in the middle of a picture that nobody waits for any more: none can be used again.
            if decoder is not None:
                await self._processes.end(decoder)
            self._replace()
            raise
        self._free.put_nowait(decoder)
        return decode_answer(answer)

    async def _take(self) -> Process | None:
        """Wait in the bounded queue for a decoder; None stands for one that has to be started yet."""
        if self._closed or (self._free.empty() and self._waiting >= self._queue):
            raise OverloadedError
        self._waiting += 1
        try:
            return await self._free.get()
        finally:
            self._waiting -= 1

    async def _tried_twice(self, decoder: Process | None, data: bytes) -> tuple[Process, bytes]:
        """Give the answer and the decoder that gave it. A dead decoder may have been killed from outside: once more."""
        if decoder is not None:
            try:
                return decoder, await self._timed(decoder, data)
            except EndedError:
                await self._processes.died(decoder)
        fresh = await self._processes.start()
        try:
            return fresh, await self._timed(fresh, data)
        except EndedError:
            code = await self._processes.died(fresh)
        except BaseException:
            await self._processes.end(fresh)
            raise
        raise ImageMemoryError if code == -signal.SIGKILL else ImageError

    async def _timed(self, decoder: Process, data: bytes) -> bytes:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._ask(decoder, data)
        except TimeoutError:
            self._processes.report("time")
            raise ImageTimeError from None

    async def _ask(self, decoder: Process, data: bytes) -> bytes:
        """Send a picture and read the answer. Raises EndedError."""
        assert decoder.stdin is not None  # noqa: S101 (made with pipes)
        try:
            decoder.stdin.write(encode_frame(data))
            await decoder.stdin.drain()
            return await self._processes.read(decoder)
        except (OSError, RuntimeError) as error:
            raise EndedError from error

    def _replace(self) -> None:
        """Start another decoder beside the requests, for the next one."""
        if not self._closed:
            task = asyncio.create_task(self._refill())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _refill(self) -> None:
        decoder = None
        with suppress(DecoderStartError):
            decoder = await self._processes.start()
        self._free.put_nowait(decoder)
