"""gate.db holds all of a page or nothing of it, seals what it holds, and lets go of what was withdrawn."""

import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from feed_server import MEMBER, ORIGIN, Feed, serve
from gate_parts import SetClock

from notcontent.errors import ConfigError, FeedOrderError, FeedTornError, StorageError
from notcontent.exchange.changes import Add, Withdraw, parse_entry
from notcontent.exchange.client import FeedClient, Step, sync
from notcontent.exchange.wire import Kind, Lease
from notcontent.gate.entries import EntryReader
from notcontent.gate.lease import LeaseState
from notcontent.gate.sealing import Sealer
from notcontent.gate.store import GateStore

LEASE = Lease(hold_after_s=100, shred_after_s=1000)


def open_store(folder: Path, clock: SetClock, *, origin: str = ORIGIN, member: str = MEMBER) -> GateStore:
    return GateStore(folder / "gate.db", Sealer(folder), clock, origin=origin, member=member)


def follow(feed: Feed, store: GateStore, address: str) -> None:
    with FeedClient(address, feed.key, feed.expected()) as client:
        sync(client, store)


def held(store: GateStore) -> set[bytes]:
    rows, _ = store.values(0, store.last_slot())
    return {row.tobytes() for row in rows}


def files_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("gate.db*"))


def add(feed: Feed, value: bytes) -> Add:
    feed.add(value)
    entry = parse_entry(feed.events[-1])
    assert entry is not None
    return Add(entry)


def test_a_snapshot_and_pages_fill_it_and_withdrawals_empty_it(tmp_path: Path, clock: SetClock) -> None:
    feed, values = Feed(), [os.urandom(32) for _ in range(6)]
    aliases = [feed.add(value) for value in values[:4]]
    store = open_store(tmp_path, clock)
    with serve(feed) as address:
        assert store.cursor() is None
        follow(feed, store, address)
        assert held(store) == set(values[:4])
        feed.withdraw(aliases[1])
        for value in values[4:]:
            feed.add(value)
        follow(feed, store, address)
    assert held(store) == {*values} - {values[1]}
    assert store.cursor() == 7
    store.close()
    assert held(open_store(tmp_path, clock)) == {*values} - {values[1]}


def test_no_value_lies_in_the_files_in_the_clear(tmp_path: Path, clock: SetClock) -> None:
    feed, values = Feed(), [os.urandom(32) for _ in range(20)]
    store = open_store(tmp_path, clock)
    with serve(feed) as address:
        for value in values:
            feed.add(value)
        follow(feed, store, address)
    content = files_of(tmp_path)
    assert len(content) > 20 * 60
    for value in values:
        assert value not in content
        assert value.hex().encode() not in content


def test_a_withdrawn_value_is_gone_from_the_files_even_sealed(tmp_path: Path, clock: SetClock) -> None:
    feed = Feed()
    aliases = [feed.add(os.urandom(32)) for _ in range(50)]
    store = open_store(tmp_path, clock)
    with serve(feed) as address:
        follow(feed, store, address)
        sealed = dict(sqlite3.connect(tmp_path / "gate.db").execute("SELECT hex(alias), value FROM entries").fetchall())
        gone, kept = sealed[aliases[7].upper()], sealed[aliases[8].upper()]
        feed.withdraw(aliases[7])
        assert gone in files_of(tmp_path)
        follow(feed, store, address)
    content = files_of(tmp_path)
    assert gone not in content
    assert bytes.fromhex(aliases[7]) not in content
    assert kept in content


def test_a_page_that_does_not_follow_the_cursor_changes_nothing(tmp_path: Path, clock: SetClock) -> None:
    feed, store = Feed(), open_store(tmp_path, clock)
    with serve(feed) as address:
        first = add(feed, os.urandom(32))
        follow(feed, store, address)
    for after in (0, 2):
        with pytest.raises(FeedOrderError):
            store.apply([Withdraw(first.entry.alias)], Step(after, after + 1, LEASE))
    assert held(store) == {first.entry.value}
    assert store.cursor() == 1


