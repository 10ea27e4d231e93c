"""A real gate for tests: `notcontent gate serve` as its own processes, following a feed over loopback."""

import hashlib
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from feed_server import Feed

from notcontent.gate.config import GateConfig, read_config

STAFF_KEY = "ncg_staff-canary-5f1c"
UPLOAD_KEY = "ncg_upload-canary-77ad"
LOOKUP_KEY = "ncg_lookup-canary-31be"
PATIENCE_S = 30.0
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Everything is loopback HTTP; without this each client would load all certificates of the world."""


def write_config(
    folder: Path, feed: Feed, address: str, *, top: str = "", tables: str = "", poll_s: float = 0.1
) -> Path:
    """Write a gate.toml with one caller of each role into a folder."""
    key_file = folder / "member.key"
    key_file.touch(mode=0o600)
    key_file.write_text(feed.key + "\n")
    callers = "".join(
        f'[[callers]]\nname = "{role}"\nrole = "{role}"\nkey_sha256 = "{hashlib.sha256(key.encode()).hexdigest()}"\n'
        "rate = 1e9\nburst = 1000000\n"
        for role, key in (("staff", STAFF_KEY), ("upload", UPLOAD_KEY), ("lookup", LOOKUP_KEY))
    )
    path = folder / "gate.toml"
    path.write_text(
        f'data_dir = "data"\nlisten = "127.0.0.1:0"\n{top}\n'
        f'[hub]\nurl = "{address}"\norigin = "{feed.origin}"\nmember = "{feed.member}"\nkey_file = "member.key"\n'
        f'public_key = "{feed.signing.public_key().public_bytes_raw().hex()}"\npoll_s = {poll_s}\n'
        f"timeout_s = 5\n{tables}\n{callers}"
    )
    return path


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds, patiently: nothing here measures time."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain for: {what}"
        time.sleep(0.01)


@dataclass
class RunningGate:
    """A gate that listens."""

    folder: Path
    config: GateConfig
    process: subprocess.Popen[str]
    url: str
    staff: httpx.Client = field(init=False)
    upload: httpx.Client = field(init=False)
    lookup: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.staff, self.upload, self.lookup = (self._client(key) for key in (STAFF_KEY, UPLOAD_KEY, LOOKUP_KEY))

    def _client(self, key: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, verify=NO_TLS)

    @property
    def log(self) -> str:
        return (self.folder / "gate.log").read_text()

    def health(self) -> dict[str, object]:
        answer: dict[str, object] = httpx.get(f"{self.url}/v1/health", timeout=30, verify=NO_TLS).json()
        return answer

    def action(self, value: bytes) -> str:
        """What the gate says of a hash, shown to a lookup caller."""
        answer = self.lookup.post("/v1/lookup", json={"hashes": [{"value": value.hex()}]})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["results"][0]["action"])

    def children(self) -> dict[str, int]:
        """The gate's own processes by name; decoders are children of theirs."""
        found = {}
        for name in (entry for entry in Path("/proc").iterdir() if entry.name.isdigit()):
            try:
                parent = int((name / "stat").read_text().rpartition(")")[2].split()[1])
                words = os.fsdecode((name / "cmdline").read_bytes()).split("\0")
            except (OSError, IndexError):
                continue
            module = next((word.rpartition(".")[2] for word in words if word.startswith("notcontent.gate.")), "")
            if parent == self.process.pid and module:
                number = words[words.index(f"notcontent.gate.{module}") + 2] if module == "worker" else ""
                found[module + number] = int(name.name)
        return found

    def stop(self) -> int:
        """End it in order; give its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)


@contextmanager
def running_gate(path: Path, *, ready: bool = True) -> Iterator[RunningGate]:
    """Run a gate on this configuration; wait until it answers from a bank, unless told otherwise."""
    folder = path.parent
    with (folder / "gate.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "notcontent", "gate", "serve", "--config", str(path)],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, (folder / "gate.log").read_text()
    gate = RunningGate(folder, read_config(path), process, line.split()[-1])
    try:
        if ready:
            wait_until(lambda: gate.health()["status"] == "ok", "a gate with a bank")
        yield gate
    finally:
        gate.staff.close()
        gate.upload.close()
        gate.lookup.close()
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        process.stdout.close()
        shutil.rmtree(gate.config.shared, ignore_errors=True)  # a gate that was killed left it behind
