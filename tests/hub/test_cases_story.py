"""One person's story: open, come back, see, add, withdraw, take back, erase."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from hub_stage import Gate, item, member, opened, token

from notcontent.errors import (
    AlreadyOpenedError,
    CaseClosedError,
    CaseNotFoundError,
    DailyLimitError,
    HashFormatError,
    ItemNotFoundError,
    ItemStateError,
    MemberNotFoundError,
    NotContentError,
    QualityTooLowError,
    RequestFormatError,
    TakeBackError,
    TooManyItemsError,
    UnderageError,
)
from notcontent.hub import flows
from notcontent.hub.bank.models import Entry
from notcontent.hub.cases.models import Case, Item
from notcontent.hub.config import HubConfig
from notcontent.hub.flows import CaseState, ItemState

pytestmark = pytest.mark.django_db


def opening(*items: flows.NewItem, members: tuple[str, ...] = ("alpha",)) -> flows.Opening:
    return flows.Opening(
        adults_only=True, claim=flows.Claim.REAL, members=members, items=items or (item(),), token=token()
    )


def states(case: flows.OpenedCase) -> list[str]:
    return [each.state.value for each in flows.view_case(case.case_id).items]


# --- opening ---


def test_a_case_is_opened_and_found_by_its_code_however_it_is_typed() -> None:
    member()
    case = opened(item(), item())
    assert len(case.code.split()) == 8
    for typed in (
        case.code,
        case.code.upper(),
        case.code.replace(" ", "-"),
        " ".join(w[:4] for w in case.code.split()),
    ):
        assert flows.enter_case(typed) == case.case_id


def test_under_18_stores_nothing() -> None:
    member()
    with pytest.raises(UnderageError):
        flows.open_case(replace(opening(), adults_only=False))
    assert not Case.objects.exists()
    assert not Item.objects.exists()
    assert not Entry.objects.exists()
    assert [line.verb for line in flows.desk_audit()] == ["member-key-created", "member-created"]


def test_a_form_sent_twice_opens_one_case() -> None:
    member()
    form = opening()
    flows.open_case(form)
    with pytest.raises(AlreadyOpenedError):
        flows.open_case(form)
    assert Case.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"items": ()}, RequestFormatError),
        ({"members": ()}, RequestFormatError),
        ({"members": ("alpha", "nobody")}, MemberNotFoundError),
        ({"token": b"short"}, RequestFormatError),
        ({"items": (item(), flows.NewItem(b"\x01" * 31, 100))}, HashFormatError),
        ({"items": (item(), item(quality=49))}, QualityTooLowError),
        ({"items": (item(), flows.NewItem(b"\x00" * 32, 100))}, QualityTooLowError),
        ({"items": tuple(item() for _ in range(101))}, TooManyItemsError),
    ],
)
def test_a_form_that_is_refused_stores_nothing(change: dict[str, object], error: type[NotContentError]) -> None:
    member()
    with pytest.raises(error):
        flows.open_case(replace(opening(), **change))  # type: ignore[arg-type]
    assert not Case.objects.exists()
    assert not Entry.objects.exists()


def test_the_same_picture_twice_in_a_case_is_one_item() -> None:
    member()
    case = opened(item(1), item(2), item(1))
    assert (case.count, case.already_there, len(states(case))) == (2, 1, 2)


def test_what_another_case_holds_changes_nothing_that_this_one_shows() -> None:
    member()
    first = opened(item(1), item(2))
    second = opened(item(1), item(2))
    assert (second.count, second.already_there) == (first.count, first.already_there) == (2, 0)
    one, two = flows.view_case(first.case_id), flows.view_case(second.case_id)
    assert one == two
    marks = Entry.objects.values_list("value_index", flat=True)
    assert len({bytes(mark or b"") for mark in marks}) == 4, "equal values of two cases must not be joinable"


def test_an_opened_case_shows_no_secret_in_its_repr() -> None:
    member()
    form = opening(item(7))
    case = flows.open_case(form)
    stopped = flows.withdraw(case.case_id)
    shown = f"{form!r} {form.items!r} {case!r} {stopped!r}"
    assert case.code not in shown
    assert stopped.take_back_code not in shown
    assert form.items[0].value.hex() not in shown
    assert repr(form.items[0].value) not in shown


def test_a_days_cases_and_pictures_may_be_capped(with_config: Callable[..., HubConfig]) -> None:
    member()
    with_config(max_cases_a_day=1, max_items_a_day=3)
    case = opened(item(), item())
    with pytest.raises(DailyLimitError):
        opened()
    with pytest.raises(DailyLimitError):
        flows.add_items(case.case_id, (item(), item()), token())
    assert flows.add_items(case.case_id, (item(),), token()).count == 1


# --- coming back ---


def test_an_unknown_code_gets_the_one_answer() -> None:
    member()
    opened()
    for typed in ("", "abandon " * 8, "no words of the list at all", "x" * 5000):
        with pytest.raises(CaseNotFoundError):
            flows.enter_case(typed)


def test_leaving_ends_every_session_of_the_case() -> None:
    member()
    case = opened()
    before = flows.case_generation(case.case_id)
    flows.leave_case(case.case_id)
    assert flows.case_generation(case.case_id) == before + 1
    with pytest.raises(CaseNotFoundError):
        flows.case_generation(opened().case_id.__class__(int=1))


def test_a_visit_moves_the_end_on_by_days_not_times() -> None:
    member()
    case = opened()
    today = timezone.now().date()
    Case.objects.update(last_visit_day=today - timedelta(days=100))
    before = flows.view_case(case.case_id).ends_day
    flows.enter_case(case.code)
    assert (flows.view_case(case.case_id).ends_day - before).days in {99, 100, 101}
    assert Case.objects.get().last_visit_day == today


def test_a_person_sees_who_was_sent_an_item_and_who_fetched_it() -> None:
    alpha, _ = member("alpha"), member("beta")
    case = opened(item(), members=("alpha", "beta"))
    view = flows.view_case(case.case_id)
    assert [each.title for each in view.members] == ["Alpha", "Beta"]
    assert view.items[0].sent_to == ("Alpha", "Beta")
    assert view.items[0].fetched_by == ()
    alpha.sync()
    assert flows.view_case(case.case_id).items[0].fetched_by == ("Alpha",)


# --- adding ---


def test_items_are_numbered_on_and_duplicates_counted() -> None:
    member()
    case = opened(item(1), item(2))
    added = flows.add_items(case.case_id, (item(2), item(3)), token())
    assert (added.count, added.already_there) == (1, 1)
    assert [each.number for each in flows.view_case(case.case_id).items] == [1, 2, 3]


def test_adding_by_the_same_form_twice_answers_the_same_and_adds_nothing() -> None:
    member()
    case, form = opened(item(1)), token()
    first = flows.add_items(case.case_id, (item(2), item(1)), form)
    second = flows.add_items(case.case_id, (item(2), item(1)), form)
    assert first == second == flows.Added(1, 1)
    assert len(states(case)) == 2


def test_a_case_holds_so_many_items_and_no_more(with_config: Callable[..., HubConfig]) -> None:
    member()
    with_config(max_items_a_case=3)
    case = opened(item(), item())
    with pytest.raises(TooManyItemsError):
        flows.add_items(case.case_id, (item(), item()), token())
    assert flows.add_items(case.case_id, (item(),), token()).count == 1


def test_a_withdrawn_or_erased_case_takes_nothing_more() -> None:
    member()
    case = opened()
    flows.withdraw(case.case_id)
    with pytest.raises(CaseClosedError):
        flows.add_items(case.case_id, (item(),), token())
    flows.erase(case.case_id)
    with pytest.raises(CaseClosedError):
        flows.add_items(case.case_id, (item(),), token())


# --- withdrawing, taking back, erasing ---


def test_withdrawing_stops_the_chosen_items_at_every_member_at_once() -> None:
    alpha, beta = member("alpha"), member("beta")
    case = opened(item(1), item(2), item(3), members=("alpha", "beta"))
    assert len(alpha.sync().held) == len(beta.sync().held) == 3
    stopped = flows.withdraw(case.case_id, [2])
    assert (stopped.count, len(stopped.take_back_code.split())) == (1, 4)
    assert stopped.until == timezone.now().date() + timedelta(days=14)
    assert states(case) == ["active", "withdrawn", "active"]
    assert alpha.sync().values() == beta.sync().values() == sorted([item(1).value, item(3).value])


def test_withdrawing_all_closes_the_case_until_it_is_taken_back() -> None:
    member()
    case = opened(item(), item())
    stopped = flows.withdraw(case.case_id)
    assert flows.view_case(case.case_id).state is CaseState.WITHDRAWN
    assert flows.take_back(case.case_id, stopped.take_back_code) == 2
    assert flows.view_case(case.case_id).state is CaseState.ACTIVE


def test_withdrawing_what_is_withdrawn_changes_nothing() -> None:
    alpha = member()
    case = opened(item(), item())
    flows.withdraw(case.case_id, [1])
    before = alpha.sync().cursor
    with pytest.raises(ItemStateError):
        flows.withdraw(case.case_id, [1])
    assert alpha.sync().cursor == before


@pytest.mark.parametrize("numbers", [[3], [0], [1, 9], [-1]])
def test_a_number_that_the_case_has_not_is_refused_and_nothing_stops(numbers: list[int]) -> None:
    member()
    case = opened(item(), item())
    for act in (flows.withdraw, flows.erase):
        with pytest.raises(ItemNotFoundError):
            act(case.case_id, numbers)
    assert states(case) == ["active", "active"]


def test_one_persons_withdrawal_never_touches_anothers_equal_picture() -> None:
    alpha = member()
    first, second = opened(item(1)), opened(item(1))
    assert alpha.sync().values() == [item(1).value] * 2
    flows.withdraw(first.case_id)
    assert alpha.sync().values() == [item(1).value]
    flows.erase(first.case_id)
    assert alpha.sync().values() == [item(1).value]
    assert states(second) == ["active"]


def test_taking_back_makes_new_entries_under_names_nobody_has_seen() -> None:
    alpha = member()
    case = opened(item(1))
    old = set(alpha.sync().held)
    stopped = flows.withdraw(case.case_id)
    alpha.sync()
    flows.take_back(case.case_id, stopped.take_back_code)
    alpha.sync()
    assert alpha.values() == [item(1).value]
    assert set(alpha.held).isdisjoint(old)


def test_a_take_back_code_works_once_in_its_own_case_and_restores_what_it_stopped() -> None:
    member()
    case, other = opened(item(1), item(2)), opened(item(3))
    one, two = flows.withdraw(case.case_id, [1]), flows.withdraw(case.case_id, [2])
    flows.withdraw(other.case_id)
    for case_id, code in ((other.case_id, one.take_back_code), (case.case_id, "abandon ability able about")):
        with pytest.raises(TakeBackError):
            flows.take_back(case_id, code)
    assert flows.take_back(case.case_id, one.take_back_code.upper()) == 1
    assert states(case) == ["active", "withdrawn"]
    with pytest.raises(TakeBackError):
        flows.take_back(case.case_id, one.take_back_code)
    assert flows.take_back(case.case_id, two.take_back_code) == 1


def test_fourteen_days_are_enough_to_take_back_and_fifteen_too_many() -> None:
    member()
    case = opened(item(1), item(2))
    first, second = flows.withdraw(case.case_id, [1]), flows.withdraw(case.case_id, [2])
    today = timezone.now().date()
    take_backs = Case.objects.get().take_backs.order_by("id")
    assert [row.until_day for row in take_backs] == [today + timedelta(days=14)] * 2
    take_backs.filter(items__number=1).update(until_day=today)
    take_backs.filter(items__number=2).update(until_day=today - timedelta(days=1))
    assert flows.take_back(case.case_id, first.take_back_code) == 1
    with pytest.raises(TakeBackError):
        flows.take_back(case.case_id, second.take_back_code)


def test_erasing_an_item_empties_it_and_leaves_the_others() -> None:
    alpha = member()
    case = opened(item(1), item(2))
    assert flows.erase(case.case_id, [1]) == 1
    assert flows.erase(case.case_id, [1]) == 0
    assert states(case) == ["erased", "active"]
    assert alpha.sync().values() == [item(2).value]
    row = Entry.objects.get(state="erased")
    assert (row.value_sealed, row.value_index, row.quality) == (None, None, None)


def test_an_erased_case_is_found_by_no_code_and_remembers_no_choice() -> None:
    alpha = member()
    case = opened(item(1), item(2))
    flows.withdraw(case.case_id, [1])
    assert flows.erase(case.case_id) == 2
    with pytest.raises(CaseNotFoundError):
        flows.enter_case(case.code)
    view = flows.view_case(case.case_id)
    assert (view.state, view.claim, view.members) == (CaseState.DELETED, None, ())
    assert {each.state for each in view.items} == {ItemState.ERASED}
    assert alpha.sync().values() == []
    row = Case.objects.get()
    assert (row.code_index, row.token_index, row.claim) == (None, None, "")


def test_erasing_withdrawn_items_says_nothing_more_to_members() -> None:
    alpha = member()
    case = opened(item(1))
    stopped = flows.withdraw(case.case_id)
    cursor = alpha.sync().cursor
    flows.erase(case.case_id)
    assert alpha.sync().cursor == cursor
    with pytest.raises(TakeBackError):
        flows.take_back(case.case_id, stopped.take_back_code)


def test_a_picture_may_come_again_after_it_was_withdrawn() -> None:
    alpha = member()
    case = opened(item(1), item(2))
    stopped = flows.withdraw(case.case_id, [1])
    assert flows.add_items(case.case_id, (item(1),), token()) == flows.Added(1, 0)
    assert flows.take_back(case.case_id, stopped.take_back_code) == 0
    assert states(case) == ["erased", "active", "active"]
    assert alpha.sync().values() == sorted([item(1).value, item(2).value])


def test_a_picture_added_again_has_one_live_entry_and_withdrawing_it_ends_every_match() -> None:
    alpha = member()
    case = opened(item(1), item(2), item(3))
    stopped = flows.withdraw(case.case_id, [1, 2])
    flows.add_items(case.case_id, (item(1),), token())
    assert flows.take_back(case.case_id, stopped.take_back_code) == 1
    assert states(case) == ["erased", "active", "active", "active"]
    assert alpha.sync().values() == sorted(item(seed).value for seed in (1, 2, 3))
    flows.withdraw(case.case_id, [4])
    assert alpha.sync().values() == sorted(item(seed).value for seed in (2, 3))
    told = [(line.verb, line.count) for line in flows.desk_audit()][:3]
    assert told == [("items-withdrawn", 1), ("items-erased", 1), ("items-restored", 1)]


def test_the_database_itself_refuses_a_second_open_entry_of_a_value_in_a_case() -> None:
    from django.db import IntegrityError, transaction

    from notcontent.hub.bank import services as bank

    member()
    case = opened(item(1))
    other = opened(item(2))
    flows.withdraw(case.case_id)
    with transaction.atomic():
        bank.add(case.case_id, [(Item.objects.get(case_id=case.case_id).pk, item(1))])
    with pytest.raises(IntegrityError), transaction.atomic():
        bank.add(case.case_id, [(Item.objects.get(case_id=case.case_id).pk, item(1))])
    bank.add(other.case_id, [(Item.objects.get(case_id=other.case_id).pk, item(1))])


def test_erasing_a_case_ends_every_session_of_it_by_itself() -> None:
    member()
    case = opened()
    flows.case_generation(case.case_id)
    flows.erase(case.case_id)
    with pytest.raises(CaseNotFoundError):
        flows.case_generation(case.case_id)


def test_a_story_of_an_unknown_case_is_refused() -> None:
    from uuid import uuid4

    unknown = uuid4()
    for story in (
        lambda: flows.view_case(unknown),
        lambda: flows.add_items(unknown, (item(),), token()),
        lambda: flows.withdraw(unknown),
        lambda: flows.take_back(unknown, "abandon ability able about"),
        lambda: flows.erase(unknown),
    ):
        with pytest.raises(CaseNotFoundError):
            story()
    flows.leave_case(unknown)


def test_every_step_is_in_the_audit_chain_under_the_cases_alias_and_nothing_else_is() -> None:
    member()
    case = opened(item(), item())
    alias = flows.desk_cases().cases[0].alias
    stopped = flows.withdraw(case.case_id, [1])
    flows.take_back(case.case_id, stopped.take_back_code)
    flows.enter_case(case.code)
    flows.leave_case(case.case_id)
    flows.erase(case.case_id)
    told = [(line.actor, line.verb, line.subject, line.count) for line in reversed(flows.desk_audit())][2:]
    assert told == [
        ("case", "case-opened", alias, 2),
        ("case", "items-withdrawn", alias, 1),
        ("case", "items-restored", alias, 1),
        ("case", "items-erased", alias, 2),
    ]


def test_a_gate_is_never_told_what_its_member_was_not_chosen_for() -> None:
    alpha, beta = member("alpha"), member("beta")
    case = opened(item(1), members=("beta",))
    flows.withdraw(case.case_id)
    assert alpha.sync().cursor == 0
    assert beta.sync().cursor == 2


def test_the_gate_of_the_tests_refuses_a_foreign_page() -> None:
    from notcontent.errors import FeedForeignError

    alpha = member("alpha")
    opened()
    with pytest.raises(FeedForeignError):
        Gate("beta", alpha.key).sync()
