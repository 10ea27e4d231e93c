"""Entries: bank, withdraw, restore under new ids, erase. The only place where a banked hash is sealed or opened.

Every writing verb runs inside the transaction of the story that calls it (flows.py).
"""

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID, uuid4

from django.db.models import Count

from notcontent.exchange.videos import BankedFrame, unpack_frames, video_digest
from notcontent.exchange.wire import VIDEO_KIND
from notcontent.hub.answers import ItemState, NewEntry
from notcontent.hub.bank.models import Entry
from notcontent.hub.batches import portions
from notcontent.hub.keys import Sealer, hub_ring

_WAITING, _ACTIVE, _WITHDRAWN, _ERASED = (
    ItemState.WAITING.value,
    ItemState.ACTIVE.value,
    ItemState.WITHDRAWN.value,
    ItemState.ERASED.value,
)


@dataclass(frozen=True, slots=True, repr=False)
class Payload:
    """An entry opened: what a member is sent. The value of a video is its frames, packed."""

    entry_id: UUID
    item_id: int
    signal_type: str
    value: bytes
    kind: str
    quality: int | None

    @property
    def digest(self) -> bytes:
        """What stands for the entry: a picture's hash, the digest of a video's frames."""
        return video_digest(self.value) if self.kind == VIDEO_KIND else self.value

    @property
    def frames(self) -> tuple[BankedFrame, ...]:
        """A video's frames; none for a picture."""
        return unpack_frames(self.value) if self.kind == VIDEO_KIND else ()


@dataclass(frozen=True, slots=True)
class Restored:
    """What a take-back did: the old entries' ids, and the items whose value the case has open already."""

    old: list[UUID]
    doubled: list[int]


@cache
def _sealer() -> Sealer:
    return hub_ring().sealer("bank entry")


@cache
def _index_key() -> bytes:
    return hub_ring().derive("bank value index")


def _value_index(case_id: UUID, signal_type: str, value: bytes) -> bytes:
    """Give a keyed mark of a value within one case: equal values of two cases have unequal marks."""
    return hmac.digest(_index_key(), case_id.bytes + signal_type.encode() + b"\0" + value, "sha256")[:16]


def without_known(case_id: UUID, items: Sequence[NewEntry]) -> list[NewEntry]:
    """Drop the items whose value the case has already, open, or that came twice; keep the order."""
    marks = [_value_index(case_id, item.type.value, item.value) for item in items]
    known = _open_marks(marks)
    fresh = []
    for mark, item in zip(marks, items, strict=True):
        if mark not in known:
            known.add(mark)
            fresh.append(item)
    return fresh


def _open_marks(marks: Iterable[bytes]) -> set[bytes]:
    """Give those of these marks that an open entry has."""
    known: set[bytes] = set()
    for some in portions(marks):
        rows = Entry.objects.filter(value_index__in=some, state__in=(_WAITING, _ACTIVE))
        known.update(bytes(mark) for mark in rows.values_list("value_index", flat=True) if mark is not None)
    return known


def add(case_id: UUID, items: Iterable[tuple[int, NewEntry]]) -> None:
    """Bank one entry for each (item id, item); they wait for their epoch."""
    rows = []
    for item_id, item in items:
        entry_id = uuid4()
        rows.append(
            Entry(
                id=entry_id,
                item_id=item_id,
                signal_type=item.type.value,
                kind=item.kind,
                quality=item.quality,
                value_sealed=_sealer().seal(item.value, entry_id.bytes),
                value_index=_value_index(case_id, item.type.value, item.value),
                state=_WAITING,
            )
        )
    Entry.objects.bulk_create(rows)


def waiting() -> list[Payload]:
    """Open the entries that have not gone out yet."""
    return [_open(row) for row in Entry.objects.filter(state=_WAITING).iterator(chunk_size=2000)]


def _open(row: Entry) -> Payload:
    """Open one row. Raises cryptography's InvalidTag when the row was altered or exchanged with another's."""
    value = _sealer().open(bytes(row.value_sealed or b""), row.id.bytes)
    return Payload(row.id, row.item_id, row.signal_type, value, row.kind, row.quality)


