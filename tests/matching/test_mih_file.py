"""Index files: equal bytes for equal rows, refused when they are not whole, and never a way out of their memory."""

import ctypes
import hashlib
import mmap
import multiprocessing
import os
import stat
import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notcontent.errors import (
    IndexChecksumError,
    IndexEmptyError,
    IndexFileError,
    IndexMissingError,
    IndexNewerError,
    IndexOlderError,
    IndexTruncatedError,
    StorageError,
)
from notcontent.matching import Index, LivingIndex, MihIndex
from notcontent.matching.conformance import IndexConformance, LivingIndexConformance
from notcontent.matching.conformance_scenes import Ids, Rows, flipped
from notcontent.matching.mih import HUGE_PAGE

COUNT = 40_000  # large enough for a table
RNG = np.random.default_rng(60)
ROWS = RNG.integers(0, 256, (COUNT, 32), dtype=np.uint8)
IDS = np.sort(RNG.choice(1 << 32, COUNT, replace=False)).astype(np.uint32)
HEADER, SECTION = 64, 64


class TestAnOpenedMihIndex(LivingIndexConformance):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def make_living(self) -> LivingIndex:
        MihIndex().save(self.folder / "empty.mih")
        return MihIndex.open(self.folder / "empty.mih")


class TestTwoFilesOpenedAsOne(IndexConformance):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def make_index(self, rows: Rows, ids: Ids) -> Index:
        half = len(rows) // 2
        paths = [self.folder / "first.mih", self.folder / "second.mih"]
        MihIndex.build(rows[:half], ids[:half]).save(paths[0])
        MihIndex.build(rows[half:], ids[half:]).save(paths[1])
        return MihIndex.open_all(paths)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("written") / "a.mih"
    MihIndex.build(ROWS, IDS).save(path)
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path, written: bytes) -> Path:
    copy = tmp_path / "a.mih"
    copy.write_bytes(written)
    return copy


@settings(max_examples=20, deadline=None)
@given(count=st.sampled_from([0, 1, 7, 300]), seed=st.integers(0, 1000), dense=st.booleans())
def test_save_open_save_gives_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, count: int, seed: int, dense: bool
) -> None:
    folder = tmp_path_factory.mktemp("saved")
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 256, (count, 32), dtype=np.uint8)
    ids = np.arange(count, dtype=np.uint32) if dense else rng.permutation(1000)[:count].astype(np.uint32)
    MihIndex.build(rows, ids).save(folder / "first")
    MihIndex.open(folder / "first").save(folder / "second")
    assert (folder / "first").read_bytes() == (folder / "second").read_bytes()


@pytest.mark.parametrize(
    "ids", [IDS, None, np.arange(9, COUNT + 9, dtype=np.uint32)], ids=["sparse", "dense", "shifted"]
)
def test_a_table_is_saved_and_opened_byte_by_byte(tmp_path: Path, ids: Ids | None) -> None:
    MihIndex.build(ROWS, ids).save(tmp_path / "first")
    opened = MihIndex.open(tmp_path / "first")
    opened.save(tmp_path / "second")
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
    found = opened.search(ROWS[:5], 0)
    assert found.ids.tolist() == (range(5) if ids is None else ids[:5].tolist()) or found.ids.tolist() == [*range(5)]


def test_however_rows_came_the_file_is_the_same(tmp_path: Path, written: bytes) -> None:
    index = MihIndex(background=False)
    order = np.random.default_rng(61).permutation(COUNT)
    for some in np.array_split(order, 3):
        index.add(ROWS[some], IDS[some])
    extra = index.add(np.invert(ROWS[:50]), np.setdiff1d(np.arange(60, dtype=np.uint32), IDS)[:50])
    index.remove(extra)
    index.save(tmp_path / "b.mih")
    assert (tmp_path / "b.mih").read_bytes() == written


def test_an_opened_file_can_change_while_the_file_does_not(path: Path, written: bytes) -> None:
    index = MihIndex.open(path)
    new = index.add(np.invert(ROWS[:3]))
    assert new.tolist() == [int(IDS[-1]) + 1 + n for n in range(3)] or int(IDS[-1]) + 3 > 0xFFFFFFFF
    assert index.remove(IDS[:2].copy()) == 2
    assert len(index) == COUNT + 1
    assert path.read_bytes() == written
    path.unlink()
    assert index.search(ROWS[2:4], 0).ids.tolist() == IDS[2:4].tolist()


def test_only_its_owner_may_read_an_index_file(tmp_path: Path) -> None:
    MihIndex.build(ROWS[:5]).save(tmp_path / "a.mih")
    assert stat.S_IMODE((tmp_path / "a.mih").stat().st_mode) == 0o600


