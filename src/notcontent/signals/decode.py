"""Untrusted bytes -> upright luma, through five of Pillow's decoders, isal or zlib for PNG, FFmpeg for HEIC; no other.

`containers` reads the header, applies the limits and drops all metadata; a decoder reads what is left; the picture is
turned to luma strip by strip, straight into its upright place, so that one decoded picture and one luma picture are
all that is ever held.

Decoding is nearly all that a hash costs, so `decode` decodes less where it can: of an ordinary JPEG the plane of luma
alone, and of a large one at a fraction of its size, which libjpeg gives by a smaller cosine transform. The hash is
made for the fraction (raster.py). Whatever is unusual is decoded whole, in colour.

ICC profiles are ignored, as the reference implementations of PDQ do: a wide-gamut photo may differ by a few bits from
what a browser, which manages colours, makes of it.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import AvifImagePlugin, Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from notcontent.errors import ImageError, ImageFormatError, ImageMemoryError, ImageTruncatedError
from notcontent.signals.containers import Container, Format, read_container
from notcontent.signals.containers.container import Box
from notcontent.signals.containers.exif import UPRIGHT
from notcontent.signals.hevc import decode_hevc
from notcontent.signals.jpeg_plane import luma_of_jpeg
from notcontent.signals.limits import DEFAULT_LIMITS, Limits
from notcontent.signals.luma import WHITE, Luma, luma_from_16_bit, luma_over_white
from notcontent.signals.png_rows import luma_of_rows
from notcontent.signals.raster import Raster
from notcontent.signals.webp_pixels import luma_of_webp

# The plugins are called by name, not through Image.open: no other decoder can run, whatever the bytes claim to be.
_PLUGINS: dict[Format, Callable[[BytesIO], ImageFile]] = {
    Format.JPEG: JpegImageFile,
    Format.PNG: PngImageFile,
    Format.WEBP: WebPImageFile,
    Format.GIF: GifImageFile,
    Format.AVIF: AvifImageFile,
}
AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # Pillow's way to say it: as all else here, a picture takes one thread
_PIXELS_A_STRIP = 1 << 18

_LEAST_SCALED = 1000
"""A picture with a shorter side, in pixels, is decoded at its full size: there is little to win."""
_LEAST_SAMPLES = 300
"""The shorter side of what is decoded at a fraction, in samples. Fewer would make the hash less sure."""

# By EXIF orientation: the upright picture seen the way it is stored. Writing stored rows into the view turns them.
_STORED_VIEWS: dict[int, Callable[[Luma], Luma]] = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.T,
    6: lambda upright: upright.T[::-1],
    7: lambda upright: upright.T[::-1, ::-1],
    8: lambda upright: upright[::-1].T,
}
_TURNED = frozenset({5, 6, 7, 8})
_ROWS_REVERSED = frozenset({3, 4, 6, 7})
_COLUMNS_REVERSED = frozenset({2, 3, 7, 8})


def decode(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Raster:
    """Decode a picture as far as its hash needs it: upright luma, perhaps at a fraction of its size.

    Otherwise as `decode_luma`, and the same samples but for rounding where a JPEG's plane of luma is read alone. Raises
    ImageError or a subclass, never anything else.
    """
    container = read_container(data, limits)
    if not container.luma_alone:
        luma = _guarded(_read_whole, container)
        return Raster(luma, *luma.shape)
    scale = _choose_scale(container)
    luma = _guarded(lambda given: _upright(_read_plane(given, scale), given.orientation), container)
    upright = (container.height, container.width)
    return Raster(luma, *(upright[::-1] if container.orientation in _TURNED else upright), scale)


def decode_luma(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Luma:
    """Decode a JPEG, PNG, WebP, GIF, AVIF or HEIC to luma at full size, uint8 of shape (height, width), upright.

    The picture is turned as its file tells, alpha lies over white, deeper samples are scaled, of an animation the first
    frame is taken. Raises ImageError or a subclass, never anything else.
    """
    return _guarded(_read_whole, read_container(data, limits))


def _guarded(read: Callable[[Container], Luma], container: Container) -> Luma:
    """Decode, and let nothing out but ImageError."""
    try:
        return read(container)
    except ImageError:
        raise
    except MemoryError:
        raise ImageMemoryError from None
    except Exception as error:  # noqa: BLE001 - a decoder fed hostile bytes may raise anything
        raise _translate(error) from None


def _read_whole(container: Container) -> Luma:
    """Decode every pixel in colour; of HEIC the luma as it is coded, where that is the same."""
    if container.samples:
        return _upright(luma_of_rows(container), container.orientation)
    if container.format is Format.WEBP:
        with suppress(Exception):  # what has no pixels so has none by the plugin either, and that says why
            return _upright(luma_of_webp(container), container.orientation)
    if container.still is None or container.format is not Format.HEIC:
        return _to_luma(_open(container), container)
    luma, part = decode_hevc(container.still), container.crop
    if part is not None:
        luma = luma[part.top : part.top + part.height, part.left : part.left + part.width]
    return _upright(luma, container.orientation)


def _choose_scale(container: Container) -> int:
    """Take the smallest fraction that still shows enough.

    Where the picture's turn would put a last, incomplete sample first, a smaller step is taken that has none.
    """
    height, width = container.height, container.width
    shorter = min(height, width)
    if shorter < _LEAST_SCALED:
        return 1
    for scale in (8, 4, 2):
        ragged = (container.orientation in _ROWS_REVERSED and height % scale) or (
            container.orientation in _COLUMNS_REVERSED and width % scale
        )
        if shorter >= scale * _LEAST_SAMPLES and not ragged:
            return scale
    return 1


def _read_plane(container: Container, scale: int) -> Luma:
    """Decode a JPEG's luma alone, at that fraction."""
    try:
        return luma_of_jpeg(container, scale)
    except (ImageError, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - a wrapper that is not as it was may raise anything
        return _plane_by_plugin(container, scale)


def _plane_by_plugin(container: Container, scale: int) -> Luma:
    """Decode it as Pillow means it to be done."""
    image = JpegImageFile(BytesIO(container.pixels))
    size = (container.width, container.height)
    if image.size != size:
        raise ImageError
    image.draft("L", (size[0] // scale, size[1] // scale))
    if image.mode != "L" or image.size != (-(-size[0] // scale), -(-size[1] // scale)):
        raise ImageError
    image.decodermaxblock = len(container.pixels)  # in one piece: libjpeg begins anew at each break
    return np.asarray(image)


def _upright(stored: Luma, orientation: int) -> Luma:
    """Turn what was decoded."""
    if orientation == UPRIGHT:
        return stored
    upright: Luma = np.empty(stored.shape[::-1] if orientation in _TURNED else stored.shape, dtype=np.uint8)
    _STORED_VIEWS[orientation](upright)[...] = stored
    return upright


def _open(container: Container) -> Image.Image:
    """Decode all pixels of the container's frame, and keep what is shown."""
    if container.format is Format.AVIF and not AvifImagePlugin.SUPPORTED:
        raise ImageFormatError("This build of Pillow reads no AVIF.")
    image: Image.Image = _PLUGINS[container.format](BytesIO(container.pixels))
    if image.size != (container.frame.width, container.frame.height):
        raise ImageError
    image.load()
    part = container.crop
    return image if part is None else image.crop((part.left, part.top, part.left + part.width, part.top + part.height))


def _translate(error: Exception) -> ImageError:
    """Find the error that fits what Pillow raised. Its sentences are all there is to tell them apart by."""
    text = str(error)
    if "truncated" in text or isinstance(error, EOFError):
        return ImageTruncatedError()
    if "memory" in text:
        return ImageMemoryError()
    return ImageError()


def _to_luma(image: Image.Image, container: Container) -> Luma:
    """Weigh the picture strip by strip, straight into its upright place."""
    height, width = container.shown
    shape = (width, height) if container.orientation in _TURNED else (height, width)
    upright: Luma = np.empty(shape, dtype=np.uint8)
    stored = _STORED_VIEWS[container.orientation](upright)
    frame = container.frame if container.crop is None else Box(0, 0, width, height)
    if (frame.width, frame.height) != (width, height):
        stored[...] = WHITE
    place = stored[frame.top : frame.top + frame.height, frame.left : frame.left + frame.width]
    weigh = _weigher(image, container)
    for top, strip in _strips(image):
        place[top : top + strip.height] = weigh(strip)
    return upright


def _strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """Cut the picture into bands of rows: the row each begins at, and the band."""
    rows = max(1, _PIXELS_A_STRIP // image.width)
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _weigher(  # noqa: PLR0911 - one answer for each mode
    image: Image.Image, container: Container
) -> Callable[[Image.Image], Luma]:
    """Choose how this picture's strips become luma. Refuses a mode that the decoders do not give."""
    match image.mode:
        case "1" | "L":
            key = _grey_key(image, container)
            return lambda strip: _mask_grey(np.asarray(strip.convert("L")), key)
        case "I;16":
            level = container.key[0] if container.key else None
            return lambda strip: _weigh_16_bit(np.asarray(strip), level)
        case "P":
            table = _palette_luma(image)
            return lambda strip: table[np.asarray(strip)]
        case "RGB" if container.key:
            colour = np.array(container.key) >> (container.depth - 8)
            return lambda strip: _weigh_keyed(strip, colour)
        case "RGB":
            return lambda strip: np.asarray(strip.convert("L"))  # Pillow's weights are those of luma.py
        case "LA":
            return lambda strip: _lay_over_white(strip, "L")
        case "RGBA":
            return lambda strip: _lay_over_white(strip, "RGB")
        case "CMYK":
            # Inverted as Adobe writes it, whether or not the file says so: browsers and Pillow take it so.
            return lambda strip: np.asarray(strip.convert("RGB").convert("L"))
        case _:
            raise ImageError


def _grey_key(image: Image.Image, container: Container) -> int | None:
    """Give the 8-bit level that is transparent: a PNG's in its own depth, a GIF's as an index into a grey ramp."""
    if container.key:
        return container.key[0] * 255 // ((1 << container.depth) - 1)
    level = image.info.get("transparency")
    return level if isinstance(level, int) else None


def _mask_grey(luma: Luma, key: int | None) -> Luma:
    """Make the transparent level white."""
    return luma if key is None else np.where(luma == key, np.uint8(WHITE), luma)


def _weigh_16_bit(samples: NDArray[np.uint16], key: int | None) -> Luma:
    """Scale 16-bit grey; the transparent level becomes white."""
    luma = luma_from_16_bit(samples)
    return luma if key is None else np.where(samples == key, np.uint8(WHITE), luma)


def _weigh_keyed(strip: Image.Image, colour: NDArray[np.int64]) -> Luma:
    """Weigh RGB with one transparent colour. Pillow keeps 8 of 16 bits, so there the colour is compared by those."""
    transparent = (np.asarray(strip) == colour).all(axis=-1)
    return np.where(transparent, np.uint8(WHITE), np.asarray(strip.convert("L")))


def _palette_luma(image: Image.Image) -> Luma:
    """Give the luma of each of 256 palette indexes, over white; indexes beyond the palette are black."""
    colours = np.zeros((256, 4), dtype=np.uint8)
    colours[:, 3] = 255
    given = np.array(image.getpalette("RGB") or [], dtype=np.uint8).reshape(-1, 3)[:256]
    colours[: len(given), :3] = given
    transparent = image.info.get("transparency")
    if isinstance(transparent, bytes):
        alphas = np.frombuffer(transparent, dtype=np.uint8)[:256]
        colours[: len(alphas), 3] = alphas
    elif isinstance(transparent, int):
        colours[transparent, 3] = 0
    return luma_over_white(colours)


def _lay_over_white(strip: Image.Image, mode: str) -> Luma:
    """Lay a strip with alpha over white; Pillow rounds each channel as luma.py does."""
    paper = Image.new(mode, strip.size, "white")
    paper.paste(strip.convert(mode), (0, 0), strip.getchannel("A"))
    return np.asarray(paper.convert("L"))
