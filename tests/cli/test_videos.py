"""Videos at the command line: hashed, banked and matched as frames that belong together."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from film_files import animated, draw_clip, film, sound_alone
from PIL import Image

from notcontent.matching.bankfile import read_bank
from notcontent.signals.video import hash_video

CLIP = draw_clip(11, seconds=4)
OTHER = draw_clip(12, seconds=4)


def run(words: Sequence[str], folder: Path, data: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "notcontent", *words]
    return subprocess.run(command, cwd=folder, input=data, capture_output=True, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("films")
    (path / "clip.mp4").write_bytes(film(CLIP))
    (path / "longer.webm").write_bytes(film(OTHER + CLIP + OTHER[:10], "webm"))
    (path / "cut.mkv").write_bytes(film(CLIP[20:44], "matroska", crf="32"))
    (path / "mirrored.mp4").write_bytes(film([each[:, ::-1] for each in CLIP], fps=15))
    (path / "stranger.mp4").write_bytes(film(OTHER))
    (path / "moving.gif").write_bytes(animated(CLIP[::6]))
    (path / "sound.mp4").write_bytes(sound_alone())
    Image.fromarray(CLIP[30]).save(path / "still.png")
    return path


@pytest.fixture(scope="module")
def bank(folder: Path) -> str:
    done = run(["bank", "build", "b", "clip.mp4", "--plain", "--json"], folder)
    assert done.returncode == 0, done.stderr
    return "b"


def matches(folder: Path, *names: str) -> list[list[dict[str, object]]]:
    done = run(["match", *names, "--bank", "b", "--json"], folder)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["path"] for answer in answers] == list(names)
    assert done.returncode == (3 if any(answer["matches"] for answer in answers) else 0)
    return [answer["matches"] for answer in answers]


def test_a_video_is_a_line_for_each_kept_frame_and_one_for_itself(folder: Path) -> None:
    done = run(["hash", "--json", "clip.mp4", "still.png"], folder)
    *frames, whole, picture = [json.loads(line) for line in done.stdout.splitlines()]
    expected = hash_video((folder / "clip.mp4").read_bytes())
    assert done.returncode == 0
    assert done.stderr == b""
    assert list(frames[0]) == ["path", "type", "hash", "quality", "kind", "t_ms"]
    assert [(line["hash"], line["quality"], line["t_ms"]) for line in frames] == [
        (frame.value.hex(), frame.quality, frame.t_ms) for frame in expected.frames
    ]
    assert {(line["path"], line["type"], line["kind"]) for line in frames} == {("clip.mp4", "pdq", "frame")}
    assert whole == {
        "path": "clip.mp4",
        "type": "video",
        "sha256": expected.sha256,
        "md5": expected.md5,
        "frames": len(frames),
        "seen": expected.seen,
        "duration_ms": expected.duration_ms,
        "full": False,
    }
    assert list(picture) == ["path", "type", "hash", "quality"]


def test_an_animation_is_a_video_and_a_still_gif_a_picture(folder: Path) -> None:
    Image.fromarray(CLIP[0]).save(folder / "still.gif")
    done = run(["hash", "--json", "moving.gif", "still.gif"], folder)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["type"] for line in lines if line["path"] == "moving.gif"][-1] == "video"
    assert [list(line) for line in lines if line["path"] == "still.gif"] == [["path", "type", "hash", "quality"]]


def test_for_people_a_frame_has_its_time(folder: Path) -> None:
    done = run(["hash", "clip.mp4"], folder)
    assert done.stdout.splitlines()[0].endswith(b"  clip.mp4  0:00:00.000")


def test_a_video_that_cannot_be_read_has_its_code(folder: Path) -> None:
    (folder / "torn.mp4").write_bytes(film(CLIP)[:5000])
    done = run(["hash", "--json", "sound.mp4", "torn.mp4", "still.png"], folder)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line.get("error") for line in lines] == ["video_empty", "video_unreadable", None]
    assert done.returncode == 1


def test_a_video_may_come_through_a_pipe(folder: Path) -> None:
    named = run(["hash", "--json", "clip.mp4"], folder).stdout
    piped = run(["hash", "--json", "-"], folder, (folder / "clip.mp4").read_bytes())
    assert piped.returncode == 0
    assert piped.stdout == named.replace(b'"clip.mp4"', b'"-"')


def test_a_bank_keeps_the_frames_of_a_video_together(folder: Path, bank: str) -> None:
    entries = read_bank(folder / bank).entries
    expected = hash_video((folder / "clip.mp4").read_bytes()).frames
    assert [(entry.value, entry.frame and entry.frame.t_ms) for entry in entries] == [
        (frame.value, frame.t_ms) for frame in expected
    ]
    assert {(entry.label, entry.frame and entry.frame.group) for entry in entries} == {("clip.mp4", 0)}
    told = json.loads(run(["bank", "info", bank, "--json"], folder).stdout)
    assert (told["entries"], told["videos"]) == (len(expected), 1)


def test_what_hash_prints_of_videos_can_be_banked(folder: Path, bank: str) -> None:
    printed = run(["hash", "--json", "clip.mp4", "still.png"], folder).stdout
    done = run(["bank", "build", "c", "--plain", "--hashes", "-"], folder, printed)
    assert done.returncode == 0, done.stderr
    entries = read_bank(folder / "c").entries
    assert entries[:-1] == read_bank(folder / bank).entries
    assert entries[-1].frame is None


def test_adding_twice_changes_nothing_and_removing_takes_the_whole_video(folder: Path) -> None:
    run(["bank", "build", "d", "clip.mp4", "still.png", "--plain"], folder)
    before = read_bank(folder / "d").entries
    run(["bank", "add", "d", "clip.mp4"], folder)
    assert read_bank(folder / "d").entries == before
    run(["bank", "add", "d", "stranger.mp4"], folder)
    groups = {entry.frame.group for entry in read_bank(folder / "d").entries if entry.frame}
    assert groups == {0, 1}
    run(["bank", "remove", "d", "clip.mp4"], folder)
    assert {entry.label for entry in read_bank(folder / "d").entries} == {"still.png", "stranger.mp4"}


def test_a_clip_is_found_in_a_longer_film_as_a_cut_and_turned(folder: Path, bank: str) -> None:
    assert bank
    found = matches(folder, "clip.mp4", "longer.webm", "cut.mkv", "mirrored.mp4")
    for (match,), least in zip(found, (1.0, 0.9, 0.2, 0.9), strict=True):
        assert match["label"] == "clip.mp4"
        assert match["clip"] == "same"
        assert float(str(match["bank_share"])) >= least
    assert float(str(found[2][0]["query_share"])) >= 0.9


def test_strangers_do_not_match(folder: Path, bank: str) -> None:
    assert bank
    assert matches(folder, "stranger.mp4") == [[]]


def test_a_picture_matches_the_nearest_frame_of_a_banked_video(folder: Path, bank: str) -> None:
    assert bank
    ((match,),) = matches(folder, "still.png")
    assert list(match) == ["label", "distance", "look", "t_ms"]
    assert abs(int(str(match["t_ms"])) - 2500) < 1000


def test_a_crop_of_a_clip_is_held_for_a_person_with_both_times(folder: Path, bank: str) -> None:
    (folder / "crop.mp4").write_bytes(film([each[8:228, 12:308] for each in CLIP]))
    done = run(["match", "crop.mp4", "--bank", bank, "--json"], folder)
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["matches"]) == (3, [])
    (held,) = answer["held"]
    assert held["label"] == "clip.mp4"
    assert held["evidence"] >= held["least"]
    assert abs(held["t_ms"] - held["at_ms"]) < 1500
    words = run(["match", "crop.mp4", "--bank", bank], folder).stdout.decode()
    assert words.startswith("crop.mp4: HOLD: clip.mp4 (estimate:")
    assert "by the frame at 0:00:0" in words
    done = run(["match", "crop.mp4", "--bank", bank, "--json", "--estimates", "0"], folder)
    assert json.loads(done.stdout) == {"path": "crop.mp4", "matches": []}


def test_a_picture_in_the_bank_is_found_inside_a_film_and_left_to_a_person(folder: Path) -> None:
    run(["bank", "build", "e", "still.png", "--plain"], folder)
    done = run(["match", "longer.webm", "--bank", "e", "--json"], folder)
    (match,) = json.loads(done.stdout)["matches"]
    assert match["clip"] == "likely"
    assert "t_ms" not in match
    said = run(["match", "longer.webm", "--bank", "e"], folder).stdout.decode()
    assert "MATCH: still.png (perhaps a part of it" in said


@pytest.mark.parametrize(
    "line",
    [
        '{"path": "x", "type": "pdq", "hash": "zz", "quality": 100, "kind": "frame", "t_ms": 1}',
        '{"path": "x", "type": "pdq", "hash": "' + "0" * 64 + '", "quality": 100, "kind": "frame"}',
        '{"path": "x", "type": "pdq", "hash": "' + "0" * 64 + '", "quality": 100, "kind": "frame", "t_ms": -1}',
    ],
)
def test_a_frame_that_is_malformed_ends_the_run(folder: Path, line: str) -> None:
    done = run(["bank", "build", "f", "--plain", "--hashes", "-"], folder, line.encode())
    assert done.returncode == 2
    assert not (folder / "f").exists()


def test_a_video_of_plain_frames_alone_is_not_banked(folder: Path) -> None:
    (folder / "grey.mp4").write_bytes(film([np.full_like(CLIP[0], 90)] * 6))
    printed = run(["hash", "--json", "grey.mp4"], folder).stdout
    for words, data in ((["grey.mp4"], None), (["--hashes", "-"], printed)):
        done = run(["bank", "build", "g", "--plain", "--json", *words], folder, data)
        assert done.returncode == 1
        assert json.loads(done.stdout.splitlines()[0]) == {"path": "grey.mp4", "error": "quality_too_low"}
    assert not (folder / "g").exists()
