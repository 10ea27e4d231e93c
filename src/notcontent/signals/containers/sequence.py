"""The track of an animated AVIF: its samples, and the first of them as a still. Source: ISO/IEC 14496-12, section 8."""

from dataclasses import dataclass

from notcontent.errors import ImageError, ImageFormatError, ImageTruncatedError
from notcontent.signals.containers.atoms import Atom, Fields, Parts, atoms
from notcontent.signals.containers.av1 import sequence_headers
from notcontent.signals.containers.brands import first_brands, is_sequence
from notcontent.signals.containers.still import Coded, Coding, Plane, Still
from notcontent.signals.limits import Limits

_ENTRY_HEADER = 78
"""Bytes of a sample entry for pictures before its own atoms."""


@dataclass(frozen=True, slots=True, repr=False)
class _Track:
    """One track of AV1 pictures."""

    number: int
    alpha_of: int
    """The track whose alpha this is; 0 for none."""
    width: int
    height: int
    config: bytes
    nclx: bytes
    samples: tuple[tuple[int, int], ...]
    """Start and length of each in the file."""


def count_frames(data: bytes, limits: Limits) -> int:
    """Tell how many frames an animated AVIF shows; 0 for a file that is no such. Raises ImageError or a subclass."""
    boxes: dict[bytes, Atom] = {}
    parts = Parts(limits)
    for atom in atoms(data, 0, len(data), parts):
        boxes.setdefault(atom.name, atom)
        if b"ftyp" in boxes and b"moov" in boxes:
            break
    brands = boxes.get(b"ftyp")
    if brands is None or not is_sequence(first_brands(data, brands), b"moov" in boxes):
        return 0
    colour, _ = _chosen(_tracks(data, boxes[b"moov"], parts))
    return len(colour.samples)


def check_frames(data: bytes, limits: Limits) -> int:
    """Hold every sample of every track to the limits of size, and give the largest picture's pixels.

    A decoder takes its memory by the samples' own headers. Raises ImageError or a subclass.
    """
    parts = Parts(limits)
    moov = next((atom for atom in atoms(data, 0, len(data), parts) if atom.name == b"moov"), None)
    if moov is None:
        raise ImageError
    most = 0
    for track in _tracks(data, moov, parts):
        limits.check_size(track.width, track.height)
        for unit in (track.config[4:], *(data[start : start + length] for start, length in track.samples)):
            for header in sequence_headers(unit, parts):
                limits.check_size(header.width, header.height)
                most = max(most, header.width * header.height)
    return most


def first_still(data: bytes, moov: Atom, parts: Parts) -> Still:
    """Give an animation's first frame. Raises ImageError or a subclass."""
    colour, alpha = _chosen(_tracks(data, moov, parts))
    shown = _first_plane(data, colour, parts.limits)
    over = _first_plane(data, alpha, parts.limits) if alpha else None
    if over and (over.width, over.height) != (shown.width, shown.height):
        raise ImageError
    return Still(shown, over, premultiplied=False, nclx=colour.nclx)


def _first_plane(data: bytes, track: _Track, limits: Limits) -> Plane:
    limits.check_size(track.width, track.height)
    start, length = track.samples[0]
    coded = Coded(Coding.AV1, track.width, track.height, track.config, data[start : start + length])
    return Plane(track.width, track.height, (coded,))


def _chosen(tracks: list[_Track]) -> tuple[_Track, _Track | None]:
    """Give the first track of pictures, and its alpha. Raises ImageFormatError when none is coded in AV1."""
    colour = next((track for track in tracks if not track.alpha_of), None)
    if colour is None:
        raise ImageFormatError("The animation is not coded in AV1.")
    if not colour.samples:
        raise ImageError
    alphas = (track for track in tracks if track.alpha_of == colour.number and track.samples)
    return colour, next(alphas, None)


def _tracks(data: bytes, moov: Atom, parts: Parts) -> list[_Track]:
    """Read all tracks that are coded in AV1, whatever they call themselves."""
    found = (
        _read_track(data, atom, parts) for atom in atoms(data, moov.start, moov.end, parts) if atom.name == b"trak"
    )
    return [track for track in found if track is not None]


def _children(data: bytes, atom: Atom | None, parts: Parts) -> dict[bytes, Atom]:
    """Give an atom's own atoms by name, the first of each."""
    if atom is None:
        raise ImageError
    found: dict[bytes, Atom] = {}
    for child in atoms(data, atom.start, atom.end, parts):
        found.setdefault(child.name, child)
    return found


