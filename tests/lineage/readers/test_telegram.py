"""Telegram Desktop's export: which chats are read, and what becomes of each message."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from lineage.readers.export_files import NOW, T0, chat, export, message, service, written

from notcontent.lineage.importing import counted
from notcontent.lineage.marks import Mark, Marker, MarkKind
from notcontent.lineage.observations import Fact, FactKind, Handle, HandleKind, Link, Observation, Post
from notcontent.lineage.readers.telegram import READ_KINDS, TelegramExport
from notcontent.lineage.report import Report, Skipped

MARKER = Marker(b"k" * 32)
CHANNEL = Handle(HandleKind.NUMBER, "1500000000")
LONG = "All that was here is now in the second archive, follow before it is gone"


def read(folder: Path, value: Any, report: Report | None = None, **options: Any) -> list[Observation]:
    """Read one export whole."""
    report = Report() if report is None else report
    return list(counted(TelegramExport(export(folder, value), MARKER, report, now=NOW, **options), report))


def posts(found: list[Observation]) -> list[Post]:
    return [one for one in found if isinstance(one, Post)]


def facts(found: list[Observation], kind: FactKind) -> list[Fact]:
    return [one for one in found if isinstance(one, Fact) and one.kind is kind]


def one_post(folder: Path, **fields: Any) -> Post:
    (post,) = posts(read(folder, chat(message(5, **fields))))
    return post


def kinds(post: Post) -> list[MarkKind]:
    return [mark.kind for mark in post.marks]


# --- chats ---------------------------------------------------------------------------------------------------------


def test_an_export_of_one_channel_gives_its_posts_then_its_title_and_kind(tmp_path: Path) -> None:
    report = Report()
    found = read(tmp_path, chat(message(1), message(7)), report)
    assert posts(found) == [Post(CHANNEL, 1, T0 + 1), Post(CHANNEL, 7, T0 + 7)]
    assert found[2:] == [
        Fact(CHANNEL, FactKind.TITLE, "A channel", T0 + 7),
        Fact(CHANNEL, FactKind.KIND, "public_channel", T0 + 7),
    ]
    assert (report.posts, report.channels, report.facts, report.skipped) == (2, 1, 2, {})
    assert report.bytes_read == (tmp_path / "result.json").stat().st_size


def test_a_full_export_gives_channels_and_groups_and_passes_over_what_is_between_people(tmp_path: Path) -> None:
    whole = {
        "about": "Here is the data you requested.",
        "personal_information": {"user_id": 5, "first_name": "Ann"},
        "contacts": {"about": "", "list": [{"user_id": 6, "phone_number": "+49 170"}]},
        "frequent_contacts": {"list": []},
        "sessions": {"list": []},
        "chats": {
            "about": "",
            "list": [
                chat(message(1), kind="personal_chat", number=7),
                chat(message(1), kind="public_channel", number=11),
                {"type": "saved_messages", "id": 5, "messages": [message(1)]},
                chat(message(1), kind="bot_chat", number=8),
                chat(message(1), kind="private_group", number=12),
            ],
        },
        "left_chats": {"about": "", "list": [chat(message(1), kind="private_supergroup", number=13)]},
    }
    report = Report()
    found = posts(read(tmp_path, whole, report))
    assert [post.channel.value for post in found] == ["11", "12", "13"]
    assert report.channels == 3
    assert report.skipped == {Skipped.PRIVATE_CHAT: 7}


@pytest.mark.parametrize("kind", ["personal_chat", "bot_chat", "saved_messages", "replies", "verify_codes", None, 5])
def test_other_chats_are_counted_and_not_decoded(tmp_path: Path, kind: object) -> None:
    report = Report()
    data = b'{"name":"Ann","type":%s,"id":7,"messages":[{"id":1,!!! not even JSON !!!}]}'
    value = {None: b"null", 5: b"5"}.get(kind, b'"%s"' % str(kind).encode())  # type: ignore[call-overload]
    assert read(tmp_path, data % value, report) == []
    assert report.skipped == {Skipped.PRIVATE_CHAT: 1}


@pytest.mark.parametrize("kind", sorted(READ_KINDS))
def test_channels_and_groups_are_read(tmp_path: Path, kind: str) -> None:
    assert len(posts(read(tmp_path, chat(message(1), kind=kind)))) == 1


@pytest.mark.parametrize("number", [1_500_000_000, 0x200000000 + 1_500_000_000, -1_001_500_000_000])
def test_a_channel_is_one_however_its_number_is_written(tmp_path: Path, number: int) -> None:
    assert posts(read(tmp_path, chat(message(1), number=number)))[0].channel == CHANNEL


@pytest.mark.parametrize("number", [0, -5, 2**63, 1.5, "1500000000", True, None])
def test_a_chat_without_a_sound_number_is_left_out(tmp_path: Path, number: Any) -> None:
    report = Report()
    assert read(tmp_path, chat(message(1), number=number), report) == []
    assert report.skipped == {Skipped.BAD_CHANNEL: 1}


@pytest.mark.parametrize("place", ["root", "list"])
def test_messages_before_their_chats_type_and_number_are_read_all_the_same(tmp_path: Path, place: str) -> None:
    turned = {"messages": [message(1), message(2)], "type": "public_channel", "name": "A channel", "id": 1_500_000_000}
    private = {"messages": [message(1)], "type": "personal_chat", "id": 5}
    value = turned if place == "root" else {"chats": {"list": [private, turned, chat(message(9), number=11)]}}
    found = read(tmp_path, value)
    assert [post.number for post in posts(found)] == ([1, 2] if place == "root" else [1, 2, 9])
    assert facts(found, FactKind.TITLE)[0] == Fact(CHANNEL, FactKind.TITLE, "A channel", T0 + 2)


def test_the_file_itself_may_be_named_and_its_form_does_not_matter(tmp_path: Path) -> None:
    folder = export(tmp_path, b"\xef\xbb\xbf" + b'{"name":null,"type":"public_channel","id":11,"messages":[\r\n]}\r\n')
    assert list(TelegramExport(folder / "result.json", MARKER, Report(), now=NOW)) == []


def test_a_title_loses_what_plays_tricks_and_keeps_its_letters(tmp_path: Path) -> None:
    value = chat(message(1)) | {"name": "ab\u202ecd\x0b  \u0645\u0631 🔥\x00#"}
    data = written(value).replace(b"#", rb"\ud83d" + b"\xff")
    assert facts(read(tmp_path, data), FactKind.TITLE)[0].value == "abcd \u0645\u0631 🔥\ufffd"


# --- messages ------------------------------------------------------------------------------------------------------


def test_control_characters_as_telegram_writes_them_are_read(tmp_path: Path) -> None:
    folder = export(tmp_path, chat(message(1, text=f"{LONG}\x0b \\x41", text_entities=[])))
    assert b"\\x0B" in (folder / "result.json").read_bytes()
    (post, *_facts) = list(TelegramExport(folder, MARKER, Report(), now=NOW))
    assert isinstance(post, Post)
    assert kinds(post) == [MarkKind.TEXT]


_TIMES: list[Any] = ["-5", "0", str(NOW + 86_401), "1e9", "", None, [], 1.5, "9" * 30]
_NUMBERS: list[Any] = [0, -999_999_990, 2**31, 10**30, "5", None, 1.0, True, {}]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        *[({"date_unixtime": time}, Skipped.BAD_TIME) for time in _TIMES],
        *[({"id": number}, Skipped.BAD_NUMBER) for number in _NUMBERS],
        *[
            ({key: 5}, Skipped.BAD_MESSAGE)
            for key in ("text", "photo", "file", "author", "forwarded_from", "action", "type")
        ],
        *[
            ({key: "x"}, Skipped.BAD_MESSAGE)
            for key in ("width", "height", "photo_file_size", "file_size", "text_entities")
        ],
        ({"type": "unsupported"}, Skipped.BAD_MESSAGE),
        ({"text": [{"type": 5}]}, Skipped.BAD_MESSAGE),
        ({"text_entities": [{"href": 5}]}, Skipped.BAD_MESSAGE),
        ({"inline_bot_buttons": [{"data": "t.me/x"}]}, Skipped.BAD_MESSAGE),
        ({"id": 1}, Skipped.DUPLICATE),
    ],
)
def test_a_message_that_is_not_sound_is_left_out_and_the_next_is_read(
    tmp_path: Path, change: dict[str, Any], why: Skipped
) -> None:
    report = Report()
    found = posts(read(tmp_path, chat(message(1), message(2) | change, message(3)), report))
    assert [post.number for post in found] == [1, 3]
    assert report.skipped == {why: 1}


def test_what_is_no_message_at_all_is_counted(tmp_path: Path) -> None:
    report = Report()
    value = b'{"type":"public_channel","id":11,"messages":[1, [], {"id":]}, "x", {"id":1,"id":\xff}, null]}'
    assert read(tmp_path, value.replace(b'{"id":]}', b'{"id":}'), report) == []
    assert report.skipped == {Skipped.BAD_MESSAGE: 6}


def test_a_channel_that_stands_twice_in_the_file_gives_each_post_once(tmp_path: Path) -> None:
    report = Report()
    whole = {"chats": {"list": [chat(message(1), message(2))]}, "left_chats": {"list": [chat(message(2), message(3))]}}
    assert [post.number for post in posts(read(tmp_path, whole, report))] == [1, 2, 3]
    assert report.skipped == {Skipped.DUPLICATE: 1}


def test_the_edges_of_time_and_number_are_in(tmp_path: Path) -> None:
    ends = [message(1, date_unixtime="1376438400"), message(2**31 - 1, date_unixtime=str(NOW + 86_400))]
    assert len(posts(read(tmp_path, chat(*ends)))) == 2


def test_a_date_without_a_zone_counts_only_where_the_zone_was_named(tmp_path: Path) -> None:
    old = message(1)
    del old["date_unixtime"]
    report = Report()
    assert posts(read(tmp_path, chat(old), report)) == []
    assert report.skipped == {Skipped.BAD_TIME: 1}
    (post,) = posts(read(tmp_path, chat(old), zone=ZoneInfo("Europe/Berlin")))
    assert post.time == T0 - 3600


# --- marks ---------------------------------------------------------------------------------------------------------


def test_a_photo_is_marked_by_its_size_and_an_unusual_one_by_its_shape(tmp_path: Path) -> None:
    photo = {"photo": "photos/photo_1@01-01-2024_00-00-00.jpg", "width": 717, "height": 933}
    assert one_post(tmp_path, **photo, photo_file_size=81_234).marks == (
        MARKER.mark(MarkKind.PHOTO, 717, 933, 81_234),
        MARKER.mark(MarkKind.PHOTO_SHAPE, 717, 933),
    )
    assert kinds(one_post(tmp_path, **photo)) == [MarkKind.PHOTO_SHAPE]
    assert kinds(one_post(tmp_path, **photo | {"width": 960, "height": 1280}, photo_file_size=5)) == [MarkKind.PHOTO]
    assert kinds(one_post(tmp_path, **photo | {"width": 1280, "height": 933})) == []
    assert kinds(one_post(tmp_path, photo="x.jpg")) == []


@pytest.mark.parametrize("kind", ["video_file", "animation", "video_message", None])
def test_a_video_is_marked_by_size_and_duration_and_by_its_shape(tmp_path: Path, kind: str | None) -> None:
    video = {"file": "(File not included. Change data exporting settings to download.)", "mime_type": "video/mp4"}
    video |= {"media_type": kind} if kind else {}
    more = {"file_size": 9_876_543, "duration_seconds": 61, "width": 640, "height": 360, "file_name": "video_1.mp4"}
    assert one_post(tmp_path, **video, **more).marks == (
        MARKER.mark(MarkKind.VIDEO, 9_876_543, 61),
        MARKER.mark(MarkKind.VIDEO_SHAPE, 61, 640, 360),
    )
    assert kinds(one_post(tmp_path, **video, **more | {"duration_seconds": 5})) == [MarkKind.VIDEO]


def test_a_document_is_marked_by_its_name_and_size(tmp_path: Path) -> None:
    paper = {"file": "files/Second archive (2).zip", "mime_type": "application/zip", "file_size": 5_000}
    assert one_post(tmp_path, **paper, file_name="Second archive.zip").marks == one_post(tmp_path, **paper).marks
    assert kinds(one_post(tmp_path, **paper)) == [MarkKind.FILE, MarkKind.FILE_NAME]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "IMG_20230101_120000.jpg",
            "video_2024-01-01_10-00-00.mp4",
            "photo_1@01-01-2024_00-00-00.jpg",
            "DSC00123.JPG",
            "1.mp4",
        ),
        *(
            "VID-20230101-WA0001.mp4",
            "Screenshot 2024-01-01 at 10.00.00.png",
            "550e8400-e29b-41d4-a716-446655440000.mp4",
        ),
        *(
            "5d41402abc4b2a76b9719d911017c592.jpg",
            "file_12.pdf",
            "AgADBQADqacxG3d8QVd9xYz.jpg",
            "RPReplay_Final1700000000.mp4",
        ),
        *("(File not included. Change data exporting settings to download.)", "", "   ", ".zip", "видео 12.mp4"),
    ],
)
def test_a_name_that_a_camera_or_a_program_made_is_no_mark(tmp_path: Path, name: str) -> None:
    assert kinds(one_post(tmp_path, file="(File not included. x)", file_name=name, file_size=5)) == []


def test_sounds_are_marked_and_stickers_are_not(tmp_path: Path) -> None:
    voice = {
        "file": "voice_messages/audio_1.ogg",
        "media_type": "voice_message",
        "duration_seconds": 12,
        "file_size": 30_000,
    }
    assert one_post(tmp_path, **voice).marks == (MARKER.mark(MarkKind.AUDIO, 12, 30_000),)
    sticker = {
        "file": "stickers/A fine sticker.webp",
        "media_type": "sticker",
        "width": 509,
        "height": 511,
        "file_size": 9,
    }
    assert one_post(tmp_path, **sticker).marks == ()


def test_the_text_is_the_same_from_its_entities_and_from_an_older_export(tmp_path: Path) -> None:
    newer = one_post(
        tmp_path,
        text="other",
        text_entities=[{"type": "bold", "text": LONG[:20]}, {"type": "plain", "text": LONG[20:]}],
    )
    older = one_post(tmp_path, text=[{"type": "bold", "text": LONG[:20]}, LONG[20:]])
    oldest = one_post(tmp_path, text=LONG)
    assert newer.marks == older.marks == oldest.marks != ()


def test_links_come_from_text_from_behind_words_and_from_buttons(tmp_path: Path) -> None:
    post = one_post(
        tmp_path,
        text_entities=[
            {"type": "plain", "text": "see t.me/+AbCdEfGhIjKlMnOp or "},
            {"type": "text_link", "text": "here", "href": "https://t.me/second/5"},
        ],
        inline_bot_buttons=[
            [{"type": "url", "text": "Join", "data": "https://t.me/+ZyXwVuTsRqPoNmLk"}],
            [{"type": "callback", "text": "t.me/+AbCdEfGhIjKlMnOp", "data": "AAEC"}, {"type": "url", "text": None}],
        ],
    )
    first = Handle(HandleKind.INVITE, "AbCdEfGhIjKlMnOp")
    assert post.links == (
        Link(first),
        Link(Handle(HandleKind.USERNAME, "second")),
        Link(Handle(HandleKind.INVITE, "ZyXwVuTsRqPoNmLk"), button=True),
        Link(first, button=True),
    )


def test_what_pays_counts_behind_a_word_too_and_a_signature_is_an_author(tmp_path: Path) -> None:
    hidden = [{"type": "text_link", "text": "support us", "href": "https://ko-fi.com/abc"}]
    assert one_post(tmp_path, text_entities=hidden, author="  Ann\u2003B. ").marks == (
        MARKER.mark(MarkKind.PAYMENT, "page", "ko-fi.com/abc"),
        MARKER.mark(MarkKind.AUTHOR, "ann b."),
    )
    assert one_post(tmp_path, author="ANN B.").marks == one_post(tmp_path, author="Ann B.").marks


# --- forwards ------------------------------------------------------------------------------------------------------


def test_a_forward_with_a_channels_number_names_it_and_tells_its_title_once(tmp_path: Path) -> None:
    report = Report()
    forward = {"forwarded_from": "The source", "forwarded_from_id": "channel1600000000"}
    found = read(tmp_path, chat(message(1, **forward), message(2, **forward)), report)
    source = Handle(HandleKind.NUMBER, "1600000000")
    assert [post.forward for post in posts(found)] == [source, source]
    assert facts(found, FactKind.TITLE)[:-1] == [Fact(source, FactKind.TITLE, "The source", T0 + 1)]
    assert report.skipped == {}


@pytest.mark.parametrize("number", ["user5", "chat7", "channel0", 5, "channelx", [], "channel" + "9" * 30])
def test_a_forward_from_a_person_or_from_nobody_knows_whom_is_dropped_and_counted(tmp_path: Path, number: Any) -> None:
    report = Report()
    (post,) = posts(read(tmp_path, chat(message(1, forwarded_from="Ann", forwarded_from_id=number)), report))
    assert post.forward is None
    assert report.skipped == {Skipped.PERSON: 1}


@pytest.mark.parametrize("key", ["forwarded_from", "saved_from"])
def test_a_forward_with_a_name_alone_becomes_a_digest(tmp_path: Path, key: str) -> None:
    report = Report()
    (post,) = posts(read(tmp_path, chat(message(1, **{key: "The  Source"})), report))
    assert post.forward == Handle(HandleKind.TITLE, MARKER.title("the source"))
    assert report.skipped == {Skipped.PERSON: 1}


@pytest.mark.parametrize(
    ("fields", "people"),
    [
        ({}, 0),
        ({"reactions": [{"type": "emoji", "count": 3, "emoji": "x"}]}, 0),
        ({"reactions": [{"type": "emoji", "count": 1, "recent": [{"from": "Ann", "from_id": "user5"}]}]}, 1),
        ({"from": "Ann", "from_id": "user5"}, 1),
        ({"from": "Ann", "from_id": 5}, 1),
        ({"from": None, "from_id": None}, 0),
        ({"from": "Ann", "from_id": None, "author": "Ann", "via_bot": "@bot"}, 3),
        ({"contact_information": {"first_name": "Ann"}, "members": ["Ann", None]}, 2),
        ({"text_entities": [{"type": "phone", "text": "1"}, {"type": "mention_name", "text": "Ann"}]}, 2),
    ],
)
def test_what_tells_of_people_is_counted(tmp_path: Path, fields: dict[str, Any], people: int) -> None:
    report = Report()
    read(tmp_path, chat(message(1, **fields)), report)
    assert report.skipped[Skipped.PERSON] == people


# --- service messages ----------------------------------------------------------------------------------------------


def test_service_messages_are_facts_and_no_posts(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        chat(
            service(1, "create_channel", title="First"),
            service(2, "edit_group_title", title="Second"),
            service(3, "edit_group_photo", photo="photos/photo_1.jpg", width=640, height=640, photo_file_size=31_337),
            service(4, "edit_group_photo", photo="photos/photo_1.jpg", width=640, height=640),
            service(5, "migrate_from_group", title="The group"),
            service(6, "pin_message", message_id=5),
            service(7, "edit_group_title"),
        ),
    )
    marks = Mark(MarkKind.PHOTO, int(facts(found, FactKind.PHOTO)[0].value, 16))
    assert marks == MARKER.mark(MarkKind.PHOTO, "profile", 640, 640, 31_337)
    assert [(fact.kind, fact.value, fact.time - T0) for fact in found if isinstance(fact, Fact)] == [
        (FactKind.CREATED, "", 1),
        (FactKind.TITLE, "First", 1),
        (FactKind.TITLE, "Second", 2),
        (FactKind.PHOTO, f"{marks.digest:016x}", 3),
        (FactKind.MIGRATED, MARKER.title("The group"), 5),
        (FactKind.TITLE, "A channel", 7),
        (FactKind.KIND, "public_channel", 7),
    ]
    assert posts(found) == []
