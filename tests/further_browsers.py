"""Browsers that Playwright does not drive here: Debian's Firefox, and WebKitGTK, which has Safari's engine.

Both understand the commands of W3C WebDriver: Firefox at a socket of its own (Marionette), WebKit through the program
WebKitWebDriver. A session opens a page, runs a script in it and fills in a file input: no more is needed.
"""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx

_START_S = 120.0
_SCRIPT_MS = 300_000
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the standard's word for a reference to an element


class MissingBrowserError(Exception):
    """This machine has no such browser; the message says what to install."""


class Session(Protocol):
    """A running browser with one window."""

    name: str

    def open(self, url: str) -> None: ...

    def run(self, script: str, *arguments: object) -> Any:
        """Call an asynchronous JavaScript function with these arguments, wait for it and give what it returns."""

    def choose(self, selector: str, files: list[Path]) -> None:
        """Choose files in a file input, as a person would."""


_CALL = """
const [call, parameters, done] = [arguments[0], arguments[1], arguments[arguments.length - 1]];
const answer = (async () => (CALL)(...parameters))();
answer.then((value) => done({ value }), (error) => done({ error: String(error) }));
"""


def _script(call: str, arguments: tuple[object, ...]) -> dict[str, object]:
    return {"script": _CALL.replace("CALL", call).replace("arguments[0]", "0"), "args": [0, list(arguments)]}


def _value(answer: dict[str, Any]) -> Any:
    assert "error" not in answer, answer
    return answer["value"]


class Firefox:
    """Firefox through Marionette: a length, a colon and a JSON list, each way."""

    def __init__(self, connection: socket.socket) -> None:
        self._stream = connection.makefile("rwb")
        self._number = 0
        self._read()  # a greeting
        timeouts = {"script": _SCRIPT_MS, "pageLoad": _SCRIPT_MS}
        version = self.command("NewSession", {"timeouts": timeouts})["capabilities"]["browserVersion"]
        self.name = f"Firefox {version}"

    def _read(self) -> Any:
        digits = b""
        while (byte := self._stream.read(1)) != b":":
            assert byte, "Firefox ended."
            digits += byte
        return json.loads(self._stream.read(int(digits)))

    def command(self, name: str, parameters: dict[str, Any]) -> Any:
        self._number += 1
        message = json.dumps([0, self._number, f"WebDriver:{name}", parameters]).encode()
        self._stream.write(b"%d:%s" % (len(message), message))
        self._stream.flush()
        _, number, error, answer = self._read()
        assert number == self._number
        assert error is None, error
        return answer

    def open(self, url: str) -> None:
        self.command("Navigate", {"url": url})

    def run(self, script: str, *arguments: object) -> Any:
        return _value(self.command("ExecuteAsyncScript", {**_script(script, arguments), "sandbox": None})["value"])

    def choose(self, selector: str, files: list[Path]) -> None:
        element = self.command("FindElement", {"using": "css selector", "value": selector})["value"][_ELEMENT]
        self.command("ElementSendKeys", {"id": element, "text": "\n".join(map(str, files))})


class WebKit:
    """WebKitGTK's MiniBrowser through WebKitWebDriver."""

    def __init__(self, url: str, browser: Path) -> None:
        self._client = httpx.Client(base_url=url, timeout=_START_S)
        options = {"binary": str(browser), "args": ["--automation"]}
        wanted = {"browserName": "MiniBrowser", "webkitgtk:browserOptions": options}
        began = self._post("/session", {"capabilities": {"alwaysMatch": wanted}})
        self._at = f"/session/{began['sessionId']}"
        self._client.timeout = httpx.Timeout(_SCRIPT_MS / 1000)
        self._post(f"{self._at}/timeouts", {"script": _SCRIPT_MS, "pageLoad": _SCRIPT_MS})
        self.name = f"WebKitGTK {began['capabilities']['browserVersion']}"

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        answer = self._client.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["value"]

    def open(self, url: str) -> None:
        self._post(f"{self._at}/url", {"url": url})

    def run(self, script: str, *arguments: object) -> Any:
        return _value(self._post(f"{self._at}/execute/async", _script(script, arguments)))

    def choose(self, selector: str, files: list[Path]) -> None:
        element = self._post(f"{self._at}/element", {"using": "css selector", "value": selector})[_ELEMENT]
        self._post(f"{self._at}/element/{element}/value", {"text": "\n".join(map(str, files))})

    def close(self) -> None:
        self._client.delete(self._at)
        self._client.close()


@contextmanager
def firefox() -> Iterator[Session]:
    """Give a headless Firefox with a profile of its own. Raises MissingBrowserError."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        raise MissingBrowserError("No Firefox on this machine: install Debian's `firefox-esr`.")
    with ExitStack() as stack:
        profile = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        port = _free_port()
        (profile / "user.js").write_text(f'user_pref("marionette.port", {port});\n', encoding="utf-8")
        process = stack.enter_context(
            _started([program, "--headless", "--marionette", "--no-remote", "--profile", profile], profile)
        )
        connection = stack.enter_context(_connected(port, process))
        yield Firefox(connection)


@contextmanager
def webkit() -> Iterator[Session]:
    """Give WebKitGTK on a screen that nobody sees. Raises MissingBrowserError."""
    driver, screen = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
    browser = next(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"), None)
    if driver is None or screen is None or browser is None:
        raise MissingBrowserError("No WebKitGTK on this machine: install Debian's `webkit2gtk-driver` and `xvfb`.")
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        reading, writing = os.pipe()
        command: list[str | Path] = [screen, "-displayfd", str(writing), "-screen", "0", "1280x1024x24"]
        stack.enter_context(_started(command, home, passed=writing))
        os.close(writing)
        with os.fdopen(reading) as told:
            display = told.readline().strip()
        port = _free_port()
        process = stack.enter_context(_started([driver, f"--port={port}"], home, DISPLAY=f":{display}"))
        stack.enter_context(_connected(port, process))
        session = WebKit(f"http://127.0.0.1:{port}", browser)
        stack.callback(session.close)
        yield session


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _started(
    command: list[str | Path], home: Path, *, passed: int | None = None, **environment: str
) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        command,
        env={**os.environ, "HOME": str(home), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=() if passed is None else (passed,),
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


@contextmanager
def _connected(port: int, process: "subprocess.Popen[bytes]") -> Iterator[socket.socket]:
    until = time.monotonic() + _START_S
    while True:
        assert process.poll() is None, "The browser ended while starting."
        assert time.monotonic() < until, "The browser did not start."
        try:
            connection = socket.create_connection(("127.0.0.1", port))
        except OSError:
            time.sleep(0.1)
            continue
        with connection:
            yield connection
        return
