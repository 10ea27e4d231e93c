"""Processes that decode untrusted pictures for an HTTP worker. They may be killed; the request still gets its answer.

A picture that takes too long costs its decoder's life. A decoder that ends by itself, or is killed from outside
(by the kernel, when memory is short), is replaced and the picture tried once more on a fresh one.
"""

import asyncio
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from contextlib import suppress

from notcontent.errors import ImageError, ImageMemoryError, ImageTimeError, NotReadyError, OverloadedError
from notcontent.gate import log
from notcontent.gate.log import LogEvent
from notcontent.signals import Look
from notcontent.signals.worker import GREETING, WorkerLimits, decode_answer, encode_frame, worker_command

_START_S = 30.0
_LENGTH = 4
_LONGEST_ANSWER = 64 * 1024


class _EndedError(Exception):
    """The process ended before its answer was whole."""


class _Decoder:
    """One process that has greeted."""

    def __init__(self, process: Process) -> None:
        self.process = process

    async def ask(self, data: bytes) -> bytes:
        """Send a picture and read the answer. Raises _EndedError."""
        assert self.process.stdin is not None  # noqa: S101 (made with pipes)
        try:
            self.process.stdin.write(encode_frame(data))
            await self.process.stdin.drain()
            return await self.read()
        except (OSError, RuntimeError) as error:
            raise _EndedError from error

    async def read(self) -> bytes:
        """Read one frame. Raises _EndedError."""
        assert self.process.stdout is not None  # noqa: S101 (made with pipes)
        try:
            length = int.from_bytes(await self.process.stdout.readexactly(_LENGTH), "big")
            if length > _LONGEST_ANSWER:
                raise _EndedError
            return await self.process.stdout.readexactly(length)
        except asyncio.IncompleteReadError as error:
            raise _EndedError from error

    async def end(self) -> int:
        """Kill the process if it still runs, and give how it ended."""
        with suppress(ProcessLookupError):
            self.process.kill()
        return await self.process.wait()

    async def ended(self) -> int:
        """Give how a process ended that closed its pipe; kill it when it goes on all the same."""
        try:
            async with asyncio.timeout(1.0):
                return await self.process.wait()
        except TimeoutError:
            return await self.end()


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
        self._limits = limits
        self._size = size
        self._queue = queue
        self._timeout_s = timeout_s
        self._on_end = on_end
        self._free: asyncio.Queue[_Decoder | None] = asyncio.Queue()
        self._waiting = 0
        self._closed = True
        self._tasks: set[asyncio.Task[None]] = set()
        self._alive: set[_Decoder] = set()

    async def start(self) -> None:
        """Start the decoders. Raises NotReadyError when one does not come up."""
        self._closed = False
        for decoder in await asyncio.gather(*(self._spawn() for _ in range(self._size))):
            self._free.put_nowait(decoder)

    async def close(self) -> None:
        """End all decoders. Requests must have been finished before."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        for decoder in list(self._alive):
            await self._drop(decoder)

    async def looks(self, data: bytes) -> list[Look]:
        """Read a picture. Raises an ImageError, or OverloadedError when the queue is full."""
        decoder = await self._take()
        try:
            decoder, answer = await self._tried_twice(decoder, data)
        except BaseException:
            # Timed out, dead, or in the middle of a picture that nobody waits for any more: none can be used again.
            if decoder is not None:
                await self._drop(decoder)
            self._replace()
            raise
        self._free.put_nowait(decoder)
        return decode_answer(answer)

    async def _take(self) -> _Decoder | None:
        """Wait in the bounded queue for a decoder; None stands for one that has to be started yet."""
        if self._closed or (self._free.empty() and self._waiting >= self._queue):
            raise OverloadedError
        self._waiting += 1
        try:
            return await self._free.get()
        finally:
            self._waiting -= 1

    async def _tried_twice(self, decoder: _Decoder | None, data: bytes) -> tuple[_Decoder, bytes]:
        """Give the answer and the decoder that gave it. A dead decoder may have been killed from outside: once more."""
        if decoder is not None:
            try:
                return decoder, await self._timed(decoder, data)
            except _EndedError:
                await self._died(decoder)
        fresh = await self._spawn()
        try:
            return fresh, await self._timed(fresh, data)
        except _EndedError:
            code = await self._died(fresh)
        except BaseException:
            await self._drop(fresh)
            raise
        raise ImageMemoryError if code == -signal.SIGKILL else ImageError

    async def _timed(self, decoder: _Decoder, data: bytes) -> bytes:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await decoder.ask(data)
        except TimeoutError:
            self._report("time")
            raise ImageTimeError from None

    def _replace(self) -> None:
        """Start another decoder beside the requests, for the next one."""
        if not self._closed:
            task = asyncio.create_task(self._refill())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _refill(self) -> None:
        decoder = None
        with suppress(NotReadyError):
            decoder = await self._spawn()
        self._free.put_nowait(decoder)

    async def _spawn(self) -> _Decoder:
        command, environment = worker_command(self._limits)
        try:
            # A session of its own: Ctrl-C at the terminal is for the supervisor, which ends us in order.
            process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment, start_new_session=True
            )
        except OSError as error:
            raise NotReadyError("No decode process can be started.") from error
        decoder = _Decoder(process)
        self._alive.add(decoder)
        try:
            async with asyncio.timeout(_START_S):
                if await decoder.read() == GREETING:
                    return decoder
        except (_EndedError, TimeoutError):
            pass
        except BaseException:
            await self._drop(decoder)
            raise
        await self._drop(decoder)
        raise NotReadyError("No decode process can be started.")

    async def _died(self, decoder: _Decoder) -> int:
        code = await decoder.ended()
        self._alive.discard(decoder)
        self._report("killed" if code == -signal.SIGKILL else "failed")
        return code

    async def _drop(self, decoder: _Decoder) -> None:
        self._alive.discard(decoder)
        await decoder.end()

    def _report(self, reason: str) -> None:
        self._on_end(reason)
        log.write(LogEvent.DECODER_ENDED, code=reason)
