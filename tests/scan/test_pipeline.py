"""A scan of a folder: copies are found, strangers are not, every file comes out once, and a stopped scan goes on."""

import json
import os
import re
import stat
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from scan_stage import (
    BANKED,
    EDITS,
    ESTIMATES,
    ScanIt,
    by_name,
    compared,
    cropped,
    edited,
    fill,
    picture,
    rows_of,
    value_of,
)

from notcontent.errors import ScanChangedError, ScanIncompleteError, ScanOutError, SourceError
from notcontent.matching.bankfile import Bank, BankEntry
from notcontent.matching.estimating import EstimatePolicy
from notcontent.scan import pipeline
from notcontent.scan.bank import BankCompared, Wait, bank_rows
from notcontent.scan.plan import DRAFT, PLAN, open_out
from notcontent.scan.results import SCHEMA, Tally, part_path, write_part
from notcontent.scan.stage import Screening
from notcontent.signals.worker import WorkerLimits


def test_edited_copies_are_found_and_strangers_are_not(archive: Path, out: Path, scan_it: ScanIt) -> None:
    for how in EDITS:
        (archive / f"copy-{how}").write_bytes(edited(picture(3), how))
    summary = scan_it(archive)
    rows = by_name(out)
    found = {name for name, row in rows.items() if row["verdict"] == "match"}
    assert found == {"3.jpg", "5.jpg", *(f"copy-{how}" for how in EDITS)}
    assert {rows[f"copy-{how}"]["entry"] for how in EDITS} == {"picture 3"}
    assert all(0 <= rows[name]["distance"] <= 31 and rows[name]["matches"] == 1 for name in found)
    assert {row["verdict"] for name, row in rows.items() if name not in found} == {"no_match"}
    assert summary.tally.found == len(found)
    assert summary.tally.rows == len(rows) == 15


def test_a_copy_that_was_edited_is_found_by_a_look_that_the_row_names(
    archive: Path, out: Path, scan_it: ScanIt
) -> None:
    original = picture(3)
    framed = Image.new("RGB", (original.width + 80, original.height + 300), "white")
    framed.paste(original, (40, 100))
    for name, image in (("mirrored", original.transpose(Image.Transpose.FLIP_LEFT_RIGHT)), ("framed", framed)):
        image.save(archive / f"{name}.png")
    scan_it(archive, screening=Screening(WorkerLimits(memory_mb=512, budget=24), 60.0))
    rows = by_name(out)
    found = {name: (row["entry"], row["look"]) for name, row in rows.items() if row["verdict"] == "match"}
    assert found == {
        "3.jpg": ("picture 3", "whole"),
        "5.jpg": ("picture 5", "whole"),
        "mirrored.png": ("picture 3", "turn:mirror"),
        "framed.png": ("picture 3", "trim:1"),
    }
    assert {row["look"] for name, row in rows.items() if name not in found} == {None}


def sketching(budget: int = 48) -> Screening:
    return Screening(WorkerLimits(memory_mb=512, budget=budget, sketches=True), 60.0)


def test_a_crop_is_held_by_an_estimate_with_its_evidence_and_no_distance(
    archive: Path, out: Path, scan_it: ScanIt
) -> None:
    (archive / "crop.jpg").write_bytes(cropped(3))
    summary = scan_it(archive, compared=compared(estimates=ESTIMATES), estimates=ESTIMATES, screening=sketching())
    rows = by_name(out)
    assert {name for name, row in rows.items() if row["verdict"] == "match"} == {"3.jpg", "5.jpg"}
    row = rows.pop("crop.jpg")
    assert (row["verdict"], row["entry"], row["distance"], row["matches"]) == ("hold", "picture 3", None, 0)
    assert row["look"].startswith("estimate:")
    assert row["evidence"] >= 7
    assert {row["evidence"] for row in rows.values()} == {None}
    assert summary.tally.found == 3
    assert [one.evidence for one in summary.tally.first].count(None) == 2


