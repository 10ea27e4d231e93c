r"""A process that decodes untrusted pictures, so that a bomb, a crash or an endless loop kills it and nothing else.

    python -P -m notcontent.signals.worker [--memory-mb N] [--budget N] [--sketches] [--max-bytes N] ...

`worker_command` builds this line, and the environment that keeps NumPy to one thread. Whoever starts a worker owns its
life: it has no clock, and it is meant to be killed (SIGKILL) when a picture takes too long.

Protocol, over stdin and stdout. A frame is a length (4 bytes, big-endian) and that many bytes.

    worker -> owner   one greeting, b"notcontent-worker-2", when everything is loaded and the limits hold
    owner -> worker   a picture's file, as it is (an empty frame is an empty file)
    worker -> owner   one answer, before the next picture is read:
                        b"\x00" + count (1 byte), then for each look: quality (1 byte), hash (32 bytes),
                                   length of the kind (1 byte), kind (ASCII);
                                   then count of sketches (1 byte), for each: quality (1 byte), length of the kind
                                   (1 byte), kind (ASCII), shape and 24 x 24 cosines (float32, little-endian)
                        b"\x01" + the error's stable code (ASCII), such as image_truncated

A worker ends with 0 when its stdin ends between two frames. It answers image_memory and goes on when a picture wants
more memory than allowed. Any other end before an answer means that the picture broke the decoder: the owner answers
image_unreadable (image_time, when it was the owner who killed it) and starts another. stderr stays empty, because a
trace of a decoder may hold parts of a picture.

Beyond the protocol the process can do little: RLIMIT_AS bounds its memory, RLIMIT_FSIZE = 0 its files (none may grow),
RLIMIT_CORE = 0 forbids core dumps, which would hold pictures.
"""

import argparse
import os
import resource
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from notcontent.errors import ImageError, ImageMemoryError, NotContentError
from notcontent.signals.estimates import Sketch
from notcontent.signals.estimates.prior import CELLS
from notcontent.signals.hevc import load_hevc
from notcontent.signals.limits import DEFAULT_LIMITS, Limits
from notcontent.signals.looks import Look, decoded, see
from notcontent.signals.sketching import sketches_of
from notcontent.signals.views.sheet import make_sheet

GREETING = b"notcontent-worker-2"
DEFAULT_MEMORY_MB = 1024

