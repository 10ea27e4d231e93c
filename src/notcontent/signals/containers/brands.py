"""What a file of atoms says it is. Shared with the videos', so that no file is both."""

_STILL = frozenset({b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_SEQUENCE = b"avis"


def is_still(brands: bytes) -> bool:
    """Tell whether an ftyp's body names a picture: its major brand counts, or films that hold pictures would too."""
    return brands[:4] in _STILL


def is_sequence(brands: bytes, has_tracks: bool) -> bool:
    """Tell whether what is shown is an AVIF animation's track: its major brand says so, or it has one and none says no.

    So does libavif decide.
    """
    listed = {brands[:4], *(brands[i : i + 4] for i in range(8, len(brands), 4))}
    return has_tracks and (brands[:4] == _SEQUENCE or (brands[:4] != b"avif" and _SEQUENCE in listed))
