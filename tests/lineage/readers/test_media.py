"""Media mode: what is hashed, and that nothing outside of the folder is ever opened. All pictures are drawn."""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from film_files import draw_clip, film
from lineage.readers.export_files import NOW, chat, export, message
from picture_files import drawn, png_bomb, saved

from notcontent.lineage.marks import Marker
from notcontent.lineage.observations import Post
from notcontent.lineage.readers.media import MediaReader
from notcontent.lineage.readers.telegram import TelegramExport
from notcontent.lineage.report import Report, Skipped
from notcontent.signals import hash_image

PHOTO = "photos/photo_1@01-01-2024_00-00-00.jpg"
MISSING = "(File not included. Change data exporting settings to download.)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An export's folder, beside a file that must never be opened."""
    (tmp_path / "outside.jpg").write_bytes(saved(drawn(99), "JPEG"))
    inside = tmp_path / "export"
    (inside / "photos").mkdir(parents=True)
    (inside / PHOTO).write_bytes(saved(drawn(1), "JPEG"))
    return inside


@pytest.fixture
def report() -> Report:
    return Report()


@pytest.fixture
def reader(folder: Path, report: Report) -> Iterator[MediaReader]:
    with MediaReader(folder, report) as opened:
        yield opened


def test_a_photo_gives_the_hash_that_signals_gives(folder: Path, reader: MediaReader, report: Report) -> None:
    (found,) = reader.hashes(5, 1, [PHOTO])
    expected = hash_image((folder / PHOTO).read_bytes())
    assert (found.value, found.quality) == (expected.value, expected.quality)
    assert (report.media_hashed, report.skipped) == (1, {})
    assert expected.hex not in repr(found)


@pytest.mark.skipif(find_spec("av") is None, reason="needs the extra video")
def test_a_video_gives_its_first_frames_that_differ(folder: Path, report: Report) -> None:
    (folder / "video.mp4").write_bytes(film(draw_clip(3)))
    with MediaReader(folder, report, most_frames=3) as reader:
        found = reader.hashes(5, 1, ["video.mp4"])
    assert 1 < len(found) <= 3
    assert len({frame.value for frame in found}) == len(found)
    assert report.media_hashed == 1


def test_where_the_file_is_not_included_the_thumbnail_is_hashed(reader: MediaReader, report: Report) -> None:
    assert len(reader.hashes(5, 1, [MISSING, PHOTO])) == 1
    assert report.skipped == {}


@pytest.mark.parametrize(
    "path",
    [
        MISSING,
        "(File exceeds maximum size. Change data exporting settings to download.)",
        "(File unavailable, please try again later)",
        "A name.mp4 (File not included. Change data exporting settings to download.)",
        "photos/none.jpg",
        "none/none.jpg",
        "photos/\udcff.jpg",
    ],
)
def test_a_file_that_is_not_there_is_counted(reader: MediaReader, report: Report, path: str) -> None:
    assert reader.hashes(5, 1, [path]) == ()
    assert report.skipped == {Skipped.MEDIA_MISSING: 1}


@pytest.mark.parametrize(
    "path",
    [
        *(
            "../outside.jpg",
            "photos/../../outside.jpg",
            "/etc/passwd",
            "//etc/passwd",
            "",
            ".",
            "..",
            "photos",
            "photos/",
        ),
        *(
            "./" + PHOTO,
            "a\0b",
            "photos//x.jpg",
            "/".join(["a"] * 40),
            "link.jpg",
            "linked/photo_1@01-01-2024_00-00-00.jpg",
        ),
        *("linked_out/outside.jpg", "pipe", "link_to_device", PHOTO + "/x.jpg"),
    ],
)
def test_a_path_that_leads_out_or_through_a_link_is_counted_and_not_opened(
    folder: Path, reader: MediaReader, report: Report, path: str
) -> None:
    (folder / "link.jpg").symlink_to(folder.parent / "outside.jpg")
    (folder / "linked").symlink_to(folder / "photos")
    (folder / "linked_out").symlink_to(folder.parent)
    (folder / "link_to_device").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe")
    assert reader.hashes(5, 1, [path]) == ()
    assert report.skipped == {Skipped.MEDIA_OUTSIDE: 1}


@pytest.mark.parametrize("data", [b"", b"no picture", b"\xff\xd8\xff\xe0" + b"x" * 100, png_bomb(30_000)])
def test_a_file_that_is_no_picture_costs_its_own_line(
    folder: Path, reader: MediaReader, report: Report, data: bytes
) -> None:
    (folder / "bad.jpg").write_bytes(data)
    assert reader.hashes(5, 1, ["bad.jpg"]) == ()
    assert len(reader.hashes(5, 2, [PHOTO])) == 1
    assert report.skipped == {Skipped.MEDIA_UNREADABLE: 1}


def test_a_picture_that_takes_too_long_is_given_up(folder: Path, report: Report) -> None:
    (folder / "slow.png").write_bytes(png_bomb(8_000))
    with MediaReader(folder, report, picture_s=0.001) as reader:
        assert reader.hashes(5, 1, ["slow.png"]) == ()
    assert report.skipped == {Skipped.MEDIA_UNREADABLE: 1}


def test_what_was_hashed_before_is_not_opened_again(folder: Path, report: Report) -> None:
    with MediaReader(folder, report, skip=lambda channel, post: (channel, post) == (5, 1)) as reader:
        assert reader.hashes(5, 1, [PHOTO]) == ()
        assert len(reader.hashes(5, 2, [PHOTO])) == 1
    assert (report.media_hashed, report.skipped) == (1, {})


def test_an_export_is_read_with_its_media_only_where_a_reader_is_given(folder: Path, report: Report) -> None:
    value = chat(
        message(1, photo=PHOTO, width=160, height=120),
        message(2, photo=MISSING, width=160, height=120),
        message(3, file=PHOTO, media_type="sticker"),
        message(4, file=PHOTO, mime_type="image/jpeg"),
        message(5, file=PHOTO, mime_type="application/pdf"),
    )
    export(folder, value)
    marker = Marker(b"k" * 32)

    def counts(media: MediaReader | None) -> list[int]:
        found = TelegramExport(folder, marker, report, now=NOW, media=media)
        return [len(one.hashes) for one in found if isinstance(one, Post)]

    assert counts(None) == [0, 0, 0, 0, 0]
    with MediaReader(folder, report) as reader:
        assert counts(reader) == [1, 0, 0, 1, 0]
    assert report.skipped == {Skipped.MEDIA_MISSING: 1}


def _open_files() -> list[str]:
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


def test_nothing_is_left_open(folder: Path, report: Report) -> None:
    before = _open_files()
    with MediaReader(folder, report) as reader:
        for path in (PHOTO, "photos/none.jpg", "../outside.jpg", "photos"):
            reader.hashes(5, 1, [path])
    assert _open_files() == before
