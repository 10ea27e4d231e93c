"""A real gate under wrk: requests a second and how long they take.

Usage: .venv/bin/python bench/gate.py [seconds a case]

A gate.db is filled with uniform hashes; `notcontent gate serve` serves it with its own processes and shared memory, and
follows a feed on loopback; `wrk` (Debian's package) asks over 16 kept connections. Looked-up hashes are uniform too:
they match nothing, as nearly all uploads do. The photo is a drawn picture, saved as a JPEG of some 200 kB. wrk runs on
the same cores as the gate and takes its share of them: the figures are a floor.
"""

import os
import platform
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import httpx
import msgspec
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from feed_server import DAY, Feed, serve
from gate_process import LOOKUP_KEY, NO_TLS, RunningGate, running_gate, write_config

from notcontent.exchange.changes import Add, Entry
from notcontent.exchange.client import Step
from notcontent.exchange.wire import Event, Kind, Lease, SignalType
from notcontent.gate.config import read_config
from notcontent.gate.syncer import open_syncer

SIZES = (100_000, 1_000_000)
WORKERS = (1, 2)
CONNECTIONS = 16
PHOTO_BYTES = 200_000
PAGE = 5000
_BODIES = 64
"""Different lookups, asked in turn."""


@dataclass(frozen=True)
class Case:
    """One thing to ask, as a lua script for wrk."""

    name: str
    path: str
    bodies: tuple[bytes, ...]


@dataclass(frozen=True)
class Measured:
    """What wrk saw, and what the gate's processes used."""

    requests_a_second: float
    p50_ms: float
    p99_ms: float
    failed: int
    cpu_ms: float
    """Of all the gate's processes together, for one request: this a busy machine changes least."""


def photo() -> bytes:
    """Draw a picture with fine grain, so that its JPEG has the size of a phone's resized photo."""
    rng = np.random.default_rng(3)
    waves = np.add.outer(np.sin(np.arange(900) / 37), np.cos(np.arange(1200) / 53))[..., None] * np.array([60, 45, 30])
    grain = rng.normal(0, 1, (900, 1200, 3))
    best = b""
    for strength in np.linspace(1, 40, 40):
        pixels = np.clip(128 + waves + strength * grain, 0, 255).astype(np.uint8)
        sink = BytesIO()
        Image.fromarray(pixels).save(sink, "JPEG", quality=88)
        best = sink.getvalue()
        if len(best) >= PHOTO_BYTES:
            break
    return best


def cases() -> list[Case]:
    rng = np.random.default_rng(7)

    def lookups(count: int) -> tuple[bytes, ...]:
        def body() -> bytes:
            return msgspec.json.encode({"hashes": [{"value": rng.bytes(32).hex()} for _ in range(count)]})

        return tuple(body() for _ in range(_BODIES))

    return [
        Case("lookup, 1 hash", "/v1/lookup", lookups(1)),
        Case("lookup, 100 hashes", "/v1/lookup", lookups(100)),
        Case(f"screen, photo of {len(photo()) // 1000} kB", "/v1/screen", (photo(),)),
    ]


def script(case: Case, folder: Path) -> Path:
    """Write the lua script: the bodies from files, one after the other."""
    for number, body in enumerate(case.bodies):
        (folder / f"body-{number}").write_bytes(body)
    path = folder / "ask.lua"
    path.write_text(
        f"""
local bodies = {{}}
for n = 0, {len(case.bodies) - 1} do
  local file = io.open("{folder}/body-" .. n, "rb")
  bodies[n] = file:read("*a")
  file:close()
end
local turn = 0
wrk.method = "POST"
wrk.path = "{case.path}"
wrk.headers["Authorization"] = "Bearer {LOOKUP_KEY}"
function request()
  turn = (turn + 1) % {len(case.bodies)}
  return wrk.format(nil, nil, nil, bodies[turn])
end
function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("RESULT %d %d %f %f %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), failed))
end
"""
    )
    return path


