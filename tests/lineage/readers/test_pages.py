"""A saved page says how a channel is called, its number, how many follow it and when; never that it is gone."""

import os
import time
import zipfile
from pathlib import Path

import pytest
from lineage.readers.page_html import (
    MARKER,
    NOW,
    NUMBER,
    SERVED,
    doorstep,
    header,
    message,
    page,
    read,
    saved,
    view,
)

from notcontent.lineage.gathering import gather
from notcontent.lineage.observations import ABOUT, Fact, FactKind, Handle, HandleKind, Link, Post, SameChannel
from notcontent.lineage.readers.pages import SavedPages
from notcontent.lineage.report import Report, Skipped

CHANNEL = Handle(HandleKind.USERNAME, "a_channel")
DATE = '<a class="tgme_widget_message_date"><time datetime="2025-11-20T10:00:00+00:00"></time></a>'
POSTED = 1_763_632_800  # 2025-11-20 10:00 UTC
SAVED = (
    "<!--\n Page saved with SingleFile \n url: https://t.me/s/a_channel \n"
    " saved date: Sat Nov 22 2025 12:00:00 GMT+0200 (Eastern European Standard Time)\n-->"
)
SAVED_AT = 1_763_805_600


def facts(path: Path, kind: FactKind, report: Report | None = None) -> list[tuple[str, int]]:
    return [(found.value, found.time) for found in read(path, report) if isinstance(found, Fact) and found.kind is kind]


def test_a_preview_gives_its_posts_number_title_members_and_that_it_was_alive(tmp_path: Path) -> None:
    path = saved(tmp_path, page(message("A_Channel/7", text="Hello")))
    assert read(path) == [
        Post(CHANNEL, 7, POSTED),
        SameChannel(Handle(HandleKind.NUMBER, str(NUMBER)), CHANNEL),
        Fact(CHANNEL, FactKind.ALIVE, "", SERVED),
        Fact(CHANNEL, FactKind.KIND, "public_channel", SERVED),
        Fact(CHANNEL, FactKind.TITLE, "A channel", SERVED),
        Fact(CHANNEL, FactKind.MEMBERS, "12300", SERVED),
    ]


@pytest.mark.parametrize(
    "shown",
    [
        *("", "%%%", "e30", "W10", "bnVsbA", "W1tbW1tb" * 60, view("x", "y"), view([1], {"a": 1}), view(5, -5)),
        view(-(10**30), 10**30),
    ],
)
def test_a_message_whose_view_is_not_as_expected_joins_nothing_and_dates_nothing(tmp_path: Path, shown: str) -> None:
    path = saved(tmp_path, page(message("a_channel/7", data_view=shown)))
    assert not any(isinstance(found, SameChannel) for found in read(path))
    assert facts(path, FactKind.ALIVE) == [("", POSTED)]


def test_a_name_is_not_joined_to_two_numbers(tmp_path: Path) -> None:
    report = Report()
    path = saved(tmp_path, page(message("a_channel/7"), message("a_channel/8", data_view=view(-5))))
    assert not any(isinstance(found, SameChannel) for found in read(path, report))
    assert report.skipped == {Skipped.BAD_CHANNEL: 1}


def test_without_the_servers_time_the_one_that_the_saving_program_wrote_counts(tmp_path: Path) -> None:
    path = saved(tmp_path, page(message("a_channel/7", data_view="x"), comment=SAVED))
    assert facts(path, FactKind.ALIVE) == [("", SAVED_AT)]
    assert facts(path, FactKind.TITLE) == [("A channel", SAVED_AT)]


def test_a_files_time_dates_the_title_and_never_that_the_channel_was_alive(tmp_path: Path) -> None:
    path = saved(tmp_path, page(message("a_channel/7", data_view="x")))
    os.utime(path, (NOW - 50, NOW - 50))
    assert facts(path, FactKind.TITLE) == [("A channel", NOW - 50)]
    assert facts(path, FactKind.ALIVE) == [("", POSTED)]


