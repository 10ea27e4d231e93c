"""Mutated videos: whatever happens inside, a VideoError or ImageError comes out, or frames; no crash and no leak."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "mutants.py"
SECONDS = float(os.environ.get("NOTCONTENT_VIDEO_FUZZ_SECONDS", "0"))
SEED = int(os.environ.get("SEED", "1"))


def run(seed: int, count: int, seconds: float) -> str:
    done = subprocess.run(
        [sys.executable, PROGRAM, str(seed), str(count), str(seconds)], capture_output=True, text=True, check=False
    )
    last = re.findall(r"^\d+$", done.stdout, re.MULTILINE)
    assert done.returncode == 0, f"mutant {last[-1] if last else 'none'}: {done.stderr[-2000:]}"
    return done.stdout.splitlines()[-1]


def test_mutated_videos_give_frames_or_an_error_of_their_own() -> None:
    said = run(1, 400, 60)
    assert "'hashed'" in said
    assert "'video_" in said


@pytest.mark.skipif(not SECONDS, reason="left to `make check-slow`")
@pytest.mark.timeout(3600)
def test_mutated_videos_for_longer() -> None:
    sys.stdout.write(run(SEED, 1 << 30, SECONDS) + "\n")