def test_without_estimates_a_crop_is_no_match(archive: Path, out: Path, scan_it: ScanIt) -> None:
    (archive / "crop.jpg").write_bytes(cropped(3))
    scan_it(archive)
    assert by_name(out)["crop.jpg"]["verdict"] == "no_match"


def test_what_estimates_hold_is_the_same_when_a_scan_goes_on(archive: Path, out: Path, scan_it: ScanIt) -> None:
    for seed in (3, 5, 8):
        (archive / f"crop-{seed}.jpg").write_bytes(cropped(seed))
    settings = {"compared": compared(estimates=ESTIMATES), "estimates": ESTIMATES, "screening": sketching()}
    scan_it(archive, **settings, pictures_a_batch=4)
    whole = rows_of(out)
    assert {row["entry"] for row in whole if row["verdict"] == "hold"} == {"picture 3", "picture 5"}
    for number in range(1, 4):
        part_path(out, number).unlink()
    assert scan_it(archive, **settings, resume=True).tally.verdicts["hold"] == 2
    assert rows_of(out) == whole


def test_more_than_can_be_looked_at_is_held_and_names_nothing(tmp_path: Path, out: Path, scan_it: ScanIt) -> None:
    """Far more entries near the estimates than are settled, none of which has enough evidence for so strict a bank."""
    (tmp_path / "crop.jpg").write_bytes(cropped(3))
    value = int.from_bytes(value_of(3))
    entries = tuple(BankEntry((value ^ (1 << bit)).to_bytes(32), f"copy {bit}") for bit in range(60))
    strict = EstimatePolicy(budget=400, false_holds=5e-10, min_quality=50)
    crowd = BankCompared(bank_rows(Bank(entries, None, 0)), 31, strict)
    scan_it(tmp_path / "crop.jpg", compared=crowd, estimates=strict, screening=sketching())
    (row,) = rows_of(out)
    assert (row["verdict"], row["entry"], row["look"], row["evidence"]) == ("hold", None, None, None)


def test_a_picture_too_plain_is_not_compared_and_is_no_failure(tmp_path: Path, out: Path, scan_it: ScanIt) -> None:
    from picture_files import saved
    from PIL import Image

    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "grey.png").write_bytes(saved(Image.new("L", (100, 100), 128), "PNG"))
    summary = scan_it(tmp_path / "archive")
    (row,) = rows_of(out)
    assert (row["verdict"], row["error"], row["entry"]) == ("low_quality", None, None)
    assert not summary.tally.errors


def test_every_listed_file_comes_out_once_whatever_the_batches(archive: Path, out: Path, scan_it: ScanIt) -> None:
    summary = scan_it(archive, pictures_a_batch=5)
    assert summary.batches == 3
    listed = sorted(str(path) for path in archive.rglob("*.jpg"))
    assert sorted(row["path"] for row in rows_of(out)) == listed


def test_what_was_done_is_kept_and_only_the_rest_is_done_again(archive: Path, out: Path, scan_it: ScanIt) -> None:
    scan_it(archive, pictures_a_batch=5)
    whole = rows_of(out)
    before = part_path(out, 0).stat().st_ino
    part_path(out, 1).unlink()
    (archive / "later.jpg").write_bytes(b"not listed when the scan began")
    summary = scan_it(archive, resume=True)
    assert rows_of(out) == whole
    assert part_path(out, 0).stat().st_ino == before
    assert summary.resumed == 7


def test_a_scan_killed_while_listing_begins_anew(archive: Path, out: Path, scan_it: ScanIt) -> None:
    (out / "results").mkdir(parents=True)
    (out / DRAFT).write_bytes(b"half a plan")
    (out / PLAN).write_bytes(b"a plan whose scan.json was never written")
    assert scan_it(archive, resume=True).tally.rows == 12
    assert not (out / DRAFT).exists()


