"""A whole gate, as its processes: what it survives, what it goes on with, and how it ends."""

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from feed_server import Feed, serve
from gate_process import NO_TLS, RunningGate, running_gate, wait_until, write_config
from picture_files import drawn, saved
from typer.testing import CliRunner

from notcontent.cli.gate import app as verbs
from notcontent.errors import GateUnreachableError, KeyRefusedError
from notcontent.gate.door import Ask
from notcontent.gate.entries import EntryReader
from notcontent.gate.http import make_gate
from notcontent.gate.lease import SystemClock
from notcontent.gate.manifest import LARGE_ROWS, MANIFEST_FILE, read_manifest
from notcontent.gate.snapshot import SnapshotHolder
from notcontent.signals import hash_image

PICTURE = saved(drawn(1, 640, 480), "JPEG", quality=92)
ENFORCE = '[policy]\nmode = "enforce"\n[limits]\ndecoders = 1\n'


@contextlib.contextmanager
def gate_over(feed: Feed, folder: Path, *, top: str = "", tables: str = ENFORCE) -> Iterator[RunningGate]:
    with serve(feed) as address, running_gate(write_config(folder, feed, address, top=top, tables=tables)) as gate:
        yield gate


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


def test_a_withdrawal_stops_matching_and_a_dead_hub_changes_nothing(tmp_path: Path) -> None:
    feed = Feed()
    kept, gone = os.urandom(32), os.urandom(32)
    feed.add(kept)
    alias = feed.add(gone)
    with contextlib.ExitStack() as hub:
        address = hub.enter_context(serve(feed))
        with running_gate(write_config(tmp_path, feed, address, tables=ENFORCE)) as gate:
            assert gate.action(gone) == "block"
            feed.withdraw(alias)
            polls = len(feed.requests)
            wait_until(lambda: len(feed.requests) >= polls + 2, "two polls")  # the first has been applied
            assert (gate.action(gone), gate.action(kept)) == ("allow", "block")
            hub.close()  # the hub is down
            wait_until(lambda: gate.health()["sync"] == "hub_unreachable", "a failed poll")
            age = gate.health()["age_s"]
            assert gate.action(kept) == "block"
            assert gate.health()["status"] == "ok"
            wait_until(lambda: gate.health()["age_s"] != age, "an age that grows")
            text = gate.staff.get("/metrics").text
            assert re.search(r"^notcontent_gate_age_seconds [0-9.]+$", text, re.MULTILINE)
            assert 'syncs_total{code="hub_unreachable"}' in text
            with serve(feed, port_of(address)):
                later = os.urandom(32)
                feed.add(later)
                wait_until(lambda: gate.action(later) == "block", "the hub's return")
                assert gate.health()["sync"] == "ok"


def test_it_ends_in_order_on_sigterm_and_begins_again_where_it_was(tmp_path: Path) -> None:
    feed, value = Feed(), os.urandom(32)
    feed.add(value)
    with serve(feed) as address:
        path = write_config(tmp_path, feed, address, tables=ENFORCE)
        with running_gate(path) as gate:
            children = gate.children()
            assert set(children) == {"syncer", "worker0"}
            # A request whose body is still coming when the signal arrives is finished.
            begun, go_on = threading.Event(), threading.Event()

            def body() -> Iterator[bytes]:
                yield b'{"hashes": [{"value": "'
                begun.set()
                assert go_on.wait(30)
                yield f'{value.hex()}"}}]}}'.encode()

            answers: list[httpx.Response] = []
            asking = threading.Thread(
                target=lambda: answers.append(gate.staff.post("/v1/lookup", content=body())), daemon=True
            )
            asking.start()
            assert begun.wait(30)
            gate.process.send_signal(signal.SIGTERM)
            wait_until(lambda: "gate_stopping" in gate.log, "the gate to notice")
            go_on.set()
            asking.join(30)
            assert answers[0].json()["results"][0]["action"] == "block"
            assert gate.process.wait(30) == 0
            assert not [pid for pid in children.values() if Path(f"/proc/{pid}").exists()]
            assert not gate.config.shared.exists()  # no value stays in memory
        feed.status = [500] * 1000  # the bank is there without the hub
        with running_gate(path) as gate:
            assert gate.action(value) == "block"


def test_a_second_gate_is_refused_and_children_end_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    with gate_over(Feed(), tmp_path) as gate:
        words = [sys.executable, "-m", "notcontent", "gate", "serve", "--config", str(gate.folder / "gate.toml")]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 4
        assert "Another gate" in done.stderr
        children = gate.children()
        gate.process.kill()
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children.values()), "the children's end")


