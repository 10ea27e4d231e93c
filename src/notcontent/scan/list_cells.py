"""Cells of a list, column by column: bounded, so that a small list cannot swell. What is malformed is marked.

A column that is of no use at all (nested, or of a type that means nothing here) is refused by `check_column`, when the
list is opened.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from notcontent.errors import SourceError
from notcontent.scan.hash_column import is_hash_type
from notcontent.scan.results import shown_path

MOST_CELL = 4096
"""Bytes of a name, a path or an address; a longer one is no name. Linux takes no longer path."""
HASH, QUALITY = "hash", "quality"
_WHOLE_HASH = "^[0-9a-fA-F]{64}$"
_LIKE_A_HASH = "[0-9a-fA-F]{64}"
_A_NUMBER = r"^\s*[0-9]{1,3}(\.[0-9]{0,6})?\s*$"
_RAW_HASH = 32


def plain_type(kind: pa.DataType) -> pa.DataType:
    """Give the type of a column's values, dictionary or not; text and bytes of any width as one."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    return pa.binary() if pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind) else kind


def check_column(name: str, kind: pa.DataType) -> None:
    """Refuse a column that cannot be what its name says, with SourceError."""
    kind = plain_type(kind)
    if pa.types.is_nested(kind) or isinstance(kind, pa.BaseExtensionType):
        raise SourceError(f"The column `{name}` of the list holds no plain values.")
    if name == HASH and not is_hash_type(kind):
        raise SourceError("The column `hash` is neither text nor bytes.")
    if pa.types.is_fixed_size_binary(kind) and kind.byte_width > MOST_CELL:
        raise SourceError(f"The values of the column `{name}` are too long.")
    number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    if name == QUALITY and not (number or pa.types.is_string(kind) or pa.types.is_null(kind)):
        raise SourceError("The column `quality` holds neither numbers nor text.")


def bounded(column: pa.Array, most: int = MOST_CELL) -> pa.Array:
    """Spread a dictionary out, and blank cells of more than `most` bytes first, so that none is repeated."""
    values = column.dictionary if pa.types.is_dictionary(column.type) else column
    if _is_bytes(plain_type(values.type)) and not pa.types.is_fixed_size_binary(values.type):
        kind = plain_type(values.type)
        raw = values.cast(pa.large_binary())
        fits = pc.fill_null(pc.less_equal(pc.binary_length(raw), most), fill_value=True)
        if not pc.all(fits).as_py():
            raw = pc.if_else(fits, raw, pa.scalar(None, pa.large_binary()))
        # Seen as text without asking whether it is UTF-8: whoever shows it asks.
        values = raw.cast(pa.binary()).view(kind)
    return values.take(column.indices) if pa.types.is_dictionary(column.type) else values


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind))


def qualities(column: pa.Array) -> pa.Array:
    """Give qualities as uint8; what is no number from 0 to 100 is as good as none."""
    if pa.types.is_string(column.type):
        raw = column.view(pa.binary())
        proper = pc.match_substring_regex(raw, _A_NUMBER)
        numbers = pc.if_else(proper, raw, pa.scalar(None, pa.binary())).cast(pa.string())
        column = pc.utf8_trim_whitespace(numbers).cast(pa.float64())
    known = column.cast(pa.float64(), safe=False)
    good = pc.and_(pc.greater_equal(known, 0), pc.less_equal(known, 100))
    return pc.if_else(good, known, pa.scalar(None, pa.float64())).cast(pa.uint8(), safe=False)


def names(column: pa.Array, rows: NDArray[np.uint8]) -> pa.Array:
    """Give names as they are shown, null where there is none that may be: too long, or the hash itself.

    `rows` u8[n, 32] are the hashes beside them. A name of 64 hexadecimal digits is none, whatever hash it is.
    """
    if _is_bytes(column.type) and not pa.types.is_string(column.type):
        column = column.cast(pa.binary())
        column = pc.if_else(pc.equal(pc.binary_length(column), _RAW_HASH), pa.scalar(None, pa.binary()), column)
    texts = _shown(column)
    texts = pc.if_else(pc.match_substring_regex(texts, _WHOLE_HASH), pa.scalar(None, pa.string()), texts)
    like = np.flatnonzero(pc.fill_null(pc.match_substring_regex(texts, _LIKE_A_HASH), fill_value=False))
    hidden = np.zeros(len(texts), np.bool_)
    for place, text in zip(like.tolist(), texts.take(pa.array(like)).to_pylist(), strict=True):
        hidden[place] = rows[place].tobytes().hex() in text.lower()
    return pc.if_else(pa.array(hidden), pa.scalar(None, pa.string()), texts)


def _shown(column: pa.Array) -> pa.Array:
    """Write names as `shown_path` does."""
    if not _is_bytes(column.type):
        return column.cast(pa.string())
    raw = column.view(pa.binary())
    try:
        return pc.replace_substring(raw.cast(pa.string()), "\\", "\\\\")
    except pa.ArrowInvalid:  # some are not UTF-8
        return pa.array([None if each is None else shown_path(each) for each in raw.to_pylist()], pa.string())
