"""Bytes that do not become hashes."""

from notcontent.errors.base import NotContentError

# --- signals: a picture that cannot become a hash --------------------------------------------------------------------


class ImageError(NotContentError):
    """Untrusted bytes did not become a picture within the limits."""

    code = "image_unreadable"
    http_status = 422
    message = "These bytes are not a picture that can be read."


class ImageEmptyError(ImageError):
    """There are no bytes at all."""

    code = "image_empty"
    message = "The file is empty."


class ImageFormatError(ImageError):
    """Not JPEG, PNG, WebP, GIF, AVIF or HEIC, whatever the file's name says."""

    code = "image_format"
    message = (
        "This kind of file is not known. Pictures are JPEG, PNG, WebP, GIF, AVIF and HEIC; where videos are taken too,"
        " MP4, MOV, 3GP, WebM, Matroska, AVI and MPEG-TS."
    )


class ImageHeicError(ImageError):
    """HEIC where nothing is installed that reads it."""

    code = "image_heic"
    message = "HEIC is read with the extra `heic` alone: install notcontent[heic], or save the picture as JPEG."


class ImageTruncatedError(ImageError):
    """The picture ends before its last pixel."""

    code = "image_truncated"
    message = "The picture is cut off or damaged."


class ImageTooLargeError(ImageError):
    """More bytes or pixels than the limits allow; refused before the pixels are decoded."""

    code = "image_too_large"
    http_status = 413
    message = "The picture is larger than the limit."


class ImageTooSmallError(ImageError):
    """A side shorter than 5 pixels has no hash."""

    code = "image_too_small"
    message = "The picture is too small to be told from others."


class ImageTimeError(ImageError):
    """The decoder was stopped: it took longer than allowed."""

    code = "image_time"
    message = "The picture took too long to read."


class ImageMemoryError(ImageError):
    """The decoder was stopped: it wanted more memory than allowed."""

    code = "image_memory"
    message = "The picture needs more memory to read than allowed."


# --- signals: a video that cannot become hashes ----------------------------------------------------------------------


class VideoError(NotContentError):
    """Untrusted bytes did not become a video within the limits."""

    code = "video_unreadable"
    http_status = 422
    message = "These bytes are not a video that can be read."


class VideoFormatError(VideoError):
    """A container or codec that is not read, whatever the file's name says."""

    code = "video_format"
    message = "This kind of video is not supported."


class VideoEmptyError(VideoError):
    """No video track, or not one frame of it can be decoded: sound alone, cut off, or damaged."""

    code = "video_empty"
    message = "The video has no frame that can be read."


class VideoTooLargeError(VideoError):
    """More bytes, or larger frames, than the limits allow; the frames are not decoded."""

    code = "video_too_large"
    http_status = 413
    message = "The video is larger than the limit."


class VideoTooLongError(VideoError):
    """More frames, or more minutes, than the limits allow."""

    code = "video_too_long"
    http_status = 413
    message = "The video is longer than the limit."


class VideoTimeError(VideoError):
    """The decoder was stopped: it took longer than allowed."""

    code = "video_time"
    message = "The video took too long to read."


class VideoMemoryError(VideoError):
    """The decoder was stopped: it wanted more memory than allowed."""

    code = "video_memory"
    message = "The video needs more memory to read than allowed."
