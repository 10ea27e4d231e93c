"""`notcontent bank` and `notcontent match`, as a shell runs them."""

import contextlib
import json
import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from picture_files import saved

from notcontent.cli import main
from notcontent.matching import bankfile
from notcontent.matching.bankfile import Sealing, read_bank
from notcontent.signals import hash_image
from notcontent.signals.drawing import draw_picture

PASSPHRASE = "eight small words"
HASHES = ("a7" * 32, "a7" * 31 + "a4", "5b" * 32)  # the second is 2 bits from the first, the third far from both


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Answer]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run the command in a folder of its own; every answer is searched for hashes."""
    monkeypatch.setenv("NOTCONTENT_BANK_PASSPHRASE", PASSPHRASE)
    monkeypatch.setattr(bankfile, "DEFAULT_SEALING", Sealing(memory_kib=32, iterations=1, lanes=1))
    monkeypatch.chdir(tmp_path)

    def run_it(*words: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["notcontent", *words])
        code = 0
        try:
            main()
        except SystemExit as left:
            code = int(left.code or 0)
        captured = capsys.readouterr()
        assert not re.search("[0-9a-fA-F]{16}", captured.out + captured.err), "a hash was shown"
        return Answer(code, captured.out, captured.err)

    return run_it


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three photos, one of them twice, and two files that are none."""
    shipped = files("skimage") / "data"
    for name in ("coffee.png", "chelsea.png", "rocket.jpg"):
        (tmp_path / name).write_bytes((shipped / name).read_bytes())
    (tmp_path / "again.png").write_bytes((shipped / "coffee.png").read_bytes())
    (tmp_path / "notes.jpg").write_bytes(b"not a picture")
    (tmp_path / "empty.png").write_bytes(b"")
    return tmp_path


def test_a_bank_is_built_from_pictures_and_matches_them(run: Run, photos: Path) -> None:
    assert run("bank", "build", "b", "coffee.png", "rocket.jpg") == Answer(0, "2 entries written, sealed.\n", "")
    answer = run("match", "chelsea.png", "again.png", "--bank", "b")
    assert answer.code == 3
    assert answer.out == "chelsea.png: no match\nagain.png: MATCH: coffee.png (0 bits)\n"
    assert run("match", "chelsea.png", "--bank", "b").code == 0
    assert read_bank(photos / "b", PASSPHRASE).sealing is not None


@pytest.mark.usefixtures("photos")
def test_inputs_that_fail_have_a_line_each_and_the_rest_goes_on(run: Run) -> None:
    run("bank", "build", "b", "coffee.png")
    answer = run("match", "--bank", "b", "--json", "notes.jpg", "empty.png", "missing.jpg", ".", "chelsea.png")
    assert answer.code == 1
    assert answer.objects == [
        {"path": "notes.jpg", "error": "image_format"},
        {"path": "empty.png", "error": "image_empty"},
        {"path": "missing.jpg", "error": "file_unreadable"},
        {"path": ".", "error": "file_unreadable"},
        {"path": "chelsea.png", "matches": []},
    ]
    text = run("match", "--bank", "b", "notes.jpg", "coffee.png")
    assert text.code == 3, "a match weighs more than a failure"
    assert text.err.startswith("notes.jpg: image_format: ")


@pytest.mark.usefixtures("photos")
def test_a_bank_keeps_what_could_be_hashed_and_says_what_could_not(run: Run) -> None:
    answer = run("bank", "build", "b", "coffee.png", "notes.jpg", "again.png", "--json")
    assert answer.code == 1
    assert answer.objects == [
        {"path": "notes.jpg", "error": "image_format"},
        {"entries": 1, "added": 1, "failed": 1, "sealed": True},
    ]


@pytest.mark.usefixtures("photos")
def test_nothing_is_written_when_every_picture_failed(run: Run, tmp_path: Path) -> None:
    assert run("bank", "build", "b", "notes.jpg").code == 1
    assert not (tmp_path / "b").exists()


