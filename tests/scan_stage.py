"""Archives of drawn pictures, and what a scan of them came to."""

from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from picture_files import drawn, saved
from PIL import Image, ImageEnhance

from notcontent.matching.bankfile import Bank, BankEntry
from notcontent.matching.estimating import EstimatePolicy
from notcontent.scan.bank import BankCompared, bank_rows
from notcontent.scan.pipeline import Summary
from notcontent.signals import hash_image

BANKED = (3, 5)
NO_ESTIMATES = EstimatePolicy(budget=0, false_holds=1e-4, min_quality=50)


@cache
def picture(seed: int) -> Image.Image:
    return drawn(seed, 320, 240)


def edited(image: Image.Image, how: str) -> bytes:
    """A copy as people make them."""
    match how:
        case "smaller":
            return saved(image.resize((200, 150)), "PNG")
        case "worse":
            return saved(image, "JPEG", quality=25)
        case "brighter":
            return saved(ImageEnhance.Brightness(image).enhance(1.15), "WEBP", quality=90)
        case _:
            raise AssertionError(how)


EDITS = ("smaller", "worse", "brighter")


@cache
def jpeg(seed: int) -> bytes:
    return saved(picture(seed), "JPEG", quality=90)


@cache
def value_of(seed: int) -> bytes:
    sink = BytesIO()
    picture(seed).save(sink, "PNG")
    return hash_image(sink.getvalue()).value


def a_bank(seeds: tuple[int, ...] = BANKED) -> Bank:
    return Bank(tuple(BankEntry(value_of(seed), f"picture {seed}") for seed in seeds), None, 0)


ESTIMATES = EstimatePolicy(budget=400, false_holds=1e-4, min_quality=50)


@cache
def cropped(seed: int) -> bytes:
    """A part of a larger picture, whose hash no look at the part meets."""
    return saved(drawn(seed, 640, 480).crop((64, 20, 620, 420)), "JPEG")


def compared(seeds: tuple[int, ...] = BANKED, estimates: EstimatePolicy = NO_ESTIMATES) -> BankCompared:
    return BankCompared(bank_rows(a_bank(seeds)), 31, estimates)


def fill(folder: Path, seeds: range) -> None:
    """Write a picture for each seed, some of them in folders."""
    for seed in seeds:
        place = folder / ("inner" if seed % 2 else ".") / f"{seed}.jpg"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(jpeg(seed))


def rows_of(out: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for part in sorted((out / "results").iterdir()):
        found += pq.read_table(part).to_pylist()
    return found


def by_name(out: Path) -> dict[str, dict[str, Any]]:
    """Rows by file name; fails when one came out twice."""
    rows = rows_of(out)
    named = {row["path"].rsplit("/", 1)[-1]: row for row in rows}
    assert len(named) == len(rows)
    return named


ScanIt = Callable[..., Summary]
