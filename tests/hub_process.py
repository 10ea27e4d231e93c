"""A real hub: set up by the shell's verbs, served by `notcontent hub serve`, in a folder of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

_START_S = 60.0


def free_port() -> int:
    """Find a port of loopback that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Hub:
    """One hub on loopback. `run` calls a verb of it, `python` runs code inside it."""

    folder: Path
    url: str
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def config(self) -> Path:
        return self.folder / "hub.toml"

    @property
    def log(self) -> str:
        return (self.folder / "hub.log").read_text(encoding="utf-8", errors="replace")

    def run(self, *words: str, stdin: str = "") -> dict[str, object]:
        """Call `notcontent hub ...` and give its JSON answer."""
        done = self.call(*words, "--json", stdin=stdin)
        assert done.returncode == 0, done.stdout + done.stderr
        answer: dict[str, object] = json.loads(done.stdout)
        return answer

    def call(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Call `notcontent hub ...` and give whatever came of it."""
        return subprocess.run(
            [sys.executable, "-P", "-m", "notcontent", "hub", *words, "--config", str(self.config)],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=110,
            env=clean_environment(),
        )

    def python(self, code: str) -> str:
        """Run code in a process that has this hub's rooms loaded, beside the one that serves."""
        begin = f"from pathlib import Path\nfrom notcontent.hub.boot import boot\nboot(Path({str(self.config)!r}))\n"
        path = os.pathsep.join([str(Path(__file__).parent)])
        done = subprocess.run(
            [sys.executable, "-c", begin + code],
            capture_output=True,
            text=True,
            check=False,
            timeout=110,
            env={**clean_environment(), "PYTHONPATH": path},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def children(self) -> list[int]:
        """Give the process ids of what the supervisor supervises."""
        assert self.process is not None
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def start(self) -> None:
        """Serve, and wait until the door answers."""
        with (self.folder / "hub.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "notcontent", "hub", "serve", "--config", str(self.config)],
                stdout=log,
                stderr=log,
                env=clean_environment(),
                start_new_session=True,
            )
        self.wait()

    def wait(self) -> None:
        """Wait until the door answers."""
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            assert self.process is not None
            assert self.process.poll() is None, self.log
            try:
                if httpx.get(f"{self.url}/v1/health", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(self.log)

    def stop(self) -> int:
        """Stop gracefully; give the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self.process = None
        return code


def clean_environment() -> dict[str, str]:
    """Give this process's environment without what would tell a child about another hub."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("NOTCONTENT_", "DJANGO_", "PYTEST_"))
    }


@contextmanager
def running_hub(folder: Path, **settings: str | int) -> Iterator[Hub]:
    """Set up and serve a hub until the context ends."""
    port = free_port()
    chosen: dict[str, str | int] = {
        "origin": "hub.test",
        "data_dir": "data",
        "listen": f"127.0.0.1:{port}",
        "public_url": f"http://127.0.0.1:{port}",
        "epoch_s": 0,
        "tick_s": 1,
        "code_memory_kib": 64,
        "code_passes": 1,
        **settings,
    }
    hub = Hub(folder, f"http://127.0.0.1:{port}", port)
    hub.config.write_text(
        "".join(f"{name} = {json.dumps(value)}\n" for name, value in chosen.items()), encoding="utf-8"
    )
    hub.run("migrate")
    hub.start()
    try:
        yield hub
    finally:
        if hub.process is not None:
            hub.stop()
