"""What a picture's file says before a pixel is decoded, read by our own few lines.

Pillow gets a file of the same format from us that holds nothing but what carries pixels: no ICC profile, no XMP, no
text, no preview, no further frames. So the limits hold before any decoder allocates, compressed metadata is never
inflated, and the decoders see a tenth of the formats' surface. Files are known by content; names are never seen.
"""

from notcontent.errors import ImageEmptyError, ImageFormatError
from notcontent.signals.containers.container import Container, Format
from notcontent.signals.containers.gif import read_gif
from notcontent.signals.containers.heif import read_heif
from notcontent.signals.containers.jpeg import read_jpeg
from notcontent.signals.containers.png import PNG_SIGNATURE, read_png
from notcontent.signals.containers.webp import read_webp
from notcontent.signals.limits import Limits

__all__ = ["Container", "Format", "read_container"]


def read_container(data: bytes, limits: Limits) -> Container:
    """Tell format, size and orientation, and keep what carries the first frame's pixels.

    Raises ImageEmptyError, ImageFormatError, ImageTruncatedError, ImageTooLargeError, ImageMemoryError or ImageError.
    """
    if not data:
        raise ImageEmptyError
    limits.check_bytes(len(data))
    if data.startswith(b"\xff\xd8\xff"):
        container = read_jpeg(data, limits)
    elif data.startswith(PNG_SIGNATURE):
        container = read_png(data, limits)
    elif data.startswith((b"GIF87a", b"GIF89a")):
        container = read_gif(data, limits)
    elif data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        container = read_webp(data, limits)
    elif data[4:8] == b"ftyp":
        container = read_heif(data, limits)
    else:
        raise ImageFormatError
    limits.check_size(container.width, container.height)
    limits.check_memory(container.memory)
    return container
