"""What the log will commit to: one salted digest an event, so that a payload can be forgotten."""

import hashlib

import rfc8785


def commitment(salt: bytes, *, op: str, signal_type: str, value: str, kind: str, day: str) -> bytes:
    """Digest an event: SHA-256(salt (32 bytes) || canonical JSON of (op, type, value, kind, day)).

    The JSON is RFC 8785's. The alias is left out: it differs for every member. Without the salt the digest
    says nothing about the value; erased, it stays in the log and leads nowhere.
    """
    if len(salt) != 32:
        raise ValueError("A salt is 32 bytes.")
    event = {"op": op, "type": signal_type, "value": value, "kind": kind, "day": day}
    return hashlib.sha256(salt + rfc8785.dumps(event)).digest()
