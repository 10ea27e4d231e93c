"""What dates bring: epochs go out, what is past its 14 days is erased, unvisited cases end.

`tick` may be called at any time, by any number of processes: it does what is due and nothing twice.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from notcontent.hub.accounts.operators import forget_ended_sessions
from notcontent.hub.answers import ItemState, TickReport
from notcontent.hub.audit import services as audit
from notcontent.hub.bank import services as bank
from notcontent.hub.cases import reading as case_reading
from notcontent.hub.cases import services as cases
from notcontent.hub.config import hub_config
from notcontent.hub.erasure import scrub
from notcontent.hub.feed import services as feed

_ITEMS_A_TICK = 2000
_CASES_A_TICK = 100


def tick(now: datetime) -> TickReport:
    """Do what is due at `now` (with a time zone). Each part is a transaction of its own."""
    day = now.date()
    report = TickReport(
        published=_publish_epoch(now, day), erased=_erase_past_take_back(day), ended_cases=_end_cases(day)
    )
    forget_ended_sessions(now)
    scrub(erased=report.erased > 0 or report.ended_cases > 0)
    return report


def publish_waiting(day: date) -> int:
    """Send every waiting entry to its case's members as one epoch, and give their number. Needs the turn."""
    waiting = bank.waiting()
    if not waiting:
        return 0
    audiences = case_reading.audiences({payload.item_id for payload in waiting})
    feed.publish([feed.Outgoing(payload, audiences[payload.item_id]) for payload in waiting], day)
    bank.mark_out(payload.entry_id for payload in waiting)
    cases.mark_out({payload.item_id for payload in waiting})
    return len(waiting)


def erase_items(case_id: UUID, item_ids: Sequence[int], day: date) -> None:
    """Withdraw what is still out, then empty entries and salts for good. Needs the turn."""
    feed.withdraw(bank.withdraw(item_ids), day)
    feed.forget(bank.erase(item_ids))
    cases.mark_erased(case_id, item_ids)


@transaction.atomic
def _publish_epoch(now: datetime, day: date) -> int:
    feed.take_turn()
    if not feed.epoch_is_due(now, hub_config().epoch_s):
        return 0
    published = publish_waiting(day)
    if published:
        audit.record(audit.TICK, "epoch-published", str(feed.epoch()), published)
    return published


@transaction.atomic
def _erase_past_take_back(day: date) -> int:
    feed.take_turn()
    due = cases.past_take_back(day, _ITEMS_A_TICK)
    for case_id, item_ids in due.items():
        erase_items(case_id, item_ids, day)
    for case_id, item_ids in due.items():
        audit.record(audit.TICK, "items-erased", case_reading.alias(case_id), len(item_ids))
    return sum(len(item_ids) for item_ids in due.values())


@transaction.atomic
def _end_cases(day: date) -> int:
    feed.take_turn()
    due = cases.past_end(day, _CASES_A_TICK)
    for case_id in due:
        states = (ItemState.WAITING, ItemState.ACTIVE, ItemState.WITHDRAWN)
        erase_items(case_id, cases.chosen_items(case_id, None, states), day)
    for case_id in due:
        audit.record(audit.TICK, "case-ended", case_reading.alias(case_id))
    return len(due)
