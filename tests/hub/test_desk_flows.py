"""What operators see: aliases, states and counts; never a code, a hash, or a case's own id."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hub_stage import item, member, opened

from notcontent.errors import CaseNotFoundError
from notcontent.hub import flows
from notcontent.hub.accounts.models import Member
from notcontent.hub.bank.models import Entry
from notcontent.hub.cases.models import Case
from notcontent.hub.flows import CaseState, Claim, ItemState

pytestmark = pytest.mark.django_db


def test_cases_are_paged_newest_first_without_loss_or_repetition() -> None:
    member()
    today = timezone.now().date()
    for age in range(7):
        case = opened()
        Case.objects.filter(id=case.case_id).update(opened_day=today - timedelta(days=age // 2))
    seen: list[flows.DeskCaseLine] = []
    after: str | None = None
    while True:
        page = flows.desk_cases(after, 3)
        seen += page.cases
        after = page.next
        if after is None:
            break
    assert len({line.alias for line in seen}) == len(seen) == 7
    assert [line.opened_day for line in seen] == sorted((line.opened_day for line in seen), reverse=True)


def test_a_page_is_at_least_one_and_at_most_200() -> None:
    member()
    opened()
    assert len(flows.desk_cases(None, 0).cases) == 1
    assert len(flows.desk_cases(None, 10**9).cases) == 1
    with pytest.raises(CaseNotFoundError):
        flows.desk_cases("no-such")


def test_a_case_is_shown_by_alias_with_its_items_as_they_stand() -> None:
    alpha = member()
    case = opened(item(1, quality=77), item(2), claim="made")
    alpha.sync()
    flows.withdraw(case.case_id, [2])
    line = flows.desk_cases().cases[0]
    shown = flows.desk_case(line.alias)
    assert (line.claim, line.items, line.active, line.state) == (Claim.MADE, 2, 1, CaseState.ACTIVE)
    assert [(each.number, each.state, each.quality) for each in shown.items] == [
        (1, ItemState.ACTIVE, 77),
        (2, ItemState.WITHDRAWN, 100),
    ]
    assert shown.items[0].fetched_by == ("Alpha",)
    with pytest.raises(CaseNotFoundError):
        flows.desk_case("no-such")


def test_nothing_an_operator_is_given_holds_code_hash_or_case_id() -> None:
    member()
    case = opened(item(1))
    stopped = flows.withdraw(case.case_id)
    alias = flows.desk_cases().cases[0].alias
    shown = repr(
        (flows.desk_cases(), flows.desk_case(alias), flows.desk_members(), flows.desk_overview(), flows.desk_audit())
    )
    entry = Entry.objects.get().id
    for secret in (case.code, stopped.take_back_code, item(1).value.hex(), repr(item(1).value)):
        assert secret not in shown
    for identity in (case.case_id, entry):
        assert str(identity) not in shown
        assert identity.hex not in shown


def test_the_overview_counts() -> None:
    alpha, _ = member("alpha"), member("beta")
    flows.withdraw(opened(item(), item()).case_id, [1])
    flows.withdraw(opened(item()).case_id)
    alpha.sync()
    overview = flows.desk_overview()
    assert (overview.cases[CaseState.ACTIVE], overview.cases[CaseState.WITHDRAWN]) == (1, 1)
    assert (overview.entries_active, overview.entries_waiting) == (1, 0)
    assert (overview.members_active, overview.members_silent, overview.epoch) == (2, 1, 2)
    Member.objects.filter(name="alpha").update(last_sync=timezone.now() - timedelta(hours=2))
    assert flows.desk_overview().members_silent == 2


def test_members_are_listed_with_their_keys_and_where_they_are() -> None:
    alpha = member("alpha")
    opened(item(), item())
    alpha.sync()
    made = flows.create_member_key("mara", "alpha", "second gate")
    flows.revoke_member_key("mara", made.key_id)
    listed = flows.desk_members()[0]
    assert (listed.cursor, listed.feed_end, listed.active) == (2, 2, True)
    assert [(key.label, key.revoked_day is not None) for key in listed.keys] == [("second gate", True), ("test", False)]


def test_the_audit_chain_is_paged_newest_first() -> None:
    for number in range(5):
        flows.record_operator_act("mara", "operator-signed-in", str(number))
    first = flows.desk_audit(limit=2)
    second = flows.desk_audit(before=first[-1].seq, limit=9)
    assert [line.subject for line in (*first, *second)] == ["4", "3", "2", "1", "0"]


def test_only_active_members_can_be_chosen() -> None:
    member("alpha")
    member("beta")
    Member.objects.filter(name="beta").update(active=False)
    assert [choice.name for choice in flows.list_members()] == ["alpha"]
