"""One message of Telegram Desktop's export -> the marks, links and facts in it. What it says of people stays behind.

Fields that nobody named here are never decoded. Of those that point to people only the presence is seen, and counted;
a signature, a bare name in a text and the name over a forward become keyed digests.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from notcontent.lineage.marks import Mark, Marker, MarkKind
from notcontent.lineage.observations import Handle, HandleKind, Link
from notcontent.lineage.readers.file_names import chosen_name
from notcontent.lineage.readers.links import channel_number, read_link
from notcontent.lineage.readers.texts import read_text

HIGHEST_POST = 2**31 - 1
_LONGEST_NAME = 256
_MOST_BUTTONS = 100
_MOST_HREFS = 64
_LARGEST = 2**40
"""Bytes, pixels and seconds above this are nobody's."""

_ABSENT = msgspec.Raw(b"null")
_PEER = re.compile(r"(user|chat|channel)(-?[0-9]{1,19})", re.ASCII)
_VIDEOS = frozenset({"video_file", "animation", "video_message"})
_SOUNDS = frozenset({"voice_message", "audio_file"})
_USUAL_SIDES = frozenset({
    *(2560, 1920, 1600, 1440, 1280, 1200, 1080, 1024, 1000, 960, 900, 853, 854, 850, 800, 768, 750, 720, 640, 604, 600),
    *(591, 590, 576, 540, 512, 500, 480, 460, 450, 426, 400, 360, 320, 300, 256, 240, 200, 180, 160, 150, 128, 100, 90),
})  # fmt: skip
"""Telegram brings a photo's longer side to 1280 (2560), and screens and services have these: they tell nothing."""
_SHORTEST_SHAPE_S = 20
"""Shorter videos are told apart by duration and frame alone too badly."""


class Entity(msgspec.Struct):
    """A piece of a text."""

    type: str = ""
    text: str = ""
    href: str | None = None


class Button(msgspec.Struct):
    """A button below a message. `data` is the address, where it has one."""

    text: str | None = None
    data: str | None = None


class Message(msgspec.Struct):
    """What is decoded of a message. What may be wrong without harm to the rest is `Any`, and looked at by hand."""

    id: Any = None
    type: str = ""
    date: Any = None
    date_unixtime: Any = None
    action: str | None = None
    title: str | None = None
    text: str | list[str | Entity] = ""
    text_entities: list[Entity] = []
    inline_bot_buttons: list[list[Button]] = []
    forwarded_from: str | None = None
    forwarded_from_id: Any = None
    saved_from: str | None = None
    saved_from_id: Any = None
    author: str | None = None
    photo: str | None = None
    photo_file_size: int | None = None
    file: str | None = None
    file_name: str | None = None
    file_size: int | None = None
    thumbnail: str | None = None
    media_type: str | None = None
    mime_type: str | None = None
    duration_seconds: int | float | None = None
    width: int | None = None
    height: int | None = None
    from_id: Any = None
    actor_id: Any = None
    # Of people. Never decoded: only whether they are there.
    sender: msgspec.Raw = msgspec.field(name="from", default=_ABSENT)
    actor: msgspec.Raw = _ABSENT
    members: msgspec.Raw = _ABSENT
    inviter: msgspec.Raw = _ABSENT
    via_bot: msgspec.Raw = _ABSENT
    to_id: msgspec.Raw = _ABSENT
    contact_information: msgspec.Raw = _ABSENT
    contact_vcard: msgspec.Raw = _ABSENT
    phone_number: msgspec.Raw = _ABSENT
    location_information: msgspec.Raw = _ABSENT
    peer_id: msgspec.Raw = _ABSENT
    reactions: msgspec.Raw = _ABSENT


_TURNS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
_NONE_THERE = (_ABSENT,) * 9
_DECODER = msgspec.json.Decoder(Message)


def decode(data: bytes) -> Message | None:
    """Read one message, or give None for what has not the form of one."""
    try:
        return _DECODER.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def clean(text: str) -> str:
    """Give a displayed name without what no text can hold or what plays tricks: lone surrogates, signs of control."""
    text = text[:_LONGEST_NAME]
    if not text.isprintable():
        text = "".join(" " if sign.isspace() else sign for sign in text if sign.isspace() or _shows(sign))
    return " ".join(text.split())


def _shows(sign: str) -> bool:
    return unicodedata.category(sign) not in ("Cs", "Cc", "Cn") and unicodedata.bidirectional(sign) not in _TURNS


def is_video(message: Message) -> bool:
    """Tell whether its file is a film or an animation."""
    return message.media_type in _VIDEOS or (
        message.media_type is None and (message.mime_type or "").startswith("video/")
    )


def is_seen(message: Message) -> bool:
    """Tell whether it shows a picture or a film. A sticker shows nothing of its own."""
    if message.photo is not None or is_video(message):
        return True
    return message.media_type is None and (message.mime_type or "").startswith("image/")


def people_in(message: Message) -> int:
    """Count the fields of a message that tell of people and are left behind."""
    unseen = (
        *(message.members, message.inviter, message.via_bot, message.to_id, message.contact_information),
        *(message.contact_vcard, message.phone_number, message.location_information, message.peer_id),
    )
    count = 0 if unseen == _NONE_THERE else len([one for one in unseen if _given(one)])
    count += _of_person(message.from_id, message.sender) + _of_person(message.actor_id, message.actor)
    count += message.author is not None
    count += message.reactions is not _ABSENT and b'"from' in bytes(message.reactions)
    if not message.text_entities:
        return count
    return count + sum(one.type in ("mention_name", "phone", "email") for one in message.text_entities)


