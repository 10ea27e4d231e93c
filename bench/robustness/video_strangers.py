"""How often estimates of frames hold a video of strangers.

    OPENBLAS_NUM_THREADS=1 python -m bench.robustness.video_strangers [--tune] [--most N]

Clips are made of the pictures of `pictures.py`: a window moves over one to three of them (of one package), as a camera
does. Each is banked as the frames that are kept of it, and a crop of it, keeping 70 to 95 % of the area, is the upload:
twelve frames are asked about. Clips of one package are not compared, since packages hold the same scene twice. `--tune`
takes the other half of the pictures, those by which the numbers in `matching/clip_estimating.py` were chosen.
"""

import argparse
import secrets
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from PIL import Image

from bench.robustness import pictures as sets
from notcontent.matching import MihIndex, rows_from_hashes
from notcontent.matching.bankestimates import IndexedBank
from notcontent.matching.clip_estimating import DEFAULT_FRAMES, FrameFit, Levels, holding
from notcontent.matching.estimating import EstimatePolicy, fits_from
from notcontent.signals import Luma
from notcontent.signals.estimates import DEFAULT_BUDGET as MOST_GUESSES
from notcontent.signals.video import DEFAULT_VIDEO_LIMITS, Frame
from notcontent.signals.video.keeping import Keeper, Picture
from notcontent.signals.video.looking import DEFAULT_BUDGET, make_looker
from notcontent.signals.video.sampling import Sampler, Sketched

SETS = (*sets.DEVELOPMENT[1:], *sets.JUDGING[1:], *sets.DISTRACTORS[:-1], *sets.STRANGERS)
WIDTH, HEIGHT, FPS = 384, 288, 6
FIRST_LEVEL = 5.0
NEVER = 99.0
FLOOR = DEFAULT_VIDEO_LIMITS.min_quality


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A clip of strangers: what is banked of it, and what is sketched of its crop."""

    package: str
    kept: tuple[Frame, ...]
    sketched: tuple[Sketched, ...]


def clips_of(pictures: list[sets.Picture], chance: Generator) -> Iterator[Clip]:
    """Make clips of pictures, each used once."""
    by_package: dict[str, list[sets.Picture]] = defaultdict(list)
    for picture in pictures:
        by_package[picture.name.partition(" ")[0]].append(picture)
    for package, some in sorted(by_package.items()):
        rest = [some[place] for place in chance.permutation(len(some))]
        while rest:
            count = int(chance.integers(1, 4))
            frames = [frame for one in rest[:count] for frame in _shot(one.image, chance)]
            rest = rest[count:]
            kept, _ = _watched(frames, 0)
            _, sketched = _watched(_cropped(frames, chance), DEFAULT_FRAMES)
            yield Clip(package, kept, sketched)


def _shot(image: Image.Image, chance: Generator) -> Iterator[Luma]:
    """Move a window over a picture for 1 to 2.5 seconds; one shot in five hardly moves."""
    begin, end = chance.uniform(0, 1, 3), chance.uniform(0, 1, 3)
    end = np.clip(begin + (end - begin) * (0.02 if chance.random() < 0.2 else 0.35), 0, 1)
    widest = min(image.width, image.height * WIDTH / HEIGHT)
    for step in np.linspace(0, 1, int(FPS * chance.uniform(1.2, 2.5))):
        across, down, near = begin + (end - begin) * step
        wide = widest * (1 - 0.3 * near)
        tall = wide * HEIGHT / WIDTH
        left, top = across * (image.width - wide), down * (image.height - tall)
        box = (left, top, left + wide, top + tall)
        window = image.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR, box=box)
        yield np.asarray(window.convert("L"))


def _cropped(frames: list[Luma], chance: Generator) -> list[Luma]:
    share = chance.uniform(0.7, 0.95) ** 0.5
    tall, wide = round(HEIGHT * share), round(WIDTH * share)
    top, left = int(chance.integers(0, HEIGHT - tall + 1)), int(chance.integers(0, WIDTH - wide + 1))
    return [np.ascontiguousarray(frame[top : top + tall, left : left + wide]) for frame in frames]


def _watched(frames: list[Luma], sketched: int) -> tuple[tuple[Frame, ...], tuple[Sketched, ...]]:
    sampler = Sampler(sketched, secrets.randbelow)
    looker = make_looker(DEFAULT_BUDGET, sketches=True) if sketched else None
    keeper = Keeper(DEFAULT_VIDEO_LIMITS, looker, sampler)
    offered = (keeper.offer(Picture(n * 1000 // FPS, frame, limited=False)) for n, frame in enumerate(frames))
    return tuple(one for one in offered if one is not None), tuple(sampler.chosen())


def fits_of(clips: list[Clip]) -> tuple[dict[tuple[int, int], list[FrameFit]], int, int]:
    """Give each pair's fits (upload, banked clip), and how many pairs of frames and of clips were compared."""
    owners = np.array([number for number, clip in enumerate(clips) for _ in clip.kept])
    entries = [frame for clip in clips for frame in clip.kept]
    rows = rows_from_hashes([frame.value for frame in entries])
    packages = np.array([clip.package for clip in clips])
    bank, policy = IndexedBank(MihIndex.build(rows), owners), EstimatePolicy(MOST_GUESSES, 1.0, FLOOR)
    found: dict[tuple[int, int], list[FrameFit]] = defaultdict(list)
    frames = pairs = 0
    for upload, clip in enumerate(clips):
        others = packages[owners] != clip.package
        frames += int(others.sum()) * len(clip.sketched)
        pairs += int((packages != clip.package).sum()) if clip.sketched else 0
        for frame in clip.sketched:
            value = rows_from_hashes([frame.value])[0]
            for fit in fits_from(bank, frame.sketches, policy, FIRST_LEVEL, NEVER).fits:
                if others[fit.slot]:
                    owner, entry = int(owners[fit.slot]), entries[fit.slot]
                    one = FrameFit(frame.t_ms, value, owner, entry.t_ms, rows[fit.slot], fit)
                    found[upload, owner].append(one)
    return found, frames, pairs


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tune", action="store_true")
    parser.add_argument("--most", type=int, default=120)
    options = parser.parse_args()
    begun = time.process_time()
    pictures, _ = sets.load(SETS, most=options.most, longest=512)
    clips = list(clips_of(pictures[options.tune :: 2], np.random.default_rng(7 + options.tune)))
    found, frames, pairs = fits_of(clips)
    asked = sum(len(clip.sketched) for clip in clips)
    print(f"{len(clips)} clips, {sum(len(clip.kept) for clip in clips)} frames banked, {asked} asked about")
    print(f"{frames:.2g} pairs of frames, {pairs} of an upload and a clip of another package\n")
    print("| evidence | pairs of frames | pairs of clips by one frame | by frames that agree |\n|---|---|---|---|")
    for level in np.arange(FIRST_LEVEL, 12.1, 0.5):
        single = sum(one.fit.evidence >= level for some in found.values() for one in some)
        by_one = sum(any(one.fit.evidence >= level for one in some) for some in found.values())
        able = ([one for one in some if one.fit.evidence >= level] for some in found.values())
        agreeing = sum(bool(holding(some, Levels(NEVER, float(level)))) for some in able)
        print(f"| {level:.1f} | {single} | {by_one} | {agreeing} |")
    print(f"\n{time.process_time() - begun:.0f} s of processor time")


if __name__ == "__main__":
    main()
