"""Long lists of ids, cut so that no query outgrows what a database takes."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

_AT_ONCE = 500
_Any = TypeVar("_Any")


def portions(many: Iterable[_Any]) -> Iterator[list[_Any]]:
    """Cut ids into lists of at most 500."""
    rows = list(many)
    for start in range(0, len(rows), _AT_ONCE):
        yield rows[start : start + _AT_ONCE]