_OK, _FAILED = 0, 1
_LENGTH = struct.Struct(">I")
_CHUNK = 1 << 20
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""The part of an environment that keeps NumPy to one thread: several wait for each other busily, and matrices here are
small."""
_KEPT_MB = 64
"""MiB, of those that a picture may take, that may stay between pictures: freed, but not given back to the kernel. A
WebP of 2 megapixels takes half as long again when all its pages are handed out and zeroed anew."""
_KEEPING = {"MALLOC_TRIM_THRESHOLD_": str(_KEPT_MB << 20), "MALLOC_MMAP_THRESHOLD_": str(_KEPT_MB << 19)}
"""The same, told to glibc: it comes to this by itself once a piece of 32 MiB was freed. Other libraries do not heed it.
"""
_NUMBERS = 4 * (1 + CELLS * CELLS)
_BROKEN = 70
"""Exit code when the program itself failed (EX_SOFTWARE)."""


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """What one worker may use: for each picture, and in all."""

    picture: Limits = DEFAULT_LIMITS
    memory_mb: int = DEFAULT_MEMORY_MB
    """Address space in MiB that a picture may take on top of what the interpreter and its libraries hold."""
    budget: int = 1
    """The most looks at a picture."""
    sketches: bool = False
    """Whether it is also sketched for estimates."""


def worker_command(limits: WorkerLimits) -> tuple[list[str], dict[str, str]]:
    """Give the command line of a worker and the whole environment to start it with."""
    picture = limits.picture
    command = [sys.executable, "-P", "-m", "notcontent.signals.worker"]
    command += ["--memory-mb", str(limits.memory_mb), "--budget", str(limits.budget)]
    command += ["--sketches"] if limits.sketches else []
    command += ["--max-bytes", str(picture.max_bytes), "--max-pixels", str(picture.max_pixels)]
    command += ["--max-memory", str(picture.max_memory)]
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "PYTHONPATH") if name in os.environ}
    return command, kept | ONE_THREAD | _KEEPING


def encode_frame(payload: bytes) -> bytes:
    """Put a length before the bytes."""
    return _LENGTH.pack(len(payload)) + payload


class Sight(NamedTuple):
    """What was seen of one picture: its looks, and sketches of it when they were asked for."""

    looks: list[Look]
    sketches: list[Sketch]


def encode_answer(seen: Sight) -> bytes:
    """Write the answer of a picture that was hashed."""
    parts = [bytes([_OK, len(seen.looks)])]
    for look in seen.looks:
        kind = look.kind.encode("ascii")
        parts.append(bytes([look.quality]) + look.value + bytes([len(kind)]) + kind)
    return b"".join([*parts, encode_sketches(seen.sketches)])


def encode_sketches(sketches: Sequence[Sketch]) -> bytes:
    """Write at most 255 sketches, their count first."""
    parts = [bytes([len(sketches)])]
    for one in sketches:
        kind = one.kind.encode("ascii")
        numbers = np.append(np.float32(one.shape), one.cosines.ravel()).astype("<f4")
        parts.append(bytes([one.quality, len(kind)]) + kind + numbers.tobytes())
    return b"".join(parts)


def encode_error(error: NotContentError) -> bytes:
    """Write the answer of a picture that was refused."""
    return bytes([_FAILED]) + error.code.encode("ascii")


def decode_answer(payload: bytes) -> Sight:
    """Read an answer: what was seen, or the ImageError whose code it holds, raised. Anything else is an ImageError."""
    if payload[:1] == bytes([_FAILED]):
        raise _ERRORS.get(payload[1:], ImageError)
    looks: list[Look] = []
    try:
        if payload[0] != _OK:
            raise ImageError
        position = 2
        for _ in range(payload[1]):
            quality, value, length = payload[position], payload[position + 1 : position + 33], payload[position + 33]
            position += 34 + length
            looks.append(Look(payload[position - length : position].decode("ascii"), value, quality))
        return Sight(looks, decode_sketches(payload[position:]))
    except (IndexError, ValueError):  # of these UnicodeDecodeError is one
        raise ImageError from None


def decode_sketches(payload: bytes) -> list[Sketch]:
    """Read what `encode_sketches` wrote, and nothing behind it. Raises IndexError or ValueError for anything else."""
    sketches: list[Sketch] = []
    position = 1
    for _ in range(payload[0]):
        quality, length = payload[position], payload[position + 1]
        position += 2 + length
        kind = payload[position - length : position].decode("ascii")
        sketches.append(_sketch(kind, payload[position : position + _NUMBERS], quality))
        position += _NUMBERS
    if position != len(payload):
        raise ValueError("There is more than sketches.")
    return sketches


def _sketch(kind: str, numbers: bytes, quality: int) -> Sketch:
    """Read a sketch. Raises ValueError for too few numbers, and for such as no picture gives."""
    shape, *_ = values = np.frombuffer(numbers, "<f4", 1 + CELLS * CELLS).astype(np.float32)
    if not np.isfinite(values).all() or shape <= 0:
        raise ValueError("Not the numbers of a sketch.")
    return Sketch(kind, values[1:].reshape(CELLS, CELLS), float(shape), quality)


def _error_types(root: type[ImageError]) -> dict[bytes, type[ImageError]]:
    """List an error and its subclasses by code."""
    found = {root.code.encode("ascii"): root}
    for child in root.__subclasses__():
        found |= _error_types(child)
    return found


_ERRORS = _error_types(ImageError)


def serve(source: BinaryIO, sink: BinaryIO, limits: WorkerLimits) -> None:
    """Answer picture after picture until the source ends. A frame that is cut off ends it too."""
    sink.write(encode_frame(GREETING))
    sink.flush()
    while len(head := source.read(_LENGTH.size)) == _LENGTH.size:
        (length,) = _LENGTH.unpack(head)
        sink.write(encode_frame(_answer(source, length, limits)))
        sink.flush()


def _answer(source: BinaryIO, length: int, limits: WorkerLimits) -> bytes:
    """Read one picture of that many bytes and hash it; one over the limit is read past, never held."""
    data = source.read(length) if length <= limits.picture.max_bytes else _read_past(source, length)
    if len(data) < length <= limits.picture.max_bytes:
        raise SystemExit(0)  # the owner is gone
    try:
        limits.picture.check_bytes(length)
        return encode_answer(sight_of(data, limits))
    except ImageError as error:
        return encode_error(error)
    except MemoryError:
        return encode_error(ImageMemoryError())
    except Exception:  # noqa: BLE001 - a mistake of ours is to cost this picture its answer, and no process
        return encode_error(ImageError())


def sight_of(data: bytes, limits: WorkerLimits) -> Sight:
    """Look at a picture, and sketch it when that is asked for, in this process. Raises ImageError or a subclass."""
    raster = decoded(data, limits.picture)
    made = make_sheet(raster.luma) if limits.sketches else None
    seen = see(raster, limits.budget, made)
    return Sight([one.look for one in seen], sketches_of(raster, seen, made) if limits.sketches else [])


def _read_past(source: BinaryIO, length: int) -> bytes:
    """Drop that many bytes, and give none."""
    while length and (dropped := len(source.read(min(length, _CHUNK)))):
        length -= dropped
    return b""


def _confine(memory_mb: int) -> None:
    """Bound this process for good: address space, written files, core dumps."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    allowed = _address_space() + (memory_mb << 20)
    resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))


def _address_space() -> int:
    """Bytes of address space in use; 0 where the system does not tell (RLIMIT_AS then counts from nothing)."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()


def _parse(arguments: list[str]) -> WorkerLimits:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="notcontent.signals.worker", allow_abbrev=False)
    parser.add_argument("--memory-mb", type=int, default=DEFAULT_MEMORY_MB)
    parser.add_argument("--budget", type=int, default=1)
    parser.add_argument("--sketches", action="store_true")
    for field in fields(Limits):
        parser.add_argument("--" + field.name.replace("_", "-"), type=int, default=getattr(DEFAULT_LIMITS, field.name))
    given = vars(parser.parse_args(arguments))
    memory_mb, budget, sketches = given.pop("memory_mb"), given.pop("budget"), given.pop("sketches")
    # What cannot fit is refused by its header: a clear answer instead of a failed allocation somewhere in a decoder.
    given["max_memory"] = min(given["max_memory"], memory_mb << 20)
    return WorkerLimits(Limits(**given), memory_mb, budget, sketches)


def main() -> None:
    """Run as a worker. Nothing but the protocol reaches stdout, and nothing at all stderr."""
    limits = _parse(sys.argv[1:])
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(silence, descriptor)
    with suppress(ImageError):  # HEIC, where it can be read: loaded later it would take what a picture may
        load_hevc()
    _confine(limits.memory_mb)
    try:
        serve(source, sink, limits)
    except BrokenPipeError:
        os._exit(0)  # the owner is gone; flushing at exit would only fail again
    except Exception:  # noqa: BLE001 - a trace could hold parts of a picture: end without one
        os._exit(_BROKEN)  # also when a picture's bytes found no memory: the rest of its frame is lost


if __name__ == "__main__":
    main()