@pytest.mark.parametrize(("changed", "seen"), [(NOW + 10**6, NOW), (0, POSTED), (POSTED - 5, POSTED)])
def test_a_files_time_is_never_after_now_nor_before_the_newest_post(tmp_path: Path, changed: int, seen: int) -> None:
    path = saved(tmp_path, page(message("a_channel/7", data_view="x")))
    os.utime(path, (changed, changed))
    assert facts(path, FactKind.TITLE) == [("A channel", seen)]


def test_a_member_of_a_zip_is_dated_by_the_zips_list(tmp_path: Path) -> None:
    path = tmp_path / "pages.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            zipfile.ZipInfo("1.html", (2025, 11, 23, 0, 0, 0)), page(message("a_channel/7", data_view="x"))
        )
    assert facts(path, FactKind.MEMBERS) == [("12300", 1_763_856_000)]


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        ("2025-11-20T10:00:00", Skipped.BAD_TIME),
        ("2013-01-01T00:00:00+00:00", Skipped.BAD_TIME),
        ("9999-12-31T23:59:59+00:00", Skipped.BAD_TIME),
        ("-5", Skipped.BAD_TIME),
        ("", Skipped.BAD_TIME),
    ],
)
def test_a_post_without_a_possible_time_is_left_out(tmp_path: Path, shown: str, why: Skipped) -> None:
    report = Report()
    path = saved(tmp_path, page(message("a_channel/7"), message("a_channel/8", time=shown)))
    assert [found.number for found in read(path, report) if isinstance(found, Post)] == [7]
    assert report.skipped == {why: 1}


@pytest.mark.parametrize("post", ["a_channel/0", "a_channel/-3", "a_channel/9999999999", "7", "c/5/7", "a b/7", "ab/7"])
def test_a_post_without_a_possible_number_or_name_is_left_out(tmp_path: Path, post: str) -> None:
    report = Report()
    path = saved(tmp_path, page(message("a_channel/7"), message(post)))
    assert [found.number for found in read(path, report) if isinstance(found, Post)] == [7]
    assert report.skipped == {Skipped.BAD_NUMBER: 1}


def test_a_number_twice_on_a_page_counts_once(tmp_path: Path) -> None:
    report = Report()
    path = saved(tmp_path, page(message("a_channel/7", views="5"), message("a_channel/7", views="6")))
    assert [found.views for found in read(path, report) if isinstance(found, Post)] == [5]
    assert report.skipped == {Skipped.DUPLICATE: 1}


def test_telegrams_own_messages_are_facts_and_no_posts(tmp_path: Path) -> None:
    said = [
        "Channel created",
        "Channel name was changed to «<b>New</b>\n name»",
        "Channel photo updated",
        "A pinned «x»",
    ]
    messages = [message(f"a_channel/{n}", text=text, cls="service_message") for n, text in enumerate(said, 1)]
    path = saved(tmp_path, page(*messages, head=""))
    assert not any(isinstance(found, Post) for found in read(path))
    assert facts(path, FactKind.CREATED) == [("", POSTED)]
    assert facts(path, FactKind.TITLE) == [("New name", POSTED)]


def test_a_post_that_says_what_telegram_says_is_a_post(tmp_path: Path) -> None:
    path = saved(tmp_path, page(message("a_channel/1", text="Channel created"), head=""))
    assert facts(path, FactKind.CREATED) == []


def test_a_title_is_kept_without_the_signs_that_turn_what_stands_beside_it(tmp_path: Path) -> None:
    path = saved(tmp_path, page(message("a_channel/7"), head=header(title="ש\u202eevil\u202c\u2066\x07 \n \u202ename")))
    assert facts(path, FactKind.TITLE) == [("שevil name", SERVED)]


