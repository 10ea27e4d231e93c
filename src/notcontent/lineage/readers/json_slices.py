r"""Cuts a huge JSON file into the parts that somebody wants, without ever holding or decoding the rest.

The bytes are walked in chunks: NumPy finds the quotes that count and the brackets outside of strings with their depth,
and Python looks only at the brackets of the level that it walks. What is passed over is not decoded and not checked
beyond its brackets; what is given is a part's bytes, for whoever decodes them. Escapes that JSON does not know, such
as Telegram's `\x0B`, do not matter here.

A text, or a part, of more than `longest` bytes ends it with LineageSizeError before it is held; so does a depth of more
than `deepest` with LineageDepthError, an end in the middle with LineageTruncatedError, and anything else that is no
JSON, as far as it is seen, with LineageSourceError.
"""

import json
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from notcontent.errors import LineageDepthError, LineageSizeError, LineageSourceError, LineageTruncatedError

DEEPEST = 64
LONGEST = 4 << 20
CHUNK = 1 << 19

_BOM = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"
_OPENS, _CLOSES = 1, 2
_OPENING = b"[{"
_QUOTE, _SLASH = 0x22, 0x5C
_KIND = np.zeros(256, np.uint8)
_KIND[list(b"[{")] = _OPENS
_KIND[list(b"]}")] = _CLOSES
_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|.)", re.DOTALL)


def repaired(data: bytes) -> bytes:
    r"""Write \xNN, which is no JSON, as \u00NN. What is JSON stays as it is."""
    if b"\\x" not in data:
        return data
    return _ESCAPE.sub(lambda found: b"\\u00" + found[1] if found[1] else found[0], data)


@dataclass(frozen=True, slots=True)
class Place:
    """A place right behind an opening bracket, to come back to."""

    offset: int
    depth: int