def test_a_crop_that_no_look_meets_is_held_with_its_evidence_and_is_no_match(run: Run, tmp_path: Path) -> None:
    banked, stranger = draw_picture(21, 640, 480), draw_picture(99, 640, 480)
    banked.save(tmp_path / "banked.png")
    banked.crop((64, 20, 620, 420)).save(tmp_path / "crop.jpg")
    stranger.save(tmp_path / "stranger.jpg")
    run("bank", "build", "b", "banked.png")
    answer = run("match", "stranger.jpg", "crop.jpg", "banked.png", "--bank", "b", "--json")
    assert answer.code == 3
    told: Any = answer.objects
    (held,) = told[1].pop("held")
    assert (held["label"], held["look"], held["least"]) == ("banked.png", "estimate:crop", 7.0)
    assert held["evidence"] >= 7
    assert "distance" not in held
    assert told[0] == {"path": "stranger.jpg", "matches": []}
    assert told[1] == {"path": "crop.jpg", "matches": [], "too_many_near": False}
    assert "held" not in told[2], "what a look meets is not estimated"
    text = run("match", "crop.jpg", "--bank", "b")
    assert text.code == 3
    assert text.out.startswith("crop.jpg: HOLD: banked.png (estimate:crop: evidence ")
    assert run("match", "stranger.jpg", "--bank", "b").code == 0


def test_estimates_can_be_left_out_and_hold_less_where_fewer_strangers_may_be(run: Run, tmp_path: Path) -> None:
    banked = draw_picture(21, 640, 480)
    banked.save(tmp_path / "banked.png")
    banked.crop((110, 70, 600, 410)).save(tmp_path / "crop.jpg")
    run("bank", "build", "b", "banked.png")
    assert run("match", "crop.jpg", "--bank", "b").code == 3
    assert run("match", "crop.jpg", "--bank", "b", "--estimates", "0") == Answer(0, "crop.jpg: no match\n", "")
    assert run("match", "crop.jpg", "--bank", "b", "--false-holds", "0.00000001").code == 0


def test_too_many_entries_near_an_estimate_are_said_and_are_for_a_person(run: Run, tmp_path: Path) -> None:
    banked = draw_picture(21, 640, 480)
    banked.crop((64, 20, 620, 420)).save(tmp_path / "crop.jpg")
    value = int.from_bytes(hash_image(saved(banked, "PNG")).value)
    near = [f"{value ^ 1 << bit:064x},copy {bit}\n" for bit in range(40)]
    (tmp_path / "list").write_text("".join(near))
    run("bank", "build", "b", "--hashes", "list")
    (answer,) = run("match", "crop.jpg", "--bank", "b", "--json").objects
    assert answer["too_many_near"] is True
    assert 0 < len(answer["held"]) <= 24  # type: ignore[arg-type]


def test_matches_are_listed_nearest_first_with_label_and_distance(run: Run, tmp_path: Path) -> None:
    (tmp_path / "list").write_text(f"# two\n{HASHES[1]},near one\n\n{HASHES[0]} the very one\n{HASHES[2]}\n")
    assert run("bank", "build", "b", "--hashes", "list").code == 0
    answer = run("match", "--hash", HASHES[0], "--hash", "00" * 32, "--bank", "b", "--json")
    assert answer.code == 3
    assert answer.objects == [
        {"path": "hash 1", "matches": [{"label": "the very one", "distance": 0}, {"label": "near one", "distance": 2}]},
        {"path": "hash 2", "matches": []},
    ]
    assert "near one (2 bits)" in run("match", "--hash", HASHES[0], "--bank", "b").out
    assert "line 5 (0 bits)" in run("match", "--hash", HASHES[2], "--bank", "b").out


def test_the_radius_is_inclusive(run: Run) -> None:
    run("bank", "build", "b", "--hash", HASHES[0], "--plain")
    assert run("match", "--hash", HASHES[1], "--bank", "b", "--radius", "2").code == 3
    assert run("match", "--hash", HASHES[1], "--bank", "b", "--radius", "1").code == 0


