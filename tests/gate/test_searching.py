"""What waits together is searched together, and everybody gets their own verdicts in their own order."""

import asyncio
import os
import threading

import pytest
from gate_parts import Site

from notcontent.errors import NotReadyError, StorageError
from notcontent.exchange.wire import Action
from notcontent.gate import searching
from notcontent.gate.entries import EntryReader
from notcontent.gate.policy import Policy, Radii
from notcontent.gate.searching import Searcher, pieces
from notcontent.gate.snapshot import Snapshot, SnapshotHolder
from notcontent.matching.estimating import EstimatePolicy
from notcontent.signals import Look

POLICY = Policy(Radii(31, 31), 50)


def look(value: bytes) -> list[Look]:
    return [Look("whole", value, 100)]


def open_searcher(site: Site) -> Searcher:
    holder = SnapshotHolder(site.syncer.config.shared, site.clock, EntryReader(site.syncer.config.database))
    holder.refresh()
    return Searcher(holder, POLICY, EstimatePolicy(0, 1e-3, 50))


@pytest.mark.parametrize("inline", [0, 32, 10**9])
def test_verdicts_come_in_order_to_those_who_asked(site: Site, monkeypatch: pytest.MonkeyPatch, inline: int) -> None:
    monkeypatch.setattr(searching, "INLINE_LOOKS", inline)
    banked = [os.urandom(32) for _ in range(40)]
    for value in banked:
        site.feed.add(value)
    site.follow()
    searcher = open_searcher(site)

    async def ask(count: int) -> None:
        values = [(banked[n % 40], True) if n % 3 else (os.urandom(32), False) for n in range(count)]
        verdicts = await searcher.verdicts([look(value) for value, _ in values])
        expected = [Action.BLOCK if known else Action.ALLOW for _, known in values]
        assert [verdict.advice for verdict in verdicts] == expected

    async def all_at_once() -> None:
        await asyncio.gather(*(ask(count) for count in (1, 1, 500, 2, 64, 65, 1000, 1, *[3] * 150)))

    asyncio.run(all_at_once())
    searcher.close()


def test_large_lookups_take_turns_piece_by_piece_and_a_small_one_waits_for_neither(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "PIECE", 64)
    site.feed.add(os.urandom(32))
    site.follow()
    searcher = open_searcher(site)
    sizes: list[int] = []
    go_on = threading.Event()
    original = Snapshot.search

    def search(self: Snapshot, queries, radius):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        sizes.append(len(queries))
        assert len(queries) == 1 or go_on.wait(30)
        return original(self, queries, radius)

    monkeypatch.setattr(Snapshot, "search", search)

    async def all_at_once() -> None:
        asking = [
            asyncio.create_task(searcher.verdicts([look(os.urandom(32)) for _ in range(count)])) for count in (150, 130)
        ]
        await asyncio.sleep(0)
        await searcher.verdicts([look(os.urandom(32))])
        go_on.set()
        assert [len(verdicts) for verdicts in await asyncio.gather(*asking)] == [150, 130]

    asyncio.run(all_at_once())
    assert sorted(sizes[:2]) == [1, 64]
    assert sizes[2:] == [64, 64, 64, 22, 2]
    searcher.close()


def test_pieces_keep_order_and_never_split_an_upload() -> None:
    for sizes in ([], [1], [256], [257, 1], [1] * 1000, [100, 100, 100, 300, 1]):
        uploads = [look(bytes(32)) * size for size in sizes]
        cut = pieces(uploads)
        assert [upload for piece in cut for upload in piece] == uploads
        assert all(len(piece) <= 1 or sum(map(len, piece)) <= searching.PIECE for piece in cut)


def test_an_error_reaches_everybody_who_waited_and_nobody_after(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "INLINE_LOOKS", 0)  # all by the thread
    banked = os.urandom(32)
    site.feed.add(banked)
    site.follow()
    searcher = open_searcher(site)

    def unreadable(*_: object) -> None:
        raise StorageError

    async def ask() -> list[object]:
        return list(
            await asyncio.gather(*(searcher.verdicts([look(banked)]) for _ in range(5)), return_exceptions=True)
        )

    with monkeypatch.context() as disk:
        disk.setattr(EntryReader, "facts", unreadable)
        assert [type(one) for one in asyncio.run(ask())] == [StorageError] * 5
    assert all(isinstance(one, list) for one in asyncio.run(ask()))
    site.clock.pass_s(1e9)
    assert [type(one) for one in asyncio.run(ask())] == [NotReadyError] * 5
    searcher.close()
