"""Exports that are no exports, that end too early, that are too much: one clear error each, in little memory."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lineage.readers.export_files import NOW, chat, export, large_export, many_messages, message, written

from notcontent.errors import LineageDepthError, LineageSizeError, LineageSourceError, LineageTruncatedError
from notcontent.lineage.marks import Marker
from notcontent.lineage.readers.telegram import TelegramExport
from notcontent.lineage.report import Report

MARKER = Marker(b"k" * 32)
WHOLE = written({"chats": {"list": [chat(*many_messages(3)), chat(message(9), kind="personal_chat", number=5)]}})

_READ = """
import sys
from pathlib import Path
from notcontent.lineage.importing import counted
from notcontent.lineage.marks import Marker
from notcontent.lineage.readers.telegram import TelegramExport
from notcontent.lineage.report import Report
report = Report()
try:
    for _ in counted(TelegramExport(Path(sys.argv[1]), Marker(b"k" * 32), report, now=4_000_000_000), report):
        pass
    told = "read"
except Exception as error:
    told = type(error).__name__
status = Path("/proc/self/status").read_text().split()
print(told, report.posts, int(status[status.index("VmHWM:") + 1]) // 1024)
"""


def _read(path: Path) -> int:
    return sum(1 for _ in TelegramExport(path, MARKER, Report(), now=NOW))


def _read_apart(folder: Path) -> tuple[str, int, int]:
    """Read an export in a process of its own: what came of it, how many posts, and MiB at the most."""
    shown = subprocess.run(
        [sys.executable, "-c", _READ, str(folder)], capture_output=True, text=True, check=True
    ).stdout
    told, posts, memory = shown.split()
    return told, int(posts), int(memory)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.integers(1, len(WHOLE) - 1))
def test_an_export_that_is_cut_off_anywhere_is_refused(tmp_path: Path, end: int) -> None:
    with pytest.raises(LineageTruncatedError):
        _read(export(tmp_path, WHOLE[:end]))


@pytest.mark.parametrize(
    "data",
    [
        *(
            b"",
            b" \n",
            b"hello",
            b"[]",
            b"{}",
            b"null",
            b'{"about":"x","contacts":{}}',
            b"PK\x03\x04",
            b"\xff\xfe{\x00}\x00",
        ),
        *(b'{"messages":[]}', b'{"type":"public_channel","messages":[{}]}', b'{"messages":{"a":1},"type":"x","id":1}'),
        *(written(chat()) + b"x", written(chat()) + written(chat()), b'{"chats":{"list":[}}', b'{"chats" {"list":[]}}'),
        b'{"guild":{"id":"1"},"messages":[{"id":"1","content":"of another program"}]}',
    ],
)
def test_what_is_no_export_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(LineageSourceError):
        _read(export(tmp_path, data))


def test_an_export_as_web_pages_is_refused_with_what_to_do(tmp_path: Path) -> None:
    page = b"<!DOCTYPE html>\n<html><script>alert(1)</script></html>"
    (tmp_path / "messages.html").write_bytes(page)
    for path in (tmp_path, tmp_path / "messages.html"):
        with pytest.raises(LineageSourceError, match="machine-readable JSON"):
            _read(path)


def test_a_folder_without_an_export_or_no_folder_at_all_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none", tmp_path / "none" / "result.json"):
        with pytest.raises(LineageSourceError):
            _read(path)


def test_an_export_that_is_a_link_a_pipe_a_device_or_a_folder_is_refused(tmp_path: Path) -> None:
    real = export(tmp_path / "elsewhere", chat(message(1))) / "result.json"
    places = []
    for name in ("link", "pipe", "device", "folder"):
        (tmp_path / name).mkdir()
        places.append(tmp_path / name / "result.json")
    places[0].symlink_to(real)
    os.mkfifo(places[1])
    places[2].symlink_to("/dev/zero")
    places[3].mkdir()
    for place in places:
        with pytest.raises(LineageSourceError):  # before a byte is asked for
            TelegramExport(place.parent, MARKER, Report(), now=NOW)


@pytest.mark.parametrize(
    "beginning",
    [b'{"chats":', b'{"type":"public_channel","id":5,"messages":[{"text":', b'{"type":"x","id":5,"messages":', b""],
)
def test_a_million_brackets_deep_is_refused(tmp_path: Path, beginning: bytes) -> None:
    for bracket in (b"[", b'{"a":'):
        with pytest.raises(LineageDepthError):
            _read(export(tmp_path, beginning + bracket * 10**6))


def test_a_gigabyte_in_one_text_is_refused_and_never_held(tmp_path: Path) -> None:
    for key in (b'"text":"', b'"from":"', b'"a":"', b'"text_entities":[{"text":"'):
        with (tmp_path / "result.json").open("wb") as file:
            file.write(b'{"type":"public_channel","id":5,"messages":[{"id":1,' + key)
            file.truncate(1 << 30)  # a hole: zeros that take no room on the disk
        told, posts, memory = _read_apart(tmp_path)
        assert (told, posts) == (LineageSizeError.__name__, 0)
        assert memory < 150


def test_many_posts_are_read_in_little_memory(tmp_path: Path) -> None:
    large_export(tmp_path, 8 << 20)
    told, posts, memory = _read_apart(tmp_path)
    assert told == "read"
    assert posts > 10_000
    assert memory < 150


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_gigabytes_are_read_in_the_same_memory(tmp_path: Path) -> None:
    large_export(tmp_path, 1 << 30)
    told, posts, memory = _read_apart(tmp_path)
    assert told == "read"
    assert posts > 1_000_000
    assert memory < 200


def test_numbers_spread_over_all_that_there_are_take_no_more_memory(tmp_path: Path) -> None:
    spread = b",".join(
        b'{"id":%d,"type":"message","date_unixtime":"1700000000"}' % (n * 4096 + 1) for n in range(80_000)
    )
    export(tmp_path, b'{"type":"public_channel","id":5,"messages":[' + spread + b"]}")
    told, posts, memory = _read_apart(tmp_path)
    assert (told, posts) == ("read", 80_000)
    assert memory < 200


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(st.data())
def test_an_export_with_bytes_changed_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    changed = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.sampled_from(b'"\\{}[],:x0\xff\n'))
    try:
        _read(export(tmp_path, bytes(changed)))
    except LineageSourceError:
        return
