"""An index file read by its description in docs/reference/mih-file.md, without the engine."""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from notcontent.matching import MihIndex

COUNT = 70_000  # places need more than 16 bits
TURNS = (0, 11, 5, 14, 3, 8, 13, 2, 7, 12, 1, 10, 15, 4, 9, 6)


def _chunks(rows: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Bring rows into the order of bits that the page gives: u16[n, 16], a column a chunk."""
    square = rows.view("<u2").astype(np.uint32)
    turned = np.stack([(square[:, i] << turn | square[:, i] >> (16 - turn)) & 0xFFFF for i, turn in enumerate(TURNS)])
    chunks = [sum((turned[i] >> k & 1) << i for i in range(16)) for k in range(16)]
    return np.stack(chunks, axis=1).astype("<u2")


def test_an_index_file_says_what_its_page_says(tmp_path: Path) -> None:
    rng = np.random.default_rng(70)
    rows = rng.integers(0, 256, (COUNT, 32), dtype=np.uint8)
    ids = rng.choice(1 << 32, COUNT, replace=False).astype(np.uint32)
    MihIndex.build(rows, ids).save(tmp_path / "a.mih")
    raw = (tmp_path / "a.mih").read_bytes()
    assert raw[:8] == bytes.fromhex("4e434d49480d0a1a")
    assert struct.unpack_from("<IIQQ", raw, 8) == (1, 6, COUNT, len(raw))
    sections = {}
    for n in range(6):
        name, offset, length = struct.unpack_from("<16sQQ", raw, 64 + 64 * n)
        assert offset % 64 == 0
        sections[name.rstrip(b"\0").decode()] = raw[offset : offset + length]
    assert [*sections] == ["rows", "ids", "offsets", "checks", "lows", "highs"]

    order = np.argsort(ids)
    chunks = _chunks(rows[order])
    assert sections["rows"] == chunks.tobytes()
    assert np.frombuffer(sections["ids"], "<u4").tolist() == ids[order].tolist()
    groups, stride = -(-COUNT // 65_536), -(-COUNT // 32) * 32
    words = -(-((COUNT + 65_536 * groups) // 64 + 2) // 8) * 8
    offsets = np.frombuffer(sections["offsets"], "<u4").reshape(16, 65_552)
    checks = np.frombuffer(sections["checks"], "<u2").reshape(16, stride)
    lows = np.frombuffer(sections["lows"], "<u2").reshape(16, stride)
    highs = np.frombuffer(sections["highs"], np.uint8).reshape(16, words * 8)
    for chunk in range(16):
        values = chunks[:, chunk]
        places = np.argsort(values, kind="stable")
        assert np.array_equal(offsets[chunk, :65_536], np.searchsorted(values[places], np.arange(65_536)))
        assert (offsets[chunk, 65_536:] == COUNT).all()
        assert np.array_equal(checks[chunk, :COUNT], chunks[places, (chunk + 1) % 16])
        assert np.array_equal(lows[chunk, :COUNT], places & 0xFFFF)
        value = values[places].astype(np.int64)
        entry = np.arange(COUNT) - offsets[chunk, value]
        bits = offsets[chunk, value] + value * groups + (places >> 16) + entry
        assert np.array_equal(np.flatnonzero(np.unpackbits(highs[chunk], bitorder="little")), bits)
