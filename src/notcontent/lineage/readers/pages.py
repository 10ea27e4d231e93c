"""Saved pages of t.me -> observations: previews of channels (t.me/s/name), single posts, pages without a preview."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from notcontent.errors import LineageDepthError, LineageSizeError, LineageSourceError
from notcontent.lineage.observations import EARLIEST, Fact, FactKind, Handle, HandleKind, Observation, SameChannel
from notcontent.lineage.readers.links import channel_number, public_name, read_link
from notcontent.lineage.readers.markup import Element, Taken, read_markup
from notcontent.lineage.readers.page_files import PageFile, page_files
from notcontent.lineage.readers.page_posts import about, place_of, posts_of, time_of
from notcontent.lineage.readers.reading import PathReader
from notcontent.lineage.readers.shown import DAY, count_of
from notcontent.lineage.readers.telegram_messages import clean
from notcontent.lineage.report import Skipped

_VIEW = re.compile(r"[A-Za-z0-9_-]{4,512}", re.ASCII)
_RENAMED = re.compile(r"Channel name was changed to «(.+)»", re.DOTALL)
_PREVIEW = re.compile(r"(?:https://t\.me)?/s/([A-Za-z0-9_]{4,32})", re.ASCII)
_RESOLVE = re.compile(r"tg://resolve/?\?domain=([A-Za-z0-9_]{4,32})", re.ASCII)
_COUNTED = re.compile(r"([0-9][0-9 \u00a0\u2009\u202f]{0,20}) (subscriber|member)s?\b")
_SAVED = re.compile(
    rb"saved date: \w{3} (\w{3} [0-9]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT[+-][0-9]{4})", re.ASCII
)
_HEAD = 4_096
_MESSAGE = "tgme_widget_message"


@dataclass(frozen=True, slots=True)
class _View:
    """What a message says of itself to Telegram's counter: its channel's number, and when the page was served."""

    number: int | None
    served: int | None


class SavedPages(PathReader):
    """The pages of a file, a folder or a zip, one after the other.

    When a page was seen is the time at which Telegram served it, which its messages bear; else what the program that
    saved it wrote into it; else its file's last change, which says what a channel was called and how many followed it,
    and never that it was alive. It is never before its newest post, and never after `now` (UTC seconds).
    """

    def __iter__(self) -> Iterator[Observation]:
        """Give every page's observations. Raises LineageSourceError and its kin, also where no page can be read."""
        pages = 0
        taken = Taken()
        for file in page_files(self._path, self._report):
            found = self._observe(file, taken)
            taken.check()
            pages += bool(found)
            yield from found
            self._tell(self._report.bytes_read + len(file.data))
        if not pages:
            raise LineageSourceError("There is no saved page of a channel in this source.")

    def _observe(self, file: PageFile, taken: Taken) -> list[Observation]:
        """Read one page. One among others that cannot be read is counted and left out."""
        try:
            page = read_markup(file.data, taken)
        except (LineageSizeError, LineageDepthError) as error:
            if file.alone:
                raise
            self._report.skip(Skipped.TOO_DEEP if isinstance(error, LineageDepthError) else Skipped.TOO_LARGE)
            return []
        saved = _saved(file, self._now)
        messages = [found for found in page.all(_MESSAGE) if "data-post" in found.attributes]
        inside = sum(message.drop(_MESSAGE) for message in messages)
        if inside:  # whose words they were could not be told
            self._report.skip(Skipped.BAD_MESSAGE, inside)
        if messages:
            found = list(self._of_messages(page, messages, saved, file.changed))
        else:
            found = list(self._of_doorstep(page, saved or self._bounded(file.changed)))
        if not found:
            self._report.skip(Skipped.BAD_PAGE)
        return found

    def _of_messages(
        self, page: Element, messages: list[Element], saved: int | None, changed: int | None
    ) -> Iterator[Observation]:
        numbers: dict[str, set[int]] = {}
        newest: dict[str, int] = {}
        served: list[int] = []
        known: set[tuple[str, int]] = set()
        for message in messages:
            place, time = place_of(message), time_of(message, self._now)
            if place is None or time is None:
                self._report.skip(Skipped.BAD_TIME if place else Skipped.BAD_NUMBER)
                continue
            if place in known:
                self._report.skip(Skipped.DUPLICATE)
                continue
            known.add(place)
            name = place[0]
            newest[name] = max(time, newest.get(name, 0))
            view = _view_of(message)
            if view.number is not None:
                numbers.setdefault(name, set()).add(view.number)
            if view.served is not None and time <= view.served <= self._now + DAY:
                served.append(view.served)
            if message.has("service_message"):
                yield from self._of_service(message, name, time)
            else:
                for post in posts_of(message, *place, time, self._marker, self._report):
                    if post.number == place[1] or (name, post.number) not in known:
                        known.add((name, post.number))
                        yield post
        seen = max(served, default=None) or saved
        boxes = _boxes_of(page, list(newest))
        for name, last in newest.items():
            channel = Handle(HandleKind.USERNAME, name)
            yield from self._same(channel, numbers.get(name, set()))
            yield Fact(channel, FactKind.ALIVE, "", max(seen or last, last))
            yield from self._of_header(boxes.get(name), channel, max(seen or self._bounded(changed), last))

    def _same(self, channel: Handle, numbers: set[int]) -> Iterator[SameChannel]:
        """Join a name and a number, where all messages agree."""
        if len(numbers) == 1:
            yield SameChannel(Handle(HandleKind.NUMBER, str(*numbers)), channel)
        elif numbers:
            self._report.skip(Skipped.BAD_CHANNEL)

    def _of_service(self, message: Element, name: str, time: int) -> Iterator[Fact]:
        """Read what Telegram itself says in a channel: that it was created, that it was renamed."""
        channel = Handle(HandleKind.USERNAME, name)
        said = message.first("js-message_text")
        text = " ".join(said.text().split()) if said else ""
        renamed = _RENAMED.fullmatch(text)
        title = clean(renamed[1]) if renamed else ""
        if text == "Channel created":
            yield Fact(channel, FactKind.CREATED, "", time)
        elif title:
            yield Fact(channel, FactKind.TITLE, title, time)

    def _of_header(self, header: Element | None, channel: Handle, time: int) -> Iterator[Observation]:
        """Read the box that describes the channel whose preview this is: only channels have one, groups do not."""
        if header is None:
            return
        yield Fact(channel, FactKind.KIND, "public_channel", time)
        title = header.first("tgme_channel_info_header_title")
        shown = clean(title.text()) if title else ""
        if shown:
            yield Fact(channel, FactKind.TITLE, shown, time)
        for counter in header.all("tgme_channel_info_counter"):
            value, what = counter.first("counter_value"), counter.first("counter_type")
            count = count_of(value.text()) if value else None
            if count is not None and what and what.text() in ("subscriber", "subscribers"):
                yield Fact(channel, FactKind.MEMBERS, str(count), time)
        yield from about(channel, header.first("tgme_channel_info_description"), time, self._marker)

    def _of_doorstep(self, page: Element, time: int) -> Iterator[Observation]:
        """Read the page that asks to open Telegram. It is a chat's where it counts members: people's count nothing."""
        box = page.first("tgme_page")
        if box is None:
            return
        extras = (_COUNTED.match(extra.text()) for extra in box.all("tgme_page_extra"))
        counted, channel = next(filter(None, extras), None), self._asked_for(box)
        if channel is None or counted is None:
            return
        title = box.first("tgme_page_title")
        shown = clean(title.text()) if title else ""
        if shown:
            yield Fact(channel, FactKind.TITLE, shown, time)
        yield Fact(channel, FactKind.MEMBERS, str(count_of(counted[1])), time)
        yield from about(channel, box.first("tgme_page_description"), time, self._marker)
        preview = any(_PREVIEW.fullmatch(link.attributes.get("href", "")) for link in box.named("a"))
        if channel.kind is HandleKind.USERNAME and not preview:
            yield Fact(channel, FactKind.PREVIEW_UNAVAILABLE, "", time)

    def _asked_for(self, box: Element) -> Handle | None:
        """Give the chat that the page's button opens."""
        for link in box.named("a"):
            address = link.attributes.get("href", "")
            resolved = _RESOLVE.fullmatch(address)
            name = public_name(resolved[1]) if resolved else None
            if name is not None:
                return Handle(HandleKind.USERNAME, name)
            handle = read_link(address, self._marker)
            if handle is not None and handle.kind is HandleKind.INVITE:
                return handle
        return None

    def _bounded(self, changed: int | None) -> int:
        return self._now if changed is None else min(max(changed, EARLIEST), self._now)


