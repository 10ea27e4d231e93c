"""Processes that read untrusted videos for an HTTP worker: one for each video, and it dies with it.

A process that has seen a stranger's video never sees another's. So that nobody waits for FFmpeg to load, one that has
greeted already is kept ready from the first video on; a gate that meets none starts none.
"""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from io import BytesIO

from notcontent.errors import (
    ExtraMissingError,
    NotReadyError,
    OverloadedError,
    VideoError,
    VideoFormatError,
    VideoTimeError,
)
from notcontent.gate import log
from notcontent.gate.log import LogEvent
from notcontent.signals.video.process import check_extra, ended
from notcontent.signals.video.worker import (
    GREETING,
    LONGEST_RECORD,
    End,
    Record,
    VideoWorkerLimits,
    decode_record,
    video_command,
)

_START_S = 30.0
_CHUNK = 1 << 20


class _EndedError(Exception):
    """The process ended before its record was whole."""


class VideoDecoders:
    """So many videos at once as there are places, and a bounded queue before them."""

    def __init__(
        self,
        limits: VideoWorkerLimits,
        *,
        size: int,
        queue: int,
        timeout_s: float,
        on_end: Callable[[str], None] = lambda _reason: None,
    ) -> None:
        """Take the bounds; `on_end` is told why a process broke off: "time", "killed" or "failed". Starts nothing."""
        self._limits = limits
        self._places = asyncio.Semaphore(size)
        self._queue = queue
        self._waiting = 0
        self._timeout_s = timeout_s
        self._on_end = on_end
        self._closed = False
        self._spare: asyncio.Task[Process] | None = None
        self._alive: set[Process] = set()

    async def watch(self, body: bytes) -> AsyncGenerator[Record, None]:
        """Give a video's records as they come, the last one an End. Closing the generator ends the process.

        Raises a VideoError or ImageError, OverloadedError when the queue is full, NotReadyError.
        """
        try:
            check_extra(BytesIO(body))
        except ExtraMissingError:
            raise VideoFormatError("This gate reads no films: the extra `video` is not installed.") from None
        if self._closed or (self._places.locked() and self._waiting >= self._queue):
            raise OverloadedError
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        try:
            process = await self._taken()
            try:
                deadline = asyncio.get_running_loop().time() + self._timeout_s
                async with asyncio.timeout_at(deadline):
                    await _feed(process, body)
                while True:
                    async with asyncio.timeout_at(deadline):
                        record = decode_record(await _read(process))
                    yield record
                    if isinstance(record, End):
                        return
            except TimeoutError:
                self._report("time")
                raise VideoTimeError from None
            except _EndedError:
                raise await self._died(process) from None
            finally:
                await self._end(process)
        finally:
            self._places.release()

    async def close(self) -> None:
        """End all processes. Requests must have been finished before."""
        self._closed = True
        if self._spare is not None:
            self._spare.cancel()
            with suppress(asyncio.CancelledError, NotReadyError):
                await self._spare
        for process in list(self._alive):
            await self._end(process)

    async def _taken(self) -> Process:
        """Take the process that is ready, or start one; and have another made ready meanwhile."""
        spare, self._spare = self._spare, None
        process = None
        if spare is not None:
            with suppress(NotReadyError):
                process = await spare
        if process is None or process.returncode is not None:
            process = await self._spawn()
        if not self._closed:
            self._spare = asyncio.create_task(self._spawn())
        return process

    async def _spawn(self) -> Process:
        command, environment = video_command(self._limits)
        try:
            # A session of its own: Ctrl-C at the terminal is for the supervisor, which ends us in order.
            process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment, start_new_session=True
            )
        except OSError as error:
            raise NotReadyError("No process for videos can be started.") from error
        self._alive.add(process)
        try:
            async with asyncio.timeout(_START_S):
                if await _read(process) == GREETING:
                    return process
        except (_EndedError, TimeoutError):
            pass
        except BaseException:
            await self._end(process)
            raise
        await self._end(process)
        raise NotReadyError("No process for videos can be started.")

    async def _died(self, process: Process) -> VideoError:
        """Tell what it means that a process ended in the middle."""
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await process.wait()
        error = ended(process.returncode or 0)
        self._report("killed" if process.returncode == -9 else "failed")
        return error

    async def _end(self, process: Process) -> None:
        self._alive.discard(process)
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    def _report(self, reason: str) -> None:
        self._on_end(reason)
        log.write(LogEvent.DECODER_ENDED, code=reason)


async def _feed(process: Process, body: bytes) -> None:
    """Write the video and close the pipe. A worker that refuses it by its size reads no further: its record says so."""
    assert process.stdin is not None  # noqa: S101 (made with pipes)
    view = memoryview(body)
    with suppress(OSError, RuntimeError):
        for begin in range(0, len(view), _CHUNK):
            process.stdin.write(view[begin : begin + _CHUNK])
            await process.stdin.drain()
    process.stdin.close()


async def _read(process: Process) -> bytes:
    """Read one record. Raises _EndedError."""
    assert process.stdout is not None  # noqa: S101 (made with pipes)
    try:
        length = int.from_bytes(await process.stdout.readexactly(4), "big")
        if length > LONGEST_RECORD:
            raise _EndedError
        return await process.stdout.readexactly(length)
    except asyncio.IncompleteReadError as error:
        raise _EndedError from error
