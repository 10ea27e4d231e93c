"""A real hub on loopback for the browser's tests, and the pictures that people choose.

The hub runs in gunicorn, a process of its own; its quick exit leads to a neutral page, served here as well.
"""

import io
import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from notcontent.cli.demo.plain import _send, _visit, _words

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MEMBERS = (("pixelgram", "Pixelgram"), ("fotos", "Fotos & Friends"))
_SET_UP = f"""
    from pathlib import Path
    from notcontent.hub.boot import migrate
    migrate(Path("hub.toml"))
    from notcontent.hub import flows
    for name, title in {MEMBERS!r}:
        flows.create_member("test", name, title, "Compares uploads.")
"""


@dataclass(frozen=True, slots=True)
class Hub:
    """A running hub: its address, and the folder with its data and log."""

    url: str
    folder: Path
    exit_url: str

    def count(self, table: str) -> int:
        """Count a table's rows behind the hub's back."""
        with sqlite3.connect(self.folder / "data" / "hub.sqlite3") as database:
            return int(database.execute(f"select count(*) from {table}").fetchone()[0])  # noqa: S608 - our own names

    def open_case(self, pictures: int = 3) -> str:
        """Open a case as a page would, with hashes of nothing; give its code."""
        form: dict[str, str | list[str]] = {
            "action": "open",
            "adults": "yes",
            "claim": "real",
            "members": [name for name, _title in MEMBERS],
            "token": secrets.token_hex(16),
            "items": " ".join(f"{any_hash()}:90" for _ in range(pictures)),
        }
        with _visit(self.url) as client:
            return _words(_send(client, form))


def any_hash() -> str:
    """Make up a hash that a real picture could have: half of its bits are set."""
    bits = [0] * 128 + [1] * 128
    secrets.SystemRandom().shuffle(bits)
    return f"{int(''.join(map(str, bits)), 2):064x}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Neutral(BaseHTTPRequestHandler):
    """The harmless page that the quick exit leads to."""

    def do_GET(self) -> None:
        """Show the weather."""
        body = b"<!doctype html><title>Neutral</title><link rel=icon href=data:,><p>Weather</p>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def exit_url() -> Iterator[str]:
    """Serve the neutral page, on another site than the hub's."""
    server = ThreadingHTTPServer(("localhost", 0), Neutral)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory, exit_url: str) -> Iterator[Hub]:
    """Give a running hub with two members."""
    folder = tmp_path_factory.mktemp("hub")
    url = f"http://127.0.0.1:{_free_port()}"
    lines = (
        'origin = "portal.test"', 'data_dir = "data"', 'name = "Helpline Example"', f'public_url = "{url}"',
        f'quick_exit_url = "{exit_url}"', "epoch_s = 0", "code_memory_kib = 64", "code_passes = 1",
    )  # fmt: skip
    (folder / "hub.toml").write_text("\n".join(lines), encoding="utf-8")
    environment = {**os.environ, "NOTCONTENT_HUB_CONFIG": str(folder / "hub.toml")}
    environment["DJANGO_SETTINGS_MODULE"] = "notcontent.hub.settings"
    subprocess.run([sys.executable, "-c", textwrap.dedent(_SET_UP)], cwd=folder, env=environment, check=True)
    command = [sys.executable, "-m", "gunicorn", "--bind", urlsplit(url).netloc, "--threads", "4"]
    command += ["--no-control-socket", "notcontent.hub.wsgi"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            _wait_for(url, process)
            yield Hub(url, folder, exit_url)
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        assert process.poll() is None, "The hub ended while starting."
        try:
            httpx.get(url, timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("The hub did not start.")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Give a headless Chromium. Module-wide, not longer: Playwright's loop would be in the way of other rooms."""
    if CHROMIUM is None:
        pytest.skip("No Chromium on this machine: install Debian's `chromium` to run the browser's tests.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(browser: Any, hub: Hub) -> Iterator[Callable[..., Any]]:
    """Give a way to open a page in a window without a past: `new_page(javascript=False)`.

    Anything outside the hub and the neutral page is refused. A script error fails the test.
    """
    contexts: list[Any] = []
    errors: list[str] = []

    def make(*, javascript: bool = True, width: int = 390, height: int = 844) -> Any:
        context = browser.new_context(
            locale="en-GB", viewport={"width": width, "height": height}, java_script_enabled=javascript
        )
        context.set_default_timeout(15_000)
        ours = (hub.url, hub.exit_url, "blob:", "data:")
        context.route(lambda url: not url.startswith(ours), lambda route: route.abort())
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def page(new_page: Callable[..., Any]) -> Any:
    """Give one page of a phone's size."""
    return new_page()


# --- pictures --------------------------------------------------------------------------------------------------


def drawing(seed: int, width: int = 800, height: int = 600) -> NDArray[np.uint8]:
    """Draw a coloured scene of waves and discs, like no other seed's."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    planes = []
    for _ in range(3):
        fx, fy, phase = rng.uniform(1, 7, 3)
        plane = 128 + 55 * np.sin(6.3 * (fx * x / width + fy * y / height) + phase)
        for _ in range(4):
            cx, cy, r = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(30, height / 3)
            plane += rng.choice([-70, 70]) * ((x - cx) ** 2 + (y - cy) ** 2 < r * r)
        planes.append(plane)
    return np.stack(planes, axis=-1).clip(0, 255).astype(np.uint8)


def saved(pixels: NDArray[np.uint8], kind: str, **options: Any) -> bytes:
    """Save pixels as one kind of file."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **options)
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Chosen:
    """Files that a person chooses, in the form that Playwright takes."""

    files: list[dict[str, Any]]

    @staticmethod
    def of(*pairs: tuple[str, bytes]) -> "Chosen":
        """Name each file; the declared type follows from the name, as in a browser."""
        kinds = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif", "mp4": "video/mp4"}
        return Chosen([{"name": n, "mimeType": kinds.get(n.rsplit(".", 1)[-1], ""), "buffer": b} for n, b in pairs])


@pytest.fixture(scope="session")
def make() -> Any:
    """Give what makes pictures, files and hashes: make.drawing(seed), make.saved(pixels, "PNG"), make.files(...)."""

    class Makers:
        drawing = staticmethod(drawing)
        saved = staticmethod(saved)
        files = staticmethod(lambda *pairs: Chosen.of(*pairs).files)
        any_hash = staticmethod(any_hash)

    return Makers


# --- steps -----------------------------------------------------------------------------------------------------


@pytest.fixture
def to_picker(hub: Hub) -> Callable[[Any], None]:
    """Give the way from an empty page to the picker of a new case."""

    def go(page: Any) -> None:
        page.goto(f"{hub.url}/open/")
        page.get_by_label("Yes, everyone").check()
        page.click("#next")
        page.get_by_label("Real photos", exact=True).check()
        page.click("#next")
        page.get_by_role("button", name="Tick all").click()
        page.click("#next")
        page.click("#next")
        page.wait_for_selector("#files", state="attached")

    return go


@pytest.fixture
def choose() -> Callable[[Any, list[dict[str, Any]]], None]:
    """Give the way to choose files and wait until each was read or left out."""

    def pick(page: Any, files: list[dict[str, Any]]) -> None:
        before = page.locator(".picture").count()
        page.set_input_files("#files", files)
        page.wait_for_function(
            "count => document.querySelectorAll('.picture:is([data-state=ready], [data-state=out])').length === count",
            arg=before + len(files),
        )

    return pick
