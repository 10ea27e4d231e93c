"""Segment files: searched as the contract says, and refused when they are not whole."""

import os
import stat
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notcontent.errors import (
    DuplicateIdError,
    IndexArgumentError,
    IndexChecksumError,
    IndexEmptyError,
    IndexFileError,
    IndexMissingError,
    IndexNewerError,
    IndexOlderError,
    IndexTruncatedError,
    StorageError,
)
from notcontent.matching import Index, Segment, instruction_sets, segment, write_segment
from notcontent.matching.conformance import Ids, IndexConformance, Rows, check_found, distances_of

RNG = np.random.default_rng(30)
ROWS = RNG.integers(0, 256, (2051, 32), dtype=np.uint8)
IDS = RNG.permutation(5000)[:2051].astype(np.uint32)


class TestSegment(IndexConformance):
    @pytest.fixture(params=instruction_sets(), autouse=True)
    def _forced(self, request: pytest.FixtureRequest, tmp_path: Path) -> None:
        self.instruction_set, self.folder = str(request.param), tmp_path

    def make_index(self, rows: Rows, ids: Ids) -> Index:
        path = self.folder / "some.segment"
        write_segment(path, rows, ids)
        return Segment.open(path, instruction_set=self.instruction_set)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    written = tmp_path / "a.segment"
    write_segment(written, ROWS, IDS)
    return written


@settings(max_examples=30, deadline=None)
@given(count=st.integers(0, 40), seed=st.integers(0, 1000))
def test_save_open_save_gives_the_same_bytes(tmp_path_factory: pytest.TempPathFactory, count: int, seed: int) -> None:
    folder = tmp_path_factory.mktemp("saved")
    rng = np.random.default_rng(seed)
    rows, ids = rng.integers(0, 256, (count, 32), dtype=np.uint8), rng.permutation(count).astype(np.uint32)
    write_segment(folder / "first", rows, ids)
    opened = Segment.open(folder / "first")
    assert np.array_equal(opened.rows(), rows)
    assert np.array_equal(opened.ids, ids)
    opened.save(folder / "second")
    write_segment(folder / "third", opened.rows(), opened.ids)
    assert (folder / "first").read_bytes() == (folder / "second").read_bytes() == (folder / "third").read_bytes()


