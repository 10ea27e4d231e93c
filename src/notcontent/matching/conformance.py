"""The contract of `Index` and `LivingIndex` as tests, shipped so that every index can be held to it.

Subclass in a test file, name the class Test..., and say how to make the index:

    class TestBruteIndex(LivingIndexConformance):
        def make_living(self) -> LivingIndex:
            return BruteIndex()

What is right is worked out here by comparing single bits, without any index. Works under pytest, which it does not
import; any runner that calls methods whose names begin with test_ will do.
"""

import threading
from abc import abstractmethod
from typing import cast

import numpy as np

from notcontent.errors import DuplicateIdError, IndexArgumentError
from notcontent.matching.conformance_scenes import (
    Ids,
    Rows,
    check_found,
    distances_of,
    flipped,
    refuses,
    require,
    scenes,
    unfit_rows,
    uniform,
)
from notcontent.matching.hashes import HASH_BYTES
from notcontent.matching.index import MAX_RADIUS, Index, LivingIndex

RADII = range(MAX_RADIUS + 1)
THREADS = (1, 2, 3, 4)


class IndexConformance:
    """What every index must do. Say how to make one that holds the given rows."""

    @abstractmethod
    def make_index(self, rows: Rows, ids: Ids) -> Index:
        """Make the index under test, holding these rows under these ids."""

    def test_every_radius_is_answered_exactly(self) -> None:
        """All radii 0 to 63, on every kind of bank, compared with brute force on single bits."""
        for scene in scenes():
            index = self.make_index(scene.rows, scene.ids)
            require(len(index) == len(scene.rows), f"{scene.name}: wrong length")
            distances = distances_of(scene.rows, scene.queries)
            for radius in RADII:
                check_found(index.search(scene.queries, radius), scene.ids, distances, radius, scene.name)

    def test_any_number_of_threads_and_queries_gives_the_same_answer(self) -> None:
        """Threads 1 to 4, batches of 0 to 9 and of more than a thousand."""
        rng = np.random.default_rng(21)
        rows, ids = uniform(rng, 2500), np.arange(2500, dtype=np.uint32)[::-1].copy()
        queries = np.concatenate([uniform(rng, 1100), rows[::5], rows[-20:]])
        distances = distances_of(rows, queries)
        index = self.make_index(rows, ids)
        for threads in THREADS:
            check_found(index.search(queries, 31, threads), ids, distances, 31, f"{threads} threads")
            for count in range(10):
                found = index.search(queries[-count - 1 : -1], 63, threads)
                check_found(found, ids, distances[-count - 1 : -1], 63, f"{threads} threads, {count} queries")

    def test_the_default_radius_is_31_inclusive(self) -> None:
        """31 bits away is a match, 32 is none."""
        rng = np.random.default_rng(22)
        query = uniform(rng, 1)
        rows = np.stack([flipped(rng, query[0], 31), flipped(rng, query[0], 32)])
        found = self.make_index(rows, np.array([7, 8], np.uint32)).search(query)
        require(found.ids.tolist() == [7] and found.distances.tolist() == [31], "wrong default radius")

    def test_read_only_and_oddly_placed_arrays_are_welcome(self) -> None:
        """A caller may keep its arrays locked, or anywhere in a buffer."""
        rng = np.random.default_rng(23)
        raw = b"x" + uniform(rng, 50).tobytes()
        rows = np.frombuffer(raw, np.uint8, offset=1).reshape(-1, HASH_BYTES)  # read-only, at an odd address
        ids = np.arange(50, dtype=np.uint32)
        ids.flags.writeable = False
        check_found(self.make_index(rows, ids).search(rows, 40), ids, distances_of(rows, rows), 40, "read-only")

    def test_unfit_queries_radii_and_threads_are_refused(self) -> None:
        """Each with IndexArgumentError, and the index goes on answering."""
        index = self.make_index(np.zeros((6, HASH_BYTES), np.uint8), np.arange(6, dtype=np.uint32))
        query = np.zeros((1, HASH_BYTES), np.uint8)
        for what, rows in unfit_rows():
            refuses(IndexArgumentError, lambda rows=rows: index.search(rows), what)  # type: ignore[misc]
        for radius in (-1, 64, 256, 1 << 40, cast("int", 1.5), cast("int", None), cast("int", "31")):
            refuses(IndexArgumentError, lambda r=radius: index.search(query, r), "a radius")  # type: ignore[misc]
        for threads in (-1, 0, 257, 1 << 40, cast("int", 1.0)):
            refuses(IndexArgumentError, lambda t=threads: index.search(query, 0, t), "a thread count")  # type: ignore[misc]
        require(len(index.search(query, 0).ids) == 6, "the index was disturbed")

    def test_a_repr_shows_no_hash_and_no_distance(self) -> None:
        """Neither the index's nor the answer's."""
        rows = np.full((3, HASH_BYTES), 0xA7, np.uint8)
        index = self.make_index(rows, np.array([1, 2, 3], np.uint32))
        for text in (repr(index), repr(index.search(rows))):
            require("a7" not in text.lower() and "167" not in text and "array" not in text, "a repr shows data")


