"""Parquet and CSV lists: hashes are matched as they are, names are scanned, and every row comes out."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scan_stage import ScanIt, compared, fill, rows_of, value_of

from notcontent.errors import HashFormatError, SourceError
from notcontent.matching import parse_hash
from notcontent.scan import lists
from notcontent.scan.hash_column import read_hashes

STRANGER = b"\x5a" * 32


def near(value: bytes, bits: int) -> bytes:
    """The hash with so many bits changed."""
    number = int.from_bytes(value, "big") ^ ((1 << bits) - 1)
    return number.to_bytes(32, "big")


VALUES = [value_of(3), STRANGER, near(value_of(5), 7), near(value_of(3), 32)]
EXPECTED = [("match", "picture 3", 0), ("no_match", None, None), ("match", "picture 5", 7), ("no_match", None, None)]


def outcomes(out: Path) -> list[tuple[Any, ...]]:
    return [(row["verdict"], row["entry"], row["distance"]) for row in rows_of(out)]


COLUMNS = {
    "text": pa.array([value.hex() for value in VALUES]),
    "large text": pa.array([value.hex() for value in VALUES], pa.large_string()),
    "bytes": pa.array(VALUES, pa.binary()),
    "fixed bytes": pa.array(VALUES, pa.binary(32)),
    "dictionary": pa.array([value.hex() for value in VALUES]).dictionary_encode(),
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_parquet_of_hashes_is_matched_row_by_row(tmp_path: Path, out: Path, scan_it: ScanIt, kind: str) -> None:
    path = tmp_path / "list.parquet"
    pq.write_table(pa.table({"hash": COLUMNS[kind]}), path, row_group_size=3)
    summary = scan_it(path)
    assert outcomes(out) == EXPECTED
    assert [row["path"] for row in rows_of(out)] == [f"{path}#{place}" for place in range(4)]
    assert summary.tally.found == 2


def test_csv_of_hashes_is_matched_in_runs(
    tmp_path: Path, out: Path, scan_it: ScanIt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "RUN_ROWS", 3)
    path = tmp_path / "list.csv"
    path.write_text("id,hash\n" + "".join(f"row {n},{value.hex()}\n" for n, value in enumerate(VALUES)))
    assert scan_it(path, rows_a_batch=3).batches == 2
    assert outcomes(out) == EXPECTED
    assert [row["path"] for row in rows_of(out)] == ["row 0", "row 1", "row 2", "row 3"]


def test_a_scan_of_a_list_goes_on_where_it_stopped(tmp_path: Path, out: Path, scan_it: ScanIt) -> None:
    path = tmp_path / "list.parquet"
    pq.write_table(pa.table({"hash": COLUMNS["text"]}), path, row_group_size=1)
    scan_it(path, rows_a_batch=2)
    whole = rows_of(out)
    (out / "results" / "part-000001.parquet").unlink()
    assert scan_it(path, rows_a_batch=2, resume=True).resumed == 2
    assert rows_of(out) == whole


def test_malformed_and_missing_hashes_are_rows_with_their_error(tmp_path: Path, out: Path, scan_it: ScanIt) -> None:
    path = tmp_path / "list.parquet"
    good = value_of(3).hex()
    pq.write_table(pa.table({"hash": [good, None, "", "zz" * 32, good[:-1] + "G", good + "00", "é" * 32]}), path)
    scan_it(path)
    assert [row["error"] for row in rows_of(out)] == [None, *["hash_format"] * 6]
    assert [row["verdict"] for row in rows_of(out)] == ["match", *["error"] * 6]


def test_hashes_are_read_in_either_case(tmp_path: Path, out: Path, scan_it: ScanIt) -> None:
    good = value_of(3).hex()
    assert good != good.upper()
    mixed = "".join(digit.upper() if place % 2 else digit for place, digit in enumerate(good))
    (tmp_path / "list.csv").write_text(f"hash\n{good.upper()}\n{mixed}\n")
    scan_it(tmp_path / "list.csv")
    assert [(row["verdict"], row["distance"]) for row in rows_of(out)] == [("match", 0)] * 2


def test_a_csv_whose_hashes_look_like_numbers_is_read_as_text(tmp_path: Path, out: Path, scan_it: ScanIt) -> None:
    path = tmp_path / "list.csv"
    path.write_text("hash\n" + "1" * 64 + "\n" + "2" * 30 + "e" + "3" * 33 + "\n\n")
    scan_it(path)
    assert [row["error"] for row in rows_of(out)][:2] == [None, None]


def test_a_list_s_quality_is_heeded(tmp_path: Path, out: Path, scan_it: ScanIt) -> None:
    path = tmp_path / "list.parquet"
    value = value_of(3).hex()
    pq.write_table(pa.table({"hash": [value] * 4, "quality": pa.array([10, 90, None, 7000], pa.int64())}), path)
    scan_it(path)
    assert [row["verdict"] for row in rows_of(out)] == ["low_quality", "match", "match", "match"]
    assert [row["quality"] for row in rows_of(out)] == [10, 90, None, None]


def test_a_list_of_names_is_scanned_beside_the_list(tmp_path: Path, out: Path, scan_it: ScanIt) -> None:
    fill(tmp_path / "archive", range(2, 4))
    names = ["archive/inner/3.jpg", str(tmp_path / "archive" / "2.jpg"), "archive/none.jpg", None, "/dev/zero", "a\0b"]
    pq.write_table(pa.table({"path": names}), tmp_path / "list.parquet")
    scan_it(tmp_path / "list.parquet")
    assert [row["verdict"] for row in rows_of(out)] == ["match", "no_match", *["error"] * 4]
    assert {row["error"] for row in rows_of(out)} == {None, "file_unreadable"}


def test_many_lists_are_one_scan(tmp_path: Path, out: Path, scan_it: ScanIt) -> None:
    for number in range(3):
        pq.write_table(pa.table({"hash": COLUMNS["bytes"], "name": list("abcd")}), tmp_path / f"{number}.parquet")
    assert scan_it(tmp_path / "*.parquet").tally.rows == 12
    assert outcomes(out) == EXPECTED * 3


def test_a_list_of_nothing_is_a_scan_of_nothing(tmp_path: Path, scan_it: ScanIt) -> None:
    pq.write_table(pa.table({"hash": pa.array([], pa.string())}), tmp_path / "list.parquet")
    assert scan_it(tmp_path / "list.parquet").tally.rows == 0


def test_a_bank_of_nothing_finds_nothing(tmp_path: Path, out: Path, scan_it: ScanIt) -> None:
    pq.write_table(pa.table({"hash": COLUMNS["text"]}), tmp_path / "list.parquet")
    scan_it(tmp_path / "list.parquet", compared=compared(()))
    assert {verdict for verdict, _, _ in outcomes(out)} == {"no_match"}


@pytest.mark.parametrize(
    "content",
    [b"", b"PAR1 but no more", b"no parquet at all", "columns"],
    ids=["empty", "cut", "other", "columns"],
)
@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_what_is_no_list_is_refused(tmp_path: Path, scan_it: ScanIt, content: bytes | str, suffix: str) -> None:
    path = tmp_path / f"list{suffix}"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif suffix == ".csv":
        path.write_text("number\n1\n")
    else:
        pq.write_table(pa.table({"number": [1]}), path)
    with pytest.raises(SourceError):
        scan_it(path)


def test_a_column_of_numbers_holds_no_hashes(tmp_path: Path, scan_it: ScanIt) -> None:
    pq.write_table(pa.table({"hash": [1, 2]}), tmp_path / "list.parquet")
    with pytest.raises(SourceError):
        scan_it(tmp_path / "list.parquet")
    with pytest.raises(SourceError):
        read_hashes(pa.array([1.5]))


texts = st.one_of(
    st.none(), st.text(max_size=70), st.text(alphabet="0123456789abcdefABF", min_size=63, max_size=65),
    st.binary(min_size=32, max_size=32).map(bytes.hex),
)  # fmt: skip


@given(st.lists(texts, max_size=20), st.integers(0, 3))
def test_reading_a_column_agrees_with_reading_one_hash(values: list[str | None], skipped: int) -> None:
    column = pa.array(values, pa.string()).slice(skipped)
    rows, good = read_hashes(column)
    for value, row, is_good in zip(column.to_pylist(), rows, good, strict=True):
        try:
            parsed: bytes | None = parse_hash(value.lower()) if value is not None else None
        except HashFormatError:
            parsed = None
        assert is_good == (parsed is not None)
        assert row.tobytes() == (parsed or bytes(32))


@given(st.lists(st.one_of(st.none(), st.binary(min_size=31, max_size=33)), max_size=20), st.integers(0, 3))
def test_reading_a_column_of_bytes_takes_32_each(values: list[bytes | None], skipped: int) -> None:
    rows, good = read_hashes(pa.array(values, pa.binary()).slice(skipped))
    wanted = values[skipped:]
    assert good.tolist() == [value is not None and len(value) == 32 for value in wanted]
    assert [row.tobytes() for row in rows[good]] == [value for value in wanted if value and len(value) == 32]
    assert not np.any(rows[~good])
