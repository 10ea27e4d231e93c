"""HEIF's meta box: items, what they refer to, their properties, and where their bytes lie.

Source: ISO/IEC 14496-12 section 8.11, ISO/IEC 23008-12 sections 6 and 9.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from notcontent.errors import ImageError, ImageFormatError, ImageTruncatedError
from notcontent.signals.containers.atoms import Atom, Fields, Parts, atoms

_IN_FILE, _IN_IDAT = 0, 1
_MOST_PROPERTIES = 64
"""Of one item; every tile of a grid is asked for all of its own."""


@dataclass(slots=True, repr=False)
class Item:
    """One item. Its bytes are `extents` of the file."""

    kind: bytes = b""
    extents: tuple[tuple[int, int], ...] = ()
    """Start and length; a length of 0 reaches to the end."""
    within: int = _IN_FILE
    """What the extents count from: the file, or the meta box's own data."""
    properties: list[tuple[Atom, bool]] = field(default_factory=list)
    """In the order in which they apply, and whether a reader has to know each."""


@dataclass(slots=True, repr=False)
class Meta:
    """The meta box of one file."""

    data: bytes
    parts: Parts
    primary: int = 0
    items: dict[int, Item] = field(default_factory=dict)
    references: list[tuple[bytes, int, tuple[int, ...]]] = field(default_factory=list)
    """Kind, from which item, to which."""
    idat: Atom | None = None
    copied: int = 0
    """Bytes that were taken out so far."""

    def item(self, number: int) -> Item:
        """Give an item. Raises ImageError when there is none."""
        if number not in self.items:
            raise ImageError
        return self.items[number]

    def body(self, prop: Atom) -> bytes:
        """Give a property's body."""
        return self.data[prop.start : prop.end]

    def targets(self, kind: bytes, number: int) -> tuple[int, ...]:
        """Give what an item refers to in that way."""
        return next((to for name, start, to in self.references if (name, start) == (kind, number)), ())

    def payload(self, item: Item) -> bytes:
        """Give an item's bytes. All that is taken out of a file together is never more than a file may have."""
        base, end = 0, len(self.data)
        if item.within == _IN_IDAT:
            if self.idat is None:
                raise ImageError
            _, base, end = self.idat
        elif item.within != _IN_FILE:
            raise ImageFormatError("The picture's parts are stored in a way that is not read.")
        pieces = []
        for offset, length in item.extents:
            begin = base + offset
            after = begin + length if length else end
            if after > end or begin > end:
                raise ImageTruncatedError if end == len(self.data) else ImageError
            self.copied += after - begin
            self.parts.limits.check_bytes(self.copied)
            pieces.append(self.data[begin:after])
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def read_meta(data: bytes, box: Atom, parts: Parts) -> Meta:
    """Read the meta box. Raises ImageError or a subclass."""
    meta = Meta(data, parts)
    found = {atom.name: atom for atom in atoms(data, box.start + 4, box.end, parts)}
    meta.idat = found.get(b"idat")
    readers: tuple[tuple[bytes, Callable[[Meta, Atom], None]], ...] = (
        (b"pitm", _read_primary),
        (b"iinf", _read_infos),
        (b"iloc", _read_locations),
        (b"iref", _read_references),
        (b"iprp", _read_properties),
    )
    for name, read in readers:
        if name in found:
            read(meta, found[name])
    return meta


def _read_primary(meta: Meta, atom: Atom) -> None:
    fields = Fields(meta.data, atom.start, atom.end)
    version, _ = fields.version_flags()
    meta.primary = fields.number(4 if version else 2)


def _read_infos(meta: Meta, atom: Atom) -> None:
    """Read the items' types. Those of the first two versions have none and are no pictures."""
    fields = Fields(meta.data, atom.start, atom.end)
    version, _ = fields.version_flags()
    fields.number(4 if version else 2)
    for info in atoms(meta.data, fields.position, atom.end, meta.parts):
        entry = Fields(meta.data, info.start, info.end)
        version, _ = entry.version_flags()
        if info.name == b"infe" and version >= 2:
            number = entry.number(4 if version > 2 else 2)
            entry.number(2)
            meta.items.setdefault(number, Item()).kind = entry.take(4)


def _read_locations(meta: Meta, atom: Atom) -> None:
    fields = Fields(meta.data, atom.start, atom.end)
    version, _ = fields.version_flags()
    sizes = fields.number(2)
    offset, length, base, index = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, sizes & 15
    for _ in range(fields.number(4 if version > 1 else 2)):
        meta.parts.add()
        item = meta.items.setdefault(fields.number(4 if version > 1 else 2), Item())
        item.within = fields.number(2) & 15 if version else _IN_FILE
        if fields.number(2):
            item.within = -1  # in another file
        start = fields.number(base)
        extents = []
        for _ in range(fields.number(2)):
            meta.parts.add()
            fields.number(index if version else 0)
            extents.append((start + fields.number(offset), fields.number(length)))
        item.extents = tuple(extents)


def _read_references(meta: Meta, atom: Atom) -> None:
    fields = Fields(meta.data, atom.start, atom.end)
    version, _ = fields.version_flags()
    width = 4 if version else 2
    for kind in atoms(meta.data, fields.position, atom.end, meta.parts):
        each = Fields(meta.data, kind.start, kind.end)
        start, count = each.number(width), each.number(2)
        meta.parts.add(count)
        meta.references.append((kind.name, start, tuple(each.number(width) for _ in range(count))))


def _read_properties(meta: Meta, atom: Atom) -> None:
    """Read the properties, and which item has which."""
    found = list(atoms(meta.data, atom.start, atom.end, meta.parts))
    holder = next((one for one in found if one.name == b"ipco"), None)
    if holder is None:
        raise ImageError
    properties = list(atoms(meta.data, holder.start, holder.end, meta.parts))
    for one in found:
        if one.name == b"ipma":
            _associate(meta, one, properties)


def _associate(meta: Meta, atom: Atom, properties: list[Atom]) -> None:
    fields = Fields(meta.data, atom.start, atom.end)
    version, flags = fields.version_flags()
    width = 2 if flags & 1 else 1
    top = 1 << 8 * width - 1
    for _ in range(fields.number(4)):
        meta.parts.add()
        item = meta.items.setdefault(fields.number(4 if version else 2), Item())
        for _ in range(fields.number(1)):
            meta.parts.add()
            value = fields.number(width)
            index = value & (top - 1)
            if index > len(properties):
                raise ImageError
            if index:
                item.properties.append((properties[index - 1], bool(value & top)))
        if len(item.properties) > _MOST_PROPERTIES:
            raise ImageError
