"""Lists that somebody made to break a scan: one bad row is one row, an unfit column is said at once, nothing swells."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scan_stage import ScanIt, rows_of, value_of

from notcontent.errors import SourceError
from notcontent.scan import list_csv, list_parquet, lists
from notcontent.scan.list_cells import MOST_CELL, qualities
from notcontent.scan.objects import StoreOptions
from notcontent.scan.results import part_path, shown_path
from notcontent.scan.sources import parse_source

HASH = value_of(3).hex()


def write(path: Path, columns: dict[str, Any], **options: Any) -> Path:
    pq.write_table(pa.table(columns), path, **options)
    return path


def texts(values: list[bytes | None]) -> pa.Array:
    """Text that need not be UTF-8."""
    return pa.array(values, pa.binary()).view(pa.string())


QUALITIES: dict[str, tuple[Any, list[int | None]]] = {
    "text": (
        ["abc", "90", " 7 ", "", "1e400", "-3", "101", "55.5", None],
        [None, 90, 7, None, None, None, None, 55, None],
    ),
    "floats": ([1e300, float("nan"), float("inf"), -0.5, 90.9, None], [None, None, None, None, 90, None]),
    "large numbers": (pa.array([2**64 - 1, 100, 101], pa.uint64()), [None, 100, None]),
    "half floats": (pa.array([40.0, 300.0], pa.float16()), [40, None]),
    "a dictionary": (pa.array(["90", "x", "90"]).dictionary_encode(), [90, None, 90]),
    "nothing": (pa.nulls(2), [None, None]),
    "no UTF-8": (texts([b"\xff\xfe", b"60"]), [None, 60]),
}


@pytest.mark.parametrize("kind", QUALITIES)
def test_a_quality_that_is_none_is_as_good_as_missing(tmp_path: Path, out: Path, scan_it: ScanIt, kind: str) -> None:
    given_, wanted = QUALITIES[kind]
    scan_it(write(tmp_path / "list.parquet", {"hash": [HASH] * len(given_), "quality": given_}))
    assert [row["quality"] for row in rows_of(out)] == wanted
    floor = [row["verdict"] for row in rows_of(out)]
    assert floor == ["match" if each is None or each >= 50 else "low_quality" for each in wanted]


def test_a_csv_with_bad_cells_is_scanned_row_by_row(tmp_path: Path, out: Path, scan_it: ScanIt) -> None:
    path = tmp_path / "list.csv"
    lines = [b"hash,quality,name", b"%s,abc,one", b"%s,1e400,t\xffwo", b"%s", b"%s,90,back\\slash,too,many", b"",
             b"no hash,90,bad", b'%s,90,"two\nlines, and ""more"""', b"%s,3,last"]  # fmt: skip
    path.write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(line.replace(b"%s", HASH.encode()) for line in lines))
    scan_it(path)
    assert [(row["path"], row["quality"], row["error"]) for row in rows_of(out)] == [
        ("one", None, None),
        (r"t\xffwo", None, None),
        (f"{path}#2", None, None),
        (r"back\\slash", 90, None),
        ("bad", 90, "hash_format"),
        ('two\nlines, and "more"', 90, None),
        ("last", 3, None),
    ]


