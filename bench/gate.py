"""A real gate under wrk, and at a fixed rate: requests a second, how long they take, what they cost.

Usage: .venv/bin/python bench/gate.py [--seconds 8] [--sizes 100000 1000000 10000000] [--workers 1 2] [--folder DIR]
                                      [--shared DIR] [--windows 30]

A gate.db is filled with uniform hashes; `notcontent gate serve` serves it with its own processes and shared memory, and
follows a feed on loopback; `wrk` (Debian's package) asks over 16 kept connections, each as soon as it has its answer:
those times are a queue's of 16. At a fixed rate (steady.py) times are those of a gate that has some air: first of one
that has just mapped its bank, asked for ever different hashes, then of one that has been asked for a while. Looked-up
hashes are uniform too: they match nothing, as nearly all uploads do. The photo is a drawn picture, saved as a JPEG of
some 200 kB. Both clients run on the same cores as the gate and take their share of them: the figures are a floor.
"waited" is how long the HTTP workers were ready to run and had no core, as a share of the time, and "stolen" how long
the host of a virtual machine kept a core for itself: where the one is more than a few percent, or the other more than
some pauses of a few milliseconds, the times tell of the machine and not of the gate.

With `--windows` the fixed rate is also kept for so many windows of three seconds, told apart by how quiet the machine
was in each, which a watcher says that knows nothing of the gate (hiccups.py; as root).

gate.db is filled by the store's own way for a hub's snapshot, in one transaction and sealed as always; only the hub's
file is left out. With `--folder` the banks stay there for the next run. `--shared` is the gate's `shared_dir`, say a
tmpfs that gives huge pages.
"""

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).parent.parent))

from feed_server import DAY, Feed, serve
from gate_process import LOOKUP_KEY, NO_TLS, RunningGate, running_gate, write_config

from bench.steady import ask_steadily
from bench.windows import measure_windows, print_windows
from notcontent.exchange.changes import Entry
from notcontent.exchange.wire import Event, Kind, Lease, SignalType, SnapshotEnd
from notcontent.gate.config import read_config
from notcontent.gate.syncer import open_syncer

SIZES = (100_000, 1_000_000, 10_000_000)
WORKERS = (1, 2)
CONNECTIONS = 16
RATE = 2_700
"""Lookups a second when times are measured at a fixed rate: 230 million a day and a little more."""
PHOTO_BYTES = 200_000
BATCH = 10_000
RESTING_S = 3.0
"""So long the syncer must have used next to nothing before a gate is measured."""
_BODIES = 64
"""Different lookups, asked in turn."""
_MANY_BODIES = 8_000
"""Likewise, where pages that were not met yet are to be met."""


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
    waited: float
    """For a core, all HTTP workers together, as a share of the time."""
    stolen_ms: float
    """By the host, from all cores together."""

    def row(self) -> str:
        times = f"{self.requests_a_second:,.0f} | {self.p50_ms:.1f} | {self.p99_ms:.1f}"
        return f"{times} | {self.cpu_ms:.3f} | {100 * self.waited:.0f}% | {self.stolen_ms:.0f} | {self.failed}"


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


def lookups(count: int, bodies: int, seed: int) -> tuple[bytes, ...]:
    """Make so many bodies of so many uniform hashes."""
    rng = np.random.default_rng(seed)

    def body() -> bytes:
        return msgspec.json.encode({"hashes": [{"value": rng.bytes(32).hex()} for _ in range(count)]})

    return tuple(body() for _ in range(bodies))


