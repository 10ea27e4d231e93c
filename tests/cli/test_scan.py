"""`notcontent scan`, as a shell runs it: exit codes, answers, a kill in the middle, Ctrl-C."""

import fcntl
import json
import logging
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from film_files import draw_clip, film
from picture_files import drawn, png_bomb, saved
from rich.progress import Progress
from scan_stage import BANKED, cropped, fill, jpeg, rows_of, value_of

from notcontent.cli import main
from notcontent.cli.scan_stop import Press, Stop, stopping
from notcontent.cli.scan_talk import _Bar, _Lines, watching
from notcontent.matching.bankfile import BankEntry, Sealing, write_bank
from notcontent.scan.bank import Wait, Why
from notcontent.scan.results import Tally

PASSPHRASE = "eight small words"
PATIENCE_S = 60.0
HASH = re.compile("[0-9a-fA-F]{32}")


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    out: str
    err: str


Run = Callable[..., Answer]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an archive and a sealed bank, and the passphrase in the environment."""
    monkeypatch.setenv("NOTCONTENT_BANK_PASSPHRASE", PASSPHRASE)
    fill(tmp_path / "archive", range(4))
    entries = [BankEntry(value_of(seed), f"picture {seed}") for seed in BANKED]
    write_bank(tmp_path / "a.ncbank", entries, PASSPHRASE, sealing=Sealing(memory_kib=32, iterations=1, lanes=1))
    return tmp_path


def start(site: Path, *words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "notcontent", "scan", *words]
    return subprocess.Popen(command, cwd=site, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(site: Path, *words: str) -> Answer:
    process = start(site, *words)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert not HASH.search(out + err), "a hash was shown"
    return Answer(process.returncode, out, err)


@pytest.fixture
def run_here(site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run in this process, as `run` does in one of its own: Daft is loaded once."""
    monkeypatch.chdir(site)

    def run_it(*words: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["notcontent", "scan", *words])
        with pytest.raises(SystemExit) as left:
            main()
        captured = capsys.readouterr()
        assert not HASH.search(captured.out + captured.err), "a hash was shown"
        return Answer(int(left.value.code or 0), captured.out, captured.err)

    yield run_it
    logging.disable(logging.NOTSET)


def test_what_was_found_is_exit_code_3_whatever_failed(site: Path) -> None:
    (site / "archive" / "words.jpg").write_text("words")
    answer = run(site, "archive", "--bank", "a.ncbank", "--out", "out", "--json")
    told = json.loads(answer.out)
    assert answer.code == 3
    assert answer.err == ""
    assert told.pop("seconds") > 0
    assert told == {
        "rows": 5,
        "screened": 4,
        "found": 1,
        "verdicts": {"match": 1, "no_match": 3, "error": 1},
        "errors": {"image_format": 1},
        "animations": 0,
        "resumed": 0,
        "results": "out/results",
    }


def test_for_people_the_summary_fits_a_narrow_terminal(site: Path, run_here: Run) -> None:
    (site / "archive" / "words.jpg").write_text("words")
    (site / "archive" / "\x1b[31mred.jpg").write_bytes(jpeg(3))
    answer = run_here("archive", "--bank", "a.ncbank", "--out", "out")
    lines = answer.out.splitlines()
    assert lines[0].startswith("6 done in ")
    assert lines[1] == "5 screened, 1 error"
    assert "  match       2  a match: look at these" in lines
    assert "    image_format        1" in lines
    assert f"  {site}/archive/inner/3.jpg: picture 3 (0 bits)" in lines
    assert f"  {site}/archive/?[31mred.jpg: picture 3 (0 bits)" in lines
    assert lines[lines.index("Not compared:") + 1 :] == [
        f"  {site}/archive/words.jpg: This kind of file is not known (image_format)",
        "",
        "Results: out/results",
    ]
    assert all(len(line) <= 80 for line in lines if str(site) not in line)


