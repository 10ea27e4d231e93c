"""Signed documents: a JSON envelope around the payload's exact bytes, Ed25519 (RFC 8032).

The signature covers a context line and then the payload as sent, byte for byte, so that nothing has to be
re-encoded to verify it, and a signed page can never pass as a signed snapshot.
"""

import hashlib

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from notcontent.errors import ConfigError, FeedSignatureError, FeedTornError
from notcontent.exchange.wire import Signed, decode

PAGE_CONTEXT = b"notcontent feed page v1\n"
SNAPSHOT_CONTEXT = b"notcontent snapshot end v1\n"


def key_id(public: Ed25519PublicKey) -> str:
    """Name a public key: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:16]


def public_key(text: str) -> Ed25519PublicKey:
    """Parse a public key written as 64 hexadecimal digits. Raises ConfigError."""
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))
    except ValueError:
        raise ConfigError("A hub's public key is 64 hexadecimal digits.") from None


def seal_document(private: Ed25519PrivateKey, context: bytes, payload: bytes) -> bytes:
    """Wrap a JSON payload in a signed envelope. Returns the envelope's JSON on one line."""
    signature = private.sign(context + payload).hex()
    return msgspec.json.encode(Signed(msgspec.Raw(payload), key_id(private.public_key()), signature))


def open_document(public: Ed25519PublicKey, context: bytes, document: bytes) -> bytes:
    """Give the payload of an envelope that this key signed in this context.

    Raises FeedTornError when it is no envelope, FeedSignatureError when the signature is not this key's.
    """
    signed = decode(document, Signed, FeedTornError)
    payload = bytes(signed.payload)
    try:
        public.verify(bytes.fromhex(signed.signature), context + payload)
    except (InvalidSignature, ValueError):
        raise FeedSignatureError from None
    return payload
