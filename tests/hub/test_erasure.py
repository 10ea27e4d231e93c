"""What is erased is gone from the disk: the raw database file and its write-ahead log are read, byte by byte."""

import random
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from hub_stage import item, member, opened

from notcontent.hub import flows
from notcontent.hub.bank.models import Entry
from notcontent.hub.cases.models import Case, Item, TakeBack
from notcontent.hub.config import HubConfig
from notcontent.hub.erasure import scrub
from notcontent.hub.feed.models import Event

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("sqlite" not in str(settings.DATABASES["default"]["ENGINE"]), reason="reads SQLite's files"),
]


def files() -> bytes:
    """Everything that SQLite keeps on the disk, while the hub runs."""
    name = Path(connection.settings_dict["NAME"])
    return b"".join(path.read_bytes() for path in sorted(name.parent.glob(name.name + "*")))


def secrets_of(numbers: Iterable[int], case: flows.OpenedCase) -> list[bytes]:
    """Give the very bytes in which the items' hashes, duplicate marks and salts lie in the database."""
    items = Item.objects.filter(case_id=case.case_id, number__in=numbers).values_list("id", flat=True)
    entries = Entry.objects.filter(item_id__in=list(items))
    found = [bytes(each or b"") for row in entries for each in (row.value_sealed, row.value_index)]
    salts = Event.objects.filter(entry_id__in=[row.id for row in entries]).values_list("salt", flat=True)
    found += [bytes(salt or b"") for salt in salts]
    assert all(found)
    return found


def left(canaries: Iterable[bytes]) -> int:
    raw = files()
    return sum(canary in raw for canary in canaries)


def test_the_canaries_are_found_before() -> None:
    member()
    case = opened(item(1))
    canaries = secrets_of([1], case)
    assert len(canaries) == 3
    assert left(canaries) == 3


def test_erased_hashes_salts_and_marks_are_in_no_file() -> None:
    member()
    case, other = opened(item(1), item(2)), opened(item(3))
    gone, kept = secrets_of([1], case), secrets_of([2], case) + secrets_of([1], other)
    flows.erase(case.case_id, [1])
    assert left(gone) == 0
    assert left(kept) == len(kept)


def test_nothing_is_left_in_pages_that_were_split_and_moved(with_config: Callable[..., HubConfig]) -> None:
    with_config(max_items_a_send=1000)
    member()
    order = random.Random(5)  # noqa: S311 (test data)
    cases = [opened(*(item(1000 * place + number) for number in range(1, 61))) for place in range(8)]
    gone, kept = [], []
    for case in cases:
        numbers = order.sample(range(1, 61), 30)
        stays = [number for number in range(1, 61) if number not in numbers]
        gone += secrets_of(numbers, case)
        kept += secrets_of(stays, case)
        for start in range(0, 30, 10):
            flows.erase(case.case_id, numbers[start : start + 10])
    assert left(gone) == 0
    assert left(kept) == len(kept)


def test_a_withdrawal_that_nobody_took_back_is_erased_from_the_disk_by_the_tick() -> None:
    member()
    case = opened(item(1), item(2))
    flows.withdraw(case.case_id, [1])
    canaries = [*secrets_of([1], case), bytes(TakeBack.objects.get().code_index)]
    flows.tick(timezone.now() + timedelta(days=15))
    assert left(canaries) == 0


def test_taking_back_leaves_nothing_of_the_old_entry() -> None:
    member()
    case = opened(item(1))
    stopped = flows.withdraw(case.case_id)
    canaries = [*secrets_of([1], case), bytes(TakeBack.objects.get().code_index)]
    # The duplicate mark is the same for the same value of the same case, so it is in the new entry again.
    mark = bytes(Entry.objects.get().value_index or b"")
    flows.take_back(case.case_id, stopped.take_back_code)
    assert left([canary for canary in canaries if canary != mark]) == 0


def test_a_deleted_cases_code_and_form_are_in_no_file() -> None:
    member()
    case = opened(item(1))
    row = Case.objects.get()
    canaries = [bytes(row.code_index or b""), bytes(row.token_index or b"")]
    assert left(canaries) == 2
    flows.erase(case.case_id)
    assert left(canaries) == 0


def test_a_reader_in_the_middle_defers_the_scrubbing_and_the_next_tick_makes_good() -> None:
    import sqlite3

    member()
    case = opened(item(1), item(2))
    canaries = secrets_of([1], case)
    connection.cursor().execute("PRAGMA busy_timeout = 50")
    reader = sqlite3.connect(connection.settings_dict["NAME"])
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM bank_entry").fetchone()
    flows.erase(case.case_id, [1])
    assert not scrub(erased=True)
    reader.rollback()
    reader.close()
    flows.tick(timezone.now())
    assert left(canaries) == 0
    connection.close()


def test_nothing_is_scrubbed_inside_a_transaction() -> None:
    from django.db import transaction

    with transaction.atomic():
        assert not scrub(erased=True)
    assert scrub(erased=True)
