"""One hash as text, bytes, or a row of an array.

Text is 64 lower-case hexadecimal digits, as `pdqhash` publishes them ("bit 255 first"); bytes are the same 32 bytes
in the same order; many hashes are the rows of an array u8[n, 32]. No error here repeats what it was given.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from notcontent.errors import HashFormatError

HASH_BYTES = 32
HASH_BITS = 8 * HASH_BYTES

_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)


def parse_hash(text: str) -> bytes:
    """Read one hash. Raises HashFormatError unless it is exactly 64 lower-case hexadecimal digits."""
    if not _HEX.fullmatch(text):
        raise HashFormatError
    return bytes.fromhex(text)


def format_hash(value: bytes) -> str:
    """Write one hash as `parse_hash` reads it. Raises HashFormatError unless it is 32 bytes."""
    if len(value) != HASH_BYTES:
        raise HashFormatError
    return value.hex()


def rows_from_hashes(values: Sequence[bytes]) -> NDArray[np.uint8]:
    """Lay hashes out as u8[n, 32], a fresh array. Raises HashFormatError when one is not 32 bytes long."""
    if any(len(value) != HASH_BYTES for value in values):
        raise HashFormatError
    return np.frombuffer(b"".join(values), np.uint8).reshape(-1, HASH_BYTES).copy()


def hashes_from_rows(rows: NDArray[np.uint8]) -> list[bytes]:
    """Take u8[n, 32] apart into n times 32 bytes. Raises HashFormatError when rows are not 32 bytes long."""
    if rows.ndim != 2 or rows.shape[1] != HASH_BYTES:
        raise HashFormatError
    return [row.tobytes() for row in rows]
