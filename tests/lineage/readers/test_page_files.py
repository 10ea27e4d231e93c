"""Pages are found in files, folders and archives; nothing else is read, and bombs are not inflated."""

import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from lineage.readers.page_html import NUMBER, message, page, read, saved

from notcontent.errors import LineageDepthError, LineageSizeError, LineageSourceError
from notcontent.lineage.observations import Post, SameChannel
from notcontent.lineage.readers import markup, page_files
from notcontent.lineage.readers.markup import LARGEST_PAGE, Taken, read_markup
from notcontent.lineage.report import Report, Skipped

ONE = page(message("a_channel/1", text="one"))
TWO = page(message("a_channel/2", text="two"))


def zipped(path: Path, members: dict[str, bytes], *, kind: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def numbers(path: Path, report: Report | None = None) -> list[int]:
    return [found.number for found in read(path, report) if isinstance(found, Post)]


def test_a_folder_is_read_with_its_folders_by_the_order_of_names(tmp_path: Path) -> None:
    saved(tmp_path, TWO, "b/2.HTM")
    saved(tmp_path, ONE, "a.html")
    saved(tmp_path, b"window.alert(1)", "a_files/x.js")
    report = Report()
    assert numbers(tmp_path, report) == [1, 2]
    assert report.bytes_read == len(ONE) + len(TWO)
    assert not report.skipped


def test_exports_and_lists_beside_pages_are_counted_and_not_read(tmp_path: Path) -> None:
    saved(tmp_path, ONE, "pages/1.html")
    saved(tmp_path, b"{}", "exports/result.json")
    saved(tmp_path, b"channel,time,fact\n", "channels.csv")
    report = Report()
    assert numbers(tmp_path, report) == [1]
    assert report.skipped == {Skipped.OTHER_SOURCE: 2}


def test_a_zip_is_read_like_a_folder(tmp_path: Path) -> None:
    path = zipped(tmp_path / "pages.zip", {"x/2.html": TWO, "1.html": ONE, "x/": b"", "y.css": b"a{}"})
    assert numbers(path) == [1, 2]


def test_a_link_inside_a_folder_is_not_followed(tmp_path: Path) -> None:
    saved(tmp_path, ONE, "in/1.html")
    outside = saved(tmp_path, TWO, "out/2.html")
    (tmp_path / "in" / "2.html").symlink_to(outside)
    (tmp_path / "in" / "folder").symlink_to(outside.parent)
    report = Report()
    assert numbers(tmp_path / "in", report) == [1]
    assert report.skipped == {Skipped.MEDIA_OUTSIDE: 1}


def test_a_pipe_among_pages_is_passed_over_and_alone_is_refused(tmp_path: Path) -> None:
    saved(tmp_path, ONE, "1.html")
    os.mkfifo(tmp_path / "2.html")
    report = Report()
    assert numbers(tmp_path, report) == [1]
    assert report.skipped == {Skipped.BAD_PAGE: 1}
    with pytest.raises(LineageSourceError):
        read(tmp_path / "2.html")


def test_names_in_a_zip_lead_nowhere(tmp_path: Path) -> None:
    names = ["../../escaped.html", "/etc/escaped.html", "C:\\escaped.html", "\u202elmth.html", "a/" * 2_000 + "x.html"]
    path = zipped(tmp_path / "pages.zip", dict.fromkeys(names, ONE))
    assert len(numbers(path)) == len(names)
    assert sorted(tmp_path.rglob("*")) == [path]


def test_a_bomb_is_refused_before_it_is_inflated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "bomb.zip", {"1.html": ONE, "bomb.html": bytes(LARGEST_PAGE)})
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("something was inflated"))
    with pytest.raises(LineageSizeError):
        read(path)


def test_a_bomb_of_many_small_members_is_refused_before_it_is_inflated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped(tmp_path / "bomb.zip", {f"{number}.html": b"<br>" * 250_000 for number in range(17)})
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("something was inflated"))
    with pytest.raises(LineageSizeError):
        read(path)


def test_more_tags_and_attributes_than_can_be_read_are_refused_over_all_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(tmp_path, ONE, "1.html")
    saved(tmp_path, TWO, "2.html")
    signs = Taken()
    read_markup(ONE, signs)
    monkeypatch.setattr(markup, "MOST_SIGNS", 2 * signs.signs)
    assert numbers(tmp_path) == [1, 2]
    saved(tmp_path, b"<p " + b"a " * signs.signs + b">" + b"<div>" * 600, "0.html")  # too deep: it counts, too
    with pytest.raises(LineageSizeError):
        read(tmp_path)


