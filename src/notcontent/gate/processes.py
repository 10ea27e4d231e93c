"""Processes of one kind that read strangers' files: how they are started, heard, ended and told of.

What they have in common: they greet when they are ready, they write frames (a length of 4 bytes and so many bytes), and
they may be killed at any time. `decoders` and `video_decoders` say who gets one, and what it means when one ends.
"""

import asyncio
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from notcontent.errors import DecoderStartError
from notcontent.gate import log
from notcontent.gate.log import LogEvent

_START_S = 120.0
"""Only against one that hangs: a process that ends is noticed at once."""
_LAST_BREATH_S = 1.0
"""How long a process that closed its pipe may take to end."""
_LENGTH = 4


class EndedError(Exception):
    """The process ended before its frame was whole."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is started, and how it is known."""

    command: Callable[[], tuple[list[str], dict[str, str]]]
    """Gives the command line and the whole environment."""
    greeting: bytes
    longest: int
    """Bytes of a frame; a longer one is none of ours."""


class Processes:
    """All processes of one kind that an HTTP worker has."""

    def __init__(self, kind: Kind, on_end: Callable[[str], None]) -> None:
        """Start nothing yet; `on_end` is told why one broke off: "time", "killed" or "failed"."""
        self._kind = kind
        self._on_end = on_end
        self._alive: set[Process] = set()

    @property
    def running(self) -> list[Process]:
        """Those that run, as far as is known."""
        return list(self._alive)

    async def start(self) -> Process:
        """Start one and wait for its greeting. Raises DecoderStartError."""
        kind = self._kind
        command, environment = kind.command()
        try:
            # A session of its own: Ctrl-C at the terminal is for the supervisor, which ends us in order.
            process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment, start_new_session=True
            )
        except OSError as error:
            raise DecoderStartError from error
        self._alive.add(process)
        try:
            async with asyncio.timeout(_START_S):
                if await self.read(process) == kind.greeting:
                    return process
        except (EndedError, TimeoutError):
            pass
        except BaseException:
            await self.end(process)
            raise
        await self.end(process)
        raise DecoderStartError

    async def read(self, process: Process) -> bytes:
        """Read one frame. Raises EndedError."""
        assert process.stdout is not None  # noqa: S101 (made with pipes)
        try:
            length = int.from_bytes(await process.stdout.readexactly(_LENGTH), "big")
            if length > self._kind.longest:
                raise EndedError
            return await process.stdout.readexactly(length)
        except asyncio.IncompleteReadError as error:
            raise EndedError from error

    async def end(self, process: Process) -> int:
        """Kill one if it still runs, and give how it ended."""
        self._alive.discard(process)
        with suppress(ProcessLookupError):
            process.kill()
        return await process.wait()

    async def died(self, process: Process) -> int:
        """Tell, and give, how one ended that closed its pipe; kill it when it goes on all the same."""
        code = None
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_BREATH_S):
                code = await process.wait()
        killed = await self.end(process)
        code = killed if code is None else code
        self.report("killed" if code == -signal.SIGKILL else "failed")
        return code

    async def end_all(self) -> None:
        """Kill them all."""
        for process in list(self._alive):
            await self.end(process)

    def report(self, reason: str) -> None:
        """Tell, and log, why one broke off."""
        self._on_end(reason)
        log.write(LogEvent.DECODER_ENDED, code=reason)
