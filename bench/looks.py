"""What looks cost beside decoding: CPU time of the decoder's work for one look and for the default budget, in turn.

Usage: OPENBLAS_NUM_THREADS=1 .venv/bin/python bench/looks.py
"""

import statistics
import time
from collections.abc import Callable
from functools import partial
from io import BytesIO

from PIL import Image

from notcontent.signals.drawing import draw_picture
from notcontent.signals.looks import DEFAULT_BUDGET, decoded, see
from notcontent.signals.views import find_views

ROUNDS = 15


def framed(picture: Image.Image, page: tuple[int, int]) -> Image.Image:
    paper = Image.new("RGB", page, "white")
    paper.paste(picture, ((page[0] - picture.width) // 2, (page[1] - picture.height) // 3))
    return paper


def saved(image: Image.Image, file_format: str) -> bytes:
    sink = BytesIO()
    image.save(sink, file_format, quality=90)
    return sink.getvalue()


def timed(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1000


def shown(times: list[float]) -> str:
    low, *_, high = statistics.quantiles(times, n=10)
    return f"{statistics.median(times):.2f} ({low:.2f}-{high:.2f})"


def main() -> None:
    uploads = {
        "512x512 JPEG": saved(draw_picture(3, 512, 512), "JPEG"),
        "2 MP JPEG": saved(draw_picture(3, 1632, 1224), "JPEG"),
        "2 MP JPEG, framed": saved(framed(draw_picture(3, 1300, 900), (1500, 1333)), "JPEG"),
        "540x1170 PNG, a picture in a page": saved(framed(draw_picture(3, 500, 400), (540, 1170)), "PNG"),
        "12 MP JPEG": saved(draw_picture(3, 4000, 3000), "JPEG"),
    }
    print("Milliseconds of CPU time, one thread: median (10th-90th percentile).\n")
    print(
        f"| upload | decode | 1 look | views alone | up to {DEFAULT_BUDGET} looks | looks taken |\n" + "|---" * 6 + "|"
    )
    for name, data in uploads.items():
        raster = decoded(data)
        works: list[Callable[[], object]] = [
            partial(decoded, data),
            partial(see, raster, 1),
            partial(find_views, raster),
            partial(see, raster, DEFAULT_BUDGET),
        ]
        rounds = [[timed(work) for work in works] for _ in range(ROUNDS + 1)][1:]
        columns = " | ".join(shown(list(times)) for times in zip(*rounds, strict=True))
        print(f"| {name} | {columns} | {len(see(raster, DEFAULT_BUDGET))} |")


if __name__ == "__main__":
    main()