class Slices:
    """One JSON file that is walked from its beginning to its end. `file` must be seekable.

    A depth is the number of open brackets: 1 for what stands in the outermost object.
    """

    def __init__(
        self,
        file: BinaryIO,
        progress: Callable[[int], None] | None = None,
        *,
        chunk: int = CHUNK,
        longest: int = LONGEST,
        deepest: int = DEEPEST,
    ) -> None:
        """Take an open file. `progress` is called with the bytes that were read, after each chunk."""
        self._file = file
        self._progress = progress
        self._chunk, self._longest, self._deepest = chunk, longest, deepest
        self._data, self._base = b"", 0  # what is held of the file, and where it begins
        self._reached, self._depth = 0, 0  # up to here brackets were given, so many of them are open
        self._keep: int | None = None  # from here on bytes are still wanted
        self._depth_read, self._in_string, self._escaped = 0, False, False  # at the end of what is held
        self._offsets: NDArray[np.int64] = np.zeros(0, np.int64)  # brackets of the newest chunk
        self._outer: NDArray[np.int64] = np.zeros(0, np.int64)  # the depth outside of each
        self._levels: dict[int, list[int]] = {}
        self.bytes_read = 0
        """The most bytes that were read, wherever it went back since."""

    # --- the parts of an object and an array ---------------------------------------------------------------------

    def begin(self) -> int:
        """Enter the outermost object or array, and give its bracket. Raises LineageSourceError for what is neither."""
        self._keep = 0
        while _BOM.startswith(self._data) or not self._data.removeprefix(_BOM).strip(_SPACE):
            if len(self._data) > self._longest or not self._load():
                raise LineageSourceError("There is nothing in the file.")
        start = len(self._data) - len(self._data.removeprefix(_BOM).lstrip(_SPACE))
        if self._data[start] not in _OPENING:
            raise LineageSourceError
        self._keep = None
        return self._next(0)[1]

    def end(self) -> None:
        """Make sure that nothing but white space follows. Call it when the outermost bracket was closed."""
        while True:
            rest = self._data[self._reached - self._base :]
            if rest.strip(_SPACE):
                raise LineageSourceError
            self._reached = self._base + len(self._data)
            if not self._load():
                return

    def members(self, depth: int, values: dict[str, object]) -> Iterator[tuple[str, int]]:
        """Walk the object that was just entered: give the key and the bracket of each object or array in it.

        Enter what was given (`elements`, or `members` one deeper) before you ask for the next; otherwise it is passed
        over. Plain values come to `values`, those before a key before it is given. Of equal keys the last counts.
        """
        first = True
        while True:
            self._keep = self._reached
            offset, bracket = self._next(depth)
            gap = self._taken(self._keep, offset)
            self._keep = None
            closed = bracket not in _OPENING
            pairs = _members_of(gap, first=first, closed=closed)
            if closed:
                values.update(pairs)
                _check(bracket == ord("}"))
                return
            (key, _null), first = pairs.pop(), False
            values.update(pairs)
            yield key, bracket
            self.leave(depth)

    def elements(self, depth: int) -> Iterator[bytes]:
        """Walk the array that was just entered: give each object or array in it as its bytes, any other as b"null"."""
        usual = b""  # what stands before an element, but for white space
        while True:
            start = self._keep = self._reached
            offset, bracket = self._next(depth)
            closed = bracket not in _OPENING
            gap = self._taken(start, offset).strip(_SPACE)
            if closed or gap != usual:
                yield from [b"null"] * _plain_elements(gap, first=not usual, closed=closed)
            if closed:
                self._keep = None
                _check(bracket == ord("]"))
                return
            usual = b","
            self._keep = offset
            closing, _bracket = self._next(depth)
            yield self._taken(offset, closing + 1)
            yield from self._alike(depth)

    def _alike(self, depth: int) -> Iterator[bytes]:
        """Give the elements that lie whole in what is held and follow each other as the first two do, quickly."""
        data, base, offsets = self._data, self._base, self._levels.get(depth, [])
        at, end = bisect_left(offsets, self._reached), len(offsets) - 1
        between = None
        while at < end and self._data is data:
            start, stop = offsets[at] - base, offsets[at + 1] + 1 - base
            gap = data[self._reached - base : start]
            if gap != between:
                if gap.strip(_SPACE) != b",":
                    return
                between = gap
            if data[start] not in _OPENING or stop - start > self._longest:
                return
            self._reached = base + stop
            yield data[start:stop]
            at += 2

    def entered(self, depth: int) -> Iterator[int]:
        """Walk the array that was just entered: give the bracket of each object or array in it, to enter or pass over.

        What else it holds is passed over, too.
        """
        while True:
            _offset, bracket = self._next(depth)
            if bracket not in _OPENING:
                return
            yield bracket
            self.leave(depth)

    def leave(self, depth: int) -> None:
        """Pass over what is left of whatever is open, up to the closing bracket that leads back to this depth."""
        if self._depth > depth:
            self._next(depth)

    def place(self) -> Place:
        """Give the place that is reached."""
        return Place(self._reached, self._depth)

    def go(self, place: Place) -> None:
        """Go to a place that was reached before."""
        self._file.seek(place.offset)
        self._data, self._base, self._reached, self._keep = b"", place.offset, place.offset, None
        self._depth_read = self._depth = place.depth
        self._in_string = self._escaped = False
        self._offsets = self._outer = np.zeros(0, np.int64)
        self._levels = {}

    # --- brackets ------------------------------------------------------------------------------------------------

    def _next(self, depth: int) -> tuple[int, int]:
        """Give the next bracket that opens at this depth, closes down to it, or lies further out: place and sign."""
        while True:
            offsets = self._levels.get(depth)
            if offsets is None:
                offsets = self._levels[depth] = self._offsets[self._outer <= depth].tolist()
            at = bisect_left(offsets, self._reached)
            if at < len(offsets):
                offset = offsets[at]
                bracket = self._data[offset - self._base]
                self._reached = offset + 1
                self._depth = depth + (1 if bracket in _OPENING else 0 if self._depth > depth else -1)
                return offset, bracket
            if not self._load():
                raise LineageTruncatedError

    def _taken(self, start: int, stop: int) -> bytes:
        """Give bytes that were kept."""
        if stop - start > self._longest:
            raise LineageSizeError
        return self._data[start - self._base : stop - self._base]

    def _load(self) -> bool:
        """Read one chunk more, forget what nobody wants, and find the brackets. False at the end of the file."""
        chunk = self._file.read(self._chunk)
        if not chunk:
            return False
        end = self._base + len(self._data)
        kept = b"" if self._keep is None else self._data[self._keep - self._base :]
        if len(kept) > self._longest:
            raise LineageSizeError
        self._base = end - len(kept)
        self._data = kept + chunk
        self._find(chunk, end)
        self.bytes_read = max(self.bytes_read, end + len(chunk))
        if self._progress is not None:
            self._progress(self.bytes_read)
        return True

    def _find(self, chunk: bytes, offset: int) -> None:
        """Find the brackets of a chunk that begins at this offset."""
        data = np.frombuffer(chunk, np.uint8)
        quotes = self._quotes(data)
        kinds = _KIND[data]
        places = np.flatnonzero(kinds)
        inside = (np.searchsorted(quotes, places) + self._in_string) & 1
        places = places[inside == 0]
        self._in_string ^= bool(len(quotes) & 1)
        opens = kinds[places] == _OPENS
        after = self._depth_read + np.cumsum(np.where(opens, 1, -1))
        if len(after):
            if after.max() > self._deepest:
                raise LineageDepthError
            _check(after.min() >= 0)
            self._depth_read = int(after[-1])
        self._offsets = places + offset
        self._outer = after - opens
        self._levels = {}

    def _quotes(self, data: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Give the places of the quotes that begin or end a string."""
        quotes = np.flatnonzero(data == _QUOTE)
        slashes = np.flatnonzero(data == _SLASH)
        if not len(slashes) and not self._escaped:
            return quotes
        if self._escaped:  # as if the slash before the chunk stood in it
            slashes = np.concatenate(([-1], slashes))
        begins = np.ones(len(slashes), bool)
        begins[1:] = slashes[1:] != slashes[:-1] + 1
        first_of_run = np.maximum.accumulate(np.where(begins, slashes, -1))
        escaped = np.zeros(len(data) + 1, bool)
        escaped[slashes[(slashes - first_of_run) % 2 == 0] + 1] = True
        self._escaped = bool(escaped[-1])
        return quotes[~escaped[quotes]]


def _check(holds: bool) -> None:
    if not holds:
        raise LineageSourceError


def _members_of(gap: bytes, *, first: bool, closed: bool) -> list[tuple[str, object]]:
    """Read the members between two brackets of an object, the last one's value null where a bracket follows it."""
    text = (b"{" if first else b'{"":null') + repaired(gap) + (b"}" if closed else b"null}")
    try:
        pairs = json.loads(text.decode(errors="replace"), object_pairs_hook=list)
    except (ValueError, RecursionError) as error:
        raise LineageSourceError from error
    return list(pairs) if first else list(pairs[1:])


def _plain_elements(gap: bytes, *, first: bool, closed: bool) -> int:
    """Count the elements between two brackets of an array that are neither objects nor arrays."""
    text = (b"[" if first else b"[null") + repaired(gap) + (b"]" if closed else b"null]")
    try:
        return len(json.loads(text.decode(errors="replace"))) - (not first) - (not closed)
    except (ValueError, RecursionError) as error:
        raise LineageSourceError from error
