"""`notcontent gate`: keys shown once, configurations tried before they are served, a snapshot asked for."""

import json
import os
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from feed_server import MEMBER, Feed, serve
from gate_process import write_config
from typer.testing import CliRunner

from notcontent.cli.gate import app, lease_words
from notcontent.errors import ConfigError, StorageError
from notcontent.exchange.wire import HealthAnswer
from notcontent.gate.callers import Callers
from notcontent.gate.config import read_config
from notcontent.gate.syncer import open_syncer


def answer(*words: str) -> dict[str, object]:
    done = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    made: dict[str, object] = json.loads(done.stdout)
    return made


def test_a_new_key_fits_the_stanza_that_comes_with_it(tmp_path: Path) -> None:
    made = answer("new-key", "--name", "moderation", "--role", "staff")
    path = write_config(tmp_path, Feed(), "http://127.0.0.1:1", top='shared_dir = "shared"')
    path.write_text(path.read_text() + str(made["toml"]))
    known = Callers(read_config(path).callers).identify(f"Bearer {made['key']}")
    assert known.caller.name == "moderation"
    assert str(made["key"]) not in path.read_text()
    shown = CliRunner().invoke(app, ["new-key", "--name", "moderation", "--role", "staff"]).stdout
    assert "shown once" in shown
    assert str(made["key"]) not in shown


@pytest.mark.parametrize(("name", "role"), [("Not Good", "staff"), ("good", "root"), ("", "upload")])
def test_a_wrong_name_or_role_is_a_usage_error(name: str, role: str) -> None:
    assert CliRunner().invoke(app, ["new-key", "--name", name, "--role", role]).exit_code == 2


def test_check_tells_what_is_good_and_raises_what_is_not(tmp_path: Path) -> None:
    path = write_config(tmp_path, Feed(), "http://127.0.0.1:1", top='shared_dir = "shared"')
    good = answer("check", "--config", str(path))
    assert (good["ok"], good["cursor"], good["callers"]) == (True, None, ["staff", "upload", "lookup"])
    shown = CliRunner().invoke(app, ["check", "--config", str(path)]).stdout
    assert "good" in shown
    assert re.search(r"^ +1,000,000 +31 / 31 .* 11\.\d+$", shown, re.MULTILINE)
    assert max(map(len, shown.splitlines())) <= 80
    sizes = {one["entries"]: one for one in good["radii"]}  # type: ignore[attr-defined]
    assert set(sizes[1000]["block_radii"]) == {"whole", "turn", "quad", "trim", "tile", "pattern"}
    assert sizes[1_000_000]["block_radii"]["tile"] < sizes[1000]["block_radii"]["tile"] == 31
    assert sizes[1000]["evidence"] < sizes[1_000_000]["evidence"]
    path.write_text(path.read_text() + "[estimates]\nbudget = 0\n")
    assert {one["evidence"] for one in answer("check", "--config", str(path))["radii"]} == {None}  # type: ignore[attr-defined]
    (tmp_path / "member.key").chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        CliRunner().invoke(app, ["check", "--config", str(path)], catch_exceptions=False)


def everything_in(folder: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.rglob("*")}


def test_check_makes_nothing_and_changes_nothing(tmp_path: Path) -> None:
    feed = Feed()
    feed.add(os.urandom(32))
    with serve(feed) as address:
        path = write_config(tmp_path, feed, address, top='shared_dir = "shared"')
        before = everything_in(tmp_path)
        assert answer("check", "--config", str(path))["cursor"] is None
        assert everything_in(tmp_path) == before
        syncer = open_syncer(read_config(path))
        assert syncer.poll() == "ok"
        before = everything_in(tmp_path)
        assert answer("check", "--config", str(path))["cursor"] == 1, "beside a writer"
        assert everything_in(tmp_path).keys() == before.keys()
        syncer.close_connection()
        syncer.store.close()
    before = everything_in(tmp_path)
    assert answer("check", "--config", str(path))["cursor"] == 1
    assert everything_in(tmp_path) == before


@pytest.mark.parametrize(
    "how", ["another member", "another version", "no database", "open key", "open folder", "file", "no key"]
)
def test_check_says_what_would_stop_a_gate(tmp_path: Path, how: str) -> None:
    path = write_config(tmp_path, Feed(), "http://127.0.0.1:1", top='shared_dir = "shared"')
    syncer = open_syncer(read_config(path))
    syncer.store.close()
    database, key = tmp_path / "data" / "gate.db", tmp_path / "data" / "gate.key"
    match how:
        case "another member":
            path.write_text(path.read_text().replace(f'member = "{MEMBER}"', 'member = "somebody-else"'))
        case "another version":
            with closing(sqlite3.connect(database)) as db:
                db.execute("PRAGMA user_version = 99")
        case "no database":
            database.write_bytes(b"not a database at all")
        case "no key":
            (tmp_path / "member.key").write_text("any text")
        case "open key":
            key.chmod(0o644)
        case "open folder":
            (tmp_path / "data").chmod(0o755)
        case "file":
            shutil.rmtree(tmp_path / "shared")
            (tmp_path / "shared").touch()
    with pytest.raises((ConfigError, StorageError)):
        CliRunner().invoke(app, ["check", "--config", str(path)], catch_exceptions=False)