def test_a_folder_that_is_not_there_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        MihIndex.build(ROWS[:5]).save(tmp_path / "none" / "a.mih")
    assert not list(tmp_path.iterdir())


def test_sections_of_a_large_file_begin_at_huge_pages(tmp_path: Path) -> None:
    rows = np.random.default_rng(62).integers(0, 256, (16 * HUGE_PAGE // 32, 32), dtype=np.uint8)
    MihIndex.build(rows, threads=2).save(tmp_path / "large.mih")
    with (tmp_path / "large.mih").open("rb") as file:
        header = file.read(4096)
    offsets = [struct.unpack_from("<16sQQ", header, HEADER + n * SECTION)[1] for n in range(6)]
    assert all(offset % HUGE_PAGE == 0 for offset in offsets)
    assert MihIndex.open(tmp_path / "large.mih").search(rows[-2:], 3).ids.tolist() == [len(rows) - 2, len(rows) - 1]


def test_what_is_no_index_file_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError):
        MihIndex.open(tmp_path / "none")
    with pytest.raises(IndexFileError):
        MihIndex.open(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(IndexFileError):
        MihIndex.open(tmp_path / "pipe")
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(IndexEmptyError):
        MihIndex.open(tmp_path / "empty")
    (tmp_path / "other").write_bytes(b"NCSEG\r\n\x1a" + bytes(1000))
    with pytest.raises(IndexFileError):
        MihIndex.open(tmp_path / "other")


def test_a_file_cut_off_or_too_long_is_refused_as_cut_off(path: Path, written: bytes) -> None:
    for length in [1, 8, 63, 64, 200, 5000, len(written) // 2, len(written) - 1]:
        path.write_bytes(written[:length])
        with pytest.raises(IndexTruncatedError):
            MihIndex.open(path, verify=False)
    path.write_bytes(written + b"\0")
    with pytest.raises(IndexTruncatedError):
        MihIndex.open(path, verify=False)


def test_an_older_and_a_newer_file_have_errors_of_their_own(path: Path, written: bytes) -> None:
    for version, error in ((0, IndexOlderError), (2, IndexNewerError)):
        path.write_bytes(written[:8] + struct.pack("<I", version) + written[12:])
        with pytest.raises(error):
            MihIndex.open(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1), bit=st.integers(0, 7))
def test_a_bit_flipped_anywhere_is_refused(path: Path, written: bytes, place: float, bit: int) -> None:
    at = min(int(place * len(written)), len(written) - 1)
    path.write_bytes(written[:at] + bytes([written[at] ^ 1 << bit]) + written[at + 1 :])
    with pytest.raises(IndexFileError):
        MihIndex.open(path)


def test_bits_flipped_in_every_section_are_refused_by_their_checksum(path: Path, written: bytes) -> None:
    for n in range(6):
        _, offset, length = struct.unpack_from("<16sQQ", written, HEADER + n * SECTION)
        for at in (offset, offset + length - 1):
            path.write_bytes(written[:at] + bytes([written[at] ^ 1]) + written[at + 1 :])
            with pytest.raises(IndexChecksumError):
                MihIndex.open(path)


def _resealed(raw: bytearray) -> bytes:
    """Give a changed file checksums that fit, as somebody would who means harm."""
    for n in range(6):
        _, offset, length = struct.unpack_from("<16sQQ", raw, HEADER + n * SECTION)
        raw[HEADER + n * SECTION + 32 : HEADER + (n + 1) * SECTION] = hashlib.sha256(
            raw[offset : offset + length]
        ).digest()
    table = raw[HEADER : HEADER + 6 * SECTION]
    raw[32:64] = hashlib.sha256(raw[:32] + table).digest()
    return bytes(raw)


@pytest.mark.parametrize("seed", range(8))
def test_a_forged_file_with_fitting_checksums_leads_no_search_outside_of_it(
    path: Path, written: bytes, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    raw = bytearray(written)
    section = 3 + seed % 3  # checks, lows, highs: what may hold anything
    _, offset, length = struct.unpack_from("<16sQQ", raw, HEADER + section * SECTION)
    fill = (rng.bytes(length), b"\xff" * length, b"\0" * length)[seed % 3]
    raw[offset : offset + length] = fill
    path.write_bytes(_resealed(raw))
    index = MihIndex.open(path)
    queries = np.stack([flipped(rng, ROWS[n], n % 40) for n in range(500)])
    for radius in (0, 15, 31):
        found = index.search(queries, radius)
        assert set(found.ids.tolist()) <= set(IDS.tolist())
        assert (found.distances <= radius).all()
    given = index.search_estimates(queries[:40], np.ones((40, 256), np.float32), 3.0, most=1 << 20)
    assert set(given.ids.tolist()) <= set(IDS.tolist())
    assert (given.scores >= 3).all()


def test_buckets_out_of_order_are_refused(path: Path, written: bytes) -> None:
    _, offset, _ = struct.unpack_from("<16sQQ", written, HEADER + 2 * SECTION)
    for at, value in ((1, 0xFFFFFFFF), (700, 0), (65_536, COUNT + 1), (0, 1)):
        raw = bytearray(written)
        raw[offset + 4 * at : offset + 4 * at + 4] = struct.pack("<I", value)
        path.write_bytes(_resealed(raw))
        with pytest.raises(IndexFileError):
            MihIndex.open(path)


def test_a_small_file_with_an_id_twice_is_refused(tmp_path: Path) -> None:
    MihIndex.build(ROWS[:3]).save(tmp_path / "small")
    raw = bytearray((tmp_path / "small").read_bytes())
    _, offset, length = struct.unpack_from("<16sQQ", raw, HEADER + SECTION)
    raw[offset : offset + 4] = raw[offset + 4 : offset + 8]
    raw[HEADER + SECTION + 32 : HEADER + 2 * SECTION] = hashlib.sha256(raw[offset : offset + length]).digest()
    raw[32:64] = hashlib.sha256(raw[:32] + raw[HEADER : HEADER + 2 * SECTION]).digest()
    (tmp_path / "small").write_bytes(raw)
    with pytest.raises(IndexFileError):
        MihIndex.open(tmp_path / "small")


def _search_elsewhere(path: Path, answers: "multiprocessing.Queue[list[int]]") -> None:
    answers.put(MihIndex.open(path, verify=False).search(ROWS[:3], 0).ids.tolist())


def _met(path: Path) -> tuple[int, int]:
    """Of what this process has mapped of a file: KiB in all, and KiB that it has met."""
    size = met = 0
    ours = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        name, _, value = line.partition(":")
        if " " in name:
            ours = str(path) in line
        elif ours:
            size += int(value.split()[0]) if name == "Size" else 0
            met += int(value.split()[0]) if name == "Rss" else 0
    return size, met


def test_a_file_is_met_whole_when_it_is_opened_so(tmp_path: Path) -> None:
    # Of a file's own name: what another test still holds open does not count.
    for populate in (False, True):
        path = tmp_path / f"{populate}.mih"
        MihIndex.build(ROWS, IDS).save(path)
        index = MihIndex.open_all([path], verify=False, populate=populate)
        size, met = _met(path)
        assert size == -(-path.stat().st_size // 4096) * 4
        assert (met == size) == populate
        assert index.search(ROWS[:3], 0).ids.tolist() == IDS[:3].tolist()


def _huge_pages_are_to_be_had(folder: Path) -> bool:
    """Ask the system itself, without our code: whether it puts the pages of a file in memory together."""
    path = folder / "asked"
    path.write_bytes(bytes(HUGE_PAGE))
    with path.open("rb") as file:
        system = ctypes.CDLL(None, use_errno=True)
        system.mmap.restype, system.mmap.argtypes = ctypes.c_void_p, [*[ctypes.c_size_t] * 5, ctypes.c_long]
        system.madvise.argtypes = [ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int]
        free = system.mmap(0, 2 * HUGE_PAGE, 0, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, ctypes.c_size_t(-1).value, 0)
        place = -(-free // HUGE_PAGE) * HUGE_PAGE
        fixed = 0x10
        system.mmap(place, HUGE_PAGE, mmap.PROT_READ, mmap.MAP_SHARED | fixed, file.fileno(), 0)
        return bool(system.madvise(place, HUGE_PAGE, 25) == 0)


def test_a_file_in_memory_that_is_met_whole_lies_in_huge_pages_where_they_are_to_be_had() -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        if not _huge_pages_are_to_be_had(Path(folder)):
            pytest.skip("this system makes no huge pages of a file's")
        path = Path(folder) / "large.mih"
        rows = np.random.default_rng(3).integers(0, 256, (60_000, 32), np.uint8)
        MihIndex.build(rows).save(path)
        index = MihIndex.open_all([path], verify=False, populate=True)
        ours = Path("/proc/self/smaps").read_text().partition(str(path))[2]
        huge = next(line for line in ours.splitlines() if line.startswith("ShmemPmdMapped:"))
        assert int(huge.split()[1]) >= path.stat().st_size // HUGE_PAGE * (HUGE_PAGE // 1024) > 0
        assert len(index.search(rows[:1], 0).ids) == 1


def test_processes_search_one_file(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    answers: multiprocessing.Queue[list[int]] = context.Queue()
    processes = [context.Process(target=_search_elsewhere, args=(path, answers)) for _ in range(2)]
    for process in processes:
        process.start()
    assert [answers.get(timeout=60) for _ in processes] == [IDS[:3].tolist()] * 2
    for process in processes:
        process.join()
