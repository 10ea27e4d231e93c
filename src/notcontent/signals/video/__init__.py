"""Video -> the hashes of the frames that differ. Pure, like the rest of this room: no network, nothing kept or logged.

Every frame is decoded and hashed; kept are those that lie more than 20 bits from all kept before them, with their time
and quality. FFmpeg (PyAV, the extra `video`) is loaded when the first film is opened, never for a picture; animated
GIF, WebP and AVIF go through Pillow. docs/explanation/video.md tells how and why.
"""

from notcontent.signals.video.hashing import HashedVideo, Watch, hash_video, is_video
from notcontent.signals.video.keeping import Frame
from notcontent.signals.video.limits import DEFAULT_VIDEO_LIMITS, VideoLimits

__all__ = ["DEFAULT_VIDEO_LIMITS", "Frame", "HashedVideo", "VideoLimits", "Watch", "hash_video", "is_video"]