def test_a_folder_that_holds_anything_is_refused(archive: Path, out: Path, scan_it: ScanIt) -> None:
    scan_it(archive)
    with pytest.raises(ScanOutError):
        scan_it(archive)
    (out.parent / "other").mkdir()
    (out.parent / "other" / "mine.txt").touch()
    with pytest.raises(ScanOutError):
        scan_it(archive, out=out.parent / "other", resume=True)


def test_a_pattern_that_fits_nothing_is_refused_and_leaves_nothing(archive: Path, out: Path, scan_it: ScanIt) -> None:
    with pytest.raises(SourceError, match="No file fits"):
        scan_it(archive / "inner", f"{archive}/**/*.gif")
    assert not out.exists()
    out.mkdir()
    with pytest.raises(SourceError):
        scan_it(f"{archive}/*.gif")
    assert not list(out.iterdir()), "the folder was there, so it stays"
    assert scan_it(f"{archive}/*.jpg").tally.rows == 6


def test_a_scan_that_stands_is_not_touched_by_one_that_is_refused(archive: Path, out: Path, scan_it: ScanIt) -> None:
    scan_it(archive)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    with pytest.raises(ScanChangedError):
        scan_it(archive / "inner", resume=True)
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before


def test_two_scans_never_write_into_one_folder(archive: Path, out: Path, scan_it: ScanIt) -> None:
    handle = open_out(out, resume=False)
    try:
        with pytest.raises(ScanOutError):
            scan_it(archive, resume=True)
    finally:
        os.close(handle)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ("bank", "had another bank."),
        ("sources", "had other sources, another state of its lists."),
        ("list", "had another state of its lists."),
        ("gate", "had another gate."),
        ("looks", "had another --looks."),
        ("estimates", "had another --estimates, another --false-holds."),
    ],
)
def test_going_on_with_another_bank_source_list_gate_or_setting_is_refused(
    archive: Path, scan_it: ScanIt, changed: str, told: str
) -> None:
    lists = archive.parent / "list.csv"
    lists.write_text("path\narchive/2.jpg\n")
    scan_it(archive, lists, bank="a")
    if changed == "list":
        lists.write_text("path\narchive/2.jpg\narchive/4.jpg\n")
    sources = (archive,) if changed == "sources" else (archive, lists)
    limits = WorkerLimits(memory_mb=512, budget=7) if changed == "looks" else WorkerLimits(memory_mb=512)
    settings: dict[str, object] = {"bank": "b" if changed == "bank" else "a"}
    settings |= {"gate": "g"} if changed == "gate" else {}
    settings |= {"estimates": EstimatePolicy(400, 1e-3, 50)} if changed == "estimates" else {}
    with pytest.raises(ScanChangedError, match=re.escape(told)):
        scan_it(*sources, **settings, screening=Screening(limits, 60.0), resume=True)


def test_a_damaged_scan_is_not_gone_on_with(archive: Path, out: Path, scan_it: ScanIt) -> None:
    scan_it(archive)
    part_path(out, 0).write_bytes(b"PAR1 cut off")
    with pytest.raises(ScanIncompleteError):
        scan_it(archive, resume=True)
    (out / "scan.json").write_text("{")
    with pytest.raises(ScanChangedError):
        scan_it(archive, resume=True)


def test_a_batch_with_a_row_too_few_is_no_part(out: Path) -> None:
    (out / "results").mkdir(parents=True)
    row = {"path": "a", "verdict": "no_match"}
    with pytest.raises(ScanIncompleteError):
        write_part(out, 0, pa.Table.from_pylist([row], schema=SCHEMA), expected=2)
    with pytest.raises(ScanIncompleteError):
        write_part(out, 0, pa.Table.from_pylist([{"path": "a"}], schema=SCHEMA), expected=1)
    assert not list((out / "results").iterdir())