NAMES: dict[str, tuple[Any, list[str | None]]] = {
    "no UTF-8": (texts([b"a\xff", b"a\\xff", b"b", None]), [r"a\xff", r"a\\xff", "b", None]),
    "bytes": (pa.array([b"a\xff", b"", None], pa.binary()), [r"a\xff", "", None]),
    "numbers": (pa.array([7, None]), ["7", None]),
    "too long": (["x" * (MOST_CELL + 1), "x" * MOST_CELL], [None, "x" * MOST_CELL]),
    "a dictionary": (pa.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
}


@pytest.mark.parametrize("kind", NAMES)
def test_names_come_out_whatever_they_are_made_of(tmp_path: Path, out: Path, scan_it: ScanIt, kind: str) -> None:
    given_, wanted = NAMES[kind]
    path = write(tmp_path / "list.parquet", {"id": given_, "hash": [HASH] * len(given_)})
    scan_it(path)
    assert [row["path"] for row in rows_of(out)] == [
        f"{path}#{place}" if name is None else name for place, name in enumerate(wanted)
    ]


def test_a_name_that_is_or_holds_its_hash_is_not_shown(tmp_path: Path, out: Path, scan_it: ScanIt) -> None:
    other = "5a" * 32
    ids = [HASH, HASH.upper(), other, f"x-{HASH.upper()}.jpg", f"/by-sha256/{other}", "harmless", HASH[:63]]
    path = write(tmp_path / "text.parquet", {"id": ids, "hash": [HASH] * 7})
    raw = write(tmp_path / "raw.parquet", {"id": pa.array([value_of(3), b"x" * 31]), "hash": [HASH] * 2})
    csv = tmp_path / "list.csv"
    csv.write_text(f"hash,id\n{HASH},{HASH}\n")
    summary = scan_it(path, raw, csv)
    shown = [row["path"] for row in rows_of(out)]
    assert shown[:4] == [f"{path}#{place}" for place in range(4)]
    assert shown[4:] == [*ids[4:], f"{raw}#0", "x" * 31, f"{csv}#0"]
    assert not any(HASH in each.path.lower() for each in summary.tally.first)
    assert not any(HASH.encode() in part_path(out, number).read_bytes().lower() for number in range(3))


struct = pa.array([{"a": 1}])
UNFIT = {
    "quality list": {"hash": [HASH], "quality": [[1]]},
    "quality struct": {"hash": [HASH], "quality": struct},
    "quality time": {"hash": [HASH], "quality": pa.array([1], pa.timestamp("us"))},
    "quality decimal": {"hash": [HASH], "quality": pa.array([1]).cast(pa.decimal128(31, 0))},
    "quality bytes": {"hash": [HASH], "quality": [b"1"]},
    "name struct": {"hash": [HASH], "path": struct},
    "name list": {"hash": [HASH], "id": [["a"]]},
    "hash struct": {"hash": struct},
    "hash list": {"hash": [[HASH]]},
    "hash wide": {"hash": pa.array([bytes(5000)], pa.binary(5000))},
    "url struct": {"url": struct},
}


@pytest.mark.parametrize("kind", UNFIT)
def test_an_unfit_column_is_said_before_any_work_begins(
    tmp_path: Path, out: Path, scan_it: ScanIt, capfd: pytest.CaptureFixture[str], kind: str
) -> None:
    good = write(tmp_path / "a.parquet", {"hash": [HASH]})
    bad = write(tmp_path / "b.parquet", UNFIT[kind])
    with pytest.raises(SourceError, match="column"):
        scan_it(good, bad)
    assert not part_path(out, 0).exists()
    assert capfd.readouterr().err == ""


def test_columns_of_one_name_are_refused(tmp_path: Path, scan_it: ScanIt) -> None:
    twice = pa.table([pa.array([HASH]), pa.array([HASH])], names=["hash", "hash"])
    pq.write_table(twice, tmp_path / "a.parquet")
    (tmp_path / "a.csv").write_text(f"hash,hash\n{HASH},{HASH}\n")
    for name in ("a.parquet", "a.csv"):
        with pytest.raises(SourceError, match="more than one column `hash`"):
            scan_it(tmp_path / name, out=tmp_path / f"{name}.out")


def test_rows_that_cannot_be_read_are_rows_with_their_error(tmp_path: Path, out: Path, scan_it: ScanIt) -> None:
    bad = write(tmp_path / "a.parquet", {"hash": [value_of(3)] * 3}, compression="zstd", use_dictionary=False)
    data = bytearray(bad.read_bytes())
    data[4:60] = bytes(56)
    bad.write_bytes(data)
    good = write(tmp_path / "b.parquet", {"hash": [HASH]})
    scan_it(bad, good)
    rows = rows_of(out)
    assert [row["error"] for row in rows] == ["list_unreadable"] * 3 + [None]
    assert [row["path"] for row in rows] == [f"{bad}#0", f"{bad}#1", f"{bad}#2", f"{good}#0"]
    assert rows[3]["verdict"] == "match"


def bomb_of_nothing(path: Path) -> None:
    """A hundred kilobytes that stand for 60 million rows."""
    write(path, {"hash": pa.nulls(60_000_000, pa.string())}, row_group_size=60_000_000)


def bomb_of_cells(path: Path) -> None:
    """Few kilobytes that stand for four cells of a hundred megabytes."""
    write(path, {"hash": pa.array(["x" * 100_000_000] * 4)}, compression="zstd")


def bomb_of_prefixes(path: Path) -> None:
    values = pa.array(["x" * 50_000] * 100)
    write(path, {"hash": values}, use_dictionary=False, column_encoding={"hash": "DELTA_BYTE_ARRAY"})


def bomb_of_a_line(path: Path) -> None:
    path.write_bytes(b"hash\n" + HASH.encode() + b"\n" + b"z" * 10_000_000)


def bomb_of_a_field(path: Path) -> None:
    path.write_bytes(b"hash\n" + HASH.encode() + b"\n" + b"z" * 200_000 + b"\n")


def bomb_of_a_quote(path: Path) -> None:
    path.write_bytes(b'hash\n"' + b"z\n" * 5_000_000)


def bomb_of_lines(path: Path) -> None:
    path.write_bytes(b"hash\n" + b'"\n",' * 2_000_000)


BOMBS = (bomb_of_nothing, bomb_of_cells, bomb_of_prefixes)
CSV_BOMBS = (bomb_of_a_line, bomb_of_a_field, bomb_of_a_quote, bomb_of_lines)
PROGRAM = """
import resource, sys
from pathlib import Path
from scan_stage import compared
from notcontent.errors import SourceError
from notcontent.matching.estimating import EstimatePolicy
from notcontent.scan.pipeline import Scan, here, run
from notcontent.scan.sources import parse_sources
from notcontent.scan.stage import Screening
screening = Screening()
def scan(path):
    out = Path(path + ".out")
    policy = EstimatePolicy(0, 0.0001, 50)
    return run(Scan(parse_sources([path]), out, screening, 31, policy), here(screening, compared(()), 2))
scan(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    print("rows", scan(sys.argv[2]).tally.rows)
except SourceError as error:
    print(error.code, error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def scanned_apart(tmp_path: Path, path: Path) -> tuple[str, int]:
    """Scan in a process of its own: what came of it, and by how many KiB its memory grew."""
    small = write(tmp_path / "small.parquet", {"hash": [HASH]})
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(small), str(path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    told, grown = answer.stdout.splitlines()
    return told, int(grown)


@pytest.mark.parametrize("bomb", [*BOMBS, *CSV_BOMBS], ids=lambda bomb: bomb.__name__)
def test_a_list_that_would_explode_is_refused(tmp_path: Path, bomb: Any) -> None:
    path = tmp_path / ("list.csv" if bomb in CSV_BOMBS else "list.parquet")
    bomb(path)
    told, grown = scanned_apart(tmp_path, path)
    assert told.startswith("source ")
    assert grown < 100 * 1024


def test_a_long_value_that_a_dictionary_repeats_is_never_spread_out(tmp_path: Path) -> None:
    """A million rows that point to one value of four megabytes: four terabytes, were it written out."""
    places = pa.array([0, 1] * 500_000, pa.int32())
    cells = pa.DictionaryArray.from_arrays(places, pa.array(["x" * 4_000_000, HASH]))
    path = write(tmp_path / "list.parquet", {"hash": cells, "id": cells}, compression="zstd")
    told, grown = scanned_apart(tmp_path, path)
    assert told == "rows 1000000"
    assert grown < 700 * 1024


def test_many_long_names_give_way_to_numbers(tmp_path: Path, out: Path, scan_it: ScanIt, monkeypatch: Any) -> None:
    monkeypatch.setattr(lists, "_MOST_NAME_BYTES", 300)
    path = write(tmp_path / "list.parquet", {"hash": [HASH] * 4, "id": ["a" * 200] * 4}, row_group_size=1)
    scan_it(path)
    assert [row["path"] for row in rows_of(out)] == ["a" * 200, f"{path}#1", f"{path}#2", f"{path}#3"]


@pytest.mark.parametrize("block", [1, 2, 1 << 16])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_runs_of_rows_begin_where_the_last_ended(
    tmp_path: Path, out: Path, scan_it: ScanIt, monkeypatch: pytest.MonkeyPatch, suffix: str, block: int
) -> None:
    monkeypatch.setattr(lists, "RUN_ROWS", 3)
    monkeypatch.setattr(list_csv, "ROWS_A_BLOCK", block)
    monkeypatch.setattr(list_parquet, "_MOST_BATCH_ROWS", block)
    path = tmp_path / f"list.{suffix}"
    ids = [f"row {number}" for number in range(20)]
    if suffix == "parquet":
        write(path, {"hash": [HASH] * 20, "id": ids}, row_group_size=11)
    else:
        path.write_text("hash,id\n" + "".join(f'{HASH},"{name}"\n\n' for name in ids))
    assert scan_it(path, rows_a_batch=3).batches >= 4
    assert [row["path"] for row in rows_of(out)] == ids
    units = list(lists.units_of_list(parse_source(str(path)), StoreOptions()))
    assert [unit.first for unit in units[1:]] == [unit.first + unit.count for unit in units[:-1]]
    assert max(unit.count for unit in units) <= 5


def test_what_is_no_file_is_no_list(tmp_path: Path, scan_it: ScanIt) -> None:
    os.mkfifo(tmp_path / "list.csv")
    os.mkfifo(tmp_path / "list.parquet")
    for name in ("list.csv", "list.parquet"):
        with pytest.raises(SourceError):
            scan_it(tmp_path / name, out=tmp_path / f"{name}.out")


def test_a_list_of_more_rows_than_bytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "list.parquet", {"hash": [HASH] * 10})
    with path.open("rb") as file:
        assert list_parquet.group_sizes(file, ["hash"], path.stat().st_size) == [10]
        assert list_parquet.group_sizes(file, ["hash"], 9) == [10], "few rows may take no room"
        monkeypatch.setattr(list_parquet, "FEW_ROWS", 1)
        with pytest.raises(SourceError, match="more rows than bytes"):
            list_parquet.group_sizes(file, ["hash"], 9)


@given(st.lists(st.one_of(st.none(), st.text(max_size=6), st.integers(-200, 200).map(str)), max_size=20))
def test_reading_qualities_agrees_with_reading_one_number(values: list[str | None]) -> None:
    def one(text: str | None) -> int | None:
        plain = (text or "").strip(" \t\n\r\f\v")
        return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 3 and int(plain) <= 100 else None

    whole = [value for value in values if value is None or "." not in value]
    assert qualities(pa.array(whole, pa.string())).to_pylist() == [one(value) for value in whole]


@given(st.sets(st.binary(max_size=8).map(lambda raw: raw.replace(b"\0", b"\\xff")), max_size=30))
def test_no_two_names_are_shown_alike(raw: set[bytes]) -> None:
    assert len({shown_path(each) for each in raw}) == len(raw)
    assert shown_path(b"\xff") == r"\xff"
    assert shown_path(rb"\xff") == r"\\xff"


def test_a_csv_row_of_the_longest_line_is_read(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    row = ",".join(["x" * 1000] * 1000)
    path.write_text(f"hash\n{row}\n")
    with path.open("rb") as file:
        assert list(list_csv.runs(file, 10)) == [(5, 1)]
