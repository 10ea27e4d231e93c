"""Folders and patterns are listed as Python's own glob lists them, without walking in circles."""

import glob
import os
from pathlib import Path

import pytest

from notcontent.errors import SourceError
from notcontent.scan.sources import SourceKind, fixed_part, parse_source
from notcontent.scan.walk import walk

NAMES = [
    "a.jpg",
    "b.JPG",
    "c.png",
    ".hidden.jpg",
    "x/a.jpg",
    "x/y/a.jpg",
    "x/y/b1.jpg",
    "x/y/b2.jpg",
    "x[1]/q.jpg",
    "é/ü.jpg",
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in NAMES:
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "tree"


def listed(pattern: str) -> list[str]:
    return sorted(os.fsdecode(each.path) for each in walk(parse_source(pattern)))


@pytest.mark.parametrize(
    "pattern",
    ["*.jpg", "*", "**/*.jpg", "**", "x/**", "*/a.jpg", "x/*/b?.jpg", "x/y/b[12].jpg", "x/y/b[!1].jpg", "**/[ab]*.*",
     "*/y/*", "**/y/**/*.jpg", "x[[]1]/*", "?/?.jpg", "**/b[0-9].jpg", "[", "x/y/[^b]*", "x/*.[jp][pn]g",
     "a.*jpg", "x/y/b[!2-9].jpg", "x/./a.jpg"],
)  # fmt: skip
def test_a_pattern_lists_what_glob_lists(tree: Path, pattern: str) -> None:
    full = f"{glob.escape(str(tree))}/{pattern}"
    paths = glob.glob(full, recursive=True, include_hidden=True)  # noqa: PTH207 - the oracle
    expected = sorted(os.path.normpath(path) for path in paths if not Path(path).is_dir())
    assert listed(full) == expected


def test_a_folder_lists_every_file_below_it(tree: Path) -> None:
    assert listed(str(tree)) == sorted(str(tree / name) for name in NAMES)


def test_links_to_folders_inside_are_not_walked_twice_or_in_circles(tree: Path) -> None:
    (tree / "x" / "up").symlink_to("..")
    (tree / "again").symlink_to("x")
    assert listed(str(tree)) == sorted(str(tree / name) for name in NAMES)


def test_a_name_that_exists_is_no_pattern(tree: Path) -> None:
    assert listed(f"{tree}/x[1]") == [f"{tree}/x[1]/q.jpg"]


def test_a_pattern_begins_at_its_last_fixed_folder() -> None:
    assert fixed_part("/a/b/*.jpg") == "/a/b"
    assert fixed_part("/a/*/c/d.jpg") == "/a"
    assert fixed_part("/*") == "/"


def test_kinds_of_sources(tree: Path) -> None:
    (tree / "list.CSV").touch()
    local = {".": "folder", "a.jpg": "file", "list.CSV": "list", "*.csv": "list", "*.jpg": "glob"}
    for name, kind in local.items():
        assert parse_source(f"{tree}/{name}").kind is SourceKind(kind)
    assert parse_source("s3://a/b").kind is SourceKind.STORE
    assert parse_source("s3://a/b.parquet").kind is SourceKind.LIST


def test_a_folder_that_cannot_be_read_is_listed_with_its_error(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refusing(folder: bytes) -> "os._ScandirIterator[bytes]":
        if folder.endswith(b"/y"):
            raise PermissionError
        return scandir(folder)

    monkeypatch.setattr("notcontent.scan.walk.os.scandir", refusing)
    found = {os.fsdecode(each.path): each.error for each in walk(parse_source(str(tree)))}
    assert found[f"{tree}/x/y"] == "file_unreadable"
    assert f"{tree}/x/a.jpg" in found


@pytest.mark.parametrize(
    "text", ["s3://", "http://a/b", "s3://user:key@bucket/x", "s3://a/b?c", "none", "none/*", "a\0b"]
)
def test_what_cannot_be_scanned_is_refused(text: str) -> None:
    with pytest.raises(SourceError):
        parse_source(text)
