"""What dates bring: epochs, the end of 14 days, the end of two years."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone
from hub_stage import item, member, opened, token

from notcontent.errors import CaseNotFoundError, TakeBackError
from notcontent.hub import flows
from notcontent.hub.bank import services as bank
from notcontent.hub.bank.models import Entry
from notcontent.hub.cases.models import Case
from notcontent.hub.cases.reading import ends_day
from notcontent.hub.config import HubConfig
from notcontent.hub.feed.models import Event
from notcontent.hub.flows import CaseState, TickReport

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NOTHING = TickReport()


def test_adds_wait_for_the_end_of_their_hour_and_go_out_together(with_config: Callable[..., HubConfig]) -> None:
    with_config(epoch_s=3600)
    alpha = member()
    begin = datetime(2026, 11, 22, 10, 5, tzinfo=UTC)
    assert flows.tick(begin) == NOTHING
    cases = [opened(item(), item()), opened(item())]
    assert flows.tick(begin + timedelta(minutes=54)) == NOTHING
    assert alpha.sync().held == {}
    assert flows.view_case(cases[0].case_id).state is CaseState.RECEIVED
    assert flows.tick(begin + timedelta(minutes=55)).published == 3
    assert len(alpha.sync().held) == 3
    assert len(set(Event.objects.values_list("epoch", flat=True))) == 1
    assert flows.view_case(cases[1].case_id).state is CaseState.ACTIVE
    assert flows.tick(begin + timedelta(minutes=56)) == NOTHING


def test_even_the_first_adds_of_a_new_hub_wait(with_config: Callable[..., HubConfig]) -> None:
    with_config(epoch_s=3600)
    member()
    opened()
    begin = datetime(2026, 11, 22, 10, 5, tzinfo=UTC)
    assert flows.tick(begin) == NOTHING
    assert flows.tick(begin + HOUR).published == 1


def test_what_is_withdrawn_while_it_waits_is_never_published(with_config: Callable[..., HubConfig]) -> None:
    with_config(epoch_s=3600)
    alpha = member()
    flows.tick(timezone.now())
    case = opened(item(1), item(2))
    stopped = flows.withdraw(case.case_id, [1])
    flows.tick(timezone.now() + HOUR)
    assert alpha.sync().values() == [item(2).value]
    assert alpha.cursor == 1
    flows.take_back(case.case_id, stopped.take_back_code)
    assert alpha.sync().cursor == 1
    flows.tick(timezone.now() + 2 * HOUR)
    assert alpha.sync().values() == sorted([item(1).value, item(2).value])


def test_withdrawals_do_not_wait_for_the_epoch(with_config: Callable[..., HubConfig]) -> None:
    with_config(epoch_s=3600)
    alpha = member()
    flows.tick(timezone.now())
    case = opened(item(1))
    flows.tick(timezone.now() + HOUR)
    assert alpha.sync().values() == [item(1).value]
    flows.withdraw(case.case_id)
    assert alpha.sync().values() == []


def test_an_epochs_order_is_drawn_at_random(with_config: Callable[..., HubConfig]) -> None:
    with_config(epoch_s=3600)
    member()
    flows.tick(timezone.now())
    opened(*(item(seed) for seed in range(60)))
    banked = list(Entry.objects.order_by("item_id").values_list("id", flat=True))
    waiting = [payload.entry_id for payload in bank.waiting()]
    flows.tick(timezone.now() + HOUR)
    published = list(Event.objects.order_by("id").values_list("entry_id", flat=True))
    assert sorted(published) == sorted(banked) == sorted(waiting)
    assert published not in (banked, waiting)


def test_after_fourteen_days_what_was_withdrawn_is_erased_and_cannot_come_back() -> None:
    member()
    case = opened(item(1), item(2))
    stopped = flows.withdraw(case.case_id, [1])
    now = timezone.now()
    assert flows.tick(now + timedelta(days=14)) == NOTHING
    assert flows.tick(now + timedelta(days=15)).erased == 1
    assert flows.tick(now + timedelta(days=15)) == NOTHING
    assert [each.state.value for each in flows.view_case(case.case_id).items] == ["erased", "active"]
    assert not Event.objects.filter(entry_id=Entry.objects.get(state="erased").id).exclude(salt=None).exists()
    with pytest.raises(TakeBackError):
        flows.take_back(case.case_id, stopped.take_back_code)


def test_a_case_of_which_nothing_is_left_is_deleted() -> None:
    member()
    case = opened()
    flows.withdraw(case.case_id)
    flows.tick(timezone.now() + timedelta(days=15))
    assert flows.view_case(case.case_id).state is CaseState.DELETED
    with pytest.raises(CaseNotFoundError):
        flows.enter_case(case.code)


def test_a_case_that_nobody_visits_for_two_years_ends_on_the_day_it_said() -> None:
    alpha = member()
    case = opened(item(1), item(2))
    flows.withdraw(case.case_id, [2])
    ends = flows.view_case(case.case_id).ends_day
    Case.objects.get().take_backs.update(until_day=ends + timedelta(days=99))
    eve = datetime.combine(ends - timedelta(days=1), datetime.max.time(), UTC)
    assert flows.tick(eve) == NOTHING
    assert flows.tick(eve + timedelta(seconds=1)).ended_cases == 1
    assert flows.tick(eve + timedelta(seconds=1)) == NOTHING
    assert flows.view_case(case.case_id).state is CaseState.DELETED
    assert alpha.sync().values() == []
    assert not Entry.objects.exclude(value_sealed=None).exists()


def test_a_visit_keeps_a_case() -> None:
    member()
    case = opened()
    Case.objects.update(last_visit_day=timezone.now().date() - timedelta(days=729))
    flows.enter_case(case.code)
    # Three days on, the visit before would have ended it; so would two years and a day after this one.
    assert flows.tick(timezone.now() + timedelta(days=3)) == NOTHING
    assert flows.view_case(case.case_id).state is CaseState.ACTIVE
    assert flows.tick(timezone.now() + timedelta(days=2 * 366)).ended_cases == 1


@pytest.mark.parametrize(
    ("visit", "end"),
    [
        (date(2026, 11, 22), date(2028, 11, 22)),
        (date(2028, 2, 29), date(2030, 2, 28)),
        (date(2026, 2, 28), date(2028, 2, 28)),
    ],
)
def test_two_years_on_is_the_same_date(visit: date, end: date) -> None:
    assert ends_day(visit) == end


def test_a_tick_with_nothing_to_do_writes_nothing() -> None:
    member()
    opened(item(), item())
    flows.add_items(flows.enter_case(opened().code), (item(),), token())
    before = [line.seq for line in flows.desk_audit()]
    assert flows.tick(timezone.now()) == NOTHING
    assert [line.seq for line in flows.desk_audit()] == before
