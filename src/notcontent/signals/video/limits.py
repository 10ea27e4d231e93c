"""What one video may cost, and how many of its frames are kept."""

from dataclasses import dataclass

from notcontent.errors import VideoMemoryError, VideoTooLargeError, VideoTooLongError


@dataclass(frozen=True, slots=True)
class VideoLimits:
    """Bounds on an untrusted video. Wall time is the owner's to bound: it kills the process (`worker`)."""

    max_bytes: int = 4_000_000_000
    """Size of the file."""
    max_pixels: int = 36_000_000
    """Width times height of a frame, as stored: a little more than 8K."""
    max_memory: int = 2_000_000_000
    """Bytes that decoding may need in all, by an estimate from the header: decoders do not always tell what failed."""
    max_frames: int = 1_000_000
    """Frames decoded, and packets read: nine hours at 30 a second."""
    max_s: int = 43_200
    """Seconds from the first frame to the last, by the file's own clock as far as it makes sense."""
    max_animation_bytes: int = 100_000_000
    """Size of a GIF, WebP or AVIF, which is read into memory."""
    kept_at_once: int = 60
    """Frames that may be kept without waiting; the allowance is never larger than this."""
    kept_a_minute: int = 120
    """How fast the allowance grows back, in minutes of the video."""
    kept_in_all: int = 2_000
    """Frames kept of one video. When so many are, the rest of it is not looked at, and the result says so."""
    min_quality: int = 50
    """Plainer frames are kept only when there is no other: then the best one."""

    def check_bytes(self, count: int) -> None:
        """Refuse a file of more bytes (VideoTooLargeError)."""
        if count > self.max_bytes:
            raise VideoTooLargeError

    def check_size(self, width: int, height: int) -> None:
        """Refuse frames of more pixels (VideoTooLargeError)."""
        if width * height > self.max_pixels:
            raise VideoTooLargeError

    def check_memory(self, count: int) -> None:
        """Refuse a video that is estimated to need more memory (VideoMemoryError)."""
        if count > self.max_memory:
            raise VideoMemoryError

    def check_frames(self, count: int) -> None:
        """Refuse a video of more frames, or packets (VideoTooLongError)."""
        if count > self.max_frames:
            raise VideoTooLongError

    def check_time(self, t_ms: int) -> None:
        """Refuse a video that goes on for longer (VideoTooLongError)."""
        if t_ms > self.max_s * 1000:
            raise VideoTooLongError


DEFAULT_VIDEO_LIMITS = VideoLimits()
