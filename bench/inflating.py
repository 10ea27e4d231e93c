"""What inflates a PNG of 2 megapixels: Python's zlib, isal, and zlib-ng's package where it is installed, in turn.

Usage: .venv/bin/python bench/inflating.py
"""

import importlib
import random
import statistics
import time
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from notcontent.signals import DEFAULT_LIMITS
from notcontent.signals.containers import read_container
from notcontent.signals.drawing import draw_picture
from notcontent.signals.png_rows import _bands

ROUNDS = 40
SIZE = (1633, 1225)


def libraries() -> dict[str, Callable[[], Any]]:
    found: dict[str, Callable[[], Any]] = {f"zlib {zlib.ZLIB_RUNTIME_VERSION}": zlib.decompressobj}
    for name, module in (("isal", "isal.isal_zlib"), ("zlib-ng", "zlib_ng.zlib_ng")):
        try:
            found[name] = importlib.import_module(module).decompressobj
        except ImportError:
            print(f"{name} is not installed.")
    return found


def pictures() -> dict[str, Image.Image]:
    chance = np.random.Generator(np.random.PCG64(1))
    noise = chance.integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    return {"drawn": draw_picture(1, *SIZE), "noise": Image.fromarray(noise), "white": Image.new("RGB", SIZE, "white")}


def deflated(picture: Image.Image) -> bytes:
    sink = BytesIO()
    picture.save(sink, "PNG")
    return read_container(sink.getvalue(), DEFAULT_LIMITS).pixels


def main() -> None:
    rivals, chance = libraries(), random.Random(1)  # noqa: S311 - an order that can be repeated
    print(
        "| ms of CPU time: median (10th-90th percentile) | "
        + " | ".join(rivals)
        + " |\n|---"
        + "|---" * len(rivals)
        + "|"
    )
    for name, picture in pictures().items():
        data = deflated(picture)
        times: dict[str, list[float]] = {rival: [] for rival in rivals}
        for number in range(ROUNDS + 1):
            for rival in chance.sample(list(rivals), len(rivals)):
                before = time.process_time()
                size = sum(map(len, _bands(data, rivals[rival]())))
                if number:  # the first round warms caches
                    times[rival].append((time.process_time() - before) * 1000)
                if size != SIZE[1] * (3 * SIZE[0] + 1):
                    raise SystemExit(f"{rival} gives another number of bytes.")
        cuts = {rival: statistics.quantiles(each, n=10, method="inclusive") for rival, each in times.items()}
        cells = [f"{statistics.median(times[one]):.2f} ({cuts[one][0]:.2f}-{cuts[one][-1]:.2f})" for one in rivals]
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
