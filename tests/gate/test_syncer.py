"""One round of the syncer: what it applies, what it refuses, and what it keeps to when something fails."""

import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from feed_server import Feed, add_event, renumber
from gate_parts import Site

from notcontent.errors import StorageError
from notcontent.exchange.changes import Change
from notcontent.exchange.client import Step
from notcontent.exchange.signing import PAGE_CONTEXT, seal_document
from notcontent.exchange.wire import Page
from notcontent.gate.config import GateConfig
from notcontent.gate.entries import EntryReader
from notcontent.gate.lease import LeaseState
from notcontent.gate.sealing import KEY_FILE
from notcontent.gate.snapshot import SnapshotHolder

RENEWED = "ncm_11111111_" + "renewed".ljust(43, "-")


@dataclass(frozen=True)
class Standing:
    """Everything that a refused answer must leave as it was."""

    cursor: int | None
    values: bytes
    contact: float
    searched: int


def holder_of(site: Site) -> SnapshotHolder:
    config = site.syncer.config
    holder = SnapshotHolder(config.shared, site.clock, EntryReader(config.database))
    holder.refresh()
    return holder


def standing(site: Site) -> Standing:
    store = site.syncer.store
    ends = store.standing().deadlines
    rows, _ = store.values(0, store.last_slot())
    return Standing(store.cursor(), rows.tobytes(), ends.contact if ends else -1, holder_of(site).bank().snapshot.rows)


def _torn(feed: Feed) -> None:
    feed.spoil_document = lambda document: document[: len(document) // 2]


def _forged(feed: Feed) -> None:
    stranger = Ed25519PrivateKey.generate()
    feed.spoil_document = lambda document: seal_document(
        stranger, PAGE_CONTEXT, bytes(msgspec.json.decode(document, type=dict[str, msgspec.Raw])["payload"])
    )


def _foreign_member(feed: Feed) -> None:
    feed.spoil_page = lambda page: renumber(page, member="somebody-else")


def _foreign_hub(feed: Feed) -> None:
    feed.spoil_page = lambda page: renumber(page, origin="other.hub")


def _repeated(feed: Feed) -> None:
    kept: list[bytes] = []

    def repeat(document: bytes) -> bytes:
        kept.append(document)
        return kept[0]

    feed.spoil_document = repeat


def _reordered(feed: Feed) -> None:
    feed.spoil_page = lambda page: renumber(page, events=page.events[::-1])


def _missing(feed: Feed) -> None:
    feed.spoil_page = lambda page: renumber(page, events=page.events[1:])


def _half_an_add(feed: Feed) -> None:
    def spoil(page: Page) -> Page:
        return renumber(page, events=[msgspec.structs.replace(page.events[0], value=None), *page.events[1:]])

    feed.spoil_page = spoil


def _unknown_and_critical(feed: Feed) -> None:
    def spoil(page: Page) -> Page:
        return renumber(
            page, events=[msgspec.structs.replace(page.events[0], op="fold", critical=True), *page.events[1:]]
        )

    feed.spoil_page = spoil


def _cut(feed: Feed) -> None:
    feed.cut = 200


def _revoked(feed: Feed) -> None:
    feed.key = "another"


def _down(feed: Feed) -> None:
    feed.status = [500] * 10


def _restored(feed: Feed) -> None:
    del feed.events[2:]


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_torn, "feed_torn"),
        (_forged, "feed_signature"),
        (_foreign_member, "feed_foreign"),
        (_foreign_hub, "feed_foreign"),
        (_reordered, "feed_order"),
        (_missing, "feed_order"),
        (_half_an_add, "feed_torn"),
        (_unknown_and_critical, "feed_unknown_op"),
        (_cut, "hub_unreachable"),
        (_revoked, "key_refused"),
        (_down, "hub_unreachable"),
        (_restored, "feed_cursor"),
    ],
)
def test_a_refused_answer_leaves_cursor_bank_and_lease_as_they_were(
    site: Site, spoil: Callable[[Feed], None], code: str
) -> None:
    for _ in range(3):
        site.feed.add(os.urandom(32))
    assert site.follow() == "ok"
    before = standing(site)
    site.clock.pass_s(50)
    site.feed.add(os.urandom(32))
    site.feed.add(os.urandom(32))
    honest = site.feed.key, list(site.feed.events)
    spoil(site.feed)
    assert site.follow() == code
    after = standing(site)
    assert after == before
    manifest = holder_of(site).manifest
    assert manifest is not None
    assert manifest.sync == code
    # And as soon as the hub behaves, the gate goes on from where it was.
    site.feed.spoil_document, site.feed.spoil_page = (lambda document: document), (lambda page: page)
    site.feed.cut, site.feed.status = None, []
    site.feed.key, site.feed.events = honest
    assert site.follow() == "ok"
    assert standing(site).cursor == 5
    assert standing(site).contact == before.contact + 50


