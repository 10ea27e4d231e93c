r"""A process that hashes one untrusted video, so that a bomb, a crash or an endless loop kills it and nothing else.

    python -P -m notcontent.signals.video.worker [--memory-mb N] [--budget N] [--sketched N] [--max-bytes N] ...

`video_command` builds this line, and the environment that keeps NumPy to one thread. Whoever starts a worker owns its
life: it has no wall clock, and it is meant to be killed (SIGKILL) when it takes too long or has said enough. It may be
started ahead of its video: it greets, then waits for its stdin.

stdin is the video: a regular file is read in place; of anything else, a pipe, everything is read up to its end first,
or to one byte over the limit. Records come on stdout, each a length (4 bytes, big-endian) and that many bytes:

    b"notcontent-video-2"                  the greeting: everything is loaded and the limits hold
    b"\x02" time (8 bytes) seen (4)        how far it is: every 32 frames
    b"\x03" time (8 bytes) count (1)       a kept frame, then for each of its looks: quality (1), hash (32 bytes),
                                           length of the kind (1), kind (ASCII); the first is the frame as it is
    b"\x04" time (8 bytes) hash (32)       before the end: a kept frame that was sketched, then its sketches as
                                           `signals.worker` writes them; at most as many as were asked for
    b"\x00" time (8) seen (4) full (1) SHA-256 (32) MD5 (16)    the end of a video that was read to its end
    b"\x01" code (ASCII)                   the end of one that was not: an error's stable code, such as video_empty

Numbers are big-endian, times in milliseconds after the first frame. Any other end means that the video broke the
decoder: video_unreadable, video_memory when it was killed from outside. stderr stays empty.

Beyond that the process can do little: RLIMIT_AS bounds its memory, RLIMIT_CPU its processor time, RLIMIT_FSIZE = 0 its
files (none may grow), RLIMIT_CORE = 0 forbids core dumps, and RLIMIT_NOFILE = 0 refuses any further descriptor, so
that neither a file nor a socket can be opened once the video is read.
"""

import argparse
import io
import os
import resource
import secrets
import stat
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import BinaryIO

from notcontent.errors import ExtraMissingError, ImageError, NotContentError, VideoError, VideoMemoryError
from notcontent.signals.looks import WHOLE, Look
from notcontent.signals.video.film import load_ffmpeg
from notcontent.signals.video.hashing import Watch, digests
from notcontent.signals.video.keeping import Frame
from notcontent.signals.video.limits import DEFAULT_VIDEO_LIMITS, VideoLimits
from notcontent.signals.video.looking import make_looker, warm_up
from notcontent.signals.video.sampling import Sketched
from notcontent.signals.worker import (
    _BROKEN,
    ONE_THREAD,
    _address_space,
    decode_sketches,
    encode_frame,
    encode_sketches,
)

GREETING = b"notcontent-video-2"
LONGEST_RECORD = 64 * 1024

_END, _FAILED, _PROGRESS, _KEPT, _SKETCHED = 0, 1, 2, 3, 4
_FAR = struct.Struct(">QI")
_SUMMARY = struct.Struct(">QIB32s16s")
_TIME_COUNT = struct.Struct(">QB")
_TIME_HASH = struct.Struct(">Q32s")
_SAY_EVERY = 32
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class VideoWorkerLimits:
    """What one worker may use."""

    video: VideoLimits = DEFAULT_VIDEO_LIMITS
    memory_mb: int = 1024
    """Address space in MiB that a video may take on top of what the interpreter and its libraries hold."""
    cpu_s: int = 21_600
    """Processor seconds; the kernel ends a worker that took them. The owner's own timer is the tighter one."""
    budget: int = 1
    """The most looks at a kept frame; 1: as it is, and no edit is undone."""
    sketched: int = 0
    """The most kept frames that are sketched for estimates, spread over the video."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a worker is."""

    at_ms: int
    seen: int


@dataclass(frozen=True, slots=True, repr=False)
class End:
    """What a video that was read to its end came to; see HashedVideo."""

    duration_ms: int
    seen: int
    full: bool
    sha256: str
    md5: str

    def __repr__(self) -> str:
        """Show counts alone."""
        return f"<End after {self.seen} frames redacted>"


Record = Progress | Frame | Sketched | End


def video_command(limits: VideoWorkerLimits) -> tuple[list[str], dict[str, str]]:
    """Give the command line of a worker and the whole environment to start it with."""
    command = [sys.executable, "-P", "-m", "notcontent.signals.video.worker"]
    for name in _OWN:
        command += ["--" + name.replace("_", "-"), str(getattr(limits, name))]
    for field in fields(VideoLimits):
        command += ["--" + field.name.replace("_", "-"), str(getattr(limits.video, field.name))]
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "PYTHONPATH") if name in os.environ}
    return command, kept | ONE_THREAD


def encode_kept(frame: Frame) -> bytes:
    """Write the record of a kept frame."""
    looks = (Look(WHOLE, frame.value, frame.quality), *frame.looks)
    parts = [bytes([_KEPT]), _TIME_COUNT.pack(frame.t_ms, len(looks))]
    for look in looks:
        kind = look.kind.encode("ascii")
        parts.append(bytes([look.quality]) + look.value + bytes([len(kind)]) + kind)
    return b"".join(parts)


def encode_sketched(frame: Sketched) -> bytes:
    """Write the record of a frame that was sketched."""
    return bytes([_SKETCHED]) + _TIME_HASH.pack(frame.t_ms, frame.value) + encode_sketches(frame.sketches)