def test_rows_that_a_query_lost_or_doubled_stop_the_scan(
    archive: Path, out: Path, scan_it: ScanIt, monkeypatch: pytest.MonkeyPatch
) -> None:
    def losing(_self: pipeline.Running, frame: object) -> object:
        return frame.limit(11)  # type: ignore[attr-defined]

    monkeypatch.setattr(pipeline.Running, "cut", losing)
    with pytest.raises(ScanIncompleteError):
        scan_it(archive)
    assert not list((out / "results").iterdir())


def test_results_inside_the_archive_are_not_scanned(archive: Path, scan_it: ScanIt) -> None:
    inside = archive / "scanned"
    assert scan_it(archive, out=inside).tally.rows == 12
    assert scan_it(archive, out=inside, resume=True).tally.rows == 12


def test_sources_that_overlap_or_do_not_exist_are_refused_and_which_is_said(archive: Path, scan_it: ScanIt) -> None:
    for sources, told in [
        ((archive, archive / "inner"), "Source 2 of 2: It lies inside another; give the outer one alone."),
        ((archive / "2.jpg", archive), "Source 1 of 2: It lies inside another; give the outer one alone."),
        ((archive, archive), "Source 2 of 2: It is given twice."),
        ((archive / "none",), "There is no source of this name: no file, and no folder."),
        ((archive, archive.parent / "none"), "Source 2 of 2: There is no source of this name: no file, and no folder."),
        (("ftp://x/y",), "An object store is given as s3://bucket/prefix."),
    ]:
        with pytest.raises(SourceError) as caught:
            scan_it(*sources)
        assert str(caught.value) == told


def test_several_sources_are_one_scan(archive: Path, out: Path, scan_it: ScanIt) -> None:
    scan_it(archive / "inner", archive / "2.jpg", f"{archive}/[4-6].jp?")
    assert sorted(by_name(out)) == ["1.jpg", "11.jpg", "2.jpg", "3.jpg", "4.jpg", "5.jpg", "6.jpg", "7.jpg", "9.jpg"]


def test_a_folder_with_nothing_in_it_does_not_look_clean(archive: Path, out: Path, scan_it: ScanIt) -> None:
    empty = archive.parent / "unmounted"
    (empty / "inner").mkdir(parents=True)
    with pytest.raises(SourceError, match="mounted"):
        scan_it(empty)
    with pytest.raises(SourceError, match=r"^Source 2 of 3: No file lies in this folder"):
        scan_it(archive / "inner", empty, archive / "2.jpg")
    assert not out.exists()
    with pytest.raises(SourceError, match="No file lies"):
        scan_it(empty, out=empty / "out")


def test_only_the_owner_may_read_the_results(archive: Path, out: Path, scan_it: ScanIt) -> None:
    out.mkdir(mode=0o755)
    scan_it(archive)
    for folder, _, files in os.walk(out):
        assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700
        assert {stat.S_IMODE((Path(folder) / name).stat().st_mode) for name in files} == {0o600}


def test_progress_tells_every_file_and_what_was_done_before(archive: Path, out: Path, scan_it: ScanIt) -> None:
    class Recorder:
        def __init__(self) -> None:
            self.seen: dict[str, list[int]] = {"listed": [], "planned": [], "done": [], "written": []}

        def listed(self, count: int) -> None:
            self.seen["listed"].append(count)

        def planned(self, rows: int, before: Tally) -> None:
            self.seen["planned"] += [rows, before.rows]

        def done(self, count: int) -> None:
            self.seen["done"].append(count)

        def waiting(self, wait: Wait) -> None:
            raise AssertionError(f"a bank is never waited for: {wait}")

        def written(self, tally: Tally) -> None:
            self.seen["written"].append(tally.rows)

    first = Recorder()
    scan_it(archive, pictures_a_batch=5, watcher=first)
    assert sum(first.seen["listed"]) == sum(first.seen["done"]) == 12
    assert (first.seen["planned"], first.seen["written"]) == ([12, 0], [5, 10, 12])
    part_path(out, 2).unlink()
    second = Recorder()
    scan_it(archive, resume=True, watcher=second)
    assert (second.seen["planned"], sum(second.seen["done"])) == ([12, 10], 2)


