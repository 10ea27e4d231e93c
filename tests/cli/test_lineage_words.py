"""How channels are named to the verbs of `notcontent lineage`, what these say, and how it fits a terminal."""

import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from lineage_shell import answer, export, run, two_families

from notcontent.cli.waiting import stoppable


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Import two families once."""
    folder = tmp_path_factory.mktemp("words")
    run("import", *two_families(folder / "exports"), "--book", folder / "book")
    return folder / "book"


def test_the_numbers_of_a_tree_name_its_channels_for_every_verb(book: Path, tmp_path: Path) -> None:
    told = run("tree", "--book", book)
    heads = re.findall(r"^Family (F\d):.*$", told, re.MULTILINE)
    assert heads == ["F1", "F2"]
    seen = 0
    for head, rows in zip(heads, told.split("Family F")[1:], strict=True):
        for number, key in re.findall(r"(#\d+) .*?(n:\d+) ", rows):
            seen += 1
            assert answer("show", f"{head}{number}", "--book", book)["channel"] == key
    assert seen == 5
    assert answer("show", "3", "--book", book)["channel"] == "n:1500000003"
    assert answer("show", "#3", "--book", book)["channel"] == "n:1500000003"
    assert [each["root"] for each in answer("tree", "F2", "--book", book)["families"]] == ["n:1500000004"]
    assert answer("compare", "F1", "f1#2", "--book", book)["shared"] >= 40
    run("annex", "F2", "--out", tmp_path / "annex.txt", "--book", book)
    assert "Lamp again" in (tmp_path / "annex.txt").read_text()
    run("export", "F2#2", "--out", tmp_path / "family.json", "--book", book)
    assert "1500000005" in (tmp_path / "family.json").read_text()


def test_a_tree_as_json_has_the_numbers_that_it_prints(book: Path) -> None:
    printed: dict[str, str] = {}
    for head, rows in zip(("F1", "F2"), run("tree", "--book", book).split("Family F")[1:], strict=True):
        printed |= {key: f"{head}{number}" for number, key in re.findall(r"(#\d+) .*?(n:\d+) ", rows)}
    families = answer("tree", "--book", book)["families"]
    assert [each["number"] for each in families] == ["F1", "F2"]
    assert {one["channel"]: one["number"] for each in families for one in each["members"]} == printed
    assert answer("tree", "F2#2", "--book", book)["families"] == families[1:]


def test_a_comparison_says_what_it_counts(book: Path) -> None:
    counts = answer("compare", "F1#1", "F1#2", "--book", book)
    said = run("compare", "F1#1", "F1#2", "--book", book)
    assert f"showed {counts['one']} contents in {counts['one_posts']} posts, " in said
    assert f" showed {counts['other']} contents in {counts['other_posts']} posts. A content counts once, " in said
    assert f"\n{counts['shared']} contents in common: " in said


@pytest.mark.parametrize("verb", [("tree", "F1"), ("compare", "F1#1", "F1#2")], ids=["tree", "compare"])
def test_a_drawing_that_cannot_be_written_is_refused_before_anything_is_printed(
    book: Path, tmp_path: Path, verb: tuple[str, ...]
) -> None:
    os.mkfifo(tmp_path / "pipe.svg")
    for path in (tmp_path, tmp_path / "none" / "drawing.svg", tmp_path / "pipe.svg", tmp_path / f"{'x' * 300}.svg"):
        words = (*verb, "--svg", path, "--book", book)
        assert run(*words, expected=4) == ""
        assert run(*words, expected=4, talk=True).startswith("notcontent: storage: The drawing ")


def test_a_comparison_counts_as_its_drawing_does_a_photo_once(tmp_path: Path) -> None:
    begin = 1_770_000_000
    posts: list[dict[str, object]] = [
        {
            "id": 2 + at,
            "type": "message",
            "photo": f"photos/photo_{at}.jpg",
            "photo_file_size": 40_000 + 17 * at,
            "width": 800 + at,
            "height": 600,
            "text": "",
        }
        for at in range(12)
    ]
    for number, lag in ((1, 0), (2, 900)):
        later = [each | {"date_unixtime": str(begin + 3600 * at + lag)} for at, each in enumerate(posts)]
        made = {"name": f"Harbour {number}", "type": "public_channel", "id": 1_600_000_000 + number, "messages": later}
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "result.json").write_text(json.dumps(made))
    book, drawing = tmp_path / "book", tmp_path / "shared.svg"
    run("import", tmp_path / "1", tmp_path / "2", "--book", book)
    counts = answer("compare", "n:1600000001", "n:1600000002", "--book", book, "--svg", drawing)
    assert {name: counts[name] for name in ("one", "other", "shared", "one_first", "other_first")} == {
        **dict.fromkeys(("one", "other", "shared", "one_first"), 12),
        "other_first": 0,
    }
    assert "12 contents are in both: 12 came first in" in drawing.read_text()


@pytest.mark.parametrize("name", ["picture.jpg", "drawing.png", "picture"])
def test_a_drawing_is_written_over_nothing_that_is_called_otherwise(book: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"keep me")
    for verb in (("tree", "F1", "--svg"), ("tree", "F1", "--timeline"), ("compare", "F1#1", "F1#2", "--svg")):
        assert "a name that ends in .svg" in run(*verb, tmp_path / name, "--book", book, expected=2, talk=True)
    assert "a name that ends in .svg" in run("evaluate", "--plot", tmp_path / name, expected=2, talk=True)
    assert (tmp_path / name).read_bytes() == b"keep me"


def on_a_full_disk(call: str, path: Path) -> str:
    """Call what writes a file where files may have 900 bytes; give the code of its error."""
    program = f"""
