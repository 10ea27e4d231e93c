"""One member's feed: places without gaps, names of its own, what is gone said as gone."""

import secrets
from collections.abc import Callable

import pytest
from hub_stage import Gate, expected, item, member, opened

from notcontent.errors import FeedCursorError, FeedTornError, OverloadedError
from notcontent.exchange.commitment import commitment
from notcontent.exchange.pages import SnapshotReader
from notcontent.hub import flows
from notcontent.hub.bank import services as bank
from notcontent.hub.bank.models import Entry
from notcontent.hub.config import HubConfig
from notcontent.hub.feed.models import Delivery, Event
from notcontent.hub.feed.reading import SNAPSHOTS_AT_ONCE

pytestmark = pytest.mark.django_db


def test_two_members_know_an_entry_by_different_names_and_the_same_value() -> None:
    alpha, beta = member("alpha"), member("beta")
    opened(item(1), members=("alpha", "beta"))
    assert alpha.sync().values() == beta.sync().values()
    assert set(alpha.held).isdisjoint(beta.held)
    entry = Entry.objects.get().id.hex
    assert entry not in {*alpha.held, *beta.held}


def test_names_last_for_as_long_as_the_entry() -> None:
    alpha = member()
    opened(item(1))
    first = dict(alpha.sync().held)
    again = Gate("alpha", alpha.key).sync()
    assert again.held == first == Gate("alpha", alpha.key).snapshot().held


def test_an_add_carries_the_salt_that_opens_its_commitment() -> None:
    alpha = member()
    opened(item(1))
    event = alpha.page().events[0]
    row = Event.objects.get()
    assert event.salt is not None
    assert event.value == item(1).value.hex()
    assert bytes(row.commitment) == commitment(
        bytes.fromhex(event.salt),
        op=event.op,
        signal_type=event.type or "",
        value=event.value,
        kind=event.kind or "",
        day=event.day,
    )


def test_a_withdrawal_has_a_commitment_and_a_salt_of_its_own() -> None:
    member()
    case = opened(item(1))
    flows.withdraw(case.case_id)
    add, withdrawal = Event.objects.order_by("id")
    assert bytes(withdrawal.commitment) == commitment(
        bytes(withdrawal.salt or b""),
        op="withdraw",
        signal_type="pdq",
        value=item(1).value.hex(),
        kind="whole",
        day=withdrawal.day.isoformat(),
    )
    assert bytes(withdrawal.salt or b"") != bytes(add.salt or b"")


def test_erasing_takes_the_salts_and_leaves_the_commitments() -> None:
    member()
    case = opened(item(1))
    flows.withdraw(case.case_id)
    before = list(Event.objects.order_by("id").values_list("commitment", flat=True))
    flows.erase(case.case_id)
    assert set(Event.objects.values_list("salt", flat=True)) == {None}
    assert list(Event.objects.order_by("id").values_list("commitment", flat=True)) == before


@pytest.mark.parametrize("end", ["withdraw", "erase"])
def test_who_reads_later_learns_only_that_something_is_gone(end: str) -> None:
    alpha = member()
    case = opened(item(1), item(2))
    getattr(flows, end)(case.case_id, [1])
    late = Gate("alpha", alpha.key)
    events = late.page().events
    assert sorted(event.op for event in events) == ["add", "gone", "withdraw"]
    gone = next(event for event in events if event.op == "gone")
    assert (gone.value, gone.salt, gone.quality, gone.type) == (None, None, None, None)
    assert late.sync().values() == late.snapshot().values() == [item(2).value]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 1000])
def test_pages_of_any_size_tell_the_same(limit: int) -> None:
    alpha = member()
    case = opened(*(item(seed) for seed in range(9)))
    flows.withdraw(case.case_id, [2, 5])
    assert Gate("alpha", alpha.key).sync(limit).held == alpha.sync().held


def test_a_full_last_page_says_that_nothing_follows() -> None:
    alpha = member()
    opened(item(1), item(2))
    assert alpha.page(2).more is False
    assert alpha.page(1).more is True


def test_a_cursor_beyond_the_end_is_refused_and_not_noted() -> None:
    alpha = member()
    opened(item(1))
    alpha.cursor = 2
    with pytest.raises(FeedCursorError):
        alpha.page()
    assert flows.desk_members()[0].cursor == 0


def test_the_hub_notes_how_far_a_member_has_read_and_never_goes_back() -> None:
    alpha = member()
    opened(item(1), item(2))
    alpha.sync()
    seen = flows.desk_members()[0]
    assert (seen.cursor, seen.feed_end) == (2, 2)
    assert seen.last_sync is not None
    Gate("alpha", alpha.key).page()
    assert flows.desk_members()[0].cursor == 2