@pytest.mark.parametrize("text", [HASHES[0][:-1], HASHES[0].upper(), HASHES[0] + "0", "", "hello"])
def test_a_malformed_hash_ends_the_run_before_anything_is_done(run: Run, tmp_path: Path, text: str) -> None:
    answer = run("bank", "build", "b", "--hash", text)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("notcontent: hash_format: ")
    (tmp_path / "list").write_text(f"{HASHES[0]}\n{text or 'x'}\n")
    answer = run("bank", "build", "b", "--hashes", "list")
    assert answer.code == 2
    assert "Line 2" in answer.err
    assert not (tmp_path / "b").exists()


def test_what_hash_prints_can_be_banked(run: Run, tmp_path: Path) -> None:
    lines = [
        {"path": "a/first.jpg", "type": "pdq", "hash": HASHES[0], "quality": 100},
        {"path": "plain.jpg", "type": "pdq", "hash": HASHES[2], "quality": 12},
        {"path": "torn.jpg", "error": "image_truncated"},
    ]
    (tmp_path / "list").write_text("\n".join(map(json.dumps, lines)))
    answer = run("bank", "build", "b", "--hashes", "list", "--json")
    assert answer.code == 1
    assert answer.objects[:2] == [
        {"path": "plain.jpg", "error": "quality_too_low"},
        {"path": "torn.jpg", "error": "file_unreadable"},
    ]
    assert [entry.label for entry in read_bank(tmp_path / "b", PASSPHRASE).entries] == ["first.jpg"]


@pytest.mark.parametrize("line", ["{", "{}", '{"path": 1, "hash": null, "quality": 3}', "[]", "\x00", '{"path": "a"}'])
def test_a_list_that_is_none_is_a_usage_error(run: Run, tmp_path: Path, line: str) -> None:
    (tmp_path / "list").write_text(line)
    assert run("bank", "build", "b", "--hashes", "list").code == 2
    (tmp_path / "list").write_bytes(b"\xff\xfe\xff")
    assert run("bank", "build", "b", "--hashes", "list").code == 4
    assert run("bank", "build", "b", "--hashes", "none").code == 4


def test_adding_and_removing_change_only_what_is_named(run: Run) -> None:
    run("bank", "build", "b", "--hash", HASHES[0], "--label", "one")
    assert run("bank", "add", "b", "--hash", HASHES[0], "--hash", HASHES[2], "--label", "two", "--json").objects == [
        {"entries": 2, "added": 1, "failed": 0, "sealed": True}
    ]
    assert run("match", "--hash", HASHES[0], "--bank", "b").out == "hash 1: MATCH: one (0 bits)\n"
    assert run("bank", "info", "b").out == "2 entries, 2 different labels, sealed.\n"
    assert run("bank", "remove", "b", "--hash", HASHES[0]).out == "1 removed, 1 entry now.\n"
    assert run("bank", "remove", "b", "--label", "two") == Answer(0, "1 removed, 0 entries now.\n", "")
    assert run("match", "--hash", HASHES[0], "--bank", "b").code == 0


def test_removing_what_is_not_there_is_told_and_is_no_success(run: Run, photos: Path) -> None:
    run("bank", "build", "b", "--hash", HASHES[0], "--label", "one")
    before = (photos / "b").read_bytes()
    assert run("bank", "remove", "b", "--label", "nosuch") == Answer(
        1, "0 removed, 1 entry now.\n", "nosuch: not_banked: The bank holds no such entry.\n"
    )
    answer = run("bank", "remove", "b", "coffee.png", "--hash", HASHES[1], "--json")
    assert answer.code == 1
    assert answer.objects == [
        {"path": "hash 1", "error": "not_banked"},
        {"path": "coffee.png", "error": "not_banked"},
        {"entries": 1, "removed": 0, "failed": 2, "sealed": True},
    ]
    assert (photos / "b").read_bytes() == before
    answer = run("bank", "remove", "b", "--label", "one", "--label", "three")
    assert (answer.code, answer.out) == (1, "1 removed, 0 entries now.\n"), "the rest is removed"
    assert answer.err.startswith("three: not_banked: ")