def test_the_first_failures_are_named_in_words_and_a_command_lists_all(site: Path, run_here: Run) -> None:
    fill(site / "archive", range(1))
    for number in range(6):
        (site / "archive" / f"{number}\x1b[2J.png").touch()
    (site / "archive" / "cut.jpg").write_bytes(jpeg(1)[:600])
    lines = run_here("archive", "--bank", "a.ncbank", "--out", "it's out").out.splitlines()
    named = lines[lines.index("The first 5 of 7 not compared:") + 1 :][:5]
    assert sum(line.endswith("?[2J.png: The file is empty (image_empty)") for line in named) >= 4
    assert all(line.startswith(f"  {site}/archive/") for line in named)
    command = lines[lines.index("All of them:") + 1]
    (site / "pyarrow.py").write_text("raise SystemExit('what lies in the archive was run')")
    listed = subprocess.run(["sh", "-c", command], cwd=site, capture_output=True, text=True, check=True).stdout
    assert sorted(line.rpartition(" ")[2] for line in listed.splitlines()) == ["image_empty"] * 6 + ["image_truncated"]
    assert listed.isprintable() is False
    assert "\x1b" not in listed


def test_an_animation_is_told_to_be_judged_by_its_first_picture(site: Path, run_here: Run) -> None:
    first, second = drawn(71), drawn(72)
    first.save(site / "archive" / "moving.gif", save_all=True, append_images=[second])
    first.save(site / "archive" / "still.gif")
    words = ("archive/moving.gif", "archive/still.gif", "--bank", "a.ncbank", "--out", "out")
    answer = run_here(*words)
    line = "  animations  1  among these: judged by their first picture; match takes all"
    assert line in answer.out.splitlines()
    told = json.loads(run_here(*words, "--resume", "--json").out)
    assert told["animations"] == 1
    assert {Path(row["path"]).name: row["moves"] for row in rows_of(site / "out")} == {
        "moving.gif": True,
        "still.gif": False,
    }


def test_a_good_video_is_skipped_under_a_name_of_its_own_and_is_no_failure(site: Path, run_here: Run) -> None:
    clip = film(draw_clip(1, seconds=1.0))
    (site / "archive" / "clip.jpg").write_bytes(clip)
    words = ("archive/2.jpg", "archive/clip.jpg", "--bank", "a.ncbank", "--out", "out")
    answer = run_here(*words)
    assert answer.code == 0
    assert "  skipped     1  videos, not compared: use match, or a gate's screen" in answer.out.splitlines()
    told = json.loads(run_here(*words, "--resume", "--json").out)
    assert (told["verdicts"], told["errors"]) == ({"no_match": 1, "skipped": 1}, {})
    assert [row["error"] for row in rows_of(site / "out")] == [None, "video_not_scanned"]


def test_what_estimates_hold_is_exit_code_3_and_is_named_with_its_evidence(site: Path, run_here: Run) -> None:
    (site / "crop.jpg").write_bytes(cropped(3))
    words = ("crop.jpg", "--bank", "a.ncbank")
    assert run_here(*words, "--out", "one").code == 0, "off unless asked for"
    answer = run_here(*words, "--out", "two", "--estimates", "400")
    assert answer.code == 3
    assert "  hold        1  for a person to judge" in answer.out.splitlines()
    assert re.search(r"crop\.jpg: picture 3 \(evidence \d+\.\d\), estimate:", answer.out)
    again = json.loads(run_here(*words, "--out", "two", "--resume", "--json").out)
    assert again["error"] == "scan_changed"


def test_a_scan_of_the_version_before_is_told_apart_and_keeps_its_results(site: Path, run_here: Run) -> None:
    (site / "crop.jpg").write_bytes(cropped(3))
    words = ("crop.jpg", "--bank", "a.ncbank", "--out", "out")
    run_here(*words)
    identity = site / "out" / "scan.json"
    told = json.loads(identity.read_text())
    identity.write_text(
        json.dumps({**told, "identity": {**told["identity"], "version": told["identity"]["version"] - 1}})
    )
    parts = sorted((site / "out").rglob("*.parquet"))
    again = json.loads(run_here(*words, "--resume", "--json").out)
    assert again["error"] == "scan_changed"
    assert "another version of this program" in again["message"]
    assert sorted((site / "out").rglob("*.parquet")) == parts


