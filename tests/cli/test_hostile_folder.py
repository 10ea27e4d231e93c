"""Started from a folder where somebody left files called like modules, no process of ours runs one of them."""

import subprocess
import sys
from pathlib import Path

import pytest
from feed_server import Feed, serve
from gate_process import running_gate, write_config
from hub_process import clean_environment, running_hub
from picture_files import drawn, saved

TAKEN = ("gunicorn", "django", "httpx", "json", "msgspec", "numpy", "PIL", "uvicorn", "notcontent")
LURE = 'import pathlib\npathlib.Path(__file__).with_suffix(".ran").touch()\nraise SystemExit("a lure was run")\n'


@pytest.fixture
def lures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder that this process, and what it starts, stands in: full of modules to be taken for others."""
    folder = tmp_path / "lures"
    set_out(folder)
    monkeypatch.chdir(folder)
    return folder


def set_out(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name in TAKEN:
        (folder / f"{name}.py").write_text(LURE)


def run_in(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.rglob("*.ran"))


def test_a_lure_would_be_run_if_it_were_let(lures: Path) -> None:
    done = subprocess.run([sys.executable, "-c", "import gunicorn"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert run_in(lures) == ["gunicorn"]


def test_a_gate_imports_nothing_from_where_it_was_started(lures: Path) -> None:
    home = lures.parent / "gate"
    home.mkdir()
    with serve(Feed()) as address, running_gate(write_config(home, Feed(), address), ready=False) as gate:
        set_out(home)
        answer = gate.upload.post("/v1/screen", content=saved(drawn(1), "PNG"))
        assert answer.json()
    assert run_in(lures.parent) == []


def test_a_hub_imports_nothing_from_where_it_was_started_nor_from_its_data(lures: Path) -> None:
    home = lures.parent / "hub"
    (home / "data").mkdir(parents=True, mode=0o700)
    set_out(home / "data")
    with running_hub(home) as hub:
        assert len(hub.children()) == 2
        assert run_in(lures.parent) == []


def test_the_verbs_that_the_demo_runs_import_nothing_from_where_it_was_started(lures: Path) -> None:
    program = (
        "from pathlib import Path; from notcontent.cli.demo import site;"
        "site.verb('gate', 'new-key', '--name', 'staff', '--role', 'staff');"
        "log = site._process('hub', ['--version'], Path('..')).__enter__().wait()"
    )
    command = [sys.executable, "-P", "-c", program]
    done = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, run_in(lures)) == (0, []), done.stderr
