"""The demo is the main job for real: hub, gate and portal as processes, told step by step."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


def play(*words: str) -> list[str]:
    command = [sys.executable, "-m", "notcontent", "demo", "--once", "--json", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    return [step["step"] for step in json.loads(done.stdout)["steps"]]


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
