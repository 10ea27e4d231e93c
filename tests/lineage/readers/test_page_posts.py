"""A message on a page becomes a post: marks, links, forward, views; and of people nothing but keyed digests."""

from pathlib import Path

import pytest
from lineage.readers.page_html import MARKER, NOW, PHOTO, message, page, read, saved

from notcontent.lineage.marks import MarkKind
from notcontent.lineage.observations import Handle, HandleKind, Link, Post
from notcontent.lineage.readers.telegram_messages import Message, said, shown
from notcontent.lineage.readers.texts import text_marks
from notcontent.lineage.report import Report, Skipped

SENTENCE = "Everything from the old channel is here again, and more of it every single day"


def post(folder: Path, inside: str = "", *, report: Report | None = None, **fields: str) -> Post:
    found = read(saved(folder, page(message("a_channel/7", inside, **fields))), report)
    (only,) = (one for one in found if isinstance(one, Post))
    return only


def kinds(one: Post) -> list[MarkKind]:
    return [mark.kind for mark in one.marks]


def hidden(name: str) -> Handle:
    return Handle(HandleKind.HIDDEN, MARKER.hidden(name))


def film(duration: str, style: str) -> str:
    return f"""<a class="tgme_widget_message_video_player js-message_video_player" href="https://t.me/a_channel/7">
<i class="tgme_widget_message_video_thumb" style="background-image:url('t.jpg')"></i>
<div class="tgme_widget_message_video_wrap" style="{style}"><video src="v.mp4"></video></div>
<time class="message_video_duration js-message_video_duration">{duration}</time></a>"""


def document(title: str, extra: str) -> str:
    return f"""<a class="tgme_widget_message_document_wrap" href="https://t.me/a_channel/7">
<div class="tgme_widget_message_document_title" dir="auto">{title}</div>
<div class="tgme_widget_message_document_extra" dir="auto">{extra}</div></a>"""


def test_a_text_bears_the_mark_that_it_bears_in_every_source(tmp_path: Path) -> None:
    one = post(tmp_path, text=SENTENCE.replace(" here ", "<br/><b>here</b> <i class='emoji'><b>!</b></i> "))
    assert one.marks == text_marks(SENTENCE, MARKER)
    assert kinds(one) == [MarkKind.TEXT]


def test_words_that_are_quoted_or_previewed_are_not_the_posts_own(tmp_path: Path) -> None:
    quoted = f"""<a class="tgme_widget_message_reply" href="https://t.me/a_channel/3"><div class="js-message_text">
{SENTENCE}</div></a><a class="tgme_widget_message_link_preview" href="https://t.me/joinchat/AbCdEfGhIjKlMnOp">
<div class="js-message_text">{SENTENCE}</div></a>"""
    one = post(tmp_path, quoted, text="short")
    assert one.marks == ()
    assert one.links == (Link(Handle(HandleKind.INVITE, "AbCdEfGhIjKlMnOp")),)


def test_an_albums_text_within_a_text_is_read_once(tmp_path: Path) -> None:
    nested = f'<div class="tgme_widget_message_text js-message_text">{SENTENCE}</div>'
    assert post(tmp_path, text=nested).marks == text_marks(SENTENCE, MARKER)


def test_links_are_read_from_words_addresses_and_buttons_each_once(tmp_path: Path) -> None:
    text = """<a href="https://t.me/other_one/5">t.me/other_one/5</a> <a href="https://t.me/+AbCdEfGhIjKl">join</a>
@third_one <a href="https://example.org">x</a> <a href="?q=%23tag">#tag</a> <a href="javascript:alert(1)">y</a>"""
    button = (
        """<a class="tgme_widget_message_inline_button url_button" href="https://t.me/s/new_one"><span>N</span></a>"""
    )
    assert post(tmp_path, button, text=text).links == (
        Link(Handle(HandleKind.USERNAME, "other_one")),
        Link(hidden("third_one")),
        Link(Handle(HandleKind.INVITE, "AbCdEfGhIjKl")),
        Link(Handle(HandleKind.USERNAME, "new_one"), button=True),
    )


def test_links_of_a_channel_to_itself_say_nothing(tmp_path: Path) -> None:
    text = (
        '<a href="https://t.me/s/a_channel?q=%23tag">#tag</a> @A_Channel <a href="https://t.me/a_channel/5">before</a>'
    )
    assert post(tmp_path, text=text).links == ()


def test_an_address_behind_a_word_tells_who_to_pay_and_whom_to_write(tmp_path: Path) -> None:
    one = post(tmp_path, text='<a href="https://t.me/ada_example">write</a>')
    assert one.marks == text_marks("@ada_example", MARKER)
    assert kinds(one) == [MarkKind.CONTACT]


@pytest.mark.parametrize(
    ("source", "handle"),
    [
        ('<a class="{}" href="https://t.me/Source_1/12"><span>S</span></a>', Handle(HandleKind.USERNAME, "source_1")),
        ('<a class="{}" href="https://t.me/c/1500000000/12">S</a>', Handle(HandleKind.NUMBER, "1500000000")),
        ('<a class="{}" href="https://t.me/ada_example">Ada</a>', hidden("ada_example")),
        ('<span class="{}"> Ada \n Example </span>', Handle(HandleKind.TITLE, MARKER.title("Ada Example"))),
        (
            '<a class="{}" href="https://example.org/x">Ada Example</a>',
            Handle(HandleKind.TITLE, MARKER.title("Ada Example")),
        ),
        ('<span class="{}"></span>', None),
    ],
)
def test_a_forward_names_its_source_as_surely_as_the_page_does(
    tmp_path: Path, source: str, handle: Handle | None
) -> None:
    inside = source.format("tgme_widget_message_forwarded_from_name")
    report = Report()
    one = post(tmp_path, f'<div class="tgme_widget_message_forwarded_from">From {inside}</div>', report=report)
    assert one.forward == handle
    of_person = handle is not None and handle.kind in (HandleKind.HIDDEN, HandleKind.TITLE)
    assert report.skipped[Skipped.PERSON] == of_person