def test_the_nearest_entry_is_named_and_all_are_counted(tmp_path: Path, out: Path, scan_it: ScanIt) -> None:
    fill(tmp_path / "archive", range(3, 4))
    scan_it(tmp_path / "archive", compared=compared((*BANKED, 3)))
    (row,) = rows_of(out)
    assert row["matches"] == 2
    assert row["entry"] == "picture 3"


def tampered(out: Path, how: str) -> None:
    """Do something to a scan's own files."""
    plan, identity = out / "plan.parquet", out / "scan.json"
    match how:
        case "plan gone":
            plan.unlink()
        case "plan trashed":
            plan.write_bytes(b"PAR1 but no more")
        case "plan of others":
            table = pq.read_table(plan)
            column = pa.array([b"/etc/hostname"] * table.num_rows, pa.binary())
            place = table.column_names.index("place")
            pq.write_table(table.set_column(place, table.schema.field("place"), column), plan)
        case "many batches":
            saved = json.loads(identity.read_text())
            identity.write_text(json.dumps({**saved, "batches": 10**9}))
        case "no digest":
            saved = json.loads(identity.read_text())
            del saved["plan"]
            identity.write_text(json.dumps(saved))
        case _:
            raise AssertionError(how)


@pytest.mark.parametrize("how", ["plan gone", "plan trashed", "plan of others", "many batches", "no digest"])
def test_a_scan_whose_own_files_were_changed_is_not_gone_on_with(
    archive: Path, out: Path, scan_it: ScanIt, how: str
) -> None:
    scan_it(archive, pictures_a_batch=5)
    part_path(out, 1).unlink()
    tampered(out, how)
    with pytest.raises(ScanChangedError):
        scan_it(archive, pictures_a_batch=5, resume=True)
    assert not part_path(out, 1).exists()


def test_a_part_of_other_columns_is_damaged(archive: Path, out: Path, scan_it: ScanIt) -> None:
    scan_it(archive)
    for column in ({"path": ["a"]}, {name: [1] for name in ("path", "verdict", "entry", "distance", "look", "error")}):
        pq.write_table(pa.table(column), part_path(out, 0))
        with pytest.raises(ScanIncompleteError):
            scan_it(archive, resume=True)


@pytest.mark.parametrize("kind", ["link", "link to nothing", "file"])
def test_results_are_not_led_out_of_the_folder(archive: Path, out: Path, scan_it: ScanIt, kind: str) -> None:
    elsewhere = out.parent / "elsewhere"
    out.mkdir()
    if kind == "file":
        (out / "results").touch()
    else:
        (out / "results").symlink_to(elsewhere)
        if kind == "link":
            elsewhere.mkdir()
    with pytest.raises(ScanOutError):
        scan_it(archive, resume=True)
    assert not elsewhere.exists() or not list(elsewhere.iterdir())


def test_a_folder_for_results_that_others_may_read_is_closed_to_them(archive: Path, out: Path, scan_it: ScanIt) -> None:
    (out / "results").mkdir(parents=True)
    (out / "results").chmod(0o755)
    scan_it(archive, resume=True)
    assert stat.S_IMODE((out / "results").stat().st_mode) == 0o700


def test_no_two_files_are_shown_alike(tmp_path: Path, out: Path, scan_it: ScanIt) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    for name in (b"a\xff", rb"a\xff", rb"a\\xff"):
        Path(os.fsdecode(os.path.join(os.fsencode(folder), name))).touch()  # noqa: PTH118 - bytes
    scan_it(folder)
    told = {row["path"].removeprefix(f"{folder}/") for row in rows_of(out)}
    assert told == {r"a\xff", r"a\\xff", r"a\\\\xff"}
