"""What operators send to be read, on its way into the book: a file of its own in the book's folder, gone afterwards.

Nothing of an upload outlives the request: not after an error, not after a kill (the next upload sweeps what is left).
"""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from notcontent.hub.config import hub_config
from notcontent.hub.lineage.place import book_folder

MOST_BYTES = 20 * 1024 * 1024
FIELD = "source"
_LEFT_BEHIND_S = 3600
_ENDING = re.compile(r"(.*)\.([A-Za-z0-9]{1,8})", re.DOTALL)


class Upload(FileUploadHandler):
    """Writes one file of a form to the disk as it comes, up to 20 MiB; of others it takes nothing.

    `path` is where it lies, None when nothing was sent; `too_large` tells that more came than is read.
    """

    def __init__(self, folder: Path) -> None:
        """Take an empty folder that is removed afterwards."""
        super().__init__()
        self.path: Path | None = None
        self.too_large = False
        self._folder = folder
        self._file: BinaryIO | None = None
        self._size = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (Django's own arguments, passed on)
        """Begin a file."""
        super().new_file(*args, **kwargs)
        self._file = None
        if self.field_name == FIELD and self.path is None:
            self.path = self._folder / plain_name(self.file_name or "")
            self._file = os.fdopen(_created(self.path), "wb")
            self._size = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:  # noqa: ARG002 (Django's signature)
        """Write a piece. What is over the limit ends the whole request's reading."""
        if self._file is None:
            return
        self._size += len(raw_data)
        if self._size > MOST_BYTES:
            self.too_large = True
            raise StopUpload(connection_reset=True)
        self._file.write(raw_data)

    def file_complete(self, file_size: int) -> None:  # noqa: ARG002 (Django's signature)
        """Close the file. It is read by its path, so that no form holds it."""
        self.close()

    def close(self) -> None:
        """Close what is open. Calling it again changes nothing."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def write(self, name: str, text: str) -> Path:
        """Put a text that was typed where a file would lie."""
        path = self._folder / name
        with os.fdopen(_created(path), "w", encoding="utf-8") as file:
            file.write(text)
        return path


@contextmanager
def receiving() -> Iterator[Upload]:
    """Give an upload, in a folder that only the hub's user may enter, and remove both whatever happens."""
    root = book_folder(hub_config()) / "uploads"
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    _sweep(root)
    folder = Path(tempfile.mkdtemp(dir=root))
    upload = Upload(folder)
    try:
        yield upload
    finally:
        upload.close()
        shutil.rmtree(folder, ignore_errors=True)


def plain_name(name: str) -> str:
    """Give what is left of a file's name when it may hold nothing but letters, digits, hyphens and one point."""
    found = _ENDING.fullmatch(name)
    stem, ending = (name, "") if found is None else (found[1], f".{found[2].lower()}")
    return (re.sub(r"[^A-Za-z0-9]+", "-", stem).strip("-")[:60] or "upload") + ending


def _created(path: Path) -> int:
    return os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)


def _sweep(root: Path) -> None:
    """Remove what a killed request left behind."""
    before = time.time() - _LEFT_BEHIND_S
    for left in root.iterdir():
        if left.stat().st_mtime < before:
            shutil.rmtree(left, ignore_errors=True)
