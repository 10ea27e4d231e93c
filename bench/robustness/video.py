"""How many edited clips are found, and how many strangers' are.

    OPENBLAS_NUM_THREADS=1 python -m bench.robustness.video [--clips FOLDER] [--tune] [--seed N]

Twenty clips are drawn; FOLDER may hold more (docs/explanation/robustness-video.md says which were used). Each is banked
as the frames that are kept of it, all in one bank. Every edit of every clip is then screened as the gate screens it,
and counted by what becomes of its own group ("same": blocked, "likely": held) and of all others: those are strangers.
What no look finds is estimated, as in banks of several sizes.
`--tune` takes other drawn clips, those by which the numbers in `matching/clips.py` were chosen.
"""

import argparse
import secrets
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import av
import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "tests"))

from film_files import draw_clip, film

from bench.robustness.video_edits import EDITS, FPS, Edit, Frames, _resized
from notcontent.matching import MihIndex, rows_from_hashes
from notcontent.matching.bankestimates import IndexedBank
from notcontent.matching.clip_estimating import DEFAULT_FRAMES, FrameFit, frame_fits, holding, levels_for
from notcontent.matching.clips import Clip, ClipFinding, FrameHit, judge_clip
from notcontent.matching.estimating import DEFAULT_FALSE_HOLDS, REACH, EstimatePolicy
from notcontent.signals.estimates import DEFAULT_BUDGET as MOST_GUESSES
from notcontent.signals.video import Frame, Watch, hash_video
from notcontent.signals.video.looking import DEFAULT_BUDGET, make_looker
from notcontent.signals.video.sampling import Sketched

RADIUS, FLOOR, LONGEST_S, SIDE = 31, 50, 10, 480
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
ESTIMATES = EstimatePolicy(MOST_GUESSES, DEFAULT_FALSE_HOLDS, FLOOR)
CLIP_FILES = (".mp4", ".m4v", ".mov", ".avi", ".webm", ".mkv", ".gif")


@dataclass
class Found:
    """What became of the clips of one edit."""

    own: Counter[Clip] = field(default_factory=Counter)
    strangers: Counter[Clip] = field(default_factory=Counter)
    pairs: int = 0
    frames: int = 0
    runs: Counter[int] = field(default_factory=Counter)
    held: Counter[int] = field(default_factory=Counter)
    """Own clips found, or held by estimates, in a bank of that size; of all edits together, uploads held for others."""
    estimated: int = 0
    drawn: int = 0
    missed: list[str] = field(default_factory=list)


class Banked:
    """All clips' kept frames in one index, by the clip they are of."""

    def __init__(self, groups: list[tuple[Frame, ...]]) -> None:
        """Index them."""
        self.sizes = [len(group) for group in groups]
        self.owner = [number for number, group in enumerate(groups) for _ in group]
        self.times = [frame.t_ms for group in groups for frame in group]
        self.values = rows_from_hashes([frame.value for group in groups for frame in group])
        self.index = MihIndex.build(self.values)
        self.estimated = IndexedBank(self.index, np.array(self.owner, np.int64))

    def judge(self, frames: list[Frame]) -> dict[int, ClipFinding]:
        """Give the finding of every group that anything was near to."""
        looks = [(f.t_ms, value) for f in frames for value in (f.value, *(look.value for look in f.looks))]
        found = self.index.search(rows_from_hashes([value for _, value in looks]), RADIUS)
        hits: dict[int, list[FrameHit]] = {}
        for query, (at_ms, _) in enumerate(looks):
            for place in found.of(query)[0].tolist():
                hits.setdefault(self.owner[place], []).append(FrameHit(at_ms, self.times[place], place))
        return {group: judge_clip(some, len(frames), self.sizes[group]) for group, some in hits.items()}

    def held(self, sketched: list[Sketched]) -> dict[int, set[int]]:
        """Give for banks of several sizes the groups for which estimates hold an upload: as if this were one."""
        levels = {size: levels_for(size, len(sketched), ESTIMATES.false_holds) for size in SIZES}
        least = levels[SIZES[0]]
        fits = []
        for frame in sketched:
            value = rows_from_hashes([frame.value])[0]
            for fit in frame_fits(self.estimated, frame.sketches, ESTIMATES, least).fits:
                place = fit.slot
                entry_ms, entry = self.times[place], self.values[place]
                fits.append(FrameFit(frame.t_ms, value, self.owner[place], entry_ms, entry, fit))
        held = {}
        for size, some in levels.items():
            able = [one for one in fits if one.fit.evidence >= some.agreeing and some.agreeing <= REACH]
            held[size] = {self.owner[one.of.fit.slot] for one in holding(able, some)}
        return held


