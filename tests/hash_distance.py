"""How far our hashes lie from the reference's, counted over sets of pictures."""

import sys
from collections.abc import Iterable

import numpy as np
import pdqhash

from notcontent.signals import Hashed, Luma


def reference(luma: Luma) -> tuple[bytes, int]:
    colour = np.ascontiguousarray(np.repeat(luma[:, :, None], 3, axis=2))
    vector, quality = pdqhash.compute(colour)
    return np.packbits(vector.astype(np.uint8)).tobytes(), quality


def distance(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


class Tally:
    """How far the hashes of each set lie from the reference's: printed, and held to what is promised."""

    def __init__(self, what: str, scale: int) -> None:
        self.what, self.scale = what, scale
        self.bits: list[int] = []

    def add(self, name: str, pairs: Iterable[tuple[Hashed, tuple[bytes, int]]]) -> None:
        """Compare a set's hashes with the reference's. Ninety-nine in a hundred lie within 4 bits."""
        bits, qualities = [], []
        for hashed, (value, quality) in pairs:
            bits.append(distance(hashed.value, value))
            qualities.append(abs(hashed.quality - quality))
        most = np.percentile(bits, 99, method="higher")
        sys.stdout.write(
            f"{self.what} at 1/{self.scale}, {name:8} n {len(bits):3}, bits: median {np.median(bits):.0f},"
            f" p99 {most:.0f}, most {max(bits)}, equal {100 * bits.count(0) / len(bits):.0f} %;"
            f" quality: most {max(qualities)}\n"
        )
        assert most <= 4
        self.bits += bits

    def close(self) -> None:
        """Most pictures hash to the very bits."""
        assert np.median(self.bits) == 0
