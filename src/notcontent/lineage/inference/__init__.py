"""Which channel continues which, with what probability and why. `docs/explanation/lineage.md` says how and how well.

Evidence in columns -> candidates of each channel (`candidates`, from `holdings`, `contents`, `hints`, `names`) ->
figures (`features`) -> a choice among them and none (`model`) -> lines with reasons (`lines`) -> families (`families`).
"""

from notcontent.lineage.evidence import Evidence
from notcontent.lineage.family import Lineage
from notcontent.lineage.inference.families import assemble
from notcontent.lineage.inference.lines import Progress, rescore


def infer(evidence: Evidence, *, progress: Progress | None = None) -> Lineage:
    """Say of every channel what it continues: line i is of channel i. Work grows nearly with the holdings."""
    return assemble(evidence, rescore(evidence, range(len(evidence.channels)), progress=progress))


__all__ = ["Progress", "assemble", "infer", "rescore"]
