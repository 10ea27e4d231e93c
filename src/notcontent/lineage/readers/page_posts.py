"""One message of a saved page -> posts: its own, and one for each other picture or film of its album."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice

from notcontent.lineage.marks import Mark, Marker, MarkKind
from notcontent.lineage.observations import ABOUT, Handle, HandleKind, Link, Post
from notcontent.lineage.readers.file_names import chosen_name
from notcontent.lineage.readers.links import bare_name, public_name, read_link
from notcontent.lineage.readers.markup import Element
from notcontent.lineage.readers.shown import count_of, moment_of, seconds_of, size_of
from notcontent.lineage.readers.telegram_messages import HIGHEST_POST, clean
from notcontent.lineage.readers.texts import MOST_LINKS, MOST_MARKS, read_text, text_marks
from notcontent.lineage.report import Report, Skipped

LARGEST_ALBUM = 10
_LONGEST_NAME = 256
_SHORTEST_SHAPE_S = 20
"""As for exports: shorter films are told apart by duration and frame too badly."""

_POST = re.compile(r"([A-Za-z0-9_]{4,32})/([0-9]{1,10})", re.ASCII)
_IN_ALBUM = re.compile(r"(?:https://t\.me)?/([A-Za-z0-9_]{4,32})/([0-9]{1,10})(?:\?single)?", re.ASCII)
_PHOTO_NUMBER = re.compile(r"[0-9]{15,20}", re.ASCII)
_WIDTH = re.compile(r"(?:^|;)\s?width:\s?([0-9]{1,5})px", re.ASCII)
_HEIGHT = re.compile(r"(?:^|;)\s?padding-top:\s?([0-9]{1,4}(?:\.[0-9]{1,16})?)%", re.ASCII)
_OTHERS_WORDS = frozenset({
    "tgme_widget_message_reply",
    "tgme_widget_message_link_preview",
    "tgme_widget_message_forwarded_from",
    "tgme_widget_message_author",
    "tgme_widget_message_user",
})  # fmt: skip
"""Parts of a message that hold words which are not its own."""
_MEDIA = ("tgme_widget_message_photo_wrap", "tgme_widget_message_video_player", "tgme_widget_message_document_wrap")


def place_of(message: Element) -> tuple[str, int] | None:
    """Give the public name and number of a message, or None for one without."""
    found = _POST.fullmatch(message.attributes.get("data-post", ""))
    name = found and public_name(found[1])
    return (name, int(found[2])) if found and name and 0 < int(found[2]) <= HIGHEST_POST else None


def time_of(message: Element, now: int) -> int | None:
    """Give when it was posted. Films have times as well: their durations, which have no date."""
    for date in (*message.all("tgme_widget_message_date"), message):
        for time in date.named("time"):
            if "datetime" in time.attributes:
                return moment_of(time.attributes["datetime"], now)
    return None


def posts_of(message: Element, name: str, number: int, time: int, marker: Marker, report: Report) -> Iterator[Post]:
    """Give the posts of a message. Its words, links, views and forward are those of its own number."""
    channel = Handle(HandleKind.USERNAME, name)
    text = message.first("js-message_text", without=_OTHERS_WORDS)
    marks, links = _of_text(text, marker)
    media: dict[int, list[Mark]] = {number: []}
    for kind in _MEDIA:
        for medium in message.all(kind, without=_OTHERS_WORDS):
            media.setdefault(_number_of(medium, name, number), []).extend(_of_medium(medium, marker))
    marks += [*media[number], *_of_author(message, marker, report)]
    for preview in message.all("tgme_widget_message_link_preview"):
        links += _of_address(preview.attributes.get("href", ""), marker)
    links += [
        Link(link.to, button=True)
        for button in message.all("tgme_widget_message_inline_button")
        for link in _of_address(button.attributes.get("href", ""), marker)
    ]
    views = message.first("tgme_widget_message_views")
    yield Post(
        channel,
        number,
        time,
        marks=tuple(islice(dict.fromkeys(marks), MOST_MARKS)),
        forward=_forward_of(message, marker, report),
        links=_away(links, channel, marker),
        views=None if views is None else count_of(views.text()),
    )
    for other, found in sorted(media.items()):
        if other != number:
            yield Post(channel, other, time, marks=tuple(islice(dict.fromkeys(found), MOST_MARKS)))


def about(channel: Handle, description: Element | None, time: int, marker: Marker) -> Iterator[Post]:
    """Give what a channel says of itself, where that bears a mark or a link."""
    marks, found = _of_text(description, marker)
    links = _away(found, channel, marker)
    if marks or links:
        yield Post(channel, ABOUT, time, tuple(islice(dict.fromkeys(marks), MOST_MARKS)), links=links)


def _away(links: list[Link], channel: Handle, marker: Marker) -> tuple[Link, ...]:
    """Give each link once, but for those of a channel to itself: every #tag on a page is one."""
    own = (channel, Handle(HandleKind.HIDDEN, marker.hidden(channel.value)))
    return tuple(islice(dict.fromkeys(link for link in links if link.to not in own), MOST_LINKS))


