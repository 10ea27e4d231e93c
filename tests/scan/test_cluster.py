"""A real Ray cluster of two nodes on loopback: the same result as on one machine, and nothing kept of the bank."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scan_stage import BANKED, cropped, fill, rows_of, value_of

from notcontent.matching.bankfile import BankEntry, Sealing, write_bank

pytest.importorskip("ray")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PASSPHRASE = "eight small words"
PATIENCE_S = 300.0
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DISABLE_MEMORY_MONITOR": "1", "NOTCONTENT_BANK_PASSPHRASE": PASSPHRASE}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def node(folder: Path, *words: str) -> "subprocess.Popen[bytes]":
    """Start one node in a session of its own, with one core."""
    ray = str(Path(sys.executable).with_name("ray"))
    common = ["--block", "--num-cpus", "1", "--object-store-memory", "100000000", "--disable-usage-stats"]
    with (folder / "ray.log").open("ab") as log:
        return subprocess.Popen(
            [ray, "start", *words, *common],
            env={**os.environ, **QUIET},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def alive(address: str) -> int:
    """Count the nodes of a cluster; 0 when it does not answer."""
    program = (
        "import sys, logging, ray; ray.init(address=sys.argv[1], logging_level=logging.ERROR, log_to_driver=False);"
        "print(sum(node['Alive'] for node in ray.nodes()))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, address],
        env={**os.environ, **QUIET}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return int(answer.stdout or 0)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Two nodes; the cluster's address, and the folder with its logs."""
    folder = tmp_path_factory.mktemp("ray")
    sessions = Path("/tmp") / f"nc-{secrets.token_hex(4)}"  # noqa: S108 - Ray's sockets want a short path
    sessions.mkdir(mode=0o700)
    address = f"127.0.0.1:{free_port()}"
    head = ["--head", "--node-ip-address", "127.0.0.1", "--port", address.split(":")[1], "--temp-dir", str(sessions)]
    nodes = [node(folder, *head, "--include-dashboard=false")]
    try:
        deadline = time.monotonic() + PATIENCE_S
        while alive(address) < 1:
            assert nodes[0].poll() is None, (folder / "ray.log").read_text()
            assert time.monotonic() < deadline
        while alive(address) < 2:
            # On a busy machine Ray gives a joining node up after half a minute of its own; the next try finds it warm.
            if len(nodes) == 1 or nodes[-1].poll() is not None:
                nodes.append(node(folder, "--address", address, "--node-ip-address", "127.0.0.2"))
            assert time.monotonic() < deadline, (folder / "ray.log").read_text()
        yield address, sessions
    finally:
        for process in reversed(nodes):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        subprocess.run(["rm", "-rf", str(sessions)], check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    archive = folder / "archive"
    fill(archive, range(60))
    (archive / "crop.jpg").write_bytes(cropped(3))
    (archive / "words.jpg").write_text("words")
    (archive / "out.jpg").symlink_to("/etc/hostname")
    os.mkfifo(archive / "pipe")
    values = [value_of(seed % 60) for seed in range(500)]
    pq.write_table(pa.table({"hash": values}), folder / "list.parquet", row_group_size=120)
    entries = [BankEntry(value_of(seed), f"picture {seed}") for seed in BANKED]
    write_bank(folder / "a.ncbank", entries, PASSPHRASE, sealing=Sealing(memory_kib=32, iterations=1, lanes=1))
    return folder


def scan(site: Path, *words: str) -> tuple[int, dict[str, object], str]:
    answer = subprocess.run(
        [sys.executable, "-m", "notcontent", "scan", *words, "--bank", "a.ncbank", "--json"],
        cwd=site, env={**os.environ, **QUIET}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return answer.returncode, json.loads(answer.stdout), answer.stderr


@pytest.mark.parametrize("source", ["archive", "list.parquet"])
def test_a_cluster_of_two_nodes_finds_what_one_machine_finds(
    cluster: tuple[str, Path], site: Path, source: str
) -> None:
    address, sessions = cluster
    code, told, _ = scan(site, source, "--estimates", "400", "--out", f"here-{source}")
    words = ("--estimates", "400", "--out", f"there-{source}", "--ray", address)
    code_there, told_there, talk = scan(site, source, *words)
    assert (code_there, told_there["verdicts"], told_there["errors"]) == (code, told["verdicts"], told["errors"])
    assert code == 3
    assert talk == ""
    assert source != "archive" or told["verdicts"]["hold"] == 1  # type: ignore[index]
    here, there = rows_of(site / f"here-{source}"), rows_of(site / f"there-{source}")
    assert there == here if source == "list.parquet" else sorted(map(str, there)) == sorted(map(str, here))

    for log in sessions.rglob("*"):
        if log.is_file():
            text = log.read_bytes()
            assert not any(value_of(seed) in text or value_of(seed).hex().encode() in text for seed in range(60))
            assert b"inner/3.jpg" not in text, f"{log.name} names a file of the archive"


def test_both_nodes_work(cluster: tuple[str, Path], site: Path) -> None:
    """Which node screened what is no part of the results; so the parents of the decode workers are counted."""
    address, _ = cluster
    process = subprocess.Popen(
        [sys.executable, "-m", "notcontent", "scan", "archive", "--bank", "a.ncbank", "--out", "o", "--ray", address],
        cwd=site, env={**os.environ, **QUIET}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    parents: set[int] = set()
    while process.poll() is None:
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    if b"notcontent.signals.worker" in (entry / "cmdline").read_bytes():
                        parents.add(int((entry / "stat").read_text().rpartition(")")[2].split()[1]))
                except OSError:
                    continue
    assert process.returncode == 3
    assert len(parents) >= 2, "decoders ran under one worker alone"


def test_no_cluster_is_an_error_of_its_own(site: Path) -> None:
    code, told, _ = scan(site, "archive", "--out", "nowhere", "--ray", f"127.0.0.1:{free_port()}")
    assert (code, told["error"]) == (5, "cluster")