def test_channels_named_alike_stay_apart(tmp_path: Path) -> None:
    report = Report()
    saved(
        tmp_path,
        page(message("a_channe1/7", data_view=view(-1)), head=header("a_channe1", title="А channel")),
        "1.html",
    )
    saved(
        tmp_path,
        page(message("a_channel/7", data_view=view(-2)), head=header("a_channel", title="A channel")),
        "2.html",
    )
    saved(tmp_path, page(message("а_channel/7"), head=""), "3.html")  # a Cyrillic letter: no name that Telegram gives
    found = read(tmp_path, report)
    assert {post.channel.value for post in found if isinstance(post, Post)} == {"a_channe1", "a_channel"}
    assert (
        len({MARKER.title(fact.value) for fact in found if isinstance(fact, Fact) and fact.kind is FactKind.TITLE}) == 2
    )
    assert report.skipped == {Skipped.BAD_NUMBER: 1, Skipped.BAD_PAGE: 1}


def test_a_description_is_kept_for_where_it_points_and_is_no_post(tmp_path: Path) -> None:
    words = '@a_channel, reserve: <a href="https://t.me/+AbCdEfGhIjKl">here</a>'
    path = saved(tmp_path, page(message("a_channel/7"), head=header(about=words)))
    spare = Link(Handle(HandleKind.INVITE, "AbCdEfGhIjKl"))
    found = [one for one in read(path) if isinstance(one, Post)]
    assert [(one.number, one.time) for one in found] == [(7, POSTED), (ABOUT, SERVED)]
    assert found[1].links == (spare,)
    channels = gather(read(path), MARKER).channels
    assert [(one.posts, one.last_post) for one in channels] == [(1, POSTED)]


def test_a_header_of_another_channel_describes_nothing(tmp_path: Path) -> None:
    path = saved(tmp_path, page(message("a_channel/7"), head=header("another_one")))
    assert facts(path, FactKind.TITLE) == facts(path, FactKind.MEMBERS) == []


@pytest.mark.parametrize(
    ("shown", "members"),
    [
        ("12.3K", "12300"),
        ("3.45M", "3450000"),
        ("1 204", "1204"),
        ("7", "7"),
        ("12,5", "125"),
        ("many", None),
        ("-5", None),
    ],
)
def test_rounded_counts_are_read(tmp_path: Path, shown: str, members: str | None) -> None:
    path = saved(tmp_path, page(message("a_channel/7"), head=header(subscribers=shown)))
    assert facts(path, FactKind.MEMBERS) == ([(members, SERVED)] if members else [])


def test_a_page_without_a_preview_says_so_and_never_that_the_channel_is_gone(tmp_path: Path) -> None:
    path = saved(tmp_path, doorstep("1\u202f204 subscribers"))
    os.utime(path, (NOW - 9, NOW - 9))
    assert read(path) == [
        Fact(CHANNEL, FactKind.TITLE, "A", NOW - 9),
        Fact(CHANNEL, FactKind.MEMBERS, "1204", NOW - 9),
        Fact(CHANNEL, FactKind.PREVIEW_UNAVAILABLE, "", NOW - 9),
    ]


def test_a_page_that_leads_to_a_preview_does_not_say_that_there_is_none(tmp_path: Path) -> None:
    path = saved(tmp_path, doorstep("1 204 subscribers", preview=True))
    assert facts(path, FactKind.PREVIEW_UNAVAILABLE) == []
    assert len(facts(path, FactKind.MEMBERS)) == 1


def test_a_page_of_an_invitation_names_the_group_by_it(tmp_path: Path) -> None:
    path = saved(tmp_path, doorstep("56 members, 3 online", button="tg://join?invite=AbCdEfGhIjKlMnOp"))
    assert [(found.channel, found.value) for found in read(path) if isinstance(found, Fact)] == [
        (Handle(HandleKind.INVITE, "AbCdEfGhIjKlMnOp"), "A"),
        (Handle(HandleKind.INVITE, "AbCdEfGhIjKlMnOp"), "56"),
    ]


