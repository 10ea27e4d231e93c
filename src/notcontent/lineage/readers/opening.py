"""A path -> an open file, and the lines of a text: only of regular files, and never a line without end in memory."""

import codecs
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from notcontent.errors import LineageSizeError, LineageSourceError

LONGEST_LINE = 65_536
"""Characters of one line of a list."""
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def open_file(path: Path, *, links: bool = True) -> io.FileIO:
    """Open a regular file. A pipe, a device, what is not there, and a link unless `links`: LineageSourceError."""
    try:
        if not stat.S_ISREG(path.stat(follow_symlinks=links).st_mode):  # opening some devices does something
            raise LineageSourceError("The source is no file and no folder.")
        number = os.open(path, _FLAGS if links else _FLAGS | getattr(os, "O_NOFOLLOW", 0))
        if not stat.S_ISREG(os.fstat(number).st_mode):
            os.close(number)
            raise LineageSourceError("The source is no file and no folder.")
    except FileNotFoundError as error:
        raise LineageSourceError("The source does not exist.") from error
    except (OSError, ValueError) as error:
        raise LineageSourceError("The source cannot be read.") from error
    return io.FileIO(number, "rb")


def encoding_of(head: bytes) -> str:
    """Give a text's encoding by its first bytes: UTF-8, or UTF-16 where it says so."""
    return next((encoding for bom, encoding in _BOMS if head.startswith(bom)), "utf-8")


def open_text(path: Path) -> io.TextIOWrapper:
    """Open a regular file as a text whose line ends are kept. Raises as `open_file` does."""
    buffered = io.BufferedReader(open_file(path))
    return io.TextIOWrapper(buffered, encoding=encoding_of(buffered.peek(4)[:4]), newline="")


def lines_of(text: io.TextIOWrapper) -> Iterator[str]:
    """Give a text's lines with their ends. Raises LineageSizeError for one too long, LineageSourceError for no text."""
    try:
        while line := text.readline(LONGEST_LINE + 1):
            if len(line) > LONGEST_LINE:
                raise LineageSizeError("A line of the list is longer than any real one is.")
            yield line
    except UnicodeError as error:
        raise LineageSourceError("The list is not written in UTF-8.") from error
    except OSError as error:
        raise LineageSourceError("The source cannot be read.") from error


def bytes_taken(text: io.TextIOWrapper) -> int:
    """Give how many bytes of a text's file were read so far, in blocks."""
    return os.lseek(text.fileno(), 0, os.SEEK_CUR)
