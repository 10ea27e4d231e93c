"""What all tests share. NumPy's matrices keep to one thread, as in every process of ours that hashes pictures.

Two threads would wait busily for each other between small matrices, at several times the work's own price. The
environment is put back: what a test starts sees to its own threads, as it does for people.
"""

import signal
from collections.abc import Iterator

import pytest

with pytest.MonkeyPatch.context() as patch:
    patch.setenv("OPENBLAS_NUM_THREADS", "1")
    import numpy as np  # noqa: F401 - the library reads it once, when it is loaded


@pytest.fixture(autouse=True)
def _as_wide_as_it_likes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a runner's COLUMNS from the verbs: one that shares tests out to processes sets it there alone."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture(autouse=True)
def _ctrl_c_heard() -> Iterator[None]:
    """Hear SIGINT in every test and in what it starts: a shell's background job, and an interrupted verb, ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
