"""Say things about entries to members: add, withdraw, forget. The only writer of the feed.

Whoever appends takes the turn first (one locked row), so a member's sequence runs 1, 2, 3, ... without gaps, and
whoever reads sees events in the order in which they were committed. All of a story's writes happen inside its turn,
which also makes it the one lock that is taken before every other.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Max

from notcontent.exchange.commitment import commitment
from notcontent.exchange.wire import Op
from notcontent.hub.bank.services import Payload
from notcontent.hub.batches import portions
from notcontent.hub.feed.models import Delivery, Event, Turn

_SALT = 32


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An entry on its way to these members."""

    payload: Payload
    member_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """A member that was sent an entry, and at which place of its feed."""

    member_id: int
    seq: int


def take_turn() -> None:
    """Wait until nobody else writes; holds until the transaction ends. Take it before any other lock."""
    Turn.objects.select_for_update().get_or_create(id=1)


def epoch() -> int:
    """Give the number of the latest epoch."""
    return Turn.objects.filter(id=1).values_list("epoch", flat=True).first() or 0


def epoch_is_due(now: datetime, epoch_s: int) -> bool:
    """Tell whether a new time slot has begun since adds last went out, and note it. Needs the turn.

    Slots are whole multiples of `epoch_s` since 1970, so every add waits for the end of the slot it came in. With
    `epoch_s` 0 adds are always due.
    """
    if epoch_s == 0:
        return True
    slot = int(now.timestamp()) // epoch_s
    last = Turn.objects.get(id=1).slot
    if last is not None and slot <= last:
        return False
    Turn.objects.filter(id=1).update(slot=slot)
    # A hub that was just set up has no slot behind it: its first adds wait like all others.
    return last is not None


def publish(outgoing: Sequence[Outgoing], day: date) -> None:
    """Send adds out as one epoch, in an order drawn at random. Needs the turn."""
    if not outgoing:
        return
    number = epoch() + 1
    Turn.objects.filter(id=1).update(epoch=number)
    shuffled = list(outgoing)
    secrets.SystemRandom().shuffle(shuffled)
    events = [_event(Op.ADD, out.payload, number, day) for out in shuffled]
    Event.objects.bulk_create(events)
    _deliver((event, out.member_ids) for event, out in zip(events, shuffled, strict=True))


def withdraw(payloads: Iterable[Payload], day: date) -> int:
    """Tell every member that was sent one of these entries to drop it, at once. Needs the turn.

    Entries that never went out need no word. A second call says nothing. Gives the number of withdrawals said.
    """
    by_id = {payload.entry_id: payload for payload in payloads}
    said: list[tuple[Event, tuple[int, ...]]] = []
    number = epoch()
    for ids in portions(by_id):
        adds = list(Event.objects.filter(op=Op.ADD.value, entry_id__in=ids, live=True))
        Event.objects.filter(pk__in=[add.pk for add in adds]).update(live=False)
        told = reach([add.entry_id for add in adds])
        for add in adds:
            event = _event(Op.WITHDRAW, by_id[add.entry_id], number, day)
            said.append((event, tuple(place.member_id for place in told.get(add.entry_id, ()))))
    Event.objects.bulk_create(event for event, _ in said)
    _deliver(said)
    return len(said)


def forget(entry_ids: Iterable[UUID]) -> None:
    """Erase the salts of everything said about these entries; their commitments then lead nowhere."""
    for ids in portions(entry_ids):
        Event.objects.filter(entry_id__in=ids).update(live=False, salt=None)


def reach(entry_ids: Iterable[UUID]) -> dict[UUID, tuple[Reach, ...]]:
    """Give where each entry's add stands in which member's feed."""
    found: dict[UUID, tuple[Reach, ...]] = {}
    for ids in portions(entry_ids):
        rows = Delivery.objects.filter(event__op=Op.ADD.value, event__entry_id__in=ids).order_by("member_id")
        for entry_id, member_id, seq in rows.values_list("event__entry_id", "member_id", "seq"):
            found[entry_id] = (*found.get(entry_id, ()), Reach(member_id, seq))
    return found


def ends(member_ids: Iterable[int]) -> dict[int, int]:
    """Give the last sequence number of each of these members, 0 where nothing was sent yet.

    One step into the index for each member: a grouped maximum would read every delivery ever made.
    """
    return {member_id: _end(member_id) for member_id in member_ids}


def _end(member_id: int) -> int:
    return Delivery.objects.filter(member_id=member_id).aggregate(last=Max("seq"))["last"] or 0


def _event(op: Op, payload: Payload, number: int, day: date) -> Event:
    salt = secrets.token_bytes(_SALT)
    return Event(
        op=op.value,
        entry_id=payload.entry_id,
        live=op is Op.ADD,
        epoch=number,
        day=day,
        salt=salt,
        commitment=commitment(
            salt,
            op=op.value,
            signal_type=payload.signal_type,
            value=payload.digest.hex(),
            kind=payload.kind,
            day=day.isoformat(),
        ),
    )


def _deliver(said: Iterable[tuple[Event, tuple[int, ...]]]) -> None:
    """Give each event the next place in the feed of each of its members."""
    last: dict[int, int] = {}
    rows = []
    for event, member_ids in said:
        for member_id in member_ids:
            if member_id not in last:
                last[member_id] = _end(member_id)
            last[member_id] += 1
            rows.append(Delivery(member_id=member_id, seq=last[member_id], event=event))
    Delivery.objects.bulk_create(rows, batch_size=2000)