def cases() -> list[Case]:
    return [
        Case("lookup, 1 hash", "/v1/lookup", lookups(1, _BODIES, 7)),
        Case("lookup, 1,000 hashes", "/v1/lookup", lookups(1000, _BODIES, 8)),
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
    used = 0.0
    for pid in gate.children().values():
        decoders = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        used += cpu_seconds_of(pid) + sum(map(cpu_seconds_of, decoders))
    return used


def cpu_seconds_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def waited_seconds(gate: RunningGate) -> float:
    """Add up how long the HTTP workers' threads were ready to run and had no core."""
    names = (name for name in gate.children().items() if name[0].startswith("worker"))
    threads = (path for _, pid in names for path in Path(f"/proc/{pid}/task").iterdir())
    return sum(int((thread / "schedstat").read_text().split()[1]) for thread in threads) / 1e9


def stolen_ms() -> float:
    """Add up what the host kept for itself since this machine began."""
    every = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return 1000 * int(every[8]) / os.sysconf("SC_CLK_TCK")


def drive(gate: RunningGate, case: Case, seconds: int) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "20s"]
        words += ["-s", str(script(case, Path(folder))), gate.url]
        subprocess.run([*words[:3], "-d1s", *words[4:]], check=True, capture_output=True)  # warm up
        before, waited, stolen = cpu_seconds(gate), waited_seconds(gate), stolen_ms()
        done = subprocess.run(words, check=True, capture_output=True, text=True)
        used, waited = cpu_seconds(gate) - before, waited_seconds(gate) - waited
        stolen = stolen_ms() - stolen
    found = re.search(r"RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+)", done.stdout)
    if found is None:
        raise SystemExit(done.stdout)
    requests, microseconds, p50, p99, failed = (float(one) for one in found.groups())
    cpu_ms = 1000 * used / max(1, requests)
    took = microseconds / 1e6
    return Measured(requests / took, p50 / 1000, p99 / 1000, int(failed), cpu_ms, waited / took, stolen)


def drive_steadily(gate: RunningGate, case: Case, seconds: int) -> Measured:
    """Ask at the fixed rate."""
    head = f"POST {case.path} HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer {LOOKUP_KEY}\r\n"
    requests = [f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body for body in case.bodies]
    url = httpx.URL(gate.url)
    address = (url.host, url.port or 80)
    before, waited, stolen, began = cpu_seconds(gate), waited_seconds(gate), stolen_ms(), time.perf_counter()
    answered = ask_steadily(address, requests, RATE, seconds, CONNECTIONS)
    took, used = time.perf_counter() - began, cpu_seconds(gate) - before
    waited, stolen = waited_seconds(gate) - waited, stolen_ms() - stolen
    count = len(answered.times)
    p50, p99 = (1000 * answered.percentile(share) for share in (0.5, 0.99))
    return Measured(count / took, p50, p99, answered.failed, 1000 * used / count, waited / took, stolen)


def p99_ms(gate: RunningGate, seconds: int) -> float:
    """Ask ever different single lookups at the fixed rate."""
    return drive_steadily(gate, Case("lookup, 1 hash", "/v1/lookup", lookups(1, _MANY_BODIES, 10)), seconds).p99_ms


def configure(feed: Feed, address: str, folder: Path, workers: int, shared: Path | None) -> Path:
    tables = f'[policy]\nmode = "enforce"\n[limits]\ndecoders = {max(1, 2 // workers)}\n'
    top = f"workers = {workers}\n" + (f'shared_dir = "{shared}"\n' if shared else "")
    return write_config(folder, feed, address, top=top, tables=tables, poll_s=5)


@dataclass(frozen=True)
class Snapshot:
    """A hub's snapshot as the store reads it, without the hub: uniform hashes in batches."""

    size: int
    end: SnapshotEnd

    def __iter__(self) -> Iterator[list[Entry]]:
        """Make them batch by batch."""
        rng = np.random.default_rng(self.size)
        for start in range(0, self.size, BATCH):
            yield [entry(rng.bytes(32), start + place) for place in range(min(BATCH, self.size - start))]


def entry(value: bytes, number: int) -> Entry:
    alias = f"{number:032x}"
    return Entry(alias, SignalType.PDQ, value, Kind.WHOLE, 100, "main", DAY, 1)


def fill(path: Path, size: int) -> None:
    """Put so many entries into gate.db; say what that took, and what publishing them takes."""
    config = read_config(path)
    syncer = open_syncer(config)
    began = time.perf_counter()
    if syncer.store.cursor() is None:
        end = SnapshotEnd(1, "", "", "0" * 32, size, size, "0" * 64, Lease())
        snapshot: Any = Snapshot(size, end)
        syncer.store.replace(snapshot)
    filled = time.perf_counter()
    disk = config.database.stat().st_size
    syncer.publish("ok")
    syncer.store.close()
    published = time.perf_counter()
    memory = sum(file.stat().st_size for file in config.shared.glob("seg-*"))
    print(
        f"{size:,} entries: gate.db filled in {filled - began:.1f} s and {disk / size:.0f} bytes each; "
        f"segments made from it in {published - filled:.1f} s and {memory / size:.0f} bytes each",
        file=sys.stderr,
    )