def cpu_seconds(gate: RunningGate) -> float:
    """Add up what the gate's processes and their decoders have used."""
    ticks = 0
    for pid in gate.children().values():
        decoders = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for one in (pid, *decoders):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def drive(gate: RunningGate, case: Case, seconds: int) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "20s"]
        words += ["-s", str(script(case, Path(folder))), gate.url]
        subprocess.run([*words[:3], "-d1s", *words[4:]], check=True, capture_output=True)  # warm up
        before = cpu_seconds(gate)
        done = subprocess.run(words, check=True, capture_output=True, text=True)
        used = cpu_seconds(gate) - before
    found = re.search(r"RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+)", done.stdout)
    if found is None:
        raise SystemExit(done.stdout)
    requests, microseconds, p50, p99, failed = (float(one) for one in found.groups())
    cpu_ms = 1000 * used / max(1, requests)
    return Measured(requests / (microseconds / 1e6), p50 / 1000, p99 / 1000, int(failed), cpu_ms)


def configure(feed: Feed, address: str, folder: Path, workers: int) -> Path:
    tables = f'[policy]\nmode = "enforce"\n[limits]\ndecoders = {max(1, 2 // workers)}\n'
    return write_config(folder, feed, address, top=f"workers = {workers}", tables=tables, poll_s=5)


def fill(path: Path, size: int) -> None:
    """Put so many entries into gate.db, as pages of the feed would; say what that took."""
    config = read_config(path)
    began, rng = time.perf_counter(), np.random.default_rng(size)
    syncer = open_syncer(config)
    syncer.store.forget_cursor()
    with sqlite3.connect(config.database) as db:
        db.execute("UPDATE state SET cursor = 0")
    db.close()
    for start in range(0, size, PAGE):
        changes = [_add(rng.bytes(32), start + place) for place in range(min(PAGE, size - start))]
        syncer.store.apply(changes, Step(start, start + len(changes), Lease()))
    syncer.store.close()
    filled = time.perf_counter()
    syncer = open_syncer(config)
    syncer.publish("ok")
    syncer.store.close()
    published = time.perf_counter()
    disk, memory = config.database.stat().st_size, sum(file.stat().st_size for file in config.shared.glob("seg-*"))
    print(
        f"{size:,} entries: gate.db filled in {filled - began:.1f} s and {disk / size:.0f} bytes each; "
        f"segments rebuilt from it in {published - filled:.1f} s and {memory / size:.0f} bytes each",
        file=sys.stderr,
    )


def _add(value: bytes, number: int) -> Add:
    alias = f"{number:032x}"
    return Add(Entry(alias, alias, SignalType.PDQ, value, Kind.WHOLE, 100, None, "main", DAY, 1))


@contextmanager
def gate_with(path: Path, size: int) -> Iterator[RunningGate]:
    with running_gate(path, ready=False) as gate:
        while True:
            with httpx.Client(verify=NO_TLS) as client:
                health = client.get(f"{gate.url}/v1/health").json()
            if health["entries"] == size and health["sync"] == "ok":
                break
            time.sleep(0.5)
        yield gate


def worker_kilobytes(gate: RunningGate) -> int:
    """Memory of one HTTP worker's own, beside what it shares."""
    text = Path(f"/proc/{gate.children()['worker0']}/smaps_rollup").read_text()
    return sum(int(one) for one in re.findall(r"Private_(?:Clean|Dirty): +(\d+) kB", text))


def main() -> None:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing (Debian: apt-get install wrk)")
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    print(f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"wrk: 1 thread, {CONNECTIONS} connections, {seconds} s a case, on the same cores\n")
    print("| bank | workers | request | requests/s | p50 ms | p99 ms | CPU ms a request | failed |")
    print("|---|---|---|---|---|---|---|---|")
    for size in SIZES:
        # The feed is only asked for what comes after its end: its events need not be there.
        event = Event(seq=1, op="gone", alias="0" * 32, day=DAY, epoch=1)
        feed = Feed(events=[event] * size)
        with serve(feed) as address, tempfile.TemporaryDirectory() as folder:
            fill(configure(feed, address, Path(folder), 1), size)
            for workers in WORKERS:
                with gate_with(configure(feed, address, Path(folder), workers), size) as gate:
                    for case in cases():
                        got = drive(gate, case, seconds)
                        print(
                            f"| {size:,} | {workers} | {case.name} | {got.requests_a_second:,.0f} "
                            f"| {got.p50_ms:.1f} | {got.p99_ms:.1f} | {got.cpu_ms:.2f} | {got.failed} |",
                            flush=True,
                        )
                    own = worker_kilobytes(gate) / 1000
                    print(f"| {size:,} | {workers} | (memory of a worker's own: {own:.0f} MB) | | | | | |", flush=True)


if __name__ == "__main__":
    main()