class LivingIndexConformance(IndexConformance):
    """What an index that can change must do as well. Say how to make an empty one."""

    @abstractmethod
    def make_living(self) -> LivingIndex:
        """Make an empty index under test."""

    def make_index(self, rows: Rows, ids: Ids) -> Index:
        """Make one by adding."""
        index = self.make_living()
        index.add(rows, ids)
        return index

    def test_adds_and_removes_in_any_order_are_answered_exactly(self) -> None:
        """Sixty steps beside a plain dictionary, over the edges of blocks and chunks."""
        rng = np.random.default_rng(24)
        index, held = self.make_living(), dict[int, Rows]()
        centre = uniform(rng, 1)[0]
        for step in range(60):
            if rng.random() < 0.6:
                count = int(rng.choice([1, 3, 8, 300, 1500]))
                rows = uniform(rng, count)
                rows[::3] = np.stack([flipped(rng, centre, int(d)) for d in rng.integers(0, 70, len(rows[::3]))])
                fresh = rng.choice(1 << 20, count, replace=False).astype(np.uint32) * 1000 + step
                index.add(rows, fresh)
                held.update(zip(fresh.tolist(), rows, strict=True))
            elif held:
                some = rng.choice(list(held), min(len(held), int(rng.choice([1, 5, 400]))), replace=False)
                unknown = np.array([4_294_967_295], np.uint32)
                removed = index.remove(np.concatenate([some.astype(np.uint32), unknown, some[:1].astype(np.uint32)]))
                require(removed == len(some), "wrong number removed")
                for each in some.tolist():
                    del held[each]
            require(len(index) == len(held), "wrong length")
            if step % 6 == 5:
                _check_held(index, held, centre)

    def test_everything_can_be_removed_and_added_again(self) -> None:
        """To empty and back, in the same index, with the same ids."""
        rng = np.random.default_rng(25)
        rows, ids = uniform(rng, 5000), np.arange(5000, dtype=np.uint32)
        index = self.make_living()
        for _ in range(3):
            index.add(rows, ids)
            require(len(index.search(rows[:9], 0).ids) == 9, "rows are missing")
            require(index.remove(ids[::-1].copy()) == 5000, "wrong number removed")
            require(len(index) == 0 and len(index.search(rows[:9], 63).ids) == 0, "rows were left")

    def test_ids_left_out_are_numbered_on_and_never_used_twice(self) -> None:
        """From the largest id ever held, also when it was removed since."""
        index, row = self.make_living(), np.zeros((1, HASH_BYTES), np.uint8)
        require(index.add(np.zeros((3, HASH_BYTES), np.uint8)).tolist() == [0, 1, 2], "not numbered from 0")
        require(index.add(row, np.array([41], np.uint32)).tolist() == [41], "given ids are not returned")
        index.remove(np.array([41], np.uint32))
        require(index.add(row).tolist() == [42], "an id was used twice")
        index.add(row, np.array([0xFFFFFFFF], np.uint32))
        refuses(IndexArgumentError, lambda: index.add(row), "an id beyond the last")
        require(index.add(row[:0]).tolist() == [], "adding nothing failed")
        require(len(index) == 5, "a refused add left something")

    def test_an_id_held_already_or_given_twice_is_refused_whole(self) -> None:
        """With DuplicateIdError; none of the rows is added, and every id stays free."""
        rng = np.random.default_rng(26)
        index, rows = self.make_living(), uniform(rng, 4)
        index.add(rows[:1], np.array([5], np.uint32))
        for ids in ([6, 7, 5], [6, 7, 6]):
            refuses(DuplicateIdError, lambda i=ids: index.add(rows[1:], np.array(i, np.uint32)), "an id")  # type: ignore[misc]
        require(len(index.search(rows, 0).ids) == 1, "a refused add left something")
        index.add(rows[1:], np.array([6, 7, 8], np.uint32))
        require(index.search(rows, 0).ids.tolist() == [5, 6, 7, 8], "an id was lost to a refused add")

    def test_unfit_rows_and_ids_are_refused(self) -> None:
        """Each with IndexArgumentError, and nothing changes."""
        index, rows = self.make_living(), np.zeros((6, HASH_BYTES), np.uint8)
        for what, unfit in unfit_rows():
            refuses(IndexArgumentError, lambda u=unfit: index.add(u), what)  # type: ignore[misc]
        wide = np.arange(12, dtype=np.uint32)
        for ids in (
            wide[:5],
            wide[::2],
            wide.reshape(6, 2),
            wide.astype(np.int64)[:6],
            wide.astype(">u4")[:6],
            [1] * 6,
        ):
            refuses(IndexArgumentError, lambda i=ids: index.add(rows, cast("Ids", i)), "ids")  # type: ignore[misc]
        for ids in (wide[::2], wide.reshape(6, 2), wide.astype(np.int64), [1]):
            refuses(IndexArgumentError, lambda i=ids: index.remove(cast("Ids", i)), "ids")  # type: ignore[misc]
        require(len(index) == 0, "a refused call left something")

    def test_a_search_beside_changes_sees_all_of_a_change_or_nothing(self) -> None:
        """Rows that come and go together are found together, and alike by all queries of one search."""
        rng = np.random.default_rng(27)
        index = self.make_living()
        index.add(uniform(rng, 3000))
        together, ids = uniform(rng, 3000), np.arange(1 << 20, (1 << 20) + 3000, dtype=np.uint32)
        together[::100] = together[0]
        queries = np.repeat(together[:1], 100, axis=0)
        seen, begun, done = set[int](), threading.Semaphore(0), threading.Event()

        def read(threads: int) -> None:
            while not done.is_set():
                seen.update(np.diff(index.search(queries, 0, threads).lims).tolist())
                begun.release()

        readers = [threading.Thread(target=read, args=(threads,)) for threads in (1, 2)]
        for reader in readers:
            reader.start()
        try:
            for _ in range(20):
                begun.acquire()  # about one search for every few changes, so that many of them overlap
                for _ in range(5):
                    index.add(together, ids)
                    index.remove(ids)
        finally:
            done.set()
            for reader in readers:
                reader.join()
        require(seen <= {0, 30}, "a search saw half a change")

    def test_writers_in_many_threads_lose_nothing(self) -> None:
        """Four writers, each adding and removing its own rows; what stays is what they left."""
        rng = np.random.default_rng(28)
        index, rows = self.make_living(), uniform(rng, 400)

        def write(number: int) -> None:
            mine = np.arange(100, dtype=np.uint32) + np.uint32(100 * number)
            for start in range(0, 100, 10):
                index.add(rows[mine[start : start + 10]], mine[start : start + 10])
            index.remove(mine[::2].copy())

        writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        left = np.arange(1, 400, 2, dtype=np.uint32)
        check_found(index.search(rows, 60), left, distances_of(rows[left], rows), 60, "many writers")


def _check_held(index: Index, held: dict[int, Rows], centre: Rows) -> None:
    """Compare the index with the dictionary that it should equal."""
    rows = np.array(list(held.values()), np.uint8).reshape(-1, HASH_BYTES)
    ids = np.array(list(held), np.uint32)
    queries = np.concatenate([centre[np.newaxis], rows[:5]])
    for radius in (0, 31, MAX_RADIUS):
        check_found(index.search(queries, radius), ids, distances_of(rows, queries), radius, "after changes")
