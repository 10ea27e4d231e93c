"""A CSV list gives what an operator knows of channels; a row that says too little or too much is counted."""

import time
from pathlib import Path

import pytest
from lineage.readers.page_html import MARKER, NOW

from notcontent.errors import LineageSizeError, LineageSourceError
from notcontent.lineage.marks import MarkKind
from notcontent.lineage.observations import Fact, FactKind, Handle, HandleKind, Link, Observation, Post, SameChannel
from notcontent.lineage.readers import lists
from notcontent.lineage.readers.lists import ChannelList
from notcontent.lineage.readers.opening import LONGEST_LINE, open_file
from notcontent.lineage.report import Report, Skipped

HEADER = "channel,time,fact,value,post\n"
CHANNEL = Handle(HandleKind.USERNAME, "a_channel")
DAY = 1_763_596_800  # 2025-11-20


def read(folder: Path, text: str | bytes, report: Report | None = None) -> list[Observation]:
    path = folder / "list.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return list(ChannelList(path, MARKER, report or Report(), now=NOW))


@pytest.mark.parametrize(
    ("row", "observation"),
    [
        ("@A_Channel,2025-11-20,alive,,", Fact(CHANNEL, FactKind.ALIVE, "", DAY)),
        ("@a_channel,2025-11-20T01:00:00+01:00,Removed,,", Fact(CHANNEL, FactKind.REMOVED, "", DAY)),
        ("https://t.me/a_channel,2025-11-20,restricted,,", Fact(CHANNEL, FactKind.RESTRICTED, "", DAY)),
        ("t.me/s/a_channel,2025-11-20,preview_unavailable,,", Fact(CHANNEL, FactKind.PREVIEW_UNAVAILABLE, "", DAY)),
        ("tg://resolve?domain=a_channel,2025-11-20,created,,", Fact(CHANNEL, FactKind.CREATED, "", DAY)),
        ("a_channel.t.me,2025-11-20,reported,,", Fact(CHANNEL, FactKind.REPORTED, "", DAY)),
        ('@a_channel,2025-11-20,title,"One, ""two""\nthree",', Fact(CHANNEL, FactKind.TITLE, 'One, "two" three', DAY)),
        ("@a_channel,2025-11-20,members,12.3K,", Fact(CHANNEL, FactKind.MEMBERS, "12300", DAY)),
        ("n:1500000000,,same_as,@a_channel,", SameChannel(Handle(HandleKind.NUMBER, "1500000000"), CHANNEL)),
        (
            "@a_channel,2025-11-20,links_to,t.me/+AbCdEfGhIjKl,7",
            Post(CHANNEL, 7, DAY, links=(Link(Handle(HandleKind.INVITE, "AbCdEfGhIjKl")),)),
        ),
        (
            "+AbCdEfGhIjKl,2025-11-20,sighting,entry-1,7",
            Post(Handle(HandleKind.INVITE, "AbCdEfGhIjKl"), 7, DAY, (MARKER.mark(MarkKind.ENTRY, "entry-1"),)),
        ),
    ],
)
def test_each_fact_is_read(tmp_path: Path, row: str, observation: Observation) -> None:
    report = Report()
    assert read(tmp_path, HEADER + row, report) == [observation]
    assert not report.skipped


@pytest.mark.parametrize(
    "row",
    [
        *("a_channel,2025-11-20,alive,,", ",2025-11-20,alive,,", "n:-7,2025-11-20,alive,,", "@ab,2025-11-20,alive,,"),
        *("https://example.org/a,2025-11-20,alive,,", "t.me/a_channel/s/5,2025-11-20,alive,,"),
        *("@a_channel,,alive,,", "@a_channel,20 Nov,alive,,", "@a_channel,2025-11-31,alive,,"),
        *("@a_channel,2025-11-20T10:00:00,alive,,", "@a_channel,2099-01-01,alive,,", "@a_channel,2012-01-01,alive,,"),
        *("@a_channel,2025-11-20,dead,,", "@a_channel,2025-11-20,,,", "@a_channel,2025-11-20,alive,yes,"),
        *("@a_channel,2025-11-20,alive,,5", "@a_channel,2025-11-20,title,,", "@a_channel,2025-11-20,members,many,"),
        *("@a_channel,2025-11-20,members,-5,", "@a_channel,,same_as,nobody,", "@a_channel,,same_as,@b_channel,5"),
        *("@a_channel,2025-11-20,sighting,entry-1,", "@a_channel,2025-11-20,sighting,entry-1,0"),
        *("@a_channel,2025-11-20,sighting,entry-1,9999999999", "@a_channel,2025-11-20,sighting,a b,7"),
        *("@a_channel,2025-11-20,links_to,Ada,7", "@a_channel,2025-11-20", "@a_channel,2025-11-20,alive,,,more"),
        "x" * 3_000 + ",2025-11-20,alive,,",
    ],
)
def test_a_row_that_says_too_little_or_too_much_is_left_out_and_counted(tmp_path: Path, row: str) -> None:
    report = Report()
    found = read(tmp_path, f"{HEADER}{row}\n@a_channel,2025-11-20,alive,,\n", report)
    assert found == [Fact(CHANNEL, FactKind.ALIVE, "", DAY)]
    assert report.skipped == {Skipped.BAD_ROW: 1}
    assert report.rows == [2]  # named by its place, and by nothing of what stands in it


