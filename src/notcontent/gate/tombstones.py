"""Withdrawals that a full disk kept out of gate.db: slots that must not match, in shared memory.

The file has its full size from the beginning and is written in place, so marking needs no space anywhere. It is
emptied once gate.db could take the withdrawals in.
"""

import mmap
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Self

import numpy as np

from notcontent.errors import NotReadyError, StorageError

TOMBSTONES_FILE = "tombstones.bin"
CAPACITY = 65_536
_WORD = 4
_SIZE = _WORD * (1 + CAPACITY)


class Tombstones:
    """A fixed list of slots shared by mmap: one writer, any number of readers.

    The first word says how many are marked. The slots are written before it, so a reader sees whole ones. When
    they are more than fit, everything counts as marked and readers refuse to answer.
    """

    __slots__ = ("_map", "_words")

    def __init__(self, mapped: mmap.mmap) -> None:
        """Use `create` or `open`."""
        self._map = mapped
        self._words = np.frombuffer(mapped, np.uint32)

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Open for writing; made first where it is missing. What is marked already stays. Raises StorageError."""
        try:
            handle = os.open(folder / TOMBSTONES_FILE, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                # Not ftruncate: a sparse file would need space (and end in SIGBUS) just when there is none.
                os.posix_fallocate(handle, 0, _SIZE)
                return cls(mmap.mmap(handle, _SIZE))
            finally:
                os.close(handle)
        except OSError as error:
            raise StorageError from error

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open for reading. Raises StorageError when it is not there or not whole."""
        try:
            with (folder / TOMBSTONES_FILE).open("rb") as file:
                return cls(mmap.mmap(file.fileno(), _SIZE, access=mmap.ACCESS_READ))
        except (OSError, ValueError) as error:
            raise StorageError from error

    def mark(self, slots: Iterable[int]) -> None:
        """Let these slots match no more, from this moment."""
        count = int(self._words[0])
        new = [slot for slot in slots if slot not in self._words[1 : 1 + min(count, CAPACITY)]]
        if count + len(new) > CAPACITY:
            self._words[0] = CAPACITY + 1
            return
        self._words[1 + count : 1 + count + len(new)] = new
        self._words[0] = count + len(new)

    def clear(self) -> None:
        """Unmark all: gate.db knows of them now."""
        self._words[0] = 0

    def marked(self) -> frozenset[int]:
        """Give the marked slots. Raises NotReadyError when they were too many to tell."""
        count = int(self._words[0])
        if count > CAPACITY:
            raise NotReadyError("Too many withdrawals wait for space on the disk.")
        return frozenset(self._words[1 : 1 + count].tolist()) if count else frozenset()