def _of_text(text: Element | None, marker: Marker) -> tuple[list[Mark], list[Link]]:
    """Give the marks and links of a message's words and of the addresses behind them."""
    if text is None:
        return [], []
    found_marks, found_links = read_text(text.text(), marker)
    marks, links = list(found_marks), list(found_links)
    for anchor in islice(text.named("a"), 4 * MOST_LINKS):
        address = anchor.attributes.get("href", "")
        marks += text_marks(address, marker)
        name = bare_name(address)
        if name is not None:
            marks.append(marker.mark(MarkKind.CONTACT, name))
        links += _of_address(address, marker)
    return marks, links


def _of_address(address: str, marker: Marker) -> list[Link]:
    handle = read_link(address, marker)
    return [] if handle is None else [Link(handle)]


def _number_of(medium: Element, name: str, number: int) -> int:
    """Give the number of one picture or film of an album, which links to itself, or the message's own."""
    found = _IN_ALBUM.fullmatch(medium.attributes.get("href", ""))
    if found is None or found[1].lower() != name:
        return number
    return int(found[2]) if 0 < abs(int(found[2]) - number) < LARGEST_ALBUM and int(found[2]) > 0 else number


def _of_medium(medium: Element, marker: Marker) -> Iterator[Mark]:
    """Give the marks of one picture, film or document.

    A picture bears its number on Telegram's servers, which forwards and copies keep: its bytes are not needed. Its
    width and height are those of the preview, and say nothing.
    """
    if medium.has("tgme_widget_message_photo_wrap"):
        number = next(filter(_PHOTO_NUMBER.fullmatch, sorted(medium.classes)), None)
        if number is not None:
            yield marker.mark(MarkKind.PHOTO, "number", number)
    elif medium.has("tgme_widget_message_video_player"):
        yield from _of_film(medium, marker)
    else:
        yield from _of_document(medium, marker)


def _of_film(medium: Element, marker: Marker) -> Iterator[Mark]:
    """Give a film's shape, where the page shows all three: a duration alone is that of too many films."""
    wrap, duration = medium.first("tgme_widget_message_video_wrap"), medium.first("message_video_duration")
    if wrap is None or duration is None:
        return
    style = wrap.attributes.get("style", "")
    width, height = _WIDTH.search(style), _HEIGHT.search(style)
    seconds = seconds_of(duration.text())
    if width and height and seconds and seconds >= _SHORTEST_SHAPE_S:
        pixels = int(width[1])
        yield marker.mark(MarkKind.VIDEO_SHAPE, seconds, pixels, round(pixels * float(height[1]) / 100))


def _of_document(medium: Element, marker: Marker) -> Iterator[Mark]:
    """Give a document's name with its rounded size. Tracks have their artist in the size's place."""
    title, extra = (medium.first(f"tgme_widget_message_document_{part}") for part in ("title", "extra"))
    size = size_of(extra.text()) if extra else None
    name = chosen_name(title.text()) if title else None
    if size and name:
        yield marker.mark(MarkKind.FILE, name, size)
        yield marker.mark(MarkKind.FILE_NAME, name)


def _of_author(message: Element, marker: Marker, report: Report) -> list[Mark]:
    author = message.first("tgme_widget_message_from_author", without=_OTHERS_WORDS)
    name = clean(unicodedata.normalize("NFKC", author.text()[:_LONGEST_NAME]).casefold()) if author else ""
    if not name:
        return []
    report.skip(Skipped.PERSON)
    return [marker.mark(MarkKind.AUTHOR, name)]


def _forward_of(message: Element, marker: Marker, report: Report) -> Handle | None:
    """Give where it was forwarded from: by a link to a chat, else by the digest of the name that is shown."""
    source = message.first("tgme_widget_message_forwarded_from_name")
    if source is None:
        return None
    handle = read_link(source.attributes.get("href", ""), marker)
    name = clean(source.text())
    if handle is None and name:
        handle = Handle(HandleKind.TITLE, marker.title(name))
    if handle is not None and handle.kind in (HandleKind.TITLE, HandleKind.HIDDEN):
        report.skip(Skipped.PERSON)
    return handle
