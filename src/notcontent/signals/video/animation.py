"""Animated GIF, WebP and AVIF -> frames, by the decoders that read such pictures (Pillow's).

A still GIF, WebP or AVIF is a picture and not this module's business: see `moves`.
"""

from collections.abc import Callable, Iterator
from io import BytesIO

import numpy as np
from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.WebPImagePlugin import WebPImageFile

from notcontent.errors import ImageError, ImageMemoryError, ImageTooLargeError, VideoError, VideoMemoryError
from notcontent.signals.containers import read_container
from notcontent.signals.containers.sequence import check_frames, count_frames
from notcontent.signals.limits import Limits
from notcontent.signals.luma import Luma
from notcontent.signals.video.formats import VideoFormat
from notcontent.signals.video.keeping import Picture
from notcontent.signals.video.limits import VideoLimits

_PLUGINS: dict[VideoFormat, Callable[[BytesIO], ImageFile]] = {
    VideoFormat.GIF: GifImageFile,
    VideoFormat.WEBP: WebPImageFile,
    VideoFormat.AVIF: AvifImageFile,
}
_AVIF_BYTES_A_PIXEL = 70
"""Of an animated AVIF: ten frames to refer to, of 12 bits and full colour at worst, and Pillow's copies."""
_USUAL_MS = 100
"""What browsers make of a frame that asks for less than 20 ms."""
_SHORTEST_MS = 20
_EXTENSION, _IMAGE = 0x21, 0x2C
_PIXELS_A_STRIP = 1 << 18


def moves(data: bytes, form: VideoFormat, most_parts: int) -> bool:
    """Tell whether a whole GIF, WebP or AVIF file holds more than one frame. A damaged one is a picture's business.

    One of so many parts that it takes more than `most_parts` to tell counts as moving.
    """
    if form is VideoFormat.AVIF:
        try:
            return count_frames(data, Limits(max_parts=most_parts)) > 1
        except ImageError as error:
            return isinstance(error, ImageTooLargeError)
    starts = _webp_frames(data) if form is VideoFormat.WEBP else _gif_frames(data)
    frames = 0
    for parts, is_frame in enumerate(starts):
        frames += is_frame
        if frames == 2 or parts > most_parts:
            return True
    return False


def animation_pictures(data: bytes, form: VideoFormat, limits: VideoLimits) -> Iterator[Picture]:
    """Decode frame after frame onto the canvas, over white. Raises VideoError or a subclass, or ImageError.

    What comes behind a frame that cannot be read is left out, as a player would; the first one must be readable.
    """
    bounds = Limits(max_bytes=limits.max_animation_bytes, max_pixels=limits.max_pixels, max_memory=limits.max_memory)
    t_ms = number = 0
    try:
        container = read_container(data, bounds)
        if form is VideoFormat.AVIF:
            limits.check_frames(count_frames(data, bounds))
            limits.check_memory(check_frames(data, bounds) * _AVIF_BYTES_A_PIXEL + 2 * len(data))
        image = _PLUGINS[form](BytesIO(data))
        limits.check_size(*image.size)
        limits.check_size(container.width, container.height)
        while True:
            limits.check_frames(number + 1)
            limits.check_time(t_ms)
            image.seek(number)
            image.load()
            yield Picture(t_ms, _luma(image), limited=False)
            wait = image.info.get("duration", 0)
            t_ms += int(wait) if isinstance(wait, (int, float)) and wait >= _SHORTEST_MS else _USUAL_MS
            number += 1
    except EOFError:
        return
    except MemoryError:
        raise VideoMemoryError from None
    except ImageMemoryError:
        raise VideoMemoryError from None
    except (VideoError, ImageError):
        raise
    except Exception:  # noqa: BLE001 - a decoder fed hostile bytes may raise anything
        if not number:
            raise VideoError from None


def _luma(image: Image.Image) -> Luma:
    """Weigh a frame strip by strip."""
    luma: Luma = np.empty((image.height, image.width), np.uint8)
    rows = max(1, _PIXELS_A_STRIP // image.width)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        luma[top : top + rows] = np.asarray(_over_white(strip, image.info).convert("L"))
    return luma


def _over_white(strip: Image.Image, info: dict[str | tuple[int, int], object]) -> Image.Image:
    """Lay what is transparent over white."""
    if strip.mode == "P" and "transparency" in info:
        strip.info["transparency"] = info["transparency"]
    if strip.mode == "RGBA" or "transparency" in strip.info:
        wide = strip.convert("RGBA")
        paper = Image.new("RGB", wide.size, "white")
        paper.paste(wide.convert("RGB"), (0, 0), wide.getchannel("A"))
        return paper
    return strip if strip.mode in {"L", "RGB"} else strip.convert("RGB")


def _webp_frames(data: bytes) -> Iterator[bool]:
    """Walk the chunks, and tell of each whether a frame begins there."""
    position = 12
    while position + 8 <= len(data):
        yield data[position : position + 4] == b"ANMF"
        length = int.from_bytes(data[position + 4 : position + 8], "little")
        position += 8 + length + (length & 1)


def _gif_frames(data: bytes) -> Iterator[bool]:
    """Walk the blocks and their sub-blocks, and tell of each whether a frame begins there."""
    position = 13 + _table_size(data[10]) if len(data) > 13 else len(data)
    while position + 10 < len(data):
        if data[position] == _IMAGE:
            yield True
            position += 11 + _table_size(data[position + 9])
        elif data[position] == _EXTENSION:
            position += 2
        else:
            return
        while position < len(data) and data[position]:
            yield False
            position += 1 + data[position]
        position += 1


def _table_size(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0