def test_killing_processes_in_the_middle_of_swaps_loses_nothing(tmp_path: Path) -> None:
    feed = Feed()
    alive = {feed.add(value): value for value in (os.urandom(32) for _ in range(50))}
    with gate_over(feed, tmp_path, top="workers = 2") as gate:
        for turn in range(4):
            gone = list(alive)[::10]
            dead = [alive.pop(alias) for alias in gone]
            for alias in gone:
                feed.withdraw(alias)
            alive |= {feed.add(value): value for value in (os.urandom(32) for _ in range(20))}
            children = gate.children()
            victims = (
                [children.get("syncer"), children.get(f"worker{turn % 2}")] if turn % 3 else [children.get("syncer")]
            )
            for victim in filter(None, victims):
                os.kill(victim, signal.SIGKILL)
            expected = len(alive)
            wait_until(lambda count=expected: _entries(gate) == count, "the syncer's return")  # type: ignore[misc]
            for value in dead:
                assert _action(gate, value) == "allow"
        for value in alive.values():
            assert _action(gate, value) == "block"
        named = re.findall(r"seg-[0-9]+-[0-9a-f]+\.bin", (gate.config.shared / MANIFEST_FILE).read_text())
        assert {path.name for path in gate.config.shared.glob("*seg-*")} == set(named)
        assert gate.log.count('"process_ended"') >= 5


def _entries(gate: RunningGate) -> object:
    try:
        return gate.health()["entries"]
    except httpx.TransportError:
        return None  # asked a worker that was just killed


def _action(gate: RunningGate, value: bytes) -> str:
    # A fresh connection each time: kept ones may belong to a worker that was killed.
    body = {"hashes": [{"value": value.hex()}]}
    while True:
        with contextlib.suppress(httpx.TransportError):
            answer = httpx.post(
                f"{gate.url}/v1/lookup", json=body, headers=dict(gate.staff.headers), timeout=30, verify=NO_TLS
            )
            assert answer.status_code == 200
            return str(answer.json()["results"][0]["action"])


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningGate, Feed]]:
    feed = Feed()
    for _ in range(300):
        feed.add(os.urandom(32))
    with gate_over(feed, tmp_path_factory.mktemp("busy"), top="workers = 2") as gate:
        yield gate, feed


def test_its_processes_keep_numpy_to_one_thread(busy: tuple[RunningGate, Feed]) -> None:
    # A second one would wait busily between the small matrices of an upload, at several times the work's own price.
    children = busy[0].children()
    assert set(children) == {"syncer", "worker0", "worker1"}
    for pid in children.values():
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        assert {b"OPENBLAS_NUM_THREADS=1", b"OMP_NUM_THREADS=1", b"MKL_NUM_THREADS=1"} <= set(environment)


def test_swaps_under_load_fail_no_request_and_show_no_half(busy: tuple[RunningGate, Feed]) -> None:
    gate, feed = busy
    always = os.urandom(32)
    before = _generation(gate)
    feed.add(always)
    wait_until(lambda: _generation(gate) > before, "the entry that always stays")
    wait_until(lambda: _all_swapped(gate), "both workers to have it")
    stop, failures, asked = threading.Event(), [], [0, 0]
    body = {"hashes": [{"value": always.hex()}, {"value": os.urandom(32).hex()}]}

    def ask(place: int) -> None:
        with httpx.Client(base_url=gate.url, headers=dict(gate.staff.headers), timeout=30, verify=NO_TLS) as client:
            while not stop.is_set():
                answer = client.post("/v1/lookup", json=body)
                asked[place] += 1
                actions = [one["action"] for one in answer.json()["results"]] if answer.status_code == 200 else []
                if actions != ["block", "allow"]:
                    failures.append(answer.text)

    threads = [threading.Thread(target=ask, args=(place,), daemon=True) for place in range(2)]
    for thread in threads:
        thread.start()
    before = _generation(gate)
    for _ in range(12):
        generation = _generation(gate)
        feed.withdraw(feed.add(os.urandom(32)))
        feed.add(os.urandom(32))
        wait_until(lambda seen=generation: _generation(gate) > seen, "a swap")  # type: ignore[misc]
    stop.set()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert min(asked) > 20
    assert _generation(gate) - before >= 12
    wait_until(lambda: _entries(gate) == 313, "the last swap in the worker that answers")


def _all_swapped(gate: RunningGate) -> bool:
    """Whether every worker answers from the manifest's generation: whichever takes a new connection."""
    newest = _generation(gate)
    return all(gate.health()["generation"] == newest for _ in range(20))


def _generation(gate: RunningGate) -> int:
    # From the file and not from /v1/health: of two workers one may be a moment behind the other.
    manifest = read_manifest(gate.config.shared, SystemClock().boot_id())
    assert manifest is not None
    return manifest.generation


