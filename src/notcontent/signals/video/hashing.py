"""One video from beginning to end: frames as they come, then what the whole came to."""

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from notcontent.errors import VideoEmptyError, VideoFormatError, VideoTooLargeError
from notcontent.signals.limits import DEFAULT_LIMITS
from notcontent.signals.video.animation import animation_pictures, moves
from notcontent.signals.video.film import film_pictures
from notcontent.signals.video.formats import HEAD_BYTES, VideoFormat, sniff_video
from notcontent.signals.video.keeping import Frame, Keeper, Looker, Picture
from notcontent.signals.video.limits import DEFAULT_VIDEO_LIMITS, VideoLimits
from notcontent.signals.video.sampling import Sampler, Sketched

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, repr=False)
class HashedVideo:
    """What a video came to. The digests are of the file's bytes: networks that know no frames use them."""

    frames: tuple[Frame, ...]
    """In the order in which they are shown; at least one."""
    seen: int
    """Frames that were decoded and looked at."""
    duration_ms: int
    """Time of the last frame that was looked at, after the first."""
    full: bool
    """Whether the budget of frames was used up, so that not all that is new was kept."""
    sha256: str
    md5: str

    def __repr__(self) -> str:
        """Show counts alone."""
        return f"<HashedVideo of {len(self.frames)} frames redacted>"


class Watch:
    """Looks at one video. Iterating gives the kept frames, each as soon as it is decoded.

    Raises VideoError or a subclass, an ImageError for what is wrong with an animation as a picture, ExtraMissingError
    for a film where PyAV is not installed. At least one frame comes, or VideoEmptyError.
    """

    def __init__(
        self,
        source: BinaryIO,
        limits: VideoLimits = DEFAULT_VIDEO_LIMITS,
        looker: Looker | None = None,
        on_frame: Callable[["Watch"], None] = lambda _watch: None,
        *,
        sketched: int = 0,
        chance: Callable[[int], int] = lambda below: below // 2,
    ) -> None:
        """Take an open file that can be sought; `on_frame` is called after every frame, kept or not.

        Of `sketched` kept frames, at most, the looker is asked for sketches. Which ones is left to `chance`, a number
        from 0 to below another; whoever screens strangers' videos gives one that nobody can reckon.
        """
        self._source = source
        self._limits = limits
        self._sampler = Sampler(sketched, chance)
        self._keeper = Keeper(limits, looker, self._sampler)
        self._on_frame = on_frame

    @property
    def seen(self) -> int:
        """Frames looked at so far."""
        return self._keeper.seen

    @property
    def at_ms(self) -> int:
        """The time of the last frame that was looked at."""
        return self._keeper.end_ms

    @property
    def full(self) -> bool:
        """Whether something new was passed over, or the rest not looked at, because the budget was used up."""
        return self._keeper.full or self._keeper.thrifty

    @property
    def sketched(self) -> list[Sketched]:
        """The frames that were sketched, spread over what was looked at."""
        return self._sampler.chosen()

    def __iter__(self) -> Iterator[Frame]:
        """Decode, and give what is kept."""
        kept = 0
        for picture in self._pictures():
            frame = self._keeper.offer(picture)
            self._on_frame(self)
            if frame is not None:
                kept += 1
                yield frame
            if self._keeper.full:
                return
        if not kept:
            plain = self._keeper.last()
            if plain is None:
                raise VideoEmptyError
            yield plain

    def _pictures(self) -> Iterator[Picture]:
        """Find out what the file is, within its limits, and begin to decode."""
        size = self._source.seek(0, io.SEEK_END)
        self._limits.check_bytes(size)
        form = format_of(self._source)
        if form is None:
            raise VideoFormatError
        if not form.is_animation:
            return film_pictures(self._source, form, self._limits)
        if size > self._limits.max_animation_bytes:
            raise VideoTooLargeError
        return animation_pictures(self._source.read(), form, self._limits)


def is_video(source: BinaryIO, most_parts: int = DEFAULT_LIMITS.max_parts) -> bool:
    """Tell whether an open file is a video, and not a picture: a GIF, WebP or AVIF is one when it moves.

    Also when `most_parts` of its blocks or chunks did not tell.
    """
    form = format_of(source)
    if form is None or not form.is_animation:
        return form is not None
    moving = moves(source.read(DEFAULT_VIDEO_LIMITS.max_animation_bytes), form, most_parts)
    source.seek(0)
    return moving


def hash_video(source: BinaryIO | bytes, limits: VideoLimits = DEFAULT_VIDEO_LIMITS) -> HashedVideo:
    """Hash a whole video in this process, without a limit of time: `process` is for what strangers made.

    Raises as `Watch` does.
    """
    opened = io.BytesIO(source) if isinstance(source, bytes) else source
    watch = Watch(opened, limits)
    frames = tuple(watch)
    return HashedVideo(frames, watch.seen, watch.at_ms, watch.full, *digests(opened))


def digests(source: BinaryIO) -> tuple[str, str]:
    """Give SHA-256 and MD5 of all bytes, in hexadecimal."""
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    source.seek(0)
    while chunk := source.read(_CHUNK):
        sha256.update(chunk)
        md5.update(chunk)
    return sha256.hexdigest(), md5.hexdigest()


def format_of(source: BinaryIO) -> VideoFormat | None:
    """Read the head, and go back to the start."""
    source.seek(0)
    form = sniff_video(source.read(HEAD_BYTES))
    source.seek(0)
    return form
