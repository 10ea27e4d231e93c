"""The bulk join finds every pair and no other, whatever the batches, and holds one batch at a time."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from notcontent.errors import HashFormatError, IndexArgumentError, SourceError
from notcontent.matching import LinearIndex, MihIndex
from notcontent.scan.join import Pairs, join, nearest, row_batches, self_join

Rows = NDArray[np.uint8]


def related(count: int, seed: int) -> Rows:
    """Rows of which many are near to one another."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 256, (count, 32), dtype=np.uint8)
    for place in range(1, count, 2):
        rows[place] = rows[place - 1]
        bits = rng.choice(256, rng.integers(0, 45), replace=False)
        np.bitwise_xor.at(rows[place], bits // 8, (1 << (bits % 8)).astype(np.uint8))
    return rows


def as_set(batches: Iterator[Pairs]) -> set[tuple[int, int, int]]:
    found: list[tuple[int, int, int]] = []
    for pairs in batches:
        found += zip(pairs.left.tolist(), pairs.right.tolist(), pairs.distances.tolist(), strict=True)
    assert len(set(found)) == len(found)
    return set(found)


def by_hand(left: Rows, right: Rows, radius: int) -> set[tuple[int, int, int]]:
    distances = np.bitwise_count(left[:, None] ^ right[None]).sum(axis=2)
    return {(int(i), int(j), int(distances[i, j])) for i, j in np.argwhere(distances <= radius)}


@pytest.mark.parametrize("radius", [0, 31, 63])
@pytest.mark.parametrize("queries_a_search", [1, 7, 1000])
def test_a_join_finds_all_pairs_and_no_other(radius: int, queries_a_search: int) -> None:
    rows = related(200, 1)
    left, right = rows[:90], rows[60:]
    found = as_set(join(left, MihIndex.build(right), radius, queries_a_search=queries_a_search))
    assert found == by_hand(left, right, radius)
    assert found


def test_arrays_one_after_the_other_are_numbered_through() -> None:
    rows = related(200, 2)
    blocks = (rows[:3], rows[3:3], rows[3:110], rows[110:])
    index = MihIndex.build(rows)
    assert as_set(join(blocks, index, 31, queries_a_search=50)) == by_hand(rows, rows, 31)


def test_a_self_join_gives_each_pair_once_and_no_row_with_itself() -> None:
    rows = related(150, 3)
    expected = {pair for pair in by_hand(rows, rows, 31) if pair[0] < pair[1]}
    assert as_set(self_join(rows, 31, queries_a_search=40)) == expected
    assert expected


def test_a_join_reads_no_further_than_it_was_asked() -> None:
    taken: list[int] = []

    def blocks() -> Iterator[Rows]:
        for number in range(1000):
            taken.append(number)
            yield related(10, number)

    stream = join(blocks(), LinearIndex(), 31)
    next(stream)
    assert taken == [0]


def test_the_nearest_row_is_the_first_of_a_search() -> None:
    rows = related(100, 4)
    found = nearest(rows, MihIndex.build(np.ascontiguousarray(rows[::2])), 31)
    for query in range(100):
        pairs = sorted((d, j) for i, j, d in by_hand(rows[query : query + 1], rows[::2], 31))
        assert found.counts[query] == len(pairs)
        if pairs:
            assert (found.distances[query], found.ids[query]) == pairs[0]


def test_rows_are_read_from_parquet_in_batches(tmp_path: Path) -> None:
    rows = related(100, 5)
    pq.write_table(pa.table({"hash": [row.tobytes().hex() for row in rows]}), tmp_path / "list.parquet")
    read = list(row_batches(str(tmp_path / "list.parquet"), rows=30))
    assert [len(block) for block in read] == [30, 30, 30, 10]
    assert np.array_equal(np.concatenate(read), rows)


def test_a_list_that_cannot_be_joined_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    pq.write_table(pa.table({"hash": ["00" * 32, "0g" * 32]}), path)
    with pytest.raises(HashFormatError):
        list(row_batches(str(path)))
    for column, name in (("none", path), ("hash", tmp_path / "none")):
        with pytest.raises(SourceError):
            list(row_batches(str(name), column))


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(IndexArgumentError):
        next(join(related(2, 0), LinearIndex(), 64))
    with pytest.raises(IndexArgumentError):
        next(join(related(2, 0), LinearIndex(), queries_a_search=0))


def test_pairs_show_their_number_alone() -> None:
    (pairs,) = join(related(4, 0), MihIndex.build(related(4, 0)), 63)
    assert repr(pairs) == f"<Pairs {len(pairs)} redacted>"
    assert "redacted" in repr(nearest(related(4, 0), MihIndex.build(related(4, 0))))
