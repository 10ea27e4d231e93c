"""Files that are there wholly or not at all: written under a name of their own, made durable, then renamed."""

import contextlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from notcontent.errors import StorageError


def write_atomically(path: Path, parts: Iterable[bytes | memoryview], *, replace: bool = True) -> None:
    """Write `parts` one after the other to `path`, mode 0600.

    A reader sees the old file or the new one, never a part, also after a power cut; an open or mapped old file stays
    as it was. Raises StorageError when the disk refuses (full, read-only, no such folder) or a device, a pipe or a
    folder has the name, FileExistsError when `replace` is false and `path` exists; then what stood before still stands
    and nothing is left behind. Whatever `parts` raises passes through, just as cleanly.
    """
    begun = os.fsdecode(os.fsencode(path.name)[:200])  # names are bounded in bytes, and a letter may take four
    draft = path.with_name(f".{begun}.{secrets.token_hex(8)}.part")
    try:
        if replace and path.exists() and not path.is_file():
            raise StorageError("What has this name is no file, and nothing is put in its place.")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageError from error
    try:
        try:
            _write_all(handle, parts)
        finally:
            os.close(handle)
        if replace:
            draft.replace(path)
        else:
            os.link(draft, path)  # unlike a rename, refuses to overwrite
            draft.unlink()
        _sync_folder(path.parent)
    except BaseException as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        if isinstance(error, OSError) and not isinstance(error, FileExistsError):
            raise StorageError from error
        raise


def _write_all(handle: int, parts: Iterable[bytes | memoryview]) -> None:
    """Write every byte and wait until the disk has them."""
    for part in parts:
        rest = memoryview(part).cast("B")
        while rest:
            rest = rest[os.write(handle, rest) :]
    os.fsync(handle)


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