import resource, sys
from pathlib import Path
from notcontent.cli.lineage.handing import _write
from notcontent.cli.lineage.opening import save_drawing
from notcontent.errors import NotContentError
resource.setrlimit(resource.RLIMIT_FSIZE, (900, 900))
try:
    {call}
except NotContentError as error:
    print(error.code)
"""
    command = [sys.executable, "-c", program, str(path)]
    return subprocess.run(command, stdout=-1, text=True, check=True).stdout.strip()


def test_a_drawing_stands_whole_or_as_before_and_only_its_owner_reads_it(book: Path, tmp_path: Path) -> None:
    kept, link = tmp_path / "kept" / "drawing.svg", tmp_path / "drawing.svg"
    kept.parent.mkdir()
    kept.write_text("<svg>before</svg>")
    link.symlink_to(kept)
    assert on_a_full_disk("save_drawing(Path(sys.argv[1]), 'x' * 1000)", link) == "storage"
    assert kept.read_text() == "<svg>before</svg>"
    assert list(kept.parent.iterdir()) == [kept]
    run("tree", "F1", "--svg", link, "--book", book)
    assert kept.read_text().endswith("</svg>\n")
    assert (link.is_symlink(), kept.stat().st_mode & 0o777) == (True, 0o600)


def test_an_export_that_the_disk_does_not_take_leaves_no_part(tmp_path: Path) -> None:
    assert on_a_full_disk("_write(Path(sys.argv[1]), b'x' * 1000)", tmp_path / "family.json") == "storage"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["-", "annex.doc"])
def test_an_annex_is_pdf_or_text_by_its_name(
    book: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "ends in .pdf or .txt" in run("annex", "F1", "--out", name, "--book", book, expected=2, talk=True)
    assert list(tmp_path.iterdir()) == []


def test_several_families_are_not_drawn_as_one(book: Path, tmp_path: Path) -> None:
    assert run("tree", "--svg", tmp_path / "drawing.svg", "--book", book, expected=2) == ""
    assert list(tmp_path.iterdir()) == []


def test_what_is_told_in_json_is_drawn_too(book: Path, tmp_path: Path) -> None:
    paths = (tmp_path / "tree.svg", tmp_path / "time.svg", tmp_path / "shared.svg")
    assert answer("tree", "F1", "--svg", paths[0], "--timeline", paths[1], "--book", book)["families"]
    assert answer("compare", "F1#1", "F1#2", "--svg", paths[2], "--book", book)["shared"]
    assert all(path.read_text().startswith("<svg ") for path in paths)


def test_a_channel_is_not_compared_with_itself(book: Path) -> None:
    said = run("compare", "F1#3", "n:1500000003", "--book", book, expected=2, talk=True)
    assert said == "notcontent: lineage_same_channel: Both names mean the same channel: name two.\n"


def test_a_name_of_several_channels_is_answered_with_those_to_choose_from(book: Path) -> None:
    said = run("show", "red kite", "--book", book, expected=2, talk=True)
    assert said.splitlines() == [
        "  n:1500000001, F1#1  Red kite",
        "  n:1500000002, F1#2  Red kite",
        "  n:1500000003, F1#3  Red kite",
        (
            "notcontent: lineage_channel_ambiguous: Several channels are called so: name one by its key or @name,"
            " or as `tree` numbers it."
        ),
    ]
    assert "F2#2" in run("show", "#2", "--book", book, expected=2, talk=True)


def test_of_many_channels_of_one_name_eight_are_listed(tmp_path: Path) -> None:
    rows = "".join(f"@some_channel_{at},2026-01-02,title,Same\n" for at in range(10))
    (tmp_path / "list.csv").write_text(f"channel,time,fact,value\n{rows}")
    run("import", tmp_path / "list.csv", "--book", tmp_path / "book")
    said = run("tree", "Same", "--book", tmp_path / "book", expected=2, talk=True).splitlines()
    assert len(said) == 10
    assert said[0].startswith("  @some_channel_")
    assert said[0].endswith("  Same")
    assert said[8] == "  and 2 more"


@pytest.mark.parametrize("columns", ["80", "60"])
def test_sentences_break_between_words_where_the_terminal_ends(
    book: Path, columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [("show", "F1#3", "--book", book), ("radar", "--book", book)]
    monkeypatch.delenv("COLUMNS", raising=False)
    whole = [run(*each) for each in words]
    monkeypatch.setenv("COLUMNS", columns)
    for each, unbroken in zip(words, whole, strict=True):
        told = run(*each)
        assert max(map(len, told.splitlines())) <= int(columns)
        assert told.split() == unbroken.split()
        assert not re.search(r"^\s*%|>$", told, re.MULTILINE)
        assert max(map(len, unbroken.splitlines())) > int(columns)


def test_the_report_of_an_import_breaks_between_words_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    links = tmp_path / "links.txt"
    links.write_text("@some_channel\nt.me/addstickers/x\n")
    monkeypatch.setenv("COLUMNS", "80")
    assert run("import", links, "--book", tmp_path / "book").splitlines() == [
        "links.txt: 0 posts of 1 channel; source 1.",
        "  skipped 1: links of Telegram that name no channel or group: stickers, proxies,",
        "    telephone numbers",
        "  these stand in line 2",
    ]


def test_the_radar_begins_with_what_it_comes_to_and_lists_each_chat_once(book: Path) -> None:
    lines = run("radar", "--days", "3650", "--book", book).splitlines()
    assert lines[0].startswith("3 channels found to continue another since ")
    assert lines[1] == "2 chats that posts link to are in no source: below."
    below = lines[lines.index("Chats that posts link to, in no source:") :]
    assert [line.strip() for line in below if "t[.]me" in line] == [
        "t[.]me/+AbCdEfGhIjKlMnOpQ",
        "t[.]me/+AbCdEfGhIjKlMnOp",
    ]
    assert sum(line.startswith("    by ") for line in below) == 4


def test_the_tree_counts_a_chat_once_however_many_channels_link_to_it(book: Path) -> None:
    assert "\n2 chats that posts link to are in no source: `radar` lists them." in run("tree", "--book", book)


def test_files_that_are_handed_out_are_named_by_their_path(book: Path, tmp_path: Path) -> None:
    for verb, name in (("annex", "annex.txt"), ("export", "family.json")):
        assert f" written into {tmp_path / name}" in run(verb, "F1", "--out", tmp_path / name, "--book", book)


def test_a_channel_whose_parent_is_open_has_one_probability_for_each_question(tmp_path: Path) -> None:
    table = tmp_path / "list.csv"
    table.write_text(
        "channel,time,fact,value,post\nn:1500000009,,same_as,@kite_nine,\n"
        "n:1500000001,2025-11-01,links_to,n:1500000009,90\nn:1500000002,2025-11-02,links_to,n:1500000009,91\n"
    )
    run("import", *two_families(tmp_path / "exports"), table, "--book", tmp_path / "book")
    lines = run("show", "@kite_nine", "--book", tmp_path / "book").splitlines()
    sure = answer("show", "@kite_nine", "--book", tmp_path / "book")["in_family"]
    family, parent = [line for line in lines if re.search(r"\d\u202f%", line) and not line.startswith("   ")]
    assert family == (
        f"Belongs to the family of Red kite (n:1500000001) with {100 * sure:.0f}\u202f%. Which channel of it this one"
        " continues is open: none is sure enough to be stated."
    )
    assert re.fullmatch(r"perhaps Red kite \(n:1500000001\)  \d\d\u202f%", parent)


def test_the_time_line_and_the_annex_count_the_same_days_and_say_in_which_time(tmp_path: Path) -> None:
    table = tmp_path / "list.csv"
    # Born 30 days after its parent began, 2.7 days after it was found removed: floors and roundings differ.
    table.write_text("channel,time,fact\nn:1500000001,2025-11-05T16:00:00Z,removed\n")
    run("import", *two_families(tmp_path / "exports"), table, "--book", tmp_path / "book")
    line, annex = tmp_path / "line.svg", tmp_path / "annex.txt"
    said = run("tree", "F1", "--timeline", line, "--book", tmp_path / "book")
    run("annex", "F1", "--out", annex, "--book", tmp_path / "book")
    assert "This one began 3 days after it was found removed" in " ".join(annex.read_text().split())
    assert "born 3 days after its parent&#39;s removal" in line.read_text()
    assert "+3 d" in line.read_text()
    assert "removed 5 Nov 2025" in said
    assert "removed on 2025-11-05 16:00" in annex.read_text()
    for told in (said, line.read_text()):
        assert re.search(r"as known on \d+ \w+ \d{4} UTC: ", told)
    assert "Days and times are UTC." in annex.read_text()


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_an_import_that_is_interrupted_says_so_in_one_line_and_what_becomes_of_it(
    tmp_path: Path, form: tuple[str, ...]
) -> None:
    first = export(tmp_path / "first", 1_500_000_001, "Red kite", 0, range(10))
    large = export(tmp_path / "large", 1_500_000_002, "Lamp", 0, range(80_000))
    book = tmp_path / "book"
    sources = (str(first), str(large))
    command = [sys.executable, "-m", "notcontent", "lineage", "import", *sources, "--book", str(book), *form]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as going:
        while not (book / "book.db-wal").exists() or (book / "book.db-wal").stat().st_size < 1_000_000:
            assert going.poll() is None
            time.sleep(0.02)
        going.send_signal(signal.SIGINT)
        out, said = going.communicate(timeout=60)
    assert going.returncode == 130
    sentence = "Stopped: what was read of it is not seen, and goes on when it is imported again."
    if form:
        told = json.loads(out)
        assert (told["error"], told["message"]) == ("interrupted", sentence)
        assert [each.get("error") for each in told["sources"]] == [None, "interrupted"]
    else:
        assert said == f"large: interrupted: {sentence}\n"
    assert [each["state"] for each in answer("sources", "--book", book)["sources"]] == ["pending", "standing"]


def test_a_verb_that_is_interrupted_says_so_in_one_line() -> None:
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "notcontent", "lineage", "evaluate", "--families", "40"]
    environment = {**os.environ, "TERM": "xterm"}
    with (
        os.fdopen(controller, "rb", buffering=0) as screen,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=terminal, env=environment) as going,
    ):
        os.close(terminal)
        shown = b""
        while b"Judging worlds" not in shown:
            shown += screen.read(4096)
        going.send_signal(signal.SIGINT)
        rest = b"".join(iter(lambda: _read(screen), b""))
        assert going.stdout is not None
        assert going.stdout.read() == b""
    assert going.returncode == 130
    assert rest.rstrip().endswith(b"notcontent: interrupted: Stopped.")


def test_a_ctrl_c_that_somebody_drops_is_raised_again_at_the_next_step() -> None:
    before = signal.getsignal(signal.SIGINT)
    with stoppable() as go_on:
        go_on()
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            go_on()
    assert signal.getsignal(signal.SIGINT) is before


def _read(screen: io.RawIOBase) -> bytes:
    """Read what a terminal shows, nothing once its program has ended."""
    try:
        return screen.read(4096) or b""
    except OSError:
        return b""


def test_of_a_stopped_import_every_verb_says_that_nobody_looked_for_families_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exports, folder = two_families(tmp_path / "exports"), tmp_path / "book"

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("notcontent.lineage.judging.judge", stopped)
        run("import", *exports, "--book", folder, expected=130)
    for words in (("tree",), ("radar",)):
        said = run(*words, "--book", folder, talk=True)
        assert "nothing is said yet: an import was stopped before families were looked for" in said
    run("import", exports[0], "--book", folder)
    assert "nothing is said yet" not in run("tree", "--book", folder, talk=True)
