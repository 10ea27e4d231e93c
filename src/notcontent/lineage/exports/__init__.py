"""Families for other people's tools. Every export states the same edges, and none holds what points to a person."""

from typing import Protocol

from notcontent.lineage.evidence import Evidence
from notcontent.lineage.exports.gexf import to_gexf
from notcontent.lineage.exports.marking import Tlp
from notcontent.lineage.exports.misp import to_misp
from notcontent.lineage.exports.plain import to_json
from notcontent.lineage.exports.stix import to_stix
from notcontent.lineage.exports.table import to_table
from notcontent.lineage.family import Lineage


class Export(Protocol):
    """What every format is."""

    def __call__(self, evidence: Evidence, lineage: Lineage, family: int, *, now: int, tlp: Tlp = ...) -> bytes:
        """Give one family. The same arguments give the same bytes. Raises LineageFamilyNotFoundError."""
        ...


FORMATS: dict[str, tuple[Export, str, str]] = {
    "stix": (to_stix, ".stix.json", "application/stix+json;version=2.1"),
    "misp": (to_misp, ".misp.json", "application/json"),
    "gexf": (to_gexf, ".gexf", "application/xml"),
    "csv": (to_table, ".csv", "text/csv; charset=utf-8"),
    "json": (to_json, ".json", "application/json"),
}
"""By the name that people choose: the export, the end of a file's name, the media type."""

__all__ = ["FORMATS", "Export", "Tlp", "to_gexf", "to_json", "to_misp", "to_stix", "to_table"]
