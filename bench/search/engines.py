"""What the bench asks of an engine, and ours. The peers are in peers.py."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.search.data import RADIUS, Rows
from bench.search.truth import Answer
from notcontent.matching import BruteIndex, Found, LinearIndex, MihIndex, instruction_sets


class Engine:
    """One way to find all rows within 31 bits, called the way its own documentation calls it.

    What turns our arrays into an engine's own form, and its answer back, is not timed: `ask` and `answer`.
    """

    name = ""
    exact = False
    """Whether it promises every row within the radius."""
    most_rows = 100_000_000
    """Larger banks are left out, for the reason in `limit`."""
    limit = ""
    peak_bytes = 64
    """Memory an entry that building takes at most, roughly: what does not fit is left out."""
    most_reopened = 100_000_000
    """Larger banks are not saved and opened: it would take too long."""
    most_singles = 1000
    """Queries in one turn."""
    whole_batch = False
    """Whether all queries are a batch, whatever the first single ones took: those meet memory that is cold."""
    _index: Any = None

    def build(self, rows: Rows) -> None:
        """Take the bank in. The numbers of rows serve as ids."""
        raise NotImplementedError

    def ask(self, queries: Rows) -> Sequence[Any]:
        """Put queries into the form in which single ones are asked."""
        return [queries[place : place + 1] for place in range(len(queries))]

    def ask_batch(self, queries: Rows) -> Any:
        """Put queries into the form in which a batch is asked."""
        return queries

    def one(self, query: Any) -> Any:
        """Answer one query. This is timed."""
        raise NotImplementedError

    def batch(self, queries: Any) -> Any:
        """Answer a batch. This is timed."""
        return self.one(queries)

    def answer(self, raw: Any) -> Answer:
        """Read what `one` or `batch` gave."""
        raise NotImplementedError

    def cpu(self) -> float:
        """Tell the CPU time used so far, in seconds: of this process, all its threads."""
        return process_time()

    def memory(self) -> int | None:
        """Tell the bytes held where the process's own memory does not show them."""
        return None

    def save(self, path: Path) -> bool:
        """Write a file, if the engine has any."""
        del path
        return False

    def open(self, path: Path) -> None:
        """Begin again from that file. This is timed."""
        raise NotImplementedError

    def forget(self) -> None:
        """Let go of the index."""
        self._index = None

    def close(self) -> None:
        """Stop what was started."""


def limits_of(groups: Sequence[Sequence[int] | NDArray[np.integer[Any]]]) -> Answer:
    """Join the row numbers of single queries into an answer."""
    lims = np.concatenate([[0], np.cumsum([len(group) for group in groups])]).astype(np.int64)
    numbers = np.concatenate([np.asarray(group, np.int64) for group in groups]) if groups else np.zeros(0, np.int64)
    return lims, numbers


class Ours(Engine):
    """notcontent's own index. Its answer must be right to the last distance, or the bench fails."""

    name, exact = "notcontent", True
    peak_bytes = 200
    whole_batch = True

    def __init__(self, instruction_set: str = "auto") -> None:
        if instruction_set != "auto":
            self.name = f"{self.name}, {instruction_set}"
        self._set = instruction_set

    def build(self, rows: Rows) -> None:
        self._index = MihIndex.build(rows, instruction_set=self._set)

    def one(self, query: Rows) -> Found:
        found: Found = self._index.search(query, RADIUS)
        return found

    def answer(self, raw: Found) -> Answer:
        return raw.lims, raw.ids.astype(np.int64)

    def save(self, path: Path) -> bool:
        if not hasattr(self._index, "save"):
            return False
        self._index.save(path)
        return True

    def open(self, path: Path) -> None:
        self._index = MihIndex.open(path, verify=False, instruction_set=self._set)


class Brute(Ours):
    """The brute force of notcontent, which its fast index uses for what was added lately."""

    peak_bytes = 40
    whole_batch = False

    def __init__(self, instruction_set: str = "auto") -> None:
        super().__init__(instruction_set)
        self.name = "notcontent, brute force" + ("" if instruction_set == "auto" else f", {instruction_set}")

    def build(self, rows: Rows) -> None:
        self._index = BruteIndex(instruction_set=self._set)
        self._index.add(rows)


class Oracle(Ours):
    """The plainest index of notcontent, in NumPy: what the others are tested against."""

    name = "notcontent, oracle in NumPy"
    most_rows, limit = 1_000_000, "a quarter of a second a query"
    most_singles = 10
    whole_batch = False

    def build(self, rows: Rows) -> None:
        self._index = LinearIndex()
        self._index.add(rows)


def ours() -> dict[str, Callable[[], Engine]]:
    """Name every index of notcontent: the fast one, the same held to one instruction set, and the plain ones."""
    made: dict[str, Callable[[], Engine]] = {"ours": Ours, "brute": Brute, "oracle": Oracle}
    for name in instruction_sets():
        made |= {f"ours-{name}": partial(Ours, name), f"brute-{name}": partial(Brute, name)}
    return made
