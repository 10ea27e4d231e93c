"""Telegram Desktop's JSON export -> posts and facts of its channels and groups, in bounded memory.

Talks between people, contacts and sessions are passed over without being decoded. A message that is not as it should be
is left out and counted; a file that is not as it should be is refused. Nothing of a message is kept but what
`telegram_messages` gives.
"""

import io
import os
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, tzinfo
from pathlib import Path
from typing import BinaryIO, Protocol

from notcontent.errors import LineageSourceError
from notcontent.lineage.marks import Marker
from notcontent.lineage.observations import (
    EARLIEST,
    Fact,
    FactKind,
    Handle,
    HandleKind,
    MediaHash,
    Observation,
    Post,
)
from notcontent.lineage.readers.json_slices import Place, Slices, repaired
from notcontent.lineage.readers.links import channel_number
from notcontent.lineage.readers.numbers_seen import NumbersSeen
from notcontent.lineage.readers.opening import open_file
from notcontent.lineage.readers.reading import PathReader
from notcontent.lineage.readers.telegram_messages import (
    HIGHEST_POST,
    Message,
    clean,
    decode,
    forward_of,
    is_seen,
    people_in,
    photo_digest,
    said,
    shown,
)
from notcontent.lineage.report import Report, Skipped

FILE = "result.json"
READ_KINDS = frozenset({
    *("public_channel", "private_channel", "public_supergroup", "private_supergroup", "public_group", "private_group"),
})  # fmt: skip
_LISTS = ("chats", "left_chats")
_DAY = 86_400
_SECONDS = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_MOST_TITLES = 100_000
_AS_PAGES = "This is an export as web pages. Export again as machine-readable JSON."


class Media(Protocol):
    """What looks at a message's files, in media mode: `media.MediaReader`."""

    def hashes(self, channel: int, post: int, paths: list[str]) -> tuple[MediaHash, ...]:
        """Hash the first of these files that can be read."""
        ...


