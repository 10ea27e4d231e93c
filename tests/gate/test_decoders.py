"""Decoders may hang, crash or be killed; every request gets its answer, and the pool stays whole."""

import asyncio
import io
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from PIL import Image

from notcontent.errors import (
    DecoderStartError,
    ImageError,
    ImageFormatError,
    ImageMemoryError,
    ImageTimeError,
    OverloadedError,
)
from notcontent.gate import decoders
from notcontent.gate.decoders import DecoderPool
from notcontent.signals import hash_image
from notcontent.signals.worker import GREETING, WorkerLimits, encode_frame, worker_command


def picture(side: int = 300) -> bytes:
    out = io.BytesIO()
    Image.effect_mandelbrot((side, side), (-2, -1.5, 1, 1.5), 60).save(out, "PNG")
    return out.getvalue()


def with_pool(
    test: Callable[[DecoderPool, list[str]], Awaitable[None]], *, size: int = 1, queue: int = 8, timeout_s: float = 20.0
) -> None:
    """Run a test in a loop with a started pool; check that no process outlives it."""

    async def run() -> None:
        ends: list[str] = []
        pool = DecoderPool(WorkerLimits(), size=size, queue=queue, timeout_s=timeout_s, on_end=ends.append)
        await pool.start()
        try:
            await test(pool, ends)
        finally:
            await pool.close()
        assert not pool.running

    asyncio.run(run())


def pids(pool: DecoderPool) -> list[int]:
    return [process.pid for process in pool.running]


def test_a_picture_is_hashed_as_in_this_process_and_bad_bytes_keep_their_code() -> None:
    data = picture()

    async def test(pool: DecoderPool, ends: list[str]) -> None:
        found = (await pool.sight(data)).looks
        assert [(look.value, look.quality) for look in found] == [(hash_image(data).value, hash_image(data).quality)]
        with pytest.raises(ImageFormatError):
            await pool.sight(b"no picture at all")
        assert len((await pool.sight(data)).looks) == 1
        assert ends == []

    with_pool(test)


def test_a_decoder_killed_before_and_during_a_request_costs_no_answer() -> None:
    data, large = picture(), picture(3000)

    async def test(pool: DecoderPool, ends: list[str]) -> None:
        os.kill(pids(pool)[0], signal.SIGKILL)
        assert len((await pool.sight(data)).looks) == 1
        asking = asyncio.create_task(pool.sight(large))
        await asyncio.sleep(0.02)  # it is decoding, or about to: the answer must come either way
        os.kill(pids(pool)[0], signal.SIGKILL)
        assert (await asking).looks[0].value == hash_image(large).value
        assert set(ends) == {"killed"}
        assert len((await pool.sight(data)).looks) == 1

    with_pool(test)


@pytest.mark.parametrize(
    ("number", "error", "reason"),
    [(signal.SIGKILL, ImageMemoryError, "killed"), (signal.SIGABRT, ImageError, "failed")],
)
def test_a_picture_that_kills_two_decoders_is_refused_and_the_next_one_is_read(
    monkeypatch: pytest.MonkeyPatch, number: int, error: type[ImageError], reason: str
) -> None:
    # A decoder that greets, and dies of whatever it is given, stands for a picture that breaks every decoder.
    dies = f"import os, sys; os.write(1, {encode_frame(GREETING)!r}); os.read(0, 1); os.kill(os.getpid(), {number})"
    original = worker_command

    async def test(pool: DecoderPool, ends: list[str]) -> None:
        with pytest.raises(error) as refused:
            await pool.sight(picture())
        assert type(refused.value) is error
        assert ends == [reason, reason]
        monkeypatch.setattr(decoders, "worker_command", original)
        await asyncio.gather(*pool._tasks)  # the one being started may still be of the dying kind: it is tried twice
        assert len((await pool.sight(picture())).looks) == 1

    monkeypatch.setattr(decoders, "worker_command", lambda _limits: ([sys.executable, "-c", dies], {}))
    with_pool(test)


def test_a_picture_that_takes_too_long_is_refused_and_its_decoder_replaced() -> None:
    data = picture()

    async def test(pool: DecoderPool, ends: list[str]) -> None:
        before = pids(pool)
        os.kill(before[0], signal.SIGSTOP)  # it will never answer
        with pytest.raises(ImageTimeError):
            await pool.sight(data)
        assert ends == ["time"]
        pool._timeout_s = 20.0
        assert len((await pool.sight(data)).looks) == 1
        assert pids(pool) != before

    with_pool(test, timeout_s=0.2)


def test_a_full_queue_is_refused_at_once_and_everybody_in_it_is_answered() -> None:
    data = picture()

    async def test(pool: DecoderPool, _ends: list[str]) -> None:
        asking = [asyncio.create_task(pool.sight(data)) for _ in range(4)]
        await asyncio.sleep(0)
        with pytest.raises(OverloadedError):
            await pool.sight(data)
        assert [len(found.looks) for found in await asyncio.gather(*asking)] == [1] * 4

    with_pool(test, queue=3)


def test_a_request_that_is_given_up_frees_its_decoder() -> None:
    async def test(pool: DecoderPool, _ends: list[str]) -> None:
        asking = asyncio.create_task(pool.sight(picture(2000)))
        await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert len((await pool.sight(picture())).looks) == 1

    with_pool(test)


def test_a_closed_pool_takes_nothing() -> None:
    async def run() -> None:
        pool = DecoderPool(WorkerLimits(), size=1, queue=1, timeout_s=1)
        with pytest.raises(OverloadedError):
            await pool.sight(b"")

    asyncio.run(run())


def test_a_decoder_that_cannot_start_is_an_error_and_no_endless_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoders, "worker_command", lambda _limits: (["/bin/false"], {}))

    async def run() -> None:
        with pytest.raises(DecoderStartError):
            await DecoderPool(WorkerLimits(), size=1, queue=1, timeout_s=1).start()
        monkeypatch.setattr(decoders, "worker_command", lambda _limits: ([str(Path("/nowhere/at/all"))], {}))
        with pytest.raises(DecoderStartError):
            await DecoderPool(WorkerLimits(), size=1, queue=1, timeout_s=1).start()

    asyncio.run(run())
