"""The audit chain: whole when nobody touched it, broken where somebody did."""

import pytest
from django.db import transaction

from notcontent.hub.audit import services as audit
from notcontent.hub.audit.models import Head, Record

pytestmark = pytest.mark.django_db


def five_records() -> None:
    for number in range(5):
        audit.record("mara", "member-created", f"member-{number}", number)


def test_an_untouched_chain_is_whole() -> None:
    five_records()
    state = audit.verify()
    assert (state.records, state.broken_at) == (5, None)


def test_an_empty_chain_is_whole() -> None:
    assert audit.verify().broken_at is None


@pytest.mark.parametrize(
    "change", [{"actor": "noor"}, {"verb": "x"}, {"subject": "x"}, {"count": 9}, {"day": "2001-01-01"}]
)
def test_an_altered_record_breaks_the_chain_where_it_stands(change: dict[str, str | int]) -> None:
    five_records()
    Record.objects.filter(seq=3).update(**change)
    assert audit.verify().broken_at == 3


def test_a_record_taken_out_of_the_middle_is_missed() -> None:
    five_records()
    Record.objects.filter(seq=2).delete()
    assert audit.verify().broken_at == 2


def test_records_cut_off_at_the_end_are_missed() -> None:
    five_records()
    Record.objects.filter(seq__gte=4).delete()
    assert audit.verify().broken_at == 4


def test_a_lost_head_is_noticed() -> None:
    five_records()
    Head.objects.all().delete()
    assert audit.verify().broken_at == 6


def test_a_record_goes_with_the_transaction_that_it_is_part_of() -> None:
    five_records()

    @transaction.atomic
    def fails() -> None:
        audit.record("mara", "member-created", "never")
        raise LookupError

    with pytest.raises(LookupError):
        fails()
    assert audit.verify().records == 5
    assert not Record.objects.filter(subject="never").exists()
