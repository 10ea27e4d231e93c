"""Segments stay few, hold what gate.db holds and nothing else, and are only ever swapped whole."""

import os
import random
from pathlib import Path

import numpy as np
import pytest
from gate_parts import Site, open_holder, served, stored

from notcontent.errors import NotReadyError, StorageError
from notcontent.gate import publisher
from notcontent.gate.manifest import read_manifest
from notcontent.gate.snapshot import join
from notcontent.gate.tombstones import CAPACITY, Tombstones
from notcontent.matching import LinearIndex, MihIndex


def test_what_is_served_is_what_is_stored_through_adds_and_withdrawals(site: Site) -> None:
    rng = random.Random(1)  # noqa: S311
    alive: list[str] = []
    holder = open_holder(site)
    most = 0
    for _ in range(40):
        alive += [site.feed.add(os.urandom(32)) for _ in range(rng.choice((0, 1, 1, 3, 20)))]
        for _ in range(rng.choice((0, 0, 1, 4))):
            if alive:
                site.feed.withdraw(alive.pop(rng.randrange(len(alive))))
        assert site.follow() == "ok"
        holder.refresh()
        snapshot = holder.bank().snapshot
        assert served(snapshot) == stored(site)
        assert snapshot.rows == len(alive)
        most = max(most, len(snapshot.manifest.segments))
    assert 2 <= most <= 8
    manifest = holder.manifest
    assert manifest is not None
    named = {segment.file for segment in manifest.segments}
    assert {path.name for path in site.syncer.config.shared.glob("*seg-*")} == named


def test_a_withdrawn_value_is_gone_from_shared_memory_with_the_next_generation(site: Site) -> None:
    values = [os.urandom(32) for _ in range(5)]
    aliases = [site.feed.add(value) for value in values]
    site.follow()
    site.feed.withdraw(aliases[2])
    site.follow()
    rows = np.concatenate([part.rows()[0] for part in open_holder(site).bank().snapshot.parts])
    assert {row.tobytes() for row in rows} == {*values} - {values[2]}
    # Also in files that the manifest no longer names, and as an index reads them.
    files = [path for path in site.syncer.config.shared.rglob("*") if path.is_file()]
    assert all(values[2] not in path.read_bytes() for path in files)
    segments = [MihIndex.open(path) for path in files if path.suffix == ".bin" and "seg" in path.name]
    assert segments
    assert values[2] not in {row.tobytes() for segment in segments for row in segment.rows()[0]}


def test_a_poll_without_news_moves_the_lease_and_not_the_segments(site: Site) -> None:
    site.feed.add(os.urandom(32))
    site.follow()
    holder = open_holder(site)
    before, bank = holder.manifest, holder.bank()
    site.clock.pass_s(77)
    site.follow()
    assert holder.changed()
    holder.refresh()
    after = holder.manifest
    assert before is not None
    assert after is not None
    assert after.generation == before.generation
    assert after.contact == before.contact + 77
    assert holder.bank().snapshot.manifest.segments == bank.snapshot.manifest.segments


def test_segments_that_somebody_deleted_are_written_again(site: Site) -> None:
    for _ in range(10):
        site.feed.add(os.urandom(32))
    site.follow()
    holder = open_holder(site)
    for path in site.syncer.config.shared.iterdir():
        path.unlink()
    holder.refresh()
    assert holder.bank().snapshot.rows == 10  # what is mapped goes on
    site.follow()
    assert served(open_holder(site).bank().snapshot) == stored(site)
    site.syncer.config.shared.joinpath("manifest.json").write_bytes(b"{torn")
    holder.refresh()
    assert holder.bank().snapshot.rows == 10
    site.follow()
    assert served(open_holder(site).bank().snapshot) == stored(site)


def test_one_deleted_segment_of_several_is_written_again_too(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "JOIN_BELOW", 0)
    for count in (10, 2, 2):
        for _ in range(count):
            site.feed.add(os.urandom(32))
        site.follow()
    manifest = open_holder(site).manifest
    assert manifest is not None
    assert len(manifest.segments) == 3
    (site.syncer.config.shared / manifest.segments[1].file).unlink()
    site.follow()
    assert served(open_holder(site).bank().snapshot) == stored(site) == list(range(1, 15))