def payloads(entry_ids: Iterable[UUID]) -> dict[UUID, Payload]:
    """Open these entries; those erased since are left out."""
    opened: dict[UUID, Payload] = {}
    for ids in portions(entry_ids):
        rows = Entry.objects.filter(id__in=ids).exclude(state=_ERASED)
        opened.update((row.id, _open(row)) for row in rows)
    return opened


def entries_of(item_ids: Iterable[int]) -> dict[UUID, int]:
    """Give every entry that these items ever had, with its item."""
    found: dict[UUID, int] = {}
    for ids in portions(item_ids):
        found.update(Entry.objects.filter(item_id__in=ids).values_list("id", "item_id"))
    return found


def qualities(item_ids: Iterable[int]) -> dict[int, int | None]:
    """Give the quality of each item's latest entry that is not erased."""
    found: dict[int, int | None] = {}
    for ids in portions(item_ids):
        found.update(Entry.objects.filter(item_id__in=ids).exclude(state=_ERASED).values_list("item_id", "quality"))
    return found


def mark_out(entry_ids: Iterable[UUID]) -> None:
    """Note that waiting entries have gone out."""
    for ids in portions(entry_ids):
        Entry.objects.filter(id__in=ids, state=_WAITING).update(state=_ACTIVE)


def withdraw(item_ids: Iterable[int]) -> list[Payload]:
    """Stop the open entries of these items and give them. What never went out never will."""
    stopped: list[Payload] = []
    for ids in portions(item_ids):
        rows = list(Entry.objects.filter(item_id__in=ids, state__in=(_WAITING, _ACTIVE)))
        stopped += [_open(row) for row in rows]
        for entry_ids in portions(row.id for row in rows):
            Entry.objects.filter(id__in=entry_ids).update(state=_WITHDRAWN)
    return stopped


def restore(case_id: UUID, item_ids: Iterable[int]) -> Restored:
    """Bank withdrawn entries anew under ids that nobody has seen, and erase the old.

    A value that the case has open already, because its picture was added again meanwhile, is erased and not banked
    a second time: two open entries of one value would leave it matching when one of them is withdrawn.
    """
    rows: list[Entry] = []
    for ids in portions(item_ids):
        rows += Entry.objects.filter(item_id__in=ids, state=_WITHDRAWN).order_by("item_id", "id")
    known = _open_marks(bytes(row.value_index or b"") for row in rows)
    back: set[int] = set()
    for row in rows:
        mark = bytes(row.value_index or b"")
        if mark in known:
            continue
        known.add(mark)
        back.add(row.item_id)
        _bank_anew(case_id, row)
    old = [row.id for row in rows]
    _blank(old)
    return Restored(old, [item_id for item_id in dict.fromkeys(row.item_id for row in rows) if item_id not in back])


def _bank_anew(case_id: UUID, row: Entry) -> None:
    """Write a withdrawn entry's value into a new row that waits for its epoch."""
    entry_id, value = uuid4(), _open(row).value
    Entry.objects.create(
        id=entry_id,
        item_id=row.item_id,
        signal_type=row.signal_type,
        kind=row.kind,
        quality=row.quality,
        value_sealed=_sealer().seal(value, entry_id.bytes),
        value_index=_value_index(case_id, row.signal_type, value),
        state=_WAITING,
    )


def erase(item_ids: Iterable[int]) -> list[UUID]:
    """Empty every entry of these items for good, and give their ids."""
    gone = list(entries_of(item_ids))
    _blank(gone)
    return gone


def _blank(entry_ids: Iterable[UUID]) -> None:
    for ids in portions(entry_ids):
        Entry.objects.filter(id__in=ids).update(state=_ERASED, value_sealed=None, value_index=None, quality=None)


def count_by_state() -> dict[ItemState, int]:
    """Count the entries of each state."""
    counts = dict.fromkeys(ItemState, 0)
    for state, number in Entry.objects.values_list("state").annotate(number=Count("id")).order_by():
        counts[ItemState(state)] = number
    return counts
