"""Settings and keys are files: what else may lie under their names is refused, and a pipe is not waited for."""

import os
import stat
from pathlib import Path

from notcontent.errors import ConfigError


def read_plain(path: Path, name: str, *, private: bool = False) -> bytes:
    """Read a file, through links, that people know as `name`; a private one is its owner's alone to read.

    Raises FileNotFoundError where there is none, ConfigError for what is no file, open to others or unreadable.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            mode = os.fstat(handle).st_mode
            if not stat.S_ISREG(mode):
                raise ConfigError(f"{name} is no file: a pipe, a device or the like.")
            if private and mode & 0o077:
                raise ConfigError(f"{name} may be read by others: chmod 600 it.")
            return file.read()
    except FileNotFoundError:
        raise
    except IsADirectoryError as error:
        raise ConfigError(f"{name} is a folder.") from error
    except OSError as error:
        raise ConfigError(f"{name} cannot be read.") from error


def place(folder: Path, written: str, name: str) -> Path:
    """Give the path, without links, that settings in this folder mean. Raises ConfigError for what is none."""
    try:
        return (folder / written).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # links in a ring, a zero byte
        raise ConfigError(f"{name} is no path that can be followed.") from error