class Trial:
    """Tries edits on every clip, and adds up what becomes of strangers."""

    def __init__(self, clips: dict[str, Frames], names: list[str], banked: Banked, options: argparse.Namespace) -> None:
        """Take the clips and their bank."""
        self._clips, self._names, self._banked = clips, names, banked
        self._seed, self._frames = options.seed, options.frames
        self._looker = make_looker(DEFAULT_BUDGET, sketches=True)
        self.totals = Found()

    def of(self, edit: str, change: Edit) -> Found:
        """Try one edit."""
        found, names = Found(), self._names
        for number, name in enumerate(names):
            chance = np.random.Generator(np.random.PCG64([self._seed, number, len(edit)]))
            following = (number + 1) % len(names)
            edited = change(self._clips[name], self._clips[names[following]], chance)
            guest = following if "stranger" in edit else number  # really in it, so no stranger
            self._screen(edited.file(), name, guest, found)
        return found

    def _screen(self, file: bytes, name: str, guest: int, found: Found) -> None:
        number, totals = self._names.index(name), self.totals
        watch = Watch(BytesIO(file), looker=self._looker, sketched=self._frames, chance=secrets.randbelow)
        shown = [frame for frame in watch if frame.quality >= FLOOR]
        findings = self._banked.judge(shown)
        own = findings.pop(number, None)
        clip = own.clip if own else Clip.STRAY
        found.own[clip] += 1
        found.drawn += clip is Clip.SAME and name.startswith("drawn")
        if clip is Clip.STRAY:
            found.missed.append(name)
        held = self._banked.held(watch.sketched) if clip is not Clip.SAME else {}
        for size in SIZES:
            found.held[size] += clip is not Clip.STRAY or number in held[size]
            totals.held[size] += bool(held and held[size] - {number, guest})
        totals.estimated += bool(held)
        totals.frames += len(shown)
        totals.pairs += len(self._names) - (1 if guest == number else 2)
        for group, finding in findings.items():
            if group != guest:
                totals.strangers[finding.clip] += 1
                totals.runs[finding.run] += 1


def read_clip(path: Path) -> Frames:
    """Give a file's first seconds at FPS frames a second, at most SIDE pixels wide or high."""
    frames: Frames = []
    with av.open(str(path), "r") as container:
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time * FPS >= len(frames):
                pixels = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
                share = min(1.0, SIDE / max(pixels.shape[:2]))
                frames.append(_resized(pixels, round(pixels.shape[1] * share), round(pixels.shape[0] * share)))
            if len(frames) >= FPS * LONGEST_S:
                break
    return [frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2] for frame in frames]


def clips_of(folder: Path | None, seeds: range) -> dict[str, Frames]:
    """Draw clips, and read what the folder holds; too short or too plain ones are named and left out."""
    clips = {f"drawn {seed}": draw_clip(seed, seconds=8, fps=FPS, width=384, height=288) for seed in seeds}
    for path in sorted(folder.iterdir()) if folder else []:
        if path.suffix in CLIP_FILES:
            frames = read_clip(path)
            if len(frames) >= FPS:
                clips[path.name] = frames
            else:
                print(f"left out, {len(frames)} frames: {path.name}")
    return clips


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--clips", type=Path)
    parser.add_argument("--tune", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--frames", type=int, default=DEFAULT_FRAMES, help="frames estimated from")
    parser.add_argument("--edits", default="", help="only those in whose names one of these is, with commas between")
    options = parser.parse_args()
    clips = clips_of(options.clips, range(500, 520) if options.tune else range(600, 620))
    groups: dict[str, tuple[Frame, ...]] = {}
    for name, frames in clips.items():
        kept = tuple(f for f in hash_video(film(frames, fps=FPS, crf="20")).frames if f.quality >= FLOOR)
        if kept:
            groups[name] = kept
        else:
            print(f"left out, too plain: {name}")
    names = list(groups)
    sizes = sorted(len(group) for group in groups.values())
    drawn = sum(name.startswith("drawn") for name in names)
    print(f"{len(names)} clips, {drawn} drawn; frames kept {sizes[0]}-{sizes[-1]}, median {sizes[len(sizes) // 2]}")
    begun, trial = time.process_time(), Trial(clips, names, Banked(list(groups.values())), options)
    sizes_shown = " ".join(f"{size:>10,}" for size in SIZES)
    print(f"{'edit':43} {'same':>5} {'likely':>6} {sizes_shown}   same of drawn; not found by looks")
    for edit, change in EDITS.items():
        if not any(part in edit for part in options.edits.split(",")):
            continue
        found = trial.of(edit, change)
        n = len(names)
        likely = n - found.own[Clip.STRAY]
        in_banks = " ".join(f"{100 * found.held[size] / n:9.0f}%" for size in SIZES)
        print(
            f"{edit:43} {100 * found.own[Clip.SAME] / n:4.0f}% {100 * likely / n:5.0f}% {in_banks}   "
            f"{found.drawn}/{drawn}; {', '.join(found.missed) or '-'}",
            flush=True,
        )
    totals = trial.totals
    by = totals.strangers
    print(f"strangers: {totals.pairs} pairs of an upload and a clip that is not in it")
    print(f"  same {by[Clip.SAME]}, likely {by[Clip.LIKELY]}, stray {by[Clip.STRAY]}; runs {dict(totals.runs)}")
    print(f"  {totals.estimated} uploads estimated; held for strangers, by the bank's size: {dict(totals.held)}")
    print(f"{totals.frames} frames kept of all uploads; {time.process_time() - begun:.0f} s of processor time")


if __name__ == "__main__":
    main()
