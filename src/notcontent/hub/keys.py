"""The hub's key ring: one master secret and one signing key, in files of mode 0600 beside the data.

Purposes never share a key: each is derived from the master by HKDF with its own label. Losing the master
loses every sealed value; that is the point of it. Backups keep the ring apart from the database.
"""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from notcontent.errors import ConfigError, StorageError
from notcontent.exchange.plainfile import read_plain
from notcontent.hub.config import hub_config

_NONCE = 12


class Sealer:
    """AES-256-GCM under one purpose's key. What it seals opens only with the same `bound_to` (a row's id)."""

    __slots__ = ("_aes",)

    def __init__(self, key: bytes) -> None:
        """Take the purpose's 32-byte key."""
        self._aes = AESGCM(key)

    def seal(self, plain: bytes, bound_to: bytes) -> bytes:
        """Encrypt under a new random nonce, which is put in front: 12 + len(plain) + 16 bytes."""
        nonce = os.urandom(_NONCE)
        return nonce + self._aes.encrypt(nonce, plain, bound_to)

    def open(self, sealed: bytes, bound_to: bytes) -> bytes:
        """Decrypt what `seal` made. Raises cryptography's InvalidTag when altered or bound elsewhere."""
        return self._aes.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to)


@dataclass(frozen=True, slots=True, repr=False)
class KeyRing:
    """The secrets of one hub. Derive and seal; never print."""

    master: bytes
    signing: Ed25519PrivateKey

    def derive(self, purpose: str, length: int = 32) -> bytes:
        """Derive the key of one purpose, for example "alias:<member>" or "code-pepper"."""
        kdf = HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=b"notcontent " + purpose.encode())
        return kdf.derive(self.master)

    def sealer(self, purpose: str) -> Sealer:
        """Give what seals and opens for one purpose. Make it once: deriving a key costs more than sealing."""
        return Sealer(self.derive(purpose))


def _write_once(path: Path, content: bytes) -> None:
    """Create a secret file that only its owner may read; an existing one is left alone."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise StorageError from error
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def create_key_ring(folder: Path) -> None:
    """Make the ring's two files where they are missing. Calling it again changes nothing."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_once(folder / "master.key", os.urandom(32))
    private = Ed25519PrivateKey.generate()
    _write_once(folder / "signing.key", private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def read_key_ring(folder: Path) -> KeyRing:
    """Read the ring. Raises ConfigError when a file is missing, open to others, or malformed."""
    try:
        master, pem = (read_plain(folder / name, name, private=True) for name in ("master.key", "signing.key"))
        signing = serialization.load_pem_private_key(pem, password=None)
    except FileNotFoundError as error:
        raise ConfigError("The hub has no keys yet: `notcontent hub migrate` makes them.") from error
    except ValueError as error:
        raise ConfigError("The hub's keys cannot be read.") from error
    if len(master) != 32 or not isinstance(signing, Ed25519PrivateKey):
        raise ConfigError("The hub's keys are malformed.")
    return KeyRing(master, signing)


@cache
def hub_ring() -> KeyRing:
    """Give this process's key ring, from the folder `keys` in the configured data folder. Raises ConfigError."""
    return read_key_ring(Path(hub_config().data_dir) / "keys")
