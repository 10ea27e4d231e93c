"""Videos at the gate's door: found, bounded in bytes, time and memory, and never at the cost of the next upload."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing

import pytest
from feed_server import Feed, serve
from film_files import animated, draw_clip, film, sound_alone
from gate_process import RunningGate, running_gate, wait_until, write_config
from picture_files import drawn, saved

from notcontent.errors import (
    OverloadedError,
    VideoEmptyError,
    VideoError,
    VideoFormatError,
    VideoMemoryError,
    VideoTimeError,
)
from notcontent.gate.video_decoders import VideoDecoders
from notcontent.signals import hash_image
from notcontent.signals.video import Frame, VideoLimits, hash_video
from notcontent.signals.video.worker import End, Record, VideoWorkerLimits

CLIP = draw_clip(21, seconds=3)
OTHER = draw_clip(22, seconds=3)
FILM = film(CLIP)
LONG = film(OTHER + CLIP + OTHER * 20)
LIMITS = '[policy]\nmode = "enforce"\n[limits]\ndecoders = 1\nmax_body_bytes = 400000\nmax_video_bytes = 20000000\n'

Test = Callable[[VideoDecoders, list[str]], Awaitable[None]]


def with_decoders(
    test: Test, *, limits: VideoWorkerLimits | None = None, size: int = 1, queue: int = 4, timeout_s: float = 60
) -> None:
    async def run() -> None:
        ends: list[str] = []
        settings = limits or VideoWorkerLimits()
        decoders = VideoDecoders(settings, size=size, queue=queue, timeout_s=timeout_s, on_end=ends.append)
        try:
            await test(decoders, ends)
        finally:
            await decoders.close()
        assert not decoders.running

    asyncio.run(run())


async def watched(decoders: VideoDecoders, body: bytes) -> list[Record]:
    async with aclosing(decoders.watch(body)) as records:
        return [record async for record in records]


def test_a_video_gives_its_frames_and_the_next_one_too() -> None:
    async def test(decoders: VideoDecoders, ends: list[str]) -> None:
        for body in (FILM, animated(CLIP[::4], "WEBP"), animated(CLIP[::4], "AVIF"), FILM):
            *before, end = await watched(decoders, body)
            expected = hash_video(body)
            assert tuple(each for each in before if isinstance(each, Frame)) == expected.frames
            assert isinstance(end, End)
            assert end.sha256 == expected.sha256
        assert ends == []

    with_decoders(test)


def test_what_cannot_be_read_keeps_its_code_and_costs_nothing_else() -> None:
    async def test(decoders: VideoDecoders, ends: list[str]) -> None:
        for body, error in ((sound_alone(), VideoEmptyError), (FILM[:5000], VideoError)):
            with pytest.raises(error):
                await watched(decoders, body)
        assert await watched(decoders, FILM)
        assert ends == []

    with_decoders(test)


def test_a_video_that_takes_too_long_is_refused_and_its_process_ended() -> None:
    async def test(decoders: VideoDecoders, ends: list[str]) -> None:
        with pytest.raises(VideoTimeError):
            await watched(decoders, LONG)
        assert ends == ["time"]

    with_decoders(test, limits=VideoWorkerLimits(budget=32), timeout_s=0.2)


def test_a_process_that_is_killed_or_fails_is_an_error_of_the_video() -> None:
    async def test(decoders: VideoDecoders, ends: list[str]) -> None:
        for sign, error in ((signal.SIGKILL, VideoMemoryError), (signal.SIGSEGV, VideoError)):
            records = decoders.watch(LONG)
            assert isinstance(await anext(records), Frame)
            busy = [process for process in decoders.running if process.stdin is not None and process.stdin.is_closing()]
            os.kill(busy[0].pid, sign)
            with pytest.raises(error):
                _ = [record async for record in records]
        assert ends == ["killed", "failed"]
        assert await watched(decoders, FILM)

    with_decoders(test)


def test_whoever_has_heard_enough_ends_the_process_at_once() -> None:
    async def test(decoders: VideoDecoders, ends: list[str]) -> None:
        async with aclosing(decoders.watch(LONG)) as records:
            assert isinstance(await anext(records), Frame)
            before = {process.pid for process in decoders.running}
        assert len(before - {process.pid for process in decoders.running}) == 1
        assert await watched(decoders, FILM)
        assert ends == []

    with_decoders(test)


def test_a_full_queue_is_refused_at_once_and_those_in_it_are_answered() -> None:
    async def test(decoders: VideoDecoders, _ends: list[str]) -> None:
        first = [asyncio.create_task(watched(decoders, FILM)) for _ in range(3)]
        await asyncio.sleep(0.05)
        with pytest.raises(OverloadedError):
            await watched(decoders, FILM)
        assert all(await asyncio.gather(*first))

    with_decoders(test, queue=2)


def test_limits_reach_the_process() -> None:
    async def test(decoders: VideoDecoders, _ends: list[str]) -> None:
        with pytest.raises(VideoError) as refused:
            await watched(decoders, FILM)
        assert refused.value.code == "video_too_long"

    with_decoders(test, limits=VideoWorkerLimits(VideoLimits(max_frames=5)))


def test_a_gate_that_meets_no_video_starts_no_process_for_any() -> None:
    async def test(decoders: VideoDecoders, _ends: list[str]) -> None:
        assert not decoders.running
        assert decoders._spare is None
        await asyncio.sleep(0)

    with_decoders(test)


def test_without_pyav_films_are_refused_and_animations_read(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(decoders: VideoDecoders, _ends: list[str]) -> None:
        with pytest.raises(VideoFormatError, match="extra `video`"):
            await watched(decoders, FILM)
        assert await watched(decoders, animated(CLIP[::4]))

    monkeypatch.setattr("notcontent.signals.video.process.find_spec", lambda _name: None)
    with_decoders(test)


# --- the whole gate


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningGate, Feed, str]]:
    feed = Feed()
    alias = feed.add_video((frame.t_ms, frame.value) for frame in hash_video(FILM).frames)
    feed.add(hash_image(saved(drawn(1), "JPEG")).value)
    folder = tmp_path_factory.mktemp("gate")
    with serve(feed) as address, running_gate(write_config(folder, feed, address, tables=LIMITS)) as running:
        yield running, feed, alias


def screen(gate: RunningGate, body: bytes) -> dict[str, object]:
    answer = gate.staff.post("/v1/screen", content=body)
    found: dict[str, object] = answer.json()
    return found


def test_a_banked_clip_is_blocked_whatever_it_is_called_and_wherever_it_lies(
    gate: tuple[RunningGate, Feed, str],
) -> None:
    running, _, alias = gate
    for body in (FILM, film(CLIP, "webm", crf="40"), LONG, film(CLIP[10:26], fps=15), animated(CLIP[::2], "WEBP")):
        found = screen(running, body)
        assert (found.get("action"), found.get("reason")) == ("block", "same_clip"), found
        matches = found["matches"]
        assert isinstance(matches, list)
        assert {match["kind"] for match in matches} == {"frame"}
        assert {match["alias"] for match in matches} == {alias}
        assert all(isinstance(match["t_ms"], int) and isinstance(match["at_ms"], int) for match in matches)


def test_a_mirrored_clip_is_blocked_by_its_turns(gate: tuple[RunningGate, Feed, str]) -> None:
    found = screen(gate[0], film([each[:, ::-1] for each in CLIP]))
    assert found["action"] == "block"
    assert str(found["matches"]).count("mirror")


def test_strangers_pass_and_uploaders_see_the_action_alone(gate: tuple[RunningGate, Feed, str]) -> None:
    running, _, _ = gate
    assert screen(running, film(OTHER))["reason"] == "no_match"
    answer = running.upload.post("/v1/screen", content=FILM, headers={"content-type": "image/png"}).json()
    assert answer == {
        "action": "block", "advice": "block", "mode": "enforce", "reason": "same_clip", "matches": None
    }  # fmt: skip


def test_what_cannot_be_read_is_refused_with_its_code(gate: tuple[RunningGate, Feed, str]) -> None:
    running, _, _ = gate
    for body, status, code in (
        (sound_alone(), 422, "video_empty"),
        (FILM[:5000], 422, "video_unreadable"),
        (film(CLIP[:2], "matroska", codec="ffv1"), 422, "video_format"),
        (FILM[:64] + bytes(20_000_000), 413, "body_too_large"),
        (saved(drawn(1, 1600, 1200), "PNG"), 413, "body_too_large"),
    ):
        answer = running.staff.post("/v1/screen", content=body)
        assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert screen(running, saved(drawn(1), "JPEG"))["action"] == "block"


def test_a_log_and_a_folder_hold_nothing_of_a_video(gate: tuple[RunningGate, Feed, str]) -> None:
    running, _, _ = gate
    screen(running, FILM)
    value = hash_video(FILM).frames[0].value
    assert value.hex() not in running.log
    for path in running.folder.rglob("*"):
        if path.is_file():
            assert value not in path.read_bytes()
            assert FILM[:2000] not in path.read_bytes()


def test_a_withdrawn_video_stops_matching(gate: tuple[RunningGate, Feed, str]) -> None:
    running, feed, alias = gate
    feed.withdraw(alias)
    wait_until(lambda: screen(running, FILM)["action"] == "allow", "a withdrawal to count")
