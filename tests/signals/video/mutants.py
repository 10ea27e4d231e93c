"""Mutated videos, as many as time allows, in a process that may die: run by test_fuzz.py.

    python mutants.py SEED COUNT SECONDS

Prints each mutant's number before it is read, so that the last line names the one that ended the process, and at the
end a count of outcomes. The process is confined as a worker is. Memory that grows without end is a failure too.
"""

import os
import random
import resource
import sys
import time
from collections import Counter
from io import BytesIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

import numpy as np
from film_files import animated, draw_clip, film, sound_alone
from PIL import Image

from notcontent.errors import ImageError, VideoError
from notcontent.signals.video import VideoLimits, hash_video, is_video
from notcontent.signals.video.film import load_ffmpeg

LIMITS = VideoLimits(max_bytes=1_000_000, max_pixels=100_000, max_frames=300, max_animation_bytes=1_000_000)
GROWTH_KB = 400_000
_NUMBERS = (bytes(4), b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0\0\xff\xff", b"\xff\xff\0\0")


def seeds() -> list[bytes]:
    """Give small files of each container and codec."""
    frames = [np.asarray(Image.fromarray(each).resize((80, 64))) for each in draw_clip(5, seconds=1)]
    films = [
        ("mp4", "libx264", "yuv420p"),
        ("mp4", "libx265", "yuv420p"),
        ("mp4", "libsvtav1", "yuv420p"),
        ("mov", "mjpeg", "yuvj422p"),
        ("webm", "libvpx", "yuv420p"),
        ("webm", "libvpx-vp9", "yuv420p"),
        ("avi", "mpeg4", "yuv420p"),
        ("avi", "msmpeg4", "yuv420p"),
        ("mpegts", "mpeg2video", "yuv420p"),
        ("mpegts", "libx264", "yuv420p"),
    ]
    made = [film(frames, form, codec=codec, pix_fmt=layout) for form, codec, layout in films]
    faststart = film(frames, "mp4", rotation=90)
    return [
        *made,
        faststart,
        animated(frames, "GIF"),
        animated(frames, "WEBP"),
        animated(frames, "AVIF"),
        sound_alone(),
    ]


def mutant(seed: int, files: list[bytes]) -> bytes:
    """Damage one of the files: bits, numbers, pieces left out, doubled, moved or taken from another."""
    chance = random.Random(seed)  # noqa: S311 - chance that can be repeated is the point
    data = bytearray(chance.choice(files))
    for _ in range(chance.choice((1, 1, 2, 4, 16, 64))):
        if not data:
            break
        where = chance.choice((len(data), min(len(data), 600), len(data)))
        at = (
            chance.randrange(where) if chance.random() < 0.8 else len(data) - 1 - chance.randrange(min(1500, len(data)))
        )
        match chance.randrange(7):
            case 0:
                data[at] = chance.randrange(256)
            case 1:
                data[at] ^= 1 << chance.randrange(8)
            case 2:
                data[at : at + 4] = chance.choice(_NUMBERS)
            case 3:
                del data[at : at + chance.choice((1, 4, 40, 4000))]
            case 4:
                data[at:at] = data[at : at + chance.choice((1, 8, 400, 4000))]
            case 5:
                other = chance.choice(files)
                begin = chance.randrange(len(other))
                data[at : at + 64] = other[begin : begin + 64]
            case _:
                data[at:at] = chance.randbytes(chance.randrange(1, 20))
    return bytes(data)


def outcome(data: bytes) -> str:
    """Hash it as the command line and the gate do."""
    try:
        if not is_video(BytesIO(data)):
            return "picture"
        found = hash_video(data, LIMITS)
    except (VideoError, ImageError) as error:
        return error.code
    assert found.frames
    assert found.seen <= LIMITS.max_frames
    return "hashed"


def resident_kb() -> int:
    """Give the memory that is held now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024


def main() -> None:
    """Run until the count or the time is used up."""
    first, count, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    files = seeds()
    load_ffmpeg()
    space = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (space + (1 << 30), space + (1 << 30)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    outcomes: Counter[str] = Counter()
    begun, settled, longest = time.monotonic(), 0, (0.0, 0)
    for number in range(first, first + count):
        if time.monotonic() - begun > seconds:
            break
        os.write(1, f"{number}\n".encode())
        before = time.monotonic()
        outcomes[outcome(mutant(number, files))] += 1
        longest = max(longest, (time.monotonic() - before, number))
        if sum(outcomes.values()) == 200:
            settled = resident_kb()
    grown = resident_kb() - settled if settled else 0
    sys.stdout.write(f"{dict(outcomes)}; grown {grown} kB; longest {longest[0]:.2f} s (mutant {longest[1]})\n")
    if grown > GROWTH_KB:
        sys.exit("memory grows")
    if longest[0] > 30:
        sys.exit("too slow")


if __name__ == "__main__":
    main()
