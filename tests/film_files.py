"""Films that the tests and the benchmark look at, made by PyAV itself from drawn pictures: nobody is in them."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from io import BytesIO
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from notcontent.signals.drawing import draw_picture

Rgb = NDArray[np.uint8]
Edit = Callable[[Rgb], Rgb]

CODECS = {"mp4": "libx264", "matroska": "libx264", "webm": "libvpx", "avi": "mpeg4", "mpegts": "mpeg2video"}


def draw_clip(seed: int, seconds: float = 6.0, fps: int = 12, width: int = 320, height: int = 240) -> list[Rgb]:
    """Draw a clip of several shots, panned over, zoomed into or held, and cut together. Equal seeds, equal clips."""
    chance = np.random.Generator(np.random.PCG64([seed, 77]))
    frames: list[Rgb] = []
    total = round(seconds * fps)
    shot = 0
    while len(frames) < total:
        length = min(total - len(frames), round(fps * float(chance.uniform(1.0, 3.0))))
        frames += _shot(seed * 100 + shot, chance, max(1, length), width, height)
        shot += 1
    return frames[:total]


def _shot(seed: int, chance: np.random.Generator, length: int, width: int, height: int) -> Iterator[Rgb]:
    """Move a window over a larger picture, from one place and size to another."""
    scene = draw_picture(seed, width * 2, height * 2)
    begin, end = chance.uniform(0, 1, 3), chance.uniform(0, 1, 3)
    end = np.clip(begin + (end - begin) * (0.02 if chance.random() < 0.2 else 0.35), 0, 1)
    for step in np.linspace(0, 1, length):
        across, down, near = begin + (end - begin) * step
        wide = width * 2 * (1 - 0.45 * near)
        tall = height * 2 * (1 - 0.45 * near)
        left, top = across * (width * 2 - wide), down * (height * 2 - tall)
        box = (left, top, left + wide, top + tall)
        yield np.asarray(scene.resize((width, height), Image.Resampling.BILINEAR, box=box))


@contextmanager
def ordinary_time() -> Iterator[None]:
    """Leave the block with the scheduling that it was entered with.

    SVT-AV1, run as root, gives whoever opens an encoder real-time priority over the whole machine: every later test in
    that process, and all that these start, would starve the rest.
    """
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, parameters)


def film(
    frames: Iterable[Rgb],
    file_format: str = "mp4",
    *,
    codec: str | None = None,
    fps: int = 12,
    pix_fmt: str = "yuv420p",
    rotation: int = 0,
    **options: str,
) -> bytes:
    """Encode frames of one size as a file."""
    frames, codec = list(frames), codec or CODECS[file_format]
    sink = BytesIO()
    with ordinary_time(), av.open(sink, "w", format=file_format) as container:
        stream: Any = container.add_stream(codec, rate=fps)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pix_fmt
        stream.codec_context.thread_count = 1
        if codec in {"libx264", "libx265"}:
            options = {"preset": "ultrafast", "crf": "23"} | options
        else:
            stream.bit_rate = 2_000_000
        stream.options = options
        if rotation:
            stream.set_display_rotation(rotation)
        for each in frames:
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(each), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return sink.getvalue()


def animated(frames: Iterable[Rgb], file_format: str = "GIF", duration: int = 80) -> bytes:
    """Give frames as an animated GIF or WebP."""
    pictures = [Image.fromarray(each) for each in frames]
    sink = BytesIO()
    pictures[0].save(sink, file_format, save_all=True, append_images=pictures[1:], duration=duration, loop=0)
    return sink.getvalue()


def retimed(data: bytes, stamps: Callable[[int], int | None], file_format: str = "matroska") -> bytes:
    """Put a film's packets into another file with other time stamps: `stamps` gives packet n's, in milliseconds."""
    sink = BytesIO()
    with av.open(BytesIO(data), "r") as old, av.open(sink, "w", format=file_format) as new:
        stream: Any = new.add_stream_from_template(old.streams.video[0])
        for number, packet in enumerate(old.demux(video=0)):
            if packet.size:
                packet.stream, packet.time_base = stream, Fraction(1, 1000)
                packet.pts = packet.dts = stamps(number)
                new.mux(packet)
    return sink.getvalue()


def repeated(data: bytes, times: int) -> bytes:
    """Play an AVI of pictures that need no other (MJPEG, a frame a second) so many times, without encoding it again."""
    sink = BytesIO()
    with av.open(BytesIO(data), "r") as old, av.open(sink, "w", format="avi") as new:
        stream: Any = new.add_stream_from_template(old.streams.video[0])
        bodies = [bytes(packet) for packet in old.demux(video=0) if packet.size]
        for number in range(times * len(bodies)):
            packet = av.Packet(bodies[number % len(bodies)])
            packet.stream, packet.time_base = stream, Fraction(1, 1)
            packet.pts = packet.dts = number
            packet.is_keyframe = True
            new.mux(packet)
    return sink.getvalue()


def sound_alone() -> bytes:
    """Give an MP4 with a track of sound and none of pictures."""
    sink = BytesIO()
    with av.open(sink, "w", format="mp4") as container:
        stream: Any = container.add_stream("aac", rate=44100)
        for number in range(20):
            noise = np.zeros((1, 1024), np.float32)
            sound = av.AudioFrame.from_ndarray(noise, format="fltp", layout="mono")
            sound.sample_rate, sound.pts = 44100, number * 1024
            container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    return sink.getvalue()