def _read_track(data: bytes, trak: Atom, parts: Parts) -> _Track | None:
    """Read a track; None when it is coded in anything else. Raises ImageFormatError for one that changes its coding."""
    inside = _children(data, trak, parts)
    media = _children(data, inside.get(b"mdia"), parts)
    table = _children(data, _children(data, media.get(b"minf"), parts).get(b"stbl"), parts)
    entries = _entries(data, table.get(b"stsd"), parts)
    if b"av01" not in {entry.name for entry in entries}:
        return None
    if len(entries) > 1:
        raise ImageFormatError("The animation changes its coding.")
    (entry,) = entries
    if entry.start + _ENTRY_HEADER > entry.end:
        raise ImageError
    size = Fields(data, entry.start + 24, entry.end)
    within = _children(data, Atom(entry.name, entry.start + _ENTRY_HEADER, entry.end), parts)
    config, colour = within.get(b"av1C"), within.get(b"colr")
    if config is None:
        raise ImageError
    nclx = data[colour.start : colour.end] if colour else b""
    return _Track(
        number=_track_number(data, inside.get(b"tkhd")),
        alpha_of=_alpha_of(data, inside.get(b"tref"), parts),
        width=size.number(2),
        height=size.number(2),
        config=data[config.start : config.end],
        nclx=nclx if nclx.startswith(b"nclx") and len(nclx) == 11 else b"",
        samples=_samples(data, table, parts),
    )


def _entries(data: bytes, stsd: Atom | None, parts: Parts) -> list[Atom]:
    """Give the sample entries."""
    if stsd is None:
        raise ImageError
    return list(atoms(data, stsd.start + 8, stsd.end, parts))


def _track_number(data: bytes, tkhd: Atom | None) -> int:
    if tkhd is None:
        raise ImageError
    fields = Fields(data, tkhd.start, tkhd.end)
    version, _ = fields.version_flags()
    fields.take(16 if version else 8)
    return fields.number(4)


def _alpha_of(data: bytes, tref: Atom | None, parts: Parts) -> int:
    """Give the track that this one is the alpha of; 0 for none."""
    found = _children(data, tref, parts).get(b"auxl") if tref else None
    return Fields(data, found.start, found.end).number(4) if found else 0


def _samples(data: bytes, table: dict[bytes, Atom], parts: Parts) -> tuple[tuple[int, int], ...]:
    """Find where each sample lies: sizes, samples a chunk, and the chunks' places."""
    sizes = _sizes(data, table.get(b"stsz"), parts)
    chunks = _chunks(data, table, parts)
    runs = _numbers(data, table.get(b"stsc"), parts, 12)
    if sum(sizes) > len(data):  # samples that overlap would be read over and over
        raise ImageTruncatedError
    found: list[tuple[int, int]] = []
    for place, (first, count, _) in enumerate(runs):
        last = runs[place + 1][0] if place + 1 < len(runs) else len(chunks) + 1
        if not first < last <= len(chunks) + 1 or first < 1:
            raise ImageError
        for chunk in chunks[first - 1 : last - 1]:
            start = chunk
            for length in sizes[len(found) : len(found) + count]:
                if start + length > len(data):
                    raise ImageTruncatedError
                found.append((start, length))
                start += length
    if len(found) != len(sizes):
        raise ImageError
    return tuple(found)


def _sizes(data: bytes, stsz: Atom | None, parts: Parts) -> list[int]:
    if stsz is None:
        raise ImageError
    fields = Fields(data, stsz.start, stsz.end)
    fields.version_flags()
    equal, count = fields.number(4), fields.number(4)
    parts.add(count)
    return [equal or fields.number(4) for _ in range(count)]


def _chunks(data: bytes, table: dict[bytes, Atom], parts: Parts) -> list[int]:
    wide = b"co64" in table
    rows = _numbers(data, table.get(b"co64") or table.get(b"stco"), parts, 8 if wide else 4, whole=True)
    return [row[0] for row in rows]


def _numbers(data: bytes, atom: Atom | None, parts: Parts, width: int, *, whole: bool = False) -> list[tuple[int, ...]]:
    """Read a table whose rows are one number, or numbers of four bytes."""
    if atom is None:
        raise ImageError
    fields = Fields(data, atom.start, atom.end)
    fields.version_flags()
    count = fields.number(4)
    parts.add(count)
    step = width if whole else 4
    return [tuple(fields.number(step) for _ in range(width // step)) for _ in range(count)]
