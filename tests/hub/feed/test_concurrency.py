"""Many writers and readers at once, as real threads: places stay contiguous, nothing is lost, nothing is done twice."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from hub_stage import Gate, item, member, opened, token

from notcontent.errors import AlreadyOpenedError, ItemStateError, NotContentError, OverloadedError, TakeBackError
from notcontent.hub import flows
from notcontent.hub.audit import services as audit
from notcontent.hub.cases.models import Case
from notcontent.hub.config import HubConfig
from notcontent.hub.feed.models import Delivery

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS = 4


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every thread have its turn at Argon2id, however slow the machine."""
    from notcontent.hub.cases import stretch

    monkeypatch.setattr(stretch, "_PATIENCE_S", 60.0)


def at_once(*works: Callable[[], object]) -> list[BaseException | None]:
    """Run all at once, each in a thread with a connection of its own; give what each raised."""
    start = threading.Barrier(len(works))
    raised: list[BaseException | None] = [None] * len(works)

    def run(place: int, work: Callable[[], object]) -> None:
        try:
            start.wait()
            work()
        except NotContentError as error:
            raised[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def assert_whole(*gates: Gate) -> None:
    """Places run from 1 without gaps, and the audit chain holds."""
    for gate in gates:
        places = list(Delivery.objects.filter(member__name=gate.name).order_by("seq").values_list("seq", flat=True))
        assert places == list(range(1, len(places) + 1))
    assert audit.verify().broken_at is None


def test_writers_at_once_leave_no_gap_in_any_feed() -> None:
    alpha, beta = member("alpha"), member("beta")

    def write() -> None:
        for audience in (("alpha",), ("alpha", "beta"), ("beta",)):
            case = opened(item(), item(), members=audience)
            flows.withdraw(case.case_id, [1])

    raised = at_once(*[write] * WRITERS)
    assert raised == [None] * WRITERS
    assert_whole(alpha, beta)
    assert len(alpha.sync().held) == len(beta.sync().held) == WRITERS * 2


def test_a_reader_meanwhile_never_sees_a_gap() -> None:
    alpha = member("alpha")
    ended = threading.Event()

    def write() -> None:
        for _ in range(6):
            flows.withdraw(opened(item(), item()).case_id, [2])

    def read() -> None:
        while not ended.is_set():
            alpha.sync(3)

    def all_writers() -> None:
        assert at_once(write, write) == [None, None]
        ended.set()

    assert at_once(all_writers, read) == [None, None]
    assert len(alpha.sync().held) == 12
    assert alpha.cursor == 36


def test_a_form_sent_by_two_threads_opens_one_case() -> None:
    member("alpha")
    form = flows.Opening(adults_only=True, claim=flows.Claim.REAL, members=("alpha",), items=(item(),), token=token())
    raised = at_once(*[lambda: flows.open_case(form)] * 3)
    assert [type(error) for error in raised if error] == [AlreadyOpenedError] * 2
    assert Case.objects.count() == 1


def test_the_same_addition_by_two_threads_counts_once() -> None:
    member("alpha")
    case, form, more = opened(), token(), [item(1), item(2)]
    assert at_once(*[lambda: flows.add_items(case.case_id, more, form)] * 3) == [None] * 3
    assert len(flows.view_case(case.case_id).items) == 3


def test_the_same_pictures_by_two_forms_at_once_are_banked_once() -> None:
    alpha = member("alpha")
    case, more = opened(item(0)), [item(1), item(2)]
    assert at_once(*[lambda: flows.add_items(case.case_id, more, token())] * 3) == [None] * 3
    assert alpha.sync().values() == sorted(item(seed).value for seed in range(3))


def test_withdrawing_by_two_threads_is_done_once() -> None:
    alpha = member("alpha")
    case = opened(item(1), item(2))
    raised = at_once(*[lambda: flows.withdraw(case.case_id)] * 3)
    assert [type(error) for error in raised if error] == [ItemStateError] * 2
    assert alpha.sync().cursor == 4


def test_taking_back_and_erasing_at_once_end_in_one_or_the_other() -> None:
    alpha = member("alpha")
    case = opened(item(1))
    code = flows.withdraw(case.case_id).take_back_code
    raised = at_once(lambda: flows.take_back(case.case_id, code), lambda: flows.erase(case.case_id))
    assert all(error is None or isinstance(error, TakeBackError) for error in raised)
    assert alpha.sync().held == {}
    assert flows.view_case(case.case_id).items[0].state is flows.ItemState.ERASED


def test_ticks_of_two_processes_publish_an_epoch_once(with_config: Callable[..., HubConfig]) -> None:
    with_config(epoch_s=3600)
    alpha = member("alpha")
    now = timezone.now()
    flows.tick(now)
    opened(item(1), item(2), item(3))
    reports: list[flows.TickReport] = []
    later = now + timedelta(hours=1)
    assert at_once(*[lambda: reports.append(flows.tick(later))] * 3) == [None] * 3
    assert sorted(report.published for report in reports) == [0, 0, 3]
    assert_whole(alpha)


def test_too_many_codes_at_once_are_refused_and_the_others_served(monkeypatch: pytest.MonkeyPatch) -> None:
    from notcontent.hub.cases import stretch

    monkeypatch.setattr(stretch, "_PATIENCE_S", 0.0)
    member("alpha")
    case = opened()
    for _ in range(2):
        stretch._seats.acquire()
    try:
        raised = at_once(*[lambda: flows.enter_case(case.code)] * 3)
    finally:
        for _ in range(2):
            stretch._seats.release()
    assert [type(error) for error in raised] == [OverloadedError] * 3
    assert flows.enter_case(case.code) == case.case_id