@pytest.mark.parametrize("extra", ["@ada_example", "", "1 204 monthly users", "last seen recently"])
def test_a_persons_or_bots_page_is_not_read(tmp_path: Path, extra: str) -> None:
    saved(tmp_path, page(message("a_channel/7")), "1.html")
    saved(tmp_path, doorstep(extra, title="Ada Example"), "2.html")
    report = Report()
    assert "Ada Example" not in repr(read(tmp_path, report))
    assert report.skipped == {Skipped.BAD_PAGE: 1}


def test_no_page_makes_a_channel_removed_or_restricted(tmp_path: Path) -> None:
    words = "This channel can't be displayed because it violated Telegram's Terms of Service."
    saved(tmp_path, page(message("a_channel/7", text=words)), "1.html")
    saved(tmp_path, doorstep("5 subscribers", title=words), "2.html")
    kinds = {found.kind for found in read(tmp_path) if isinstance(found, Fact)}
    assert not kinds & {FactKind.REMOVED, FactKind.RESTRICTED}


def test_scripts_are_neither_run_nor_read(tmp_path: Path) -> None:
    script = f"<script>document.write('{message('a_channel/8')}')</script>"
    image = "<img src=x onerror=\"fetch('https://t.me')\">"
    path = saved(tmp_path, page(message("a_channel/7", script + image, text=script)))
    assert [found.number for found in read(path) if isinstance(found, Post)] == [7]


def test_progress_is_told_in_bytes(tmp_path: Path) -> None:
    data = [page(message(f"a_channel/{number}")) for number in (7, 8)]
    for number, one in enumerate(data):
        saved(tmp_path, one, f"{number}.html")
    told: list[int] = []
    report = Report()
    list(SavedPages(tmp_path, MARKER, report, now=NOW, progress=told.append))
    assert told == [len(data[0]), len(data[0]) + len(data[1])]
    assert report.bytes_read == told[-1]


def test_a_message_inside_a_message_is_left_out_with_its_words_and_links(tmp_path: Path) -> None:
    inner = message("a_channel/8", message("a_channel/9"), text='x <a href="https://t.me/+AbCdEfGhIjKlMnOp">join</a>')
    report = Report()
    path = saved(tmp_path, page(message("a_channel/7", inner), message("a_channel/10")))
    assert [found for found in read(path, report) if isinstance(found, Post)] == [
        Post(CHANNEL, 7, POSTED),
        Post(CHANNEL, 10, POSTED),
    ]
    assert report.skipped == {Skipped.BAD_MESSAGE: 1}


@pytest.mark.parametrize(
    "opening",
    [
        f'<div class="tgme_widget_message" data-post="a_channel/{{}}">{DATE}',
        '<a class="tgme_widget_message_video_player">',
        '<div class="tgme_widget_message_document_wrap">',
    ],
)
def test_elements_inside_each_other_cost_no_more_than_beside_each_other(tmp_path: Path, opening: str) -> None:
    nested = "".join(opening.format(number) for number in range(10, 400)) + "<br>" * 60_000
    path = saved(tmp_path, page(message("a_channel/7"), message("a_channel/8", nested)))
    began = time.process_time()
    assert len([found for found in read(path) if isinstance(found, Post)]) in (1, 2)
    assert time.process_time() - began < 2


def test_the_box_of_a_channel_is_read_once_however_many_names_the_messages_have(tmp_path: Path) -> None:
    nameless = header().replace("tgme_channel_info_header_username", "x")
    one = saved(tmp_path, page(message("a_channel/7"), head=nameless), "1.html")
    assert facts(one, FactKind.TITLE) == [("A channel", SERVED)]
    two = saved(tmp_path, page(message("a_channel/7"), message("b_channel/7"), head=nameless), "2.html")
    assert facts(two, FactKind.TITLE) == []
    three = saved(tmp_path, page(message("a_channel/7"), message("b_channel/7")), "3.html")
    assert facts(three, FactKind.TITLE) == [("A channel", SERVED)]
