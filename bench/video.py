"""Hashing videos beside decoding them: processor time of one thread, in one run.

    OPENBLAS_NUM_THREADS=1 python -m bench.video [FILE...]

Without files a clip is drawn: 1280x720, 25 frames a second, 10 seconds, H.264 and VP9. Decoding alone is PyAV's, one
thread; "every frame" is what `hash_video` does; "32 looks" adds what a gate looks at in kept frames; "estimated" adds
sketches of twelve of them, and what they may show looked up in 100,000 random entries; "process" is a worker from its
start to its end, in seconds of wall time. vPDQ (PyPI: vpdq) is measured beside
it where it is installed.
"""

import io
import platform
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from film_files import draw_clip, film

from notcontent.matching import MihIndex
from notcontent.matching.bankestimates import IndexedBank
from notcontent.matching.clip_estimating import DEFAULT_FRAMES, frame_fits, levels_for
from notcontent.matching.estimating import DEFAULT_FALSE_HOLDS, EstimatePolicy
from notcontent.signals.estimates import DEFAULT_BUDGET as MOST_GUESSES
from notcontent.signals.video import Watch, hash_video
from notcontent.signals.video.looking import DEFAULT_BUDGET, make_looker
from notcontent.signals.video.process import watch_process
from notcontent.signals.video.worker import VideoWorkerLimits

ROUNDS = 3
ROWS = 100_000
POLICY = EstimatePolicy(MOST_GUESSES, DEFAULT_FALSE_HOLDS, 50)


def decode_alone(data: bytes) -> int:
    frames = 0
    with av.open(io.BytesIO(data), "r") as container:
        container.streams.video[0].codec_context.thread_count = 1
        for _ in container.decode(video=0):
            frames += 1
    return frames


def watch_all(data: bytes, budget: int) -> int:
    return len(list(Watch(io.BytesIO(data), looker=make_looker(budget))))


def estimate_all(data: bytes, bank: IndexedBank) -> None:
    watch = Watch(io.BytesIO(data), looker=make_looker(DEFAULT_BUDGET, sketches=True), sketched=DEFAULT_FRAMES)
    for _ in watch:
        pass
    levels = levels_for(bank.rows, len(watch.sketched), POLICY.false_holds)
    for frame in watch.sketched:
        frame_fits(bank, frame.sketches, POLICY, levels)


def make_bank() -> IndexedBank:
    rows = np.random.default_rng(1).integers(0, 256, (ROWS, 32), np.uint8)
    return IndexedBank(MihIndex.build(rows), np.arange(-1, -1 - ROWS, -1))


def in_process(path: Path) -> None:
    with path.open("rb") as file:
        for _ in watch_process(file, VideoWorkerLimits(budget=DEFAULT_BUDGET), timeout_s=3600):
            pass


def vpdq_of(path: Path) -> Callable[[], Any] | None:
    try:
        import vpdq  # noqa: PLC0415
    except ImportError:
        return None
    return lambda: vpdq.computeHash(str(path), thread_count=1)


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    begun = clock()
    work()
    return clock() - begun


def measure(path: Path, bank: IndexedBank) -> None:
    data = path.read_bytes()
    found = hash_video(data)
    works: dict[str, Callable[[], object]] = {
        "decoding alone": lambda: decode_alone(data),
        "every frame hashed": lambda: hash_video(data),
        f"and {DEFAULT_BUDGET} looks at kept ones": lambda: watch_all(data, DEFAULT_BUDGET),
        f"and {DEFAULT_FRAMES} of them estimated": lambda: estimate_all(data, bank),
    }
    peer = vpdq_of(path)
    if peer is not None:
        works["vpdq"] = peer
    taken: dict[str, list[float]] = {name: [] for name in works}
    walls = []
    for _ in range(ROUNDS):  # interleaved, so that a busy moment hits all alike
        for name, work in works.items():
            taken[name].append(seconds(work))
        walls.append(seconds(lambda: in_process(path), time.perf_counter))
    print(f"{path.name}: {found.seen} frames, {len(found.frames)} kept, {found.duration_ms / 1000:.1f} s")
    base = statistics.median(taken["decoding alone"])
    for name, times in taken.items():
        middle = statistics.median(times)
        rate = found.seen / middle
        print(f"  {name:28} {1000 * middle / found.seen:6.2f} ms a frame {rate:7.0f} frames/s {middle / base:5.2f}x")
    print(f"  {'process, wall':28} {statistics.median(walls):6.2f} s in all")


def main() -> None:
    print(f"{datetime.now(tz=UTC):%Y-%m-%d}, {platform.machine()}, PyAV {av.__version__}, one thread")
    if vpdq_of(Path()) is None:
        print("vpdq is not installed: it builds only with FFmpeg's headers")
    paths = [Path(name) for name in sys.argv[1:]]
    if not paths:
        folder = Path("/tmp/notcontent-bench-video")  # noqa: S108
        folder.mkdir(exist_ok=True)
        clip = draw_clip(9, seconds=10, fps=25, width=1280, height=720)
        for name, form, codec in (("h264.mp4", "mp4", "libx264"), ("vp9.webm", "webm", "libvpx-vp9")):
            paths.append(folder / name)
            paths[-1].write_bytes(film(clip, form, codec=codec, fps=25))
    bank = make_bank()
    for path in paths:
        measure(path, bank)


if __name__ == "__main__":
    main()
