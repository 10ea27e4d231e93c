"""Every test of the hub's channels begins without a book."""

from collections.abc import Iterator

import pytest
from channel_stage import forget_book


@pytest.fixture(autouse=True)
def without_book() -> Iterator[None]:
    """Remove what the test before left."""
    forget_book()
    yield
    forget_book()
