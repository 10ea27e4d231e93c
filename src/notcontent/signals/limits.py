"""What one picture may cost."""

from dataclasses import dataclass

from notcontent.errors import ImageMemoryError, ImageTooLargeError


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on untrusted pictures. All but `max_memory` are checked on headers, before a pixel is decoded."""

    max_bytes: int = 50_000_000
    """Size of the file."""
    max_pixels: int = 100_000_000
    """Width times height, as stored."""
    max_side: int = 65_535
    """Width and height each, in pixels."""
    max_memory: int = 2_000_000_000
    """Bytes that decoding may need in all, by the estimate that `docs/explanation/hashing.md` explains."""
    max_scans: int = 100
    """Scans of a progressive JPEG: each is a pass over all pixels, and a file of a few kilobytes can ask for many."""
    max_parts: int = 200_000
    """Chunks, segments or blocks that a file is made of, up to the end of its first frame."""

    def check_bytes(self, count: int) -> None:
        """Refuse a file of more bytes (ImageTooLargeError)."""
        if count > self.max_bytes:
            raise ImageTooLargeError

    def check_size(self, width: int, height: int) -> None:
        """Refuse a picture of more pixels or longer sides (ImageTooLargeError)."""
        if width * height > self.max_pixels or max(width, height) > self.max_side:
            raise ImageTooLargeError

    def check_memory(self, count: int) -> None:
        """Refuse a picture that is estimated to need more memory (ImageMemoryError)."""
        if count > self.max_memory:
            raise ImageMemoryError

    def check_scans(self, count: int) -> None:
        """Refuse a JPEG of more scans (ImageTooLargeError)."""
        if count > self.max_scans:
            raise ImageTooLargeError("The picture has more scans than the limit.")

    def check_parts(self, count: int) -> None:
        """Refuse a file cut into more parts (ImageTooLargeError)."""
        if count > self.max_parts:
            raise ImageTooLargeError("The picture's file has more parts than the limit.")


DEFAULT_LIMITS = Limits()
