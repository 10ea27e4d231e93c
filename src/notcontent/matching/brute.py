"""The fast living index: the native engine that looks at every row, several queries at a time.

Right for banks up to some hundred thousand rows, and for what was added since a larger index was built.
"""

import numpy as np
from numpy.typing import NDArray

from notcontent.errors import DuplicateIdError, IndexArgumentError
from notcontent.matching import _engine
from notcontent.matching.index import DEFAULT_RADIUS, Found, check_ids, check_rows, search_engine


def instruction_sets() -> tuple[str, ...]:
    """Name the instruction sets that this processor has a kernel for, fastest first; "portable" is always last."""
    return tuple(_engine.instruction_sets())


def check_instruction_set(name: str) -> str:
    """Refuse with IndexArgumentError a name that is neither "auto" nor available here."""
    if name != "auto" and name not in _engine.instruction_sets():
        raise IndexArgumentError("This processor does not have that instruction set.")
    return name


class BruteIndex:
    """A living index in native code. See `LivingIndex` for the contract.

    Searches and changes may run at the same time in many threads and never wait for each other; the interpreter is
    free meanwhile. It is not for use after `fork` in a child whose parent was changing it.
    """

    def __init__(self, *, instruction_set: str = "auto") -> None:
        """Begin empty. `instruction_set` forces one of `instruction_sets()`; all give the same answers."""
        self._engine = _engine.Brute(check_instruction_set(instruction_set))

    def __len__(self) -> int:
        """Count the rows."""
        return len(self._engine)

    def __repr__(self) -> str:
        """Show the count alone."""
        return f"<BruteIndex rows={len(self)}>"

    def add(self, rows: NDArray[np.uint8], ids: NDArray[np.uint32] | None = None) -> NDArray[np.uint32]:
        """Add rows; see `LivingIndex.add`. Costs a copy of at most one chunk (72 KiB) beside the rows themselves."""
        check_rows(rows)
        if ids is not None:
            check_ids(ids, len(rows))
        try:
            return self._engine.add(rows, ids)
        except _engine.DuplicateId as error:
            raise DuplicateIdError from error
        except ValueError as error:  # the engine's std::length_error
            raise IndexArgumentError("There are no ids left.") from error

    def remove(self, ids: NDArray[np.uint32]) -> int:
        """Take rows out; see `LivingIndex.remove`. Costs a copy of each chunk touched: prefer few large calls."""
        check_ids(ids)
        return self._engine.remove(ids)

    def search(self, queries: NDArray[np.uint8], radius: int = DEFAULT_RADIUS, threads: int = 1) -> Found:
        """Find rows; see `Index.search`. Batches cost far less per query than single ones.

        Memory grows with what is found: 24 bytes for each row within the radius of a query, while it runs.
        """
        return search_engine(self._engine, queries, radius, threads)
