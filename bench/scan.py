"""Scanning an archive: pictures a second against decoding alone, one worker against two, a cluster, the bulk join.

Usage: .venv/bin/python bench/scan.py [--pictures N] [--rounds N] [--rows N] [--bank N] [--ray ADDRESS]
(`--rows 0`: no join)

The archive is drawn pictures of 1200 x 900, each saved as JPEG in many qualities. "Decode alone" is Pillow over the
same files in one process, down to the samples that are hashed, without a line of ours: the limit that a scan is held
against. "Decode and look" is what a scan does with them, without a pipeline; each with one look a picture (its hash)
and with as many as a scan takes. Cases run in turns; medians with the spread of the rounds, and the median of the
rounds' own ratios to decoding alone. A scan's seconds are its own (`--json`), from listing to the last part, without
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
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from notcontent.matching import MihIndex
from notcontent.matching.bankfile import BankEntry, Sealing, write_bank
from notcontent.matching.estimating import DEFAULT_FALSE_HOLDS, EstimatePolicy
from notcontent.scan.bank import BankCompared, BankRows
from notcontent.scan.join import join
from notcontent.scan.pipeline import Scan, here, run
from notcontent.scan.sources import parse_sources
from notcontent.scan.stage import Screening
from notcontent.signals import hash_image, looks
from notcontent.signals.decode import decode
from notcontent.signals.drawing import draw_picture, picture_bytes
from notcontent.signals.looks import DEFAULT_BUDGET

_DRAWN = 40
_QUALITIES = 50
"""So many, from 95 down: a picture is not saved in one of them twice before it was in all."""
_PASSPHRASE = "only for the bench"  # noqa: S105 - of a bank made here
_NEAR = 1000


def make_archive(folder: Path, count: int) -> Path:
    """Draw pictures, save each so often, and bank two of them."""
    archive = folder / "archive"
    archive.mkdir()
    for seed in range(_DRAWN):
        picture = draw_picture(seed)
        for number in range(seed, count, _DRAWN):
            picture.save(archive / f"{number}.jpg", "JPEG", quality=95 - number // _DRAWN % _QUALITIES)
    entries = [BankEntry(hash_image(picture_bytes(seed)).value, f"picture {seed}") for seed in (3, 5)]
    write_bank(folder / "bank", entries, _PASSPHRASE, sealing=Sealing(memory_kib=32, iterations=1, lanes=1))
    return archive


def one_by_one(archive: Path, work: Callable[[bytes], object]) -> float:
    """Read every file and do that with it; give the seconds."""
    began = time.perf_counter()
    for path in archive.iterdir():
        work(path.read_bytes())
    return time.perf_counter() - began


def decode_alone(data: bytes) -> NDArray[np.uint8]:
    """Let Pillow decode the luma of a JPEG of 1200 x 900."""
    image = Image.open(BytesIO(data))
    image.draft("L", image.size)
    return np.asarray(image)


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
    policy = EstimatePolicy(0, DEFAULT_FALSE_HOLDS, 50)
    compared = BankCompared(BankRows(right, labels, np.arange(-1, -1 - len(right), -1)), 31, policy)
    with tempfile.TemporaryDirectory(dir=folder) as out:
        scan = Scan(parse_sources([str(path)]), Path(out), screening, 31, policy)
        summary = run(scan, here(screening, compared, workers))
        assert summary.tally.found == len(left[::_NEAR])  # noqa: S101 - a bench that finds nothing measures nothing
        return summary.seconds


def shown(name: str, seconds: list[float], count: int, what: str, ratio: str = "") -> str:
    """Write one row of the table."""
    rates = sorted(count / each for each in seconds)
    return f"| {name} | {statistics.median(rates):,.0f} {what} | {rates[0]:,.0f} to {rates[-1]:,.0f} | {ratio} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--bank", type=int, default=1_000_000)
    parser.add_argument("--ray", help="a running cluster's address")
    given = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| case | median | spread | of decoding alone |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = make_archive(folder, given.pictures)
        some = (archive / "0.jpg").read_bytes()
        assert decode_alone(some).shape == decode(some).luma.shape  # noqa: S101 - or the limit would be of other samples
        alone = "decode alone, one process"
        cases: dict[str, Callable[[], float]] = {alone: lambda: one_by_one(archive, decode_alone)}
        for budget in (1, DEFAULT_BUDGET):
            what = "1 look" if budget == 1 else f"up to {budget} looks"
            words = ("--looks", str(budget))
            cases |= {
                f"decode and {what}, no pipeline": partial(one_by_one, archive, partial(looks, budget=budget)),
                f"scan, {what}, 1 worker": partial(scan_archive, folder, *words, "--workers", "1"),
                f"scan, {what}, 2 workers": partial(scan_archive, folder, *words, "--workers", "2"),
            }
            if given.ray:
                cases[f"scan, {what}, cluster"] = partial(scan_archive, folder, *words, "--ray", given.ray)
        taken: dict[str, list[float]] = {case: [] for case in cases}
        for _ in range(given.rounds):
            for case, work in cases.items():
                taken[case].append(work())
        for case, seconds in taken.items():
            ratio = statistics.median(a / b for a, b in zip(taken[alone], seconds, strict=True))
            print(shown(case, seconds, given.pictures, "pictures/s", f"{ratio:.2f}"), flush=True)
        if not given.rows:
            return
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
