"""A hub as it runs: supervised, restarted, stopped; and what it leaves in its tables and its log.

Real processes: `notcontent hub serve`, gunicorn, the tick, and the feed's own client over HTTP.
"""

import json
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hub_process import Hub, running_hub

from notcontent.errors import KeyRefusedError
from notcontent.exchange.client import FeedClient, Retry
from notcontent.exchange.pages import Expected

AGENT = "CanaryAgent/4711"
ADDRESS = "127.0.0.77"
FORWARDED = "203.0.113.77"
HASH_SEED = 4711
OPEN = f"""
import json, secrets
from hub_stage import item
from notcontent.hub import flows
case = flows.open_case(flows.Opening(
    True, flows.Claim.REAL, ("alpha",), (item({HASH_SEED}), item(1), item(2)), secrets.token_bytes(16)))
stopped = flows.withdraw(case.case_id, [2])
print(json.dumps([case.code, stopped.take_back_code, str(case.case_id), item({HASH_SEED}).value.hex()]))
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub"), epoch_s=1) as running:
        running.run("create-member", "alpha", "--title", "Alpha")
        yield running


@pytest.fixture(scope="module")
def key(hub: Hub) -> dict[str, object]:
    return hub.run("create-key", "alpha", "--label", "gate")


@pytest.fixture(scope="module")
def expected(hub: Hub) -> Expected:
    info = httpx.get(f"{hub.url}/v1/hub").json()
    return Expected(Ed25519PublicKey.from_public_bytes(bytes.fromhex(info["public_key"])), info["origin"], "alpha")


def until(true: Callable[[], bool]) -> None:
    """Wait for something that must come; the test's own time limit ends a wait in vain."""
    while not true():
        time.sleep(0.05)


def test_a_story_leaves_no_canary_in_any_table_file_or_log(
    hub: Hub, key: dict[str, object], expected: Expected
) -> None:
    code, take_back, case_id, value = json.loads(hub.python(OPEN))
    secret = str(key["key"])
    until(lambda: "tick published=2" in hub.log)
    transport = httpx.HTTPTransport(local_address=ADDRESS)
    headers = {"User-Agent": AGENT, "X-Forwarded-For": FORWARDED, "X-Real-IP": FORWARDED, "Origin": hub.url}
    with httpx.Client(base_url=hub.url, headers=headers, transport=transport) as person:
        for path in ("/", "/case/", "/help/", "/desk/", "/static/no-such", "/v1/feed", f"/no-such/{code.split()[0]}"):
            assert person.get(path).status_code < 500
        entered = person.post("/case/", data={"action": "enter", "code": code})
        assert entered.status_code < 500
        person.post("/case/", data={"action": "enter", "code": "abandon " * 8})
        person.post("/desk/login/", data={"login": "mara", "password": "canary-password-4711"})
        person.get("/v1/feed?after=0&nonce=" + "0" * 32, headers={"Authorization": f"Bearer {secret}"})
        person.get("/v1/feed?after=0&nonce=" + "0" * 32, headers={"Authorization": f"Bearer {secret[:-1]}x"})
    with FeedClient(hub.url, secret, expected) as member:
        events = member.page(0).events
        assert value in [event.value for event in events]
        with member.snapshot() as snapshot:
            assert sum(len(batch) for batch in snapshot) == 2

    canaries = {
        "address": ADDRESS,
        "forwarded address": FORWARDED,
        "agent": AGENT,
        "agent, in part": "CanaryAgent",
        "case code": code,
        "case code, joined": code.replace(" ", "-"),
        "take-back code": take_back,
        "hash": value,
        "key secret": secret.rsplit("_", 1)[1],
        "password": "canary-password-4711",
    }
    files = [path for path in hub.folder.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"hub.sqlite3", "hub.log"}
    for file in files:
        raw = file.read_bytes().lower()
        for name, canary in canaries.items():
            assert canary.lower().encode() not in raw, f"{name} in {file.name}"
        assert bytes.fromhex(value) not in file.read_bytes(), f"raw hash in {file.name}"
    rows = dump(hub.folder / "data" / "hub.sqlite3")
    assert "alpha" in rows
    for name, canary in canaries.items():
        assert canary.lower() not in rows, f"{name} in a table"
    assert value[:16] not in rows, "half a hash in a table"
    assert case_id.replace("-", "") not in hub.log.replace("-", "")


