"""Index files changed anywhere, their checksums made to fit again: refused, or searched without harm.

The engine's own part, tables damaged within, is fuzzed by table.cpp. `make check-slow` runs this with more examples
and on an engine that carries AddressSanitizer.
"""

import contextlib
import hashlib
import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from fuzz_effort import EFFORT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notcontent.errors import IndexArgumentError, IndexFileError
from notcontent.matching import MihIndex

HEADER, SECTION = 64, 64  # bytes: of the header, and of each line of the table behind it
ROWS = np.random.default_rng(70).integers(0, 256, (33_000, 32), dtype=np.uint8)
TABLE = 32_768  # from so many rows on, a file holds a table
EDGES = [
    0,
    1,
    2,
    3,
    4,
    5,
    63,
    64,
    65,
    TABLE - 1,
    TABLE,
    1 << 31,
    (1 << 32) - 2,
    (1 << 32) - 1,
    (1 << 63),
    (1 << 64) - 1,
]


@dataclass(frozen=True, slots=True)
class Edit:
    """So many bytes at a place become others."""

    at: int
    content: bytes


@cache
def sound(kind: str, count: int) -> bytes:
    """Give the bytes of a sound file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sound"
        ids = np.arange(count, dtype=np.uint32) * 3 + 5
        if kind == "numbered":
            MihIndex.build(ROWS[:count]).save(path)
        else:
            MihIndex.build(ROWS[:count], ids).save(path)
        return path.read_bytes()


def sections_of(content: bytes | bytearray) -> int:
    """Say how many lines the table really has room for."""
    (count,) = struct.unpack_from("<I", content, 12)
    return int(min(count, (len(content) - HEADER) // SECTION, 64))


def mended(content: bytearray, *, sections: bool) -> bytes:
    """Make the checksums fit: the header's, and those of sections that lie in the file."""
    if len(content) < HEADER:
        return bytes(content)
    lines = sections_of(content)
    for line in range(HEADER, HEADER + lines * SECTION, SECTION) if sections else ():
        offset, length = struct.unpack_from("<QQ", content, line + 16)
        if offset + length <= len(content):
            content[line + 32 : line + 64] = hashlib.sha256(content[offset : offset + length]).digest()
    content[32:64] = hashlib.sha256(content[:32] + content[64 : HEADER + lines * SECTION]).digest()
    return bytes(content)


def number(bits: int) -> st.SearchStrategy[int]:
    """Draw a number that fits a field: any, or one where something begins or ends."""
    return st.one_of(st.integers(0, (1 << bits) - 1), st.sampled_from([edge for edge in EDGES if edge < 1 << bits]))


@st.composite
def header_edits(draw: st.DrawFn, lines: int) -> Edit:
    """Change a field of the header or of a line of the table."""
    line = HEADER + SECTION * draw(st.integers(0, lines - 1))
    names = [b"rows", b"ids", b"offsets", b"checks", b"lows", b"highs", b"", b"\xff" * 16]
    fields = {  # its place, and what it may become
        "version": (8, number(32).map(struct.Struct("<I").pack)),
        "sections": (12, st.one_of(st.integers(0, 70), number(32)).map(struct.Struct("<I").pack)),
        "rows": (16, number(64).map(struct.Struct("<Q").pack)),
        "length": (24, number(64).map(struct.Struct("<Q").pack)),
        "name": (line, st.sampled_from([name.ljust(16, b"\0") for name in names])),
        "offset": (line + 16, number(64).map(struct.Struct("<Q").pack)),
        "length of section": (line + 24, number(64).map(struct.Struct("<Q").pack)),
    }
    at, content = fields[draw(st.sampled_from(list(fields)))]
    return Edit(at, draw(content))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Draw a file: a sound one, changed in a few places, cut or grown, its checksums mended or not."""
    kind = draw(st.sampled_from(["numbered", "listed"]))
    count = draw(st.sampled_from([0, 1, 7, 40, 41, TABLE, 33_000]))
    content = bytearray(sound(kind, count))
    size = len(content)
    behind = HEADER + SECTION * sections_of(content)  # where the header and the table end
    edits = st.builds(Edit, st.integers(min(behind, size - 1), size - 1), st.binary(min_size=1, max_size=16))
    if draw(st.booleans()):
        before = st.builds(Edit, st.integers(0, behind - 1), st.binary(min_size=1, max_size=16))
        edits = st.one_of(edits, before, header_edits(sections_of(content)))
    for edit in draw(st.lists(edits, max_size=6)):
        content[edit.at : edit.at + len(edit.content)] = edit.content
    if draw(st.integers(0, 7)) == 0:
        content = content[: draw(st.integers(0, len(content)))]
    elif draw(st.integers(0, 7)) == 0:
        content += bytes(draw(st.sampled_from([1, 64, 4096])))
    if draw(st.integers(0, 3)) == 0:
        content[24:32] = struct.pack("<Q", len(content))
    return bytes(content) if draw(st.integers(0, 9)) == 0 else mended(content, sections=draw(st.booleans()))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "damaged"


@settings(max_examples=150 * EFFORT, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=damaged(), verify=st.booleans(), radius=st.sampled_from([0, 15, 31, 63]), change=st.booleans())
def test_a_damaged_file_is_refused_or_searched_without_harm(
    path: Path, content: bytes, verify: bool, radius: int, change: bool
) -> None:
    path.unlink(missing_ok=True)  # never cut short a file that an earlier example still has mapped
    path.write_bytes(content)
    queries = ROWS[:3]
    with contextlib.suppress(IndexFileError):
        index = MihIndex.open_all([path], verify=verify)
        assert (index.search(queries, radius).distances <= radius).all()
        if change:
            with contextlib.suppress(IndexArgumentError):  # the damaged file holds the last id
                index.add(queries)
            index.remove(np.array([0, 5, 8, 8], np.uint32))
            index.search(queries, radius)
            if len(index) < 1000:  # merging a table takes long under a sanitizer
                rows, ids = index.rows()
                assert len(rows) == len(ids) == len(index)


@settings(max_examples=20 * EFFORT, deadline=None, suppress_health_check=list(HealthCheck))
@given(count=st.integers(0, 300), dense=st.booleans(), kind=st.sampled_from(["numbered", "listed"]))
def test_what_is_not_damaged_is_opened(path: Path, count: int, dense: bool, kind: str) -> None:
    path.unlink(missing_ok=True)
    path.write_bytes(mended(bytearray(sound(kind, count)), sections=dense))
    assert len(MihIndex.open(path)) == count
    assert path.read_bytes() == sound(kind, count), "mending the checksums of a sound file changed it"
