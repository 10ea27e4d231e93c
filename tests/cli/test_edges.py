"""The command line's edges: help that comes quickly, errors in one line, exit codes from the table."""

import inspect
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import typer
from picture_files import drawn
from typer.main import get_command
from typer.testing import CliRunner

from notcontent.cli import GROUPS, SINGLE_VERBS, build_app

HEAVY = ("numpy", "PIL", "django", "uvicorn", "httpx", "playwright", "cryptography")


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "notcontent", *words],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "100", **environment},
    )


@pytest.mark.parametrize("verb", [*SINGLE_VERBS, *GROUPS])
def test_every_verb_teaches_by_example(verb: str) -> None:
    answer = run(verb, "--help")
    assert answer.returncode == 0
    if verb in GROUPS:
        assert "Commands" in answer.stdout
    else:
        assert f"notcontent {verb}" in answer.stdout


def every_verb(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, inner in getattr(command, "commands", {}).items():
        yield from every_verb(inner, (*words, name))
    if not hasattr(command, "commands"):
        yield words


@pytest.mark.parametrize("words", [*every_verb(get_command(build_app()))], ids=" ".join)
def test_examples_stand_in_every_help_in_one_way(words: tuple[str, ...]) -> None:
    """After "For example:", each a line of its own, a little indented, with an empty line before it."""
    command: Any = get_command(build_app())
    for word in words:
        command = command.commands[word]
    told = command.help or ""
    assert not re.search(r"\bExamples?\b:", told + (command.epilog or ""))
    examples = told.partition("\n\nFor example:\n")[2]
    assert examples
    for line in filter(None, examples.replace("\\\n", "").splitlines()):
        assert line.startswith("  "), line
        assert "notcontent " in line
    assert f"notcontent {' '.join(words)}" in examples
    assert "\n\n  notcontent" in f"\n{examples}"


@pytest.mark.parametrize("words", [*every_verb(get_command(build_app()))], ids=" ".join)
def test_help_breaks_at_80_columns_where_the_terminal_ends_and_in_no_word(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)
    shown = CliRunner().invoke(build_app(), [*words, "--help"]).output
    told, _, panels = shown.partition("╭")
    sentences, _, examples = told.partition("For example:")
    lines = [line.strip() for line in sentences.splitlines()]
    for line, following in pairwise(lines):
        if line and following:
            assert len(line) + 1 + len(following.split()[0]) > 78, following
    command: Any = get_command(build_app())
    for word in words:
        command = command.commands[word]
    written = (command.help or "").partition("For example:")[2].splitlines()
    assert [line.strip() for line in examples.splitlines() if line.strip()] == [
        line.strip() for line in written if line
    ]
    for line in panels.splitlines():
        assert not re.search(r"<(?!=)[^>]*$", line), line  # what stands for a value is whole


@pytest.mark.parametrize(
    "words", [*every_verb(get_command(build_app())), *((group,) for group in GROUPS)], ids=" ".join
)
def test_examples_are_shown_indented(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)
    shown = CliRunner().invoke(build_app(), [*words, "--help"]).output
    examples = [line for line in shown.splitlines() if line.lstrip().startswith("notcontent ")]
    assert examples or words in {("bank",), ("gate",)}
    assert all(line.startswith("   ") for line in examples), examples


@pytest.mark.parametrize(
    "words", [(), *every_verb(get_command(build_app())), *((group,) for group in GROUPS)], ids=" ".join
)
def test_a_flag_is_shown_without_a_value(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)
    shown = CliRunner().invoke(build_app(), [*words, "--help"]).output
    assert re.search(r"--help +Show this message", shown)
    assert "bool" not in shown


def test_help_imports_nothing_heavy() -> None:
    listing = "import sys; from notcontent.cli import build_app; build_app(); print(*sys.modules)"
    answer = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True)
    loaded = set(answer.stdout.split())
    assert not loaded & set(HEAVY)


