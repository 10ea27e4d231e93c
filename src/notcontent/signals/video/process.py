"""One untrusted video in a process of its own, for callers that wait: the command line and the scan.

The gate has its own owner of the same workers (`gate/video_decoders.py`), because its requests must not wait for each
other.
"""

import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from typing import BinaryIO

from notcontent.errors import DecoderStartError, ExtraMissingError, VideoError, VideoMemoryError, VideoTimeError
from notcontent.signals.video.hashing import format_of
from notcontent.signals.video.worker import (
    GREETING,
    LONGEST_RECORD,
    End,
    Record,
    VideoWorkerLimits,
    decode_record,
    video_command,
)

PATIENCE_S = 60.0
"""A worker that says nothing for so long is stuck: it tells how far it is every 32 frames."""
_START_S = 60.0


def watch_process(
    source: BinaryIO, limits: VideoWorkerLimits, *, timeout_s: float, patience_s: float = PATIENCE_S
) -> Iterator[Record]:
    """Hash an open file in a worker and give its records, the last one an End. Closing the iterator kills the worker.

    Raises VideoTimeError after `timeout_s` seconds in all, or `patience_s` without a word; VideoError or ImageError,
    or a subclass, for the video; DecoderStartError when no worker can be started, ExtraMissingError without PyAV.
    """
    check_extra(source)
    command, environment = video_command(limits)
    source.seek(0)
    try:
        # A session of its own: Ctrl-C at the terminal is for the owner, which ends its workers.
        process = subprocess.Popen(  # noqa: S603 - our own module
            command,
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise DecoderStartError from error
    with process, closing(_Pipe(process)) as pipe:
        yield from _records(pipe, time.monotonic() + timeout_s, patience_s)


def _records(pipe: "_Pipe", deadline: float, patience_s: float) -> Iterator[Record]:
    if pipe.read(time.monotonic() + _START_S) != GREETING:
        raise DecoderStartError
    while True:
        record = decode_record(pipe.read(min(deadline, time.monotonic() + patience_s)))
        yield record
        if isinstance(record, End):
            return


def check_extra(source: BinaryIO) -> None:
    """Say what is missing before a process fails for it. Raises ExtraMissingError for a film without PyAV."""
    form = format_of(source)
    if form is not None and not form.is_animation and find_spec("av") is None:
        raise ExtraMissingError("Videos need the extra `video`: install notcontent[video].")


class _Pipe:
    """A worker's stdout, read with a deadline."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None  # noqa: S101 - made with a pipe
        self._process = process
        self._handle = process.stdout.fileno()
        self._poller = select.poll()
        self._poller.register(self._handle, select.POLLIN)

    def read(self, deadline: float) -> bytes:
        """Read one record. Raises VideoTimeError, or what the worker's end means."""
        length = int.from_bytes(self._exactly(4, deadline), "big")
        if length > LONGEST_RECORD:
            raise VideoError
        return self._exactly(length, deadline)

    def _exactly(self, count: int, deadline: float) -> bytes:
        data = b""
        while len(data) < count:
            if not self._poller.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise VideoTimeError
            part = os.read(self._handle, count - len(data))
            if not part:
                raise ended(self._process.wait())
            data += part
        return data

    def close(self) -> None:
        """Kill the worker, whatever it does."""
        self._process.kill()


def ended(code: int) -> VideoError:
    """Tell what it means that a worker ended in the middle with this exit code."""
    if code == -signal.SIGXCPU:
        return VideoTimeError()
    return VideoMemoryError() if code == -signal.SIGKILL else VideoError()
