"""How long the portal's page takes for a photo of 12 megapixels and for a video of 1080 lines, in a real Chromium.

PYTHONPATH=tests python bench/portal.py [--slow]

With `--slow` all of Chromium's processes are halted for 30 of every 40 ms, which makes the machine four times slower
for them: the developer tools' slow-down reaches the page's own thread alone. Each line begins with the machine's load.
"""

import base64
import io
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from film_files import draw_clip, film
from hub_process import running_hub
from playwright.sync_api import sync_playwright

from notcontent.signals.drawing import draw_picture
from notcontent.signals.video import hash_video

HASH = """async (text) => {
  const { Hasher } = await import("/static/portal/hasher.js");
  const file = new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))]);
  window.hasher ??= new Hasher();
  const begin = performance.now();
  await window.hasher.hash(file);
  return performance.now() - begin;
}"""


def photo() -> bytes:
    sink = io.BytesIO()
    draw_picture(5, 4000, 3000).convert("RGB").save(sink, "JPEG", quality=90)
    return sink.getvalue()


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


def tell(page: Any, what: str, file: bytes, times: int) -> None:
    text = base64.b64encode(file).decode()
    taken = sorted(round(page.evaluate(HASH, text)) for _ in range(times))
    print(f"load {os.getloadavg()[0]:.1f}: {what}: {taken[len(taken) // 2]} ms in the middle of {taken}", flush=True)


def main() -> None:
    picture, clip = photo(), video()
    begin = time.perf_counter()
    hashed = hash_video(clip)
    print(f"Python, {hashed.seen} frames of 1080 lines: {1000 * (time.perf_counter() - begin):.0f} ms", flush=True)
    with tempfile.TemporaryDirectory() as folder, running_hub(Path(folder)) as hub, sync_playwright() as playwright:
        before = processes(os.getpid())
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = chromium.new_page()
        page.set_default_timeout(300_000)
        page.goto(f"{hub.url}/open/")
        page.evaluate(HASH, base64.b64encode(picture).decode())
        tell(page, "12 megapixels", picture, 7)
        tell(page, f"{hashed.seen} frames of 1080 lines", clip, 3)
        if "--slow" in sys.argv:
            with held_back(processes(os.getpid()) - before):
                tell(page, "12 megapixels, four times slower", picture, 7)
        chromium.close()


if __name__ == "__main__":
    main()
