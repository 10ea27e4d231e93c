"""Edited copies against the one hash of the picture that they were made from: at which look each is found."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.robustness.cases import Case, by_chance, fixed
from bench.robustness.evidence import NONE, best_evidence, estimates_of
from bench.robustness.pictures import LEAST_QUALITY, Picture
from notcontent.signals import hash_image
from notcontent.signals.looks import DEFAULT_BUDGET, decoded, family, see
from notcontent.signals.pattern import patterns

RADIUS = 31
MOST = 255
UPLOAD_QUALITY = 90
"""Every copy is uploaded as a JPEG of this quality, whatever was done to it before."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one copy. `distances` are those of its looks in order, 256 for a look that is too plain."""

    picture: str
    group: str
    name: str
    kinds: tuple[str, ...]
    distances: tuple[int, ...]
    little: tuple[bool, ...]
    """Whether the look's or the picture's hash says little."""
    evidence: float
    """What estimates say for it; NONE when nothing was estimated."""

    def found(self, budget: int) -> bool:
        """Whether one of the first `budget` looks meets the picture's hash."""
        return min(self.distances[:budget]) <= RADIUS

    def meets(self, radii: Mapping[str, int], budget: int) -> bool:
        """Whether one of the first `budget` looks meets the picture's hash within the radius of its family.

        `radii` has one for "pattern" too, for hashes that say little.
        """
        seen = zip(self.kinds[:budget], self.distances, self.little, strict=False)
        return any(bits <= radii["pattern" if little else family(kind)] for kind, bits, little in seen)

    def by(self, budget: int) -> str:
        """Give the kind of the first of these looks that does; empty when none does."""
        hits = (kind for kind, bits in zip(self.kinds[:budget], self.distances, strict=False) if bits <= RADIUS)
        return next(hits, "")


def upload(image: Image.Image) -> bytes:
    """Save a copy the way it is uploaded."""
    sink = BytesIO()
    image.convert("RGB").save(sink, "JPEG", quality=UPLOAD_QUALITY)
    return sink.getvalue()


def banked_hash(image: Image.Image) -> NDArray[np.uint8]:
    """Give a picture's hash as its owner banks it, u8[32]."""
    sink = BytesIO()
    image.save(sink, "PNG")
    return np.frombuffer(hash_image(sink.getvalue()).value, np.uint8)


def edited(name: str, image: Image.Image, others: list[Image.Image], seed: int) -> Iterator[Case]:
    """Edit a picture in every way. Equal seeds and names give equal copies."""
    key = [seed, *name.encode()]
    yield from fixed(image, others, np.random.default_rng([0, *key]))
    yield from by_chance(image, others, np.random.default_rng([1, *key]))


def outcomes(
    pictures: list[Picture],
    seed: int,
    processes: int,
    groups: frozenset[str] = frozenset(),
    *,
    estimated: bool = True,
) -> Iterator[Outcome]:
    """Edit every picture in every way, and look. Equal seeds give equal copies, whatever else is in the set.

    Without `estimated` nothing is, which saves most of the time.
    """
    jobs = [
        (
            picture.name,
            picture.image,
            [pictures[(place + step) % len(pictures)].image for step in range(1, 9)],
            seed,
            groups,
            estimated,
        )
        for place, picture in enumerate(pictures)
    ]
    with ProcessPoolExecutor(processes) as pool:
        for done in pool.map(_edited, jobs):
            yield from done


def _edited(job: tuple[str, Image.Image, list[Image.Image], int, frozenset[str], bool]) -> list[Outcome]:
    name, image, others, seed, groups, estimated = job
    banked = banked_hash(image)
    done = []
    for case in edited(name, image, others, seed):
        if groups and case.group not in groups:
            continue
        raster = decoded(upload(case.image))
        taken = see(raster, MOST)
        seen = [one.look for one in taken]
        weight = best_evidence(estimates_of(raster, taken[:DEFAULT_BUDGET]), banked) if estimated else NONE
        values = np.frombuffer(b"".join(look.value for look in seen), np.uint8).reshape(-1, 32)
        bits = np.bitwise_count(values ^ banked).sum(axis=1, dtype=int)
        plain = np.array([look.quality < LEAST_QUALITY for look in seen])
        kinds = tuple(look.kind for look in seen)
        little = patterns(values) | patterns(banked[None])
        distances = tuple(np.where(plain, 256, bits).tolist())
        done.append(Outcome(name, case.group, case.name, kinds, distances, tuple(little.tolist()), weight))
    return done