def encode_end(watch: Watch, sha256: str, md5: str) -> bytes:
    """Write the record of a video that was read to its end."""
    summary = _SUMMARY.pack(watch.at_ms, watch.seen, watch.full, bytes.fromhex(sha256), bytes.fromhex(md5))
    return bytes([_END]) + summary


def decode_record(payload: bytes) -> Record:
    """Read a record, or raise the error whose code it holds. What is torn or foreign is a VideoError."""
    if payload[:1] == bytes([_FAILED]):
        raise _ERRORS.get(payload[1:], VideoError)
    try:
        match payload[0]:
            case 2:
                return Progress(*_FAR.unpack(payload[1:]))
            case 3:
                return _kept(payload)
            case 4:
                t_ms, value = _TIME_HASH.unpack_from(payload, 1)
                return Sketched(t_ms, value, tuple(decode_sketches(payload[1 + _TIME_HASH.size :])))
            case 0:
                at_ms, seen, full, sha256, md5 = _SUMMARY.unpack(payload[1:])
                return End(at_ms, seen, bool(full), sha256.hex(), md5.hex())
    except (IndexError, ValueError, struct.error):  # of these UnicodeDecodeError is one
        pass
    raise VideoError


def _kept(payload: bytes) -> Frame:
    t_ms, count = _TIME_COUNT.unpack_from(payload, 1)
    position, looks = 1 + _TIME_COUNT.size, []
    for _ in range(count):
        quality, value, length = payload[position], payload[position + 1 : position + 33], payload[position + 33]
        position += 34 + length
        looks.append(Look(payload[position - length : position].decode("ascii"), value, quality))
    if position != len(payload) or not looks:
        raise VideoError
    return Frame(t_ms, looks[0].value, looks[0].quality, tuple(looks[1:]))


def _error_types(root: type[NotContentError]) -> dict[bytes, type[NotContentError]]:
    """List an error and its subclasses by code."""
    found = {root.code.encode("ascii"): root}
    for child in root.__subclasses__():
        found |= _error_types(child)
    return found


_ERRORS = _error_types(VideoError) | _error_types(ImageError)


def serve(source: BinaryIO, sink: BinaryIO, limits: VideoWorkerLimits) -> None:
    """Watch the video and write its records."""

    def say(payload: bytes) -> None:
        sink.write(encode_frame(payload))
        sink.flush()

    def on_frame(watch: Watch) -> None:
        if watch.seen % _SAY_EVERY == 0:
            say(bytes([_PROGRESS]) + _FAR.pack(watch.at_ms, watch.seen))

    try:
        looker = make_looker(limits.budget, sketches=limits.sketched > 0)
        watch = Watch(source, limits.video, looker, on_frame, sketched=limits.sketched, chance=secrets.randbelow)
        for frame in watch:
            say(encode_kept(frame))
        for sketched in watch.sketched:
            say(encode_sketched(sketched))
        say(encode_end(watch, *digests(source)))
    except (VideoError, ImageError) as error:
        say(bytes([_FAILED]) + error.code.encode("ascii"))
    except MemoryError:
        say(bytes([_FAILED]) + VideoMemoryError.code.encode("ascii"))


def _seekable(handle: int, most: int) -> BinaryIO:
    """Give the video as a file that can be sought: what came through a pipe is read into memory, up to the limit."""
    source = os.fdopen(handle, "rb")
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return source
    held = io.BytesIO()
    while held.tell() <= most and (part := source.read(min(_CHUNK, most + 1 - held.tell()))):
        held.write(part)
    return held


def _confine(limits: VideoWorkerLimits) -> None:
    """Bound this process for good. Everything that it will ever import must be loaded."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    allowed = _address_space() + (limits.memory_mb << 20)
    resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))
    # SIGXCPU, which ends it and tells why; SIGKILL a second later.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _parse(arguments: list[str]) -> VideoWorkerLimits:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="notcontent.signals.video.worker", allow_abbrev=False)
    for name in _OWN:
        parser.add_argument("--" + name.replace("_", "-"), type=int, default=getattr(_DEFAULT, name))
    for field in fields(VideoLimits):
        default = getattr(DEFAULT_VIDEO_LIMITS, field.name)
        parser.add_argument("--" + field.name.replace("_", "-"), type=int, default=default)
    given = vars(parser.parse_args(arguments))
    # What cannot fit is refused by its header: a clear answer instead of a failed allocation somewhere in a decoder.
    given["max_memory"] = min(given["max_memory"], given["memory_mb"] << 20)
    own = {name: given.pop(name) for name in _OWN}
    return VideoWorkerLimits(VideoLimits(**given), **own)


_DEFAULT = VideoWorkerLimits()
_OWN = tuple(field.name for field in fields(VideoWorkerLimits) if field.name != "video")


def main() -> None:
    """Run as a worker. Nothing but records reaches stdout, and nothing at all stderr."""
    limits = _parse(sys.argv[1:])
    handle, sink = os.dup(0), os.fdopen(os.dup(1), "wb")
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(silence, descriptor)
    try:
        with suppress(ExtraMissingError):  # animations need none
            load_ffmpeg()
        warm_up(limits.budget, sketches=limits.sketched > 0)
        _confine(limits)
        sink.write(encode_frame(GREETING))
        sink.flush()
        serve(_seekable(handle, limits.video.max_bytes), sink, limits)
        sink.close()
    except BrokenPipeError:
        os._exit(0)  # the owner is gone; flushing at exit would only fail again
    except BaseException:  # noqa: BLE001 - a trace could hold parts of a picture: end without one
        os._exit(_BROKEN)
    os._exit(0)  # at once: there is nothing to tidy, and FFmpeg's own tidying has seen hostile bytes


if __name__ == "__main__":
    main()
