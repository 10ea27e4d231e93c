"""Estimated looks: which edited copies they find, and what evidence strangers reach.

A copy's evidence is that of its best estimate against the one hash of its picture. Strangers are pictures of another
package than the entry's: packages hold the same scene twice, recoloured or cut, and those are rightly found.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.robustness import edits as e
from bench.robustness.evidence import estimates_of_file, findable
from bench.robustness.pictures import Picture
from bench.robustness.recall import upload
from notcontent.matching.estimating import LEAST_COARSE
from notcontent.signals.estimates.weighing import signs

KEPT_FROM = 4.0
"""Evidence of strangers that is kept."""
SAME = ("earth", "world")
"""Several packages show the Earth: pairs of names that both have one of these words are not counted."""
_BLOCK = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Strangers:
    """What unrelated pairs reached: for each upload the highest evidences, and how many pairs it was compared with."""

    names: tuple[str, ...]
    pairs: NDArray[np.int64]
    reached: tuple[NDArray[np.float64], ...]
    nearest: tuple[tuple[float, str, str], ...]


def strangers(
    pictures: list[Picture], bank: NDArray[np.uint8], names: list[str], budget: int, seed: int, processes: int
) -> Strangers:
    """Compare one edited upload of every picture with all entries of other packages."""
    packages = np.array([_package(name) for name in names])
    same = np.array([_shows_same(name) for name in names])
    kept, pairs, reached, nearest = [], [], [], []
    jobs = ((picture, bank, packages, same, budget, seed + place) for place, picture in enumerate(pictures))
    with ProcessPoolExecutor(processes) as pool:
        for picture, (count, found) in zip(pictures, pool.map(_compared, jobs), strict=True):
            kept.append(picture.name)
            pairs.append(count)
            reached.append(np.array([value for value, _ in found]))
            nearest += [(value, picture.name, names[entry]) for value, entry in found]
    order = sorted(nearest, reverse=True)[:12]
    return Strangers(tuple(kept), np.array(pairs), tuple(reached), tuple(order))


def _package(name: str) -> str:
    return name.removeprefix("part of ").split(" ")[0]


def _shows_same(name: str) -> bool:
    return any(word in name.lower() for word in SAME)


def _compared(
    job: tuple[Picture, NDArray[np.uint8], NDArray[np.str_], NDArray[np.bool_], int, int],
) -> tuple[int, list[tuple[float, int]]]:
    picture, bank, packages, shows_same, budget, seed = job
    found = estimates_of_file(upload(edited(picture.image, np.random.default_rng(seed))), budget)
    others = np.flatnonzero((packages != _package(picture.name)) & ~(shows_same & _shows_same(picture.name)))
    signed = found.weights[:, ::-1] * signs(found.values)
    reached = []
    for start in range(0, len(others), _BLOCK):
        places = others[start : start + _BLOCK]
        scores = signs(bank[places]) @ signed.T if len(signed) else np.zeros((len(places), 1))
        for near in np.flatnonzero(scores.max(axis=1) >= LEAST_COARSE):
            entry = bank[places[near]]
            value = findable(found, int(scores[near].argmax()), float(scores[near].max()), entry)
            if value >= KEPT_FROM:
                reached.append((value, int(places[near])))
    return len(others), reached


def edited(image: Image.Image, chance: np.random.Generator) -> Image.Image:
    """Give an upload that a picture makes: as it is, cropped, captioned, letterboxed, or with words on it."""
    way = int(chance.integers(5))
    if way == 0:
        return image
    if way == 1:
        return e.crop_area(image, float(chance.uniform(0.7, 0.95)), chance)
    if way == 2:
        return e.captioned(image, float(chance.uniform(0.08, 0.3)), e.WHITE, on_top=bool(chance.random() < 0.5))
    return e.letterboxed(image, 9 / 16, e.BLACK) if way == 3 else e.meme(image)


def tail_of(
    found: Strangers, levels: list[float], seed: int = 1, draws: int = 200
) -> Iterator[tuple[float, float, float]]:
    """Give for each level the share of pairs that reach it, and its 95 % upper bound by drawing uploads anew."""
    counts = np.array([[(values >= level).sum() for level in levels] for values in found.reached])
    chance = np.random.default_rng(seed)
    drawn = chance.integers(len(counts), size=(draws, len(counts)))
    shares = np.sort(counts[drawn].sum(axis=1) / found.pairs[drawn].sum(axis=1)[:, None], axis=0)
    for place, level in enumerate(levels):
        yield level, float(counts[:, place].sum() / found.pairs.sum()), float(shares[int(0.95 * draws), place])
