"""What must never be written down, is not: canaries are sent through a whole gate and looked for everywhere."""

import io
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from feed_server import Feed, serve
from gate_process import NO_TLS, STAFF_KEY, UPLOAD_KEY, RunningGate, running_gate, wait_until, write_config
from picture_files import drawn, saved

from notcontent.gate import log
from notcontent.gate.config import read_config
from notcontent.gate.log import LogEvent
from notcontent.signals import hash_image

AGENT = "canary-agent/7.7"
PATH = "/v1/canary-path-4411"
PICTURE = saved(drawn(1, 320, 240), "JPEG", comment=b"canary-in-the-file")
LOOKED_UP = os.urandom(32)
ADDRESS = "127.0.0.99"


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningGate, Feed, str]]:
    feed = Feed(key="ncm_ca0a0000_" + "canary_member_key".ljust(43, "x"))
    alias = feed.add(hash_image(PICTURE).value)
    tables = '[policy]\nmode = "enforce"\n[limits]\ndecoders = 1\n'
    folder = tmp_path_factory.mktemp("privacy")
    with serve(feed) as address, running_gate(write_config(folder, feed, address, tables=tables)) as gate:
        headers = {"User-Agent": AGENT, "Authorization": f"Bearer {STAFF_KEY}", "X-Forwarded-For": "203.0.113.7"}
        transport = httpx.HTTPTransport(local_address=ADDRESS, verify=NO_TLS)
        with httpx.Client(base_url=gate.url, timeout=30, headers=headers, transport=transport) as client:
            assert client.post("/v1/screen", content=PICTURE).json()["action"] == "block"
            body = {"hashes": [{"value": LOOKED_UP.hex()}, {"value": hash_image(PICTURE).value.hex()}]}
            assert client.post("/v1/lookup", json=body).status_code == 200
            for path, content in (
                ("/v1/screen", b"bad"),
                ("/v1/lookup", b'{"hashes":[{"value":"canary"}]}'),
                (PATH, b"x"),
            ):
                assert client.post(path + "?token=canary-query", content=content).status_code >= 400
        httpx.post(gate.url + "/v1/screen", headers={"Authorization": "Bearer wrong-canary"}, verify=NO_TLS)
        feed.withdraw(alias)
        again = feed.add(hash_image(PICTURE).value)
        wait_until(lambda: gate.health()["cursor"] == 3, "the withdrawal")
        yield gate, feed, again


def canaries() -> dict[str, bytes]:
    found = {
        "staff key": STAFF_KEY.encode(),
        "upload key": UPLOAD_KEY.encode(),
        "wrong key": b"wrong-canary",
        "agent": AGENT.encode(),
        "path": PATH.encode(),
        "query": b"canary-query",
        "address": ADDRESS.encode(),
        "forwarded": b"203.0.113.7",
        "picture": b"canary-in-the-file",
        "looked up": LOOKED_UP,
        "looked up, hex": LOOKED_UP.hex().encode(),
    }
    return {**found, "lookup": b'"canary"'}


def every_file(gate: RunningGate) -> dict[str, bytes]:
    folders = (Path(gate.config.data_dir), gate.config.shared)
    files = {path.name: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}
    return {**files, "gate.log": gate.log.encode(), "metrics": gate.staff.get("/metrics").content}


def test_no_file_log_or_counter_holds_anything_of_a_request_or_a_caller(story: tuple[RunningGate, Feed, str]) -> None:
    gate, _, _ = story
    files = every_file(gate)
    assert {"gate.db", "gate.log", "metrics", "manifest.json", "tombstones.bin"} <= set(files)
    for name, content in files.items():
        for what, canary in canaries().items():
            assert canary not in content, f"{what} in {name}"


def test_banked_values_lie_in_shared_memory_and_nowhere_else_in_the_clear(story: tuple[RunningGate, Feed, str]) -> None:
    gate, feed, alias = story
    value = hash_image(PICTURE).value
    for name, content in every_file(gate).items():
        assert value.hex().encode() not in content, name
        assert feed.key.encode() not in content, name
        if not name.startswith("seg-"):
            assert value not in content, name
    assert alias not in gate.log
    # The rows are interleaved by words in a segment, so the search above is for the other files; here they are.
    assert [name for name in every_file(gate) if name.startswith("seg-")]


def test_every_log_line_is_an_event_with_counts(story: tuple[RunningGate, Feed, str]) -> None:
    gate, _, _ = story
    events = {event.value for event in LogEvent}
    lines = [json.loads(line) for line in gate.log.splitlines()]
    assert len(lines) > 4
    for line in lines:
        assert line.pop("event") in events
        assert line.pop("t")[:2] == "20"
        assert re.fullmatch("[A-Za-z_]*", line.pop("code", ""))
        assert all(isinstance(count, int | float) for count in line.values())


def test_files_and_folders_are_the_gates_own(story: tuple[RunningGate, Feed, str]) -> None:
    gate, _, _ = story
    for folder in (Path(gate.config.data_dir), gate.config.shared):
        assert folder.stat().st_mode & 0o777 == 0o700
        for path in folder.rglob("*"):
            assert path.stat().st_mode & 0o077 == 0, path.name


def test_a_log_line_takes_no_hash_even_when_it_is_handed_one(capsys: pytest.CaptureFixture[str]) -> None:
    value = "0f" * 32
    log.write(LogEvent.SERVER, code=value, count=value)  # type: ignore[arg-type]
    log.write(LogEvent.SERVER, code=f"at {value}", count=3)
    try:
        int(value + "x")
    except ValueError as error:
        log.write_internal(error)
    written = capsys.readouterr().err
    assert value not in written
    assert [json.loads(line)["event"] for line in written.splitlines()] == ["server", "server", "internal_error"]
    assert json.loads(written.splitlines()[2])["code"].startswith("ValueError")


def test_nothing_of_a_configuration_is_shown_by_its_repr(tmp_path: Path) -> None:
    config = read_config(write_config(tmp_path, Feed(), "http://127.0.0.1:1"))
    sink = io.StringIO()
    print(config, config.callers, file=sink)
    assert all(caller.key_sha256 not in sink.getvalue() for caller in config.callers)
