"""Marks: keyed digests of what a post shows, so that two channels can be compared and nobody can be named.

A mark is a kind and 64 bits, BLAKE2b under the book's own key: who has no key cannot test a guess. At ten million
different marks two differ in content and agree in bits with a chance of three in a million.
"""

import hashlib
import secrets
from enum import IntEnum
from typing import NamedTuple

KEY_BYTES = 32


class MarkKind(IntEnum):
    """What a mark was made of. Numbers are kept in books: they never change their meaning."""

    PHOTO = 1  # a photo's width, height and size in bytes: the same file on the same server
    PHOTO_SHAPE = 2  # width and height alone, where they are unusual: weak
    VIDEO = 3  # a video's or animation's size in bytes and duration
    VIDEO_SHAPE = 4  # duration, width and height: outlives a re-encoding
    FILE = 5  # a document's name and size in bytes
    FILE_NAME = 6  # its name alone, where people chose it
    AUDIO = 7  # a voice message's or track's duration and size
    TEXT = 8  # normalised text of at least 40 letters
    PICTURE = 9  # media mode: one cluster of near-equal hashes; never kept in a book, made anew for each evidence
    ENTRY = 10  # a bank's entry that a gate sighted there, by its alias
    AUTHOR = 20  # the signature below a post
    PAYMENT = 21  # a wallet, card, or payment page
    CONTACT = 22  # a bare @name in a post: a person, a bot or a channel

    __hash__ = int.__hash__  # an enum's own is a call of Python for each mark of each post


class Mark(NamedTuple):
    """One kind and 64 bits. Equal marks mean equal content of that kind, nothing more."""

    kind: MarkKind
    digest: int

    def __repr__(self) -> str:
        """Show the kind alone."""
        return f"<Mark {self.kind.name.lower()} redacted>"


class Marker:
    """Makes marks and hidden handles under one book's key."""

    def __init__(self, key: bytes) -> None:
        """Take the book's key, 32 bytes."""
        if len(key) != KEY_BYTES:
            raise ValueError("a book's key has 32 bytes")
        # The key is taken in once for each kind, and that state copied for each digest.
        self._begun = {kind: _begun(key, f"mark {int(kind)}") for kind in MarkKind}
        self._name, self._title = _begun(key, "name"), _begun(key, "title")

    def mark(self, kind: MarkKind, *parts: str | int) -> Mark:
        """Give the mark of these parts. Their order counts, and ("a", "b") differs from ("ab",)."""
        return Mark(kind, int.from_bytes(_digest(self._begun[kind], "\x00".join(map(str, parts))), "big"))

    def hidden(self, username: str) -> str:
        """Give 16 hex digits for a public name, whoever writes it: case and a leading @ do not count."""
        return _digest(self._name, username.removeprefix("@").lower()).hex()

    def title(self, title: str) -> str:
        """Give 16 hex digits for a displayed name: case and spaces at its ends or doubled do not count."""
        return _digest(self._title, " ".join(title.casefold().split())).hex()

    def __repr__(self) -> str:
        """Show nothing of the key."""
        return "<Marker redacted>"


def _begun(key: bytes, what: str) -> "hashlib.blake2b":
    """Begin a digest of what follows, of this sort, under the key."""
    return hashlib.blake2b(what.encode() + b"\x00", digest_size=8, key=key)


def _digest(begun: "hashlib.blake2b", text: str) -> bytes:
    digest = begun.copy()
    digest.update(text.encode("utf-8", "surrogatepass"))
    return digest.digest()


def new_key() -> bytes:
    """Make a book's key."""
    return secrets.token_bytes(KEY_BYTES)
