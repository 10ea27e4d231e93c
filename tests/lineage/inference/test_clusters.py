"""Hashes become clusters around their most repeated values."""

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from notcontent.lineage.clusters import cluster_hashes

Rows = NDArray[np.uint8]


@pytest.fixture
def chance() -> np.random.Generator:
    return np.random.default_rng(7)


def good(rows: Rows) -> Rows:
    return np.full(len(rows), 90, np.uint8)


def turned(row: Rows, bits: int, chance: np.random.Generator) -> Rows:
    flat = np.unpackbits(row)
    flat[chance.choice(256, bits, replace=False)] ^= 1
    return np.packbits(flat)


def test_copies_within_the_radius_of_an_original_are_one_cluster(
    chance: np.random.Generator,
) -> None:
    originals = chance.integers(0, 256, (200, 32), dtype=np.uint8)
    rows, of = [], []
    for place, row in enumerate(originals):
        for bits in (0, 0, 4, 20, 31):
            rows.append(turned(row, bits, chance))
            of.append(place)
    shuffled = chance.permutation(len(rows))
    clusters = cluster_hashes(np.array(rows)[shuffled], good(np.array(rows)))
    assert len(np.unique(clusters)) == 200
    for place in range(200):
        assert len(set(clusters[np.array(of)[shuffled] == place].tolist())) == 1


def test_hashes_of_poor_quality_have_no_cluster(chance: np.random.Generator) -> None:
    rows = chance.integers(0, 256, (3, 32), dtype=np.uint8)
    assert cluster_hashes(rows, np.array([49, 50, 0], np.uint8)).tolist() == [-1, 0, -1]


def test_no_hashes_give_no_clusters() -> None:
    assert cluster_hashes(np.zeros((0, 32), np.uint8), np.zeros(0, np.uint8)).tolist() == []


def test_a_chain_of_near_hashes_is_cut_instead_of_gluing_its_ends_together() -> None:
    bits = np.zeros((8, 256), np.uint8)
    for step in range(8):
        bits[step, : step * 30] = 1
    clusters = cluster_hashes(np.packbits(bits, axis=1), np.full(8, 90, np.uint8))
    assert clusters[0] != clusters[-1]
    for cluster in np.unique(clusters):
        members = bits[clusters == cluster]
        apart = (members[:, None] != members[None]).sum(-1)
        assert (apart.max(1).min()) <= 31


def test_the_order_of_the_rows_changes_nothing(chance: np.random.Generator) -> None:
    base = chance.integers(0, 256, (50, 32), dtype=np.uint8)
    rows = np.array([turned(base[place], int(chance.integers(0, 40)), chance) for place in chance.integers(0, 50, 600)])
    order = chance.permutation(600)
    assert (cluster_hashes(rows, good(rows))[order] == cluster_hashes(rows[order], good(rows))).all()


def crowd(chance: np.random.Generator, originals: int, rows: int) -> Rows:
    """Originals of different popularity with their edits, of which many lie around the radius."""
    base = chance.integers(0, 256, (originals, 32), dtype=np.uint8)
    picked = base[(chance.random(rows) ** 2 * originals).astype(int)]
    return np.array([turned(row, int(chance.choice([0, 0, 3, 15, 28, 31, 33])), chance) for row in picked])


def one_by_one(rows: Rows) -> tuple[list[bytes], dict[bytes, bytes]]:
    """The same, slowly: who leads, and the nearest leader of every value."""
    times: dict[bytes, int] = {}
    for row in rows:
        times[row.tobytes()] = times.get(row.tobytes(), 0) + 1
    order = sorted(times, key=lambda value: (-times[value], value))
    leaders: list[bytes] = []

    def near(value: bytes) -> tuple[int, int]:
        held = np.frombuffer(b"".join(leaders), np.uint8).reshape(-1, 32)
        apart = np.unpackbits(held ^ np.frombuffer(value, np.uint8), axis=1).sum(1)
        return int(apart.min()), int(apart.argmin())

    for value in order:
        if not leaders or near(value)[0] > 31:
            leaders.append(value)
    return leaders, {value: leaders[near(value)[1]] for value in order}


@pytest.mark.parametrize("seed", range(4))
def test_clusters_are_those_that_come_out_one_by_one(seed: int) -> None:
    rows = crowd(np.random.default_rng(seed), 60, 900)
    leaders, follows = one_by_one(rows)
    clusters = cluster_hashes(rows, good(rows))
    assert [follows[row.tobytes()] for row in rows] == [leaders[cluster] for cluster in clusters.tolist()]


@pytest.mark.parametrize("size", [1, 7, 64])
def test_who_leads_does_not_depend_on_the_batches(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = crowd(np.random.default_rng(size), 60, 900)
    monkeypatch.setattr("notcontent.lineage.clusters._SMALLEST", size)
    monkeypatch.setattr("notcontent.lineage.clusters._LARGEST", 4 * size)
    leaders, _ = one_by_one(rows)
    clusters = cluster_hashes(rows, good(rows))
    for row, cluster in zip(rows, clusters.tolist(), strict=True):
        assert np.unpackbits(row ^ np.frombuffer(leaders[cluster], np.uint8)).sum() <= 31
    own = {row.tobytes(): cluster for row, cluster in zip(rows, clusters.tolist(), strict=True)}
    assert [own[leader] for leader in leaders] == list(range(len(leaders)))
    assert clusters.max() + 1 == len(leaders)


def test_one_value_a_hundred_thousand_times_and_a_crowd_around_it_take_seconds(chance: np.random.Generator) -> None:
    rows = np.repeat(chance.integers(0, 256, (1, 32), dtype=np.uint8), 120_000, axis=0)
    for _ in range(15):
        bit = chance.integers(0, 256, 20_000)
        rows[np.arange(20_000), bit // 8] ^= (1 << (bit % 8)).astype(np.uint8)
    began = time.monotonic()
    clusters = cluster_hashes(rows, good(rows))
    assert time.monotonic() - began < 20
    assert len(set(clusters[20_000:].tolist())) == 1
    assert (clusters[:20_000] == clusters[-1]).mean() > 0.99
