"""A withdrawn value leaves shared memory in time, whatever ends or is lost meanwhile; and nothing waits for that."""

import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from feed_server import Feed, serve
from gate_parts import Site, open_holder, served, stored
from gate_process import RunningGate, running_gate, wait_until, write_config
from tiny_disk import fill, tiny_disk

from notcontent.errors import IndexMissingError, NotContentError, StorageError
from notcontent.gate import publisher, segments
from notcontent.gate.manifest import LARGE_ROWS, SEGMENT_PATTERN, Manifest, read_manifest
from notcontent.gate.segments import Part
from notcontent.matching import MihIndex

ERASE_AFTER_S = 900.0


@pytest.fixture(autouse=True)
def large_from_four(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the publisher take a few entries for many."""
    monkeypatch.setattr(publisher, "LARGE_ROWS", 4)


@pytest.fixture
def hold(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Keep renewals from ending, until this is called."""
    go_on = threading.Event()
    original = segments.write_segment

    def write(path: Path, low: int, high: int, part: Part) -> object:
        if isinstance(threading.current_thread(), segments.Renewal):
            path.with_name(f".{path.name}.0.part").write_bytes(b"half of it")
            assert go_on.wait(30)
        return original(path, low, high, part)

    monkeypatch.setattr(segments, "write_segment", write)
    yield go_on.set
    go_on.set()


def fill_bank(site: Site, count: int) -> dict[str, bytes]:
    entries = {site.feed.add(value): value for value in (os.urandom(32) for _ in range(count))}
    site.follow()
    return entries


def manifest_of(site: Site) -> Manifest:
    manifest = read_manifest(site.syncer.config.shared, site.clock.boot_id())
    assert manifest is not None
    return manifest


def in_memory(shared: Path) -> set[bytes]:
    """Every value that any segment file holds, named or not."""
    return {row.tobytes() for path in shared.glob(SEGMENT_PATTERN) for row in MihIndex.open(path).rows()[0]}


def finish(site: Site) -> None:
    """Let the renewal end and be taken up."""
    site.syncer.publisher.close()
    site.follow()


def test_a_withdrawal_from_a_large_segment_counts_at_once_and_its_value_is_erased_later(site: Site) -> None:
    entries = fill_bank(site, 20)
    before = manifest_of(site)
    gone = list(entries)[7]
    site.feed.withdraw(gone)
    site.follow()
    after = manifest_of(site)
    assert [one.file for one in after.segments] == [one.file for one in before.segments]
    assert (after.entries, after.generation) == (19, before.generation + 1)
    assert 8 not in open_holder(site).bank().facts(range(1, 21))
    site.clock.pass_s(ERASE_AFTER_S - 1)
    site.follow()
    finish(site)
    assert entries[gone] in in_memory(site.syncer.config.shared)
    site.clock.pass_s(1)
    site.follow()
    finish(site)
    assert in_memory(site.syncer.config.shared) == {*entries.values()} - {entries[gone]}
    assert served(open_holder(site).bank().snapshot) == stored(site)
    assert manifest_of(site).segments[0].dead == 0


def test_what_happens_while_a_segment_is_renewed_is_published_at_once_and_not_lost(
    site: Site, hold: Callable[[], None]
) -> None:
    entries = fill_bank(site, 40)
    first, second, *_ = entries
    shared = site.syncer.config.shared
    site.feed.withdraw(first)
    site.follow()
    site.clock.pass_s(ERASE_AFTER_S)
    site.follow()  # begins
    site.feed.withdraw(second)
    late = os.urandom(32)
    site.feed.add(late)
    site.follow()
    assert manifest_of(site).entries == 39
    assert open_holder(site).bank().facts([1, 2, 41]).keys() == {41}
    hold()
    finish(site)
    assert entries[first] not in in_memory(shared)
    assert entries[second] in in_memory(shared)  # its own time runs from the renewal on
    assert manifest_of(site).entries == 39
    site.clock.pass_s(ERASE_AFTER_S)
    site.follow()
    finish(site)
    assert in_memory(shared) == {*entries.values(), late} - {entries[first], entries[second]}
    assert served(open_holder(site).bank().snapshot) == stored(site)


def test_a_renewal_that_was_overtaken_by_a_join_is_dropped(site: Site, hold: Callable[[], None]) -> None:
    entries = fill_bank(site, 20)
    gone = next(iter(entries))
    site.feed.withdraw(gone)
    site.follow()
    site.clock.pass_s(ERASE_AFTER_S)
    site.follow()  # begins
    fill_bank(site, 30)  # joined with the segment that is being renewed
    hold()
    finish(site)
    assert len(list(site.syncer.config.shared.glob("*seg-*"))) == len(manifest_of(site).segments) == 1
    assert entries[gone] not in in_memory(site.syncer.config.shared)
    assert served(open_holder(site).bank().snapshot) == stored(site)


@pytest.mark.parametrize("overtaken", [False, True])
def test_a_segment_that_cannot_be_read_is_made_anew_from_gate_db_unless_it_is_served_no_more(
    site: Site, monkeypatch: pytest.MonkeyPatch, overtaken: bool
) -> None:
    entries = fill_bank(site, 20)
    gone = next(iter(entries))
    site.feed.withdraw(gone)
    site.follow()
    site.clock.pass_s(ERASE_AFTER_S)

    go_on = threading.Event()
    original = segments.Held.live

    def unreadable(held: segments.Held, folder: Path) -> Part:
        if not isinstance(threading.current_thread(), segments.Renewal):
            return original(held, folder)
        assert go_on.wait(30)
        raise IndexMissingError

    with monkeypatch.context() as memory:
        memory.setattr(segments.Held, "live", unreadable)
        site.follow()  # begins
        if overtaken:
            entries |= fill_bank(site, 30)  # joined
        go_on.set()
        site.syncer.publisher.close()
    before = manifest_of(site).segments
    site.follow()
    assert (manifest_of(site).segments == before) == overtaken
    assert in_memory(site.syncer.config.shared) == {*entries.values()} - {entries[gone]}


def test_a_syncer_that_ends_in_the_middle_leaves_the_old_bank_and_the_next_one_erases_at_once(
    site: Site, hold: Callable[[], None]
) -> None:
    entries = fill_bank(site, 20)
    gone = next(iter(entries))
    site.feed.withdraw(gone)
    site.follow()
    site.clock.pass_s(ERASE_AFTER_S)
    site.follow()  # begins
    shared = site.syncer.config.shared
    wait_until(lambda: any(shared.glob(".seg-*")), "a draft")
    assert open_holder(site).bank().facts(range(1, 21)).keys() == set(range(2, 21))
    site.reopen()
    site.follow()
    assert in_memory(shared) == {*entries.values()} - {entries[gone]}
    assert list(shared.glob(".seg-*")) == []
    hold()


@pytest.mark.parametrize("lost", ["all", "segment"])
def test_a_shared_folder_that_is_deleted_in_the_middle_is_made_anew_without_the_withdrawn(
    site: Site, hold: Callable[[], None], lost: str
) -> None:
    entries = fill_bank(site, 20)
    gone = next(iter(entries))
    site.feed.withdraw(gone)
    site.follow()
    site.clock.pass_s(ERASE_AFTER_S)
    site.follow()  # begins
    shared = site.syncer.config.shared
    wait_until(lambda: any(shared.glob(".seg-*")), "a draft")
    if lost == "all":
        shutil.rmtree(shared)
    else:
        for path in shared.glob(SEGMENT_PATTERN):
            path.unlink()
    hold()
    finish(site)
    site.follow()
    assert in_memory(shared) == {*entries.values()} - {entries[gone]}
    assert served(open_holder(site).bank().snapshot) == stored(site)
    assert {path.name for path in shared.glob("*seg-*")} == {one.file for one in manifest_of(site).segments}


def test_a_renewal_without_space_is_counted_and_tried_again_and_nothing_else_waits(
    site: Site, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    entries = fill_bank(site, 20)
    gone = next(iter(entries))
    site.feed.withdraw(gone)
    site.follow()
    site.clock.pass_s(ERASE_AFTER_S)
    shared = site.syncer.config.shared

    def full(_self: MihIndex, path: Path) -> None:
        path.write_bytes(b"half of it")
        raise StorageError

    with monkeypatch.context() as disk:
        disk.setattr(MihIndex, "save", full)
        site.follow()
        site.syncer.publisher.close()
        site.follow()
        assert manifest_of(site).entries == 19
        assert len(list(shared.glob(SEGMENT_PATTERN))) == 1
        site.syncer.publisher.close()
    assert '"publish_failed", "code": "storage"' in capfd.readouterr().err
    site.follow()
    finish(site)
    assert entries[gone] not in in_memory(shared)


def test_a_bank_that_is_shredded_is_gone_at_once_also_in_the_middle(site: Site, hold: Callable[[], None]) -> None:
    entries = fill_bank(site, 20)
    site.feed.withdraw(next(iter(entries)))
    site.follow()
    site.clock.pass_s(ERASE_AFTER_S)
    site.follow()  # begins
    site.feed.status = [503] * 4
    site.clock.pass_s(1e9)
    site.follow()
    assert list(site.syncer.config.shared.glob(SEGMENT_PATTERN)) == []
    hold()
    site.syncer.publisher.close()
    site.feed.status = [503] * 4
    site.follow()
    assert list(site.syncer.config.shared.glob("*seg-*")) == []


def large_bank(folder: Path, feed: Feed, address: str) -> Path:
    top = 'shared_dir = "shared"\nerase_after_s = 0'
    return write_config(folder, feed, address, top=top, tables='[policy]\nmode = "enforce"\n[limits]\ndecoders = 1\n')


def erased(gate: RunningGate, value: bytes) -> bool:
    try:
        return value not in in_memory(gate.config.shared)
    except (NotContentError, OSError):
        return False


def test_a_real_syncer_killed_while_it_renews_a_large_segment_loses_nothing_and_revives_nothing(tmp_path: Path) -> None:
    feed = Feed()
    entries = {feed.add(value): value for value in (os.urandom(32) for _ in range(LARGE_ROWS + 8))}
    aliases = list(entries)
    with serve(feed) as address, running_gate(large_bank(tmp_path, feed, address)) as gate:
        wait_until(lambda: gate.health()["entries"] == len(entries), "all entries")
        for turn in range(3):
            first = gate.children().get("syncer")
            feed.withdraw(aliases[turn])
            named = {one.name for one in gate.config.shared.glob(SEGMENT_PATTERN)}
            wait_until(
                lambda named=named: {one.name for one in gate.config.shared.glob("*seg-*")} != named,  # type: ignore[misc]
                "a segment that is being written",
            )
            if first is not None:
                os.kill(first, signal.SIGKILL)
            wait_until(lambda turn=turn: gate.action(entries[aliases[turn]]) == "allow", "the withdrawal")  # type: ignore[misc]
            wait_until(lambda turn=turn: erased(gate, entries[aliases[turn]]), "its erasing")  # type: ignore[misc]
        wait_until(lambda: gate.health()["entries"] == len(entries) - 3, "the syncer's return")
        assert in_memory(gate.config.shared) == {entries[alias] for alias in aliases[3:]}
        assert gate.action(entries[aliases[3]]) == "block"
        assert gate.stop() == 0


def test_with_a_full_shared_memory_a_withdrawal_counts_and_is_erased_once_there_is_space(tmp_path: Path) -> None:
    feed = Feed()
    entries = {feed.add(value): value for value in (os.urandom(32) for _ in range(LARGE_ROWS + 8))}
    gone, kept, *_ = entries
    with (
        tiny_disk(tmp_path / "shared", "20m") as disk,
        serve(feed) as address,
        running_gate(large_bank(tmp_path, feed, address)) as gate,
    ):
        wait_until(lambda: gate.health()["entries"] == len(entries), "all entries")
        ballast = fill(disk)
        feed.withdraw(gone)
        wait_until(lambda: gate.action(entries[gone]) == "allow", "the withdrawal to count")
        wait_until(lambda: '"publish_failed", "code": "storage"' in gate.log, "the failure in the log")
        assert gate.action(entries[kept]) == "block"
        assert not erased(gate, entries[gone])
        ballast.unlink()
        wait_until(lambda: erased(gate, entries[gone]), "its erasing")
        assert gate.health()["entries"] == len(entries) - 1
        assert gate.stop() == 0
