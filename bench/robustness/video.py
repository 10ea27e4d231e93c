"""How many edited clips are found, and how many strangers' are.

    OPENBLAS_NUM_THREADS=1 python -m bench.robustness.video [--clips FOLDER] [--tune] [--seed N]

Twenty clips are drawn; FOLDER may hold more (docs/explanation/robustness-video.md says which were used). Each is banked
as the frames that are kept of it, all in one bank. Every edit of every clip is then screened as the gate screens it,
and counted by what becomes of its own group ("same": blocked, "likely": held) and of all others: those are strangers.
`--tune` takes other drawn clips, those by which the numbers in `matching/clips.py` were chosen.
"""

import argparse
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

from bench.robustness.video_edits import EDITS, FPS, Frames, _resized
from notcontent.matching import LinearIndex, rows_from_hashes
from notcontent.matching.clips import Clip, ClipFinding, FrameHit, judge_clip
from notcontent.signals.video import Frame, Watch, hash_video
from notcontent.signals.video.looking import DEFAULT_BUDGET, make_looker

RADIUS, FLOOR, LONGEST_S, SIDE = 31, 50, 10, 480
CLIP_FILES = (".mp4", ".m4v", ".mov", ".avi", ".webm", ".mkv", ".gif")


@dataclass
class Found:
    """What became of the clips of one edit."""

    own: Counter[Clip] = field(default_factory=Counter)
    strangers: Counter[Clip] = field(default_factory=Counter)
    pairs: int = 0
    frames: int = 0
    runs: Counter[int] = field(default_factory=Counter)


class Banked:
    """All clips' kept frames in one index, by the clip they are of."""

    def __init__(self, groups: list[tuple[Frame, ...]]) -> None:
        """Index them."""
        self.sizes = [len(group) for group in groups]
        self.owner = [number for number, group in enumerate(groups) for _ in group]
        self.times = [frame.t_ms for group in groups for frame in group]
        self.index = LinearIndex()
        values = rows_from_hashes([frame.value for group in groups for frame in group])
        self.index.add(values, np.arange(len(values), dtype=np.uint32))

    def judge(self, frames: list[Frame]) -> dict[int, ClipFinding]:
        """Give the finding of every group that anything was near to."""
        looks = [(f.t_ms, value) for f in frames for value in (f.value, *(look.value for look in f.looks))]
        found = self.index.search(rows_from_hashes([value for _, value in looks]), RADIUS)
        hits: dict[int, list[FrameHit]] = {}
        for query, (at_ms, _) in enumerate(looks):
            for place in found.of(query)[0].tolist():
                hits.setdefault(self.owner[place], []).append(FrameHit(at_ms, self.times[place], place))
        return {group: judge_clip(some, len(frames), self.sizes[group]) for group, some in hits.items()}


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
    banked, looker = Banked(list(groups.values())), make_looker(DEFAULT_BUDGET)
    begun, totals = time.process_time(), Found()
    print(f"{'edit':38} {'same':>6} {'at least likely':>16}   of which drawn; not found")
    for edit, change in EDITS.items():
        found, missed, drawn_found = Found(), [], 0
        for number, name in enumerate(names):
            chance = np.random.Generator(np.random.PCG64([options.seed, number, len(edit)]))
            other = clips[names[(number + 1) % len(names)]]
            uploaded = list(Watch(BytesIO(change(clips[name], other, chance).file()), looker=looker))
            shown = [frame for frame in uploaded if frame.quality >= FLOOR]
            findings = banked.judge(shown)
            guest = (number + 1) % len(names) if "stranger" in edit else number  # really in it, so no stranger
            own = findings.pop(number, None)
            clip = own.clip if own else Clip.STRAY
            found.own[clip] += 1
            drawn_found += clip is Clip.SAME and name.startswith("drawn")
            if clip is Clip.STRAY:
                missed.append(name)
            totals.frames += len(shown)
            for group, finding in findings.items():
                if group != guest:
                    totals.strangers[finding.clip] += 1
                    totals.runs[finding.run] += 1
            totals.pairs += len(names) - (1 if guest == number else 2)
        n = len(names)
        likely = n - found.own[Clip.STRAY]
        print(
            f"{edit:38} {100 * found.own[Clip.SAME] / n:5.0f}% {100 * likely / n:15.0f}%   {drawn_found}/{drawn}; "
            f"{', '.join(missed) or '-'}",
            flush=True,
        )
    by = totals.strangers
    print(f"strangers: {totals.pairs} pairs of an upload and a clip that is not in it")
    print(f"  same {by[Clip.SAME]}, likely {by[Clip.LIKELY]}, stray {by[Clip.STRAY]}; runs {dict(totals.runs)}")
    print(f"{totals.frames} frames kept of all uploads; {time.process_time() - begun:.0f} s of processor time")


if __name__ == "__main__":
    main()
