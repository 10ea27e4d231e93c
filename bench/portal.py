"""How long the portal's page takes for photos of 12 megapixels and for a video of 1080 lines, in a real Chromium.

PYTHONPATH=tests python bench/portal.py [--slow] [--before FOLDER] [--times N]

A line for each kind of file: milliseconds from choosing to hash, the processor's time that all of Chromium's processes
took, and the longest that the page's own thread stood still meanwhile. `--before` names another copy of the portal's
scripts (`static/portal` of an older tree); both are then measured in turn, in one run. With `--slow` all of Chromium's
processes are halted for 30 of every 40 ms, which makes the machine four times slower for them: the developer tools'
slow-down reaches the page's own thread alone (`Emulation.setCPUThrottlingRate` is refused for a worker).
"""

import argparse
import base64
import io
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from film_files import draw_clip, film
from hub_process import running_hub
from PIL import Image
from playwright.sync_api import sync_playwright

from notcontent.signals.drawing import draw_picture
from notcontent.signals.video import hash_video

READY = """async (text) => {
  const { Hasher } = await import("/static/portal/hasher.js");
  window.file = new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))]);
  window.hasher ??= new Hasher();
  await window.hasher.hash(new Blob([])).catch(() => undefined);
}"""
HASH = """async () => {
  let still = 0, last = performance.now(), on = true;
  const beat = () => {
    const now = performance.now();
    still = Math.max(still, now - last);
    last = now;
    if (on) setTimeout(beat, 0);
  };
  beat();
  const begin = performance.now();
  await window.hasher.hash(window.file);
  const took = performance.now() - begin;
  on = false;
  return [took, still];
}"""
TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


def photos() -> dict[str, bytes]:
    """Draw one picture of 12 megapixels, with a camera's noise, in each kind of file."""
    drawn = np.asarray(draw_picture(5, 4000, 3000).convert("RGB")).astype(np.float32)
    noisy = drawn + np.random.default_rng(1).normal(0, 6, drawn.shape)
    picture = Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
    found = {}
    for name, kind, options in (
        ("JPEG 90", "JPEG", {"quality": 90}),
        ("JPEG 85, progressive", "JPEG", {"quality": 85, "progressive": True}),
        ("PNG", "PNG", {"compress_level": 3}),
        ("WebP 80", "WEBP", {"quality": 80, "method": 2}),
    ):
        sink = io.BytesIO()
        picture.save(sink, kind, **options)
        found[name] = sink.getvalue()
    return found


def video() -> bytes:
    small = draw_clip(44, seconds=4, fps=30, width=640, height=360)
    return film([np.kron(each, np.ones((3, 3, 1), np.uint8)) for each in small], fps=30)


def processes(root: int) -> set[int]:
    """Give a process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, waiting = set(), [root]
    while waiting:
        one = waiting.pop()
        found.add(one)
        waiting += children.get(one, [])
    return found


def processor_ms(mine: set[int]) -> float:
    """Add up what these processes have taken of the processor, with their threads that have ended."""
    ticks = 0
    for one in mine:
        with suppress(OSError):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks * TICK_MS


@contextmanager
def held_back(mine: set[int]) -> Iterator[None]:
    """Let these processes run for 10 of every 40 ms."""
    done = threading.Event()

    def hold() -> None:
        while not done.is_set():
            for sign, pause_s in ((signal.SIGSTOP, 0.030), (signal.SIGCONT, 0.010)):
                for one in mine:
                    with suppress(ProcessLookupError):
                        os.kill(one, sign)
                time.sleep(pause_s)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def page_of(chromium: Any, url: str, scripts: Path | None) -> Any:
    """Open the page that opens a case, with the scripts of another folder where one is named."""
    page = chromium.new_page()
    page.set_default_timeout(300_000)

    def exchange(route: Any) -> None:
        name = route.request.url.partition("/static/portal/")[2]
        body = (scripts or Path()) / name
        route.fulfill(response=route.fetch(), body=body.read_text(encoding="utf-8"))

    if scripts:
        page.context.route("**/static/portal/*.js", exchange)
    page.goto(f"{url}/open/")
    return page


def tell(pages: dict[str, Any], what: str, file: bytes, times: int, before: set[int]) -> None:
    """Measure one file on each page in turn, and print the middle of each figure."""
    text = base64.b64encode(file).decode()
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in pages}
    for page in pages.values():
        page.evaluate(READY, text)
    for _ in range(times):
        for name, page in pages.items():
            mine = processes(os.getpid()) - before
            begun = processor_ms(mine)
            took, still = page.evaluate(HASH)
            found[name].append((took, processor_ms(mine) - begun, still))
    for name, rows in found.items():
        took, spent, still = ([row[i] for row in rows] for i in range(3))
        print(
            f"load {os.getloadavg()[0]:.1f}: {what}{name}: {median(took):.0f} ms in the middle of {times} "
            f"({min(took):.0f} to {max(took):.0f}), {median(spent):.0f} ms of the processor, "
            f"the page stood still for {max(still):.0f} ms at most",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slow", action="store_true")
    parser.add_argument("--before", type=Path)
    parser.add_argument("--times", type=int, default=7)
    told = parser.parse_args()
    pictures, clip = photos(), video()
    begin = time.perf_counter()
    hashed = hash_video(clip)
    print(f"Python, {hashed.seen} frames of 1080 lines: {1000 * (time.perf_counter() - begin):.0f} ms", flush=True)
    with tempfile.TemporaryDirectory() as folder, running_hub(Path(folder)) as hub, sync_playwright() as playwright:
        before = processes(os.getpid())
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        pages = {"": page_of(chromium, hub.url, None)}
        if told.before:
            pages = {", before": page_of(chromium, hub.url, told.before), ", now": pages[""]}
        for name, file in pictures.items():
            tell(pages, f"12 megapixels, {name}", file, told.times, before)
        if told.slow:
            with held_back(processes(os.getpid()) - before):
                for name, file in pictures.items():
                    tell(pages, f"12 megapixels, {name}, four times slower", file, told.times, before)
        tell(dict([list(pages.items())[-1]]), f"{hashed.seen} frames of 1080 lines", clip, 3, before)
        chromium.close()


if __name__ == "__main__":
    main()
