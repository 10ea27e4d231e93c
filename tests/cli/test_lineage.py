"""`notcontent lineage` as an analyst uses it: made-up material in, families out, and taken back again."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lineage_shell import answer, run

from notcontent.cli.lineage.handing import Format, Mark
from notcontent.cli.lineage.proving import Seen
from notcontent.lineage.exports import FORMATS, Tlp
from notcontent.lineage.simulation import Level


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a made-up world once."""
    folder = tmp_path_factory.mktemp("lineage") / "world"
    run("simulate", folder, "--families", 1, "--seed", 4)
    return folder


@pytest.fixture(scope="module")
def book(world: Path) -> Path:
    """Import it once."""
    book = world.parent / "book"
    run("import", *sorted((world / "exports").iterdir()), world / "pages", world / "channels.csv", "--book", book)
    return book


@pytest.fixture(scope="module")
def member(book: Path) -> str:
    """Name a channel of the largest family."""
    families = answer("tree", "--book", book)["families"]
    largest = max(families, key=lambda family: len(family["members"]))
    return str(largest["root"])


def test_a_family_is_found_as_it_was_made_up(world: Path, book: Path) -> None:
    truth = {f"n:{each['number']}": each for each in json.loads((world / "truth.json").read_text())["channels"]}
    told = [member for family in answer("tree", "--book", book)["families"] for member in family["members"]]
    stated = [
        (each["channel"], each["parent"]) for each in told if each["parent"] in truth and each["channel"] in truth
    ]
    assert len(stated) >= 2
    assert all(truth[child]["family"] == truth[parent]["family"] for child, parent in stated)


def test_what_was_imported_is_not_imported_again(world: Path, book: Path) -> None:
    before = len(answer("sources", "--book", book)["sources"])
    told = answer("import", world / "pages", "--book", book)
    assert told["sources"][0]["already"]
    assert len(answer("sources", "--book", book)["sources"]) == before


