"""Read one member's feed: pages by cursor, and the whole of what is live as a compressed snapshot.

An entry has another name (alias) for every member, so that two members cannot join their lists by id. A place
whose add was withdrawn or erased is shown as `gone`: it keeps the numbering and says nothing.
"""

import hashlib
import hmac
import threading
import zlib
from collections.abc import Iterator, Sequence
from typing import Self
from uuid import UUID

import msgspec

from notcontent.errors import FeedCursorError, OverloadedError
from notcontent.exchange.signing import PAGE_CONTEXT, SNAPSHOT_CONTEXT, seal_document
from notcontent.exchange.wire import Event as WireEvent
from notcontent.exchange.wire import EventFrame, Lease, Op, Page, SnapshotEnd
from notcontent.hub.bank.services import Payload, payloads
from notcontent.hub.config import hub_config
from notcontent.hub.feed.models import Delivery
from notcontent.hub.keys import hub_ring

VERSION = 1
SNAPSHOTS_AT_ONCE = 4
FRAMES_A_PAGE = 20_000
"""So many frames of videos end a page: 2 MB. One video goes out whole, whatever it has."""
_BATCH = 1000
_OPENED_AT_ONCE = 250
_LINES_AT_ONCE = 1 << 20
_seats_lock = threading.Lock()
_seated_members: set[int] = set()


class Names:
    """How one member knows entries: the first 16 bytes of HMAC-SHA256 under a key of this member alone."""

    __slots__ = ("_key",)

    def __init__(self, member: str) -> None:
        """Derive the member's key."""
        self._key = hub_ring().derive(f"alias:{member}")

    def alias(self, entry_id: UUID) -> str:
        """Give the alias, 32 hexadecimal digits, of an entry."""
        return hmac.digest(self._key, entry_id.bytes, "sha256")[:16].hex()


def end_of_feed(member_id: int) -> int:
    """Give the member's last sequence number, 0 when it was sent nothing yet."""
    last = Delivery.objects.filter(member_id=member_id).order_by("-seq").values_list("seq", flat=True).first()
    return last or 0


def page(member_id: int, member: str, *, after: int, limit: int, nonce: str) -> bytes:
    """Give the signed page of events after the cursor. Raises FeedCursorError when the feed does not reach there."""
    events, more = _cut(_events(member_id, Names(member), after, limit + 1), limit)
    if not events and after > end_of_feed(member_id):
        raise FeedCursorError
    config = hub_config()
    answer = Page(
        v=VERSION,
        origin=config.origin,
        member=member,
        nonce=nonce,
        after=after,
        next=after + len(events),
        more=more,
        lease=Lease(config.hold_after_s, config.shred_after_s),
        events=events,
    )
    return seal_document(hub_ring().signing, PAGE_CONTEXT, msgspec.json.encode(answer))


def _events(member_id: int, names: Names, after: int, limit: int) -> Iterator[WireEvent]:
    """Give up to `limit` events after the cursor, in order."""
    rows = Delivery.objects.filter(member_id=member_id, seq__gt=after).order_by("seq").select_related("event")[:limit]
    yield from _wired(list(rows), names)


def _cut(events: Iterator[WireEvent], limit: int) -> tuple[list[WireEvent], bool]:
    """Take as many events as a page holds, and tell whether there are more: videos end it earlier than pictures."""
    taken: list[WireEvent] = []
    frames = 0
    for event in events:
        frames += len(event.frames or ())
        if len(taken) == limit or (taken and frames > FRAMES_A_PAGE):
            return taken, True
        taken.append(event)
    return taken, False


def _wired(places: Sequence[Delivery], names: Names) -> Iterator[WireEvent]:
    """Give events the form in which this member sees them, opening a few at a time: a video is large."""
    for start in range(0, len(places), _OPENED_AT_ONCE):
        some = places[start : start + _OPENED_AT_ONCE]
        opened = payloads(place.event.entry_id for place in some if place.event.live)
        for place in some:
            yield _wire(place, opened.get(place.event.entry_id), names)


