"""The demo is the main job for real: hub, gate and portal as processes, told step by step."""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hub_process import free_port
from rich.console import Console

from notcontent.cli.demo import site
from notcontent.cli.demo.story import Teller
from notcontent.errors import DemoError

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


def play(*words: str) -> list[str]:
    command = [sys.executable, "-m", "notcontent", "demo", "--once", "--json", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    return [step["step"] for step in json.loads(done.stdout)["steps"]]


def test_a_service_is_waited_for_as_long_as_it_lives_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A process that says nothing at its door for a while, then ends: it is no failure before."""
    monkeypatch.setattr(site, "_TELL_EVERY_S", 0.2)
    (tmp_path / "log").write_text("its last words")
    url = f"http://127.0.0.1:{free_port()}"
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as slow:
        assert slow.stdin is not None
        threading.Timer(1.0, slow.stdin.close).start()
        with pytest.raises(DemoError, match=r"^The hub ended while it started. It said: its last words$"):
            site.wait_for("hub", url, slow, tmp_path / "log")
    assert "The hub is starting; " in capsys.readouterr().err


def test_a_service_that_lives_and_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site, "_START_S", 0.5)
    (tmp_path / "log").touch()
    url = f"http://127.0.0.1:{free_port()}"
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as slow:
        with pytest.raises(DemoError, match="runs, but did not answer"):
            site.wait_for("gate", url, slow, tmp_path / "log")
        assert slow.poll() is None


def in_order(steps: list[str], *words: str) -> bool:
    rest = iter(steps)
    return all(any(word in step for step in rest) for word in words)


STORY = ("3 hashes sent", "3 entries", "block", "hold", "allow", "withdrawn", "allow")


@pytest.mark.timeout(300)
@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_the_story_is_told_through_the_portals_own_pages() -> None:
    steps = play()
    assert in_order(steps, *STORY)
    assert any("headless Chromium" in step for step in steps)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_without_a_browser_the_story_says_so_and_all_it_made_is_gone_when_it_is_terminated(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path), "COLUMNS": "200"}
    command = [sys.executable, "-m", "notcontent", "demo", "--no-browser"]
    told: list[str] = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        try:
            for line in process.stderr:
                told.append(line)
                if "Click through it" in line:
                    break
            there = list(tmp_path.iterdir())
            time.sleep(0.5)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(40)
    assert in_order(told, "without a browser", *STORY[1:])
    assert there
    assert process.returncode == 0
    assert not any(tmp_path.iterdir())


def test_where_stderr_is_no_terminal_the_first_step_is_told_before_it_is_done() -> None:
    command = [sys.executable, "-m", "notcontent", "demo", "--once", "--no-browser"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        told = [process.stderr.readline() for _ in range(2)]
        process.send_signal(signal.SIGINT)
        process.stderr.read()
    assert told[0].startswith("notcontent demo: ")
    assert told[1] == "Setting up and starting hub and gate: the longest step.\n"
    assert process.returncode == 130


def test_a_step_that_is_longer_than_a_line_goes_on_below_its_own_words() -> None:
    out = io.StringIO()
    teller = Teller(Console(file=out, width=60))
    with teller.step("asked") as ending:
        ending("11 of its 13 derived channels [bold]found[/bold], 5 of them not removed; none a stranger")
    first, second = out.getvalue().splitlines()
    assert re.fullmatch(r" ✓ +\d+\.\d s  11 of its 13 derived channels found, 5 of them", first)
    assert second == " " * first.index("11") + "not removed; none a stranger"
