"""Films among the files of an archive: told by their first bytes, so that a good one is not taken for a bad picture."""

from notcontent.errors import ImageError, ImageTooLargeError, NotContentError, VideoNotScannedError
from notcontent.signals.video.formats import HEAD_BYTES, sniff_video

__all__ = ["HEAD_BYTES", "refusal_of"]


def refusal_of(head: bytes, refusal: ImageError | None = None) -> NotContentError:
    """Say why what begins like this is not read: VideoNotScannedError for a film, else `refusal` (ImageTooLargeError).

    A GIF, WebP or AVIF that moves is no film here: its first picture is screened.
    """
    form = sniff_video(head[:HEAD_BYTES])
    if form is not None and not form.is_animation:
        return VideoNotScannedError()
    return refusal or ImageTooLargeError()
