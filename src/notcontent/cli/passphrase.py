"""Where a bank file's passphrase comes from: a file, the environment, or a question at the terminal."""

import os
import stat
import sys
from pathlib import Path

from notcontent.cli.asking import ask_secret
from notcontent.errors import BankKeyError, ConfigError, FileUnreadableError

VARIABLE = "NOTCONTENT_BANK_PASSPHRASE"
_MOST_BYTES = 4096


def read_passphrase(file: Path | None, *, confirm: bool = False) -> str:
    """Take the passphrase from `file`, else from the environment, else ask (twice when `confirm`).

    Raises BankKeyError when there is none or it is empty, ConfigError when the file may be read by others,
    FileUnreadableError when it cannot be read at all.
    """
    if file is not None:
        passphrase = _from_file(file)
    elif VARIABLE in os.environ:
        passphrase = os.environ[VARIABLE]
    elif sys.stdin.isatty():
        passphrase = ask_secret("Passphrase of the bank file", confirm=confirm)
    else:
        raise BankKeyError(f"The bank file's passphrase is missing: give --passphrase-file, or set {VARIABLE}.")
    if not passphrase:
        raise BankKeyError("The passphrase is empty.")
    return passphrase


def _from_file(file: Path) -> str:
    """Take the first line."""
    try:
        with file.open("rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            if stat.S_ISREG(mode) and mode & 0o077:
                raise ConfigError("The passphrase file may be read by others: chmod 600 it.")
            first_line = opened.readline(_MOST_BYTES)
        return first_line.decode().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadableError.of(error, "The passphrase file") from error
