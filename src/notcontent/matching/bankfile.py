"""The portable bank file: hashes with labels, sealed by a passphrase unless asked otherwise.

Sealed: Argon2id turns the passphrase into a key, ChaCha20-Poly1305 seals chunk after chunk, each bound to the header,
which tells how long the whole is, and to its place: a chunk that is missing, moved, repeated or taken from another
file does not open. Plain files have the same chunks with checksums, which find damage but no forger. Every writing
takes a fresh salt, hence a fresh key. The format is in docs/reference/bank-file.md.

Opening a hostile file costs at most about seven times its own size in memory, and `MAX_MEMORY_KIB`.
"""

import hashlib
import hmac
import os
import stat
import struct
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from notcontent.errors import (
    BankChecksumError,
    BankEmptyError,
    BankExistsError,
    BankFileError,
    BankKeyError,
    BankLimitError,
    BankMissingError,
    BankTruncatedError,
    BankVersionError,
)
from notcontent.matching.atomicfile import write_atomically
from notcontent.matching.bankentries import (
    PICTURES_ALONE,
    WITH_FRAMES,
    BankEntry,
    FramePlace,
    read_records,
    version_of,
    write_record,
)

MAGIC = b"NCBANK\r\n"
VERSIONS = (PICTURES_ALONE, WITH_FRAMES)
CHUNK_BYTES = 65536
MAX_MEMORY_KIB = 1 << 20  # 1 GiB
MAX_ITERATIONS = 16
MAX_LANES = 16

_PLAIN, _SEALED = 0, 1
_HEADER = struct.Struct("<8sHHIQIII16s")  # magic, version, seal, chunk, content, memory KiB, iterations, lanes, salt
_DIGEST_BYTES = 32
_TAG_BYTES = 16
_START_BYTES = _HEADER.size + 2 * _DIGEST_BYTES


@dataclass(frozen=True, slots=True)
class Sealing:
    """What Argon2id costs. The default is the second choice of RFC 9106: 64 MiB, 3 passes, 4 lanes."""

    memory_kib: int = 65536
    iterations: int = 3
    lanes: int = 4

    def __post_init__(self) -> None:
        """Refuse with BankLimitError what a reader would refuse, and what Argon2 does not know."""
        if not (
            1 <= self.lanes <= MAX_LANES
            and 1 <= self.iterations <= MAX_ITERATIONS
            and 8 * self.lanes <= self.memory_kib <= MAX_MEMORY_KIB
        ):
            raise BankLimitError


DEFAULT_SEALING = Sealing()


@dataclass(frozen=True, slots=True)
class Bank:
    """What a bank file held. `sealing` is None for a plain file."""

    entries: tuple[BankEntry, ...] = field(repr=False)
    sealing: Sealing | None
    file_bytes: int


class _Chunks(Protocol):
    """How chunks are closed and opened."""

    def close(self, place: bytes, content: bytes) -> bytes:
        """Give the chunk as it lies in the file: as long as the content and 16 bytes more."""
        ...

    def open(self, place: bytes, chunk: bytes) -> bytes:
        """Give the content back. Raises BankChecksumError."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class _SealedChunks:
    """ChaCha20-Poly1305 under the file's own key; a place in the file is a nonce that never comes twice."""

    cipher: ChaCha20Poly1305
    header: bytes

    def close(self, place: bytes, content: bytes) -> bytes:
        return self.cipher.encrypt(place, content, self.header)

    def open(self, place: bytes, chunk: bytes) -> bytes:
        try:
            return self.cipher.decrypt(place, chunk, self.header)
        except InvalidTag as error:
            raise BankChecksumError from error


@dataclass(frozen=True, slots=True, repr=False)
class _PlainChunks:
    """A shortened SHA-256 over header, place and content: finds accidents, keeps nothing secret."""

    header: bytes

    def _checksum(self, place: bytes, content: bytes) -> bytes:
        return hashlib.sha256(self.header + place + content).digest()[:_TAG_BYTES]

    def close(self, place: bytes, content: bytes) -> bytes:
        return content + self._checksum(place, content)

    def open(self, place: bytes, chunk: bytes) -> bytes:
        content, checksum = chunk[:-_TAG_BYTES], chunk[-_TAG_BYTES:]
        if checksum != self._checksum(place, content):
            raise BankChecksumError
        return content


def _place(number: int) -> bytes:
    """Name a chunk's place in the file, in the 12 bytes of a nonce."""
    return number.to_bytes(12, "big")


