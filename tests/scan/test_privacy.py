"""Privacy invariants of a scan: no hash leaves the process, nobody is told anything, nothing of the bank is kept."""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scan_stage import BANKED, ScanIt, compared, rows_of, value_of

from notcontent.errors import ClusterError
from notcontent.matching.bankfile import BankEntry, Sealing, write_bank
from notcontent.scan import runtime
from notcontent.scan.cluster import seal, unseal
from notcontent.scan.pipeline import Silent
from notcontent.scan.plan import SCHEMA as PLAN_SCHEMA
from notcontent.scan.results import SCHEMA

SHARED = "/dev/shm/"  # noqa: S108 - only looked for
PASSPHRASE = "eight small words"
LIKE_A_HASH = re.compile("[0-9a-fA-F]{32}")
CANARIES = [value_of(seed) for seed in range(12)]


def columns_of(path: Path) -> dict[str, list[object]]:
    table = pq.read_table(path, partitioning=None)
    return {str(name): table.column(name).to_pylist() for name in table.column_names}


def holds_a_hash(data: bytes) -> bool:
    text = data.decode("latin-1")
    return any(value in data or value.hex() in text.lower() for value in CANARIES)


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "list.parquet"
    pq.write_table(pa.table({"hash": [value.hex() for value in CANARIES] + ["not a hash"]}), path)
    return path


def test_no_hash_is_in_the_results_the_plan_or_anything_beside_them(
    archive: Path, listed: Path, out: Path, scan_it: ScanIt
) -> None:
    assert scan_it(archive, listed, pictures_a_batch=5, bank="5f" * 32).tally.found == 4
    files = [Path(folder) / name for folder, _, names in os.walk(out) for name in names]
    assert len(files) == 6
    for path in files:
        assert not holds_a_hash(path.read_bytes())
        if path.suffix == ".parquet":
            assert not holds_a_hash(repr(columns_of(path)).encode())
            assert not LIKE_A_HASH.search(repr(columns_of(path)))
    told = (out / "scan.json").read_text()
    assert json.loads(told)["plan"] == hashlib.sha256((out / "plan.parquet").read_bytes()).hexdigest()
    for known in ("5f" * 32, json.loads(told)["plan"]):
        told = told.replace(known, "")
    assert not LIKE_A_HASH.search(told)


def test_no_column_could_hold_a_hash() -> None:
    assert SCHEMA.names == [
        "path", "verdict", "entry", "distance", "matches", "look", "evidence", "quality", "moves", "error",
    ]  # fmt: skip
    assert not {"hash", "value"} & set(PLAN_SCHEMA.names)


PROGRAM = """
import sys
seen = []
sys.addaudithook(lambda event, _: seen.append(event) if event.startswith("socket.") else None)
from notcontent.cli import main
try:
    main()
finally:
    told = {each for each in seen if each in ("socket.connect", "socket.getaddrinfo", "socket.sendto")}
    print("CONNECTED" if told else "ALONE", file=sys.stderr)
"""


def test_a_scan_of_a_folder_speaks_to_nobody_and_shows_no_hash(archive: Path, listed: Path, out: Path) -> None:
    bank = out.parent / "bank.ncbank"
    entries = [BankEntry(value_of(seed), f"picture {seed}") for seed in BANKED]
    write_bank(bank, entries, PASSPHRASE, sealing=Sealing(memory_kib=32, iterations=1, lanes=1))
    # Whoever set these wanted Daft to talk; a scan does not let it.
    loud = {"DAFT_ANALYTICS_ENABLED": "1", "DAFT_PROGRESS_BAR": "1", "DAFT_DASHBOARD_URL": "http://127.0.0.1:9"}
    environment = {**os.environ, **loud, "NOTCONTENT_BANK_PASSPHRASE": PASSPHRASE, "DO_NOT_TRACK": "false"}
    command = [sys.executable, "-c", PROGRAM, "scan", str(archive), str(listed), "--bank", str(bank), "--out", str(out)]
    answer = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert answer.stderr == "ALONE\n"
    assert answer.returncode == 3
    assert not holds_a_hash(answer.stdout.encode())
    assert not LIKE_A_HASH.search(answer.stdout)


def test_telemetry_is_off_before_daft_is_there() -> None:
    program = (
        "import os\n"
        "os.environ['DAFT_ANALYTICS_ENABLED'] = '1'\n"
        "import notcontent.scan.runtime\n"
        "from daft.scarf_telemetry import opted_out\n"
        "assert opted_out()\n"
        "assert os.environ['RAY_USAGE_STATS_ENABLED'] == '0'\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    assert runtime.SILENCE["DAFT_ANALYTICS_ENABLED"] == runtime.SILENCE["RAY_USAGE_STATS_ENABLED"] == "0"


def test_while_a_scan_runs_nothing_but_its_sources_and_results_is_open_or_mapped(
    archive: Path, out: Path, scan_it: ScanIt
) -> None:
    """The bank lies in this process's memory: there is no file of it, in shared memory or anywhere else."""
    seen: set[str] = set()

    def held() -> set[str]:
        files = {os.path.realpath(entry.path) for entry in os.scandir("/proc/self/fd")}
        maps = Path("/proc/self/maps").read_text().splitlines()
        return files | {line.split(maxsplit=5)[-1] for line in maps}

    class Looker(Silent):
        def done(self, count: int) -> None:
            assert count == 12
            seen.update(held())

    before = held()  # what other tests of this process have open is none of this one's
    scan_it(archive, watcher=Looker())
    own = (str(archive), str(out))
    places = (SHARED, tempfile.gettempdir())
    kept = [name for name in seen - before if name.startswith(places) and not name.startswith(own)]
    assert [name for name in kept if "pytest" in name or name.startswith(SHARED)] == []
    assert str(out) in seen, "it was looked at while the scan held its folder"


def test_nothing_of_what_carries_hashes_shows_them() -> None:
    bank = compared()
    for carrier in (bank, bank.bank, bank.matcher().answer(bank.bank.rows, pa.nulls(2, pa.uint8()))):
        assert "redacted" in repr(carrier)
        assert not holds_a_hash(repr(carrier).encode())


def test_what_a_cluster_is_given_is_sealed_and_whole() -> None:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    key = ChaCha20Poly1305.generate_key()
    payload = b"".join(CANARIES) * 1000
    pieces = seal(payload, key)
    assert not any(holds_a_hash(piece) for piece in pieces)
    assert unseal(pieces, key) == payload
    for spoilt in ([pieces[0][:-1] + bytes([pieces[0][-1] ^ 1])], [*pieces, pieces[0]]):
        with pytest.raises(ClusterError):
            unseal(spoilt, key)


def test_an_unforeseen_error_shows_its_kind_and_no_data(
    archive: Path, scan_it: ScanIt, monkeypatch: pytest.MonkeyPatch
) -> None:
    from notcontent.errors import NotContentError
    from notcontent.scan.stage import Stage

    def failing(_self: Stage, units: list[dict[str, object]]) -> object:
        raise RuntimeError(f"{CANARIES[0].hex()} {units}")

    monkeypatch.setattr(Stage, "units", failing)
    with pytest.raises(NotContentError) as caught:
        scan_it(archive)
    assert not holds_a_hash(str(caught.value).encode())
    assert caught.value.__cause__ is None


def test_labels_come_from_the_bank_and_paths_from_the_archive_alone(archive: Path, out: Path, scan_it: ScanIt) -> None:
    scan_it(archive)
    assert {row["entry"] for row in rows_of(out)} == {None, "picture 3", "picture 5"}
    assert all(str(row["path"]).startswith(str(archive)) for row in rows_of(out))