def test_nothing_found_is_0_and_with_failures_1(site: Path, run_here: Run) -> None:
    assert run_here("archive/2.jpg", "--bank", "a.ncbank", "--out", "one").code == 0
    (site / "empty.jpg").touch()
    assert run_here("archive/2.jpg", "empty.jpg", "--bank", "a.ncbank", "--out", "two").code == 1


OUT = ("--out", "out")
GATE = ("--gate", "http://127.0.0.1:1")


@pytest.mark.parametrize(
    "words",
    [
        ("archive", *OUT),
        ("archive", "--bank", "a.ncbank", *GATE, *OUT),
        ("archive", *GATE, "--radius", "3", *OUT),
        ("archive", *GATE, "--estimates", "400", *OUT),
        ("archive", "--bank", "a.ncbank", "--estimates", "1001", *OUT),
        ("archive", "--gate", "127.0.0.1:1", *OUT),
        ("archive", "--gate", "http://127.0.0.1:99999", *OUT),
        ("--bank", "a.ncbank", *OUT),
        ("archive", "--bank", "a.ncbank", "--radius", "64", *OUT),
    ],
)
def test_wrong_words_are_usage(run_here: Run, words: tuple[str, ...]) -> None:
    assert run_here(*words).code == 2


def test_both_a_bank_and_a_gate_are_one_too_many(run_here: Run) -> None:
    assert "not both" in run_here("archive", "--bank", "a.ncbank", *GATE, *OUT).err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("none", "--bank", "a.ncbank", *OUT), "source"),
        (("archive", "--bank", "none.ncbank", *OUT), "bank_missing"),
        (("archive", *GATE, *OUT), "config"),
        (("archive", *GATE, "--key-file", "key", *OUT), "config"),
        (("archive", "--bank", "a.ncbank", "--out", "archive"), "scan_out"),
    ],
)
def test_what_cannot_be_is_refused_with_its_code(site: Path, run_here: Run, words: tuple[str, ...], code: str) -> None:
    (site / "key").write_text("ncg_key\n")
    (site / "key").chmod(0o644)
    answer = run_here(*words)
    assert (answer.code, answer.err.split(": ")[1]) == (4, code)
    assert json.loads(run_here(*words, "--json").out)["error"] == code


