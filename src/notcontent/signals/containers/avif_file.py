"""Writing a still AVIF anew with nothing but its pixels: what the decoder sees is what was checked.

Sources: ISO/IEC 14496-12, ISO/IEC 23008-12, AVIF 1.1. How the picture lies is left out: whoever decodes turns it.
"""

import struct
from dataclasses import dataclass, field

from notcontent.errors import ImageTooLargeError
from notcontent.signals.containers.still import Plane, Still

_ALPHA = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"
_MOST_ITEMS = 65_535
_ESSENTIAL = 0x8000


def write_avif(still: Still) -> bytes:
    """Give the file. Refuses more tiles than a small file can number (ImageTooLargeError)."""
    file = _File()
    colour = file.add(still.colour, [box(b"colr", still.nclx)] if still.nclx else [])
    if still.alpha is not None:
        alpha = file.add(still.alpha, [full(b"auxC", _ALPHA)])
        file.refer(b"auxl", alpha, [colour])
        if still.premultiplied:
            file.refer(b"prem", colour, [alpha])
    return file.whole(colour)


def box(name: bytes, *bodies: bytes) -> bytes:
    """Give an atom."""
    body = b"".join(bodies)
    return struct.pack(">I4s", 8 + len(body), name) + body


def full(name: bytes, *bodies: bytes, flags: int = 0) -> bytes:
    """Give an atom with a version, 0, and flags."""
    return box(name, struct.pack(">I", flags), *bodies)


@dataclass(slots=True)
class _File:
    """Items, numbered from 1 as they are added."""

    infos: list[bytes] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)
    references: list[bytes] = field(default_factory=list)
    properties: dict[bytes, int] = field(default_factory=dict)
    associations: list[bytes] = field(default_factory=list)

    def add(self, plane: Plane, extra: list[bytes]) -> int:
        """Add a plane, with its tiles when it has such, and give the number of the item that is the whole."""
        tiles = [
            self._item(
                tile.coding.value, tile.data, [_size(tile.width, tile.height), *extra], box(b"av1C", tile.config)
            )
            for tile in plane.tiles
        ]
        if not plane.is_grid:
            return tiles[0]
        rows = len(tiles) // plane.columns
        payload = struct.pack(">BBBBII", 0, 1, rows - 1, plane.columns - 1, plane.width, plane.height)
        whole = self._item(b"grid", payload, [_size(plane.width, plane.height), *extra])
        self.refer(b"dimg", whole, tiles)
        return whole

    def refer(self, kind: bytes, start: int, targets: list[int]) -> None:
        """Let an item refer to others."""
        self.references.append(box(kind, struct.pack(f">HH{len(targets)}H", start, len(targets), *targets)))

    def whole(self, primary: int) -> bytes:
        """Put the file together."""
        if len(self.infos) > _MOST_ITEMS:
            raise ImageTooLargeError("The picture has more tiles than the limit.")
        start = len(self._head(primary, 0))
        return self._head(primary, start + 8) + box(b"mdat", *self.payloads)

    def _item(self, kind: bytes, payload: bytes, properties: list[bytes], config: bytes = b"") -> int:
        number = len(self.infos) + 1
        if number > _MOST_ITEMS:
            raise ImageTooLargeError("The picture has more tiles than the limit.")
        self.infos.append(box(b"infe", struct.pack(">IHH4sB", 2 << 24, number, 0, kind, 0)))
        self.payloads.append(payload)
        places = [self.properties.setdefault(one, len(self.properties) + 1) for one in properties]
        if config:
            places.append(self.properties.setdefault(config, len(self.properties) + 1) | _ESSENTIAL)
        self.associations.append(struct.pack(f">HB{len(places)}H", number, len(places), *places))
        return number

    def _head(self, primary: int, offset: int) -> bytes:
        """Give all before the pixels, when those begin at `offset`."""
        count = struct.pack(">H", len(self.infos))
        locations = []
        for number, payload in enumerate(self.payloads, 1):
            locations.append(struct.pack(">HHHII", number, 0, 1, offset, len(payload)))
            offset += len(payload)
        associated = struct.pack(">I", len(self.associations))
        meta = full(
            b"meta",
            full(b"hdlr", struct.pack(">I4s12xB", 0, b"pict", 0)),
            full(b"pitm", struct.pack(">H", primary)),
            full(b"iloc", b"\x44\0", count, *locations),
            full(b"iinf", count, *self.infos),
            full(b"iref", *self.references) if self.references else b"",
            box(
                b"iprp",
                box(b"ipco", *self.properties),
                full(b"ipma", associated, *self.associations, flags=1),
            ),
        )
        return box(b"ftyp", b"avif", bytes(4), b"avifmif1miaf") + meta


def _size(width: int, height: int) -> bytes:
    return full(b"ispe", struct.pack(">II", width, height))
