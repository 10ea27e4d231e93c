"""Processes that read untrusted videos for an HTTP worker: one for each video, and it dies with it.

A process that has seen a stranger's video never sees another's. So that nobody waits for FFmpeg to load, one that has
greeted already is kept ready from the first video on; a gate that meets none starts none.
"""

import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from io import BytesIO

from notcontent.errors import (
    DecoderStartError,
    ExtraMissingError,
    OverloadedError,
    VideoFormatError,
    VideoTimeError,
)
from notcontent.gate.processes import EndedError, Kind, Processes
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

_CHUNK = 1 << 20


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
        self._processes = Processes(Kind(lambda: video_command(limits), GREETING, LONGEST_RECORD), on_end)
        self._places = asyncio.Semaphore(size)
        self._queue = queue
        self._waiting = 0
        self._timeout_s = timeout_s
        self._closed = False
        self._spare: asyncio.Task[Process] | None = None

    @property
    def running(self) -> list[Process]:
        """The processes that run, as far as is known."""
        return self._processes.running

    async def watch(self, body: bytes) -> AsyncGenerator[Record, None]:
        """Give a video's records as they come, the last one an End. Closing the generator ends the process.

        Raises a VideoError or ImageError, OverloadedError when the queue is full, DecoderStartError.
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
                        record = decode_record(await self._processes.read(process))
                    yield record
                    if isinstance(record, End):
                        return
            except TimeoutError:
                self._processes.report("time")
                raise VideoTimeError from None
            except EndedError:
                raise ended(await self._processes.died(process)) from None
            finally:
                await self._processes.end(process)
        finally:
            self._places.release()

    async def close(self) -> None:
        """End all processes. Requests must have been finished before."""
        self._closed = True
        if self._spare is not None:
            self._spare.cancel()
            with suppress(asyncio.CancelledError, DecoderStartError):
                await self._spare
        await self._processes.end_all()

    async def _taken(self) -> Process:
        """Take the process that is ready, or start one; and have another made ready meanwhile."""
        spare, self._spare = self._spare, None
        process = None
        if spare is not None:
            with suppress(DecoderStartError):
                process = await spare
        if process is None or process.returncode is not None:
            process = await self._processes.start()
        if not self._closed:
            self._spare = asyncio.create_task(self._processes.start())
        return process


async def _feed(process: Process, body: bytes) -> None:
    """Write the video and close the pipe. A worker that refuses it by its size reads no further: its record says so."""
    assert process.stdin is not None  # noqa: S101 (made with pipes)
    view = memoryview(body)
    with suppress(OSError, RuntimeError):
        for begin in range(0, len(view), _CHUNK):
            process.stdin.write(view[begin : begin + _CHUNK])
            await process.stdin.drain()
    process.stdin.close()
