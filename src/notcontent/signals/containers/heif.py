"""HEIF and AVIF: one picture, perhaps in tiles, perhaps with alpha. Source: ISO/IEC 23008-12, 23000-22, AVIF 1.1.

How a picture lies is told by its properties `clap`, `irot` and `imir`, in their order; EXIF's orientation is for
information only there (23008-12, annex A) and is not read. Whatever is not this picture (thumbnails, depth, gain maps,
metadata, further pictures) is never looked at. A file whose major brand is `avis` is an animation: its first frame.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from notcontent.errors import ImageError, ImageFormatError, ImageTooLargeError
from notcontent.signals.containers.atoms import Atom, Fields, Parts, atoms
from notcontent.signals.containers.av1 import sequence_headers
from notcontent.signals.containers.avif_file import write_avif
from notcontent.signals.containers.brands import first_brands, is_sequence, is_still
from notcontent.signals.containers.container import Box, Container, Format
from notcontent.signals.containers.exif import UPRIGHT
from notcontent.signals.containers.heif_items import Item, Meta, read_meta
from notcontent.signals.containers.sequence import first_still
from notcontent.signals.containers.still import Coded, Coding, Plane, Still
from notcontent.signals.limits import Limits

_CONFIGS = {b"av1C", b"hvcC"}
_KNOWN = _CONFIGS | {b"ispe", b"pixi", b"colr", b"pasp", b"clap", b"irot", b"imir", b"auxC", b"a1lx", b"clli", b"mdcv"}
_ALPHA = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")
_KINDS = {b"av01": Coding.AV1, b"hvc1": Coding.HEVC, b"hev1": Coding.HEVC}
_GRID = b"grid"
_MOST_TILES = 4096
"""Each costs a decoder of its own. A telephone's 48 megapixels have 192."""

# An orientation as EXIF counts: whether rows become columns, then whether the picture is turned over up and down, and
# left and right.
_STEPS = {
    1: (0, 0, 0),
    2: (0, 0, 1),
    3: (0, 1, 1),
    4: (0, 1, 0),
    5: (1, 0, 0),
    6: (1, 0, 1),
    7: (1, 1, 1),
    8: (1, 1, 0),
}
_NUMBERS = {steps: number for number, steps in _STEPS.items()}
_ROTATIONS = (1, 8, 3, 6)
"""irot counts quarter turns against the clock."""
_MIRRORS = (4, 2)
"""imir's 0 exchanges top and bottom, 1 left and right."""


def read_heif(data: bytes, limits: Limits) -> Container:
    """Read the primary picture's parts, sizes and place; of AVIF write a file with them alone.

    Raises ImageFormatError for what is coded neither in AV1 nor HEVC, or put together in a way that is not read.
    """
    parts = Parts(limits)
    boxes = {atom.name: atom for atom in reversed(list(_top(data, parts)))}
    brands = boxes.get(b"ftyp")
    if brands is None or not is_still(first_brands(data, brands)):
        raise ImageFormatError
    if is_sequence(first_brands(data, brands), b"moov" in boxes):
        still, crop, orientation = first_still(data, boxes[b"moov"], parts), None, UPRIGHT
    elif b"meta" in boxes:
        meta = read_meta(data, boxes[b"meta"], parts)
        still = _read_still(meta)
        crop, orientation = _placed(meta, still.colour)
    else:
        raise ImageError
    return _contain(still, crop, orientation, parts)


def _top(data: bytes, parts: Parts) -> Iterator[Atom]:
    """Walk the file's own atoms; what its bytes end in the middle of, after the picture is described, may be unused."""
    described = False
    try:
        for atom in atoms(data, 0, len(data), parts):
            described = described or atom.name in {b"meta", b"moov"}
            yield atom
    except ImageError:
        if not described:
            raise


