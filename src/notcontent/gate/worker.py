"""One HTTP worker process: `python -P -m notcontent.gate.worker GATE_TOML NUMBER SOCKET_FD LIFE_FD`, from `serve`.

It answers on a listening socket that the supervisor opened, and ends in order on SIGTERM or when LIFE_FD closes:
requests that have begun are finished first.
"""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import uvicorn
import uvloop

from notcontent.errors import NotContentError
from notcontent.gate import log
from notcontent.gate.config import GateConfig, read_config
from notcontent.gate.connection import Connection, bounded
from notcontent.gate.decoders import DecoderPool
from notcontent.gate.entries import EntryReader
from notcontent.gate.http import make_door, make_gate, worker_tally
from notcontent.gate.lease import SystemClock
from notcontent.gate.lifeline import wait_for_end
from notcontent.gate.lingering import Lingering
from notcontent.gate.log import LogEvent
from notcontent.gate.metrics import Tally, door_series
from notcontent.gate.snapshot import SnapshotHolder
from notcontent.gate.video_decoders import VideoDecoders
from notcontent.signals import Limits
from notcontent.signals.video import VideoLimits
from notcontent.signals.video.worker import VideoWorkerLimits
from notcontent.signals.worker import WorkerLimits

KEEP_ALIVE_S = 75


class _Server(uvicorn.Server):
    """uvicorn's server without its signal handlers: they raise the signal again when all is done."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `run`."""
        yield

    def stop(self) -> None:
        """Finish what has begun, then return."""
        self.should_exit = True


class _ServerLog(logging.Handler):
    """uvicorn's own words are not repeated: they may quote a request. That there were some is logged."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the event alone."""
        if record.levelno >= logging.ERROR:
            log.write(LogEvent.SERVER, code=record.levelname)


async def run(config: GateConfig, number: int, listener: socket.socket, life: int) -> None:
    """Serve until told to end."""
    tally = Tally.create(config.shared, worker_tally(number), door_series(config))
    holder = SnapshotHolder(config.shared, SystemClock(), EntryReader(config.database))
    limits = config.limits
    picture = Limits(
        max_bytes=limits.max_body_bytes, max_pixels=limits.max_pixels, max_memory=limits.decode_memory_mb << 20
    )
    decoders = DecoderPool(
        WorkerLimits(picture, limits.decode_memory_mb, config.looks.budget, sketches=config.estimates.budget > 0),
        size=limits.decoders,
        queue=limits.decode_queue,
        timeout_s=limits.decode_timeout_s,
        on_end=lambda reason: tally.add(("decoder_ends", reason)),
    )
    await decoders.start()
    videos = VideoDecoders(
        _video_limits(config),
        size=limits.video_decoders,
        queue=limits.video_queue,
        timeout_s=limits.video_timeout_s,
        on_end=lambda reason: tally.add(("decoder_ends", reason)),
    )
    door = make_door(make_gate(config, holder, decoders, videos, tally))
    connection = bounded(
        header_timeout_s=limits.header_timeout_s,
        max_connections=limits.connections,
        count_refusal=lambda code: tally.add(("answers", "other", code)),
        at_once=door.at_once,
    )
    server = _Server(_uvicorn_config(config, Lingering(door), connection))
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, server.stop)
    wait_for_end(life, lambda: _from_thread(loop, server))
    holder.refresh()
    watch = asyncio.create_task(holder.watch())
    # What is there by now stays. Looking through it all for circles takes 40 ms, and every question waits meanwhile.
    gc.collect()
    gc.freeze()
    log.write(LogEvent.WORKER_READY, worker=number)
    try:
        await server.serve(sockets=[listener])
    finally:
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch
        await decoders.close()
        await videos.close()


def _video_limits(config: GateConfig) -> VideoWorkerLimits:
    limits = config.limits
    video = VideoLimits(
        max_bytes=limits.video_bytes,
        max_pixels=limits.max_video_pixels,
        max_frames=limits.max_video_frames,
        max_s=limits.max_video_s,
        max_animation_bytes=limits.video_bytes,
        kept_in_all=limits.max_kept_frames,
        min_quality=min(config.policy.min_quality, 50),
    )
    cpu_s = int(limits.video_timeout_s) + 1
    sketched = config.estimates.frames if config.estimates.budget else 0
    return VideoWorkerLimits(video, limits.video_memory_mb, cpu_s, config.looks.frame_budget, sketched)


def _from_thread(loop: asyncio.AbstractEventLoop, server: _Server) -> None:
    """Stop the server; a loop that is closed already needs no telling."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(server.stop)


def _uvicorn_config(config: GateConfig, app: object, connection: type[Connection]) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=int(config.limits.stop_timeout_s) or 1,
    )


def main(arguments: Sequence[str]) -> int:
    """Run as a process of its own."""
    path, number, listener, life = arguments
    os.umask(0o077)
    logging.getLogger("uvicorn").addHandler(_ServerLog())
    logging.getLogger("uvicorn").propagate = False
    try:
        serving = run(read_config(Path(path)), int(number), socket.socket(fileno=int(listener)), int(life))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serving)
    except NotContentError as error:
        log.write(LogEvent.SERVER, code=error.code)
        return error.exit_code
    except Exception as error:  # noqa: BLE001 (the edge: a trace could quote data; the supervisor starts us again)
        log.write_internal(error)
        return NotContentError.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
