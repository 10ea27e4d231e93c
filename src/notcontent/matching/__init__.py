"""Hash to bank: exact search of 256-bit hashes within a radius, and the files that hold them.

Pure: it reads and writes files that it is told to, and cannot reach the network.

- `Index` is what every search answers to; `LinearIndex` is its plain oracle.
- `MihIndex` is the fast one, for any number of rows, living, with a file that is mapped and searched in place.
- `BruteIndex` looks at every row, natively: for small banks.
- `EstimateIndex` is what answers to an upload's estimated looks: candidates, never proof.
- `notcontent.matching.bankfile` is the portable, sealed file of `notcontent bank`.

    index = MihIndex.build(rows_from_hashes([hash_image(data).value for data in pictures]))
    found = index.search(rows_from_hashes([hash_image(upload).value]))
    ids, distances = found.of(0)
"""

from notcontent.matching.brute import BruteIndex, instruction_sets
from notcontent.matching.estimates import DEFAULT_DEPTH, Candidates, Depth, EstimateIndex, Leads
from notcontent.matching.hashes import format_hash, hashes_from_rows, parse_hash, rows_from_hashes
from notcontent.matching.index import (
    DEFAULT_RADIUS,
    MAX_RADIUS,
    Found,
    Index,
    LivingIndex,
    Scored,
    WeightedIndex,
)
from notcontent.matching.linear import LinearIndex
from notcontent.matching.mih import MihIndex

__all__ = [
    "DEFAULT_DEPTH",
    "DEFAULT_RADIUS",
    "MAX_RADIUS",
    "BruteIndex",
    "Candidates",
    "Depth",
    "EstimateIndex",
    "Found",
    "Index",
    "Leads",
    "LinearIndex",
    "LivingIndex",
    "MihIndex",
    "Scored",
    "WeightedIndex",
    "format_hash",
    "hashes_from_rows",
    "instruction_sets",
    "parse_hash",
    "rows_from_hashes",
]