def _boxes_of(page: Element, names: list[str]) -> dict[str, Element]:
    """Give the box that describes a channel by the channel's name. Without a name in it, it is that of the only one."""
    box = page.first("tgme_channel_info")
    if box is None:
        return {}
    named = box.first("tgme_channel_info_header_username")
    name = public_name(named.text()) if named else names[0] if len(names) == 1 else None
    return {} if name is None else {name: box}


def _view_of(message: Element) -> _View:
    """Read a message's data-view: base64 of JSON with c, the negative number of its channel, and t, when it was served.

    Whatever else stands there says nothing.
    """
    text = message.attributes.get("data-view", "").rstrip("=")
    try:
        view = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))) if _VIEW.fullmatch(text) else None
    except (ValueError, RecursionError):
        view = None
    if not isinstance(view, dict):
        return _View(None, None)
    number, served = view.get("c"), view.get("t")
    number = number if type(number) is int and number < 0 else 0
    return _View(
        channel_number(number) or channel_number(-number),
        served if type(served) is int and served > 0 else None,
    )


def _saved(file: PageFile, now: int) -> int | None:
    """Give when a page was saved, where the program that saved it says so (SingleFile and web archives do)."""
    found, time = _SAVED.search(file.data[:_HEAD]), file.saved
    if found is not None and time is None:
        try:
            time = int(datetime.strptime(found[1].decode("ascii"), "%b %d %Y %H:%M:%S GMT%z").timestamp())
        except ValueError:
            return None
    return time if time is not None and EARLIEST <= time <= now else None
