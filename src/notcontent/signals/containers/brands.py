"""What a file of atoms says it is. Shared with the videos', so that no file is both."""

from notcontent.signals.containers.atoms import Atom

_STILL = frozenset({b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_SEQUENCE = b"avis"
MOST_BRANDS = 256
"""A gate asks beside its requests what a file is: more brands than this are not listened to."""


def first_brands(data: bytes, ftyp: Atom) -> bytes:
    """Give as much of an ftyp's body as counts: the first MOST_BRANDS. A file could hold millions."""
    return data[ftyp.start : min(ftyp.end, ftyp.start + 4 * MOST_BRANDS)]


def is_still(brands: bytes) -> bool:
    """Tell whether an ftyp's body names a picture: its major brand counts, or films that hold pictures would too."""
    return brands[:4] in _STILL


def is_sequence(brands: bytes, has_tracks: bool) -> bool:
    """Tell whether what is shown is an AVIF animation's track: its major brand says so, or it has one and none says no.

    So does libavif decide.
    """
    listed = {brands[:4], *(brands[i : i + 4] for i in range(8, len(brands), 4))}
    return has_tracks and (brands[:4] == _SEQUENCE or (brands[:4] != b"avif" and _SEQUENCE in listed))
