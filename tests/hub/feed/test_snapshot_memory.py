"""A snapshot's memory does not grow with the bank."""

import os
import tracemalloc
from uuid import uuid4

import pytest
from django.utils import timezone
from hub_stage import Gate, member

from notcontent.hub import flows
from notcontent.hub.accounts.models import Member
from notcontent.hub.bank.models import Entry
from notcontent.hub.feed import reading
from notcontent.hub.feed.models import Delivery, Event
from notcontent.hub.keys import hub_ring

pytestmark = pytest.mark.django_db


def fill(first: int, last: int) -> None:
    """Put entries straight into the tables, as if they had been published."""
    owner, sealer, day = Member.objects.get().pk, hub_ring().sealer("bank entry"), timezone.now().date()
    entries, events = [], []
    for _ in range(first, last + 1):
        entry_id = uuid4()
        sealed = sealer.seal(os.urandom(32), entry_id.bytes)
        entries.append(
            Entry(
                id=entry_id,
                item_id=1,
                signal_type="pdq",
                kind="whole",
                quality=90,
                value_sealed=sealed,
                value_index=os.urandom(16),
                state="active",
            )
        )
        salt, promise = os.urandom(32), os.urandom(32)
        events.append(Event(op="add", entry_id=entry_id, live=True, epoch=1, day=day, salt=salt, commitment=promise))
    Entry.objects.bulk_create(entries)
    Event.objects.bulk_create(events)
    Delivery.objects.bulk_create(
        Delivery(member_id=owner, seq=seq, event=event) for seq, event in enumerate(events, first)
    )


def peak(gate: Gate) -> int:
    """Give the most memory, in bytes, that streaming a snapshot held at once; its chunks are thrown away."""
    tracemalloc.start()
    try:
        stream = flows.feed_snapshot(gate.key, nonce="0" * 32)
        for _ in stream:
            pass
        stream.close()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_four_times_the_entries_need_no_more_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_BATCH", 100)
    gate = member()
    fill(1, 600)
    peak(gate)  # what is loaded once is loaded now
    small = peak(gate)
    fill(601, 2400)
    assert peak(gate) < 1.3 * small
