"""Ours against `pdqhash`, interleaved in one process: on equal luma, and from a JPEG's bytes.

Usage: OPENBLAS_NUM_THREADS=1 .venv/bin/python bench/pdq.py

Times are CPU time, so that neighbours on the machine count less. The reference takes RGB and weighs it itself; it gets
grey RGB made from the same luma. From JPEG it is used as python-threatexchange does: Pillow, then the whole array.
"""

import platform
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import numpy as np
import pdqhash
from PIL import Image

from notcontent.signals import decode_luma, hash_image, pdq
from notcontent.signals.drawing import draw_picture

SIZES = (("512x512", 512, 512, 60), ("2 MP", 1633, 1225, 25), ("12 MP", 4000, 3000, 9))
"""Name, width, height, rounds."""


def rivals(width: int, height: int) -> dict[str, Callable[[], object]]:
    """Give what is timed at one size, by the table's row."""
    picture = draw_picture(1, width, height)
    sink = BytesIO()
    picture.save(sink, "JPEG", quality=90)
    data = sink.getvalue()
    luma = decode_luma(data)
    colour = np.ascontiguousarray(np.repeat(luma[:, :, None], 3, axis=2))
    vector, quality = pdqhash.compute(colour)
    ours = pdq(luma)
    if (np.packbits(vector.astype(np.uint8)).tobytes(), quality) != (ours.value, ours.quality):
        raise SystemExit("The two do not agree: nothing to compare.")
    return {
        "luma: pdqhash.compute": lambda: pdqhash.compute(colour),
        "luma: notcontent pdq": lambda: pdq(luma),
        "JPEG: Pillow, pdqhash.compute": lambda: pdqhash.compute(np.asarray(Image.open(BytesIO(data)).convert("RGB"))),
        "JPEG: notcontent hash_image": lambda: hash_image(data),
        "JPEG: of that, decode_luma": lambda: decode_luma(data),
    }


def measure(width: int, height: int, rounds: int) -> dict[str, list[float]]:
    """Time all rivals in turn, round after round: milliseconds."""
    runs = rivals(width, height)
    times: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds + 1):
        for name, run in runs.items():
            before = time.process_time()
            run()
            if number:  # the first round warms caches
                times[name].append((time.process_time() - before) * 1000)
    return times


def cell(times: list[float]) -> str:
    """Give the median, and the middle four fifths."""
    cuts = statistics.quantiles(times, n=10, method="inclusive")
    return f"{statistics.median(times):.2f} ({cuts[0]:.2f}-{cuts[-1]:.2f})"


def processor() -> str:
    """Name the processor."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def main() -> None:
    tables = [measure(width, height, rounds) for _, width, height, rounds in SIZES]
    print(f"{processor()}, Python {platform.python_version()}, NumPy {np.__version__}, {datetime.now(UTC):%Y-%m-%d}.")
    print("Milliseconds of CPU time, one thread: median (10th-90th percentile).\n")
    print("| | " + " | ".join(name for name, *_ in SIZES) + " |")
    print("|---|" + "---|" * len(SIZES))
    for name in tables[0]:
        print(f"| {name} | " + " | ".join(cell(table[name]) for table in tables) + " |")


if __name__ == "__main__":
    main()
