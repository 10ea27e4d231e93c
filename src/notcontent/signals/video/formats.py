"""Which container a file is, by its first bytes; names and media types are never seen.

Seven are read. FFmpeg gets the name of the one demuxer that may run, so it never guesses, and no other of its hundreds
can be reached: playlists, which would open further files, least of all.
"""

from enum import Enum

from notcontent.signals.containers.brands import is_sequence, is_still

HEAD_BYTES = 1024
"""So many bytes of a file tell."""
_TS_PACKET = 188
_TS_SYNC = 0x47
_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"uuid")
_RAW_PHOTO = b"crx "


class VideoFormat(Enum):
    """A container, by the name of FFmpeg's demuxer; the last three go through Pillow."""

    MP4 = "mov"
    MATROSKA = "matroska"
    AVI = "avi"
    MPEG_TS = "mpegts"
    GIF = "gif"
    WEBP = "webp"
    AVIF = "avif"

    @property
    def is_animation(self) -> bool:
        """Whether it is a picture's format that may hold several frames."""
        return self in {VideoFormat.GIF, VideoFormat.WEBP, VideoFormat.AVIF}


def sniff_video(head: bytes) -> VideoFormat | None:  # noqa: PLR0911 - one answer for each container
    """Tell the container from a file's first HEAD_BYTES, or the whole file; None when it is none of the seven.

    A WebP counts when its header says that it moves, an AVIF when its brands do, a GIF always: whether it holds a
    second frame shows only further behind (`animation.moves`). HEIF pictures and other AVIF are no videos.
    """
    if head.startswith((b"GIF87a", b"GIF89a")):
        return VideoFormat.GIF
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return VideoFormat.WEBP if head[12:16] == b"VP8X" and len(head) > 20 and head[20] & 2 else None
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return VideoFormat.AVI
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return VideoFormat.MATROSKA
    if head[4:8] in _BOXES:
        return _of_brands(head[8 : int.from_bytes(head[:4])]) if head[4:8] == b"ftyp" else VideoFormat.MP4
    syncs = head[::_TS_PACKET]
    if len(syncs) >= 3 and set(syncs) == {_TS_SYNC}:
        return VideoFormat.MPEG_TS
    return None


def _of_brands(brands: bytes) -> VideoFormat | None:
    """Tell a film from a picture."""
    if is_still(brands):
        return VideoFormat.AVIF if is_sequence(brands, has_tracks=True) else None
    return None if brands[:4] == _RAW_PHOTO else VideoFormat.MP4
