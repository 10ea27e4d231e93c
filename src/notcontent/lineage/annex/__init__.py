"""Annexes to notices: every channel of a family that is not known to be removed, with its links, reasons and facts."""

from notcontent.lineage.annex.entries import ToldBy
from notcontent.lineage.annex.pdf import annex_pdf
from notcontent.lineage.annex.text import annex_text

__all__ = ["ToldBy", "annex_pdf", "annex_text"]