def test_a_page_that_is_sent_again_is_no_answer(site: Site) -> None:
    site.feed.add(os.urandom(32))
    _repeated(site.feed)
    assert site.follow() == "ok"  # this one is kept by the feed...
    before = standing(site)
    assert site.follow() == "feed_replay"  # ...and sent again
    assert standing(site) == before


def test_a_key_revoked_between_two_pages_keeps_what_came_and_goes_on_with_a_new_key(site: Site) -> None:
    site.syncer.config = _with_pages_of(site, 2)
    site.follow()
    for _ in range(6):
        site.feed.add(os.urandom(32))
    served: list[int] = []

    def revoke_after_two(page: Page) -> Page:
        served.append(page.next)
        if len(served) == 2:
            site.feed.key = RENEWED
        return page

    site.feed.spoil_page = revoke_after_two
    assert site.follow() == "key_refused"
    assert standing(site).cursor == 4
    assert standing(site).searched == 4
    Path(site.syncer.config.hub.key_file).write_text(RENEWED + "\n")  # no restart needed
    site.feed.spoil_page = lambda page: page
    assert site.follow() == "ok"
    assert standing(site).searched == 6


def _with_pages_of(site: Site, limit: int) -> GateConfig:
    hub = msgspec.structs.replace(site.syncer.config.hub, page_limit=limit)
    return msgspec.structs.replace(site.syncer.config, hub=hub)


def test_a_withdrawal_counts_as_soon_as_it_is_committed_even_for_those_who_hold_the_old_segments(site: Site) -> None:
    aliases = [site.feed.add(os.urandom(32)) for _ in range(3)]
    site.follow()
    bank = holder_of(site).bank()
    site.feed.withdraw(aliases[1])
    site.syncer.poll()  # committed, not yet published
    assert bank.snapshot.rows == 3
    assert sorted(bank.facts([1, 2, 3])) == [1, 3]