@pytest.mark.parametrize(
    ("name", "what", "code"),
    [
        ("gate.toml", "pipe", "config"),
        ("gate.toml", "folder", "config"),
        ("gate.toml", "ring", "config"),
        ("member.key", "pipe", "config"),
        ("member.key", "folder", "config"),
        ("member.key", "ring", "config"),
        ("data", "ring", "config"),
        ("data/gate.key", "pipe", "config"),
        ("data/gate.key", "nowhere", "config"),
        ("data/gate.db", "pipe", "storage"),
        ("data/gate.db", "folder", "storage"),
        ("data/gate.db", "ring", "storage"),
        ("data/gate.db", "nowhere", "storage"),
    ],
)
def test_check_refuses_what_is_no_file_and_waits_for_no_pipe(tmp_path: Path, name: str, what: str, code: str) -> None:
    config = write_config(tmp_path, Feed(), "http://127.0.0.1:1", top='shared_dir = "shared"')
    open_syncer(read_config(config)).store.close()
    path = tmp_path / name
    path.rename(tmp_path / "before")
    match what:
        case "pipe":
            os.mkfifo(path, 0o600)
        case "folder":
            path.mkdir(mode=0o700)
        case "ring":
            path.symlink_to(path.name)
        case "nowhere":
            path.symlink_to("nowhere")
    with pytest.raises((ConfigError, StorageError)) as refused:
        CliRunner().invoke(app, ["check", "--config", str(config)], catch_exceptions=False)
    assert refused.value.code == code
    if name == "data/gate.db":
        with pytest.raises(StorageError, match="no file"):
            open_syncer(read_config(config))
        assert not (tmp_path / "data" / "nowhere").exists()


@pytest.mark.parametrize("key", ["data_dir", "shared_dir", "key_file"])
def test_check_names_a_path_that_nobody_can_follow(tmp_path: Path, key: str) -> None:
    config = write_config(tmp_path, Feed(), "http://127.0.0.1:1", top='shared_dir = "shared"')
    config.write_text(re.sub(f"{key} = .*", f'{key} = "with\\\\u0000zero"', config.read_text()))
    with pytest.raises(ConfigError, match=f"{key} is no path that can be followed"):
        CliRunner().invoke(app, ["check", "--config", str(config)], catch_exceptions=False)


def test_check_says_that_a_path_is_too_long(tmp_path: Path) -> None:
    config = write_config(tmp_path, Feed(), "http://127.0.0.1:1", top='shared_dir = "shared"')
    config.write_text(re.sub("data_dir = .*", f'data_dir = "{"x" * 300}"', config.read_text()))
    with pytest.raises(ConfigError, match="too long"):
        CliRunner().invoke(app, ["check", "--config", str(config)], catch_exceptions=False)


def test_resync_begins_with_a_snapshot_and_keeps_what_is_held_until_then(tmp_path: Path) -> None:
    feed = Feed()
    feed.add(os.urandom(32))
    with serve(feed) as address:
        path = write_config(tmp_path, feed, address, top='shared_dir = "shared"')
        syncer = open_syncer(read_config(path))
        assert syncer.poll() == "ok"
        del feed.events[:]  # the hub was restored from an old backup
        assert syncer.poll() == "feed_cursor"
        assert answer("resync", "--config", str(path)) == {"ok": True}
        assert syncer.store.last_slot() == 1
        assert syncer.store.standing().cursor is not None, "what is held is served, also when the hub does not answer"
        asked = len(feed.requests)
        assert syncer.poll() == "ok"
        assert feed.requests[asked] == "/v1/feed/snapshot"
        assert syncer.store.last_slot() == 0
        syncer.close_connection()
        syncer.store.close()


def test_resync_while_the_hub_is_silent_leaves_the_bank_in_service(tmp_path: Path) -> None:
    feed = Feed()
    feed.add(os.urandom(32))
    with serve(feed) as address:
        path = write_config(tmp_path, feed, address, top='shared_dir = "shared"')
        syncer = open_syncer(read_config(path))
        syncer.publisher.publish(syncer.poll())
    syncer.close_connection()
    assert answer("resync", "--config", str(path)) == {"ok": True}
    sync = syncer.poll()
    shown = syncer.publisher.publish(sync)
    assert (sync, shown.cursor, [segment.count for segment in shown.segments]) == ("hub_unreachable", 1, [1])
    syncer.store.close()


@pytest.mark.parametrize(
    ("sync", "hold_in_s", "shred_in_s", "told"),
    [
        ("ok", 3661.0, 86_400.0, "if the hub is silent: in 1 hour 1 minute it only holds;"),
        ("hub_unreachable", 0.0, 59.9, "the hub is silent: nothing is blocked, only held"),
        ("hub_unreachable", 0.0, 59.9, "in 59 seconds it deletes its bank and answers nothing"),
        ("hub_unreachable", 0.0, 0.0, "it answers nothing until the hub has filled it; sync says why not"),
        ("", None, None, "it answers nothing yet: the hub's first answer is awaited"),
        ("key_refused", None, None, "it answers nothing until the hub has filled it; sync says why not"),
    ],
)
def test_status_says_in_words_how_long_a_gate_goes_on_without_its_hub(
    sync: str, hold_in_s: float | None, shred_in_s: float | None, told: str
) -> None:
    answer = HealthAnswer("", 0, 0, 0, 0, None, "", "", "", sync, hold_in_s, shred_in_s)
    lines = lease_words(answer)
    assert told in lines
    assert max(map(len, lines)) < 80 - 11
