"""A list of links gives what was reported and when; who reported it, and what else they said, is not kept."""

from pathlib import Path

import pytest
from lineage.readers.page_html import MARKER, NOW

from notcontent.errors import LineageSizeError, LineageSourceError
from notcontent.lineage.observations import Fact, FactKind, Handle, HandleKind, Observation
from notcontent.lineage.readers.opening import LONGEST_LINE
from notcontent.lineage.readers.reported import ReportedLinks, facts_in
from notcontent.lineage.report import Report, Skipped

DAY = 1_763_596_800  # 2025-11-20
UNFIT = {
    Skipped.LINK_ELSEWHERE: ("https://example.org", "www.example.org", "Example.org/page", "ftp://example.org/x"),
    Skipped.LINK_NO_CHAT: (
        *("t.me/+49301234567", "t.me/share/url?x", "https://T.me/addstickers/x", "tg://proxy?server=x", "t.me/ab"),
        *("www.telegram.me/", "http://telegram.dog/socks?port=1"),
    ),
    Skipped.BAD_LINK: ("Ada Example", "@" * 5_000, "Mr.Example", "t.media", "12345"),
}


def read(folder: Path, text: str | bytes, report: Report | None = None) -> list[Observation]:
    path = folder / "links.txt"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return list(ReportedLinks(path, MARKER, report or Report(), now=NOW))


@pytest.mark.parametrize(
    ("line", "handle", "reported"),
    [
        ("https://t.me/A_Channel", Handle(HandleKind.USERNAME, "a_channel"), NOW),
        ("@a_channel 2025-11-20", Handle(HandleKind.USERNAME, "a_channel"), DAY),
        ("t.me/a_channel/55 2025-11-20T02:00:00+02:00 x", Handle(HandleKind.USERNAME, "a_channel"), DAY),
        ("https://t.me/+AbCdEfGhIjKl\tI saw it", Handle(HandleKind.INVITE, "AbCdEfGhIjKl"), NOW),
        ("https://t.me/c/1500000000/4 2099-01-01", Handle(HandleKind.NUMBER, "1500000000"), NOW),
        ("n:1500000000", Handle(HandleKind.NUMBER, "1500000000"), NOW),
    ],
)
def test_a_line_gives_its_channel_and_when_it_was_reported(
    tmp_path: Path, line: str, handle: Handle, reported: int
) -> None:
    report = Report()
    assert read(tmp_path, f"# from the form\n\n{line}\r\n", report) == [Fact(handle, FactKind.REPORTED, "", reported)]
    assert not report.skipped


def test_a_line_that_names_no_chat_is_counted(tmp_path: Path) -> None:
    report = Report()
    lines = [line for each in UNFIT.values() for line in each]
    assert read(tmp_path, "\n".join([*lines, "@a_channel"]), report) != []
    assert report.skipped == {why: len(each) for why, each in UNFIT.items()}
    assert report.rows == list(range(1, len(lines) + 1))[:10]


def test_a_list_of_which_no_link_fits_is_refused_with_the_reasons_counted(tmp_path: Path) -> None:
    with pytest.raises(LineageSourceError) as refused:
        read(tmp_path, "https://example.org/x\nt.me/addstickers/x\nexample.org/y\n")
    assert str(refused.value) == (
        "None of the links leads to a channel or group. Left out: links to other sites than Telegram (2); links of"
        " Telegram that name no channel or group: stickers, proxies, telephone numbers (1)."
    )
    with pytest.raises(LineageSourceError, match="The list holds no link"):
        read(tmp_path, "# nothing yet\n")


def test_the_words_behind_a_link_are_not_kept(tmp_path: Path) -> None:
    report = Report()
    found = read(tmp_path, "@a_channel 2025-11-20 told me Ada Canary, +49 30 1234567, ada@canary.example", report)
    assert "canary" not in (repr(found) + repr(report)).lower()
    assert "30" not in repr(found).replace(str(DAY), "")


def test_a_field_of_a_form_is_read_like_a_file() -> None:
    report = Report()
    found = list(facts_in(iter(["@a_channel", "nothing"]), MARKER, report, NOW))
    assert found == [Fact(Handle(HandleKind.USERNAME, "a_channel"), FactKind.REPORTED, "", NOW)]
    assert report.skipped == {Skipped.BAD_LINK: 1}


@pytest.mark.parametrize("text", [b"\xff\xff\xff", "é".encode("latin-1")])
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(LineageSourceError):
        read(tmp_path, text)


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LineageSizeError):
        read(tmp_path, "@a_channel\n" + "x" * (LONGEST_LINE + 1))


def test_bytes_are_told(tmp_path: Path) -> None:
    path = tmp_path / "links.txt"
    path.write_text("@a_channel\n" * 3)
    told: list[int] = []
    report = Report()
    list(ReportedLinks(path, MARKER, report, now=NOW, progress=told.append))
    assert told[-1] == report.bytes_read == 33
