"""What an authenticator app computes (RFC 6238 with SHA-1, six digits, 30 seconds). Needs no Django."""

import base64
import hashlib
import hmac
import struct
import time

TOTP_PERIOD_S = 30
TOTP_DIGITS = 6


def current_code(secret: str, at: float | None = None) -> str:
    """Give the six digits that an app shows for this secret at `at` (seconds since 1970; now). RFC 6238, SHA-1."""
    counter = int(time.time() if at is None else at) // TOTP_PERIOD_S
    digest = hmac.new(base64.b32decode(secret, casefold=True), struct.pack(">Q", counter), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF
    return f"{number % 10**TOTP_DIGITS:0{TOTP_DIGITS}}"