@pytest.mark.parametrize(
    "text",
    [
        "fact;channel;time\nalive;@a_channel;2025-11-20\n",
        "time\tfact\tchannel\r\n2025-11-20\talive\t@a_channel\r\n",
        '"Channel" , "TIME","fact",,\n\n"@a_channel","2025-11-20",alive,,\n,,,,\n',
        b"\xef\xbb\xbfchannel,time,fact\n@a_channel,2025-11-20,alive",
        "channel,time,fact\n@a_channel,2025-11-20,alive".encode("utf-16"),
        "channel,time,fact\r@a_channel,2025-11-20,alive\r",
    ],
)
def test_columns_come_in_any_order_with_any_of_three_delimiters_and_marks_of_encoding(
    tmp_path: Path, text: str | bytes
) -> None:
    report = Report()
    assert read(tmp_path, text, report) == [Fact(CHANNEL, FactKind.ALIVE, "", DAY)]
    assert not report.skipped


@pytest.mark.parametrize(
    "text",
    [
        *("", "\n", "@a_channel,2025-11-20,alive\n", "channel,time\n", "channel,time,fact,person\n"),
        *("channel,channel,time,fact\n", "channel|time|fact\n", "<html>", b"\xff\xfe", b"channel,time,fact\n\xe9"),
    ],
)
def test_a_file_that_does_not_name_its_columns_or_is_no_text_is_refused(tmp_path: Path, text: str | bytes) -> None:
    with pytest.raises(LineageSourceError):
        read(tmp_path, text)


def test_a_refusal_names_no_column_and_no_value_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(LineageSourceError) as refused:
        read(tmp_path, "channel,time,fact,canary\n@canary_name,2025-11-20,alive,x\n")
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("cell", ['=HYPERLINK(""x"")', "+1+1", "-2", "@SUM(A1)", "\tx", "a\0b", "\u202ex"])
def test_a_cell_that_a_spreadsheet_would_run_is_text(tmp_path: Path, cell: str) -> None:
    (found,) = read(tmp_path, f'{HEADER}@a_channel,2025-11-20,title,"{cell}",\n')
    assert isinstance(found, Fact)
    assert found.value == cell.replace('""', '"').replace("\0", "").replace("\u202e", "").strip()


@pytest.mark.parametrize(
    "text",
    [
        HEADER + "x" * (LONGEST_LINE + 1),
        "x" * (LONGEST_LINE + 1),
        HEADER + '@a_channel,2025-11-20,title,"' + "never closed\n" * 20_000,
    ],
)
def test_a_line_or_cell_without_end_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(LineageSizeError):
        read(tmp_path, text)


def test_a_line_of_a_gigabyte_is_not_read_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    with path.open("wb") as opened:
        opened.write(HEADER.encode())
        opened.truncate(2**30)  # a hole in the file: NULs without a new line
    began = time.process_time()
    with pytest.raises(LineageSizeError):
        list(ChannelList(path, MARKER, Report(), now=NOW))
    assert time.process_time() - began < 2


def test_progress_and_bytes_are_told(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(HEADER + "@a_channel,2025-11-20,alive,,\n" * 3)
    told: list[int] = []
    report = Report()
    list(ChannelList(path, MARKER, report, now=NOW, progress=told.append))
    assert told[-1] == report.bytes_read == path.stat().st_size
    assert told == sorted(told)


def test_the_documented_example_is_read_whole(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs/reference/lineage-sources.md").read_text(encoding="utf-8")
    example = page.partition("```csv\n")[2].partition("```")[0]
    report = Report()
    path = tmp_path / "list.csv"
    path.write_text(example)
    assert len(list(ChannelList(path, MARKER, report, now=1_796_000_000))) == example.count("\n") - 1 > 0
    assert not report.skipped


def test_a_source_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(LineageSourceError, match=r"^The source does not exist\.$"):
        open_file(tmp_path / "none.csv")


def test_a_list_without_a_good_row_among_its_first_is_given_up_and_one_with_is_not(tmp_path: Path) -> None:
    bad = "nobody,2025-11-20,alive,,\n" * lists.MOST_BAD
    report = Report()
    with pytest.raises(LineageSourceError, match=r"first 10,000 rows .* Line 2 is the first"):
        read(tmp_path, HEADER + bad + "@a_channel,2025-11-20,alive,,\n", report)
    report = Report()
    assert len(read(tmp_path, HEADER + "@a_channel,2025-11-20,alive,,\n" + bad, report)) == 1
    assert report.skipped == {Skipped.BAD_ROW: lists.MOST_BAD}


def test_a_short_list_of_nothing_but_bad_rows_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(LineageSourceError, match=r"^None of the list's rows .* Line 2 is the first\.$"):
        read(tmp_path, HEADER + "@a_channel,yesterday,removed,,\n,2026-01-01,removed,,\n")
    assert read(tmp_path, HEADER) == []