def test_one_bad_path_of_several_costs_itself_alone(world: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    good = min((world / "exports").iterdir())
    told = run("import", bad, good, "--book", tmp_path / "book", expected=1)
    assert "posts" in told
    assert len(answer("sources", "--book", tmp_path / "book")["sources"]) == 1


def test_tree_time_line_and_comparison_are_drawn(book: Path, member: str, tmp_path: Path) -> None:
    said = run("tree", member, "--book", book, "--svg", tmp_path / "t.svg", "--timeline", tmp_path / "l.svg")
    assert "channel" in said
    family = next(each for each in answer("tree", member, "--book", book)["families"])
    one, other = (each["channel"] for each in family["members"][:2])
    shared = run("compare", one, other, "--book", book, "--svg", tmp_path / "s.svg")
    assert "in common" in shared
    for name in ("t.svg", "l.svg", "s.svg"):
        assert (tmp_path / name).read_text(encoding="utf-8").startswith("<svg")


def test_a_drawing_that_cannot_be_written_is_refused_with_the_code_of_storage(
    book: Path, member: str, tmp_path: Path
) -> None:
    nowhere = tmp_path / "nowhere" / "t.svg"
    for words in (
        ("tree", member, "--book", book, "--svg", nowhere),
        ("tree", member, "--book", book, "--timeline", tmp_path),
        ("evaluate", "--families", "2", "--level", "full", "--plot", nowhere),
        ("simulate", tmp_path / "t.svg" / "world"),
    ):
        (tmp_path / "t.svg").touch()
        assert "storage" in run(*words, expected=4, talk=True)


def test_a_channel_is_shown_with_its_reasons(book: Path, member: str) -> None:
    family = next(each for each in answer("tree", member, "--book", book)["families"])
    child = next(each for each in family["members"] if each["parent"] is not None)
    shown = run("show", child["channel"], "--book", book)
    assert "\ncontinues " in shown
    assert child["candidates"][0]["reasons"][0]["says"] in shown
    assert "no such channel" in run("show", "@nobody_has_this", "--book", book, expected=2, talk=True)


def test_a_channel_is_found_by_its_title_where_no_other_bears_it(world: Path, book: Path) -> None:
    truth = json.loads((world / "truth.json").read_text())["channels"]
    titles = [title for each in truth for title in each["titles"]]
    own = next(each for each in truth if each["read"] and titles.count(each["titles"][-1]) == 1)
    assert answer("show", own["titles"][-1], "--book", book)["channel"] == f"n:{own['number']}"
    assert answer("show", own["titles"][-1].upper(), "--book", book)["channel"] == f"n:{own['number']}"


def test_a_channel_in_no_family_is_said_to_be_in_none(tmp_path: Path) -> None:
    links = tmp_path / "links.txt"
    links.write_text("https://t.me/s/lonely_one\n")
    run("import", links, "--book", tmp_path / "book")
    assert "is in no family" in run("tree", "@lonely_one", "--book", tmp_path / "book")
    assert "1 channel in no family" in run("tree", "--book", tmp_path / "book")


def test_files_are_handed_out_once_and_for_their_owner(book: Path, member: str, tmp_path: Path) -> None:
    for kind in ("stix", "misp", "gexf", "csv", "json"):
        out = tmp_path / f"family.{kind}"
        run("export", member, "--format", kind, "--out", out, "--book", book)
        assert out.stat().st_mode & 0o077 == 0
        assert out.stat().st_size > 200
    run("annex", member, "--out", tmp_path / "annex.pdf", "--book", book)
    assert (tmp_path / "annex.pdf").read_bytes().startswith(b"%PDF")
    for words in (("annex", member, "--book", book), ("export", member, "--book", book)):
        told = run(*words, "--out", tmp_path / "annex.pdf", expected=4, talk=True)
        assert told.startswith("notcontent: file_exists: ")
    assert "file_exists" in run("simulate", tmp_path, expected=4, talk=True)


def test_a_withdrawn_source_is_gone_from_the_families(world: Path, tmp_path: Path) -> None:
    book = tmp_path / "book"
    exports = sorted((world / "exports").iterdir())[:3]
    run("import", *exports, "--book", book)
    before = answer("sources", "--book", book)["sources"]
    for source in before:
        run("withdraw", source["source"], "--book", book)
    assert answer("tree", "--book", book)["families"] == []
    assert {each["state"] for each in answer("sources", "--book", book)["sources"]} == {"withdrawn"}
    run("withdraw", before[0]["source"], "--book", book, expected=2)


def test_an_import_that_is_killed_is_unseen_and_goes_on(tmp_path: Path) -> None:
    export = tmp_path / "export"
    export.mkdir()
    messages = ",\n".join(
        json.dumps(
            {"id": at, "type": "message", "date_unixtime": str(1_700_000_000 + at), "text": f"{at} potatoes and onions"}
        )
        for at in range(1, 90_000)
    )
    head = '{"name": "Red kite", "type": "public_channel", "id": 1500000000, "messages": ['
    (export / "result.json").write_text(f"{head}{messages}]}}")
    book = tmp_path / "book"
    going = subprocess.Popen(
        [sys.executable, "-m", "notcontent", "lineage", "import", str(export), "--book", str(book)]
    )
    while not (book / "book.db-wal").exists() or (book / "book.db-wal").stat().st_size < 1_000_000:
        assert going.poll() is None
        time.sleep(0.02)
    os.kill(going.pid, signal.SIGKILL)
    going.wait()
    assert [each["state"] for each in answer("sources", "--book", book)["sources"]] == ["pending"]
    told = answer("import", export, "--book", book)
    assert told["sources"][0]["posts"] == 89_999
    assert [each["state"] for each in answer("sources", "--book", book)["sources"]] == ["standing"]


def test_an_authority_says_all_three_or_nothing(world: Path, tmp_path: Path) -> None:
    export = min((world / "exports").iterdir())
    run("import", export, "--authority", "a court", "--book", tmp_path / "book", expected=2)
    gone = ("--authority", "a court", "--law", "a law", "--until", "2020-01-01")
    run("import", export, *gone, "--book", tmp_path / "book", expected=2)
    assert answer("sources", "--book", tmp_path / "book")["sources"] == []


def test_the_radar_names_what_continues_another(book: Path) -> None:
    told = answer("radar", "--book", book)
    assert told["found"]
    assert all(each["parent"] for each in told["found"])
    assert "looks like a child of" in run("radar", "--book", book)


def test_the_verbs_offer_what_exports_and_simulation_know_and_no_more() -> None:
    # The verbs spell it out, so that `--help` loads none of it.
    assert {each.value for each in Format} == FORMATS.keys()
    assert {each.value for each in Mark} == {each.value for each in Tlp}
    assert {each.value for each in Seen} == {each.value for each in Level}


def test_a_terminal_is_told_what_is_waited_for_and_stdout_is_not(tmp_path: Path) -> None:
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "notcontent", "lineage", "simulate", str(tmp_path / "world"), "--families", "1"]
    with os.fdopen(controller, "rb", buffering=0) as screen:
        done = subprocess.run(
            [*command, "--json"],
            stdout=subprocess.PIPE,
            stderr=terminal,
            check=True,
            env={**os.environ, "TERM": "xterm"},
        )
        told = screen.read(4096)
        os.close(terminal)
    assert json.loads(done.stdout)["channels"] > 0
    assert told.index(b"Making channels up") < told.index(b"Writing")


def test_a_mistyped_source_leaves_no_book(tmp_path: Path) -> None:
    assert "lineage_source" in run("import", tmp_path / "no.json", "--book", tmp_path / "book", expected=4, talk=True)
    assert not (tmp_path / "book").exists()
