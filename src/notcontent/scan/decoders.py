"""Decode workers of `signals/worker.py` for threads: each picture is bounded in memory and time, and may only kill one.

A thread takes a worker that is free or starts one, and gives it back. A worker that takes too long is killed; one that
ends by itself, or is killed from outside, is replaced and the picture tried once more on a fresh one.
"""

import os
import select
import signal
import subprocess
import threading
import time
from contextlib import suppress

from notcontent.errors import DecoderStartError, ImageError, ImageMemoryError, ImageTimeError
from notcontent.signals import Look
from notcontent.signals.worker import GREETING, Sight, WorkerLimits, decode_answer, encode_frame, worker_command

_START_S = 300.0
"""Only against one that hangs: a process that ends is noticed at once."""
_LENGTH = 4
_LONGEST_ANSWER = 64 * 1024
_CHUNK = 1 << 20


class _EndedError(Exception):
    """The process ended before its answer was whole."""


class _Decoder:
    """One process that has greeted."""

    def __init__(self, limits: WorkerLimits) -> None:
        command, environment = worker_command(limits)
        try:
            # A session of its own: Ctrl-C at the terminal is for the scan, which ends its workers in order.
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
                bufsize=0,
            )
        except OSError as error:
            raise DecoderStartError from error
        assert self._process.stdin is not None  # noqa: S101 - made with pipes
        assert self._process.stdout is not None  # noqa: S101 - made with pipes
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)
        try:
            greeting = self._read(time.monotonic() + _START_S)
        except (_EndedError, TimeoutError):
            greeting = b""
        except BaseException:
            self.end()
            raise
        if greeting != GREETING:
            self.end()
            raise DecoderStartError

    def ask(self, data: bytes, seconds: float) -> bytes:
        """Send a picture and read the answer. Raises _EndedError, or TimeoutError."""
        deadline = time.monotonic() + seconds
        self._write(encode_frame(data), deadline)
        return self._read(deadline)

    def end(self) -> int:
        """Kill the process if it still runs, close its pipes, and give how it ended."""
        with suppress(ProcessLookupError):
            self._process.kill()
        return self._buried()

    def ended(self) -> int:
        """Give how a process ended that closed its pipe; kill it when it goes on all the same."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        return self.end() if self._process.returncode is None else self._buried()

    def _buried(self) -> int:
        code = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        return code

    def _write(self, data: bytes, deadline: float) -> None:
        rest = memoryview(data)
        while rest:
            _wait(self._in, select.POLLOUT, deadline)
            try:
                rest = rest[os.write(self._in, rest[:_CHUNK]) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise _EndedError from error

    def _read(self, deadline: float) -> bytes:
        length = int.from_bytes(self._read_exactly(_LENGTH, deadline), "big")
        if length > _LONGEST_ANSWER:
            raise _EndedError
        return self._read_exactly(length, deadline)

    def _read_exactly(self, count: int, deadline: float) -> bytes:
        data = b""
        while len(data) < count:
            _wait(self._out, select.POLLIN, deadline)
            try:
                part = os.read(self._out, count - len(data))
            except BlockingIOError:
                continue
            except OSError as error:
                raise _EndedError from error
            if not part:
                raise _EndedError
            data += part
        return data


def _wait(handle: int, event: int, deadline: float) -> None:
    """Wait until a pipe is ready, or broken. Raises TimeoutError."""
    poller = select.poll()
    poller.register(handle, event)
    if not poller.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise TimeoutError


class Decoders:
    """As many decoders as there are threads that ask at once. Safe for threads."""

    def __init__(self, limits: WorkerLimits, *, timeout_s: float) -> None:
        """Take the bounds for each picture. Nothing is started yet."""
        self._limits = limits
        self._timeout_s = timeout_s
        self._free: list[_Decoder] = []
        self._lock = threading.Lock()
        self._closed = False

    def looks(self, data: bytes) -> list[Look]:
        """Give the looks at a picture. Raises as `sight` does."""
        return self.sight(data).looks

    def sight(self, data: bytes) -> Sight:
        """Read a picture's file. Raises an ImageError, or DecoderStartError when no worker can be started."""
        with self._lock:
            decoder = self._free.pop() if self._free else None
        try:
            decoder, answer = self._tried_twice(decoder, data)
        except TimeoutError:
            raise ImageTimeError from None
        self._give_back(decoder)
        return decode_answer(answer)

    def close(self) -> None:
        """End all that are free; those that work end when they are given back."""
        with self._lock:
            self._closed, free, self._free = True, self._free, []
        for decoder in free:
            decoder.end()

    def _give_back(self, decoder: _Decoder) -> None:
        with self._lock:
            if not self._closed:
                self._free.append(decoder)
                return
        decoder.end()

    def _tried_twice(self, decoder: _Decoder | None, data: bytes) -> tuple[_Decoder, bytes]:
        """Give the answer and the decoder that gave it. A dead decoder may have been killed from outside: once more."""
        if decoder is not None:
            try:
                return decoder, self._timed(decoder, data)
            except _EndedError:
                decoder.ended()
        fresh = _Decoder(self._limits)
        try:
            return fresh, self._timed(fresh, data)
        except _EndedError:
            code = fresh.ended()
        raise ImageMemoryError if code == -signal.SIGKILL else ImageError

    def _timed(self, decoder: _Decoder, data: bytes) -> bytes:
        """Ask; a decoder that is not done in time, or whose asking is broken off, is of no more use."""
        try:
            return decoder.ask(data, self._timeout_s)
        except _EndedError:
            raise
        except BaseException:
            decoder.end()
            raise
