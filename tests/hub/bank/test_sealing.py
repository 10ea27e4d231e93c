"""Hashes at rest: sealed under the key ring and bound to their own row."""

import pytest
from cryptography.exceptions import InvalidTag
from hub_stage import item, member, opened

from notcontent.hub import flows
from notcontent.hub.bank import services as bank
from notcontent.hub.bank.models import Entry

pytestmark = pytest.mark.django_db


def test_a_value_is_sealed_and_opens_to_itself() -> None:
    member()
    opened(item(1))
    row = Entry.objects.get()
    assert item(1).value not in bytes(row.value_sealed or b"")
    assert bank.payloads([row.id])[row.id].value == item(1).value


def test_a_sealed_value_does_not_open_in_another_row() -> None:
    member()
    opened(item(1), item(2))
    one, two = Entry.objects.order_by("item_id")
    Entry.objects.filter(id=two.id).update(value_sealed=one.value_sealed)
    assert bank.payloads([one.id])
    with pytest.raises(InvalidTag):
        bank.payloads([two.id])


def test_equal_values_are_sealed_unequally() -> None:
    member()
    opened(item(1))
    opened(item(1))
    assert len({bytes(sealed or b"") for sealed in Entry.objects.values_list("value_sealed", flat=True)}) == 2


def test_the_duplicate_mark_is_neither_the_value_nor_its_plain_digest() -> None:
    import hashlib

    member()
    opened(item(1))
    mark = bytes(Entry.objects.get().value_index or b"")
    for digest in (hashlib.sha256, hashlib.md5, hashlib.sha1):
        assert mark not in digest(item(1).value).digest()
    assert mark not in item(1).value


def test_taking_back_seals_anew_under_a_new_id_and_empties_the_old_row() -> None:
    member()
    case = opened(item(1))
    before = Entry.objects.get()
    flows.take_back(case.case_id, flows.withdraw(case.case_id).take_back_code)
    after = Entry.objects.exclude(id=before.id).get()
    assert bytes(after.value_sealed or b"") != bytes(before.value_sealed or b"")
    assert Entry.objects.get(id=before.id).value_sealed is None


def test_no_payload_shows_its_value() -> None:
    member()
    opened(item(1))
    payload = next(iter(bank.payloads([Entry.objects.get().id]).values()))
    assert item(1).value.hex() not in repr(payload)
    assert repr(item(1).value) not in repr(payload)
