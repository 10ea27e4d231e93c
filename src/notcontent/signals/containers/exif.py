"""EXIF orientation, and nothing else of EXIF: where a camera was is nobody's business here.

Source: EXIF 2.32, TIFF 6.0 section 2. XMP's orientation is ignored, as browsers do.
"""

import struct

UPRIGHT = 1

_ORIENTATION = 0x0112
_SHORT = 3
_MOST_TAGS = 512
_BYTE_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}


def read_orientation(exif: bytes) -> int:
    """Give 1..8 from an EXIF block, with or without its "Exif" prefix; 1 for anything that is missing or malformed."""
    tiff = exif.removeprefix(b"Exif\0\0")
    order = _BYTE_ORDERS.get(tiff[:4])
    if order is None:
        return UPRIGHT
    try:
        (directory,) = struct.unpack_from(order + "I", tiff, 4)
        (tags,) = struct.unpack_from(order + "H", tiff, directory)
        for i in range(min(tags, _MOST_TAGS)):
            tag, kind, count, value = struct.unpack_from(order + "HHIH", tiff, directory + 2 + 12 * i)
            if (tag, kind, count) == (_ORIENTATION, _SHORT, 1):
                return value if 1 <= value <= 8 else UPRIGHT
    except struct.error:
        pass
    return UPRIGHT