def dump(database: Path) -> str:
    """Give every cell of every table as text; bytes as hexadecimal digits."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as reader:
        tables = [row[0] for row in reader.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert len(tables) > 12
        cells = [cell for table in tables for row in reader.execute(f'SELECT * FROM "{table}"') for cell in row]  # noqa: S608
    return "\n".join(cell.hex() if isinstance(cell, bytes) else str(cell) for cell in cells).lower()


def test_days_are_kept_of_cases_and_never_times(hub: Hub) -> None:
    with sqlite3.connect(f"file:{hub.folder / 'data' / 'hub.sqlite3'}?mode=ro", uri=True) as reader:
        tables = [row[0] for row in reader.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        ours = [name for name in tables if name.split("_")[0] in {"cases", "bank", "feed", "audit"}]
        assert len(ours) >= 10
        for name in ours:
            kinds = {row[1]: row[2] for row in reader.execute(f'PRAGMA table_info("{name}")')}
            assert not {column for column, kind in kinds.items() if "time" in kind.lower()}, name


def test_secret_files_are_their_owners_alone(hub: Hub) -> None:
    for path in (hub.folder / "data").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_a_revoked_key_is_refused_while_the_hub_runs(hub: Hub, key: dict[str, object], expected: Expected) -> None:
    with FeedClient(hub.url, str(key["key"]), expected, retry=Retry(tries=1)) as member:
        assert member.page(0).v == 1
        hub.run("revoke-key", str(key["key_id"]))
        with pytest.raises(KeyRefusedError):
            member.page(0)


def test_a_second_hub_at_the_same_address_is_refused_at_once(hub: Hub) -> None:
    done = hub.call("serve")
    assert (done.returncode, "running there already" in done.stderr) == (4, True)


def test_the_shell_refuses_with_the_documented_exit_codes(hub: Hub, tmp_path: Path) -> None:
    taken = hub.call("create-member", "alpha", "--title", "Again", "--json")
    assert (taken.returncode, json.loads(taken.stdout)["error"]) == (2, "member_name")
    assert hub.call("create-key", "alpha", "--scope", "everything").returncode == 2
    nowhere = Hub(tmp_path, hub.url, hub.port).call("tick", "--json")
    assert (nowhere.returncode, json.loads(nowhere.stdout)["error"]) == (4, "config")


def test_children_that_are_killed_come_back(hub: Hub) -> None:
    before = hub.children()
    assert len(before) == 2
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    until(lambda: len(hub.children()) == 2 and not set(hub.children()) & set(before))
    hub.wait()
    assert hub.log.count("child_ended exit_code=-9") == 2


def test_a_graceful_stop_leaves_a_whole_database_and_audit_chain(hub: Hub) -> None:
    assert hub.stop() == 0
    assert hub.log.rstrip().endswith("hub_stopped")
    assert "Traceback" not in hub.log
    with sqlite3.connect(hub.folder / "data" / "hub.sqlite3") as reader:
        assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert hub.run("verify-audit")["whole"] is True


def test_the_supervisors_death_ends_its_children(hub: Hub) -> None:
    hub.start()
    assert hub.process is not None
    children = hub.children()
    hub.process.kill()
    hub.process.wait()
    hub.process = None
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))


def test_serving_without_migrating_is_refused_and_says_what_to_do(tmp_path: Path) -> None:
    hub = Hub(tmp_path, "http://127.0.0.1:1", 1)
    hub.config.write_text('origin = "hub.test"\ndata_dir = "data"\n', encoding="utf-8")
    done = hub.call("serve")
    assert (done.returncode, "hub migrate" in done.stderr) == (4, True)