def test_metrics_are_the_sum_over_all_workers_and_survive_one(busy: tuple[RunningGate, Feed]) -> None:
    gate, _ = busy

    def counted() -> int:
        text = gate.staff.get("/metrics").text
        found = re.search(r'^notcontent_gate_requests_total\{caller="upload"\} ([0-9.]+)$', text, re.MULTILINE)
        assert found is not None
        return int(float(found[1]))

    before = counted()
    for _ in range(20):  # fresh connections, so that both workers get some
        headers = dict(gate.upload.headers)
        httpx.post(f"{gate.url}/v1/lookup", json={"hashes": [{"value": "00" * 32}]}, headers=headers, verify=NO_TLS)
    assert [counted() for _ in range(4)] == [before + 20] * 4
    os.kill(gate.children()["worker0"], signal.SIGKILL)
    wait_until(lambda: gate.log.count('"worker_ready"') >= 3, "the worker's return")
    assert counted() == before + 20


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGate]:
    """A gate in dry run, whose bank is one large segment with a picture in it."""
    feed = Feed()
    feed.add(hash_image(PICTURE).value)
    for _ in range(LARGE_ROWS):
        feed.add(os.urandom(32))
    folder = tmp_path_factory.mktemp("large")
    with gate_over(feed, folder, top="workers = 2", tables="[limits]\ndecoders = 1\n") as gate:
        wait_until(lambda: _all_swapped(gate), "both workers to have it")
        yield gate


def test_a_large_segment_is_shared_and_not_copied_by_each_worker(large: RunningGate) -> None:
    workers = [pid for name, pid in large.children().items() if name.startswith("worker")]
    assert len(workers) == 2
    for pid in workers:
        assert str(large.config.shared / "seg-") in Path(f"/proc/{pid}/maps").read_text()
        assert _met(pid, str(large.config.shared / "seg-"))  # before any request asked for it


def _met(pid: int, name: str) -> bool:
    """Whether some map of this file has all its pages."""
    lines = Path(f"/proc/{pid}/smaps").read_text().splitlines()
    for place, line in enumerate(lines):
        if name in line:
            sizes = {key: value.split()[0] for key, _, value in (one.partition(":") for one in lines[place + 1 :][:8])}
            if sizes["Size"] == sizes["Rss"]:
                return True
    return False


def test_status_shows_how_the_gate_stands(busy: tuple[RunningGate, Feed], tmp_path: Path) -> None:
    gate, _ = busy
    text = (gate.folder / "gate.toml").read_text().replace('"127.0.0.1:0"', f'"127.0.0.1:{port_of(gate.url)}"')
    path = tmp_path / "gate.toml"
    path.write_text(text)
    words = ["status", "--config", str(path)]
    shown = CliRunner().invoke(verbs, [*words, "--json"])
    assert shown.exit_code == 0
    assert json.loads(shown.stdout)["sync"] == "ok"
    assert 0 < json.loads(shown.stdout)["hold_in_s"] <= json.loads(shown.stdout)["shred_in_s"]
    told = CliRunner().invoke(verbs, words).stdout
    assert re.search(
        r"^lease +live\n +if the hub is silent: in (6 days 23 hours|7 days) it only holds;$", told, re.MULTILINE
    )
    assert re.search(r"^ +in (29 days 23 hours|30 days) it deletes its bank and answers nothing$", told, re.MULTILINE)
    times = r"(\d+ (day|hour|minute|second)s? ?){1,2}"
    assert re.search(rf"^age +{times}\n(.*\n)+hold in +{times}\nshred in +{times}$", told, re.MULTILINE)
    assert not re.search(r"_s\b", told)
    path.write_text(text.replace(f":{port_of(gate.url)}", ":1"))
    assert isinstance(CliRunner().invoke(verbs, words).exception, GateUnreachableError)


def test_another_machine_hears_neither_metrics_nor_how_long_the_gate_outlives_its_hub(
    busy: tuple[RunningGate, Feed],
) -> None:
    config = busy[0].config
    holder = SnapshotHolder(config.shared, SystemClock(), EntryReader(config.database))
    holder.refresh()
    unused: Any = None  # neither decoders nor counters are asked
    gate = make_gate(config, holder, unused, unused, unused)

    def health(client: str) -> dict[str, object]:
        found: dict[str, object] = json.loads(asyncio.run(gate.health(asking(client))).body)
        return found

    def asking(client: str) -> Ask:
        return Ask({"headers": [], "client": (client, 5000)}, unused)

    near, far = health("127.0.0.1"), health("192.0.2.7")
    assert isinstance(near["hold_in_s"], float)
    assert (far["hold_in_s"], far["shred_in_s"]) == (None, None)
    assert near.keys() == far.keys()
    assert far["lease"] == "live"
    with pytest.raises(KeyRefusedError):
        asyncio.run(gate.metrics(asking("192.0.2.7")))


def test_in_dry_run_an_upload_caller_is_not_told_what_enforcing_would_do(large: RunningGate) -> None:
    callers = (large.upload, large.lookup, large.staff)
    shown = [client.post("/v1/screen", content=PICTURE).json() for client in callers]
    assert [one["action"] for one in shown] == ["allow"] * 3
    assert [one["advice"] for one in shown] == ["allow", "block", "block"]
    assert [one["reason"] for one in shown] == ["no_match", "within_block_radius", "within_block_radius"]
    assert [bool(one["matches"]) for one in shown] == [False, False, True]