def test_an_error_is_one_line_with_its_code_and_no_trace(tmp_path: Path) -> None:
    answer = run("gate", "status", "--config", str(tmp_path / "missing.toml"))
    assert answer.returncode == 4
    assert answer.stderr.startswith("notcontent: config: ")
    assert len(answer.stderr.splitlines()) == 1
    assert "Traceback" not in answer.stderr


def test_with_json_an_error_is_an_object_on_stdout(tmp_path: Path) -> None:
    answer = run("gate", "status", "--json", "--config", str(tmp_path / "missing.toml"))
    assert answer.returncode == 4
    assert json.loads(answer.stdout)["error"] == "config"


def paths_asked_for(app: typer.Typer, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Give each parameter that is a path, by its verb and name, with what it was declared as."""
    for group in app.registered_groups:
        assert group.typer_instance is not None
        yield from paths_asked_for(group.typer_instance, (*words, str(group.name)))
    for command in app.registered_commands:
        assert command.callback is not None
        hints = get_type_hints(command.callback, include_extras=True)
        for name, given in inspect.signature(command.callback).parameters.items():
            if "Path" in str(hints[name]):
                told = getattr(hints[name], "__metadata__", (given.default,))[0]
                yield " ".join((*words, str(command.name or command.callback.__name__), name)), told


def test_no_path_is_looked_at_before_its_verb_runs() -> None:
    declared = dict(paths_asked_for(build_app()))
    assert len(declared) > 40
    assert [name for name, told in declared.items() if told.readable] == []


SHUT_OUT = """
import ctypes
for capability in (1, 2):  # to read what its mode forbids, and to look into such folders: what root alone has
    ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)
import os, sys
os.execv(sys.executable, [sys.executable, "-m", "notcontent", *sys.argv[1:]])
"""


def run_shut_out(words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a verb in a folder with `file`, which may not be read, and `closed/file`, whose folder may not be entered."""
    closed = folder / "closed"
    closed.mkdir()
    for file in (closed / "file", folder / "file"):
        file.write_text("")
        file.chmod(0)
    closed.chmod(0)
    program = [sys.executable, "-c", SHUT_OUT, *words.split()]
    answer = subprocess.run(program, capture_output=True, text=True, check=False, cwd=folder)
    closed.chmod(0o700)
    return answer


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("match x.jpg --bank none", "bank_missing: There is no bank file of this name "),
        ("match x.jpg --bank file --hashes none", "file_unreadable: The list of hashes does not exist"),
        ("explain file file", "file_unreadable: Picture A may not be read "),
        ("explain missing missing", "file_unreadable: Picture A does not exist"),
        ("scan missing --bank file --out out", "source: There is no source of this name"),
        ("scan closed/file --bank file --out out", "file_unreadable: The source may not be read "),
        ("scan file closed/file --bank file --out out", "file_unreadable: Source 2 of 2: The source may not be read "),
        ("gate status --config file", "config: The gate's configuration "),
        ("lineage import file", "lineage_source: "),
        ("lineage import missing", "lineage_source: The source does not exist"),
        ("lineage import missing absent", "lineage_source: None of the sources exists"),
        ("lineage tree --book closed/book", "file_unreadable: What --book names may not be read "),
        ("lineage tree --book=closed/book", "file_unreadable: What --book names may not be read "),
        ("lineage tree --svg no/a.svg", "storage: The drawing of the tree cannot be written"),
        ("lineage tree --svg a.svg --timeline no/b.svg", "storage: The drawing of the time line cannot be written"),
        (
            "lineage tree --hub missing",
            "config: The hub's configuration does not exist: it is looked for where --config ",
        ),
    ],
)
def test_a_path_that_cannot_be_used_is_one_line_with_a_code_and_its_part(words: str, told: str, tmp_path: Path) -> None:
    """By what it is for, never by its name: no error carries a path."""
    answer = run_shut_out(words, tmp_path)
    assert answer.returncode == 4
    assert len(answer.stderr.splitlines()) == 1
    assert answer.stderr.startswith(f"notcontent: {told}")
    for name in ("closed/", " missing", "absent", "no/"):
        assert name not in answer.stderr