class TelegramExport(PathReader):
    """One export. Iterating gives its posts and facts chat by chat, in the order of the file.

    Raises LineageSourceError or a kin of it: what was given before is then to be thrown away.
    """

    def __init__(
        self,
        path: Path,
        marker: Marker,
        report: Report,
        *,
        now: int,
        progress: Callable[[int], None] | None = None,
        media: Media | None = None,
        zone: tzinfo | None = None,
    ) -> None:
        """Take `result.json` or the folder that holds it.

        `zone`: of the computer that made the export; only with it are messages read that tell no UTC time, as older
        programs wrote them.

        Raises LineageSourceError for what cannot be opened, or leads elsewhere, before anybody reads a byte of it.
        """
        _opened(path).close()
        super().__init__(path, marker, report, now=now, progress=progress)
        self._latest = now + _DAY
        self._media, self._zone = media, zone
        self._numbers = NumbersSeen()
        self._titles: set[tuple[str, str]] = set()

    def __iter__(self) -> Iterator[Observation]:
        """Read from the beginning."""
        with closing(_opened(self._path)) as file:
            slices = Slices(file, self._tell)
            if slices.begin() != ord("{"):
                raise LineageSourceError
            yield from self._object(slices, 1)
            slices.end()

    def _object(self, slices: Slices, depth: int) -> Iterator[Observation]:
        """Read the object that was just entered: a chat. The outermost is one too, or holds lists of chats."""
        outermost = depth == 1
        values: dict[str, object] = {}
        found, later = False, None
        for key, bracket in slices.members(depth, values):
            if key == "messages" and bracket == ord("["):
                found = True
                if _complete(values):
                    yield from self._chat(slices, depth + 1, values)
                else:
                    later = slices.place()
            elif outermost and key in _LISTS and bracket == ord("{"):
                found = True
                yield from self._list(slices)
            elif outermost and key not in _LISTS:
                self._report.skip(Skipped.PRIVATE_CHAT)
        if outermost and (not found or (later is not None and not _complete(values))):
            raise LineageSourceError
        if not found:
            self._report.skip(Skipped.BAD_CHANNEL)
        yield from self._gone_back(slices, later, depth + 1, values)

    def _list(self, slices: Slices) -> Iterator[Observation]:
        """Read `chats` or `left_chats`: what lies in their `list`."""
        for key, bracket in slices.members(2, {}):
            if key != "list" or bracket != ord("["):
                continue
            for chat in slices.entered(3):
                if chat == ord("{"):
                    yield from self._object(slices, 4)
                else:
                    self._report.skip(Skipped.BAD_CHANNEL)

    def _gone_back(
        self, slices: Slices, later: Place | None, depth: int, values: dict[str, object]
    ) -> Iterator[Observation]:
        """Read messages that stood before their chat's number or type: they were passed over at first."""
        if later is None:
            return
        end = slices.place()
        slices.go(later)
        yield from self._chat(slices, depth, values)
        slices.go(end)

    def _chat(self, slices: Slices, depth: int, values: dict[str, object]) -> Iterator[Observation]:
        """Read the messages of one chat, unless it is one between people; the array was just entered."""
        kind, number = values.get("type"), values.get("id")
        if kind not in READ_KINDS:
            self._report.skip(Skipped.PRIVATE_CHAT)
            return
        bare = channel_number(number) if isinstance(number, int) and not isinstance(number, bool) else None
        if bare is None:
            self._report.skip(Skipped.BAD_CHANNEL)
            return
        channel, last = Handle(HandleKind.NUMBER, str(bare)), 0
        for element in slices.elements(depth):
            message = self._sound(element, bare)
            if message is None:
                continue
            time = message.date_unixtime
            last = max(last, time)
            if message.action is not None:
                yield from self._service(message, channel)
                continue
            post = self._post(message, channel)
            yield post
            if message.forwarded_from is not None and (fact := self._of_origin(message, post)) is not None:
                yield fact
        if last:
            name = values.get("name")
            title = clean(name) if isinstance(name, str) else ""
            if title:
                yield Fact(channel, FactKind.TITLE, title, last)
            yield Fact(channel, FactKind.KIND, str(kind), last)

    def _sound(self, element: bytes, channel: int) -> Message | None:
        """Decode a message and give it with a sound number and a sound time, or None, counted."""
        message = decode(repaired(element))
        why = None
        if message is None or message.type not in ("message", "service"):
            why = Skipped.BAD_MESSAGE
        elif type(message.id) is not int or not 0 < message.id <= HIGHEST_POST:
            why = Skipped.BAD_NUMBER
        elif (time := self._time(message)) is None or not EARLIEST <= time <= self._latest:
            why = Skipped.BAD_TIME
        elif not self._numbers.add(channel, message.id):
            why = Skipped.DUPLICATE
        else:
            message.date_unixtime = time
            return message
        self._report.skip(why)
        return None

    def _time(self, message: Message) -> int | None:
        """Give a message's UTC seconds. A date without a zone counts only where the operator named the zone."""
        written = message.date_unixtime
        if isinstance(written, str) and _SECONDS.fullmatch(written):
            return int(written)
        if type(written) is int:
            return written
        if written is None and self._zone is not None and isinstance(message.date, str):
            try:
                date = datetime.fromisoformat(message.date[:32])
                return int((date if date.tzinfo else date.replace(tzinfo=self._zone)).timestamp())
            except (ValueError, OverflowError):
                return None
        return None

    def _post(self, message: Message, channel: Handle) -> Post:
        forward, people = forward_of(message, self._marker)
        people += people_in(message)
        if people:
            self._report.skip(Skipped.PERSON, people)
        marks, links = said(message, self._marker)
        if message.photo is not None or message.file is not None:
            marks += shown(message, self._marker)
        return Post(
            channel=channel,
            number=message.id,
            time=message.date_unixtime,
            marks=tuple(dict.fromkeys(marks)) if len(marks) > 1 else tuple(marks),
            forward=forward,
            links=tuple(dict.fromkeys(links)) if links else (),
            hashes=() if self._media is None else self._hashes(self._media, message, channel),
        )

    def _of_origin(self, message: Message, post: Post) -> Fact | None:
        """Give the title of the channel that a post was forwarded from, which stands over it, once."""
        origin = post.forward
        if origin is None or origin.kind is not HandleKind.NUMBER or message.forwarded_from_id is None:
            return None
        title = clean(message.forwarded_from or "")
        known = (origin.value, title)
        if not title or known in self._titles or len(self._titles) >= _MOST_TITLES:
            return None
        self._titles.add(known)
        return Fact(origin, FactKind.TITLE, title, post.time)

    def _hashes(self, media: Media, message: Message, channel: Handle) -> tuple[MediaHash, ...]:
        """Hash what the message shows, in media mode; sounds, stickers and papers are not opened."""
        paths = [message.photo] if message.photo is not None else [message.file, message.thumbnail]
        given = [path for path in paths if path]
        return media.hashes(int(channel.value), message.id, given) if given and is_seen(message) else ()

    def _service(self, message: Message, channel: Handle) -> Iterator[Observation]:
        """Give the facts of a service message; most tell of people and give none."""
        if people := people_in(message):
            self._report.skip(Skipped.PERSON, people)
        time, title = message.date_unixtime, clean(message.title or "")
        match message.action:
            case "create_channel" | "create_group":
                yield Fact(channel, FactKind.CREATED, "", time)
                if title:
                    yield Fact(channel, FactKind.TITLE, title, time)
            case "edit_group_title" if title:
                yield Fact(channel, FactKind.TITLE, title, time)
            case "edit_group_photo":
                if digest := photo_digest(message, self._marker):
                    yield Fact(channel, FactKind.PHOTO, digest, time)
            case "migrate_from_group" | "migrate_to_supergroup":
                yield Fact(channel, FactKind.MIGRATED, self._marker.title(title) if title else "", time)


def _complete(values: dict[str, object]) -> bool:
    """Tell whether a chat's number and type are known before its messages come, as Telegram writes them."""
    return "type" in values and "id" in values


def _opened(path: Path) -> BinaryIO:
    """Open the export's file: a regular one, not through a link. Raises LineageSourceError."""
    file = path / FILE if path.is_dir() else path
    if file is not path and not os.path.lexists(file):
        if (path / "messages.html").exists() or (path / "export_results.html").exists():
            raise LineageSourceError(_AS_PAGES)
        raise LineageSourceError("There is no result.json in the folder.")
    opened = io.BufferedReader(open_file(file, links=False))
    if opened.peek(256).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        opened.close()
        raise LineageSourceError(_AS_PAGES)
    return opened
