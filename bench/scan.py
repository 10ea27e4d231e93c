"""Scanning an archive: pictures a second against decoding alone, one worker against two, a cluster, the bulk join.

Usage: .venv/bin/python bench/scan.py [--pictures N] [--rounds N] [--rows N] [--bank N] [--ray ADDRESS]

The archive is hard links to drawn pictures of 1200 x 900, saved as JPEG. "Decode and hash" is `hash_image` over
the same files in one process with nothing around it: the limit that a scan is held against. Cases run in turns;
medians with the spread of the rounds. A scan's seconds are its own (`--json`), from listing to the last part, without
starting Python; on a cluster they hold the start of its workers too. Rows of the join are uniform, and one in a
thousand is near a banked one.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from notcontent.matching import MihIndex
from notcontent.matching.bankfile import BankEntry, Sealing, write_bank
from notcontent.scan.bank import BankCompared, BankRows
from notcontent.scan.join import join
from notcontent.scan.pipeline import Scan, here, run
from notcontent.scan.sources import parse_sources
from notcontent.scan.stage import Screening
from notcontent.signals import hash_image
from notcontent.signals.drawing import picture_bytes

_DRAWN = 40
_PASSPHRASE = "only for the bench"  # noqa: S105 - of a bank made here
_NEAR = 1000


def make_archive(folder: Path, count: int) -> Path:
    """Draw pictures, link them so often, and bank two of them."""
    (folder / "drawn").mkdir()
    archive = folder / "archive"
    archive.mkdir()
    drawn = [picture_bytes(seed) for seed in range(_DRAWN)]
    for seed, data in enumerate(drawn):
        (folder / "drawn" / str(seed)).write_bytes(data)
    for number in range(count):
        os.link(folder / "drawn" / str(number % _DRAWN), archive / f"{number}.jpg")
    entries = [BankEntry(hash_image(drawn[seed]).value, f"picture {seed}") for seed in (3, 5)]
    write_bank(folder / "bank", entries, _PASSPHRASE, sealing=Sealing(memory_kib=32, iterations=1, lanes=1))
    return archive


def decode_alone(archive: Path) -> float:
    """Read, decode and hash every file; give the seconds."""
    began = time.perf_counter()
    for path in archive.iterdir():
        hash_image(path.read_bytes())
    return time.perf_counter() - began


def scan_archive(folder: Path, *words: str) -> float:
    """Scan the archive as a shell does; give the scan's own seconds."""
    with tempfile.TemporaryDirectory(dir=folder) as out:
        command = [sys.executable, "-m", "notcontent", "scan", "archive", "--bank", "bank", "--out", out, "--json"]
        answer = subprocess.run(
            [*command, *words],
            cwd=folder,
            env={**os.environ, "NOTCONTENT_BANK_PASSPHRASE": _PASSPHRASE},
            capture_output=True,
            check=False,
        )
        return float(json.loads(answer.stdout)["seconds"])


def rows_and_bank(rows: int, bank: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Make both sides of the join."""
    rng = np.random.default_rng(1)
    right = rng.integers(0, 256, (bank, 32), dtype=np.uint8)
    left = rng.integers(0, 256, (rows, 32), dtype=np.uint8)
    left[::_NEAR] = right[rng.integers(0, bank, len(left[::_NEAR]))]
    left[::_NEAR, 0] ^= 0x5A
    return left, right


def scan_rows(folder: Path, left: NDArray[np.uint8], right: NDArray[np.uint8], workers: int) -> float:
    """Scan the rows as Parquet with the whole of the verb's pipeline; give its seconds, building the index too."""
    path = folder / "rows.parquet"
    if not path.exists():
        values = pa.FixedSizeBinaryArray.from_buffers(pa.binary(32), len(left), [None, pa.py_buffer(left)])
        pq.write_table(pa.table({"hash": values}), path, row_group_size=1_000_000)
    labels = pa.array(["entry"]).take(pa.array(np.zeros(len(right), np.int8)))
    screening = Screening()
    compared = BankCompared(BankRows(right, labels), 31, 50)
    with tempfile.TemporaryDirectory(dir=folder) as out:
        scan = Scan(parse_sources([str(path)]), Path(out), screening, 31, 50)
        summary = run(scan, here(screening, compared, workers))
        assert summary.tally.found == len(left[::_NEAR])  # noqa: S101 - a bench that finds nothing measures nothing
        return summary.seconds


def shown(name: str, seconds: list[float], count: int, what: str) -> str:
    """Write one row of the table."""
    rates = sorted(count / each for each in seconds)
    return f"| {name} | {statistics.median(rates):,.0f} {what} | {rates[0]:,.0f} to {rates[-1]:,.0f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--bank", type=int, default=1_000_000)
    parser.add_argument("--ray", help="a running cluster's address")
    given = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| case | median | spread |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = make_archive(folder, given.pictures)
        cases: dict[str, Callable[[], float]] = {
            "decode and hash, one process, no pipeline": lambda: decode_alone(archive),
            "scan, 1 worker": lambda: scan_archive(folder, "--workers", "1"),
            "scan, 2 workers": lambda: scan_archive(folder, "--workers", "2"),
        }
        if given.ray:
            cases["scan, cluster"] = lambda: scan_archive(folder, "--ray", given.ray)
        taken: dict[str, list[float]] = {case: [] for case in cases}
        for _ in range(given.rounds):
            for case, work in cases.items():
                taken[case].append(work())
        for case, seconds in taken.items():
            print(shown(case, seconds, given.pictures, "pictures/s"), flush=True)
        left, right = rows_and_bank(given.rows, given.bank)
        began = time.perf_counter()
        index = MihIndex.build(right)
        built = time.perf_counter() - began
        for threads in (1, 2):
            seconds = []
            for _ in range(given.rounds):
                began = time.perf_counter()
                pairs = sum(len(found) for found in join(left, index, 31, threads=threads))
                seconds.append(time.perf_counter() - began)
            assert pairs >= len(left[::_NEAR])  # noqa: S101 - as above
            case = f"join {given.rows:,} x {given.bank:,}, {threads} {'thread' if threads == 1 else 'threads'}"
            print(shown(case, seconds, given.rows, "rows/s"))
        print(shown("the bank's index built", [built], given.bank, "rows/s"), flush=True)
        del index
        seconds = [scan_rows(folder, left, right, 2) for _ in range(given.rounds)]
        print(shown("the same as `scan` of Parquet, 2 workers", seconds, given.rows, "rows/s"))


if __name__ == "__main__":
    main()