def test_hashing_a_folder_tells_which_folders_in_it_are_closed(tmp_path: Path) -> None:
    answer = run_shut_out("hash -r .", tmp_path)
    assert answer.returncode == 1
    told = answer.stderr.splitlines()
    assert [line.split(": ")[:2] for line in told] == [["file", "file_unreadable"], ["./closed", "file_unreadable"]]


FULL = Path("/dev/full")
on_a_full_device = pytest.mark.skipif(not FULL.is_char_device(), reason="there is no device that is always full")
A_HASH = "0123456789abcdef" * 4


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture, a bank that holds it, and a book."""
    folder = tmp_path_factory.mktemp("stocked")
    drawn(1, 320, 240).save(folder / "photo.png")
    (folder / "list.csv").write_text("channel,time,fact,value\n@some_channel,2026-01-02,title,Same\n")
    for words in ("bank build photos.ncbank photo.png --plain", "lineage import list.csv --book book"):
        command = [sys.executable, "-m", "notcontent", *words.split()]
        subprocess.run(command, capture_output=True, check=True, cwd=folder)
    return folder


@on_a_full_device
@pytest.mark.parametrize(
    "words",
    [
        "hash photo.png",
        "hash --json photo.png",
        "match photo.png --bank photos.ncbank",
        "explain photo.png photo.png",
        "explain photo.png photo.png --json",
        "bank info photos.ncbank",
        "scan photo.png --bank photos.ncbank --out scanned",
        "lineage sources --book book",
        "lineage show @some_channel --book book --json",
        "gate new-key --name staff --role staff --json",
        "hash --help",
    ],
)
def test_an_answer_that_cannot_be_written_is_one_line_with_its_code(words: str, stocked: Path) -> None:
    with FULL.open("w") as full:
        command = [sys.executable, "-m", "notcontent", *words.split()]
        done = subprocess.run(command, stdout=full, stderr=-1, text=True, check=False, cwd=stocked)
    says = "The answer, or a file, cannot be written: is the disk full?"
    assert (done.returncode, done.stderr) == (4, f"notcontent: storage: {says}\n")


@on_a_full_device
@pytest.mark.parametrize(("words", "code"), [("hash photo.png", 4), ("hash nosuch --json", 4), ("bank info none", 4)])
def test_the_exit_code_is_left_where_nothing_can_be_said_at_all(words: str, code: int, stocked: Path) -> None:
    with FULL.open("w") as full:
        command = [sys.executable, "-m", "notcontent", *words.split()]
        assert subprocess.run(command, stdout=full, stderr=full, check=False, cwd=stocked).returncode == code


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("--version", 0),
        ("hash photo.png", 0),
        ("hash --json photo.png", 0),
        ("bank info none", 4),
        (f"hash {'a' * 300}", 1),
        (f"scan {'a' * 300} --bank photos.ncbank --out o", 4),
    ],
)
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_streams_that_the_caller_closed_are_led_to_nowhere(words: str, code: int, closed: str, stocked: Path) -> None:
    line = f"exec '{sys.executable}' -m notcontent {words} {closed}"
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=False, cwd=stocked)
    assert done.returncode == code
    assert "Traceback" not in done.stdout + done.stderr
    assert "a" * 300 not in done.stderr or words.startswith("hash")  # which names its operands to who gave them


@on_a_full_device
def test_an_error_that_cannot_be_said_on_stdout_is_said_on_stderr(stocked: Path) -> None:
    with FULL.open("w") as full:
        command = [sys.executable, "-m", "notcontent", "bank", "info", "none", "--json"]
        done = subprocess.run(command, stdout=full, stderr=-1, text=True, check=False, cwd=stocked)
    assert done.returncode == 4
    assert done.stderr.startswith("notcontent: bank_missing: ")
    assert len(done.stderr.splitlines()) == 1


def test_nobody_is_told_of_a_pipe_that_nobody_reads(stocked: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "notcontent", "bank", "info", "photos.ncbank"]
    done = subprocess.run(command, stdout=write, stderr=-1, text=True, check=False, cwd=stocked)
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize(
    ("options", "role"),
    [
        ("--out . --book {}", "What --book names"),
        ("--book {} --out .", "What --book names"),
        ("--out / --book /tmp/{}", "What --book names"),
        ("--out=.. --book={}", "What --book names"),
    ],
)
def test_the_nearest_of_the_options_is_named(options: str, role: str, tmp_path: Path) -> None:
    words = f"lineage export some_channel {options.format('a' * 300)}"
    command = [sys.executable, "-m", "notcontent", *words.split()]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 4
    assert role in done.stderr


def test_a_drawing_is_not_written_through_a_link_to_something_else(stocked: Path, tmp_path: Path) -> None:
    kept = tmp_path / "thesis.txt"
    kept.write_text("mine")
    (tmp_path / "link.png").symlink_to(kept)
    (tmp_path / "link.svg").symlink_to(kept)
    for words in ("explain photo.png photo.png --png {}/link.png", "lineage tree --book book --svg {}/link.svg"):
        command = [sys.executable, "-m", "notcontent", *words.format(tmp_path).split()]
        assert subprocess.run(command, capture_output=True, check=False, cwd=stocked).returncode == 2
        assert kept.read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("explain photo.png photo.png --png pipe", "storage"),
        (f"bank build pipe --hash {A_HASH} --plain --force", "storage"),
        ("lineage tree --book book --svg pipe", "storage"),
        ("lineage simulate pipe", "file_exists"),
        ("scan photo.png --bank photos.ncbank --out pipe", "storage"),
    ],
)
def test_what_is_no_file_is_never_written_over(words: str, code: str, stocked: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("photo.png", "photos.ncbank", "book"):
        (tmp_path / name).symlink_to(stocked / name)
    command = [sys.executable, "-m", "notcontent", *words.split()]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=100)
    assert done.stderr.startswith(f"notcontent: {code}: ")
    assert len(done.stderr.splitlines()) == 1
    assert (tmp_path / "pipe").is_fifo()


BUILD = ("bank", "build", "never.ncbank", "--hash", "0123456789abcdef" * 4)


def interrupted(folder: Path, *words: str, pauses: tuple[float, ...] = ()) -> tuple[int, str, str]:
    """Press Ctrl-C while a verb reads its passphrase from a pipe, and once more after each pause."""
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "notcontent", *words, "--passphrase-file", str(pipe)]
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True) as process:
        writer = os.open(pipe, os.O_WRONLY)  # waits for the verb to open it
        process.send_signal(signal.SIGINT)
        for seconds in pauses:
            time.sleep(seconds)
            process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        os.close(writer)
    return process.returncode, out, err


def test_ctrl_c_is_one_object_with_json_and_one_line_without(tmp_path: Path) -> None:
    code, out, err = interrupted(tmp_path, *BUILD, "--json")
    assert (code, json.loads(out), err) == (130, {"error": "interrupted", "message": "Stopped."}, "")
    (tmp_path / "pipe").unlink()
    assert interrupted(tmp_path, *BUILD) == (130, "", "notcontent: interrupted: Stopped.\n")


@pytest.mark.parametrize("pause", [0.0, 0.001, 0.01, 0.1])
def test_ctrl_c_twice_leaves_no_trace(tmp_path: Path, pause: float) -> None:
    code, _, err = interrupted(tmp_path, *BUILD, "--json", pauses=(pause,))
    assert (code, err) == (130, "")


PRESSES = """
import signal
from notcontent.cli.interrupt import listen
{before}
listen()
try:
    signal.raise_signal(signal.SIGINT)
    print("goes on")