def test_a_snapshot_holds_what_is_live_and_is_signed_at_its_end() -> None:
    alpha = member()
    case = opened(*(item(seed) for seed in range(30)))
    flows.withdraw(case.case_id, [1, 2, 3])
    flows.erase(case.case_id, [4])
    copy = Gate("alpha", alpha.key).snapshot()
    assert copy.held == alpha.sync().held
    assert copy.cursor == alpha.cursor
    assert len(copy.held) == 26


def test_a_snapshot_holds_what_is_live_for_its_own_member_alone() -> None:
    alpha, beta = member("alpha"), member("beta")
    opened(item(1), members=("alpha",))
    opened(item(2), members=("beta",))
    opened(item(3), members=("alpha", "beta"))
    assert alpha.snapshot().values() == sorted([item(1).value, item(3).value])
    assert beta.snapshot().values() == sorted([item(2).value, item(3).value])


def test_an_empty_snapshot_is_one_too() -> None:
    assert member().snapshot().held == {}


def test_what_is_withdrawn_while_a_snapshot_runs_does_not_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    from notcontent.hub.feed import reading

    monkeypatch.setattr(reading, "_BATCH", 2)
    alpha = member()
    case = opened(*(item(seed) for seed in range(10)))
    nonce = secrets.token_hex(16)
    stream = flows.feed_snapshot(alpha.key, nonce=nonce)
    batches = stream._batches(Delivery.objects.values_list("member_id", flat=True)[0], reading.Names("alpha"))
    first = next(batches)
    flows.withdraw(case.case_id)
    rest = [line for batch in batches for line in batch]
    stream.close()
    assert (len(first), len(rest)) == (2, 0)
    # The reader holds two withdrawn entries at the snapshot's cursor; the pages after it take them out.
    alpha.cursor = stream._cursor
    assert sum(event.op == "withdraw" for event in alpha.page().events) == 10


def test_a_torn_snapshot_is_refused() -> None:
    alpha = member()
    opened(item(1), item(2))
    nonce = secrets.token_hex(16)
    stream = flows.feed_snapshot(alpha.key, nonce=nonce)
    whole = b"".join(stream)
    stream.close()
    with pytest.raises(FeedTornError):
        list(SnapshotReader(iter([whole[:-20]]), expected("alpha"), nonce))


def test_only_so_many_snapshots_run_at_once_and_closing_frees_the_seat() -> None:
    alpha, *others = (member(name) for name in ("alpha", "beta", "gamma", "delta", "epsilon"))
    running = [flows.feed_snapshot(alpha.key, nonce="0" * 32)]
    with pytest.raises(OverloadedError):  # one for each member, so that none takes the others' seats
        flows.feed_snapshot(alpha.key, nonce="0" * 32)
    running += [flows.feed_snapshot(gate.key, nonce="0" * 32) for gate in others[: SNAPSHOTS_AT_ONCE - 1]]
    with pytest.raises(OverloadedError):
        flows.feed_snapshot(others[-1].key, nonce="0" * 32)
    for stream in running:
        stream.close()
        stream.close()
    assert alpha.snapshot().held == {}


def test_the_lease_is_what_the_configuration_says(with_config: Callable[..., HubConfig]) -> None:
    with_config(hold_after_s=11, shred_after_s=22)
    lease = member().page().lease
    assert (lease.hold_after_s, lease.shred_after_s) == (11, 22)


def test_places_are_contiguous_for_every_member() -> None:
    for name in ("alpha", "beta", "gamma"):
        member(name)
    for audience in (("alpha",), ("alpha", "beta"), ("gamma", "beta"), ("alpha", "gamma")):
        case = opened(item(), item(), members=audience)
        flows.withdraw(case.case_id, [1])
    for name in ("alpha", "beta", "gamma"):
        places = list(Delivery.objects.filter(member__name=name).order_by("seq").values_list("seq", flat=True))
        assert places == list(range(1, len(places) + 1))
        assert places


def test_what_comes_out_of_the_bank_altered_is_not_sent() -> None:
    from cryptography.exceptions import InvalidTag

    alpha = member()
    opened(item(1))
    sealed = bytearray(bytes(Entry.objects.get().value_sealed or b""))
    sealed[-1] ^= 1
    Entry.objects.update(value_sealed=bytes(sealed))
    with pytest.raises(InvalidTag):
        alpha.page()
    assert bank.count_by_state()[flows.ItemState.ACTIVE] == 1
