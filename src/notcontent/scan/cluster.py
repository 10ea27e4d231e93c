"""A scan on a Ray cluster: the same queries, run by the cluster's workers.

What a worker needs (settings and bank) lies in Ray's object store, which may spill to a node's disk: so it lies there
sealed under a key made for this scan, and the key is kept by one actor in memory, which ends with the scan. Each node's
worker process fetches it once and holds the bank in its own memory; nothing of it becomes a file.

Every node needs this program in the same version, and to see the files under the same paths (or an object store).
Credentials of a store are each node's own. Whoever may use the cluster may read the bank: see THREAT_MODEL.md.
"""

import logging
import pickle
import secrets
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from notcontent.errors import ClusterError
from notcontent.scan.bank import Compared
from notcontent.scan.pipeline import Place, Running, Watcher
from notcontent.scan.runtime import NAMESPACE, use_cluster
from notcontent.scan.stage import Screening, Stage

_PIECE = 64 << 20
_PATIENCE_S = 60.0
_NONCE = struct.Struct(">IQ")


class _Keeper:
    """The actor that holds the key and where the sealed pieces lie."""

    def __init__(self) -> None:
        self._kept: tuple[bytes, list[object]] = (b"", [])

    def take(self, key: bytes, pieces: list[object]) -> None:
        """Keep them."""
        self._kept = (key, pieces)

    def give(self) -> tuple[bytes, list[object]]:
        """Give them to a worker."""
        return self._kept


def seal(payload: bytes, key: bytes) -> list[bytes]:
    """Seal bytes in pieces, each under its number."""
    cipher = ChaCha20Poly1305(key)
    starts = range(0, len(payload), _PIECE)
    count = len(starts)
    return [
        cipher.encrypt(_NONCE.pack(count, place), payload[start : start + _PIECE], None)
        for place, start in enumerate(starts)
    ]


def unseal(pieces: list[bytes], key: bytes) -> bytes:
    """Give the bytes back. Raises ClusterError when they are not what was sealed."""
    cipher = ChaCha20Poly1305(key)
    try:
        opened = [cipher.decrypt(_NONCE.pack(len(pieces), place), piece, None) for place, piece in enumerate(pieces)]
    except InvalidTag as error:
        raise ClusterError("The cluster handed on something else than it was given.") from error
    return b"".join(opened)


def on_cluster(screening: Screening, compared: Compared, address: str) -> Place:
    """Run on the cluster at this address ("auto" finds this machine's). Raises ClusterError when none answers."""

    @contextmanager
    def place(watcher: Watcher) -> Iterator[Running]:
        # The workers are elsewhere: what is written is told, but neither each file nor each pause.
        ray = use_cluster(address)
        compared.check(watcher.waiting)
        name, key = secrets.token_hex(8), ChaCha20Poly1305.generate_key()
        pieces = [ray.put(piece) for piece in seal(pickle.dumps((screening, compared)), key)]
        keeper = ray.remote(num_cpus=0)(_Keeper).options(name=_actor(name), namespace=NAMESPACE).remote()
        try:
            try:
                ray.get(keeper.take.remote(key, pieces), timeout=_PATIENCE_S)
            except Exception as error:  # Ray's own, of many kinds
                raise ClusterError from error
            yield Running(name, partitions=max(1, int(ray.cluster_resources().get("CPU", 1))))
        finally:
            ray.kill(keeper)

    return place


def fetch_stage(name: str) -> Stage:
    """Make the stage of a scan in this worker. Raises ClusterError when the scan is over."""
    import ray  # noqa: PLC0415 - only where there is a cluster

    logging.disable(logging.CRITICAL)  # Daft's lines name what it reads, and Ray keeps workers' logs
    try:
        keeper = ray.get_actor(_actor(name), namespace=NAMESPACE)
        kept: Any = ray.get(keeper.give.remote(), timeout=_PATIENCE_S)
        sealed: list[bytes] = ray.get(kept[1], timeout=_PATIENCE_S)
    except Exception as error:
        raise ClusterError("The scan that this worker belongs to is over.") from error
    screening, compared = pickle.loads(unseal(sealed, kept[0]))  # noqa: S301 - sealed by the scan itself
    return Stage(screening, compared.matcher())


def _actor(name: str) -> str:
    return f"notcontent-scan-{name}"