def test_without_space_for_gate_db_withdrawals_still_count_also_those_on_later_pages(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.syncer.config = _with_pages_of(site, 2)
    aliases = [site.feed.add(os.urandom(32)) for _ in range(4)]
    site.follow()
    bank = holder_of(site).bank()
    site.feed.add(os.urandom(32))
    site.feed.withdraw(aliases[0])
    site.feed.add(os.urandom(32))
    site.feed.add(os.urandom(32))
    site.feed.withdraw(aliases[2])

    def full(_changes: list[Change], _step: Step) -> None:
        raise StorageError

    with monkeypatch.context() as disk:
        disk.setattr(site.syncer.store, "apply", full)
        assert site.follow() == "storage"
    assert sorted(bank.facts([1, 2, 3, 4])) == [2, 4]
    assert sorted(holder_of(site).bank().facts([1, 2, 3, 4])) == [2, 4]
    assert site.syncer.store.cursor() == 4
    assert site.follow() == "ok"
    assert site.syncer.tombstones.marked() == frozenset()
    assert sorted(holder_of(site).bank().facts(range(1, 10))) == [2, 4, 5, 6, 7]


def test_an_old_lease_holds_and_then_shreds_and_the_hub_can_fill_it_again(site: Site) -> None:
    site.feed.lease = msgspec.structs.replace(site.feed.lease, hold_after_s=100, shred_after_s=1000)
    site.feed.add(os.urandom(32))
    site.follow()
    holder = holder_of(site)
    key = Path(site.syncer.config.data_dir, KEY_FILE)
    sealed_under = key.read_bytes()
    site.feed.status = [500] * 100
    site.clock.pass_s(101)
    site.follow()
    assert holder.state() is LeaseState.HOLD  # also without a new manifest
    assert key.read_bytes() == sealed_under
    site.clock.pass_s(1000)
    assert holder.state() is LeaseState.SHRED
    site.follow()
    assert key.read_bytes() != sealed_under
    with closing(sqlite3.connect(site.syncer.config.database)) as db:
        assert db.execute("SELECT count(*) FROM entries").fetchone() == (0,)
    assert list(site.syncer.config.shared.glob("seg-*")) == []
    holder.refresh()
    assert holder.state() is LeaseState.NONE
    site.feed.status = []
    assert site.follow() == "ok"
    assert holder_of(site).bank().snapshot.rows == 1


def test_a_hub_cannot_prolong_the_lease_beyond_the_gates_own_settings(site: Site) -> None:
    site.feed.lease = msgspec.structs.replace(site.feed.lease, hold_after_s=60 * 86_400, shred_after_s=90 * 86_400)
    site.feed.add(os.urandom(32))
    site.follow()
    ends = site.syncer.store.standing().deadlines
    assert ends is not None
    assert (ends.hold_at - ends.contact, ends.shred_at - ends.contact) == (7 * 86_400, 30 * 86_400)
    # Set shorter, it counts at the next start, also for what was stored before.
    site.path.write_text(site.path.read_text().replace("timeout_s", "max_shred_after_s = 50\ntimeout_s"))
    site.reopen()
    site.feed.status = [500] * 100
    site.clock.pass_s(51)
    site.follow()
    assert site.syncer.store.cursor() is None


def test_a_snapshot_that_names_an_alias_twice_is_the_hubs_fault(site: Site) -> None:
    alias = site.feed.add(os.urandom(32))
    site.feed.events.append(add_event(2, os.urandom(32), alias=alias))
    assert site.follow() == "feed_order"
    assert site.syncer.store.cursor() is None
    del site.feed.events[1]
    assert site.follow() == "ok"
    site.feed.events.append(add_event(2, os.urandom(32), alias=alias))
    site.syncer.store.forget_cursor()
    assert site.follow() == "feed_order"  # also over a bank that is held
    assert site.syncer.store.last_slot() == 1


def test_an_unforeseen_error_in_a_poll_is_a_code_in_the_log_and_the_loop_goes_on(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site.feed.add(os.urandom(32))

    def fail(_snapshot: object) -> None:
        raise OverflowError("canary")

    with monkeypatch.context() as broken:
        broken.setattr(site.syncer.store, "replace", fail)
        assert site.follow() == "internal"
    written = capsys.readouterr().err
    assert '"internal_error"' in written
    assert "canary" not in written
    assert site.follow() == "ok"


def test_an_unforeseen_error_while_publishing_ends_no_loop(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[str] = []
    monkeypatch.setattr(site.syncer, "_stop", threading.Event())
    monkeypatch.setattr(site.syncer, "pause", lambda: 0.0)
    site.syncer.publish("")

    def fail(code: str) -> None:
        rounds.append(code)
        if len(rounds) == 3:
            site.syncer.stop()
        raise OverflowError

    monkeypatch.setattr(site.syncer, "publish", fail)
    site.syncer.run()
    assert rounds == ["ok"] * 3


def test_turning_the_wall_clock_back_prolongs_no_lease(site: Site) -> None:
    site.feed.lease = msgspec.structs.replace(site.feed.lease, hold_after_s=100, shred_after_s=1000)
    site.feed.add(os.urandom(32))
    site.follow()
    site.feed.status = [500] * 100
    for _ in range(4):
        site.clock.boot_s += 30
        site.clock.wall_s -= 86_400
        site.follow()
    assert holder_of(site).state() is LeaseState.HOLD
    site.clock.boot_name, site.clock.boot_s = "boot-b", 3.0
    site.reopen()
    site.follow()
    assert holder_of(site).state() is LeaseState.HOLD


def test_after_a_boot_the_bank_is_there_before_the_hub_is(site: Site) -> None:
    site.feed.add(os.urandom(32))
    site.follow()
    for path in site.syncer.config.shared.iterdir():
        path.unlink()
    site.clock.boot_name = "boot-b"
    site.reopen()
    site.feed.status = [500] * 100
    site.syncer.run()
    assert holder_of(site).bank().snapshot.rows == 1


def test_failures_slow_the_polls_down_but_never_by_much(site: Site) -> None:
    poll_s = site.syncer.config.hub.poll_s
    assert 0 < site.syncer.pause() <= poll_s
    site.feed.status = [500] * 100
    for _ in range(8):
        site.follow()
    pauses = [site.syncer.pause() for _ in range(50)]
    assert len(set(pauses)) > 1
    assert poll_s < max(pauses) <= 3 * poll_s
