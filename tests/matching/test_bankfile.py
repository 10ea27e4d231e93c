"""The portable bank file: what goes in comes out, and nothing else opens."""

import hashlib
import os
import stat
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notcontent.errors import (
    BankChecksumError,
    BankEmptyError,
    BankExistsError,
    BankFileError,
    BankKeyError,
    BankLabelError,
    BankLimitError,
    BankMissingError,
    BankTruncatedError,
    BankVersionError,
    HashFormatError,
    StorageError,
)
from notcontent.matching import bankfile
from notcontent.matching.bankfile import BankEntry, FramePlace, Sealing, is_sealed, read_bank, write_bank

CHEAP = Sealing(memory_kib=32, iterations=1, lanes=1)
START = 116  # where the first chunk begins
CHUNK = 65536 + 16

labels = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=200).filter(
    str.isprintable
)
places = st.one_of(st.none(), st.builds(FramePlace, st.integers(0, 2**32 - 1), st.integers(0, 2**53 - 1)))
entries_of = st.lists(st.builds(BankEntry, st.binary(min_size=32, max_size=32), labels, places), max_size=12)


def many(count: int) -> list[BankEntry]:
    return [BankEntry(hashlib.sha256(str(n).encode()).digest(), f"item {n}") for n in range(count)]


@pytest.fixture(params=["sealed", "plain"])
def passphrase(request: pytest.FixtureRequest) -> str | None:
    return "eight small words" if request.param == "sealed" else None


@settings(max_examples=50, deadline=None)
@given(entries=entries_of, passphrase=st.one_of(st.none(), labels))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, entries: list[BankEntry], passphrase: str | None
) -> None:
    path = tmp_path_factory.mktemp("bank") / "b"
    write_bank(path, entries, passphrase, sealing=CHEAP)
    bank = read_bank(path, passphrase)
    assert bank.entries == tuple(entries)
    assert is_sealed(path) == (passphrase is not None)
    assert bank.sealing == (CHEAP if passphrase is not None else None)
    assert bank.file_bytes == path.stat().st_size


@pytest.mark.parametrize("count", [0, 1, 1600, 5000])
def test_a_bank_of_many_chunks_is_read_whole(tmp_path: Path, count: int, passphrase: str | None) -> None:
    write_bank(tmp_path / "b", many(count), passphrase, sealing=CHEAP)
    assert read_bank(tmp_path / "b", passphrase).entries == tuple(many(count))