def test_another_passphrase_opens_nothing(run_here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTCONTENT_BANK_PASSPHRASE", "another")
    assert json.loads(run_here("archive", "--bank", "a.ncbank", *OUT, "--json").out)["error"] == "bank_key"


def wait_for(path: Path, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.fixture
def long_archive(site: Path) -> Path:
    """More files than two batches hold."""
    folder = site / "long"
    folder.mkdir()
    (site / "small.jpg").write_bytes(saved(drawn(2, 64, 64), "JPEG"))
    (folder / "words").write_text("words")
    for number in range(2500):
        os.link(site / ("archive/inner/3.jpg" if number % 50 == 0 else "small.jpg"), folder / f"{number}.jpg")
    return folder


def test_a_scan_killed_in_the_middle_goes_on_and_ends_as_if_it_had_not_been(site: Path, long_archive: Path) -> None:
    words = (str(long_archive), "--bank", "a.ncbank", "--looks", "4", "--json")
    process = start(site, *words, "--out", "killed")
    wait_for(site / "killed" / "results" / "part-000000.parquet", process)
    workers = list(children(process.pid))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    done = {path.name: path.stat().st_mtime_ns for path in (site / "killed" / "results").glob("part-*")}
    assert 0 < len(done) < 3, "it was killed in the middle"
    assert workers
    wait_until_gone(workers)

    again = run(site, *words, "--out", "killed", "--resume")
    told = json.loads(again.out)
    assert (again.code, told["rows"], told["found"], told["resumed"]) == (3, 2501, 50, 1000 * len(done))
    for name, changed in done.items():
        assert (site / "killed" / "results" / name).stat().st_mtime_ns == changed, "a part was done twice"

    whole = run(site, *words, "--out", "whole")
    assert json.loads(whole.out)["verdicts"] == told["verdicts"]
    killed, uninterrupted = (sorted(map(str, rows_of(site / name))) for name in ("killed", "whole"))
    assert killed == uninterrupted
    assert len(killed) == 2501
    assert not [path for path in (site / "killed").rglob("*") if path.name.endswith(".part")]


def wait_until_gone(processes: list[int]) -> None:
    """Wait for decode workers to end by themselves: their scan closed the pipe by dying."""
    deadline = time.monotonic() + PATIENCE_S
    while any(Path(f"/proc/{process}").exists() for process in processes):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def children(parent: int) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == parent:
                yield int(entry.name)


def at_a_terminal(site: Path, words: list[str], until: str = "") -> tuple[int, str]:
    """Run at a terminal of 80 columns; press Ctrl-C when `until` is shown. Give exit code and all that was shown."""
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(site)
        os.execv(sys.executable, [sys.executable, "-m", "notcontent", "scan", *words])  # noqa: S606 - no shell is meant
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    shown = b""
    pressed = not until
    while True:
        try:
            read = os.read(terminal, 65536)
        except OSError:
            break
        if not read:
            break
        shown += read
        if not pressed and re.search(until.encode(), shown):
            os.write(terminal, b"\x03")
            pressed = True
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_progress_is_one_line_and_ctrl_c_ends_it_in_order(site: Path, long_archive: Path) -> None:
    words = [str(long_archive), "--bank", "a.ncbank", "--looks", "8", "--out", "out"]
    code, shown = at_a_terminal(site, words, until=r"\d found")
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    assert plain.index("Loading") < plain.index("Opening the bank") < plain.index("Getting ready")
    frames = [frame.strip() for frame in re.split(r"[\r\n]", plain.split("^C")[0]) if frame.startswith("Screening")]
    assert re.search(r"Screening \S+ +\d+/2501 [\d,]+/s, [\d:]+ left \d+ found", "\n".join(frames))
    assert max(map(len, frames)) <= 80
    assert code == 130
    assert "--resume goes on" in shown
    assert "Traceback" not in shown
    assert "shutting down" not in shown, "Daft's own words"
    answer = run(site, *words, "--resume", "--json")
    assert json.loads(answer.out)["rows"] == 2501
    assert json.loads(answer.out)["screened"] == 2500, "one is no picture"
    assert json.loads(answer.out)["resumed"] >= 1000


def test_ctrl_c_is_one_object_with_json_and_daft_says_nothing(site: Path, long_archive: Path) -> None:
    process = start(site, str(long_archive), "--bank", "a.ncbank", "--looks", "4", "--out", "out", "--json")
    wait_for(site / "out" / "results" / "part-000000.parquet", process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    told = json.loads(out)
    done, found, errors = told["rows"], told["found"], sum(told["errors"].values())
    failed = "screened, 1 error" if errors else "screened"
    assert done in {1000, 2000, 2501}, "what is safe on the disk"
    assert 0 < found == told["verdicts"]["match"]
    assert sum(told["verdicts"].values()) == done
    assert told == {
        "error": "interrupted",
        "message": f"Stopped: {done - errors:,} {failed}, {found} found. The same command with --resume goes on.",
        "rows": done,
        "screened": done - errors,
        "found": found,
        "verdicts": told["verdicts"],
        "errors": told["errors"],
        "animations": 0,
        "resumed": 0,
        "seconds": told["seconds"],
        "results": "out/results",
    }
    assert done >= 1000
    assert err == told["message"] + "\n"


WAIT_FOR_LOADING = """
import sys, types
class Hold:
    def find_spec(self, name, path=None, target=None):
        if name == "daft":
            print("loading", file=sys.stderr, flush=True)
            __import__("time").sleep(60)
sys.meta_path.insert(0, Hold())
sys.argv = ["notcontent", "scan", *sys.argv[1:]]
from notcontent.cli import main
main()
"""


@pytest.mark.parametrize("resume", [False, True])
def test_ctrl_c_while_daft_is_loaded_is_the_same_object_with_what_is_known(site: Path, resume: bool) -> None:
    words = ["archive", "--bank", "a.ncbank", "--out", "out", "--json", *["--resume"] * resume]
    process = subprocess.Popen(
        [sys.executable, "-c", WAIT_FOR_LOADING, *words], cwd=site, stdout=-1, stderr=-1, text=True
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "loading\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    told = json.loads(out)
    assert (process.returncode, told["error"]) == (130, "interrupted")
    if resume:  # nobody has looked yet at what was done before
        assert told["message"] == "Stopped. The same command with --resume goes on."
        assert not told.keys() & {"screened", "found", "resumed"}
    else:
        assert told["message"] == "Stopped: 0 screened, 0 found. The same command with --resume goes on."
        assert (told["screened"], told["found"], told["resumed"]) == (0, 0, 0)
    assert err == told["message"] + "\n"


@pytest.mark.parametrize(
    "pause", [0.001, *(pytest.param(seconds, marks=pytest.mark.slow) for seconds in (0.0, 0.02, 0.2))]
)
def test_ctrl_c_twice_ends_at_once_with_one_report_and_no_trace(site: Path, long_archive: Path, pause: float) -> None:
    process = start(site, str(long_archive), "--bank", "a.ncbank", "--out", "out", "--json")
    wait_for(site / "out" / "results" / "part-000000.parquet", process)
    process.send_signal(signal.SIGINT)
    time.sleep(pause)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert json.loads(out)["error"] == "interrupted"
    assert err == json.loads(out)["message"] + "\n"


def test_the_second_press_reports_where_the_first_is_still_waited_with(
    site: Path,
) -> None:
    program = (
        "import os, signal, time; from pathlib import Path; from notcontent.cli.scan_stop import *\n"
        "sofar = {'screened': 7, 'found': 1, 'errors': {'image_empty': 2}, 'verdicts': {'skipped': 3}}\n"
        "stop = Stop(True, Path('out'), press=Press.WAITS, sofar=sofar)\n"
        "with stopping(stop):\n    signal.raise_signal(2); print('goes on', flush=True); signal.raise_signal(2)\n"
        "    print('never')"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=site, capture_output=True, text=True, check=False)
    goes_on, _, report = done.stdout.partition("\n")
    assert (done.returncode, goes_on, json.loads(report)["screened"]) == (130, "goes on", 7)
    assert done.stderr == "Stopped: 7 screened, 2 errors, 3 skipped, 1 found. The same command with --resume goes on.\n"


def test_a_scan_that_has_nothing_to_resume_says_so_and_starts(run_here: Run) -> None:
    words = ("archive", "--bank", "a.ncbank", "--json", "--resume")
    first = run_here(*words, "--out", "mistyped")
    assert (first.code, first.err) == (3, "Nothing to resume in mistyped: starting.\n")
    again = run_here(*words, "--out", "mistyped")
    assert (json.loads(again.out)["resumed"], again.err) == (4, "")


def test_a_pattern_without_files_leaves_nothing_that_refuses_the_next(run_here: Run) -> None:
    words = ("--bank", "a.ncbank", "--out", "out", "--json")
    refused = run_here("archive/**/*.gif", *words)
    assert (refused.code, json.loads(refused.out)["error"]) == (4, "source")
    assert run_here("archive/**/*.jpg", *words).code == 3


def test_a_gate_that_cannot_be_reached_ends_the_scan_at_once(
    site: Path, run_here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTCONTENT_GATE_KEY", "ncg_key")
    answer = run_here("archive", "--gate", "http://127.0.0.1:1", "--out", "out", "--json")
    assert (answer.code, json.loads(answer.out)["error"]) == (5, "gate_unreachable")
    monkeypatch.setenv("NOTCONTENT_GATE_KEY", "clé")
    answer = run_here("archive", "--gate", "http://127.0.0.1:1", "--out", "out", "--json")
    assert (answer.code, json.loads(answer.out)["error"]) == (4, "config")
    assert not (site / "out").exists()


@pytest.mark.parametrize("made", [partial(_Bar, Progress(disable=True)), _Lines])
def test_ctrl_c_that_daft_did_not_hear_ends_the_scan_after_the_batch(made: Callable[[Stop], _Bar | _Lines]) -> None:
    before = signal.getsignal(signal.SIGINT)
    with stopping(Stop()) as stop:
        watcher = made(stop)
        watcher.planned(2, Tally())
        signal.raise_signal(signal.SIGINT)  # and nothing is raised in the middle of whatever runs
        watcher.done(1)
        with pytest.raises(KeyboardInterrupt):
            watcher.written(Tally())
        with pytest.raises(KeyboardInterrupt):
            watcher.listed(1)
    with stopping(Stop(press=Press.RAISES)), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)  # before the first query, while the gate is asked: at once
    assert signal.getsignal(signal.SIGINT) is before


def test_why_the_gate_is_waited_for_and_how_long_is_said_at_once_and_once(capsys: pytest.CaptureFixture[str]) -> None:
    with watching(Stop()) as watcher:
        watcher.planned(10, Tally())
        watcher.waiting(Wait(Why.NOT_READY, 184.2))
        watcher.done(1)
        watcher.waiting(Wait(Why.NOT_READY, 183.2))
        watcher.waiting(Wait(Why.SILENT, 61.0))
    assert capsys.readouterr().err.splitlines() == [
        "Waiting for the gate: it is there, but not ready: it holds no bank yet. Asking for 3:04 more.",
        "Waiting for the gate: it does not answer. Asking for 1:01 more.",
    ]


def test_the_bar_says_that_the_gate_is_waited_for_until_it_answers() -> None:
    progress = Progress(disable=True)
    bar = _Bar(progress, Stop())
    said = []
    waits = partial(bar.waiting, Wait(Why.NOT_READY, 45.0))
    for tell in (waits, partial(bar.listed, 3), partial(bar.planned, 9, Tally()), waits, partial(bar.done, 2)):
        tell()
        said.append((progress.tasks[0].description, progress.tasks[0].completed))
    waiting = "Gate not ready, 0:45 more"
    assert said == [(waiting, 0), ("Listing", 3), ("Screening", 0), (waiting, 0), ("Screening", 2)]


def test_help_and_a_missing_extra_name_what_to_install(site: Path) -> None:
    assert "--resume" in run(site, "--help").out
    program = (
        "import sys; sys.modules['daft'] = None; sys.argv = ['notcontent', 'scan', 'archive', '--bank', 'a.ncbank',"
        " '--out', 'out']\nfrom notcontent.cli import main\nmain()"
    )
    answer = subprocess.run([sys.executable, "-c", program], cwd=site, capture_output=True, text=True, check=False)
    assert answer.returncode == 4
    command = answer.stderr.strip().partition("sources: ")[2].partition(" && ")
    guide = (Path(__file__).parents[2] / "docs" / "how-to" / "scan-an-archive.md").read_text()
    assert command[1]
    assert all(f"\n{line}\n" in guide for line in (command[0], command[2])), "the guide's own lines"


def test_bounds_of_a_picture_are_options(site: Path, run_here: Run) -> None:
    (site / "heavy.png").write_bytes(png_bomb(9_000))
    words = ("heavy.png", "--bank", "a.ncbank", "--json")
    assert json.loads(run_here(*words, "--out", "a", "--memory-mb", "64").out)["errors"] == {"image_memory": 1}
    assert json.loads(run_here(*words, "--out", "b", "--timeout", "0.1").out)["errors"] == {"image_time": 1}
