"""A video as the bank holds it: a group of frames, sealed together, sent together, withdrawn together.

One entry is one video. Its frames are packed into one value, so that whoever holds the entry holds all of it, and
nothing of it can be lost or kept behind on the way. The digest of the packed frames stands for the video where a
picture's hash stands for the picture: in the event's `value`, and so in its commitment.
"""

import hashlib
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

MAX_FRAMES = 2_000
"""Frames that one video may have: as many as are kept of one at the most."""
MAX_T_MS = 2**53 - 1
VALUE_BYTES = 32
_FRAME = struct.Struct(">QB32s")  # milliseconds, quality, hash


@dataclass(frozen=True, slots=True)
class BankedFrame:
    """One frame: milliseconds after the first one, quality 0..100, and 32 bytes of PDQ."""

    t_ms: int
    quality: int
    value: bytes

    def __repr__(self) -> str:
        """Show the time alone."""
        return f"<BankedFrame at {self.t_ms} ms redacted>"


def is_video(frames: Sequence[BankedFrame]) -> bool:
    """Tell whether these frames can be one video's: 1 to MAX_FRAMES, no hash twice, times that never run backwards."""
    return (
        1 <= len(frames) <= MAX_FRAMES
        and all(len(one.value) == VALUE_BYTES and 0 <= one.quality <= 100 for one in frames)
        and all(0 <= one.t_ms <= MAX_T_MS for one in frames)
        and all(earlier.t_ms <= later.t_ms for earlier, later in pairwise(frames))
        and len({one.value for one in frames}) == len(frames)
    )


def pack_frames(frames: Iterable[BankedFrame]) -> bytes:
    """Give frames as one value: 41 bytes each (time, quality, hash), in order."""
    return b"".join(_FRAME.pack(one.t_ms, one.quality, one.value) for one in frames)


def unpack_frames(packed: bytes) -> tuple[BankedFrame, ...]:
    """Take packed frames apart. Raises ValueError when their length does not fit."""
    if not packed or len(packed) % _FRAME.size:
        raise ValueError("These are no packed frames.")
    return tuple(BankedFrame(*fields) for fields in _FRAME.iter_unpack(packed))


def count_packed(packed: bytes) -> int:
    """Give how many frames a packed value holds."""
    return len(packed) // _FRAME.size


def video_digest(packed: bytes) -> bytes:
    """Give the 32 bytes that stand for a video: SHA-256 of its packed frames."""
    return hashlib.sha256(packed).digest()