def test_what_is_banked_already_keeps_its_label_and_that_is_said(run: Run, tmp_path: Path) -> None:
    run("bank", "build", "b", "--hash", HASHES[0], "--label", "one")
    answer = run("bank", "add", "b", "--hash", HASHES[0], "--label", "two")
    assert answer == Answer(0, "0 added, 1 entry now.\n", "hash 1: already there; label kept\n")
    assert run("bank", "add", "b", "--hash", HASHES[0], "--label", "one").err == ""
    (tmp_path / "list").write_text("\n".join(f"{number:064x},a{number}" for number in range(15)))
    run("bank", "build", "many", "--hashes", "list")
    assert run("bank", "add", "many", "--hashes", "list").err == ""
    said = run("bank", "add", "many", "--hashes", "list", "--label", "b").err.splitlines()
    assert len(said) == 11
    assert said[-1] == "5 more were already there; label kept"


@pytest.mark.usefixtures("photos")
def test_a_picture_removes_its_own_entry(run: Run) -> None:
    run("bank", "build", "b", "coffee.png", "chelsea.png")
    assert run("bank", "remove", "b", "again.png").out == "1 removed, 1 entry now.\n"


def test_a_plain_bank_is_made_only_when_asked_and_stays_plain(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOTCONTENT_BANK_PASSPHRASE")
    assert run("bank", "build", "b", "--hash", HASHES[0]).code == 4
    assert not (tmp_path / "b").exists()
    assert run("bank", "build", "b", "--hash", HASHES[0], "--plain").out == "1 entry written, not sealed.\n"
    assert run("bank", "add", "b", "--hash", HASHES[2]).code == 0
    assert run("bank", "info", "b", "--json").objects[0]["sealed"] is False
    assert bytes.fromhex(HASHES[2]) in (tmp_path / "b").read_bytes()


def test_an_existing_bank_is_not_replaced_unless_forced(run: Run) -> None:
    run("bank", "build", "b", "--hash", HASHES[0])
    refused = run("bank", "build", "b", "--hash", HASHES[2], "--json")
    assert (refused.code, refused.objects[0]["error"]) == (4, "bank_exists")
    assert run("bank", "build", "b", "--hash", HASHES[2], "--force").code == 0
    assert run("match", "--hash", HASHES[2], "--bank", "b").code == 3


def test_a_missing_or_damaged_bank_has_its_own_error(run: Run, tmp_path: Path) -> None:
    assert run("bank", "info", "b", "--json").objects[0]["error"] == "bank_missing"
    run("bank", "build", "b", "--hash", HASHES[0], "--plain")
    raw = (tmp_path / "b").read_bytes()
    (tmp_path / "b").write_bytes(raw[:-1])
    answer = run("match", "--hash", HASHES[0], "--bank", "b", "--json")
    assert (answer.code, answer.objects[0]["error"]) == (4, "bank_truncated")


def test_a_wrong_passphrase_opens_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("bank", "build", "b", "--hash", HASHES[0])
    monkeypatch.setenv("NOTCONTENT_BANK_PASSPHRASE", "something else")
    for words in (["info", "b"], ["add", "b", "--hash", HASHES[2]], ["remove", "b", "--label", "x"]):
        answer = run("bank", *words, "--json")
        assert (answer.code, answer.objects[-1]["error"]) == (4, "bank_key")


def test_a_passphrase_file_comes_before_the_environment_and_must_be_private(run: Run, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from a file\r\nsecond line\n")
    secret.chmod(0o644)
    assert "may be read by others" in run("bank", "build", "b", "--hash", HASHES[0], "--passphrase-file", "secret").err
    secret.chmod(0o600)
    assert run("bank", "build", "b", "--hash", HASHES[0], "--passphrase-file", "secret").code == 0
    assert len(read_bank(tmp_path / "b", "from a file").entries) == 1
    assert run("bank", "info", "b").code == 4
    assert run("bank", "info", "b", "--passphrase-file", "secret").code == 0
    assert run("bank", "info", "b", "--passphrase-file", "none").code == 4
    secret.write_text("\n")
    assert run("bank", "info", "b", "--passphrase-file", "secret").code == 4


def test_a_label_that_could_play_tricks_is_refused_and_a_file_name_is_made_safe(run: Run, photos: Path) -> None:
    assert run("bank", "build", "b", "--hash", HASHES[0], "--label", "a\x1b[2J").code == 2
    (photos / "coffee.png").rename(photos / "cof\x1b[2Jfee.png")
    run("bank", "build", "b", "cof\x1b[2Jfee.png")
    assert run("match", "cof\x1b[2Jfee.png", "--bank", "b").out == "cof?[2Jfee.png: MATCH: cof?[2Jfee.png (0 bits)\n"


@pytest.mark.parametrize(
    "words",
    [
        ["match", "--hash", HASHES[0]],
        ["match", "--bank", "b"],
        ["match", "x", "--bank", "b", "--radius", "64"],
        ["match", "x", "--bank", "b", "--radius", "-1"],
        ["bank", "build", "c"],
        ["bank", "add"],
    ],
)
def test_wrong_usage_is_told(run: Run, words: list[str]) -> None:
    run("bank", "build", "b", "--hash", HASHES[0], "--plain")
    assert run(*words).code == 2


def test_at_a_terminal_the_passphrase_is_asked_for_twice_and_not_shown(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "notcontent", "bank", "build", str(tmp_path / "b"), "--hash", HASHES[0]]
    environment = {key: value for key, value in os.environ.items() if key != "NOTCONTENT_BANK_PASSPHRASE"}
    primary, secondary = pty.openpty()
    process = subprocess.Popen(
        argv, stdin=secondary, stdout=secondary, stderr=secondary, env=environment, start_new_session=True
    )
    os.close(secondary)
    seen, asked = b"", 0
    while process.poll() is None:
        try:
            seen += os.read(primary, 1000)
        except OSError:  # the terminal's other end was closed
            break
        if seen.count(b": ") > asked:
            asked += 1
            time.sleep(0.1)  # getpass flushes what was typed before it turned the echo off
            os.write(primary, b"typed words\n")
    os.close(primary)
    assert process.wait(10) == 0
    assert asked == 2
    assert b"typed" not in seen
    assert len(read_bank(tmp_path / "b", "typed words").entries) == 1


@pytest.mark.parametrize(
    "words", [("bank", "build", "b", "--hash", HASHES[0]), ("hub", "create-operator", "mara")], ids=" ".join
)
def test_ctrl_c_at_the_question_for_a_secret_is_interrupted(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NOTCONTENT_BANK_PASSPHRASE", raising=False)
    if words[0] == "hub":
        monkeypatch.setenv("NOTCONTENT_HUB_CONFIG", "hub.toml")
        (tmp_path / "hub.toml").write_text('origin = "hub.test"\ndata_dir = "data"\n')
        subprocess.run([sys.executable, "-m", "notcontent", "hub", "migrate"], check=True)
    pid, terminal = pty.fork()
    if not pid:
        words = (*words, "--json")
        os.execv(sys.executable, [sys.executable, "-m", "notcontent", *words])  # noqa: S606 - no shell is meant
    seen, pressed = b"", False
    with contextlib.suppress(OSError):  # the terminal's other end was closed
        while part := os.read(terminal, 1000):
            seen += part
            if b": " in seen and not pressed:
                time.sleep(0.1)  # until the echo is off
                os.write(terminal, b"\x03")
                pressed = True
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130
    assert b'"error": "interrupted"' in seen
    assert b"Traceback" not in seen
    assert not (tmp_path / "b").exists()


def test_answers_go_through_a_pipe_while_a_bar_is_drawn_on_the_terminal(run: Run, photos: Path) -> None:
    run("bank", "build", "b", "coffee.png")
    primary, secondary = pty.openpty()
    argv = [sys.executable, "-m", "notcontent", "match", "coffee.png", "rocket.jpg", "--bank", "b", "--json"]
    done = subprocess.run(argv, cwd=photos, stdout=subprocess.PIPE, stderr=secondary, text=True, check=False)
    os.close(secondary)
    drawn = os.read(primary, 100_000)
    os.close(primary)
    assert done.returncode == 3
    assert [json.loads(line)["path"] for line in done.stdout.splitlines()] == ["coffee.png", "rocket.jpg"]
    assert b"Comparing" in drawn