@contextmanager
def gate_with(path: Path, size: int) -> Iterator[RunningGate]:
    with running_gate(path, ready=False) as gate:
        while True:
            with httpx.Client(verify=NO_TLS, timeout=60) as client:
                health = client.get(f"{gate.url}/v1/health").json()
            if health["entries"] == size and health["sync"] == "ok" and rests(gate):
                break
            time.sleep(0.5)
        yield gate


def rests(gate: RunningGate) -> bool:
    """Whether the syncer has nothing to do.

    After its start it makes the segments anew, half a minute for ten million entries, while the workers answer from
    those that it found.
    """
    pid = gate.children()["syncer"]
    before = cpu_seconds_of(pid)
    time.sleep(RESTING_S)
    return cpu_seconds_of(pid) - before < RESTING_S / 100


def worker_megabytes(gate: RunningGate) -> tuple[float, float]:
    """Memory of one HTTP worker: its own, and what it has met of the segments that all workers share."""
    own = shared = 0
    name = ""
    for line in Path(f"/proc/{gate.children()['worker0']}/smaps").read_text().splitlines():
        first, *rest = line.split()
        if not first.endswith(":"):
            name = rest[4] if len(rest) > 4 else ""
        elif name.startswith(str(gate.config.shared)):
            shared += int(rest[0]) if first == "Rss:" else 0
        elif first in {"Private_Clean:", "Private_Dirty:"}:
            own += int(rest[0])
    return own / 1000, shared / 1000


def measure(gate: RunningGate, label: str, seconds: int, chosen: Sequence[Case]) -> None:
    new = Case("lookup, 1 hash", "/v1/lookup", lookups(1, _MANY_BODIES, 9))
    row = drive_steadily(gate, new, seconds).row()
    print(f"| {label} | {new.name}, at {RATE:,} a second, new map | {row} |", flush=True)
    for case in chosen:
        print(f"| {label} | {case.name} | {drive(gate, case, seconds).row()} |", flush=True)
        if case.name == new.name:
            steady = drive_steadily(gate, case, seconds)
            print(f"| {label} | {case.name}, at {RATE:,} a second | {steady.row()} |", flush=True)
    own, shared = worker_megabytes(gate)
    memory = f"(memory of a worker's own: {own:.0f} MB, met of what is shared: {shared:.0f} MB)"
    print(f"| {label} | {memory} | | | | | | | |")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--workers", type=int, nargs="+", default=WORKERS)
    parser.add_argument("--cases", type=int, nargs="+", default=range(3), help="of the cases, by place")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--shared", type=Path)
    parser.add_argument("--windows", type=int, default=0)
    given = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing (Debian: apt-get install wrk)")
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    print(f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"wrk: 1 thread, {CONNECTIONS} connections, {given.seconds} s a case, on the same cores\n")
    print("| bank | workers | request | requests/s | p50 ms | p99 ms | CPU ms each | waited | stolen ms | failed |")
    print("|---" * 10 + "|")
    chosen = [cases()[place] for place in given.cases]
    for size in given.sizes:
        # The feed is only asked for what comes after its end: its events need not be there.
        event = Event(seq=1, op="gone", alias="0" * 32, day=DAY, epoch=1)
        feed = Feed(events=[event] * size)
        with serve(feed) as address, tempfile.TemporaryDirectory() as passing:
            folder = Path(passing) if given.folder is None else given.folder / str(size)
            folder.mkdir(parents=True, exist_ok=True)
            fill(configure(feed, address, folder, 1, given.shared), size)
            for workers in given.workers:
                with gate_with(configure(feed, address, folder, workers, given.shared), size) as gate:
                    measure(gate, f"{size:,} | {workers}", given.seconds, chosen)
                    if given.windows:
                        print_windows(measure_windows(given.windows, partial(p99_ms, gate)))


if __name__ == "__main__":
    main()