def test_content_that_fills_its_last_chunk_is_read_whole(tmp_path: Path, passphrase: str | None) -> None:
    entries = [BankEntry(hashlib.sha256(bytes([n % 256, n // 256])).digest(), "x" * 30) for n in range(2048)]
    write_bank(tmp_path / "b", entries, passphrase, sealing=CHEAP)
    assert (tmp_path / "b").stat().st_size == START + 2 * CHUNK
    assert read_bank(tmp_path / "b", passphrase).entries == tuple(entries)


def test_a_sealed_file_shows_no_hash_and_no_label(tmp_path: Path) -> None:
    write_bank(tmp_path / "b", many(3), "words", sealing=CHEAP)
    raw = (tmp_path / "b").read_bytes()
    assert b"item" not in raw
    assert not any(entry.value in raw or entry.value[:8] in raw for entry in many(3))


def test_two_writings_of_the_same_bank_share_no_salt_and_no_content(tmp_path: Path) -> None:
    for name in "ab":
        write_bank(tmp_path / name, many(3), "words", sealing=CHEAP)
    first, second = ((tmp_path / name).read_bytes() for name in "ab")
    assert first[36:52] != second[36:52]
    assert first[START:] != second[START:]


@pytest.mark.parametrize("wrong", ["", None, "word", "Words", "words ", "words\n"])
def test_a_wrong_or_missing_passphrase_is_refused(tmp_path: Path, wrong: str | None) -> None:
    write_bank(tmp_path / "b", many(3), "words", sealing=CHEAP)
    with pytest.raises(BankKeyError):
        read_bank(tmp_path / "b", wrong)


def test_one_passphrase_typed_on_two_keyboards_is_the_same(tmp_path: Path) -> None:
    write_bank(tmp_path / "b", many(1), "caf\u00e9", sealing=CHEAP)
    assert len(read_bank(tmp_path / "b", "cafe\u0301").entries) == 1


def test_an_empty_passphrase_seals_nothing(tmp_path: Path) -> None:
    with pytest.raises(BankKeyError):
        write_bank(tmp_path / "b", many(1), "")
    assert list(tmp_path.iterdir()) == []


def test_only_its_owner_may_read_a_bank(tmp_path: Path, passphrase: str | None) -> None:
    previous = os.umask(0)
    try:
        write_bank(tmp_path / "b", many(1), passphrase, sealing=CHEAP)
    finally:
        os.umask(previous)
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o600


def test_a_file_cut_off_anywhere_is_refused_as_cut_off(tmp_path: Path, passphrase: str | None) -> None:
    path = tmp_path / "b"
    write_bank(path, many(3000), passphrase, sealing=CHEAP)
    whole = path.read_bytes()
    for length in [1, 7, 51, 52, 84, START - 1, START, START + 1, START + CHUNK, START + CHUNK + 5, len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(BankTruncatedError):
            read_bank(path, passphrase)
    path.write_bytes(whole + b"\0")
    with pytest.raises(BankChecksumError):
        read_bank(path, passphrase)


def test_a_bit_flipped_anywhere_is_refused(tmp_path: Path, passphrase: str | None) -> None:
    path = tmp_path / "b"
    write_bank(path, many(2), passphrase, sealing=CHEAP)
    whole = bytearray(path.read_bytes())
    for place in range(len(whole)):
        whole[place] ^= 1 << place % 8
        path.write_bytes(whole)
        with pytest.raises(BankFileError) as caught:
            read_bank(path, passphrase)
        if place >= START:
            assert caught.type is BankChecksumError
        whole[place] ^= 1 << place % 8


def test_chunks_swapped_repeated_or_from_another_file_do_not_open(tmp_path: Path, passphrase: str | None) -> None:
    write_bank(tmp_path / "b", many(6000), passphrase, sealing=CHEAP)
    write_bank(tmp_path / "c", [*many(5999), BankEntry(bytes(32), "item 5999")], passphrase, sealing=CHEAP)
    raw, other = (tmp_path / "b").read_bytes(), (tmp_path / "c").read_bytes()
    assert len(raw) == len(other)
    start, first, second, rest = (
        raw[:START],
        raw[START : START + CHUNK],
        raw[START + CHUNK :][:CHUNK],
        raw[START + 2 * CHUNK :],
    )
    forged = [start + second + first + rest, start + first + first + rest]
    if passphrase is not None:  # equal plain files have equal chunks
        forged.append(start + other[START : START + CHUNK] + second + rest)
    for content in forged:
        (tmp_path / "b").write_bytes(content)
        with pytest.raises(BankChecksumError):
            read_bank(tmp_path / "b", passphrase)


def test_a_sealed_header_cannot_be_made_to_say_something_else(tmp_path: Path) -> None:
    """Whoever can recompute the unkeyed checksum still does not know the passphrase."""
    path = tmp_path / "b"
    write_bank(path, many(2), "words", sealing=CHEAP)
    raw = bytearray(path.read_bytes())
    struct.pack_into("<I", raw, 28, 2)  # more iterations
    raw[52:84] = hashlib.sha256(raw[:52]).digest()
    path.write_bytes(raw)
    with pytest.raises(BankKeyError):
        read_bank(path, "words")


@pytest.mark.parametrize(
    ("place", "value"),
    [(24, 0xFFFFFFFF), (24, (1 << 20) + 1), (28, 17), (28, 0xFFFFFFFF), (28, 0), (32, 17), (32, 0), (24, 7), (24, 0)],
)
def test_a_header_that_asks_for_too_much_is_refused_before_any_work(tmp_path: Path, place: int, value: int) -> None:
    path = tmp_path / "b"
    write_bank(path, many(2), "words", sealing=CHEAP)
    raw = bytearray(path.read_bytes())
    struct.pack_into("<I", raw, place, value)
    raw[52:84] = hashlib.sha256(raw[:52]).digest()
    path.write_bytes(raw)
    with pytest.raises(BankLimitError):
        read_bank(path, "words")


def test_a_header_that_promises_more_than_the_file_has_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "b"
    write_bank(path, many(2), None)
    raw = bytearray(path.read_bytes())
    struct.pack_into("<Q", raw, 16, 1 << 40)
    raw[52:84] = hashlib.sha256(raw[:52]).digest()
    path.write_bytes(raw)
    with pytest.raises(BankTruncatedError):
        read_bank(path)


def test_other_versions_and_other_files_have_their_own_errors(tmp_path: Path) -> None:
    path = tmp_path / "b"
    with pytest.raises(BankMissingError):
        read_bank(path)
    with pytest.raises(BankFileError):
        read_bank(tmp_path)
    path.write_bytes(b"")
    with pytest.raises(BankEmptyError):
        read_bank(path)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    with pytest.raises(BankFileError) as caught:
        read_bank(path)
    assert caught.type is BankFileError
    write_bank(path, many(2), None)
    for version in (min(bankfile.VERSIONS) - 1, max(bankfile.VERSIONS) + 1):
        raw = bytearray(path.read_bytes())
        struct.pack_into("<H", raw, 8, version)
        path.write_bytes(raw)
        with pytest.raises(BankVersionError):
            read_bank(path)


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=300), version=st.sampled_from(bankfile.VERSIONS))
def test_authentic_nonsense_is_refused_as_no_bank(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, version: int
) -> None:
    path = tmp_path_factory.mktemp("bank") / "b"
    header = struct.pack("<8sHHIQIII16s", b"NCBANK\r\n", version, 0, 65536, len(content), 0, 0, 0, bytes(16))
    chunk = content + hashlib.sha256(header + bytes(12) + content).digest()[:16] if content else b""
    path.write_bytes(header + hashlib.sha256(header).digest() + bytes(32) + chunk)
    try:
        entries = read_bank(path).entries
    except BankFileError as error:
        assert type(error) is BankFileError  # noqa: PT017
    else:
        assert len(entries) * 35 <= len(content)


@pytest.mark.parametrize("label", ["", "x" * 201, "a\nb", "a\x1b[2Jb", "a\u202eb", "\ud800", "a\0b"])
def test_a_label_that_could_play_tricks_is_refused(label: str) -> None:
    with pytest.raises(BankLabelError):
        BankEntry(bytes(32), label)


def test_a_bank_without_frames_is_one_that_older_programs_read(tmp_path: Path) -> None:
    frame = BankEntry(bytes(32), "film", FramePlace(1, 1000))
    for entries, version in ((many(3), 1), ([*many(3), frame], 2)):
        write_bank(tmp_path / "b", entries, None)
        assert struct.unpack_from("<H", (tmp_path / "b").read_bytes(), 8) == (version,)
        assert read_bank(tmp_path / "b").entries == tuple(entries)


@pytest.mark.parametrize(("group", "t_ms"), [(-1, 0), (2**32, 0), (0, -1), (0, 2**53)])
def test_a_frame_whose_numbers_do_not_fit_is_refused(group: int, t_ms: int) -> None:
    with pytest.raises(BankFileError):
        FramePlace(group, t_ms)


def test_a_value_that_is_no_hash_is_refused() -> None:
    with pytest.raises(HashFormatError):
        BankEntry(bytes(31), "x")


def test_no_repr_shows_a_hash_or_a_label(tmp_path: Path) -> None:
    entry = BankEntry(b"\xa7" * 32, "private words")
    write_bank(tmp_path / "b", [entry], None)
    for text in (repr(entry), repr(read_bank(tmp_path / "b"))):
        assert "private" not in text
        assert "a7" not in text


def test_an_existing_file_is_replaced_only_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "b"
    write_bank(path, many(1), None, replace=False)
    with pytest.raises(BankExistsError):
        write_bank(path, many(2), None, replace=False)
    assert len(read_bank(path).entries) == 1
    write_bank(path, many(2), None)
    assert len(read_bank(path).entries) == 2
    assert [each.name for each in tmp_path.iterdir()] == ["b"]


def test_a_full_disk_leaves_the_old_bank_and_nothing_else(tmp_path: Path) -> None:
    write_bank(tmp_path / "b", many(1), None)
    script = """
import resource, sys
from pathlib import Path
from notcontent.errors import StorageError
from notcontent.matching.bankfile import BankEntry, write_bank
resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))
try:
    write_bank(Path(sys.argv[1]), [BankEntry(bytes(32), "x")] * 1000, None)
except StorageError:
    print("refused")
"""
    argv = [sys.executable, "-c", script, str(tmp_path / "b")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.stdout == "refused\n", done.stderr
    assert len(read_bank(tmp_path / "b").entries) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["b"]
    with pytest.raises(StorageError):
        write_bank(tmp_path / "none" / "b", many(1), None)


def test_sealing_takes_the_recommended_effort_unless_told_otherwise(tmp_path: Path) -> None:
    write_bank(tmp_path / "b", many(1), "words")
    assert read_bank(tmp_path / "b", "words").sealing == Sealing(memory_kib=65536, iterations=3, lanes=4)
