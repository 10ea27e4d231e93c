"""Seals media hashes in the book: a hash can be turned back into a rough picture, so none lies there in clear."""

import hashlib
import os
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from notcontent.errors import LineageBookError

_NONCE_BYTES = 12


class Sealer:
    """AES-256-GCM under a key derived from the book's, each value bound to the place where it lies."""

    def __init__(self, key: bytes) -> None:
        """Take the book's key."""
        self._cipher = AESGCM(hashlib.blake2b(b"media hashes", digest_size=32, key=key).digest())

    def seal(self, value: bytes, channel: int, number: int, place: int) -> bytes:
        """Seal one hash for its row."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, value, _bound(channel, number, place))

    def open(self, sealed: bytes, channel: int, number: int, place: int) -> bytes:
        """Open what was sealed for this row. Raises LineageBookError when it was altered or moved."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound(channel, number, place))
        except InvalidTag:
            raise LineageBookError("A sealed hash in the book was altered, or the key is another.") from None


def _bound(channel: int, number: int, place: int) -> bytes:
    return struct.pack(">qqq", channel, number, place)
