"""What people do to clips before they share them again, each with parameters drawn by chance."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from film_files import Rgb, film
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFont

from notcontent.signals.estimates.guesses import inscribed

FPS = 12
Frames = list[Rgb]


@dataclass(frozen=True)
class Edited:
    """An edited clip: its frames, and how it is encoded."""

    frames: Frames
    fps: float = FPS
    crf: int = 28
    file_format: str = "mp4"

    def file(self) -> bytes:
        """Encode it."""
        if self.file_format == "GIF":
            return _gif(self.frames)
        even = [frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2] for frame in self.frames]
        return film(even, self.file_format, fps=max(1, round(self.fps)), crf=str(self.crf))


Edit = Callable[[Frames, Frames, Generator], Edited]
"""Takes the clip, a stranger's clip, and chance."""


def _resized(frame: Rgb, width: int, height: int) -> Rgb:
    return np.asarray(Image.fromarray(frame).resize((max(16, width), max(16, height)), Image.Resampling.BICUBIC))


def _on(canvas: Rgb, frame: Rgb, top: int, left: int) -> Rgb:
    filled = canvas.copy()
    filled[top : top + frame.shape[0], left : left + frame.shape[1]] = frame
    return filled


def _paper(height: int, width: int, level: int) -> Rgb:
    return np.full((height // 2 * 2 + 2, width // 2 * 2 + 2, 3), level, np.uint8)


def _piece(frames: Frames, chance: Generator, least: float = 0.3, most: float = 0.6) -> Frames:
    length = max(8, round(len(frames) * chance.uniform(least, most)))
    begin = int(chance.integers(0, max(1, len(frames) - length)))
    return frames[begin : begin + length]


def _speed(frames: Frames, factor: float) -> Frames:
    return [frames[min(len(frames) - 1, int(n * factor))] for n in range(int(len(frames) / factor))]


def _letterbox(frames: Frames, chance: Generator, aspect: float) -> Frames:
    height, width = frames[0].shape[:2]
    level = int(chance.choice([0, 0, 255]))
    tall, wide = (max(height, round(width / aspect)), max(width, round(height * aspect)))
    paper = _paper(tall, wide, level)
    top, left = (paper.shape[0] - height) // 2, (paper.shape[1] - width) // 2
    return [_on(paper, frame, top, left) for frame in frames]


def _border(frames: Frames, chance: Generator) -> Frames:
    height, width = frames[0].shape[:2]
    edge = round(min(height, width) * chance.uniform(0.03, 0.12))
    paper = _paper(height + 2 * edge, width + 2 * edge, int(chance.integers(0, 256)))
    return [_on(paper, frame, edge, edge) for frame in frames]


def _caption(frames: Frames, chance: Generator) -> Frames:
    height, width = frames[0].shape[:2]
    bar = round(height * chance.uniform(0.1, 0.25))
    paper = _paper(height + bar, width, 255)
    drawn = Image.fromarray(paper)
    ImageDraw.Draw(drawn).text((8, bar // 3), "look what somebody sent", fill=(0, 0, 0))
    return [_on(np.asarray(drawn), frame, bar, 0) for frame in frames]


def _watermark(frames: Frames, chance: Generator) -> Frames:
    height, width = frames[0].shape[:2]
    mark = Image.new("L", (width, height), 0)
    brush = ImageDraw.Draw(mark)
    step = int(chance.integers(50, 90))
    for top in range(0, height, step):
        for left in range(0, width, step * 2):
            brush.text((left, top), "@channel", fill=int(chance.integers(60, 120)))
    veil = np.asarray(mark, np.float32)[..., None] / 255
    return [(frame * (1 - veil) + 255 * veil).astype(np.uint8) for frame in frames]


def _logo(frames: Frames, chance: Generator) -> Frames:
    height, width = frames[0].shape[:2]
    side = round(min(height, width) * chance.uniform(0.1, 0.2))
    colour = tuple(int(each) for each in chance.integers(0, 256, 3))
    covered = []
    for frame in frames:
        image = Image.fromarray(frame)
        ImageDraw.Draw(image).ellipse((width - side - 6, 6, width - 6, side + 6), fill=colour)
        covered.append(np.asarray(image))
    return covered


def _crop(frames: Frames, chance: Generator, kept: float) -> Frames:
    height, width = frames[0].shape[:2]
    tall, wide = round(height * kept**0.5), round(width * kept**0.5)
    top, left = int(chance.integers(0, height - tall + 1)), int(chance.integers(0, width - wide + 1))
    return [frame[top : top + tall, left : left + wide] for frame in frames]


def _askew(frames: Frames, chance: Generator) -> Frames:
    """Turn by 2 to 6 degrees, either way, and cut away the empty corners."""
    degrees = float(chance.uniform(2, 6)) * (1 if chance.random() < 0.5 else -1)
    height, width = frames[0].shape[:2]
    keep = inscribed(degrees, width / height)
    tall, wide = round(height * keep), round(width * keep)
    top, left = (height - tall) // 2, (width - wide) // 2
    turned = (np.asarray(Image.fromarray(one).rotate(degrees, Image.Resampling.BICUBIC)) for one in frames)
    return [one[top : top + tall, left : left + wide] for one in turned]


def _words(frames: Frames, chance: Generator) -> Frames:
    """Write over the picture, white with a dark outline, as captions of short videos are."""
    height, width = frames[0].shape[:2]
    font = ImageFont.load_default(round(height * chance.uniform(0.08, 0.12)))
    place = width / 2, height * chance.uniform(0.15, 0.85)
    written = []
    for frame in frames:
        image = Image.fromarray(frame)
        ImageDraw.Draw(image).text(
            place, "WAIT FOR IT", "white", font, "mm", stroke_width=max(1, height // 120), stroke_fill="black"
        )
        written.append(np.asarray(image))
    return written


def _brighter(frames: Frames, chance: Generator) -> Frames:
    gain, gamma = chance.uniform(0.75, 1.25), chance.uniform(0.7, 1.4)
    table = np.clip(255 * (np.arange(256) / 255) ** gamma * gain, 0, 255).astype(np.uint8)
    return [table[frame] for frame in frames]


def _mirrored(frames: Frames) -> Frames:
    return [frame[:, ::-1] for frame in frames]


def _fitted(frames: Frames, like: Frames) -> Frames:
    height, width = like[0].shape[:2]
    return [_resized(frame, width, height) for frame in frames]


def _within(frames: Frames, stranger: Frames, chance: Generator) -> Frames:
    """Lay the clip into a stranger's three times as long."""
    others = _fitted(stranger, frames) * 3
    place = int(chance.integers(0, len(others)))
    return others[:place] + frames + others[place:]


def _gif(frames: Frames) -> bytes:
    sink = BytesIO()
    pictures = [Image.fromarray(_resized(each, 240, 240 * each.shape[0] // each.shape[1])) for each in frames[::3]]
    pictures[0].save(sink, "GIF", save_all=True, append_images=pictures[1:], duration=250, loop=0)
    return sink.getvalue()


def _halved(frames: Frames) -> Frames:
    height, width = frames[0].shape[:2]
    return [_resized(frame, width // 2, height // 2) for frame in frames]


EDITS: Mapping[str, Edit] = {
    "encoded again, crf 32": lambda own, _, __: Edited(own, crf=32),
    "half size, crf 38": lambda own, _, __: Edited(_halved(own), crf=38),
    "half the frames a second": lambda own, _, __: Edited(own[::2], fps=FPS / 2),
    "cut of 30-60 %": lambda own, _, chance: Edited(_piece(own, chance)),
    "inside a stranger's clip, 1:3": lambda own, other, chance: Edited(_within(own, other, chance)),
    "half of it inside a stranger's, 1:6": lambda own, other, chance: Edited(
        _within(_piece(own, chance, 0.5, 0.5), other, chance)
    ),
    "speed 0.8": lambda own, _, __: Edited(_speed(own, 0.8)),
    "speed 1.25": lambda own, _, __: Edited(_speed(own, 1.25)),
    "mirrored": lambda own, _, __: Edited(_mirrored(own)),
    "turned by 90 degrees": lambda own, _, __: Edited([np.rot90(frame) for frame in own]),
    "letterbox 9:16": lambda own, _, chance: Edited(_letterbox(own, chance, 9 / 16)),
    "pillarbox 16:9 or 2:1": lambda own, _, chance: Edited(
        _letterbox(own, chance, 16 / 9 if own[0].shape[1] < 1.6 * own[0].shape[0] else 2.2)
    ),
    "border 3-12 %": lambda own, _, chance: Edited(_border(own, chance)),
    "caption bar 10-25 %": lambda own, _, chance: Edited(_caption(own, chance)),
    "watermark over all": lambda own, _, chance: Edited(_watermark(own, chance)),
    "logo in a corner": lambda own, _, chance: Edited(_logo(own, chance)),
    "brightness and gamma": lambda own, _, chance: Edited(_brighter(own, chance)),
    "crop keeping 95 %": lambda own, _, chance: Edited(_crop(own, chance, 0.95)),
    "crop keeping 85 %": lambda own, _, chance: Edited(_crop(own, chance, 0.85)),
    "crop keeping 70-85 %": lambda own, _, chance: Edited(_crop(own, chance, chance.uniform(0.7, 0.85))),
    "crop 85 %, half of it in a stranger's, 1:6": lambda own, other, chance: Edited(
        _crop(_within(_piece(own, chance, 0.5, 0.5), other, chance), chance, 0.85)
    ),
    "turned by 2-6 degrees, cut": lambda own, _, chance: Edited(_askew(own, chance)),
    "words over it": lambda own, _, chance: Edited(_words(own, chance)),
    "GIF, 4 frames a second": lambda own, _, __: Edited(own, file_format="GIF"),
    "mirrored, letterbox, cut, speed 1.1": lambda own, _, chance: Edited(
        _letterbox(_speed(_mirrored(_piece(own, chance)), 1.1), chance, 9 / 16), crf=32
    ),
}
