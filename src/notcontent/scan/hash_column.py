"""A column of hashes as Parquet and CSV carry them -> rows u8[n, 32]: text of 64 digits in either case, or 32 bytes.

All at once, without a Python object for each: lists hold tens of millions. What is malformed is marked, not raised.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from notcontent.errors import SourceError
from notcontent.matching.hashes import HASH_BYTES

_DIGITS = 2 * HASH_BYTES
_BAD = 0xFF
_NIBBLES = np.full(256, _BAD, np.uint8)
for _digits in (b"0123456789abcdef", b"0123456789ABCDEF"):
    _NIBBLES[np.frombuffer(_digits, np.uint8)] = np.arange(16, dtype=np.uint8)


def is_hash_type(kind: pa.DataType) -> bool:
    """Say whether a column of this type may hold hashes."""
    return any(
        check(kind)
        for check in (
            pa.types.is_string,
            pa.types.is_large_string,
            pa.types.is_binary,
            pa.types.is_large_binary,
            pa.types.is_fixed_size_binary,
            pa.types.is_null,
        )
    )


def read_hashes(column: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Give the rows, zero where a value is missing or malformed, and a mask of those that are good.

    Text must be 64 hexadecimal digits in either case, bytes 32. Raises SourceError for a column of another type.
    """
    if not is_hash_type(column.type):
        raise SourceError("The column of hashes is neither text nor bytes.")
    is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    values = column.cast(pa.large_binary())
    length = _DIGITS if is_text else HASH_BYTES
    good = np.array(pc.fill_null(pc.equal(pc.binary_length(values), length), fill_value=False), np.bool_)
    rows = np.zeros((len(values), HASH_BYTES), np.uint8)
    raw = _bytes_of(values.filter(pa.array(good)), length)
    if is_text:
        nibbles = _NIBBLES[raw]
        proper = (nibbles != _BAD).all(axis=1)
        good[np.flatnonzero(good)[~proper]] = False
        raw = (nibbles[proper, 0::2] << np.uint8(4)) | nibbles[proper, 1::2]
    rows[good] = raw
    return rows, good


def _bytes_of(values: pa.LargeBinaryArray, length: int) -> NDArray[np.uint8]:
    """See values of one length, none missing, as u8[n, length]."""
    if not len(values):
        return np.empty((0, length), np.uint8)
    _, _, data = values.buffers()
    start = np.frombuffer(values.buffers()[1], np.int64)[values.offset]
    return np.frombuffer(data, np.uint8, len(values) * length, start).reshape(-1, length)
