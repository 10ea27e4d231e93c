"""A gate's decoder process, picture after picture: with the pages that it keeps (signals/worker.py), and without.

Usage: .venv/bin/python bench/decoders.py

Two processes that differ in nothing else are asked for the same pictures in turn, in an order drawn anew each round.
Times are theirs, of CPU, from a picture's first byte to its answer, one look each.
"""

import argparse
import random
import statistics
import struct
import subprocess
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from notcontent.signals.drawing import draw_picture
from notcontent.signals.worker import WorkerLimits, encode_frame, worker_command

FILES = (
    ("JPEG 12 MP", 4000, 3000, "JPEG"),
    ("JPEG 2 MP", 1633, 1225, "JPEG"),
    ("JPEG 512x512", 512, 512, "JPEG"),
    ("PNG 2 MP", 1633, 1225, "PNG"),
    ("WebP 2 MP", 1633, 1225, "WEBP"),
)


def file(width: int, height: int, file_format: str) -> bytes:
    sink = BytesIO()
    draw_picture(1, width, height).save(sink, file_format, quality=90)
    return sink.getvalue()


class Decoder:
    """One process, and what it has cost."""

    def __init__(self, *, keeping: bool) -> None:
        command, environment = worker_command(WorkerLimits())
        if not keeping:
            environment = {name: value for name, value in environment.items() if not name.startswith("MALLOC_")}
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.answer()

    def answer(self) -> None:
        assert self.process.stdout  # noqa: S101
        (length,) = struct.unpack(">I", self.process.stdout.read(4))
        self.process.stdout.read(length)

    def milliseconds(self, data: bytes) -> float:
        assert self.process.stdin  # noqa: S101
        before = self.spent()
        self.process.stdin.write(encode_frame(data))
        self.process.stdin.flush()
        self.answer()
        return self.spent() - before

    def spent(self) -> float:
        return int(Path(f"/proc/{self.process.pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e6

    def megabytes(self) -> float:
        lines = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description="Time a decoder process with and without the pages that it keeps.")
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    files = {name: file(width, height, form) for name, width, height, form in FILES}
    decoders = {"keeping": Decoder(keeping=True), "not": Decoder(keeping=False)}
    times: dict[tuple[str, str], list[float]] = {(name, way): [] for name in files for way in decoders}
    chance = random.Random(1)  # noqa: S311 - an order that can be repeated
    for number in range(rounds + 1):
        for name in chance.sample(list(files), len(files)):
            for way in chance.sample(list(decoders), len(decoders)):
                spent = decoders[way].milliseconds(files[name])
                if number:  # the first round warms caches
                    times[name, way].append(spent)
    print(f"{datetime.now(UTC):%Y-%m-%d}. Milliseconds of CPU time: median (10th-90th percentile).\n")
    print("| | " + " | ".join(files) + " | resident at the end |\n|---" + "|---" * (len(files) + 1) + "|")
    for way, decoder in decoders.items():
        row = [times[name, way] for name in files]
        cuts = [statistics.quantiles(each, n=10, method="inclusive") for each in row]
        cells = [f"{statistics.median(each):.2f} ({c[0]:.2f}-{c[-1]:.2f})" for each, c in zip(row, cuts, strict=True)]
        print(f"| {way} | " + " | ".join(cells) + f" | {decoder.megabytes():.0f} MB |")
        decoder.process.kill()
        decoder.process.wait()


if __name__ == "__main__":
    main()