def test_a_signature_bears_the_mark_that_it_bears_in_an_export(tmp_path: Path) -> None:
    report = Report()
    one = post(tmp_path, '<span class="tgme_widget_message_from_author" dir="auto"> Ada  EXAMPLE</span>', report=report)
    assert list(one.marks) == said(Message(author="Ada Example"), MARKER)[0]
    assert report.skipped == {Skipped.PERSON: 1}


def test_a_film_bears_the_shape_that_it_bears_in_an_export(tmp_path: Path) -> None:
    one = post(tmp_path, film("1:02:05", "width:624px;padding-top:67.307692307692%"))
    exported = Message(file="v.mp4", media_type="video_file", duration_seconds=3_725, width=624, height=420)
    assert list(one.marks) == list(shown(exported, MARKER))
    assert kinds(one) == [MarkKind.VIDEO_SHAPE]


@pytest.mark.parametrize(
    ("duration", "style"),
    [
        ("0:19", "width:624px;padding-top:50%"),
        ("0:34", ""),
        ("0:34", "width:100%"),
        ("long", "width:9px;padding-top:9%"),
    ],
)
def test_a_film_of_which_too_little_is_shown_bears_no_mark(tmp_path: Path, duration: str, style: str) -> None:
    assert post(tmp_path, film(duration, style)).marks == ()


def test_a_picture_bears_its_number_on_the_servers_and_not_its_address_or_shape(tmp_path: Path) -> None:
    def photo(cls: str, address: str) -> str:
        style = f"width:800px;background-image:url('{address}')"
        return f'<a class="tgme_widget_message_photo_wrap {cls}" href="https://t.me/a_channel/7" style="{style}"></a>'

    one = post(tmp_path, photo(f"{PHOTO} 1189642119_460000323", "https://cdn.example/a.jpg"))
    assert one.marks == post(tmp_path, photo(PHOTO, "https://cdn.example/b.jpg")).marks
    assert kinds(one) == [MarkKind.PHOTO]
    assert post(tmp_path, photo("grouped_media_wrap", "https://cdn.example/a.jpg")).marks == ()


def test_a_document_bears_its_name_and_rounded_size_and_a_track_nothing(tmp_path: Path) -> None:
    one = post(tmp_path, document("Full collection, part two.zip", "2.3 MB"))
    assert kinds(one) == [MarkKind.FILE, MarkKind.FILE_NAME]
    exported = Message(file="x.zip", file_name="Full collection, part two.zip", file_size=2_411_724)
    assert one.marks[1] == list(shown(exported, MARKER))[1]
    assert post(tmp_path, document("A song", "Ada Example")).marks == ()
    assert post(tmp_path, document("IMG_2023.jpg", "2.3 MB")).marks == ()


def test_an_albums_pictures_are_posts_of_their_own_numbers(tmp_path: Path) -> None:
    def photo(number: str, mark: str) -> str:
        return f'<a class="tgme_widget_message_photo_wrap {mark}" href="https://t.me/a_channel/{number}?single"></a>'

    pictures = photo("7", PHOTO + "1") + photo("8", PHOTO + "2") + photo("9", PHOTO + "3") + photo("99999", PHOTO + "4")
    album = f'<div class="tgme_widget_message_grouped_wrap">{pictures}</div>'
    path = saved(tmp_path, page(message("a_channel/7", album, text=SENTENCE, views="5"), message("a_channel/10")))
    found = [one for one in read(path) if isinstance(one, Post)]
    assert [(one.number, len(one.marks), one.views) for one in found] == [
        (7, 3, 5),
        (8, 1, None),
        (9, 1, None),
        (10, 0, None),
    ]
    assert len({one.time for one in found}) == 1


def test_no_person_leaves_a_page_in_clear(tmp_path: Path) -> None:
    canaries = ["Ada Canary", "ada_canary", "bob_canary", "Bob Canary", "Eve Canary", "eve_canary"]
    inside = """<span class="tgme_widget_message_from_author">Ada Canary</span>
<div class="tgme_widget_message_forwarded_from">Forwarded from <span class="tgme_widget_message_forwarded_from_name">
Bob Canary</span> <span class="tgme_widget_message_forwarded_from_author">Eve Canary</span></div>
<a class="tgme_widget_message_reply"><span class="tgme_widget_message_author_name">Eve Canary</span></a>
<a class="tgme_widget_message_inline_button" href="https://t.me/bob_canary"><span>Eve Canary</span></a>"""
    text = '@ada_canary <a href="https://t.me/eve_canary">Eve Canary</a> <a href="tg://resolve?domain=bob_canary">x</a>'
    report = Report()
    found = read(saved(tmp_path, page(message("a_channel/7", inside, text=text))), report)
    shown_of_all = repr(found) + repr(report)
    assert any(isinstance(one, Post) and len(one.marks) >= 3 and one.forward and len(one.links) >= 3 for one in found)
    for canary in canaries:
        assert canary.lower() not in shown_of_all.lower()


def test_every_time_lies_within_what_posts_may_have(tmp_path: Path) -> None:
    assert (
        post(tmp_path, time="2025-11-20T12:00:00+02:00").time == post(tmp_path, time="2025-11-20T10:00:00Z").time < NOW
    )


def test_rounded_views_are_read(tmp_path: Path) -> None:
    assert [post(tmp_path, views=views).views for views in ("1.2K", "3.4M", "812", "", "none")] == [
        *(1_200, 3_400_000, 812),
        *(None, None),
    ]
