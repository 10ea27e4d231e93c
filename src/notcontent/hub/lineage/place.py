"""Where the hub's book lies: `lineage/` in the data folder, a file of its own, its key with the hub's other keys.

No table of the hub's database names a channel, and nothing in the book names a case: whoever holds both files can
join nothing. A backup keeps keys apart from data; the book's key goes with the ring.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from notcontent.hub.config import HubConfig, hub_config
from notcontent.lineage.book import Book, open_book

_making = threading.Lock()


def book_folder(config: HubConfig) -> Path:
    """Give the folder of the hub's book."""
    return Path(config.data_dir) / "lineage"


def book_key(config: HubConfig) -> Path:
    """Give the file of the book's key, in the folder of the key ring."""
    return Path(config.data_dir) / "keys" / "lineage.key"


@contextmanager
def hub_book() -> Iterator[Book]:
    """Open the hub's book for one call, made where there is none yet: SQLite's connections are a thread's own.

    Raises LineageBookError, LineageBookVersionError.
    """
    config = hub_config()
    with _making:
        book = open_book(book_folder(config), make=True, key=book_key(config))
    try:
        yield book
    finally:
        book.close()


def book_stamp() -> tuple[int, ...]:
    """Give numbers that change with every writing into the book."""
    folder = book_folder(hub_config())
    stamp: list[int] = []
    for name in ("book.db", "book.db-wal"):
        try:
            found = (folder / name).stat()
        except FileNotFoundError:
            stamp += [0, 0, 0]
            continue
        # An empty log comes and goes with every opening: it says nothing.
        stamp += [found.st_ino, found.st_mtime_ns, found.st_size] if found.st_size else [0, 0, 0]
    return tuple(stamp)
