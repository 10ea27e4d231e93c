"""Cases and items: open, find, number, stop, restore, erase, end. The only writer of this room's tables.

Every writing verb runs inside the transaction of the story that calls it (flows.py), which has taken the feed's
turn before: two stories never write at once.
"""

import hmac
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Count, F, Max, Sum

from notcontent.errors import (
    AlreadyOpenedError,
    CaseClosedError,
    CaseNotFoundError,
    ConfigError,
    DailyLimitError,
    ItemNotFoundError,
    ItemStateError,
    TakeBackError,
    TooManyFramesError,
    TooManyItemsError,
)
from notcontent.hub.answers import CaseState, Claim, ItemState
from notcontent.hub.batches import portions
from notcontent.hub.cases import codes
from notcontent.hub.cases.models import Case, CodeScheme, Item, Send, TakeBack
from notcontent.hub.cases.reading import KEPT_YEARS, CaseLine, ends_day, line
from notcontent.hub.cases.stretch import attempt, stretcher
from notcontent.hub.config import hub_config
from notcontent.hub.keys import hub_ring

TAKE_BACK_DAYS = 14
_OPEN_ITEM = (ItemState.WAITING.value, ItemState.ACTIVE.value)
_OPEN_CASE = (CaseState.RECEIVED.value, CaseState.ACTIVE.value)


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A fresh code and what will be kept of it."""

    code: str
    index: bytes


# --- codes -----------------------------------------------------------------------------------------------------


def adopt_scheme() -> None:
    """Write down, once, with which costs and key ring codes are made here. Raises ConfigError when they changed.

    With other costs, or another key ring, no code given out before would open its case any more: better not start.
    """
    stretch = stretcher()
    check = hub_ring().derive("ring check")
    with transaction.atomic():
        made, _ = CodeScheme.objects.get_or_create(
            id=1, defaults={"memory_kib": stretch.memory_kib, "passes": stretch.passes, "ring_check": check}
        )
    if not hmac.compare_digest(bytes(made.ring_check), check):
        raise ConfigError("This database belongs to another key ring: restore the folder `keys` that goes with it.")
    if (made.memory_kib, made.passes) != (stretch.memory_kib, stretch.passes):
        raise ConfigError("code_memory_kib and code_passes may not change once a hub is set up.")


def new_case_code() -> Secret:
    """Make a case code. Slow on purpose; call it outside of transactions. Raises OverloadedError."""
    code = codes.new_code(codes.CASE_WORDS)
    return Secret(code, stretcher().index(code))


def new_take_back_code(case_id: UUID) -> Secret:
    """Make a take-back code, good in this case alone. Slow on purpose. Raises OverloadedError."""
    code = codes.new_code(codes.TAKE_BACK_WORDS)
    return Secret(code, stretcher().index(code, bound_to=case_id.bytes))


def take_back_index(case_id: UUID, typed: str) -> bytes:
    """Give the index of a typed take-back code; call it within an `attempt`. Raises OverloadedError."""
    return stretcher().index(codes.normal_code(typed), bound_to=case_id.bytes)


def find(typed: str, day: date, caller: str = "") -> UUID:
    """Find a case by its typed code and note the day of the visit.

    Raises CaseNotFoundError, RateLimitedError (this caller typed too many wrong ones), OverloadedError. Whatever was
    typed costs one Argon2id computation and one look-up, so the time tells nothing.
    """
    with attempt(caller):
        index = stretcher().index(codes.normal_code(typed))
        found = Case.objects.filter(code_index=index).values_list("id", flat=True).first()
        if found is None:
            raise CaseNotFoundError
    Case.objects.filter(id=found, last_visit_day__lt=day).update(last_visit_day=day)
    return found


# --- writing ---------------------------------------------------------------------------------------------------


def refuse_twice(token: bytes) -> None:
    """Raise AlreadyOpenedError when this form opened a case before."""
    if Case.objects.filter(token_index=_token_index(token)).exists():
        raise AlreadyOpenedError


def open_one(claim: Claim, member_ids: Sequence[int], code_index: bytes, token: bytes, day: date) -> CaseLine:
    """Create a case without items. Raises AlreadyOpenedError, DailyLimitError."""
    refuse_twice(token)
    most = hub_config().max_cases_a_day
    if most and Case.objects.filter(opened_day=day).count() >= most:
        raise DailyLimitError
    alias = codes.new_alias()
    while Case.objects.filter(alias=alias).exists():
        alias = codes.new_alias()
    row = Case.objects.create(
        id=uuid4(),
        alias=alias,
        code_index=code_index,
        token_index=_token_index(token),
        state=CaseState.RECEIVED.value,
        claim=claim.value,
        opened_day=day,
        last_visit_day=day,
    )
    row.members.set(member_ids)
    return line(row)


def number_items(case_id: UUID, frames: Sequence[int], day: date) -> list[int]:
    """Add items under the next numbers, one for each number of frames (0: a picture), and give their ids.

    Raises CaseClosedError, TooManyItemsError, TooManyFramesError, DailyLimitError.
    """
    config, count = hub_config(), len(frames)
    if not Case.objects.filter(id=case_id, state__in=_OPEN_CASE).exists():
        raise CaseClosedError
    existing = Item.objects.filter(case_id=case_id).aggregate(
        last=Max("number"), count=Count("id"), frames=Sum("frames")
    )
    if existing["count"] + count > config.max_items_a_case:
        raise TooManyItemsError
    if (existing["frames"] or 0) + sum(frames) > config.max_frames_a_case:
        raise TooManyFramesError
    _refuse_beyond_the_day(count, sum(frames), day)
    first = (existing["last"] or 0) + 1
    Item.objects.bulk_create(
        Item(case_id=case_id, number=number, frames=shown, state=ItemState.WAITING.value, added_day=day)
        for number, shown in enumerate(frames, first)
    )
    added = Item.objects.filter(case_id=case_id, number__gte=first).order_by("number")
    return list(added.values_list("id", flat=True))


def _refuse_beyond_the_day(items: int, frames: int, day: date) -> None:
    """Raise DailyLimitError when so many more items or frames would be more than this day may bring."""
    config = hub_config()
    so_far = Item.objects.filter(added_day=day).aggregate(items=Count("id"), frames=Sum("frames"))
    for most, count in (
        (config.max_items_a_day, so_far["items"] + items),
        (config.max_frames_a_day, (so_far["frames"] or 0) + frames),
    ):
        if most and count > most:
            raise DailyLimitError


def sent_before(case_id: UUID, token: bytes) -> tuple[int, int] | None:
    """Give what this form did when it came before: (new items, already there). None when it is new."""
    row = Send.objects.filter(case_id=case_id, token_index=_token_index(token)).first()
    return (row.count, row.already_there) if row else None


def note_send(case_id: UUID, token: bytes, count: int, already_there: int) -> None:
    """Remember a form and what it did."""
    Send.objects.create(case_id=case_id, token_index=_token_index(token), count=count, already_there=already_there)


def mark_out(item_ids: Iterable[int]) -> None:
    """Note that items have gone out to members, and with them their cases."""
    for ids in portions(item_ids):
        Item.objects.filter(id__in=ids, state=ItemState.WAITING.value).update(state=ItemState.ACTIVE.value)
        received = Case.objects.filter(state=CaseState.RECEIVED.value, items__in=ids).values_list("id", flat=True)
        Case.objects.filter(id__in=list(received)).update(state=CaseState.ACTIVE.value)


def chosen_items(case_id: UUID, numbers: Sequence[int] | None, states: Sequence[ItemState]) -> list[int]:
    """Give the ids of the numbered items (None: all) that are in one of these states.

    Raises CaseNotFoundError, ItemNotFoundError for a number that the case has not.
    """
    if not Case.objects.filter(id=case_id).exists():
        raise CaseNotFoundError
    rows = Item.objects.filter(case_id=case_id)
    if numbers is not None:
        wanted = set(numbers)
        rows = rows.filter(number__in=wanted)
        if rows.count() != len(wanted):
            raise ItemNotFoundError
    return list(rows.filter(state__in=[state.value for state in states]).values_list("id", flat=True))


def stop(case_id: UUID, numbers: Sequence[int] | None, code_index: bytes, day: date) -> tuple[list[int], date]:
    """Withdraw open items; give their ids and the last day on which they may be taken back. ItemStateError: none."""
    ids = chosen_items(case_id, numbers, (ItemState.WAITING, ItemState.ACTIVE))
    if not ids:
        raise ItemStateError
    until = day + timedelta(days=TAKE_BACK_DAYS)
    take_back = TakeBack.objects.create(case_id=case_id, code_index=code_index, until_day=until)
    Item.objects.filter(id__in=ids).update(state=ItemState.WITHDRAWN.value, take_back=take_back)
    settle(case_id)
    return ids, until


def restore(case_id: UUID, code_index: bytes, day: date) -> list[int]:
    """Open again what one withdrawal stopped; its code is used up. Raises TakeBackError."""
    row = TakeBack.objects.filter(case_id=case_id, code_index=code_index, until_day__gte=day).first()
    ids = list(row.items.values_list("id", flat=True)) if row else []
    if row is None or not ids:
        raise TakeBackError
    Item.objects.filter(id__in=ids).update(state=ItemState.WAITING.value, take_back=None)
    row.delete()
    settle(case_id)
    return ids


def mark_erased(case_id: UUID, item_ids: Sequence[int]) -> None:
    """Note that nothing of these items is left. A case of which nothing is left is deleted."""
    mine = Item.objects.filter(case_id=case_id, id__in=item_ids)
    mine.filter(frames__gt=1).update(frames=1)
    mine.update(state=ItemState.ERASED.value, take_back=None)
    TakeBack.objects.filter(case_id=case_id, items=None).delete()
    settle(case_id)


def settle(case_id: UUID) -> None:
    """Let the case's state follow from its items: any open; else any that can come back; else deleted."""
    states = set(Item.objects.filter(case_id=case_id).values_list("state", flat=True))
    if ItemState.ACTIVE.value in states:
        state = CaseState.ACTIVE
    elif ItemState.WAITING.value in states:
        state = CaseState.RECEIVED
    elif ItemState.WITHDRAWN.value in states:
        state = CaseState.WITHDRAWN
    else:
        delete(case_id)
        return
    Case.objects.filter(id=case_id).update(state=state.value)


