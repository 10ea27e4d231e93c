"""Whatever lies in an archive is a row with its error, never the end of the scan."""

import os
import signal
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from picture_files import jpeg_of_size, png_bomb, saved
from scan_stage import ScanIt, by_name, fill, jpeg, picture, rows_of

from notcontent.errors import (
    DecoderStartError,
    FileOutsideError,
    FileUnreadableError,
    ImageError,
    ImageMemoryError,
    ImageTimeError,
)
from notcontent.scan import decoders, files
from notcontent.scan.decoders import Decoders
from notcontent.scan.pipeline import Silent
from notcontent.scan.results import Tally
from notcontent.scan.stage import Screening
from notcontent.signals import Limits
from notcontent.signals.worker import GREETING, WorkerLimits, encode_frame


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """An archive with a banked picture, a stranger, and everything that goes wrong."""
    folder = tmp_path / "archive"
    fill(folder, range(2, 4))
    (tmp_path / "secret.jpg").write_bytes(jpeg(3))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "other.jpg").write_bytes(jpeg(3))
    (folder / "empty.jpg").touch()
    (folder / "words.jpg").write_text("words")
    (folder / "cut.jpg").write_bytes(jpeg(3)[:2000])
    (folder / "lying.jpg").write_bytes(jpeg_of_size(60_000, 60_000))
    (folder / "bomb.png").write_bytes(png_bomb(20_000))
    (folder / "tiny.png").write_bytes(saved(picture(1).resize((3, 3)), "PNG"))
    with (folder / "sparse.jpg").open("wb") as sparse:
        sparse.truncate(1 << 40)
    with (folder / "film.jpg").open("wb") as film:
        film.write(b"\0\0\0\x18ftypisom")
        film.truncate(1 << 40)
    os.mkfifo(folder / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(folder / "socket.jpg"))
    (folder / "leads-out.jpg").symlink_to(tmp_path / "secret.jpg")
    (folder / "leads-up.jpg").symlink_to("../secret.jpg")
    (folder / "leads-nowhere.jpg").symlink_to("nowhere")
    (folder / "leads-to-itself.jpg").symlink_to("leads-to-itself.jpg")
    (folder / "folder-outside").symlink_to(tmp_path / "elsewhere")
    (folder / "circle").symlink_to(".")
    (folder / "leads-inside.jpg").symlink_to("inner/3.jpg")
    return folder


def test_each_comes_out_once_with_its_error(made: Path, out: Path, scan_it: ScanIt) -> None:
    summary = scan_it(made)
    rows = by_name(out)
    assert {name: row["error"] for name, row in rows.items() if row["verdict"] == "error"} == {
        "empty.jpg": "image_empty",
        "words.jpg": "image_format",
        "cut.jpg": "image_truncated",
        "lying.jpg": "image_too_large",
        "bomb.png": "image_too_large",
        "tiny.png": "image_too_small",
        "sparse.jpg": "image_too_large",
        "pipe.jpg": "file_unreadable",
        "socket.jpg": "file_unreadable",
        "leads-out.jpg": "file_outside",
        "leads-up.jpg": "file_outside",
        "leads-nowhere.jpg": "file_unreadable",
        "leads-to-itself.jpg": "file_unreadable",
        "folder-outside": "file_outside",
    }
    assert {name for name, row in rows.items() if row["verdict"] == "match"} == {"3.jpg", "leads-inside.jpg"}
    assert rows["2.jpg"]["verdict"] == "no_match"
    assert (rows["film.jpg"]["verdict"], rows["film.jpg"]["error"]) == ("skipped", "video_not_scanned")
    assert "circle" not in rows, "its files are listed where they lie"
    assert sum(summary.tally.errors.values()) == 14


def test_names_that_no_terminal_or_encoding_likes_come_out(tmp_path: Path, out: Path, scan_it: ScanIt) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    names = [b"\xff\xfe.jpg", b"new\nline.jpg", b"\x1b[31mred.jpg", "日本.jpg".encode(), b"#?%*.jpg", b" "]
    for name in names:
        Path(os.fsdecode(os.path.join(os.fsencode(folder), name))).write_bytes(jpeg(3))  # noqa: PTH118 - bytes
    scan_it(folder)
    rows = rows_of(out)
    assert {row["verdict"] for row in rows} == {"match"}
    told = {row["path"].removeprefix(f"{folder}/") for row in rows}
    assert told == {r"\xff\xfe.jpg", "new\nline.jpg", "\x1b[31mred.jpg", "日本.jpg", "#?%*.jpg", " "}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_an_error(archive: Path, out: Path, scan_it: ScanIt) -> None:
    (archive / "2.jpg").chmod(0)
    (archive / "inner").chmod(0)
    try:
        scan_it(archive)
    finally:
        (archive / "inner").chmod(stat.S_IRWXU)
    rows = by_name(out)
    assert rows["2.jpg"]["error"] == rows["inner"]["error"] == "file_unreadable"


