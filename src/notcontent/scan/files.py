"""Reading one local file of an archive that others may have filled: never waiting, never beyond the folder."""

import os
import stat

from notcontent.errors import FileOutsideError, FileUnreadableError
from notcontent.scan.films import HEAD_BYTES, refusal_of


def read_file(path: bytes, root: bytes, most: int) -> bytes:
    """Read a regular file of at most `most` bytes.

    Raises FileUnreadableError for what is missing, forbidden, a pipe, a device or a folder; FileOutsideError when a
    link leads out of `root` (a real path; empty means anywhere); for more bytes VideoNotScannedError when they begin as
    a film, else ImageTooLargeError.
    """
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode) and root and not _is_inside(os.path.realpath(path), root):
            raise FileOutsideError
        # Looked at before it is opened: opening some devices does something.
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - names are bytes here
            raise FileUnreadableError
        # And opened without waiting, should a pipe have taken its place since.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise FileUnreadableError from error
    try:
        return _read(handle, path, root, most)
    except OSError as error:
        raise FileUnreadableError from error
    finally:
        os.close(handle)


def _read(handle: int, path: bytes, root: bytes, most: int) -> bytes:
    """Check what was really opened, then read it."""
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        raise FileUnreadableError
    # A folder on the way may have become a link between listing and opening: ask what the handle stands for.
    if root and not _is_inside(_opened(handle, path), root):
        raise FileOutsideError
    if status.st_size > most:
        raise refusal_of(os.read(handle, HEAD_BYTES))
    parts, left = [], most + 1
    while left and (part := os.read(handle, min(left, 1 << 20))):
        parts.append(part)
        left -= len(part)
    if not left:
        raise refusal_of(parts[0])
    return b"".join(parts)


def _opened(handle: int, path: bytes) -> bytes:
    """Give the real path of an open file."""
    try:
        return os.readlink(b"/proc/self/fd/%d" % handle)  # noqa: PTH115 - names are bytes here
    except OSError:  # no /proc: then as it looks from outside
        return os.path.realpath(path)


def _is_inside(path: bytes, root: bytes) -> bool:
    return path.startswith(root.rstrip(b"/") + b"/")
