"""Append to the chain, read it, verify it.

A record's digest is SHA-256(digest before || RFC 8785 JSON of its fields); the first follows 32 zero bytes.
Altering, removing or inserting a record breaks every digest after it, and the head tells when the end was cut
off. Whoever can rewrite the whole table can forge the whole chain: the head's digest belongs on paper, or with
somebody else, now and then.
"""

import hashlib
from dataclasses import dataclass
from datetime import date

import rfc8785
from django.db import transaction
from django.utils import timezone

from notcontent.hub.audit.models import Head, Record

START = bytes(32)
CASE = "case"  # the actor when a person acts on their own case: nobody's name
TICK = "tick"  # the actor when a date came round


@dataclass(frozen=True, slots=True)
class Verified:
    """The chain's state: how many records, and the first sequence number that does not fit (None: all fit)."""

    records: int
    broken_at: int | None
    head: str


def _digest(before: bytes, record: Record) -> bytes:
    fields: dict[str, str | int] = {
        "seq": record.seq,
        "day": record.day.isoformat(),
        "actor": record.actor,
        "verb": record.verb,
        "subject": record.subject,
        "count": record.count,
    }
    return hashlib.sha256(before + rfc8785.dumps(fields)).digest()


@transaction.atomic
def record(actor: str, verb: str, subject: str = "", count: int = 1) -> None:
    """Append one act. It stands or falls with the transaction that it is part of.

    The head's lock is held until that transaction ends: call this last, after every other lock.
    """
    head, _ = Head.objects.select_for_update().get_or_create(id=1, defaults={"last_digest": START})
    before = bytes(head.last_digest)
    row = Record(
        seq=head.last_seq + 1,
        day=timezone.now().date(),
        actor=actor,
        verb=verb,
        subject=subject,
        count=count,
    )
    row.digest = _digest(before, row)
    Record.objects.bulk_create([row])
    Head.objects.filter(id=1).update(last_seq=row.seq, last_digest=row.digest)


def verify() -> Verified:
    """Recompute the whole chain, record by record, in bounded memory."""
    before, expected = START, 1
    for row in Record.objects.order_by("seq").iterator(chunk_size=2000):
        if row.seq != expected or bytes(row.digest) != _digest(before, row):
            return Verified(expected - 1, expected, before.hex())
        before, expected = bytes(row.digest), expected + 1
    head = Head.objects.filter(id=1).first() or Head(last_digest=START)
    ends_there = head.last_seq == expected - 1 and bytes(head.last_digest) == before
    return Verified(expected - 1, None if ends_there else expected, before.hex())


@dataclass(frozen=True, slots=True)
class Line:
    """One record as it is shown."""

    seq: int
    day: date
    actor: str
    verb: str
    subject: str
    count: int


def newest(before: int | None, limit: int) -> tuple[Line, ...]:
    """Give records, newest first, older than the sequence number `before`."""
    rows = Record.objects.order_by("-seq")
    if before is not None:
        rows = rows.filter(seq__lt=before)
    return tuple(Line(row.seq, row.day, row.actor, row.verb, row.subject, row.count) for row in rows[:limit])