def test_a_file_that_goes_away_after_listing_is_an_error(archive: Path, out: Path, scan_it: ScanIt) -> None:
    class Thief(Silent):
        def planned(self, rows: int, before: Tally) -> None:
            assert (rows, before.rows) == (12, 0)
            (archive / "2.jpg").unlink()

    scan_it(archive, watcher=Thief())
    assert by_name(out)["2.jpg"]["error"] == "file_unreadable"


def test_a_folder_that_becomes_a_link_after_listing_is_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "archive"
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "a.jpg").write_bytes(b"secret")
    root.mkdir()
    (root / "inner").symlink_to(tmp_path / "secret")
    with pytest.raises(FileOutsideError):
        files.read_file(os.fsencode(root / "inner" / "a.jpg"), os.fsencode(os.path.realpath(root)), 100)


def test_a_pipe_that_takes_a_files_place_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"file")
    as_file = (tmp_path / "a").stat()
    os.mkfifo(tmp_path / "b")
    for name in ("lstat", "stat"):
        monkeypatch.setattr(f"notcontent.scan.files.os.{name}", lambda _path: as_file)
    with pytest.raises(FileUnreadableError):
        files.read_file(os.fsencode(tmp_path / "b"), b"", 100)


@pytest.fixture
def pool() -> Iterator[Decoders]:
    made = Decoders(WorkerLimits(memory_mb=512), timeout_s=60.0)
    yield made
    made.close()


def test_a_picture_that_takes_too_long_costs_its_decoder_alone(pool: Decoders) -> None:
    slow = saved(picture(1).resize((5000, 5000)), "PNG", compress_level=1)
    pool._timeout_s = 0.02
    with pytest.raises(ImageTimeError):
        pool.looks(slow)
    pool._timeout_s = 60.0
    assert pool.looks(jpeg(1))[0].quality > 50


def test_a_picture_that_wants_too_much_memory_is_refused() -> None:
    small = Decoders(WorkerLimits(Limits(max_memory=1 << 40), memory_mb=64), timeout_s=60.0)
    try:
        with pytest.raises(ImageMemoryError):
            small.looks(png_bomb(9_000))
        assert small.looks(jpeg(1))[0].quality > 50
    finally:
        small.close()


def test_a_decoder_that_was_killed_from_outside_is_replaced_unseen(pool: Decoders) -> None:
    before = pool.looks(jpeg(1))
    pool._free[0]._process.send_signal(signal.SIGKILL)
    assert pool.looks(jpeg(1)) == before


@pytest.mark.parametrize(
    ("ending", "error"), [("os.kill(os.getpid(), 9)", ImageMemoryError), ("os._exit(3)", ImageError)]
)
def test_a_picture_that_breaks_every_decoder_is_an_error(
    monkeypatch: pytest.MonkeyPatch, ending: str, error: type[ImageError]
) -> None:
    import sys

    program = (
        "import os, sys\n"
        f"sys.stdout.buffer.write({encode_frame(GREETING)!r}); sys.stdout.flush()\n"
        f"sys.stdin.buffer.read(4)\n{ending}\n"
    )
    monkeypatch.setattr(decoders, "worker_command", lambda _limits: ([sys.executable, "-c", program], dict(os.environ)))
    pool = Decoders(WorkerLimits(), timeout_s=60.0)
    with pytest.raises(error) as caught:
        pool.looks(jpeg(1))
    assert type(caught.value) is error


@pytest.mark.parametrize("command", [["/bin/false"], ["/nowhere/at/all"]], ids=["ends at once", "is not there"])
def test_a_decoder_that_cannot_start_ends_the_scan_and_not_each_file(
    command: list[str], archive: Path, scan_it: ScanIt, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(decoders, "worker_command", lambda _limits: (command, {}))
        with pytest.raises(DecoderStartError, match="No process that decodes can be started"):
            scan_it(archive)
    assert scan_it(archive, resume=True).tally.errors == {}


def test_many_threads_share_the_decoders_and_none_is_left_behind(pool: Decoders) -> None:
    answers: list[bytes] = []

    def ask() -> None:
        answers.extend(pool.looks(jpeg(seed))[0].value for seed in (1, 2, 3))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 9
    assert len(set(answers)) == 3
    started = [decoder._process for decoder in pool._free]
    assert len(started) <= 3
    pool.close()
    assert all(process.poll() is not None for process in started)


def test_memory_and_time_are_bounded_in_a_whole_scan(archive: Path, out: Path, scan_it: ScanIt) -> None:
    (archive / "heavy.png").write_bytes(png_bomb(9_000))
    scan_it(archive, screening=Screening(WorkerLimits(Limits(max_memory=1 << 40), memory_mb=64), 60.0))
    rows = by_name(out)
    assert rows["heavy.png"]["error"] == "image_memory"
    assert sum(row["verdict"] == "no_match" for row in rows.values()) == 10