def test_only_its_owner_may_read_a_segment_and_its_memory_cannot_be_written(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(ValueError, match="read-only"):
        Segment.open(path).ids[0] = 1


def test_a_segment_outlives_its_file(path: Path) -> None:
    opened = Segment.open(path)
    write_segment(path, ROWS[:5], IDS[:5])
    assert len(Segment.open(path)) == 5
    path.unlink()
    check_found(opened.search(ROWS[:9], 20), IDS, distances_of(ROWS, ROWS[:9]), 20, "a deleted file")


def test_sections_begin_at_multiples_of_64(path: Path) -> None:
    raw = path.read_bytes()
    sections = [struct.unpack_from("<16sQQ", raw, 64 + n * 64) for n in range(2)]
    assert [name.rstrip(b"\0") for name, _, _ in sections] == [b"rows", b"ids"]
    assert [offset % 64 for _, offset, _ in sections] == [0, 0]
    assert len(raw) % 64 == 0


def test_an_absent_file_a_folder_and_a_pipe_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError):
        Segment.open(tmp_path / "none")
    with pytest.raises(IndexFileError):
        Segment.open(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(IndexFileError):
        Segment.open(tmp_path / "pipe")


def test_an_empty_file_has_its_own_error(path: Path) -> None:
    path.write_bytes(b"")
    with pytest.raises(IndexEmptyError):
        Segment.open(path)


def test_a_file_cut_off_anywhere_is_refused_as_cut_off(path: Path) -> None:
    whole = path.read_bytes()
    for length in [1, 7, 8, 20, 63, 64, 100, 191, 192, 5000, len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(IndexTruncatedError):
            Segment.open(path, verify=False)
    path.write_bytes(whole + b"\0")
    with pytest.raises(IndexTruncatedError):
        Segment.open(path, verify=False)


def test_a_bit_flipped_anywhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "small"
    write_segment(path, ROWS[:11], IDS[:11])
    whole = bytearray(path.read_bytes())
    checksum_errors = 0
    for place in range(len(whole)):
        whole[place] ^= 1 << place % 8
        path.write_bytes(whole)
        with pytest.raises(IndexFileError) as caught:
            Segment.open(path)
        checksum_errors += caught.type is IndexChecksumError
        whole[place] ^= 1 << place % 8
    # All but the magic (8 bytes: no segment), the version (4: older or newer), and the lowest byte of the section
    # count, where a larger count runs off so small a file.
    assert checksum_errors >= len(whole) - 8 - 4 - 1


def test_older_and_newer_files_have_their_own_errors(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    for version, error in [(segment.VERSION - 1, IndexOlderError), (segment.VERSION + 1, IndexNewerError)]:
        struct.pack_into("<I", whole, 8, version)
        path.write_bytes(whole)
        with pytest.raises(error):
            Segment.open(path)


@pytest.mark.parametrize("content", [b"x", b"\0" * 4096, b"NCBANK\r\n" + bytes(200), os.urandom(300)])
def test_another_kind_of_file_is_no_segment(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(IndexFileError) as caught:
        Segment.open(path)
    assert caught.type is IndexFileError


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_forged_header_never_leads_outside_the_file(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Whoever can forge the header's checksum still cannot make the engine read past the mapping."""
    import hashlib

    path = tmp_path_factory.mktemp("forged") / "f"
    write_segment(path, ROWS[:20], IDS[:20])
    whole = bytearray(path.read_bytes())
    field = data.draw(
        st.sampled_from([16, 24, 80, 88, 144, 152])
    )  # rows, length, then offset and length of each section
    value = data.draw(st.one_of(st.integers(0, 2**64 - 1), st.integers(0, 2000)))
    struct.pack_into("<Q", whole, field, value)
    whole[32:64] = hashlib.sha256(whole[:32] + whole[64:192]).digest()
    path.write_bytes(whole)
    try:
        opened = Segment.open(path, verify=False)
    except IndexFileError:
        return
    opened.search(ROWS[:3], 63)
    opened.rows()


def test_what_cannot_be_a_segment_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(DuplicateIdError):
        write_segment(tmp_path / "s", ROWS[:2], np.array([1, 1], np.uint32))
    with pytest.raises(IndexArgumentError):
        write_segment(tmp_path / "s", ROWS[:2], np.array([1], np.uint32))
    with pytest.raises(IndexArgumentError):
        Segment.open(tmp_path / "s", instruction_set="none such")
    assert list(tmp_path.iterdir()) == []


@contextmanager
def tiny_disk(folder: Path) -> Iterator[Path]:
    """Mount a file system of 64 KiB. Skips the test where that is not allowed."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this user may not mount; the test with a limit on file sizes covers the rest")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_a_storage_error_and_leaves_the_old_file(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may mount; the test with a limit on file sizes covers the rest")
    with tiny_disk(tmp_path) as disk:
        path = disk / "a.segment"
        write_segment(path, ROWS[:100], IDS[:100])
        before = path.read_bytes()
        with pytest.raises(StorageError):
            write_segment(path, ROWS, IDS)
        assert [each.name for each in disk.iterdir()] == ["a.segment"]
        assert path.read_bytes() == before


def test_a_limit_on_file_sizes_is_a_storage_error_and_leaves_nothing(tmp_path: Path) -> None:
    script = """
import resource, sys, numpy as np
from pathlib import Path
from notcontent.errors import StorageError
from notcontent.matching import write_segment
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    write_segment(Path(sys.argv[1]), np.zeros((2000, 32), np.uint8), np.arange(2000, dtype=np.uint32))
except StorageError:
    print("refused")
"""
    argv = [sys.executable, "-c", script, str(tmp_path / "s")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.stdout == "refused\n", done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        write_segment(tmp_path / "none" / "s", ROWS, IDS)