def test_a_page_that_breaks_half_way_undoes_its_withdrawals_also_for_the_segments(
    tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed, store = Feed(), open_store(tmp_path, clock)
    first = add(feed, os.urandom(32))
    with serve(feed) as address:
        follow(feed, store, address)

    def full(*_: object) -> bytes:
        raise StorageError

    with monkeypatch.context() as disk:
        disk.setattr(Sealer, "seal", full)
        with pytest.raises(StorageError):
            store.apply([Withdraw(first.entry.alias), first], Step(1, 3, LEASE))
    assert held(store) == {first.entry.value}
    assert store.cursor() == 1
    assert store.take_removed() == []  # otherwise its row would be left out of the next segment


def test_a_snapshot_that_breaks_changes_nothing(tmp_path: Path, clock: SetClock) -> None:
    feed, store = Feed(), open_store(tmp_path, clock)
    kept = os.urandom(32)
    feed.add(kept)
    with serve(feed) as address:
        follow(feed, store, address)
        store.forget_cursor()
        for _ in range(20):
            feed.add(os.urandom(32))
        feed.spoil_snapshot = lambda body: body[:-10]
        with pytest.raises(FeedTornError):
            follow(feed, store, address)
    assert held(store) == {kept}
    assert store.cursor() is None
    assert store.take_removed() == []


def test_a_new_snapshot_keeps_the_slots_of_what_stays(tmp_path: Path, clock: SetClock) -> None:
    feed, store = Feed(), open_store(tmp_path, clock)
    values = [os.urandom(32) for _ in range(5)]
    aliases = [feed.add(value) for value in values]
    with serve(feed) as address:
        follow(feed, store, address)
        before = dict(zip(aliases, (store.slots_of([alias]) for alias in aliases), strict=True))
        feed.withdraw(aliases[0])
        new = feed.add(os.urandom(32))
        store.forget_cursor()
        follow(feed, store, address)
    assert [store.slots_of([alias]) for alias in aliases[1:]] == [before[alias] for alias in aliases[1:]]
    assert store.slots_of([aliases[0]]) == []
    assert store.slots_of([new]) == [6]
    assert store.take_removed() == before[aliases[0]]


def test_slots_are_never_used_twice(tmp_path: Path, clock: SetClock) -> None:
    feed, store = Feed(), open_store(tmp_path, clock)
    alias = feed.add(os.urandom(32))
    with serve(feed) as address:
        follow(feed, store, address)
        feed.withdraw(alias)
        follow(feed, store, address)
        again = feed.add(os.urandom(32))
        follow(feed, store, address)
    assert store.slots_of([again]) == [2]


def test_an_alias_that_comes_again_takes_the_place_of_the_old_one(tmp_path: Path, clock: SetClock) -> None:
    feed, store = Feed(), open_store(tmp_path, clock)
    first, second = add(feed, os.urandom(32)), add(feed, os.urandom(32))
    with serve(feed) as address:
        follow(feed, store, address)
    changed = Add(replace(second.entry, alias=first.entry.alias))
    store.apply([changed], Step(2, 3, LEASE))
    assert held(store) == {second.entry.value}
    assert store.slots_of([first.entry.alias]) == [3]


@pytest.mark.parametrize(("origin", "member"), [("other.hub", MEMBER), (ORIGIN, "somebody-else")])
def test_a_bank_of_another_hub_or_member_is_not_mixed(
    tmp_path: Path, clock: SetClock, origin: str, member: str
) -> None:
    open_store(tmp_path, clock).close()
    with pytest.raises(ConfigError, match="another hub or member"):
        open_store(tmp_path, clock, origin=origin, member=member)


def test_a_damaged_database_and_a_foreign_key_end_in_storage_errors(tmp_path: Path, clock: SetClock) -> None:
    feed, store = Feed(), open_store(tmp_path, clock)
    with serve(feed) as address:
        feed.add(os.urandom(32))
        follow(feed, store, address)
    store.close()
    (tmp_path / "gate.key").write_bytes(os.urandom(32))
    with pytest.raises(StorageError, match="do not belong together"):
        held(open_store(tmp_path, clock))
    (tmp_path / "gate.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(StorageError, match="damaged"):
        open_store(tmp_path, clock)


def test_a_reader_sees_facts_and_never_values_and_nothing_of_what_is_gone(tmp_path: Path, clock: SetClock) -> None:
    feed, store = Feed(), open_store(tmp_path, clock)
    aliases = [feed.add(os.urandom(32)) for _ in range(1200)]
    reader = EntryReader(tmp_path / "gate.db").of(store.number)
    with serve(feed) as address:
        follow(feed, store, address)
        assert len(reader.facts(range(1, 1201))) == 1200
        feed.withdraw(aliases[3])
        follow(feed, store, address)
    facts = reader.facts([3, 4, 5, 99_999])
    assert sorted(facts) == [3, 5]
    assert facts[3].alias == aliases[2]
    assert (facts[3].kind, facts[3].bank, facts[3].quality) == (Kind.WHOLE, "main", 100)
    (tmp_path / "gate.db").chmod(0o600)
    with pytest.raises(StorageError):
        EntryReader(tmp_path / "missing.db").facts([1])


def test_values_come_back_with_their_slots(tmp_path: Path, clock: SetClock) -> None:
    feed, store = Feed(), open_store(tmp_path, clock)
    values = [os.urandom(32) for _ in range(10)]
    for value in values:
        feed.add(value)
    with serve(feed) as address:
        follow(feed, store, address)
    rows, slots = store.values(2, 5)
    assert slots.tolist() == [3, 4, 5]
    assert np.array_equal(rows, np.frombuffer(b"".join(values[2:5]), np.uint8).reshape(-1, 32))


def test_the_lease_counts_from_the_last_contact_over_restarts_boots_and_clocks(tmp_path: Path, clock: SetClock) -> None:
    feed = Feed(lease=LEASE)
    store = open_store(tmp_path, clock)
    assert store.standing().deadlines is None

    def state(opened: GateStore) -> LeaseState:
        ends = opened.standing().deadlines
        assert ends is not None
        return ends.state(clock.boot())

    with serve(feed) as address:
        follow(feed, store, address)
        clock.pass_s(99)
        assert state(store) is LeaseState.LIVE
        follow(feed, store, address)  # an empty page is contact too
    clock.pass_s(99)
    assert state(store) is LeaseState.LIVE
    store.close()
    store = open_store(tmp_path, clock)
    clock.wall_s -= 1e7  # turned back by months: no second lease
    clock.boot_s += 1
    assert state(store) is LeaseState.HOLD
    store.close()
    clock.boot_name, clock.boot_s = "boot-b", 1.0
    store = open_store(tmp_path, clock)
    assert state(store) is LeaseState.HOLD
    clock.boot_s += 900
    assert state(store) is LeaseState.SHRED


def test_shredding_leaves_neither_rows_nor_a_key_that_opens_them(tmp_path: Path, clock: SetClock) -> None:
    feed, store = Feed(), open_store(tmp_path, clock)
    feed.add(os.urandom(32))
    with serve(feed) as address:
        follow(feed, store, address)
        alias, sealed = sqlite3.connect(tmp_path / "gate.db").execute("SELECT alias, value FROM entries").fetchone()
        store.shred()
        assert store.last_slot() == 0
        assert store.cursor() is None
        assert sealed not in files_of(tmp_path)
        with pytest.raises(StorageError):
            Sealer(tmp_path).open(sealed, alias)
        follow(feed, store, address)  # and the hub, once it is back, fills it again
    assert len(held(store)) == 1
