"""A file that is sent is a file of its own for as long as its request, and no longer."""

import os
import stat
import time
from pathlib import Path

import pytest
from django.core.files.uploadhandler import StopUpload

from notcontent.hub.config import hub_config
from notcontent.hub.lineage.place import book_folder
from notcontent.hub.lineage.uploads import FIELD, MOST_BYTES, Upload, plain_name, receiving


def send(upload: Upload, *chunks: bytes, field: str = FIELD, name: str = "page.html") -> None:
    upload.new_file(field, name, "text/html", None, None)
    for chunk in chunks:
        upload.receive_data_chunk(chunk, 0)
    upload.file_complete(sum(map(len, chunks)))


def left() -> list[Path]:
    return list((book_folder(hub_config()) / "uploads").iterdir())


def test_a_file_lies_where_only_its_owner_reads_it_and_is_gone_afterwards() -> None:
    with receiving() as upload:
        send(upload, b"one ", b"two")
        assert upload.path is not None
        assert upload.path.read_bytes() == b"one two"
        assert stat.S_IMODE(upload.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(upload.path.parent.stat().st_mode) == 0o700
    assert left() == []


def test_it_is_gone_after_an_error_too() -> None:
    def break_off() -> None:
        with receiving() as upload:
            upload.new_file(FIELD, "page.html", "text/html", None, None)
            upload.receive_data_chunk(b"half", 0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert left() == []


def test_what_is_too_large_stops_the_reading() -> None:
    with receiving() as upload:
        upload.new_file(FIELD, "page.html", "text/html", None, None)
        upload.receive_data_chunk(bytes(MOST_BYTES), 0)
        with pytest.raises(StopUpload):
            upload.receive_data_chunk(b"x", MOST_BYTES)
        assert upload.too_large
    assert left() == []


def test_one_file_is_taken_and_no_other() -> None:
    with receiving() as upload:
        send(upload, b"other", field="something")
        assert upload.path is None
        send(upload, b"first")
        send(upload, b"second", name="second.html")
        assert upload.path is not None
        assert [path.read_bytes() for path in upload.path.parent.iterdir()] == [b"first"]


def test_what_a_killed_request_left_is_swept_after_an_hour() -> None:
    with receiving() as upload:
        root = upload.write("links.txt", "x").parent.parent
    for name, age in (("old", 4000), ("young", 60)):
        (root / name).mkdir()
        (root / name / "page.html").write_text("left")
        os.utime(root / name, (time.time() - age, time.time() - age))
    with receiving():
        assert not (root / "old").exists()
        assert (root / "young").exists()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ("Channel – Telegram.html", "Channel-Telegram.html"),
        ("канал.zip", "upload.zip"),
        ("a\x00b\n.CSV", "a-b.csv"),
        (".html", "upload.html"),
        ("", "upload"),
        ("x" * 300 + ".html", "x" * 60 + ".html"),
        ("page.html/..", "page-html"),
        ("evil.<b>", "evil-b"),
    ],
)
def test_of_a_files_name_only_harmless_signs_are_kept(sent: str, kept: str) -> None:
    assert plain_name(sent) == kept