def _read_still(meta: Meta) -> Still:
    """Take out colour and alpha."""
    item = meta.item(meta.primary)
    colour = _read_plane(meta, item, meta.primary)
    alpha_of = _alphas(meta)
    alpha = None
    number = alpha_of.get(meta.primary)
    if number is not None:
        alpha = _read_plane(meta, meta.item(number), number)
    elif colour.is_grid and all(tile in alpha_of for tile in meta.targets(b"dimg", meta.primary)):
        numbers = [alpha_of[tile] for tile in meta.targets(b"dimg", meta.primary)]
        alpha = Plane(colour.width, colour.height, _read_tiles(meta, numbers), colour.columns, is_grid=True)
        _check_grid(alpha)
    if alpha is not None and (alpha.width, alpha.height) != (colour.width, colour.height):
        raise ImageError
    if len({tile.coding for plane in (colour, alpha) if plane for tile in plane.tiles}) != 1:
        raise ImageFormatError("The picture mixes codings.")
    premultiplied = number is not None and number in meta.targets(b"prem", meta.primary)
    return Still(colour, alpha, premultiplied, _nclx(meta, item))


def _read_plane(meta: Meta, item: Item, number: int) -> Plane:
    """Read a coded picture or a grid of them."""
    if item.kind != _GRID:
        coded = _read_coded(meta, item)
        return Plane(coded.width, coded.height, (coded,))
    _check_known(item)
    fields_of = meta.payload(item)
    fields = Fields(fields_of, 0, len(fields_of))
    _, flags = fields.number(1), fields.number(1)
    rows, columns = fields.number(1) + 1, fields.number(1) + 1
    wide = 4 if flags & 1 else 2
    width, height = fields.number(wide), fields.number(wide)
    meta.parts.limits.check_size(width, height)
    numbers = meta.targets(b"dimg", number)
    if rows * columns > _MOST_TILES:
        raise ImageTooLargeError("The picture has more tiles than the limit.")
    if len(numbers) != rows * columns:
        raise ImageError
    plane = Plane(width, height, _read_tiles(meta, numbers), columns, is_grid=True)
    _check_grid(plane)
    return plane


def _read_tiles(meta: Meta, numbers: Sequence[int]) -> tuple[Coded, ...]:
    """Read the pictures of a grid, each item once however many tiles it is."""
    read = {number: _read_coded(meta, meta.item(number)) for number in dict.fromkeys(numbers)}
    return tuple(read[number] for number in numbers)


def _check_grid(plane: Plane) -> None:
    """Refuse tiles of several sizes, and those that leave a gap or are not seen at all."""
    if len({(tile.width, tile.height) for tile in plane.tiles}) != 1:
        raise ImageError
    first, rows = plane.tiles[0], len(plane.tiles) // plane.columns
    if not (plane.columns - 1) * first.width < plane.width <= plane.columns * first.width:
        raise ImageError
    if not (rows - 1) * first.height < plane.height <= rows * first.height:
        raise ImageError


def _read_coded(meta: Meta, item: Item) -> Coded:
    """Read one coded picture: its size by the file, held against the size by its own header."""
    coding = _KINDS.get(item.kind)
    if not item.kind:
        raise ImageError
    if coding is None:
        raise ImageFormatError("The picture is coded neither in AV1 nor in HEVC.")
    _check_known(item)
    config = next((meta.body(prop) for prop, _ in item.properties if prop.name in _CONFIGS), None)
    sized = next((prop for prop, _ in item.properties if prop.name == b"ispe"), None)
    if config is None or sized is None:
        raise ImageError
    fields = Fields(meta.data, sized.start, sized.end)
    fields.version_flags()
    width, height = fields.number(4), fields.number(4)
    if not width or not height:
        raise ImageError
    meta.parts.limits.check_size(width, height)
    return Coded(coding, width, height, config, meta.payload(item))


def _check_known(item: Item) -> None:
    """Refuse a picture whose property has to be known, and is not."""
    if any(needed and prop.name not in _KNOWN for prop, needed in item.properties):
        raise ImageFormatError("The picture is put together in a way that is not read.")


def _alphas(meta: Meta) -> dict[int, int]:
    """Give the alpha item of each item that has one."""
    found: dict[int, int] = {}
    for kind, number, targets in meta.references:
        if kind == b"auxl" and number in meta.items:
            kinds = [meta.body(prop)[4:] for prop, _ in meta.items[number].properties if prop.name == b"auxC"]
            if any(one.partition(b"\0")[0] in _ALPHA for one in kinds):
                found |= dict.fromkeys(targets, number)
    return found