def test_a_bomb_of_members_that_share_their_bytes_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "bomb.zip", {f"{number}.html": os.urandom(5_000) for number in range(4)}, kind=0)
    data = bytearray(path.read_bytes())
    at = -1
    while (at := data.find(b"PK\x01\x02", at + 1)) >= 0:  # every entry of the list points to the first file
        data[at + 20 : at + 28] = struct.pack("<II", 15_000, 15_000)
        data[at + 42 : at + 46] = bytes(4)
    path.write_bytes(data)
    with pytest.raises(LineageSizeError):
        read(path)


def test_a_bomb_that_lies_about_its_size_inflates_to_what_it_says_at_most(tmp_path: Path) -> None:
    path = zipped(tmp_path / "bomb.zip", {"1.html": ONE, "2.html": bytes(10_000_000)})
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 1_000)
    path.write_bytes(data)
    report = Report()
    assert numbers(path, report) == [1]
    assert report.skipped == {Skipped.BAD_PAGE: 1}
    assert report.bytes_read <= len(ONE) + 1_000


def test_a_list_of_files_longer_than_any_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "many.zip", {f"{number}.css": b"" for number in range(500)})
    monkeypatch.setattr(page_files, "_LARGEST_DIRECTORY", 10_000)
    monkeypatch.setattr(page_files, "LARGEST_PAGE", 10_000)
    with pytest.raises(LineageSizeError):
        read(path)


def test_more_pages_than_can_be_read_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_files, "MOST_PAGES", 1)
    saved(tmp_path, ONE, "in/1.html")
    saved(tmp_path, TWO, "in/2.html")
    for path in (tmp_path / "in", zipped(tmp_path / "pages.zip", {"1.html": ONE, "2.html": TWO})):
        with pytest.raises(LineageSizeError):
            read(path)


def test_members_that_are_locked_nested_or_links_are_passed_over(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"2.html": TWO}).read_bytes()
    path = tmp_path / "pages.zip"
    link = zipfile.ZipInfo("link.html")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("locked.html", TWO)  # the first, in the file and in its list
        for name, data in {"1.html": ONE, "inner.zip": inner, "inner.html": inner}.items():
            archive.writestr(name, data)
        archive.writestr(link, "/etc/passwd")
    written = bytearray(path.read_bytes())
    written[6] |= 1
    written[written.rfind(b"PK\x01\x02", 0, written.rfind(b"locked.html")) + 8] |= 1
    path.write_bytes(written)
    report = Report()
    assert numbers(path, report) == [1]
    assert report.skipped == {Skipped.BAD_PAGE: 2, Skipped.MEDIA_OUTSIDE: 1}


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-30], lambda data: data[:4] + b"\xff" * 400, lambda _: b"PK\x05\x06"]
)
def test_a_damaged_zip_is_refused(tmp_path: Path, damage: "type[bytes]") -> None:
    path = zipped(tmp_path / "pages.zip", {"1.html": ONE})
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(LineageSourceError):
        read(path)


def test_one_page_too_large_or_too_deep_is_an_error_alone_and_a_line_in_the_report_among_others(tmp_path: Path) -> None:
    saved(tmp_path, ONE, "1.html")
    deep = saved(tmp_path, b"<html>" + b"<div>" * 100_000, "deep.html")
    large = saved(tmp_path, b"<html>" + b" " * LARGEST_PAGE, "large.html")
    report = Report()
    assert numbers(tmp_path, report) == [1]
    assert report.skipped == {Skipped.TOO_DEEP: 1, Skipped.TOO_LARGE: 1}
    with pytest.raises(LineageDepthError):
        read(deep)
    with pytest.raises(LineageSizeError):
        read(large)


@pytest.mark.parametrize("data", [b"", b"<html><body>Hello", b"\x89PNG", "<p>t.me/a_channel".encode("utf-16")])
def test_a_source_without_a_page_of_a_channel_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(LineageSourceError):
        read(saved(tmp_path, data))


def test_a_missing_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LineageSourceError):
        read(tmp_path / "none.html")


def test_a_folder_of_one_page_and_its_file_say_the_same(tmp_path: Path) -> None:
    path = saved(tmp_path, ONE, "1.html")
    assert read(path) == read(tmp_path)
    assert any(isinstance(found, SameChannel) and found.one.value == str(NUMBER) for found in read(path))