def _chunk_count(content_bytes: int) -> int:
    """Count the chunks: all full but the last. No content has none."""
    return -(-content_bytes // CHUNK_BYTES)


def _derive(passphrase: str, salt: bytes, sealing: Sealing) -> tuple[bytes, bytes]:
    """Turn a passphrase into the key that seals and the key that proves the passphrase right."""
    kdf = Argon2id(
        salt=salt, length=64, iterations=sealing.iterations, lanes=sealing.lanes, memory_cost=sealing.memory_kib
    )
    both = kdf.derive(unicodedata.normalize("NFC", passphrase).encode())
    return both[:32], both[32:]


def write_bank(
    path: Path,
    entries: Sequence[BankEntry],
    passphrase: str | None,
    *,
    sealing: Sealing | None = None,
    replace: bool = True,
) -> None:
    """Write a bank file, mode 0600, whole or not at all. `passphrase` None asks for a plain file.

    Raises BankKeyError for an empty passphrase, BankExistsError when `replace` is false and the file is there,
    StorageError when the disk refuses; then what stood before still stands.
    """
    version = version_of(entries)
    content = b"".join(write_record(entry, version) for entry in entries)
    if passphrase is None:
        header = _HEADER.pack(MAGIC, version, _PLAIN, CHUNK_BYTES, len(content), 0, 0, 0, bytes(16))
        start = header + hashlib.sha256(header).digest() + bytes(_DIGEST_BYTES)
        chunks: _Chunks = _PlainChunks(header)
    else:
        if not passphrase:
            raise BankKeyError("An empty passphrase seals nothing.")
        cost = sealing or DEFAULT_SEALING
        salt = os.urandom(16)
        cost_fields = (cost.memory_kib, cost.iterations, cost.lanes)
        header = _HEADER.pack(MAGIC, version, _SEALED, CHUNK_BYTES, len(content), *cost_fields, salt)
        key, proof_key = _derive(passphrase, salt, cost)
        start = header + hashlib.sha256(header).digest() + hmac.digest(proof_key, header, "sha256")
        chunks = _SealedChunks(ChaCha20Poly1305(key), header)
    try:
        write_atomically(path, _compose(start, chunks, content), replace=replace)
    except FileExistsError as error:
        raise BankExistsError from error


def _compose(start: bytes, chunks: _Chunks, content: bytes) -> Iterator[bytes]:
    """Give the file piece by piece."""
    yield start
    for number in range(_chunk_count(len(content))):
        yield chunks.close(_place(number), content[number * CHUNK_BYTES : (number + 1) * CHUNK_BYTES])


def is_sealed(path: Path) -> bool:
    """Say whether reading the file will take a passphrase. Raises what `read_bank` raises about headers."""
    with _Source(path) as source:
        return source.sealing is not None


def read_bank(path: Path, passphrase: str | None = None) -> Bank:
    """Read a whole bank file. A plain one leaves `passphrase` unused.

    Raises BankMissingError, BankEmptyError, BankTruncatedError, BankVersionError, BankChecksumError, BankLimitError,
    BankFileError for what is no bank file, and BankKeyError when the file is sealed and the passphrase is missing or
    wrong. Nothing of a refused file is given out.
    """
    with _Source(path) as source:
        entries = tuple(read_records(source.content(passphrase), source.version))
        return Bank(entries, source.sealing, source.file_bytes)


class _Source:
    """An open bank file whose header has been checked."""

    def __init__(self, path: Path) -> None:
        """Open and check. Raises as `read_bank` says."""
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # do not wait on a pipe
        except OSError as error:
            raise BankMissingError from error
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            os.close(handle)
            raise BankFileError
        self.file_bytes = status.st_size
        self._file = os.fdopen(handle, "rb")
        try:
            self._read_header()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _read(self, count: int) -> bytes:
        """Read up to `count` bytes. Raises BankMissingError when the disk fails."""
        try:
            return self._file.read(count)
        except OSError as error:
            raise BankMissingError from error

    def _read_header(self) -> None:
        """Check magic, version, checksum and bounds, in the order in which a reader may trust them."""
        self._header = self._read(_HEADER.size)
        if not self._header:
            raise BankEmptyError
        if not MAGIC.startswith(self._header[: len(MAGIC)]):
            raise BankFileError
        checksum, self._proof = self._read(_DIGEST_BYTES), self._read(_DIGEST_BYTES)
        if len(self._header) < _HEADER.size or len(self._proof) < _DIGEST_BYTES:
            raise BankTruncatedError
        fields = _HEADER.unpack(self._header)
        _, self.version, seal, chunk_bytes, self._content_bytes, memory_kib, iterations, lanes, self._salt = fields
        if self.version not in VERSIONS:
            raise BankVersionError
        if checksum != hashlib.sha256(self._header).digest():
            raise BankChecksumError
        if seal not in {_PLAIN, _SEALED} or chunk_bytes != CHUNK_BYTES:
            raise BankFileError
        if seal == _PLAIN and any(self._proof):
            raise BankChecksumError
        self.sealing = Sealing(memory_kib, iterations, lanes) if seal == _SEALED else None
        whole = _START_BYTES + self._content_bytes + _chunk_count(self._content_bytes) * _TAG_BYTES
        if self.file_bytes < whole:
            raise BankTruncatedError
        if self.file_bytes > whole:
            raise BankChecksumError

    def _chunks(self, passphrase: str | None) -> _Chunks:
        """Choose how to open chunks; prove the passphrase before any chunk is read. Raises BankKeyError."""
        if self.sealing is None:
            return _PlainChunks(self._header)
        if not passphrase:
            raise BankKeyError("The bank file is sealed; give its passphrase.")
        key, proof_key = _derive(passphrase, self._salt, self.sealing)
        if not hmac.compare_digest(self._proof, hmac.digest(proof_key, self._header, "sha256")):
            raise BankKeyError
        return _SealedChunks(ChaCha20Poly1305(key), self._header)

    def content(self, passphrase: str | None) -> bytes:
        """Open every chunk. Raises BankKeyError, BankChecksumError."""
        chunks = self._chunks(passphrase)
        parts = []
        for number in range(_chunk_count(self._content_bytes)):
            length = min(CHUNK_BYTES, self._content_bytes - number * CHUNK_BYTES)
            parts.append(chunks.open(_place(number), self._read(length + _TAG_BYTES)))
        content = b"".join(parts)
        if len(content) != self._content_bytes:
            raise BankTruncatedError  # the file shrank while it was read
        return content


__all__ = ["DEFAULT_SEALING", "Bank", "BankEntry", "FramePlace", "Sealing", "is_sealed", "read_bank", "write_bank"]
