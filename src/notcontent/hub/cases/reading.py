"""Look at cases and items without changing them. Nothing here tells a code or a hash."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, Q

from notcontent.errors import CaseNotFoundError
from notcontent.hub.answers import CaseState, Claim, ItemState
from notcontent.hub.batches import portions
from notcontent.hub.cases.models import Case, Item

KEPT_YEARS = 2


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case as other rooms know it."""

    id: UUID
    alias: str
    state: CaseState
    claim: Claim | None
    opened_day: date
    ends_day: date
    member_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ItemLine:
    """An item as other rooms know it."""

    id: int
    number: int
    frames: int
    state: ItemState
    added_day: date
    withdrawn_until: date | None


@dataclass(frozen=True, slots=True)
class CaseCount:
    """A case in the operators' list."""

    alias: str
    state: CaseState
    claim: Claim | None
    opened_day: date
    items: int
    active: int


def ends_day(last_visit: date) -> date:
    """Give the day on which an unvisited case ends: the same date two years on."""
    year = last_visit.year + KEPT_YEARS
    try:
        return last_visit.replace(year=year)
    except ValueError:
        return date(year, 2, 28)  # there is no 29 February that year


def line(row: Case) -> CaseLine:
    """Give a row as a value."""
    return CaseLine(
        id=row.id,
        alias=row.alias,
        state=CaseState(row.state),
        claim=Claim(row.claim) if row.claim else None,
        opened_day=row.opened_day,
        ends_day=ends_day(row.last_visit_day),
        member_ids=tuple(row.members.order_by("id").values_list("id", flat=True)),
    )


def case(case_id: UUID) -> CaseLine:
    """Give one case. Raises CaseNotFoundError."""
    row = Case.objects.filter(id=case_id).first()
    if row is None:
        raise CaseNotFoundError
    return line(row)


def alias(case_id: UUID) -> str:
    """Give the operators' name of a case. Raises CaseNotFoundError."""
    name = Case.objects.filter(id=case_id).values_list("alias", flat=True).first()
    if name is None:
        raise CaseNotFoundError
    return name


def case_by_alias(alias: str) -> CaseLine:
    """Give one case by the operators' name. Raises CaseNotFoundError."""
    row = Case.objects.filter(alias=alias).first()
    if row is None:
        raise CaseNotFoundError
    return line(row)


def items(case_id: UUID) -> tuple[ItemLine, ...]:
    """Give a case's items by number."""
    return tuple(
        ItemLine(
            row.pk,
            row.number,
            row.frames,
            ItemState(row.state),
            row.added_day,
            row.take_back.until_day if row.take_back else None,
        )
        for row in Item.objects.filter(case_id=case_id).select_related("take_back").order_by("number")
    )


def generation(case_id: UUID) -> int:
    """Give the number that cookies of this case must carry. Raises CaseNotFoundError, also for a deleted case."""
    rows = Case.objects.filter(id=case_id).exclude(state=CaseState.DELETED.value)
    number = rows.values_list("generation", flat=True).first()
    if number is None:
        raise CaseNotFoundError
    return number


def counted(after: str | None, limit: int) -> list[CaseCount]:
    """List cases newest first, beginning after the case of the alias `after`. Raises CaseNotFoundError."""
    rows = Case.objects.all()
    if after is not None:
        last = case_by_alias(after)
        rows = rows.filter(Q(opened_day__lt=last.opened_day) | Q(opened_day=last.opened_day, alias__gt=after))
    annotated = rows.annotate(
        item_count=Count("items"), active_count=Count("items", filter=Q(items__state=ItemState.ACTIVE.value))
    ).order_by("-opened_day", "alias")[:limit]
    return [
        CaseCount(
            alias=row.alias,
            state=CaseState(row.state),
            claim=Claim(row.claim) if row.claim else None,
            opened_day=row.opened_day,
            items=row.item_count,
            active=row.active_count,
        )
        for row in annotated
    ]


def count_by_state() -> dict[CaseState, int]:
    """Count the cases of each state."""
    counts = dict.fromkeys(CaseState, 0)
    for state, number in Case.objects.values_list("state").annotate(number=Count("id")).order_by():
        counts[CaseState(state)] = number
    return counts


def audiences(item_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """Give the members that each item goes to: those that its person chose."""
    case_of: dict[int, UUID] = {}
    for ids in portions(item_ids):
        case_of.update(Item.objects.filter(id__in=ids).values_list("id", "case_id"))
    chosen: dict[UUID, list[int]] = defaultdict(list)
    for case_ids in portions(set(case_of.values())):
        through = Case.members.through.objects.filter(case_id__in=case_ids).order_by("member_id")
        for case_id, member_id in through.values_list("case_id", "member_id"):
            chosen[case_id].append(member_id)
    return {item_id: tuple(chosen[case_id]) for item_id, case_id in case_of.items()}
