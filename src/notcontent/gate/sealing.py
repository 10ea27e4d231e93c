"""Hash values at rest: AES-256-GCM under gate.key, each bound to its alias.

A hash can be turned back into a rough picture, so gate.db holds none in the clear; a copy of the database
without gate.key is no bank. Destroying the key destroys every value, also in blocks a disk has not yet reused.
"""

import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from notcontent.errors import ConfigError, StorageError
from notcontent.exchange.plainfile import read_plain

KEY_FILE = "gate.key"
_KEY_BYTES = 32
_NONCE = 12


class Sealer:
    """Seals and opens values under one key file. Never prints it."""

    __slots__ = ("_aead", "_path")

    def __init__(self, folder: Path) -> None:
        """Read gate.key in this folder, made first when there is none.

        Raises ConfigError when it is open to others or malformed, StorageError when it cannot be made.
        """
        self._path = folder / KEY_FILE
        try:
            _write_private(self._path, os.urandom(_KEY_BYTES))
        except FileExistsError:
            pass
        except OSError as error:
            raise StorageError from error
        self._aead = AESGCM(read_key(self._path))

    def seal(self, value: bytes, alias: bytes) -> bytes:
        """Encrypt a value for the row of this alias."""
        nonce = os.urandom(_NONCE)
        return nonce + self._aead.encrypt(nonce, value, alias)

    def open(self, sealed: bytes, alias: bytes) -> bytes:
        """Decrypt. Raises StorageError when it was altered, moved to another row or sealed under another key."""
        try:
            return self._aead.decrypt(sealed[:_NONCE], sealed[_NONCE:], alias)
        except (InvalidTag, ValueError):
            raise StorageError(
                "A value in gate.db does not open: gate.key and gate.db do not belong together."
            ) from None

    def destroy(self) -> None:
        """Overwrite the key with a new one: nothing sealed before opens any more. Needs no space on the disk.

        On disks that remap blocks the overwriting is an attempt, not a promise.
        """
        key = os.urandom(_KEY_BYTES)
        try:
            with self._path.open("r+b", buffering=0) as file:
                file.write(key)
                os.fsync(file.fileno())
        except OSError as error:
            raise StorageError from error
        self._aead = AESGCM(key)


def read_key(path: Path) -> bytes:
    """Read gate.key. Raises ConfigError when it is open to others, malformed or cannot be read."""
    try:
        key = read_plain(path, KEY_FILE, private=True)
    except FileNotFoundError as error:
        raise ConfigError("gate.key cannot be read.") from error
    if len(key) != _KEY_BYTES:
        raise ConfigError("gate.key is malformed.")
    return key


def _write_private(path: Path, content: bytes) -> None:
    """Create a file of mode 0600. Raises FileExistsError when it is there already."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
