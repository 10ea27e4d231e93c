"""A long set-up says what it does: `tools/telling.py`, which the Makefile runs it through."""

import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TOOL = ROOT / "tools" / "telling.py"
QUICK = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); import telling;"
    " sys.exit(telling.tell('Compiling:', sys.argv[1:], 0.05))"
)
"""The tool with lines that follow each other sooner."""


def test_in_a_pipe_it_says_what_it_does_at_once_and_then_for_how_long() -> None:
    slow = [sys.executable, "-c", "import time; time.sleep(0.4); print('its own answer')"]
    done = subprocess.run(
        [sys.executable, "-c", QUICK, str(TOOL.parent), *slow], capture_output=True, text=True, check=True
    )
    first, *rest = done.stderr.splitlines()
    assert first == "Compiling:"
    assert rest
    assert all(re.fullmatch(r"Compiling: 0:00:0\d", line) for line in rest)
    assert done.stdout == "its own answer\n"


def test_it_ends_as_its_command_ends() -> None:
    command = [sys.executable, str(TOOL), "Trying:", sys.executable, "-c", "import sys; sys.exit(7)"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 7


def test_on_a_terminal_the_line_counts_in_its_place_and_goes_away() -> None:
    pid, terminal = pty.fork()
    if not pid:
        slow = [sys.executable, "-c", "import time; time.sleep(1.3)"]
        os.execv(sys.executable, [sys.executable, str(TOOL), "Compiling:", *slow])  # noqa: S606 - no shell is meant
    shown = b""
    while True:
        try:
            shown += os.read(terminal, 4096)
        except OSError:
            break
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert re.fullmatch(r"\r\x1b\[2KCompiling:(\r\x1b\[2KCompiling: 0:00:\d\d)+\r\x1b\[2K", shown.decode())


def test_ctrl_c_ends_it_and_its_command_without_a_trace() -> None:
    slow = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
    command = [sys.executable, str(TOOL), "Compiling:", *slow]
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        os.killpg(process.pid, signal.SIGINT)
        told = process.communicate(timeout=30)[1]
    assert process.returncode == 130
    assert "telling.py" not in told


def test_the_first_set_up_goes_through_it(tmp_path: Path) -> None:
    make = ["make", "-n", "-C", str(ROOT), f"VENV={tmp_path / 'venv'}", str(tmp_path / "venv" / ".demo")]
    lines = subprocess.run(make, capture_output=True, text=True, check=True).stdout.replace("\\\n", "").splitlines()
    long = [line for line in lines if re.search(r"-m venv|pip install", line)]
    assert len(long) == 3
    assert all(" tools/telling.py '" in line for line in long)
