"""Which container a file is, by its first bytes; names and media types are never seen.

Six are read. FFmpeg gets the name of the one demuxer that may run, so it never guesses, and no other of its hundreds
can be reached: playlists, which would open further files, least of all.
"""

from enum import Enum

HEAD_BYTES = 1024
"""So many bytes of a file tell."""
_TS_PACKET = 188
_TS_SYNC = 0x47
_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"uuid")
_STILL_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"crx ")


class VideoFormat(Enum):
    """A container, by the name of FFmpeg's demuxer; the last two go through Pillow."""

    MP4 = "mov"
    MATROSKA = "matroska"
    AVI = "avi"
    MPEG_TS = "mpegts"
    GIF = "gif"
    WEBP = "webp"

    @property
    def is_animation(self) -> bool:
        """Whether it is a picture's format that may hold several frames."""
        return self in {VideoFormat.GIF, VideoFormat.WEBP}


def sniff_video(head: bytes) -> VideoFormat | None:  # noqa: PLR0911 - one answer for each container
    """Tell the container from a file's first HEAD_BYTES, or the whole file; None when it is none of the six.

    A WebP counts when its header says that it moves, a GIF always: whether it holds a second frame shows only further
    behind (`animation.moves`). HEIF and AVIF pictures are no videos.
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
        still = head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS
        return None if still else VideoFormat.MP4
    syncs = head[::_TS_PACKET]
    if len(syncs) >= 3 and set(syncs) == {_TS_SYNC}:
        return VideoFormat.MPEG_TS
    return None