def _of_person(number: object, name: msgspec.Raw) -> bool:
    """Tell whether a sender is a person. Channels send under their own name; without a number nobody can tell."""
    if isinstance(number, str) and number.startswith(("channel", "chat")):
        return False
    return number is not None or _given(name)


def _given(field: msgspec.Raw) -> bool:
    return field is not _ABSENT and bytes(field) != b"null"


def forward_of(message: Message, marker: Marker) -> tuple[Handle | None, int]:
    """Give where a post came from, and how many names of people were met on the way.

    A number tells a channel from a person. A name alone tells neither: it becomes a digest.
    """
    for number, name in (
        (message.forwarded_from_id, message.forwarded_from),
        (message.saved_from_id, message.saved_from),
    ):
        if number is not None:
            found = _PEER.fullmatch(number) if isinstance(number, str) else None
            channel = channel_number(int(found[2])) if found and found[1] == "channel" else None
            return (None, 1) if channel is None else (Handle(HandleKind.NUMBER, str(channel)), 0)
        if name and (shown := clean(name)):
            return Handle(HandleKind.TITLE, marker.title(shown)), 1
    return None, 0


def said(message: Message, marker: Marker) -> tuple[list[Mark], list[Link]]:
    """Give the marks and links of a message's text, of the addresses behind it, and of its buttons."""
    parts: Sequence[str | Entity] = message.text_entities
    if not parts:
        parts = [message.text] if isinstance(message.text, str) else message.text
    text = "".join([part if isinstance(part, str) else part.text for part in parts])
    marks: list[Mark] = []
    links: list[Link] = []
    if text:
        in_text, to = read_text(text, marker)
        marks += in_text
        links += to
    hrefs = [part.href for part in parts if isinstance(part, Entity) and part.href is not None][:_MOST_HREFS]
    if hrefs:
        behind, to = read_text(" ".join(hrefs), marker)
        marks += [mark for mark in behind if mark.kind is not MarkKind.TEXT]
        links += to
    if message.inline_bot_buttons:
        links += _buttons(message, marker)
    if message.author and (author := clean(unicodedata.normalize("NFKC", message.author[:_LONGEST_NAME]).casefold())):
        marks.append(marker.mark(MarkKind.AUTHOR, author))
    return marks, links


def _buttons(message: Message, marker: Marker) -> Iterator[Link]:
    """Give where the buttons lead. What a button says counts only when it is a link itself."""
    row_by_row = (button for row in message.inline_bot_buttons for button in row)
    for _number, button in zip(range(_MOST_BUTTONS), row_by_row, strict=False):
        for address in (button.data, button.text):
            handle = read_link(address, marker) if address else None
            if handle is not None:
                yield Link(handle, button=True)


def shown(message: Message, marker: Marker) -> Iterator[Mark]:
    """Give the marks of a message's photo or file, from what the export says of it."""
    width, height = _size(message.width), _size(message.height)
    if message.photo is not None:
        yield from _photo(width, height, _size(message.photo_file_size), marker)
        return
    if message.file is None or message.media_type == "sticker":
        return
    size, duration = _size(message.file_size), _size(message.duration_seconds)
    if is_video(message):
        if size and duration:
            yield marker.mark(MarkKind.VIDEO, size, duration)
        if duration >= _SHORTEST_SHAPE_S and width and height:
            yield marker.mark(MarkKind.VIDEO_SHAPE, duration, width, height)
    elif message.media_type in _SOUNDS and size and duration:
        yield marker.mark(MarkKind.AUDIO, duration, size)
    if message.media_type not in ("voice_message", "video_message"):
        yield from _named(message, size, marker)


def _photo(width: int, height: int, size: int, marker: Marker) -> Iterator[Mark]:
    if width and height and size:
        yield marker.mark(MarkKind.PHOTO, width, height, size)
    if min(width, height) >= 100 and width != height and not {width, height} & _USUAL_SIDES:
        yield marker.mark(MarkKind.PHOTO_SHAPE, width, height)


def _named(message: Message, size: int, marker: Marker) -> Iterator[Mark]:
    """Give the marks of a file's name. Older exports tell it only in its path."""
    written = message.file_name or message.file or ""
    name = None if written.startswith("(") else chosen_name(written)
    if name is None:
        return
    if size and not is_video(message) and message.media_type is None:
        yield marker.mark(MarkKind.FILE, name, size)
    yield marker.mark(MarkKind.FILE_NAME, name)


def photo_digest(message: Message, marker: Marker) -> str | None:
    """Give what is known of a new profile photo as 16 hex digits: width, height and size. Without a size, nothing."""
    width, height, size = _size(message.width), _size(message.height), _size(message.photo_file_size)
    if not (width and height and size):
        return None
    return f"{marker.mark(MarkKind.PHOTO, 'profile', width, height, size).digest:016x}"


def _size(value: float | None) -> int:
    """Give a count of bytes, pixels or seconds; 0 for what is none."""
    return int(value) if value is not None and 0 < value <= _LARGEST else 0