def _nclx(meta: Meta, item: Item) -> bytes:
    """Give matrix and range, as the file tells them. An ICC profile is left out."""
    bodies = (meta.body(prop) for prop, _ in item.properties if prop.name == b"colr")
    return next((body for body in bodies if body.startswith(b"nclx") and len(body) == 11), b"")


def _placed(meta: Meta, plane: Plane) -> tuple[Box | None, int]:
    """Give what of the picture is shown, and how it lies: `clap` cuts before anything is turned."""
    crop, steps = None, _STEPS[UPRIGHT]
    for prop, _ in meta.item(meta.primary).properties:
        body = meta.body(prop) if prop.name in {b"clap", b"irot", b"imir"} else b""
        if prop.name == b"clap" and crop is None and steps == _STEPS[UPRIGHT]:
            crop = _read_clap(body, plane)
        elif prop.name == b"irot" and body:
            steps = _then(steps, _STEPS[_ROTATIONS[body[0] & 3]])
        elif prop.name == b"imir" and body:
            steps = _then(steps, _STEPS[_MIRRORS[body[0] & 1]])
    return crop, _NUMBERS[steps]


def _then(first: tuple[int, int, int], second: tuple[int, int, int]) -> tuple[int, int, int]:
    """Put one orientation after another."""
    turned, down, across = first
    if second[0]:
        turned, down, across = 1 - turned, across, down
    return turned, down ^ second[1], across ^ second[2]


def _read_clap(body: bytes, plane: Plane) -> Box | None:
    """Give the part that is shown; None, and all is, for one that makes no sense or reaches beyond: so do browsers."""
    if len(body) != 32:
        return None
    numbers = [int.from_bytes(body[i : i + 4], signed=i >= 16 and not i % 8) for i in range(0, 32, 4)]
    if not all(numbers[1::2]):
        return None
    wide, tall, right, low = (Fraction(above, below) for above, below in zip(numbers[::2], numbers[1::2], strict=True))
    width, height = int(wide), int(tall)
    left = (plane.width - wide) / 2 + right
    top = (plane.height - tall) / 2 + low
    if min(left, top) < 0 or min(width, height) < 1:
        return None
    box = Box(int(left), int(top), width, height)
    return box if box.left + width <= plane.width and box.top + height <= plane.height else None


def _contain(still: Still, crop: Box | None, orientation: int, parts: Parts) -> Container:
    """Give what the decoders take, after a look at the coding's own headers."""
    width, height = still.colour.width, still.colour.height
    is_avif = still.colour.tiles[0].coding is Coding.AV1
    parts.limits.check_size(width, height)
    bytes_a_pixel = _check_av1(still, parts) if is_avif else _HEVC + (2 if still.alpha else 0)
    return Container(
        format=Format.AVIF if is_avif else Format.HEIC,
        width=width,
        height=height,
        pixels=write_avif(still) if is_avif else b"",
        frame=Box(0, 0, width, height),
        bytes_a_pixel=bytes_a_pixel,
        orientation=orientation,
        crop=crop,
        still=still,
    )


def _check_av1(still: Still, parts: Parts) -> float:
    """Hold each tile to the size that its file tells, and give the bytes a pixel that decoding takes."""
    deep = dense = False
    for plane in (still.colour, still.alpha):
        for tile in plane.tiles if plane else ():
            headers = [*sequence_headers(tile.config[4:], parts), *sequence_headers(tile.data, parts)]
            if not headers or any((one.width, one.height) != (tile.width, tile.height) for one in headers):
                raise ImageError
            deep = deep or any(one.deep for one in headers)
            dense = dense or any(one.dense for one in headers)
    samples = (3.0 if dense else 1.5) + (2 if still.alpha else 0)
    return samples * (2 if deep else 1) * (2 if still.colour.is_grid else 1) + _AVIF_COPIES


_AVIF_COPIES = 10.0
"""Bytes a pixel that libavif's and Pillow's RGB take, and luma."""
_HEVC = 11.0
"""Bytes a pixel of the worst that HEVC may turn out to be: 12 bits, full colour, another matrix. 8 bits take 2.6."""