def _wire(place: Delivery, payload: Payload | None, names: Names) -> WireEvent:
    """Give an event the form in which this member sees it."""
    event = place.event
    alias, day = names.alias(event.entry_id), event.day.isoformat()
    if event.op == Op.WITHDRAW.value:
        return WireEvent(seq=place.seq, op=Op.WITHDRAW.value, alias=alias, day=day, epoch=event.epoch)
    # The entry may have been erased between the two queries: gone, then, whatever the event said a moment ago.
    if payload is None or not event.live or event.salt is None:
        return WireEvent(seq=place.seq, op=Op.GONE.value, alias=alias, day=day, epoch=event.epoch)
    return WireEvent(
        seq=place.seq,
        op=Op.ADD.value,
        alias=alias,
        day=day,
        epoch=event.epoch,
        type=payload.signal_type,
        value=payload.digest.hex(),
        kind=payload.kind,
        quality=payload.quality,
        frames=[EventFrame(one.t_ms, one.quality, one.value.hex()) for one in payload.frames] or None,
        salt=bytes(event.salt).hex(),
    )


class Snapshot:
    """Everything live in a member's feed, as gzip chunks: one add a line, then the signed end.

    Read in batches by sequence number, so that memory stays bounded and no long transaction holds back what is
    being erased meanwhile. What is withdrawn while it runs is left out, or followed by its withdraw event after
    the snapshot's cursor: either way the reader ends up right. A member has one at a time, and at most four run at
    once in a process; more are refused with OverloadedError. `close` must be called; Django does so when the answer
    ends or the caller goes.
    """

    def __init__(self, member_id: int, member: str, nonce: str) -> None:
        """Take a seat and fix the cursor; nothing else is read yet."""
        with _seats_lock:
            if member_id in _seated_members or len(_seated_members) >= SNAPSHOTS_AT_ONCE:
                raise OverloadedError
            _seated_members.add(member_id)
        self._seated, self._member_id = True, member_id
        try:
            self._cursor = end_of_feed(member_id)
            self._chunks = self._compressed(member_id, member, nonce)
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Self:
        """Be its own iterator."""
        return self

    def __next__(self) -> bytes:
        """Give the next compressed chunk."""
        return next(self._chunks)

    def close(self) -> None:
        """Free the seat; a second call changes nothing."""
        if self._seated:
            self._seated = False
            with _seats_lock:
                _seated_members.discard(self._member_id)

    def _compressed(self, member_id: int, member: str, nonce: str) -> Iterator[bytes]:
        gzip = zlib.compressobj(level=1, wbits=31)
        digest, count = hashlib.sha256(), 0
        for lines in self._batches(member_id, Names(member)):
            data = b"".join(lines)
            digest.update(data)
            count += len(lines)
            chunk = gzip.compress(data)
            if chunk:
                yield chunk
        config = hub_config()
        end = SnapshotEnd(
            v=VERSION,
            origin=config.origin,
            member=member,
            nonce=nonce,
            cursor=self._cursor,
            count=count,
            sha256=digest.hexdigest(),
            lease=Lease(config.hold_after_s, config.shred_after_s),
        )
        document = seal_document(hub_ring().signing, SNAPSHOT_CONTEXT, msgspec.json.encode(end))
        yield gzip.compress(document + b"\n") + gzip.flush()

    def _batches(self, member_id: int, names: Names) -> Iterator[list[bytes]]:
        encoder, after = msgspec.json.Encoder(), 0
        while True:
            rows = Delivery.objects.filter(
                member_id=member_id, seq__gt=after, seq__lte=self._cursor, event__op=Op.ADD.value, event__live=True
            )
            places = list(rows.order_by("seq").select_related("event")[:_BATCH])
            if not places:
                return
            after, lines, size = places[-1].seq, [], 0
            for event in _wired(places, names):
                if event.op == Op.ADD.value:
                    lines.append(encoder.encode(event) + b"\n")
                    size += len(lines[-1])
                if size > _LINES_AT_ONCE:
                    yield lines
                    lines, size = [], 0
            yield lines