def delete(case_id: UUID) -> None:
    """Forget code, claim, audience and forms. What stays is a row that says when a case was, under its alias."""
    Case.objects.filter(id=case_id).update(state=CaseState.DELETED.value, code_index=None, token_index=None, claim="")
    Case.members.through.objects.filter(case_id=case_id).delete()
    Send.objects.filter(case_id=case_id).delete()
    TakeBack.objects.filter(case_id=case_id).delete()


def leave(case_id: UUID) -> None:
    """End every browser's session of this case. Unknown cases are left alone."""
    Case.objects.filter(id=case_id).update(generation=F("generation") + 1)


def past_take_back(day: date, limit: int) -> dict[UUID, list[int]]:
    """Give items whose 14 days are over, by case."""
    due: dict[UUID, list[int]] = defaultdict(list)
    rows = Item.objects.filter(take_back__until_day__lt=day).order_by("id")[:limit]
    for case_id, item_id in rows.values_list("case_id", "id"):
        due[case_id].append(item_id)
    return due


def past_end(day: date, limit: int) -> list[UUID]:
    """Give cases that nobody has visited for two years."""
    rows = Case.objects.exclude(state=CaseState.DELETED.value)
    rows = rows.filter(last_visit_day__lte=day - timedelta(days=365 * KEPT_YEARS)).order_by("last_visit_day")[:limit]
    return [row.id for row in rows if ends_day(row.last_visit_day) <= day]


def _token_index(token: bytes) -> bytes:
    """Give what is kept of a form's token."""
    return hmac.digest(hub_ring().derive("form token"), token, "sha256")