except KeyboardInterrupt:
    print("answers", flush=True)
    signal.raise_signal(signal.SIGINT)
    print("never")
"""


@pytest.mark.parametrize(
    ("before", "code", "said"),
    [("", 130, "answers\n"), ("signal.signal(signal.SIGINT, signal.SIG_IGN)", 0, "goes on\n")],
)
def test_ctrl_c_while_the_first_is_answered_ends_at_once_without_a_trace(before: str, code: int, said: str) -> None:
    program = [sys.executable, "-c", PRESSES.format(before=before)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (code, said, "")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("explain a.jpg b.jpg --frobnicate", "No such option: --frobnicate. See `notcontent explain --help`."),
        ("frobnicate", "No such command 'frobnicate'. See `notcontent --help`."),
        ("gate new-key --role staff", "Missing option '--name'. See `notcontent gate new-key --help`."),
        ("lineage sources secret", "There are more arguments than it takes. See `notcontent lineage sources --help`."),
        (
            "lineage export a --out o --format secret",
            "--format must be one of stix, misp, gexf, csv, json. See `notcontent lineage export --help`.",
        ),
        ("lineage radar --days secret", "--days must be a whole number. See `notcontent lineage radar --help`."),
        ("lineage radar --days 0", "--days must be 1 or more. See `notcontent lineage radar --help`."),
        ("match a --bank b --radius 99", "--radius must be 63 at most. See `notcontent match --help`."),
        (
            "lineage import a --until secret",
            "--until must be a day, such as 2026-11-30. See `notcontent lineage import --help`.",
        ),
        ("match a --bank b --looks nan", "--looks must be a whole number. See `notcontent match --help`."),
        ("scan a --out o", "Give --bank or --gate. See `notcontent scan --help`."),
    ],
)
def test_a_verb_that_is_called_wrongly_is_told_in_one_line_without_the_value(words: str, told: str) -> None:
    answer = run(*words.split())
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr == f"notcontent: usage: {told}\n"


def test_with_json_a_verb_that_is_called_wrongly_is_told_as_an_object() -> None:
    answer = run("lineage", "radar", "--days", "x", "--json")
    assert (answer.returncode, json.loads(answer.stdout)["error"], answer.stderr) == (2, "usage", "")


def test_a_verb_without_a_word_shows_its_help() -> None:
    answer = run("gate")
    assert answer.returncode == 2
    assert "Commands" in answer.stdout + answer.stderr


def test_the_version_is_told() -> None:
    assert run("--version").stdout.startswith("notcontent 0.")


@pytest.mark.parametrize(
    ("extra", "module", "words"),
    [("hub", "django", ("hub", "migrate", "--config", "hub.toml")), ("gate", "httpx", ("gate", "status"))],
)
def test_what_a_machine_lacks_is_named_by_what_to_install(
    extra: str, module: str, words: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "hub.toml").write_text('origin = "x"\ndata_dir = "data"\n')
    (tmp_path / "gate.toml").write_text(
        'data_dir = "data"\n[hub]\nurl = "http://h"\norigin = "x"\nmember = "m"\nkey_file = "k"\n'
        f'public_key = "{"0" * 64}"\n'
    )
    program = (
        f"import sys; sys.modules[{module!r}] = None; sys.argv = ['notcontent', *{words!r}];"
        "from notcontent.cli import main; main()"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (answer.returncode, answer.stdout) == (4, "")
    assert answer.stderr.startswith(f"notcontent: extra_missing: This needs the extra `{extra}`. ")
    assert answer.stderr.endswith(f" --editable '.[{extra}]'\n"), "from the sources, never from a public index"
    assert f"notcontent[{extra}]" not in answer.stderr
