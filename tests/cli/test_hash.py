"""`notcontent hash`: stable answers, one clear error for each file that fails."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from picture_files import drawn, saved

from notcontent.signals import hash_image


def run(*words: str, data: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "notcontent", "hash", *words]
    return subprocess.run(command, input=data, capture_output=True, check=False)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.jpg"
    path.write_bytes(saved(drawn(1), "JPEG"))
    return path


def test_json_is_one_object_a_line_with_the_keys_that_scripts_rely_on(picture: Path) -> None:
    answer = run("--json", str(picture), str(picture))
    hashed = hash_image(picture.read_bytes())
    expected = {"path": str(picture), "type": "pdq", "hash": hashed.hex, "quality": hashed.quality}
    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    assert lines == [expected, expected]
    assert list(lines[0]) == ["path", "type", "hash", "quality"]
    assert answer.returncode == 0
    assert answer.stderr == b""


def test_a_file_that_fails_has_its_code_and_the_others_their_hashes(picture: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("words")
    names = [str(tmp_path / name) for name in ("empty.png", "text.png", "missing.png")]
    answer = run("--json", names[0], str(picture), names[1], names[2], str(tmp_path))
    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    codes = [line.get("error") for line in lines]
    assert codes == ["image_empty", None, "image_format", "file_unreadable", "file_unreadable"]
    assert list(lines[0]) == ["path", "error"]
    assert answer.returncode == 1


def test_for_people_hashes_go_to_stdout_and_errors_to_stderr(picture: Path) -> None:
    answer = run(str(picture), "missing.png")
    hashed = hash_image(picture.read_bytes())
    assert answer.stdout.decode() == f"{hashed.hex}  {hashed.quality:>3}  {picture}\n"
    assert answer.stderr.decode() == "missing.png: file_unreadable: The file does not exist.\n"
    assert answer.returncode == 1


def test_a_dash_is_stdin(picture: Path) -> None:
    answer = run("--json", "-", data=picture.read_bytes())
    assert json.loads(answer.stdout) == {
        "path": "-",
        "type": "pdq",
        "hash": hash_image(picture.read_bytes()).hex,
        "quality": hash_image(picture.read_bytes()).quality,
    }


def test_a_folder_needs_recursive_which_passes_over_what_is_no_picture(picture: Path, tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "copy.dat").write_bytes(picture.read_bytes())
    (inner / "notes.txt").write_text("words")
    (inner / "broken.jpg").write_bytes(picture.read_bytes()[:900])
    answer = run("--json", "--recursive", str(tmp_path))
    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    assert [(Path(line["path"]).name, line.get("error")) for line in lines] == [
        ("broken.jpg", "image_truncated"),
        ("copy.dat", None),
        ("picture.jpg", None),
    ]
    assert answer.returncode == 1


def test_names_that_are_not_utf_8_are_answered(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff\n.png"
    Path(os.fsdecode(name)).write_bytes(saved(drawn(1), "PNG"))
    for words in ([], ["--json"]):
        answer = run(*words, os.fsdecode(name))
        assert answer.returncode == 0
        assert len(answer.stdout.splitlines()) == 1


def test_two_hundred_files_at_once_are_all_answered(tmp_path: Path) -> None:
    data = saved(drawn(1, 64, 48), "JPEG")
    for number in range(200):
        (tmp_path / f"{number:03}.jpg").write_bytes(data)
    answer = run("--json", "--recursive", str(tmp_path))
    assert len(answer.stdout.splitlines()) == 200
    assert answer.returncode == 0


def test_no_file_is_usage() -> None:
    assert run().returncode == 2
