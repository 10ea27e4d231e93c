"""Signatures cover the payload's bytes and what they are for; commitments follow their written recipe."""

import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from notcontent.errors import ConfigError, FeedError, FeedSignatureError
from notcontent.exchange.commitment import commitment
from notcontent.exchange.signing import (
    PAGE_CONTEXT,
    SNAPSHOT_CONTEXT,
    key_id,
    open_document,
    public_key,
    seal_document,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
DOCUMENT = seal_document(KEY, PAGE_CONTEXT, b'{"a":1}')


def test_the_payload_comes_back_byte_for_byte() -> None:
    assert open_document(KEY.public_key(), PAGE_CONTEXT, DOCUMENT) == b'{"a":1}'


def test_a_page_does_not_pass_as_a_snapshot() -> None:
    with pytest.raises(FeedSignatureError):
        open_document(KEY.public_key(), SNAPSHOT_CONTEXT, DOCUMENT)


@given(place=st.integers(0, len(DOCUMENT) - 1), flip=st.integers(1, 255))
def test_no_byte_can_be_changed_to_another_payload(place: int, flip: int) -> None:
    changed = bytearray(DOCUMENT)
    changed[place] ^= flip
    try:
        payload = open_document(KEY.public_key(), PAGE_CONTEXT, bytes(changed))
    except FeedError:
        return
    # Only the key's name, which is a hint and not signed, may differ.
    assert payload == b'{"a":1}'


def test_a_key_is_named_by_its_digest_and_read_from_hexadecimal() -> None:
    raw = KEY.public_key().public_bytes_raw()
    assert key_id(public_key(raw.hex())) == hashlib.sha256(raw).hexdigest()[:16]
    for text in ("", "zz", raw.hex()[:-2], raw.hex() + "00"):
        with pytest.raises(ConfigError):
            public_key(text)


def test_a_commitment_is_sha256_of_salt_and_canonical_json() -> None:
    event = {"day": "2026-11-01", "kind": "whole", "op": "add", "type": "pdq", "value": "ab" * 32}
    canonical = json.dumps(event, sort_keys=True, separators=(",", ":")).encode()
    made = commitment(b"\x07" * 32, op="add", signal_type="pdq", value="ab" * 32, kind="whole", day="2026-11-01")
    assert made == hashlib.sha256(b"\x07" * 32 + canonical).digest()
    with pytest.raises(ValueError, match="32 bytes"):
        commitment(b"short", op="add", signal_type="pdq", value="ab", kind="whole", day="2026-11-01")
