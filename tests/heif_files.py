"""HEIF files that the tests decode, put together box by box; the pixels are coded by Pillow (AV1) and FFmpeg (HEVC)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from picture_files import saved
from PIL import Image

from notcontent.signals import Limits
from notcontent.signals.containers import read_container

ALPHA = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"
SRGB_FULL = struct.pack(">4sHHHB", b"nclx", 1, 13, 6, 0x80)
CONFIGS = {b"av01": b"av1C", b"hvc1": b"hvcC"}


def box(name: bytes, *bodies: bytes) -> bytes:
    body = b"".join(bodies)
    return struct.pack(">I4s", 8 + len(body), name) + body


def full(name: bytes, *bodies: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(name, struct.pack(">I", version << 24 | flags), *bodies)


@dataclass(frozen=True)
class Picture:
    """One coded picture."""

    kind: bytes
    width: int
    height: int
    config: bytes
    data: bytes


def av1(image: Image.Image, **options: Any) -> Picture:
    """Code by AV1."""
    still = read_container(saved(image, "AVIF", **options), Limits()).still
    assert still is not None
    tile = still.colour.tiles[0]
    return Picture(b"av01", tile.width, tile.height, tile.config, tile.data)


def hevc(image: Image.Image, pix_fmt: str = "yuvj420p", params: str = "", crf: int = 10) -> Picture:
    """Code by HEVC; `yuvj` is YCbCr by BT.601 from 0 to 255."""
    import av

    context: Any = av.CodecContext.create("libx265", "w")
    context.width, context.height, context.pix_fmt = image.width, image.height, pix_fmt
    context.time_base, context.framerate, context.thread_count = Fraction(1, 25), 25, 1
    context.options = {
        "preset": "ultrafast",
        "crf": str(crf),
        "x265-params": "log-level=none:keyint=1:repeat-headers=1:info=0:pools=none:frame-threads=1" + params,
    }
    frame = av.VideoFrame.from_ndarray(np.asarray(image.convert("RGB")), format="rgb24")
    stream = b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])
    units = [unit for unit in stream.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if unit]
    sets = [unit for unit in units if (unit[0] >> 1 & 63) in (32, 33, 34)]
    pixels = [unit for unit in units if (unit[0] >> 1 & 63) < 32]
    arrays = b"".join(struct.pack(">BHH", 0x80 | unit[0] >> 1 & 63, 1, len(unit)) + unit for unit in sets)
    chroma = next((number for number, name in enumerate(("gray", "420", "422", "444")) if name in pix_fmt), 3)
    depth = 8 * 31 | (2 if "10" in pix_fmt else 4 if "12" in pix_fmt else 0)
    about = struct.pack(">BB4x6xBHBBBBHBB", 1, 3, 90, 0xF000, 0xFC, 0xFC | chroma, depth, depth, 0, 0x0F, len(sets))
    config = about + arrays
    data = b"".join(struct.pack(">I", len(unit)) + unit for unit in pixels)
    return Picture(b"hvc1", image.width, image.height, config, data)


@dataclass
class Heif:
    """A file in the making: its knobs are what readers have to get right."""

    picture: Picture
    tiles: Sequence[Picture] = ()
    """Instead of `picture`, in rows of `columns`; then `picture` gives the whole's size alone."""
    columns: int = 1
    alpha: Picture | None = None
    placed: Sequence[bytes] = ()
    """Boxes of `clap`, `irot`, `imir`, in order."""
    nclx: bytes = b""
    extra: Sequence[tuple[bytes, bool]] = ()
    """Further properties of the primary item, and whether a reader has to know each."""
    brand: bytes = b""
    exif: bytes = b""
    in_idat: bool = False
    premultiplied: bool = False
    _items: list[tuple[bytes, bytes, list[tuple[bytes, bool]]]] = field(default_factory=list)
    _refs: list[bytes] = field(default_factory=list)

    def file(self) -> bytes:
        """Write it."""
        self._items, self._refs = [], []
        about: list[tuple[bytes, bool]] = [(box(b"colr", self.nclx), False)] if self.nclx else []
        about += [*self.extra, *((one, True) for one in self.placed)]
        if self.tiles:
            numbers = [self._coded(one, []) for one in self.tiles]
            size = (self.picture.width, self.picture.height)
            rows = len(self.tiles) // self.columns
            grid = struct.pack(">BBBBHH", 0, 0, rows - 1, self.columns - 1, *size)
            primary = self._item(b"grid", grid, [(ispe(*size), False), *about])
            self._refer(b"dimg", primary, numbers)
        else:
            primary = self._coded(self.picture, about)
        if self.alpha:
            number = self._coded(self.alpha, [(full(b"auxC", ALPHA), True)])
            self._refer(b"auxl", number, [primary])
            if self.premultiplied:
                self._refer(b"prem", primary, [number])
        if self.exif:
            self._refer(b"cdsc", self._item(b"Exif", bytes(4) + self.exif, []), [primary])
        head = self._head(primary, 0)
        if self.in_idat:
            return self._head(primary, 0)
        return self._head(primary, len(head) + 8) + box(b"mdat", *(data for _, data, _ in self._items))

    def _coded(self, one: Picture, about: list[tuple[bytes, bool]]) -> int:
        config = box(CONFIGS[one.kind], one.config)
        return self._item(one.kind, one.data, [(ispe(one.width, one.height), False), (config, True), *about])

    def _item(self, kind: bytes, data: bytes, properties: list[tuple[bytes, bool]]) -> int:
        self._items.append((kind, data, properties))
        return len(self._items)

    def _refer(self, kind: bytes, start: int, targets: Sequence[int]) -> None:
        self._refs.append(box(kind, struct.pack(f">HH{len(targets)}H", start, len(targets), *targets)))

    def _head(self, primary: int, offset: int) -> bytes:
        properties: list[bytes] = []
        infos, places, associations = b"", b"", b""
        for number, (kind, data, about) in enumerate(self._items, 1):
            infos += full(b"infe", struct.pack(">HH4sB", number, 0, kind, 0), version=2)
            places += struct.pack(">HHHHII", number, int(self.in_idat), 0, 1, offset, len(data))
            offset += len(data)
            indexes = []
            for prop, needed in about:
                if prop not in properties:
                    properties.append(prop)
                indexes.append(properties.index(prop) + 1 | (0x80 if needed else 0))
            associations += struct.pack(">HB", number, len(indexes)) + bytes(indexes)
        count = struct.pack(">H", len(self._items))
        idat = box(b"idat", *(data for _, data, _ in self._items)) if self.in_idat else b""
        meta = full(
            b"meta",
            full(b"hdlr", struct.pack(">I4s12xB", 0, b"pict", 0)),
            full(b"pitm", struct.pack(">H", primary)),
            full(b"iinf", count, infos),
            full(b"iref", *self._refs) if self._refs else b"",
            box(b"iprp", box(b"ipco", *properties), full(b"ipma", struct.pack(">I", len(self._items)), associations)),
            idat,
            full(b"iloc", b"\x44\0", count, places, version=1),
        )
        brand = self.brand or (b"avif" if (self.tiles or [self.picture])[0].kind == b"av01" else b"heic")
        return box(b"ftyp", brand, bytes(4), brand, b"mif1") + meta


def ispe(width: int, height: int) -> bytes:
    return full(b"ispe", struct.pack(">II", width, height))


def irot(quarters: int) -> bytes:
    """Turn against the clock."""
    return box(b"irot", bytes([quarters]))


def imir(axis: int) -> bytes:
    """0 exchanges top and bottom, 1 left and right."""
    return box(b"imir", bytes([axis]))


def clap(width: int, height: int, right: Fraction = Fraction(0), low: Fraction = Fraction(0)) -> bytes:
    """Show a part: its size, and how far its middle lies from the picture's."""
    parts = (Fraction(width), Fraction(height), right, low)
    return box(b"clap", *(struct.pack(">iI", one.numerator, one.denominator) for one in parts))


def cut(image: Image.Image, columns: int, rows: int) -> list[Image.Image]:
    """Cut a picture into equal tiles, row by row."""
    width, height = image.width // columns, image.height // rows
    corners = [(x * width, y * height) for y in range(rows) for x in range(columns)]
    return [image.crop((x, y, x + width, y + height)) for x, y in corners]
