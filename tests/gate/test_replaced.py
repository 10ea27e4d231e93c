"""Another gate.db in the place of the one that the segments were made from, and one that takes nothing in any more."""

import os

import pytest
from gate_parts import Site, open_holder

from notcontent.errors import NotReadyError, StorageError
from notcontent.gate.log import LogEvent


def test_a_gate_db_that_was_moved_away_and_filled_anew_revives_nothing(site: Site) -> None:
    """As its own error asks an operator to do. Slots begin anew there: old ones would name other entries."""
    aliases = [site.feed.add(os.urandom(32)) for _ in range(3)]
    assert site.follow() == "ok"
    holder = open_holder(site)
    before = holder.bank()
    assert {slot: facts.alias for slot, facts in before.facts([1, 2, 3]).items()} == dict(enumerate(aliases, 1))

    database = site.syncer.config.database
    site.syncer.store.close()
    for path in database.parent.glob("gate.db*"):
        path.rename(path.with_name("old-" + path.name))
    with pytest.raises(StorageError):
        before.facts([1])
    site.feed.withdraw(aliases[0])
    site.reopen()
    with pytest.raises(NotReadyError):
        before.facts([1, 2, 3])

    assert site.follow() == "ok"
    holder.refresh()
    now = holder.bank()
    assert {facts.alias for facts in now.facts(range(1, 10)).values()} == set(aliases[1:])
    site.feed.withdraw(aliases[1])
    assert site.syncer.poll() == "ok"  # and before the next publishing
    assert {facts.alias for facts in now.facts(range(1, 10)).values()} == {aliases[2]}


def test_a_withdrawal_that_gate_db_does_not_take_in_counts_from_memory(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    aliases = [site.feed.add(os.urandom(32)) for _ in range(3)]
    assert site.follow() == "ok"
    holder = open_holder(site)
    database = site.syncer.store._db  # SQLite itself is told to refuse, as on a full disk
    database.execute("PRAGMA query_only=ON")
    site.feed.withdraw(aliases[1])
    assert site.syncer.poll() == "storage"
    assert set(site.syncer.store.slots_of(aliases)) == {1, 2, 3}  # it is there still
    assert set(holder.bank().facts([1, 2, 3])) == {1, 3}
    assert LogEvent.WITHDRAWALS_KEPT_IN_MEMORY.value in capsys.readouterr().err
    database.execute("PRAGMA query_only=OFF")
    assert site.syncer.poll() == "ok"
    assert site.syncer.tombstones.marked() == frozenset()
    assert set(holder.bank().facts([1, 2, 3])) == {1, 3}
