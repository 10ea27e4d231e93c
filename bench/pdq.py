"""Ours against python-threatexchange's hasher and `pdqhash`, in turn in one process, from a file's bytes.

Usage: OPENBLAS_NUM_THREADS=1 .venv/bin/python bench/pdq.py   (needs the extra `bench`: `make .venv/.bench`)

Times are CPU time, so that neighbours on the machine count less. Before anything is timed, the hashes must agree: to
the bit where all pixels are decoded, within 4 bits where a JPEG is read at a fraction. "decode alone" is Pillow on the
same bytes, down to the very samples that we hash, without a line of ours.
"""

import argparse
import platform
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import numpy as np
import pdqhash
import PIL
from numpy.typing import NDArray
from PIL import Image
from threatexchange.signal_type.pdq.pdq_hasher import pdq_from_bytes

from notcontent.signals import Hashed, decode, decode_luma, hash_image, hash_turns, pdq
from notcontent.signals.drawing import draw_picture

NEAR = 4
"""Bits by which a hash from a fraction may differ."""


@dataclass(frozen=True, slots=True)
class Case:
    """One file to hash, and how often."""

    name: str
    width: int
    height: int
    rounds: int
    file_format: str = "JPEG"
    progressive: bool = False

    def file(self) -> bytes:
        """Write the file: quality 90, colour at half density."""
        sink = BytesIO()
        picture = draw_picture(1, self.width, self.height)
        picture.save(sink, self.file_format, quality=90, progressive=self.progressive)
        return sink.getvalue()


CASES = (
    Case("JPEG 12 MP", 4000, 3000, 9),
    Case("JPEG 12 MP, progressive", 4000, 3000, 9, progressive=True),
    Case("JPEG 2 MP", 1633, 1225, 25),
    Case("JPEG 512x512", 512, 512, 60),
    Case("PNG 2 MP", 1633, 1225, 15, "PNG"),
    Case("WebP 2 MP", 1633, 1225, 15, "WEBP"),
)
LUMA_SIZES = (("512x512", 512, 512, 60), ("2 MP", 1633, 1225, 25), ("12 MP", 4000, 3000, 9))
THEIRS, BARE, OURS, ALONE = "threatexchange", "Pillow, pdqhash", "notcontent", "decode alone"

Runs = dict[str, Callable[[], object]]
Times = dict[str, list[float]]


def by_pdqhash(pixels: NDArray[np.uint8]) -> Hashed:
    vector, quality = pdqhash.compute(pixels)
    return Hashed(np.packbits(vector.astype(np.uint8)).tobytes(), quality)


def decode_alone(data: bytes, scale: int) -> NDArray[np.uint8]:
    """Let Pillow decode a JPEG's luma at a fraction, or any other picture in colour, to grey."""
    image = Image.open(BytesIO(data))
    if image.format == "JPEG":
        image.draft("L", (image.width // scale, image.height // scale))
    return np.asarray(image.convert("L"))


def check(case: Case, data: bytes) -> int:
    """Give the fraction at which we read it. Ends the bench when hashes do not agree."""
    value, quality = pdq_from_bytes(data)
    ours, scale = hash_image(data), decode(data).scale
    bits = (int(value, 16) ^ int(ours.hex, 16)).bit_count()
    allowed = NEAR if case.file_format == "JPEG" else 0
    if bits > allowed or abs(quality - ours.quality) > 1:
        raise SystemExit(f"{case.name}: the hashes do not agree, nothing to compare.")
    if decode_alone(data, scale).shape != decode(data).luma.shape:
        raise SystemExit(f"{case.name}: the decode alone is of another size.")
    return scale


def file_runs(data: bytes, scale: int) -> Runs:
    return {
        THEIRS: lambda: pdq_from_bytes(data),
        BARE: lambda: by_pdqhash(np.asarray(Image.open(BytesIO(data)).convert("RGB"))),
        OURS: lambda: hash_image(data),
        ALONE: lambda: decode_alone(data, scale),
    }


def luma_runs(width: int, height: int) -> Runs:
    luma = decode_luma(Case("", width, height, 1).file())
    colour = np.ascontiguousarray(np.repeat(luma[:, :, None], 3, axis=2))
    if by_pdqhash(colour) != pdq(luma):
        raise SystemExit("The two do not agree on luma: nothing to compare.")
    raster = decode(Case("", width, height, 1).file())
    return {
        "pdqhash.compute": lambda: pdqhash.compute(colour),
        "notcontent pdq": lambda: pdq(luma),
        "notcontent hash_turns, of what `decode` gives": lambda: hash_turns(raster),
    }


def measure(runs: Runs, rounds: int) -> Times:
    """Time all rivals in turn, round after round, in an order drawn anew: milliseconds.

    Who comes after a rival that used much memory finds cold caches and pages to be mapped again.
    """
    times: Times = {name: [] for name in runs}
    chance = random.Random(1)  # noqa: S311 - an order that can be repeated
    for number in range(rounds + 1):
        for name in chance.sample(list(runs), len(runs)):
            before = time.process_time()
            runs[name]()
            if number:  # the first round warms caches
                times[name].append((time.process_time() - before) * 1000)
    return times


def cell(times: list[float]) -> str:
    """Give the median, and the middle four fifths."""
    cuts = statistics.quantiles(times, n=10, method="inclusive")
    return f"{statistics.median(times):.2f} ({cuts[0]:.2f}-{cuts[-1]:.2f})"


def ratio(times: Times, one: str, other: str) -> float:
    """Divide two medians."""
    return statistics.median(times[one]) / statistics.median(times[other])


def processor() -> str:
    """Name the processor."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def print_files(quick: bool, only: str) -> None:
    print(f"| file | read at | {THEIRS} | {BARE} | {OURS} | {ALONE} | {THEIRS} / ours | ours / decode |")
    print("|---|---|---|---|---|---|---|---|")
    for case in (case for case in CASES if case.name.startswith(only)):
        data = case.file()
        scale = check(case, data)
        times = measure(file_runs(data, scale), 3 if quick else case.rounds)
        cells = " | ".join(cell(times[name]) for name in (THEIRS, BARE, OURS, ALONE))
        ratios = f"**{ratio(times, THEIRS, OURS):.1f}x** | {ratio(times, OURS, ALONE):.2f}"
        print(f"| {case.name} | 1/{scale} | {cells} | {ratios} |", flush=True)


def print_luma(quick: bool) -> None:
    tables = [measure(luma_runs(w, h), 3 if quick else rounds) for _, w, h, rounds in LUMA_SIZES]
    print("\n| luma in memory | " + " | ".join(name for name, *_ in LUMA_SIZES) + " |")
    print("|---|" + "---|" * len(LUMA_SIZES))
    for name in tables[0]:
        print(f"| {name} | " + " | ".join(cell(table[name]) for table in tables) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description="Time PDQ against its peers.")
    parser.add_argument("--quick", action="store_true", help="three rounds of each")
    parser.add_argument("--only", default="", metavar="NAME", help="files whose names begin so, and no luma in memory")
    given = parser.parse_args()
    print(f"{processor()}, Python {platform.python_version()}, NumPy {np.__version__}, Pillow {PIL.__version__},")
    print(f"{datetime.now(UTC):%Y-%m-%d}. Milliseconds of CPU time, one thread: median (10th-90th percentile).\n")
    print_files(given.quick, given.only)
    if not given.only:
        print_luma(given.quick)


if __name__ == "__main__":
    main()