def test_a_manifest_that_cannot_be_written_leaves_no_new_segment_behind(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.feed.add(os.urandom(32))
    site.follow()
    before = sorted(site.syncer.config.shared.iterdir())
    site.feed.add(os.urandom(32))

    def full(*_: object) -> None:
        raise StorageError

    with monkeypatch.context() as disk:
        disk.setattr(publisher, "write_manifest", full)
        site.follow()
    assert sorted(site.syncer.config.shared.iterdir()) == before
    site.follow()
    assert served(open_holder(site).bank().snapshot) == [1, 2]


def test_segments_of_an_earlier_process_are_replaced_and_swept(site: Site) -> None:
    site.feed.add(os.urandom(32))
    site.follow()
    before = set(site.syncer.config.shared.glob("seg-*"))
    (site.syncer.config.shared / ".seg-9-9.bin.abc.part").write_bytes(b"cut off")
    site.reopen()
    site.follow()
    after = set(site.syncer.config.shared.glob("*seg-*"))
    assert len(after) == 1
    assert not after & before


def test_without_space_the_generation_before_goes_on_and_nothing_is_left_behind(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    aliases = [site.feed.add(os.urandom(32)) for _ in range(10)]
    site.follow()
    holder = open_holder(site)
    before = sorted(site.syncer.config.shared.glob("*seg-*"))
    site.feed.withdraw(aliases[0])
    for _ in range(30):
        site.feed.add(os.urandom(32))
    calls: list[Path] = []

    original = MihIndex.save

    def full_at_the_second(self: MihIndex, path: Path) -> None:
        calls.append(path)
        if len(calls) > 1:
            path.write_bytes(b"half of it")
            raise StorageError
        original(self, path)

    with monkeypatch.context() as disk:
        disk.setattr(MihIndex, "save", full_at_the_second)
        disk.setattr(publisher, "JOIN_BELOW", 0)  # so that there are two to write
        site.follow()
    assert len(calls) == 2
    assert sorted(site.syncer.config.shared.glob("*seg-*")) == before
    holder.refresh()
    bank = holder.bank()
    assert bank.snapshot.rows == 10
    assert 1 not in bank.facts(range(1, 11))  # the withdrawal counts all the same
    site.follow()
    assert served(open_holder(site).bank().snapshot) == stored(site)
    assert len(stored(site)) == 39


def test_a_manifest_of_another_boot_says_nothing(site: Site) -> None:
    site.feed.add(os.urandom(32))
    site.follow()
    assert read_manifest(site.syncer.config.shared, "boot-b") is None
    site.clock.boot_name = "boot-b"
    with pytest.raises(NotReadyError):
        open_holder(site).bank()


def test_a_segment_that_cannot_be_read_keeps_the_bank_before(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    site.feed.add(os.urandom(32))
    site.follow()
    holder = open_holder(site)
    bank = holder.bank()
    for _ in range(20):
        site.feed.add(os.urandom(32))
    site.follow()
    for path in site.syncer.config.shared.glob("seg-*"):
        path.write_bytes(path.read_bytes()[:100])
    holder.refresh()
    assert holder.bank() is bank
    assert "snapshot_refused" in capfd.readouterr().err


def test_finds_of_several_segments_are_one_answer() -> None:
    rng = np.random.default_rng(5)
    rows = np.repeat(rng.integers(0, 256, (8, 32), dtype=np.uint8), 20, axis=0)
    rows[:, 0] ^= rng.integers(0, 64, len(rows), dtype=np.uint8)
    ids = rng.permutation(len(rows)).astype(np.uint32)
    queries = rows[::7].copy()
    whole, parts = LinearIndex(), [LinearIndex() for _ in range(3)]
    whole.add(rows, ids)
    for place, part in enumerate(parts):
        part.add(np.ascontiguousarray(rows[place::3]), np.ascontiguousarray(ids[place::3]))
    for radius in (0, 3, 31):
        expected = whole.search(queries, radius)
        found = join([part.search(queries, radius) for part in parts], len(queries))
        assert np.array_equal(found.lims, expected.lims)
        assert np.array_equal(found.ids, expected.ids)
        assert np.array_equal(found.distances, expected.distances)
    nothing = join([], 3)
    assert nothing.lims.tolist() == [0, 0, 0, 0]


def test_tombstones_show_at_once_and_too_many_of_them_stop_the_answers(tmp_path: Path) -> None:
    writer = Tombstones.create(tmp_path)
    reader = Tombstones.open(tmp_path)
    assert reader.marked() == frozenset()
    writer.mark([7, 9])
    writer.mark([9, 4_294_967_295])
    assert reader.marked() == {7, 9, 4_294_967_295}
    assert Tombstones.create(tmp_path).marked() == {7, 9, 4_294_967_295}  # a new process keeps them
    writer.clear()
    assert reader.marked() == frozenset()
    writer.mark(range(CAPACITY))
    assert len(reader.marked()) == CAPACITY
    writer.mark([CAPACITY + 5])
    with pytest.raises(NotReadyError):
        reader.marked()
