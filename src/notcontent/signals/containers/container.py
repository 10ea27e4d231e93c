"""What the readers agree on."""

from dataclasses import dataclass
from enum import Enum

from notcontent.errors import ImageError
from notcontent.signals.containers.still import Still

_WORKING = 8 << 20


class Format(Enum):
    """The formats that are decoded. All but HEIC go through Pillow's plugins of these names."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    GIF = "GIF"
    AVIF = "AVIF"
    HEIC = "HEIC"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels: left, top, and the size from there."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, repr=False)
class Container:
    """A file's header, and a smaller file with the first frame's pixels alone. Refuses a side of zero (ImageError)."""

    format: Format
    width: int
    height: int
    """Size as stored, before `orientation` turns it."""
    pixels: bytes
    """A file of the same format without metadata; its picture is `frame` large. Empty for HEIC (see `still`)."""
    frame: Box
    """Where that picture lies. What is left of the canvas is transparent."""
    bytes_a_pixel: float
    """Peak memory of decoding to luma in colour and at full size, as measured, in bytes for each pixel of the canvas.
    A plane of luma alone, or a fraction, needs less."""
    orientation: int = 1
    """EXIF orientation, 1..8."""
    key: tuple[int, ...] | None = None
    """The grey level or colour that a PNG calls transparent, in samples of `depth` bits."""
    depth: int = 8
    """Bits a sample."""
    samples: int = 0
    """Of an ordinary PNG, 8 bits deep: samples a pixel, 1 to 4. Its `pixels` are then the deflated rows alone."""
    luma_alone: bool = False
    """Whether the luma is a plane of its own in the file, as dense as the picture: a JPEG in grey or YCbCr."""

    crop: Box | None = None
    """The part that is shown, before it is turned; None for all of it."""
    still: Still | None = None
    """Of HEIC and AVIF: what is coded."""

    def __post_init__(self) -> None:
        """Refuse what has no pixels."""
        if min(self.width, self.height, self.frame.width, self.frame.height) < 1:
            raise ImageError

    @property
    def shown(self) -> tuple[int, int]:
        """Height and width of what is shown, before it is turned."""
        part = self.crop or Box(0, 0, self.width, self.height)
        return part.height, part.width

    @property
    def memory(self) -> int:
        """Bytes that decoding needs, estimated: the file, this copy of it, the picture, its luma, and room to work."""
        held = 2 * len(self.pixels) + (self.still.size if self.still else 0)
        return held + int(self.width * self.height * self.bytes_a_pixel) + _WORKING

    def __repr__(self) -> str:
        """Show the format alone."""
        return f"<Container {self.format.value} redacted>"
